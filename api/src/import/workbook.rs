//! A workbook (.xlsx) read for its first sheet that has a header: a stream from the packed bytes to rows, in which
//! every number that somebody may choose is bounded.
//!
//! Only three kinds of parts are read: the list of sheets, the shared strings, and sheets, each at most once. Styles,
//! pictures, comments, names, tables, macros are not even unpacked: nothing of them matters here.

use std::collections::{HashMap, HashSet};

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::archive::{Archive, Unpacked, unreadable};
use super::sheet::{Cell, MAX_CELL, MAX_COLUMNS, MAX_PREFACE, MAX_ROWS, Row, Sheet};
use crate::http::{ApiError, Code, Result};
use crate::work::{Budget, too_much};

/// Sheets a workbook may have.
const MAX_SHEETS: usize = 200;
/// Shared strings: twenty in each of the rows, all different.
const MAX_STRINGS: usize = 100_000;
/// Cells that are kept: forty in each of the rows.
const MAX_CELLS: usize = 200_000;
/// Bytes of text that is kept, of shared strings as of cells: 500 characters in each of the rows.
const MAX_TEXT: usize = 8 * 1024 * 1024;
/// Elements of all parts that are read: blank cells with a frame count too.
const MAX_ELEMENTS: usize = 700_000;
/// Elements within elements.
const MAX_DEPTH: usize = 32;
/// Rows and columns that a spreadsheet has.
const LAST_ROW: u32 = 1_048_576;
const LAST_COLUMN: u32 = 16_384;

/// Reads the first sheet that has a header; `is_header` tells it. None when there is no such sheet.
///
/// # Errors
/// 422 `file_unreadable` when it is no workbook, 422 `too_much_work` when it holds more than is read, 413 when there
/// are too many rows or it is too large once unpacked.
pub fn read(
    bytes: &[u8],
    is_header: impl Fn(&Row) -> bool,
    work: &Budget,
) -> Result<Option<Sheet>> {
    let archive = Archive::open(bytes, work).ok_or_else(unreadable)?;
    let mut book = Book { archive: &archive, elements: 0 };
    let place = book.place()?;
    let relations = book.relations(&place.relations())?;
    let sheets = book.sheets(&place, &relations)?;
    let strings = relations
        .values()
        .find(|relation| relation.kind == "sharedStrings")
        .map_or_else(|| place.of("sharedStrings.xml"), |relation| place.of(&relation.target));
    let strings = book.strings(&strings)?;
    for sheet in sheets {
        if let Some(sheet) = book.sheet(&sheet, &strings, &is_header)? {
            return Ok(Some(sheet));
        }
    }
    Ok(None)
}

/// Where the workbook stands: `xl/` and `workbook.xml`, mostly.
struct Place {
    folder: String,
    name: String,
}

impl Place {
    fn relations(&self) -> String {
        format!("{}_rels/{}.rels", self.folder, self.name)
    }

    /// A target from the root or from the folder.
    fn of(&self, target: &str) -> String {
        match target.strip_prefix('/') {
            Some(absolute) => absolute.to_owned(),
            None => format!("{}{target}", self.folder),
        }
    }
}

struct Relation {
    /// The last word of its type: `worksheet`.
    kind: String,
    target: String,
}

/// Shared strings, each cut to what is read of a cell, one after the other.
#[derive(Default)]
struct Strings {
    text: String,
    ends: Vec<usize>,
}

impl Strings {
    fn get(&self, number: usize) -> Option<&str> {
        let to = *self.ends.get(number)?;
        let from = match number.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.text.get(from..to)
    }
}

struct Book<'a> {
    archive: &'a Archive<'a>,
    elements: usize,
}

impl<'a> Book<'a> {
    fn part(&self, name: &str) -> Option<Xml<'a>> {
        let mut reader = Reader::from_reader(self.archive.part(name)?);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.check_comments = false;
        config.expand_empty_elements = true;
        config.trim_text(false);
        Some(Xml { archive: self.archive, reader, depth: 0 })
    }

    fn next<'b>(&mut self, xml: &mut Xml<'_>, piece: &'b mut Vec<u8>) -> Result<Event<'b>> {
        let event = xml.next(piece)?;
        if matches!(event, Event::Start(_)) {
            self.elements += 1;
            if self.elements > MAX_ELEMENTS {
                return Err(too_much(
                    "单元格过多，请删除多余的空白行列，只保留花名册",
                    "too many cells; delete blank rows and columns with formats",
                ));
            }
        }
        Ok(event)
    }

    fn place(&mut self) -> Result<Place> {
        let mut found = None;
        let mut xml = self.part("_rels/.rels").ok_or_else(unreadable)?;
        let mut piece = Vec::new();
        loop {
            match self.next(&mut xml, &mut piece)? {
                Event::Start(tag) if tag.local_name().as_ref() == "Relationship" => {
                    let [kind, target] = attributes(&tag, ["Type", "Target"])?;
                    if kind.is_some_and(|kind| kind.ends_with("/officeDocument")) {
                        found = target;
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let target = found.ok_or_else(unreadable)?;
        let target = target.strip_prefix('/').unwrap_or(&target);
        let (folder, name) = match target.rsplit_once('/') {
            Some((folder, name)) => (format!("{folder}/"), name),
            None => (String::new(), target),
        };
        Ok(Place { folder, name: name.to_owned() })
    }

    fn relations(&mut self, part: &str) -> Result<HashMap<String, Relation>> {
        let mut relations = HashMap::new();
        let mut xml = self.part(part).ok_or_else(unreadable)?;
        let mut piece = Vec::new();
        loop {
            match self.next(&mut xml, &mut piece)? {
                Event::Start(tag) if tag.local_name().as_ref() == "Relationship" => {
                    let [id, kind, target] = attributes(&tag, ["Id", "Type", "Target"])?;
                    let kind = kind.unwrap_or_default();
                    let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                    // What is neither is not read.
                    if matches!(kind.as_str(), "worksheet" | "sharedStrings")
                        && let (Some(id), Some(target)) = (id, target)
                    {
                        relations.insert(id, Relation { kind, target });
                        if relations.len() > MAX_SHEETS + 1 {
                            return Err(too_many_sheets());
                        }
                    }
                }
                Event::Eof => return Ok(relations),
                _ => {}
            }
        }
    }

    /// The parts of the sheets in their order, each once however many names it has.
    fn sheets(
        &mut self,
        place: &Place,
        relations: &HashMap<String, Relation>,
    ) -> Result<Vec<String>> {
        let (mut sheets, mut seen, mut count) = (Vec::new(), HashSet::new(), 0);
        let workbook = format!("{}{}", place.folder, place.name);
        let mut xml = self.part(&workbook).ok_or_else(unreadable)?;
        let mut piece = Vec::new();
        loop {
            match self.next(&mut xml, &mut piece)? {
                Event::Start(tag) if tag.local_name().as_ref() == "sheet" => {
                    count += 1;
                    if count > MAX_SHEETS {
                        return Err(too_many_sheets());
                    }
                    let [id] = attributes(&tag, ["id"])?;
                    let relation = id.and_then(|id| relations.get(&id));
                    // A sheet of a kind without cells (a chart) is no fault.
                    if let Some(relation) = relation.filter(|r| r.kind == "worksheet") {
                        let part = place.of(&relation.target);
                        if seen.insert(part.to_ascii_lowercase()) {
                            sheets.push(part);
                        }
                    }
                }
                Event::Eof => return Ok(sheets),
                _ => {}
            }
        }
    }

    fn strings(&mut self, part: &str) -> Result<Strings> {
        let mut strings = Strings::default();
        if !self.archive.has(part) {
            return Ok(strings);
        }
        let mut xml = self.part(part).ok_or_else(unreadable)?;
        let mut piece = Vec::new();
        loop {
            match self.next(&mut xml, &mut piece)? {
                Event::Start(tag) if tag.local_name().as_ref() == "si" => {
                    let text = self.text(&mut xml, "si")?;
                    strings.text.push_str(cut(&text));
                    strings.ends.push(strings.text.len());
                    if strings.ends.len() > MAX_STRINGS || strings.text.len() > MAX_TEXT {
                        return Err(too_long());
                    }
                }
                Event::Eof => return Ok(strings),
                _ => {}
            }
        }
    }

    /// The text of a string up to the end of the element that holds it: plain or in pieces of several fonts, without
    /// the hints of how to pronounce it. At least as much as is read of a cell.
    fn text(&mut self, xml: &mut Xml<'_>, element: &str) -> Result<String> {
        let mut text = String::new();
        let mut piece = Vec::new();
        let (mut in_text, mut hint) = (None, false);
        loop {
            let keep = text.len() < 4 * MAX_CELL;
            match self.next(xml, &mut piece)? {
                Event::Start(tag) if tag.local_name().as_ref() == "t" && !hint => {
                    in_text = Some((text.len(), preserves_space(&tag)?));
                }
                Event::Start(tag) if tag.local_name().as_ref() == "rPh" => hint = true,
                Event::End(tag) if tag.local_name().as_ref() == "rPh" => hint = false,
                Event::End(tag) if tag.local_name().as_ref() == "t" => {
                    if let Some((from, preserve)) = in_text.take() {
                        let own = text.split_off(from.min(text.len()));
                        let own = if preserve { &own } else { own.trim_matches(BLANKS) };
                        text.push_str(&unescape(own));
                    }
                }
                Event::End(tag) if tag.local_name().as_ref() == element => return Ok(text),
                Event::Text(own) if in_text.is_some() && keep => {
                    text.push_str(&own.xml10_content());
                }
                Event::CData(own) if in_text.is_some() && keep => {
                    text.push_str(&own.xml10_content());
                }
                Event::GeneralRef(name) if in_text.is_some() && keep => {
                    text.push(character(&name)?);
                }
                Event::Eof => return Err(unreadable()),
                _ => {}
            }
        }
    }

    /// A sheet, when it has a header.
    fn sheet(
        &mut self,
        part: &str,
        strings: &Strings,
        is_header: &impl Fn(&Row) -> bool,
    ) -> Result<Option<Sheet>> {
        let Some(mut xml) = self.part(part) else {
            return Ok(None);
        };
        let mut rows = Rows { is_header, header: None, rows: Vec::new(), current: Row::default() };
        let (mut cells, mut text) = (0, 0);
        let (mut row, mut column) = (0_u32, 0_u32);
        let mut piece = Vec::new();
        let mut data = false;
        loop {
            match self.next(&mut xml, &mut piece)? {
                Event::Start(tag) if !data => data = tag.local_name().as_ref() == "sheetData",
                Event::Start(tag) if tag.local_name().as_ref() == "row" => {
                    if let [Some(number)] = attributes(&tag, ["r"])? {
                        row = row_number(&number)?;
                    }
                }
                Event::End(tag) if data && tag.local_name().as_ref() == "row" => {
                    (row, column) = (row.saturating_add(1), 0);
                }
                Event::Start(tag) if tag.local_name().as_ref() == "c" => {
                    let [at, kind] = attributes(&tag, ["r", "t"])?;
                    let at = match at {
                        Some(at) => position(&at)?,
                        None => (row, column),
                    };
                    if at.0 >= LAST_ROW || at.1 >= LAST_COLUMN {
                        return Err(unreadable());
                    }
                    column = at.1.saturating_add(1);
                    let value = self.value(&mut xml, kind.as_deref(), strings)?;
                    if !rows.at(at.0.saturating_add(1))? {
                        return Ok(None);
                    }
                    if let Some(value) = value.filter(|_| at.1 < MAX_COLUMNS) {
                        cells += 1;
                        text += match &value {
                            Cell::Text(text) => text.len(),
                            Cell::Number(_) => 0,
                        };
                        if cells > MAX_CELLS || text > MAX_TEXT {
                            return Err(too_long());
                        }
                        rows.current.cells.insert(at.1, value);
                    }
                }
                Event::End(tag) if data && tag.local_name().as_ref() == "sheetData" => break,
                // A sheet of a kind without cells.
                Event::Eof if !data => return Ok(None),
                Event::Eof => return Err(unreadable()),
                _ => {}
            }
        }
        if !rows.at(0)? {
            return Ok(None);
        }
        let Some(header) = rows.header else {
            return Ok(None);
        };
        xml.reader.get_mut().drain().map_err(|_| self.archive.error())?;
        Ok(Some(Sheet { header, rows: rows.rows }))
    }

    /// The value of a cell, up to the end of its element.
    fn value(
        &mut self,
        xml: &mut Xml<'_>,
        kind: Option<&str>,
        strings: &Strings,
    ) -> Result<Option<Cell>> {
        let within = matches!(kind, Some("inlineStr" | "is"));
        let mut value = None;
        let mut piece = Vec::new();
        let mut own = String::new();
        let mut reading = false;
        loop {
            match self.next(xml, &mut piece)? {
                Event::Start(tag) if tag.local_name().as_ref() == "is" => {
                    value = text(&self.text(xml, "is")?);
                }
                Event::Start(tag) if tag.local_name().as_ref() == "v" => {
                    own.clear();
                    reading = !within;
                }
                Event::End(tag) if tag.local_name().as_ref() == "v" && reading => {
                    reading = false;
                    value = typed(&own, kind, strings)?;
                }
                Event::Text(part) if reading && own.len() < 4 * MAX_CELL => {
                    own.push_str(&part.xml10_content());
                }
                Event::GeneralRef(name) if reading && own.len() < 4 * MAX_CELL => {
                    own.push(character(&name)?);
                }
                Event::End(tag) if tag.local_name().as_ref() == "c" => return Ok(value),
                Event::Eof => return Err(unreadable()),
                _ => {}
            }
        }
    }
}

/// Rows as they come: what stands above the header is left out.
struct Rows<'a, F> {
    is_header: &'a F,
    header: Option<Row>,
    rows: Vec<Row>,
    current: Row,
}

impl<F: Fn(&Row) -> bool> Rows<'_, F> {
    /// The next cell stands in this row, from 1; 0 after the last. False when the header should have come by now.
    fn at(&mut self, number: u32) -> Result<bool> {
        if number != self.current.number {
            let done = std::mem::take(&mut self.current);
            self.current.number = number;
            if !done.cells.is_empty() {
                if self.header.is_none() && (self.is_header)(&done) {
                    self.header = Some(done);
                    self.rows.clear();
                } else {
                    self.rows.push(done);
                }
            }
            if self.header.is_none() && self.rows.len() >= MAX_PREFACE {
                return Ok(false);
            }
            if self.rows.len() > MAX_ROWS {
                return Err(ApiError::new(Code::PAYLOAD_TOO_LARGE).detail(
                    format!("一次最多导入 {MAX_ROWS} 行，请分成几个文件"),
                    format!("At most {MAX_ROWS} rows at once; split the file"),
                ));
            }
        }
        Ok(true)
    }
}

/// A part, element by element.
struct Xml<'a> {
    archive: &'a Archive<'a>,
    reader: Reader<Unpacked<'a>>,
    depth: usize,
}

impl Xml<'_> {
    fn next<'b>(&mut self, piece: &'b mut Vec<u8>) -> Result<Event<'b>> {
        piece.clear();
        self.archive.begin_piece();
        let event = self.reader.read_event_into(piece).map_err(|_| self.archive.error())?;
        match event {
            Event::Start(_) => self.depth += 1,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if self.depth > MAX_DEPTH {
            return Err(too_much("内容嵌套过深", "elements are nested too deep"));
        }
        Ok(event)
    }
}

fn too_many_sheets() -> ApiError {
    too_much("工作表过多，请只保留花名册一张表", "too many sheets; keep the roster's alone")
}

fn too_long() -> ApiError {
    too_much("文字过多，请分成几个文件", "too much text; split the file")
}

/// What is trimmed around a text that does not ask to be kept as it is.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// The attributes of these local names, in one pass.
fn attributes<const N: usize>(
    tag: &BytesStart<'_>,
    names: [&str; N],
) -> Result<[Option<String>; N]> {
    let mut found = [const { None }; N];
    // Without the search for doubles, which takes the square of their number.
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| unreadable())?;
        let local = attribute.key.local_name();
        for (name, found) in names.iter().zip(&mut found) {
            if local.as_ref() == *name {
                let value = attribute.normalized_value(XmlVersion::Implicit1_0);
                *found = Some(value.map_err(|_| unreadable())?.into_owned());
            }
        }
    }
    Ok(found)
}

fn preserves_space(tag: &BytesStart<'_>) -> Result<bool> {
    let [space] = attributes(tag, ["space"])?;
    Ok(space.is_some_and(|space| space == "preserve"))
}

/// The character that a reference stands for. Others than XML's own would need a definition, and those are not read.
fn character(name: &BytesRef<'_>) -> Result<char> {
    if let Some(character) = name.resolve_char_ref().map_err(|_| unreadable())? {
        return Ok(character);
    }
    match name.xml10_content().as_ref() {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        _ => Err(unreadable()),
    }
}

/// `_x000D_` stands for a carriage return, and so on: UTF-16 units that XML does not allow.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let mut units = Vec::new();
        let mut after = from;
        while let Some(unit) = escaped(after) {
            units.push(unit);
            after = after.get(7..).unwrap_or_default();
        }
        if units.is_empty() {
            plain.push_str("_x");
            rest = from.get(2..).unwrap_or_default();
        } else {
            let characters = char::decode_utf16(units);
            plain.extend(characters.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
            rest = after;
        }
    }
    plain.push_str(rest);
    plain
}

/// The unit of `_xHHHH_` at the beginning of a text.
fn escaped(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("_x")?.get(..5)?.strip_suffix('_')?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u16::from_str_radix(digits, 16).ok()
}

/// As much of a text as is read of a cell.
fn cut(text: &str) -> &str {
    text.char_indices().nth(MAX_CELL).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

fn text(text: &str) -> Option<Cell> {
    let text = cut(text);
    (!text.trim().is_empty()).then(|| Cell::Text(text.to_owned()))
}

/// What `<v>` means by the cell's type.
fn typed(own: &str, kind: Option<&str>, strings: &Strings) -> Result<Option<Cell>> {
    if own.is_empty() {
        return Ok(None);
    }
    match kind {
        Some("s") => {
            let number = own.trim().parse().map_err(|_| unreadable())?;
            Ok(text(strings.get(number).ok_or_else(unreadable)?))
        }
        Some("b") => match own.trim().to_ascii_lowercase().as_str() {
            "" => Ok(None),
            "0" | "false" => Ok(text("FALSE")),
            "1" | "true" => Ok(text("TRUE")),
            _ => Err(unreadable()),
        },
        Some("str") => Ok(text(&unescape(own))),
        Some("d" | "e") => Ok(text(own)),
        Some("n") | None => match own.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(Cell::Number(number))),
            _ if kind.is_none() => Ok(text(own)),
            _ => Err(unreadable()),
        },
        Some(_) => Err(unreadable()),
    }
}

/// `12`: the row, from 0.
fn row_number(text: &str) -> Result<u32> {
    text.parse::<u32>().ok().and_then(|number| number.checked_sub(1)).ok_or_else(unreadable)
}

/// `B12`: row and column, from 0.
fn position(text: &str) -> Result<(u32, u32)> {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (letters, number) = text.split_at_checked(letters).ok_or_else(unreadable)?;
    let column = letters.bytes().try_fold(0_u32, |column, letter| {
        let digit = u32::from(letter.to_ascii_uppercase() - b'A') + 1;
        column.checked_mul(26)?.checked_add(digit)
    });
    let column = column.and_then(|column| column.checked_sub(1)).ok_or_else(unreadable)?;
    Ok((row_number(number)?, column))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, DataRef, Reader as _, Xlsx};
    use proptest::prelude::*;

    use super::super::archive::MAX_UNPACKED;
    use super::super::archive::make::{Packed, pack, packed};
    use super::*;

    const HEADER: &str = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>编号*</t></is></c></row>"#;

    fn is_header(row: &Row) -> bool {
        row.cells.values().any(|cell| cell.text() == "编号*")
    }

    fn code(bytes: &[u8]) -> Option<Code> {
        read(bytes, is_header, &Budget::unbounded()).err().map(|error| error.code())
    }

    fn relations(targets: &[(&str, &str, &str)]) -> String {
        let each = targets.iter().map(|(id, kind, target)| {
            format!(r#"<Relationship Id="{id}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"/>"#)
        });
        format!("<Relationships>{}</Relationships>", each.collect::<String>())
    }

    /// The parts of a workbook of one sheet.
    fn parts(sheet: String, strings: Option<String>) -> Vec<Packed> {
        let mut parts = vec![
            packed("[Content_Types].xml", "<Types/>"),
            packed("_rels/.rels", relations(&[("r", "officeDocument", "xl/workbook.xml")])),
            packed(
                "xl/workbook.xml",
                r#"<workbook xmlns:r="x"><sheets><sheet name="一" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
            ),
            packed(
                "xl/_rels/workbook.xml.rels",
                relations(&[
                    ("rId1", "worksheet", "worksheets/sheet1.xml"),
                    ("rId2", "sharedStrings", "sharedStrings.xml"),
                ]),
            ),
            packed("xl/worksheets/sheet1.xml", sheet),
        ];
        parts.extend(strings.map(|strings| packed("xl/sharedStrings.xml", strings)));
        parts
    }

    fn sheet(rows: &str) -> String {
        format!(
            r#"<worksheet><dimension ref="A1"/><sheetData>{HEADER}{rows}</sheetData></worksheet>"#
        )
    }

    fn book(rows: &str, strings: Option<&str>) -> Vec<u8> {
        pack(&parts(sheet(rows), strings.map(|strings| format!("<sst>{strings}</sst>"))))
    }

    fn rows(bytes: &[u8]) -> Vec<Row> {
        match read(bytes, is_header, &Budget::unbounded()) {
            Ok(Some(sheet)) => sheet.rows,
            other => panic!("{other:?}"),
        }
    }

    /// A column of the first row.
    fn cell(cell: &str, strings: Option<&str>) -> Option<Cell> {
        let rows = rows(&book(&format!(r#"<row r="2">{cell}</row>"#), strings));
        rows.first().and_then(|row| row.cells.get(&0)).cloned()
    }

    #[test]
    fn cells_are_read_as_they_are_meant() {
        let text = |text: &str| Some(Cell::Text(text.to_owned()));
        let strings = "<si><t>零</t></si><si><r><t>一</t></r><r><rPr/><t xml:space=\"preserve\"> b</t></r>\
            <rPh sb=\"0\" eb=\"1\"><t>hint</t></rPh></si><si/><si><t>a&amp;&#x4e2d;_x000A_b_x005F_x</t></si>";
        for (xml, expected) in [
            (r#"<c r="A2"><v>12.5</v></c>"#, Some(Cell::Number(12.5))),
            (r#"<c r="A2" s="4" t="n"><f>A1+1</f><v>45000</v></c>"#, Some(Cell::Number(45000.0))),
            (r#"<c r="A2" t="s"><v>0</v></c>"#, text("零")),
            (r#"<c r="A2" t="s"><v>1</v></c>"#, text("一 b")),
            (r#"<c r="A2" t="s"><v>3</v></c>"#, text("a&中\nb_x")),
            (r#"<c r="A2" t="str"><v>&lt;b&gt;</v></c>"#, text("<b>")),
            (r#"<c r="A2" t="b"><v>1</v></c>"#, text("TRUE")),
            (r##"<c r="A2" t="e"><v>#N/A</v></c>"##, text("#N/A")),
            (r#"<c r="A2" t="d"><v>2026-01-01</v></c>"#, text("2026-01-01")),
            (r#"<c r="A2"><v>十二</v></c>"#, text("十二")),
            (r#"<c r="A2" t="inlineStr"><is><t> 张三 </t></is><v>1</v></c>"#, text("张三")),
            (r#"<c><v>7</v></c>"#, Some(Cell::Number(7.0))),
        ] {
            assert_eq!(cell(xml, Some(strings)), expected, "{xml}");
        }
        for xml in [
            r#"<c r="A2" s="1"/><c r="B2"><v>1</v></c>"#,
            r#"<c r="A2" t="s"><v>2</v></c><c r="B2"><v>1</v></c>"#,
        ] {
            assert_eq!(cell(xml, Some(strings)), None, "{xml}");
        }
        let long = "长".repeat(3000);
        let kept = cell(&format!(r#"<c r="A2" t="inlineStr"><is><t>{long}</t></is></c>"#), None);
        assert_eq!(kept.map(|cell| cell.text().chars().count()), Some(MAX_CELL));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for rows in [
            r#"<row r="2"><c r="A2" t="s"><v>9</v></c></row>"#,
            r#"<row r="2"><c r="A2" t="s"><v>-1</v></c></row>"#,
            r#"<row r="2"><c r="A2" t="b"><v>2</v></c></row>"#,
            r#"<row r="2"><c r="A2" t="n"><v>x</v></c></row>"#,
            r#"<row r="2"><c r="A2" t="other"><v>1</v></c></row>"#,
            r#"<row r="2"><c r="A0"><v>1</v></c></row>"#,
            r#"<row r="2"><c r="2"><v>1</v></c></row>"#,
            r#"<row r="2"><c r="ZZZZZZZZ2"><v>1</v></c></row>"#,
            r#"<row r="2"><c r="XFE2"><v>1</v></c></row>"#,
            r#"<row r="2"><c r="A1048577"><v>1</v></c></row>"#,
            r#"<row r="99999999999"/>"#,
            r#"<row r="2"><c r="A2" t="inlineStr"><is><t>&bomb;</t></is></c></row>"#,
            "<row r=\"2\"><c r=\"A2\"><v>1",
        ] {
            assert_eq!(
                code(&book(rows, Some("<si><t>a</t></si>"))),
                Some(Code::FILE_UNREADABLE),
                "{rows}"
            );
        }
    }

    #[test]
    fn what_is_no_workbook_is_refused() {
        let ods = pack(&[
            packed("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
            packed("content.xml", "<a/>"),
        ]);
        let binary = pack(&[
            packed("_rels/.rels", relations(&[("r", "officeDocument", "xl/workbook.bin")])),
            packed("xl/workbook.bin", "\u{1}\u{2}"),
            packed("xl/_rels/workbook.bin.rels", relations(&[])),
        ]);
        let old = [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(), &[0; 3000]].concat();
        for bytes in [
            &b""[..],
            b"hello",
            &[0; 5000],
            b"PK\x05\x06",
            &ods,
            &old,
            &[b"PK\x05\x06".as_slice(), &[0; 18]].concat(),
        ] {
            assert_eq!(code(bytes), Some(Code::FILE_UNREADABLE));
        }
        // A binary workbook has no sheets that are read.
        assert!(matches!(read(&binary, is_header, &Budget::unbounded()), Ok(None) | Err(_)));
    }

    #[test]
    fn a_damaged_part_is_refused() {
        let mut parts = parts(sheet(r#"<row r="2"><c r="A2"><v>1</v></c></row>"#), None);
        assert_eq!(rows(&pack(&parts)).len(), 1);
        for part in &mut parts {
            part.checksum ^= 1;
        }
        assert_eq!(code(&pack(&parts)), Some(Code::FILE_UNREADABLE));
    }

    #[test]
    fn names_may_be_written_otherwise_but_not_twice() {
        let mut some = parts(sheet(r#"<row r="2"><c r="A2"><v>1</v></c></row>"#), None);
        for part in &mut some {
            part.name = part.name.replace('/', "\\").to_uppercase();
        }
        assert_eq!(rows(&pack(&some)).len(), 1);
        some.push(packed("xl/worksheets/sheet1.xml", sheet("")));
        // Which of the two is meant nobody can say: the sheet is passed over, and there is no other.
        assert!(matches!(read(&pack(&some), is_header, &Budget::unbounded()), Ok(None)));
    }

    #[test]
    fn work_is_bounded_whatever_is_multiplied() {
        let many = |text: &str, n: usize| text.repeat(n);
        let with = |rows: String| book(&rows, None);
        let mut sheets = parts(sheet(""), None);
        let named: String = (0..5000)
            .map(|n| format!(r#"<sheet name="{n}" sheetId="{n}" r:id="rId1"/>"#))
            .collect();
        sheets.retain(|part| part.name != "xl/workbook.xml");
        sheets.push(packed(
            "xl/workbook.xml",
            format!("<workbook><sheets>{named}</sheets></workbook>"),
        ));
        let mut related = parts(sheet(""), None);
        let many_relations: Vec<(String, &str, &str)> =
            (0..50_000).map(|n| (format!("r{n}"), "worksheet", "worksheets/sheet1.xml")).collect();
        let borrowed: Vec<(&str, &str, &str)> =
            many_relations.iter().map(|(id, kind, target)| (id.as_str(), *kind, *target)).collect();
        related.retain(|part| part.name != "xl/_rels/workbook.xml.rels");
        related.push(packed("xl/_rels/workbook.xml.rels", relations(&borrowed)));

        let too_much: Vec<(&str, Vec<u8>)> = vec![
            ("shared strings", book("", Some(&many("<si><t>a</t></si>", 300_000)))),
            ("empty shared strings", book("", Some(&many("<si/>", 300_000)))),
            (
                "one shared string in pieces",
                book("", Some(&format!("<si>{}</si>", many("<r><t>a</t></r>", 1_000_000)))),
            ),
            (
                "one long shared string",
                book("", Some(&format!("<si><t>{}</t></si>", many("a", 1 << 20)))),
            ),
            (
                "text of shared strings",
                book("", Some(&many(&format!("<si><t>{}</t></si>", many("长", 1000)), 3000))),
            ),
            (
                "one string in many cells",
                book(
                    &(2..5000)
                        .map(|row| {
                            format!(
                                r#"<row r="{row}">{}</row>"#,
                                many(r#"<c t="s"><v>0</v></c>"#, 40)
                            )
                        })
                        .collect::<String>(),
                    Some(&format!("<si><t>{}</t></si>", many("长", 1000))),
                ),
            ),
            ("sheets", pack(&sheets)),
            ("relations", pack(&related)),
            (
                "cells",
                with(
                    (2..4000)
                        .map(|row| {
                            format!(r#"<row r="{row}">{}</row>"#, many("<c><v>1</v></c>", 60))
                        })
                        .collect(),
                ),
            ),
            ("blank cells", with(many(r#"<row><c s="1"/></row>"#, 800_000))),
            (
                "the same cell",
                with(format!(r#"<row r="2">{}</row>"#, many(r#"<c r="A2"><v>1</v></c>"#, 400_000))),
            ),
            ("depth", with(format!("<row>{}", many("<a>", 100)))),
            ("attributes", with(format!(r#"<row {}/>"#, many(r#"a="" "#, 100_000)))),
            ("a comment", with(format!("<!--{}-->", many("x", 1 << 20)))),
            ("a name", with(format!("<{}/>", many("x", 1 << 20)))),
        ];
        for (what, bytes) in too_much {
            assert!(bytes.len() < super::super::sheet::MAX_BYTES, "{what}");
            assert_eq!(code(&bytes), Some(Code::TOO_MUCH_WORK), "{what}");
        }
        let blanks = with(many(" ", MAX_UNPACKED + 1));
        assert!(
            matches!(code(&blanks), Some(Code::PAYLOAD_TOO_LARGE | Code::TOO_MUCH_WORK)),
            "{:?}",
            code(&blanks)
        );
        let comments = with(many(&format!("<!--{}-->", many("x", 1000)), MAX_UNPACKED / 1000));
        assert_eq!(code(&comments), Some(Code::PAYLOAD_TOO_LARGE));
    }

    #[test]
    fn what_is_not_asked_for_costs_nothing() {
        let mut some = parts(sheet(r#"<row r="2"><c r="A2" s="3"><v>1</v></c></row>"#), None);
        some.push(packed(
            "xl/styles.xml",
            format!("<styleSheet><cellXfs>{}</cellXfs></styleSheet>", "<xf/>".repeat(500_000)),
        ));
        some.push(packed("xl/comments1.xml", "<c/>".repeat(20_000_000)));
        some.push(packed("xl/theme/theme1.xml", "<broken"));
        let bytes = pack(&some);
        let work = Budget::of(300_000_000);
        assert_eq!(
            read(&bytes, is_header, &work).ok().flatten().map(|sheet| sheet.rows.len()),
            Some(1)
        );
    }

    #[test]
    fn reading_stops_when_its_time_is_up() {
        let bytes = book(&r#"<row><c s="1"/></row>"#.repeat(700_000), None);
        let work = Budget::of(1_000_000);
        let code = read(&bytes, is_header, &work).err().map(|error| error.code());
        assert_eq!(code, Some(Code::TOO_MUCH_WORK));
    }

    #[test]
    fn what_the_directory_says_about_sizes_is_not_believed() {
        let mut some = parts(sheet(&format!("<!--{}-->", "x".repeat(200_000)).repeat(400)), None);
        for part in &mut some {
            part.said = 10;
        }
        assert_eq!(code(&pack(&some)), Some(Code::PAYLOAD_TOO_LARGE));
    }

    #[test]
    fn numbers_in_the_long_extra_field_are_read() {
        let mut some = parts(sheet(r#"<row r="2"><c r="A2"><v>1</v></c></row>"#), None);
        for part in &mut some {
            part.long = true;
        }
        assert_eq!(rows(&pack(&some)).len(), 1);
    }

    /// As calamine reads it, the library that was used before.
    fn as_before(bytes: &[u8]) -> Vec<Row> {
        let mut workbook: Xlsx<_> =
            Xlsx::new(Cursor::new(bytes)).unwrap_or_else(|error| panic!("{error}"));
        let mut rows: Vec<Row> = Vec::new();
        for name in workbook.sheet_names() {
            let Ok(mut cells) = workbook.worksheet_cells_reader(&name) else { continue };
            while let Ok(Some(cell)) = cells.next_cell() {
                let (row, column) = cell.get_position();
                let value = match cell.get_value() {
                    DataRef::Empty => None,
                    DataRef::Bool(value) => text(if *value { "TRUE" } else { "FALSE" }),
                    data => match Data::from(data.clone()) {
                        Data::Float(value) => Some(Cell::Number(value)),
                        Data::DateTime(value) => Some(Cell::Number(value.as_f64())),
                        Data::String(value) => text(&value),
                        other => text(&other.to_string()),
                    },
                };
                let Some(value) = value else { continue };
                match rows.last_mut() {
                    Some(last) if last.number == row + 1 => _ = last.cells.insert(column, value),
                    _ => rows.push(Row { number: row + 1, cells: [(column, value)].into() }),
                }
            }
        }
        rows
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        /// Whatever rust_xlsxwriter writes is read as calamine reads it.
        #[test]
        fn real_workbooks_are_read_as_before(
            table in prop::collection::vec(prop::collection::vec(prop_oneof![
                any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(Cell::Number),
                (0..100_000_u32).prop_map(|n| Cell::Number(f64::from(n))),
                "[ a-z0-9_x<>&\"'张三李四\n]{0,12}".prop_map(Cell::Text),
                "\\PC{0,6}".prop_map(Cell::Text),
            ], 0..8), 0..12)
        ) {
            let mut workbook = rust_xlsxwriter::Workbook::new();
            let page = workbook.add_worksheet();
            let written = |result: std::result::Result<&mut rust_xlsxwriter::Worksheet, _>| result.is_ok();
            prop_assert!(written(page.write_string(0, 0, "编号*")));
            for (row, cells) in (1_u32..).zip(&table) {
                for (column, cell) in (0_u16..).zip(cells) {
                    let well = match cell {
                        Cell::Number(number) => written(page.write_number(row, column, *number)),
                        Cell::Text(text) => written(page.write_string(row, column, text)),
                    };
                    prop_assert!(well);
                }
            }
            let bytes = workbook.save_to_buffer().unwrap_or_default();
            let mut before = as_before(&bytes);
            before.remove(0);
            prop_assert_eq!(rows(&bytes), before);
        }

        #[test]
        fn any_cells_are_answered(rows in "(<row>|</row>|<c r=\"[A-C][0-9]\">|</c>|<v>|</v>|<is>|</is>|<t>|</t>|[0-9a&;]|<f/>){0,30}") {
            let _either = read(&book(&rows, None), is_header, &Budget::unbounded());
        }

        #[test]
        fn any_bytes_are_answered(at in 0..3000_usize, byte in any::<u8>(), cut in 0..3000_usize) {
            let mut bytes = book(r#"<row r="2"><c r="A2"><v>1</v></c></row>"#, Some("<si><t>a</t></si>"));
            if let Some(one) = bytes.get_mut(at) {
                *one = byte;
            }
            bytes.truncate(cut.max(200));
            let _either = read(&bytes, is_header, &Budget::unbounded());
        }
    }
}
