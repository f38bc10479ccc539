//! Workbooks in and out: reading rows with limits, and writing the user's own rows back with the faults marked.

use std::collections::{BTreeMap, HashMap};
use std::io::{Cursor, Read};

use calamine::{Data, DataRef, Reader, Xlsx};
use flate2::read::DeflateDecoder;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Note, Workbook,
    XlsxError,
};

use crate::grid::collection::Fault;
use crate::http::{ApiError, Code, Result};

/// Bytes of a workbook.
pub const MAX_BYTES: usize = 5 * 1024 * 1024;
/// Rows below the header.
pub const MAX_ROWS: usize = 5000;
/// Bytes of all its parts once unpacked. The workbook is a ZIP file: a small one can hold a huge one.
const MAX_UNPACKED: u64 = 96 * 1024 * 1024;
/// Columns that are read; those beyond are passed over.
const MAX_COLUMNS: u32 = 64;
/// Characters of a cell that are read.
const MAX_CELL: usize = 1000;
/// Rows above the header: a title, a date, a note.
const MAX_PREFACE: usize = 10;
/// The column in which a marked workbook gives the reasons.
pub const REASON: &str = "导入问题";

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Text(String),
    Number(f64),
}

impl Cell {
    /// As text: a number without a superfluous fraction, so that a phone number typed as a number stays one.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.trim().to_owned(),
            Self::Number(number) => number.to_string(),
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
    pub header: Row,
    pub rows: Vec<Row>,
}

/// Reads the first sheet that has a header; `is_header` tells it. None when there is no such sheet.
///
/// 422 `file_unreadable` when it is no workbook or too large once unpacked; 413 when there are too many rows.
pub fn read(bytes: &[u8], is_header: impl Fn(&Row) -> bool) -> Result<Option<Sheet>> {
    match unpacked_size(bytes, MAX_UNPACKED) {
        None => return Err(unreadable()),
        Some(size) if size > MAX_UNPACKED => {
            return Err(ApiError::new(Code::PayloadTooLarge).detail(
                "工作簿解压后过大，请只保留花名册一张表",
                "The workbook is too large once unpacked",
            ));
        }
        Some(_) => {}
    }
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    for name in workbook.sheet_names() {
        // A sheet of a kind without cells (a chart) is no fault.
        let Ok(mut cells) = workbook.worksheet_cells_reader(&name) else {
            continue;
        };
        let mut header: Option<Row> = None;
        let mut rows: Vec<Row> = Vec::new();
        let mut current = Row::default();
        loop {
            let next = cells.next_cell().map_err(|_| unreadable())?;
            let position = next.as_ref().map(|cell| cell.get_position());
            let number = position.map(|(row, _)| row.saturating_add(1));
            if number != Some(current.number) {
                let done = std::mem::take(&mut current);
                if !done.cells.is_empty() {
                    if header.is_some() {
                        rows.push(done);
                    } else if is_header(&done) {
                        header = Some(done);
                        rows.clear();
                    } else {
                        rows.push(done);
                    }
                }
                if header.is_none() && rows.len() >= MAX_PREFACE {
                    break;
                }
                if rows.len() > MAX_ROWS {
                    return Err(ApiError::new(Code::PayloadTooLarge).detail(
                        format!("一次最多导入 {MAX_ROWS} 行，请分成几个文件"),
                        format!("At most {MAX_ROWS} rows at once; split the file"),
                    ));
                }
            }
            let (Some(cell), Some((_, column)), Some(number)) = (next, position, number) else {
                break;
            };
            current.number = number;
            if column < MAX_COLUMNS
                && let Some(value) = value(cell.get_value())
            {
                current.cells.insert(column, value);
            }
        }
        if let Some(header) = header {
            return Ok(Some(Sheet { header, rows }));
        }
    }
    Ok(None)
}

fn unreadable() -> ApiError {
    ApiError::new(Code::FileUnreadable).detail(
        "请上传 Excel 工作簿（.xlsx），旧的 .xls 文件请先另存为 .xlsx",
        "Send an Excel workbook (.xlsx); save an old .xls as .xlsx first",
    )
}

fn value(data: &DataRef<'_>) -> Option<Cell> {
    let text = |text: &str| {
        let cut: String = text.chars().take(MAX_CELL).collect();
        (!cut.trim().is_empty()).then_some(Cell::Text(cut))
    };
    match data {
        DataRef::Empty => None,
        DataRef::String(value) => text(value),
        DataRef::SharedString(value) => text(value),
        DataRef::Int(_) | DataRef::Float(_) | DataRef::DateTime(_) => {
            match Data::from(data.clone()) {
                Data::Int(value) => text(&value.to_string()),
                Data::Float(value) => Some(Cell::Number(value)),
                Data::DateTime(value) => Some(Cell::Number(value.as_f64())),
                _ => None,
            }
        }
        DataRef::Bool(value) => text(if *value { "TRUE" } else { "FALSE" }),
        DataRef::DateTimeIso(value) | DataRef::DurationIso(value) => text(value),
        DataRef::Error(error) => text(&error.to_string()),
    }
}

/// The size of all parts of a ZIP file once unpacked, found by unpacking them, since its directory can say what it likes;
/// counting stops one byte beyond the limit. None when it is no ZIP file.
fn unpacked_size(bytes: &[u8], limit: u64) -> Option<u64> {
    let file = Archive(bytes);
    // The end record is 22 bytes and a comment of at most 65,535.
    let last = bytes.len().checked_sub(22)?;
    let end = (last.saturating_sub(65_535)..=last)
        .rev()
        .find(|at| bytes.get(*at..*at + 4) == Some(b"PK\x05\x06"))?;
    let entries = file.u16(end + 10)?;
    let mut at = file.u32(end + 16)?;
    let mut sum = 0_u64;
    for _ in 0..entries {
        if bytes.get(at..at.checked_add(4)?) != Some(b"PK\x01\x02") {
            return None;
        }
        let part = file.part(at)?;
        let left = limit.checked_sub(sum)?.saturating_add(1);
        sum += match file.u16(at + 10)? {
            0 => u64::try_from(part.len()).ok()?,
            8 => {
                let mut unpacked = DeflateDecoder::new(part).take(left);
                std::io::copy(&mut unpacked, &mut std::io::sink()).ok()?
            }
            // Spreadsheets are stored or deflated.
            _ => return None,
        };
        if sum > limit {
            return Some(sum);
        }
        let variable = file.u16(at + 28)? + file.u16(at + 30)? + file.u16(at + 32)?;
        at = at.checked_add(46 + variable)?;
    }
    Some(sum)
}

/// Numbers in a ZIP file, little-endian.
struct Archive<'a>(&'a [u8]);

impl<'a> Archive<'a> {
    fn bytes<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    fn u16(&self, at: usize) -> Option<usize> {
        self.bytes(at).map(u16::from_le_bytes).map(usize::from)
    }

    fn u32(&self, at: usize) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.bytes(at)?)).ok()
    }

    /// The packed bytes of the part that the directory entry at `at` names. Some writers give the numbers in the
    /// 64-bit extra field (id 1) even where they are small: unpacked size, packed size, place, as far as the entry
    /// itself says "see there".
    fn part(&self, at: usize) -> Option<&'a [u8]> {
        const SEE_THERE: usize = 0xFFFF_FFFF;
        let mut extra = at.checked_add(46)?.checked_add(self.u16(at + 28)?)?;
        let extras = extra.checked_add(self.u16(at + 30)?)?;
        let mut long = None;
        while extra < extras {
            if self.u16(extra)? == 1 {
                long = Some(extra + 4);
            }
            extra = extra.checked_add(4)?.checked_add(self.u16(extra + 2)?)?;
        }
        let mut number = |field: usize| {
            let short = self.u32(at + field)?;
            if short != SEE_THERE {
                return Some(short);
            }
            let place = long?;
            long = Some(place + 8);
            usize::try_from(u64::from_le_bytes(self.bytes(place)?)).ok()
        };
        let (_, packed, local) = (number(24)?, number(20)?, number(42)?);
        let names = self.u16(local.checked_add(26)?)? + self.u16(local.checked_add(28)?)?;
        let begin = local.checked_add(30)?.checked_add(names)?;
        self.0.get(begin..begin.checked_add(packed)?)
    }
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
    use std::io::Write;

    use super::*;
    use proptest::prelude::*;

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
    fn what_is_no_workbook_is_refused() {
        for bytes in [
            &b""[..],
            b"hello",
            &[0; 5000],
            b"PK\x05\x06",
            &[b"PK\x05\x06".as_slice(), &[0; 18]].concat(),
        ] {
            let code = read(bytes, is_header).err().map(|error| error.code());
            assert_eq!(code, Some(Code::FileUnreadable));
        }
    }

    #[test]
    fn a_small_file_that_holds_a_huge_one_is_refused() {
        let mut packed =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        assert!(packed.write_all(&vec![0_u8; 1 << 20]).is_ok());
        let packed = packed.finish().unwrap_or_default();
        let size = u32::try_from(packed.len()).unwrap_or_default().to_le_bytes();
        // The directory says ten bytes.
        let mut file = [
            b"PK\x03\x04".as_slice(),
            &[20, 0, 0, 0, 8, 0],
            &[0; 8],
            &size,
            &[10, 0, 0, 0],
            &[1, 0, 0, 0],
            b"a",
        ]
        .concat();
        file.extend(&packed);
        let directory = u32::try_from(file.len()).unwrap_or_default().to_le_bytes();
        file.extend(
            [
                b"PK\x01\x02".as_slice(),
                &[20, 0, 20, 0, 0, 0, 8, 0],
                &[0; 8],
                &size,
                &[10, 0, 0, 0],
                &[1, 0],
                &[0; 16],
                b"a",
            ]
            .concat(),
        );
        file.extend(
            [b"PK\x05\x06".as_slice(), &[0; 4], &[1, 0, 1, 0], &[47, 0, 0, 0], &directory, &[0, 0]]
                .concat(),
        );
        assert!(file.len() < 2000);
        assert_eq!(unpacked_size(&file, 1 << 20), Some(1 << 20));
        assert_eq!(unpacked_size(&file, 1000), Some(1001));
    }

    #[test]
    fn numbers_in_the_long_extra_field_are_read() {
        let mut file = [
            b"PK\x03\x04".as_slice(),
            &[45, 0, 0, 0, 0, 0],
            &[0; 8],
            &[0xFF; 8],
            &[1, 0, 0, 0],
            b"a",
        ]
        .concat();
        file.extend(b"hello");
        let directory = u32::try_from(file.len()).unwrap_or_default().to_le_bytes();
        file.extend(
            [
                b"PK\x01\x02".as_slice(),
                &[45, 0, 45, 0, 0, 0, 0, 0],
                &[0; 8],
                &[0xFF; 8],
                &[1, 0, 28, 0],
                &[0; 10],
                &[0xFF; 4],
                b"a",
            ]
            .concat(),
        );
        file.extend(
            [&[1, 0, 24, 0][..], &5_u64.to_le_bytes(), &5_u64.to_le_bytes(), &0_u64.to_le_bytes()]
                .concat(),
        );
        file.extend(
            [b"PK\x05\x06".as_slice(), &[0; 4], &[1, 0, 1, 0], &[75, 0, 0, 0], &directory, &[0, 0]]
                .concat(),
        );
        assert_eq!(unpacked_size(&file, 10), Some(5));
    }

    #[test]
    fn too_many_rows_are_refused() -> Result<()> {
        let mut long = sheet();
        long.rows = (0..=u32::try_from(MAX_ROWS).unwrap_or_default())
            .map(|n| Row { number: n + 3, cells: BTreeMap::from([(0, Cell::Number(1.0))]) })
            .collect();
        let bytes = marked(&long, &[])?;
        let code = read(&bytes, is_header).err().map(|error| error.code());
        assert_eq!(code, Some(Code::PayloadTooLarge));
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
