//! What cells hold, as a workbook writes it: texts, numbers, places.

use super::super::archive::unreadable;
use super::super::sheet::{Cell, MAX_CELL};
use crate::http::Result;

/// Rows that a spreadsheet has.
pub(super) const LAST_ROW: u32 = 1_048_576;

/// Columns that a spreadsheet has.
pub(super) const LAST_COLUMN: u32 = 16_384;

/// Shared strings, each cut to what is read of a cell, one after the other.
#[derive(Default)]
pub(super) struct Strings {
    pub(super) text: String,
    pub(super) ends: Vec<usize>,
}

impl Strings {
    pub(super) fn get(&self, number: usize) -> Option<&str> {
        let to = *self.ends.get(number)?;
        let from = match number.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.text.get(from..to)
    }
}

/// `_x000D_` stands for a carriage return, and so on: UTF-16 units that XML does not allow.
pub(super) fn unescape(text: &str) -> String {
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
pub(super) fn cut(text: &str) -> &str {
    text.char_indices().nth(MAX_CELL).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// A text as a cell; none where it is blank.
pub(super) fn text(text: &str) -> Option<Cell> {
    let text = cut(text);
    (!text.trim().is_empty()).then(|| Cell::Text(text.to_owned()))
}

/// What `<v>` means by the cell's type.
pub(super) fn typed(own: &str, kind: Option<&str>, strings: &Strings) -> Result<Option<Cell>> {
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
pub(super) fn row_number(text: &str) -> Result<u32> {
    text.parse::<u32>().ok().and_then(|number| number.checked_sub(1)).ok_or_else(unreadable)
}

/// `B12`: row and column, from 0.
pub(super) fn position(text: &str) -> Result<(u32, u32)> {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (letters, number) = text.split_at_checked(letters).ok_or_else(unreadable)?;
    let column = letters.bytes().try_fold(0_u32, |column, letter| {
        let digit = u32::from(letter.to_ascii_uppercase() - b'A') + 1;
        column.checked_mul(26)?.checked_add(digit)
    });
    let column = column.and_then(|column| column.checked_sub(1)).ok_or_else(unreadable)?;
    Ok((row_number(number)?, column))
}
