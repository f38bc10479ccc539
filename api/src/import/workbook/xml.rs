//! A part of a workbook, element by element, and what its elements say.

use super::super::archive::{Archive, Unpacked, unreadable};
use crate::http::Result;
use crate::work::too_much;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// Elements within elements.
const MAX_DEPTH: usize = 32;

/// A part, element by element.
pub(super) struct Xml<'a> {
    pub(super) archive: &'a Archive<'a>,
    pub(super) reader: Reader<Unpacked<'a>>,
    pub(super) depth: usize,
}

impl Xml<'_> {
    pub(super) fn next<'b>(&mut self, piece: &'b mut Vec<u8>) -> Result<Event<'b>> {
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

/// What is trimmed around a text that does not ask to be kept as it is.
pub(super) const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// The attributes of these local names, in one pass.
pub(super) fn attributes<const N: usize>(
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

pub(super) fn preserves_space(tag: &BytesStart<'_>) -> Result<bool> {
    let [space] = attributes(tag, ["space"])?;
    Ok(space.is_some_and(|space| space == "preserve"))
}

/// The character that a reference stands for. Others than XML's own would need a definition, and those are not read.
pub(super) fn character(name: &BytesRef<'_>) -> Result<char> {
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
