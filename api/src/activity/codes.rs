//! The errors that this room alone answers, and which operation answers which; those of presence among them, where an activity refuses.

use crate::feature::Answers;
use crate::http::{Code, Refusal};
use crate::presence::codes::{CHECK_IN_CLOSED, NOT_STEWARD};

/// The activity is full.
pub const ACTIVITY_FULL: Code = Code::new("activity_full", 409, "名额已满", "The activity is full");
/// The activity was cancelled.
pub const ACTIVITY_CANCELLED: Code =
    Code::new("activity_cancelled", 409, "活动已取消", "The activity was cancelled");

/// Time that was served is not called off.
pub const ACTIVITY_ATTENDED: Code = Code::new(
    "activity_attended",
    409,
    "已有人签到，不能取消；可以提前结束时间",
    "People have checked in; move the end forward instead",
);
/// Nobody joins or leaves what is over.
pub(super) const ENDED: Refusal =
    Code::STATE_CONFLICT.because("活动已经结束", "The activity has ended");
/// What is over stays as it was.
pub(super) const SETTLED: Refusal = Code::STATE_CONFLICT
    .because("活动已经结束，不能再改", "The activity has ended and stays as it was");
/// Whoever has come cannot withdraw.
pub(super) const COME_ALREADY: Refusal = Code::STATE_CONFLICT
    .because("已经签到，不能再取消报名", "Checked in already; the place is taken up");

/// All of them.
pub const ALL: &[Code] = &[ACTIVITY_FULL, ACTIVITY_CANCELLED, ACTIVITY_ATTENDED];

/// What operations answer beyond what follows from their form.
pub const ANSWERS: Answers = &[
    ("update_activity", &[Code::STATE_CONFLICT, ACTIVITY_CANCELLED]),
    ("cancel_activity", &[Code::STATE_CONFLICT, ACTIVITY_ATTENDED]),
    ("sign_up", &[Code::NO_MEMBER, Code::STATE_CONFLICT, ACTIVITY_CANCELLED]),
    ("withdraw", &[Code::NO_MEMBER, Code::STATE_CONFLICT, ACTIVITY_CANCELLED]),
    ("list_participants", &[NOT_STEWARD]),
    ("get_check_in_code", &[NOT_STEWARD, ACTIVITY_CANCELLED, CHECK_IN_CLOSED]),
    ("read_check_in_code", &[ACTIVITY_CANCELLED]),
    ("check_in", &[ACTIVITY_FULL, ACTIVITY_CANCELLED]),
];
