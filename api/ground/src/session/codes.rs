//! The errors that operations of this room answer.

use crate::feature::Answers;
use crate::http::Code;

/// What operations answer beyond what follows from their form.
pub const ANSWERS: Answers = &[
    ("sign_in", &[Code::INVALID_CREDENTIALS, Code::ACCOUNT_DISABLED]),
    ("refresh_session", &[Code::ACCOUNT_DISABLED, Code::UNAUTHENTICATED, Code::SESSION_ENDED]),
];
