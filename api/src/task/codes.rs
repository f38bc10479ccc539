//! The errors that this room alone answers, and which operation answers which.

use crate::feature::Answers;
use crate::http::{Code, Refusal};

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

/// Somebody has accepted the task, or taken it over, since whoever accepts it looked at it.
pub const TASK_TAKEN: Code =
    Code::new("task_taken", 409, "任务已由他人签收", "Somebody else has accepted the task");

/// Not one's own to do.
pub(super) const NOT_ASSIGNEE: Refusal = Code::FORBIDDEN
    .because("只有任务承办人可以签收和提交", "Only the assignee accepts a task and hands it in");
/// Not in the grids of a head who verifies.
pub(super) const NOT_ABOVE: Refusal = Code::FORBIDDEN.because(
    "只能核验本人任督导员或总网格长的网格内的任务",
    "You verify only where you are supervisor or general head",
);
/// It must be accepted first.
pub(super) const NOT_ACCEPTED: Refusal = Code::STATE_CONFLICT
    .because("本任务交由组织承办，请先签收", "The task is the organisation's; accept it first");

/// All of them.
pub const ALL: &[Code] = &[SELF_VERIFICATION, EVIDENCE_MISSING, TASK_TAKEN];

/// What operations answer beyond what follows from their form.
pub const ANSWERS: Answers = &[
    ("list_tasks", &[Code::NOT_FOUND]),
    ("accept_task", &[Code::STATE_CONFLICT, TASK_TAKEN]),
    ("submit_task", &[Code::STATE_CONFLICT, EVIDENCE_MISSING]),
    ("verify_task", &[SELF_VERIFICATION, Code::STATE_CONFLICT]),
    ("return_task", &[SELF_VERIFICATION, Code::STATE_CONFLICT]),
];
