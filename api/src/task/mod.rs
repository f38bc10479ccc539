//! Tasks 任务(待办): one obligation, one clock.
//!
//! - A task says who owes what, where, by when, and what must be shown for it. It does not know what it is for: its
//!   [`Source`] (a feature above) opens it ([`open`]) and is told, in the same transaction, what becomes of it
//!   ([`Event`]).
//! - It is given to a person, to whoever holds a post in a grid, or to an organisation ([`Assignee`]); it may belong to a grid
//!   or to none. What is given to an organisation somebody of it accepts (签收) before they hand it in. A colleague finds
//!   what others have accepted and can take it over, naming from whom: of two at once the second is told so ([`rules::taken`]).
//!   Who does the work of a post is who holds it that day. A person may accept what is theirs, and need not.
//! - `open → submitted → verified`, and `submitted → returned → submitted` (TK2). A return names its reason; the deadline
//!   stays as it was. Of two who act at once one wins, the other is told that the state has changed (409).
//! - Of one obligation ([`rules::obligation_id`]) there is one task (TK1). What is no longer owed its source cancels ([`cancel`]),
//!   with the
//!   reason: `open | returned → cancelled`. If it is owed again, the same task opens again with a new deadline.
//! - The deadline follows from the clock policy ([`rules::due_at`]); nobody is handed a task that is late already
//!   ([`rules::due_when_opened`], TK4). Whether a task is late follows from the deadline and the moment ([`rules::late`]); nothing
//!   stores it. A source that wants to know is told once when a deadline passes (`task_source::one_task_of_an_obligation`).
//! - What must be shown is a list ([`rules::lacking`]): words, a number within bounds, so many photos.
//! - Only who owes it hands in. What was done without a network carries its own moment, which counts against the deadline; it lies
//!   neither in the future (clocks may differ by two minutes) nor before the task was handed over.
//!   A place is recorded if the person gives it, with this submission alone.
//! - Nobody verifies or returns what is his own, or what he did himself (TK3, `task::nobody_verifies_his_own_task`; [`rules::allowed`]). The office verifies any; a supervisor or general head
//!   verifies in the subtree of his grids. A sub-grid head sees his grids' tasks but does not verify.
//! - What was handed in in time looks right ([`rules::looks_right`]) and can be verified together with others
//!   ([`verify_many`]): exactly those that were seen, each as it was seen, by the rules of a single one and in a
//!   transaction of its own. What was handed in since, or anew, is never among them (`task::what_looks_right_is_verified_together`).
//! - One sees one's own tasks, those of one's posts and one's organisation, and those in the subtrees of the grids one heads; with
//!   `task.read_all` the township's ([`crate::grid::RowScope`]). What one does not see does not exist (404).
//! - Photos are evidence when uploaded (room `attachment`) and named in a submission; the newest submission counts, the
//!   earlier ones are kept.

mod accept;
pub(crate) mod acts;
mod changes;
pub mod codes;
mod detail;
pub mod dto;
mod engine;
mod handlers;
mod invariants;
mod list;
pub mod perm;
mod row;
pub mod rules;
mod search;
mod sheet;
mod source;
mod submissions;
mod submit;
mod verify;
mod visibility;

pub use accept::accept;
pub use detail::get;
pub use engine::{JOBS, New, Owed, cancel, existing, open, owed, owed_of};
pub use handlers::routes;
pub use invariants::touched;
pub use list::{first, inbox, list, to_verify, waiting};
pub use rules::Assignee;
pub use source::{Event, Fact, Source};
pub use submit::submit;
pub use verify::{send_back, verify, verify_many};
pub use visibility::{Visibility, late};

use invariants::INVARIANTS;

use crate::feature::{Feature, Tag};
use entity::kinds::{AssigneeKind, EvidenceKind, TaskLogKind, TaskState};

/// What this room brings.
pub const FEATURE: Feature = Feature {
    tags: &[Tag { name: "task", zh: "任务", en: "Tasks, their evidence and verification" }],
    routes,
    permissions: perm::ALL,
    codes: codes::ALL,
    acts: acts::ACTS,
    jobs: JOBS,
    words: &[
        EvidenceKind::VOCABULARY,
        AssigneeKind::VOCABULARY,
        TaskState::VOCABULARY,
        TaskLogKind::VOCABULARY,
    ],
    answers: codes::ANSWERS,
    invariants: INVARIANTS,
    changes: changes::CHANGES,
    sheets: sheet::SHEETS,
    ..Feature::of("task")
};
