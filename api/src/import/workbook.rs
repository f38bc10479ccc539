//! A workbook (.xlsx) read for its first sheet that has a header: a stream from the packed bytes to rows, in which
//! every number that somebody may choose is bounded.
//!
//! Only three kinds of parts are read: the list of sheets, the shared strings, and sheets, each at most once. Styles,
//! pictures, comments, names, tables, macros are not even unpacked: nothing of them matters here.

mod value;
mod xml;

use std::collections::{HashMap, HashSet};

use quick_xml::Reader;
use quick_xml::events::Event;

use super::archive::{Archive, unreadable};
use super::sheet::{Cell, MAX_CELL, MAX_COLUMNS, MAX_PREFACE, MAX_ROWS, Row, Sheet};
use crate::http::{ApiError, Code, Result};
use crate::work::{Budget, too_much};
use value::{LAST_COLUMN, LAST_ROW, Strings, cut, position, row_number, text, typed, unescape};
use xml::{BLANKS, Xml, attributes, character, preserves_space};

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

/// Reads the first sheet that has a header; `is_header` tells it. None when there is no such sheet.
///
/// # Errors
/// 422 `file_unreadable` when it is no workbook, 422 `too_much_work` when it holds more than is read, 413 when there
/// are too many rows or it is too large once unpacked.
pub(super) fn read(
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

fn too_many_sheets() -> ApiError {
    too_much("工作表过多，请只保留花名册一张表", "too many sheets; keep the roster's alone")
}

fn too_long() -> ApiError {
    too_much("文字过多，请分成几个文件", "too much text; split the file")
}

#[cfg(test)]
mod tests;
