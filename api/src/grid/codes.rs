//! The errors that this room alone answers.

use crate::http::Code;

/// The post is held by somebody.
pub const POST_TAKEN: Code =
    Code::new("post_taken", 409, "该岗位已有人在任", "The post is held by somebody");

/// All of them.
pub const ALL: &[Code] = &[POST_TAKEN];
