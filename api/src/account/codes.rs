//! The errors that this room alone answers.

use crate::http::Code;

/// The recovery token is not valid, was used or has expired.
pub const RECOVERY_TOKEN_INVALID: Code = Code::new(
    "recovery_token_invalid",
    403,
    "恢复口令无效、已使用或已过期",
    "The recovery token is not valid, was used or has expired",
);

/// All of them.
pub const ALL: &[Code] = &[RECOVERY_TOKEN_INVALID];
