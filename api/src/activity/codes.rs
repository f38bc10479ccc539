//! The errors that this room alone answers, and which operation answers which; those of presence among them, where an activity refuses.

use crate::feature::Answers;
use crate::http::Code;
use crate::presence::codes::{CHECK_IN_CLOSED, NOT_STEWARD};

/// The activity is full.
pub const ACTIVITY_FULL: Code = Code::new("activity_full", 409, "名额已满", "The activity is full");
/// The activity was cancelled.
pub const ACTIVITY_CANCELLED: Code =
    Code::new("activity_cancelled", 409, "活动已取消", "The activity was cancelled");

/// All of them.
pub const ALL: &[Code] = &[ACTIVITY_FULL, ACTIVITY_CANCELLED];

/// What operations answer beyond what follows from their form.
pub const ANSWERS: Answers = &[
    ("update_activity", &[Code::STATE_CONFLICT, ACTIVITY_CANCELLED]),
    ("cancel_activity", &[Code::STATE_CONFLICT]),
    ("sign_up", &[Code::NO_MEMBER, Code::STATE_CONFLICT, ACTIVITY_CANCELLED]),
    ("withdraw", &[Code::NO_MEMBER, Code::STATE_CONFLICT, ACTIVITY_CANCELLED]),
    ("list_participants", &[NOT_STEWARD]),
    ("get_check_in_code", &[NOT_STEWARD, ACTIVITY_CANCELLED, CHECK_IN_CLOSED]),
    ("read_check_in_code", &[ACTIVITY_CANCELLED]),
    ("check_in", &[ACTIVITY_FULL, ACTIVITY_CANCELLED]),
];
