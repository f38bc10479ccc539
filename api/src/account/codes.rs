//! The errors that this room alone answers, and which operation answers which.

use crate::feature::Answers;
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

/// What operations answer beyond what follows from their form.
pub const ANSWERS: Answers = &[
    ("create_account", &[Code::ALREADY_EXISTS]),
    ("update_account", &[Code::IN_USE]),
    ("restore_administrator", &[Code::ALREADY_EXISTS, RECOVERY_TOKEN_INVALID]),
];
