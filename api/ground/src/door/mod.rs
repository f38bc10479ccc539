//! The one door for what comes in from outside: text, dates, moments, secrets.
//!
//! Rules:
//! - Every body, query and cell of a file passes through it: the extractors read with [`reader::Door`], which cleans each text on
//!   its way to the type that asked for it. A type cannot forget to ask.
//! - A text is one line unless its type is [`Lines`]. It comes out without spaces around it, in Unicode's form NFC (one way of
//!   writing each letter, so that what looks the same is found and compares the same), and without characters that nobody sees,
//!   which come along when text is copied. A text of nothing else is empty.
//! - Control characters (NUL, escapes, in a line also tabs and line breaks) are refused, with the field and the reason: what they
//!   were meant to say cannot be guessed, and the databases do not agree about them.
//! - Dates and moments lie from the year 1900 to the year 2199: nothing that a township records lies outside, and no arithmetic on
//!   them can leave what the databases hold.
//! - What is not seen goes (Unicode's Default_Ignorable_Code_Point), but for a variation selector behind what it varies and a joiner
//!   between emoji or letters that join.
//! - It cannot see through what serde buffers: a type that comes in is neither flattened nor untagged.
//! - A [`Secret`] is taken as it was typed; it is neither printed, nor written out, nor part of what a request is known by.

mod moment;
pub mod reader;
mod secret;
mod text;

pub use moment::{Day, Moment, in_reach};
pub use secret::Secret;
pub use text::{Fault, Kind, Lines, clean};

/// For what is no part of what a request is known by, such as a secret or the place in a list:
/// `#[serde(serialize_with = "left_out")]`. It is written as null.
///
/// # Errors
/// Those of the format.
pub fn left_out<T, S: serde::Serializer>(_: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_unit()
}

/// What begins a refusal of ours and parts its languages: no input holds it, since it would have been refused.
const MARK: char = '\u{1}';

/// Both languages of a refusal in one message: what types say to serde.
fn both(zh: &str, en: &str) -> String {
    format!("{MARK}{zh}{MARK}{en}")
}

/// The languages of a refusal that [`both`] put together, in Chinese and in English; none for a message of somebody else's.
pub(crate) fn languages(said: &str) -> Option<(&str, &str)> {
    said.strip_prefix(MARK)?.split_once(MARK)
}
