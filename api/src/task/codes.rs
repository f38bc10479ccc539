//! The errors that this room alone answers.

use crate::http::Code;

/// Nobody verifies a task of their own.
pub const SELF_VERIFICATION: Code = Code::new(
    "self_verification",
    403,
    "不能核验本人提交的任务",
    "Nobody verifies a task of their own",
);
/// The evidence asked for is missing.
pub const EVIDENCE_MISSING: Code =
    Code::new("evidence_missing", 422, "缺少要求的佐证", "The evidence asked for is missing");

/// All of them.
pub const ALL: &[Code] = &[SELF_VERIFICATION, EVIDENCE_MISSING];
