//! The errors that operations of this room answer.

use crate::feature::Answers;
use crate::http::Code;

/// What operations answer beyond what follows from their form.
pub const ANSWERS: Answers = &[
    // Marked when it is asked for first.
    ("get_import_marked_file", &[Code::STORAGE_FULL]),
    ("import_members", &[Code::FILE_UNREADABLE, Code::TOO_MUCH_WORK]),
    ("import_grids", &[Code::FILE_UNREADABLE, Code::TOO_MUCH_WORK]),
];
