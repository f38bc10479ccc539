//! The errors that operations of this room answer.

use crate::feature::Answers;
use crate::http::Code;

/// What operations answer beyond what follows from their form.
pub const ANSWERS: Answers = &[
    ("run_job", &[Code::STATE_CONFLICT, Code::ALREADY_EXISTS]),
    ("cancel_job", &[Code::STATE_CONFLICT]),
];
