//! The errors that this room answers, and which operation answers which. What an occasion refuses in words of its own its feature
//! names.

use crate::feature::Answers;
use crate::http::{Code, Refusal};

/// Only the steward may do this.
pub const NOT_STEWARD: Code =
    Code::new("not_steward", 403, "只有签到管理人可以操作", "Only the steward may do this");
/// Nobody completes a check-in of their own.
pub const OWN_CHECK_IN: Code = Code::new(
    "own_check_in",
    403,
    "不能为本人补办签退",
    "Nobody completes a check-in of their own",
);
/// Check-in is not open now.
pub const CHECK_IN_CLOSED: Code =
    Code::new("check_in_closed", 409, "不在签到时间内", "Check-in is not open now");
/// The check-in code is not valid.
pub const CHECK_IN_CODE_INVALID: Code =
    Code::new("check_in_code_invalid", 422, "签到码无效", "The check-in code is not valid");
/// The check-in code has expired; scan it again.
pub const CHECK_IN_CODE_EXPIRED: Code = Code::new(
    "check_in_code_expired",
    422,
    "签到码已过期，请重新扫码",
    "The check-in code has expired; scan it again",
);

/// Nobody comes before it opens.
pub(super) const NOT_YET: Refusal =
    CHECK_IN_CLOSED.because("签到尚未开始", "Check-in has not opened yet");
/// Nobody comes to what is over.
pub(super) const ENDED: Refusal = CHECK_IN_CLOSED.because("已经结束", "It has ended");
/// Check-out is over, too.
pub(super) const LEFT_TOO_LATE: Refusal = CHECK_IN_CLOSED.because(
    "结束已超过 12 小时，不能再签退",
    "It ended more than 12 hours ago; check-out is over",
);
/// Not the time to close what others forgot.
pub(super) const COMPLETION_CLOSED: Refusal = CHECK_IN_CLOSED.because(
    "开始之后、结束 30 天内才能补办签退",
    "A check-in is completed from the start to 30 days after the end",
);
/// Nothing is left to close.
pub(super) const OUT_ALREADY: Refusal =
    Code::STATE_CONFLICT.because("此人已经签退", "The person is checked out already");

/// All of them.
pub const ALL: &[Code] =
    &[NOT_STEWARD, OWN_CHECK_IN, CHECK_IN_CLOSED, CHECK_IN_CODE_INVALID, CHECK_IN_CODE_EXPIRED];

/// What operations answer beyond what follows from their form.
pub const ANSWERS: Answers = &[
    (
        "read_check_in_code",
        &[Code::NO_MEMBER, CHECK_IN_CLOSED, CHECK_IN_CODE_INVALID, CHECK_IN_CODE_EXPIRED],
    ),
    ("check_in", &[Code::NO_MEMBER, CHECK_IN_CLOSED, CHECK_IN_CODE_INVALID, CHECK_IN_CODE_EXPIRED]),
    (
        "check_out",
        &[Code::NO_MEMBER, CHECK_IN_CLOSED, CHECK_IN_CODE_INVALID, CHECK_IN_CODE_EXPIRED],
    ),
    ("list_check_ins", &[Code::NO_MEMBER]),
    ("complete_check_in", &[NOT_STEWARD, OWN_CHECK_IN, Code::STATE_CONFLICT, CHECK_IN_CLOSED]),
];
