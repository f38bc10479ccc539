//! Sheets: what was read of one, and writing the user's own rows back with the faults marked.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Note, Workbook,
    XlsxError,
};

use crate::door::{self, Kind, clean};
use crate::grid::Fault;
use crate::http::{ApiError, Result};

/// Bytes of a workbook.
pub const MAX_BYTES: usize = 5 * 1024 * 1024;
/// Rows below the header.
pub const MAX_ROWS: usize = 5000;
/// Columns that are read; those beyond are passed over.
pub(super) const MAX_COLUMNS: u32 = 64;
/// Characters of a cell that are read.
pub(super) const MAX_CELL: usize = 1000;
/// Rows above the header: a title, a date, a note.
pub(super) const MAX_PREFACE: usize = 10;
/// The column in which a marked workbook gives the reasons.
pub const REASON: &str = "导入问题";

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words, or digits kept as words.
    Text(String),
    /// A number, a date too.
    Number(f64),
}

impl Cell {
    /// As text: a number without a superfluous fraction, so that a phone number typed as a number stays one.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => {
                clean(text, Kind::Line).map_or_else(|_| text.trim().to_owned(), Cow::into_owned)
            }
            Self::Number(number) => number.to_string(),
        }
    }

    /// What keeps its text from being one line of a record.
    pub fn fault(&self) -> Option<door::Fault> {
        match self {
            Self::Text(text) => clean(text, Kind::Line).err(),
            Self::Number(_) => None,
        }
    }
}

/// A row that is not empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// As the spreadsheet shows it, from 1.
    pub number: u32,
    /// By column, from 0.
    pub cells: BTreeMap<u32, Cell>,
}

impl Row {
    /// The text in a column; empty when there is none.
    pub fn text(&self, column: u32) -> String {
        self.cells.get(&column).map(Cell::text).unwrap_or_default()
    }
}

/// A sheet: its header and the rows below. What stands above the header is left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// The cells that name the columns.
    pub header: Row,
    /// What stands below them.
    pub rows: Vec<Row>,
}

fn written(error: XlsxError) -> ApiError {
    ApiError::internal(error)
}

fn heading() -> Format {
    Format::new()
        .set_bold()
        .set_background_color(Color::RGB(0xE8_EEF7))
        .set_border(FormatBorder::Thin)
}

/// The user's own rows with every faulty cell coloured and annotated, and the reasons in a last column. What was
/// corrected there can be imported as it is: the column is passed over.
pub fn marked(sheet: &Sheet, faults: &[Fault]) -> Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    let page = workbook.add_worksheet();
    page.set_name("花名册").map_err(written)?;
    let bad = Format::new()
        .set_background_color(Color::RGB(0xFF_D7D7))
        .set_border(FormatBorder::Thin)
        .set_border_color(Color::RGB(0xC0_0000));
    let reason = Format::new()
        .set_font_color(Color::RGB(0xC0_0000))
        .set_align(FormatAlign::Top)
        .set_text_wrap();

    // A workbook that was marked before has the column already.
    let titles: Vec<(u32, String)> = sheet
        .header
        .cells
        .iter()
        .map(|(column, cell)| (*column, cell.text()))
        .filter(|(_, title)| title != REASON)
        .collect();
    let by_title: HashMap<&str, u32> =
        titles.iter().rev().map(|(column, title)| (title.as_str(), *column)).collect();
    let used = sheet
        .rows
        .iter()
        .flat_map(|row| row.cells.keys())
        .chain(titles.iter().map(|(column, _)| column))
        .max()
        .copied()
        .unwrap_or_default();
    let old_reason: Option<u32> = sheet
        .header
        .cells
        .iter()
        .find(|(_, cell)| cell.text() == REASON)
        .map(|(column, _)| *column);
    let last = old_reason.filter(|column| *column == used).unwrap_or(used + 1);
    let last = u16::try_from(last).map_err(ApiError::internal)?;

    let mut by_row: HashMap<u32, Vec<&Fault>> = HashMap::new();
    for fault in faults {
        by_row.entry(fault.row).or_default().push(fault);
    }
    let heading = heading();
    for row in std::iter::once(&sheet.header).chain(&sheet.rows) {
        let line = row.number.saturating_sub(1);
        let row_faults = by_row.remove(&row.number).unwrap_or_default();
        let mut reasons: HashMap<u32, Vec<&str>> = HashMap::new();
        for fault in &row_faults {
            if let Some(column) = by_title.get(fault.column.as_str()) {
                reasons.entry(*column).or_default().push(&fault.message);
            }
        }
        let columns = row.cells.keys().chain(reasons.keys());
        let columns: std::collections::BTreeSet<u32> = columns.copied().collect();
        for column in columns {
            if Some(column) == old_reason {
                continue;
            }
            let at = u16::try_from(column).map_err(ApiError::internal)?;
            let faulty = reasons.get(&column);
            let format = match faulty {
                Some(_) => Some(&bad),
                None if row.number == sheet.header.number => Some(&heading),
                None => None,
            };
            match (row.cells.get(&column), format) {
                (Some(Cell::Text(text)), Some(format)) => {
                    page.write_string_with_format(line, at, text, format).map_err(written)?;
                }
                (Some(Cell::Text(text)), None) => {
                    page.write_string(line, at, text).map_err(written)?;
                }
                (Some(Cell::Number(number)), Some(format)) => {
                    page.write_number_with_format(line, at, *number, format).map_err(written)?;
                }
                (Some(Cell::Number(number)), None) => {
                    page.write_number(line, at, *number).map_err(written)?;
                }
                (None, Some(format)) => {
                    page.write_blank(line, at, format).map_err(written)?;
                }
                (None, None) => {}
            }
            if let Some(reasons) = faulty {
                let note =
                    Note::new(reasons.join("\n")).set_author("格治").add_author_prefix(false);
                page.insert_note(line, at, &note).map_err(written)?;
            }
        }
        if row.number == sheet.header.number {
            page.write_string_with_format(line, last, REASON, &heading).map_err(written)?;
        }
        if !row_faults.is_empty() && row.number != sheet.header.number {
            let text: Vec<String> = row_faults
                .iter()
                .map(|fault| format!("{}：{}", fault.column, fault.message))
                .collect();
            page.write_string_with_format(line, last, text.join("\n"), &reason).map_err(written)?;
        }
    }
    page.set_column_width(last, 60).map_err(written)?;
    let below = sheet.header.number;
    page.set_freeze_panes(below, 0).map_err(written)?;
    workbook.save_to_buffer().map_err(written)
}

/// A workbook to fill in: the columns with an example, and a sheet that explains each.
pub fn template(
    titles: &[&str],
    example: &[&str],
    explanations: &[(&str, &str, String)],
) -> Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    // Always the same bytes: the library would write the moment of the machine's clock into the file.
    let made = ExcelDateTime::from_ymd(2026, 1, 1).map_err(written)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let heading = heading();
    // Numbers and phones are text: a spreadsheet would drop leading zeros.
    let text = Format::new().set_num_format("@");
    let page = workbook.add_worksheet();
    page.set_name("花名册").map_err(written)?;
    for (column, title) in (0_u16..).zip(titles) {
        page.set_column_format(column, &text).map_err(written)?;
        page.set_column_width(column, 18).map_err(written)?;
        page.write_string_with_format(0, column, *title, &heading).map_err(written)?;
    }
    page.set_freeze_panes(1, 0).map_err(written)?;

    let page = workbook.add_worksheet();
    page.set_name("填写说明").map_err(written)?;
    let wrap = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    for (column, (title, width)) in
        (0_u16..).zip([("列", 14), ("是否必填", 10), ("怎么填", 80), ("示例", 20)])
    {
        page.set_column_width(column, width).map_err(written)?;
        page.write_string_with_format(0, column, title, &heading).map_err(written)?;
    }
    for (line, ((title, needed, how), example)) in (1_u32..).zip(explanations.iter().zip(example)) {
        for (column, value) in (0_u16..).zip([*title, *needed, how.as_str(), *example]) {
            page.write_string_with_format(line, column, value, &wrap).map_err(written)?;
        }
    }
    workbook.save_to_buffer().map_err(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Code;
    use crate::import::workbook;
    use crate::work::Budget;
    use proptest::prelude::*;

    fn read(bytes: &[u8], is_header: impl Fn(&Row) -> bool) -> Result<Option<Sheet>> {
        workbook::read(bytes, is_header, &Budget::unbounded())
    }

    fn sheet() -> Sheet {
        let cell = |text: &str| Cell::Text(text.to_owned());
        Sheet {
            header: Row {
                number: 2,
                cells: BTreeMap::from([(0, cell("编号*")), (1, cell("姓名")), (3, cell("备注"))]),
            },
            rows: vec![
                Row {
                    number: 3,
                    cells: BTreeMap::from([
                        (0, cell("M1")),
                        (1, cell("张三")),
                        (3, cell("自己的话")),
                    ]),
                },
                Row { number: 5, cells: BTreeMap::from([(0, Cell::Number(13_812_345_678.0))]) },
            ],
        }
    }

    fn is_header(row: &Row) -> bool {
        row.cells.values().any(|cell| cell.text() == "编号*")
    }

    fn reread(bytes: &[u8]) -> Sheet {
        match read(bytes, is_header) {
            Ok(Some(sheet)) => sheet,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_marked_workbook_keeps_the_rows_and_gives_the_reasons() -> Result<()> {
        let faults = [Fault::new(5, "姓名", "", "不能为空"), Fault::new(5, "编号*", "x", "重复")];
        let once = reread(&marked(&sheet(), &faults)?);
        assert_eq!(once.header.number, 2);
        assert_eq!(once.header.text(4), REASON);
        let numbers: Vec<u32> = once.rows.iter().map(|row| row.number).collect();
        assert_eq!(numbers, [3, 5]);
        assert_eq!(once.rows.first().map(|row| row.text(3)).as_deref(), Some("自己的话"));
        assert_eq!(once.rows.last().map(|row| row.text(0)).as_deref(), Some("13812345678"));
        assert_eq!(
            once.rows.last().map(|row| row.text(4)).as_deref(),
            Some("姓名：不能为空\n编号*：重复")
        );
        // Marking what was marked does not add a second column, and drops what was corrected.
        let twice = reread(&marked(&once, &[])?);
        assert_eq!(twice.header.text(4), REASON);
        assert_eq!(twice.header.text(5), "");
        assert_eq!(twice.rows.last().map(|row| row.text(4)).as_deref(), Some(""));
        Ok(())
    }

    #[test]
    fn too_many_rows_are_refused() -> Result<()> {
        let mut long = sheet();
        long.rows = (0..=u32::try_from(MAX_ROWS).unwrap_or_default())
            .map(|n| Row { number: n + 3, cells: BTreeMap::from([(0, Cell::Number(1.0))]) })
            .collect();
        let bytes = marked(&long, &[])?;
        let code = read(&bytes, is_header).err().map(|error| error.code());
        assert_eq!(code, Some(Code::PAYLOAD_TOO_LARGE));
        Ok(())
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(mut bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 0..2000_usize) {
            let _either = read(&bytes, is_header);
            if let Ok(mut real) = marked(&sheet(), &[]) {
                real.truncate(cut);
                let _either = read(&real, is_header);
                bytes.extend(real);
                let _either = read(&bytes, is_header);
            }
        }
    }
}
