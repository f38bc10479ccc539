//! The errors that this room alone answers, and which operation answers which.

use crate::activity::codes as activity;
use crate::feature::Answers;
use crate::http::Code;

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

/// All of them.
pub const ALL: &[Code] = &[CHECK_IN_CLOSED, CHECK_IN_CODE_INVALID, CHECK_IN_CODE_EXPIRED];

/// What operations answer beyond what follows from their form.
pub const ANSWERS: Answers = &[
    ("get_check_in_code", &[activity::NOT_STEWARD, activity::ACTIVITY_CANCELLED, CHECK_IN_CLOSED]),
    (
        "read_check_in_code",
        &[
            activity::ACTIVITY_CANCELLED,
            CHECK_IN_CLOSED,
            CHECK_IN_CODE_INVALID,
            CHECK_IN_CODE_EXPIRED,
        ],
    ),
    (
        "check_in",
        &[
            Code::NO_MEMBER,
            activity::ACTIVITY_CANCELLED,
            activity::ACTIVITY_FULL,
            CHECK_IN_CLOSED,
            CHECK_IN_CODE_INVALID,
            CHECK_IN_CODE_EXPIRED,
        ],
    ),
    (
        "check_out",
        &[Code::NO_MEMBER, CHECK_IN_CLOSED, CHECK_IN_CODE_INVALID, CHECK_IN_CODE_EXPIRED],
    ),
];
