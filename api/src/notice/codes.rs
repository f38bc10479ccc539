//! The errors that this room alone answers, and which operation answers which.

use crate::feature::Answers;
use crate::http::Code;

/// The notice was withdrawn.
pub const NOTICE_WITHDRAWN: Code =
    Code::new("notice_withdrawn", 409, "通知已撤回", "The notice was withdrawn");
/// Only those a notice goes to sign for it.
pub const NOT_ADDRESSED: Code = Code::new(
    "not_addressed",
    409,
    "通知不是发给您的，不需要回执",
    "The notice is not addressed to you and wants no receipt",
);

/// All of them.
pub const ALL: &[Code] = &[NOTICE_WITHDRAWN, NOT_ADDRESSED];

/// What operations answer beyond what follows from their form.
pub const ANSWERS: Answers =
    &[("update_notice", &[NOTICE_WITHDRAWN]), ("read_notice", &[NOTICE_WITHDRAWN, NOT_ADDRESSED])];
