//! The errors that operations of this room answer.

use crate::feature::Answers;
use crate::http::Code;

/// What operations answer beyond what follows from their form.
pub const ANSWERS: Answers = &[
    ("get_my_purse", &[Code::NO_MEMBER]),
    ("list_points_entries", &[Code::NO_MEMBER, Code::NOT_FOUND]),
];
