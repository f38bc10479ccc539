//! The errors that operations of this room answer.

use crate::feature::Answers;
use crate::http::Code;

/// What operations answer beyond what follows from their form.
pub const ANSWERS: Answers = &[
    // Who exports is recorded.
    ("export_audit_entries", &[Code::STORAGE_FULL]),
];
