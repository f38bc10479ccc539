//! Sheets: lists taken away as a file, for Excel or as CSV.
//!
//! Rules:
//! - A list and its file are one operation: the same rows in the same order, by the same filters, for whom they are shown to, with the same
//!   things hidden. What the client takes says which it is ([`Asked`]): `Accept` names the form, and JSON is what is answered to whoever does not
//!   mind. There is no second way to a list's rows.
//! - Each list says its columns in one place ([`Sheet`]); the contract tells them (`x-columns`), so that the pages, the file and the paper have the same words.
//!   The client may choose some of them, in an order of its own.
//! - A file holds all rows, page after page, in bounded memory: they lie in a temporary file that nobody else can open, and go with it.
//! - It is complete, or there is none: what fails on the way is a problem document (`sheet::what_fails_on_the_way_is_no_file`).
//! - Text is text: nothing that somebody typed is ever a formula (`sheet::a_cell_is_never_a_formula`).
//! - Who took what is recorded before it is given out (`sheet::who_takes_a_list_is_recorded`).
//! - One file at a time per township and few in all ([`crate::work`]).

pub mod acts;
mod asked;
mod cell;
mod csv;
mod excel;

pub use asked::{Answer, Asked, MEDIA_TYPES, NoQuery};
pub use cell::Cell;

use crate::feature::Feature;
use crate::http::Language;

/// What this room brings.
pub const FEATURE: Feature = Feature { acts: acts::ACTS, ..Feature::of("sheet") };

/// A column of a list of `T`.
pub struct Column<T> {
    /// Its stable name in the contract.
    pub key: &'static str,
    /// Its heading.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// How wide it is, in characters.
    width: u8,
    cell: fn(&T, Language) -> Cell,
}

impl<T> Column<T> {
    /// A column that says something of each row.
    #[must_use]
    pub const fn new(
        key: &'static str,
        (zh, en): (&'static str, &'static str),
        width: u8,
        cell: fn(&T, Language) -> Cell,
    ) -> Self {
        Self { key, zh, en, width, cell }
    }
}

/// A list as a table.
pub struct Sheet<T: 'static> {
    /// The operation that answers the list.
    pub operation: &'static str,
    /// What the table is called.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// What it shows, in this order.
    pub columns: &'static [Column<T>],
}

impl<T> Sheet<T> {
    fn title(&self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.zh,
            Language::English => self.en,
        }
    }
}

/// What the contract tells of a sheet, whatever its rows are.
pub trait Told: Sync {
    /// The operation that answers the list.
    fn operation(&self) -> &'static str;
    /// What the table is called, in Chinese and in English.
    fn called(&self) -> (&'static str, &'static str);
    /// The columns: key, and heading in Chinese and in English.
    fn columns(&self) -> Vec<(&'static str, &'static str, &'static str)>;
}

impl<T> Told for Sheet<T> {
    fn operation(&self) -> &'static str {
        self.operation
    }

    fn called(&self) -> (&'static str, &'static str) {
        (self.zh, self.en)
    }

    fn columns(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        self.columns.iter().map(|one| (one.key, one.zh, one.en)).collect()
    }
}
