//! The errors that this room alone answers, and which operation answers which.

use crate::feature::Answers;
use crate::http::Code;

/// A checklist without items cannot be published.
pub const CHECKLIST_EMPTY: Code = Code::new(
    "checklist_empty",
    409,
    "清单没有条目，不能发布",
    "A checklist without items cannot be published",
);
/// There is no draft to publish.
pub const NOTHING_TO_PUBLISH: Code =
    Code::new("nothing_to_publish", 409, "没有待发布的草稿", "There is no draft to publish");

/// All of them.
pub const ALL: &[Code] = &[CHECKLIST_EMPTY, NOTHING_TO_PUBLISH];

/// What operations answer beyond what follows from their form.
pub const ANSWERS: Answers = &[
    ("preview_checklist", &[NOTHING_TO_PUBLISH]),
    ("publish_checklist", &[CHECKLIST_EMPTY, NOTHING_TO_PUBLISH]),
];
