//! What stands in a cell.

use std::fmt;

use chrono::{NaiveDate, NaiveDateTime};
use entity::ids::Points;
use entity::kinds::Vocabulary;

use crate::clock::Time;
use crate::http::Language;

/// A value of a table, and of what sort it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Blank,
    /// Text; never a formula, whatever it begins with.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Points, to the hundredth.
    Points(Points),
    /// A moment in Beijing, to the minute.
    Moment(NaiveDateTime),
    /// A day.
    Day(NaiveDate),
}

impl Cell {
    /// What a word of a kind is called.
    #[must_use]
    pub fn word(kind: Vocabulary, word: &str, language: Language) -> Self {
        let called = kind.words.iter().find(|one| one.0 == word);
        Self::Text(match (called, language) {
            (Some((_, zh, _)), Language::Chinese) => (*zh).to_owned(),
            (Some((_, _, en)), Language::English) => (*en).to_owned(),
            (None, _) => word.to_owned(),
        })
    }

    /// One of two.
    #[must_use]
    pub fn either(is_so: bool, so: (&str, &str), other: (&str, &str), language: Language) -> Self {
        let (zh, en) = if is_so { so } else { other };
        Self::from(match language {
            Language::Chinese => zh,
            Language::English => en,
        })
    }

    /// Several lines in one cell.
    #[must_use]
    pub fn lines(lines: impl IntoIterator<Item = String>, language: Language) -> Self {
        let between = match language {
            Language::Chinese => "；",
            Language::English => "; ",
        };
        Self::from(lines.into_iter().collect::<Vec<_>>().join(between))
    }
}

impl fmt::Display for Cell {
    /// As a file of text has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Points(points) => points.fmt(f),
            Self::Moment(moment) => moment.format("%Y-%m-%d %H:%M").fmt(f),
            Self::Day(day) => day.fmt(f),
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        if text.is_empty() { Self::Blank } else { Self::Text(text) }
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Self {
        Self::from(text.clone())
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<i32> for Cell {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u32> for Cell {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<Points> for Cell {
    fn from(points: Points) -> Self {
        Self::Points(points)
    }
}

impl From<Time> for Cell {
    fn from(time: Time) -> Self {
        Self::Moment(time.naive_local())
    }
}

impl From<NaiveDate> for Cell {
    fn from(day: NaiveDate) -> Self {
        Self::Day(day)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Blank, Into::into)
    }
}
