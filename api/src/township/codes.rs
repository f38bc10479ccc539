//! The errors that this room alone answers, and which operation answers which.

use crate::feature::Answers;
use crate::http::Code;

/// The set-up token is not valid or was used.
pub const SETUP_TOKEN_INVALID: Code = Code::new(
    "setup_token_invalid",
    403,
    "初始化口令无效或已使用",
    "The set-up token is not valid or was used",
);

/// All of them.
pub const ALL: &[Code] = &[SETUP_TOKEN_INVALID];

/// What operations answer beyond what follows from their form.
pub const ANSWERS: Answers = &[("set_up", &[Code::ALREADY_EXISTS, SETUP_TOKEN_INVALID])];
