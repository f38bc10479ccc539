//! The errors that this room alone answers, and which operation answers which.

use crate::feature::Answers;
use crate::http::Code;

/// The post is held by somebody.
pub const POST_TAKEN: Code =
    Code::new("post_taken", 409, "该岗位已有人在任", "The post is held by somebody");

/// All of them.
pub const ALL: &[Code] = &[POST_TAKEN];

/// What operations answer beyond what follows from their form.
pub const ANSWERS: Answers = &[
    ("appoint", &[Code::ALREADY_EXISTS, POST_TAKEN]),
    ("end_grid_post", &[Code::STATE_CONFLICT, POST_TAKEN]),
];
