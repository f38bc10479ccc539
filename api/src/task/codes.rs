//! The errors that this room alone answers, and which operation answers which.

use crate::feature::Answers;
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

/// What operations answer beyond what follows from their form.
pub const ANSWERS: Answers = &[
    ("list_tasks", &[Code::NOT_FOUND]),
    ("accept_task", &[Code::STATE_CONFLICT]),
    ("submit_task", &[Code::STATE_CONFLICT, EVIDENCE_MISSING]),
    ("verify_task", &[SELF_VERIFICATION, Code::STATE_CONFLICT]),
    ("return_task", &[SELF_VERIFICATION, Code::STATE_CONFLICT]),
];
