//! Checklists 清单: versioned lists of duties that become tasks.
//!
//! - A responsibility list (责任清单) binds duties to posts (到人到岗), each with a frequency, the evidence wanted, a limit in
//!   working days and the points it brings. The other three kinds of list are not kept yet and are refused.
//! - A list has versions: at most one draft and at most one in force (CL1); a published version, known by its day of effect (CL2),
//!   never changes (`checklist::a_published_version_stays_as_it_was`) and is published once
//!   (`checklist::a_version_is_published_once`). Saving after a publication opens the next number's draft. A version cannot ask
//!   the same of the same post twice.
//! - Publishing is one transaction: the draft comes into force today and the version before it is superseded. Every
//!   holder of each duty's post receives a task for the running period (week, month, quarter, or one without an end): in the same transaction
//!   where that makes a thousand tasks or fewer (`slice_tasks`), those that are cancelled among them; otherwise by a job that begins at
//!   once and goes through everybody in slices of about as many tasks, so that nobody waits for all of them. The answer says how many it
//!   will be, and the list whom it has reached, and whether it fails. A slice follows the posts and the version in force as they are then:
//!   what changes meanwhile is followed, and nothing is asked twice ([`slices`]). What goes on past midnight is opened late.
//! - What a new version drops is cancelled with the publication where that is small: what is owed of the dropped duties in the periods that
//!   run. A large one cancels it slice by slice, from each person what no version asks of him; where it goes on past the end of a period,
//!   also of that period, by the version in force on its last day (`slices::a_publication_cancels_in_a_week_that_ends_meanwhile`).
//! - A duty of a
//!   general head goes to every general grid, of a sub-grid head to every sub grid, of a supervisor to the township and
//!   every general grid, of an instructor or worker to whoever holds such a post. Where nobody holds a post that must be
//!   held, the vacancy is reported; nobody is invented.
//! - The limit counts from the first day of the period; in the period running at publication from the day of publication,
//!   and for somebody who comes into the post later from that day. A monthly duty's period begins on the first of the month
//!   ([`rules::period`]); the limit ends at 17:30 in Beijing of its last working day, the first being the first working day on or
//!   after its start ([`rules::opening`], `task::rules::due_at`).
//! - A task keeps the version under which it arose. New periods follow the version in force. A duty whose words, post
//!   and frequency are unchanged is the same duty ([`rules::duty::duty_id`]): it is not asked for twice in one period.
//! - Whoever leaves a post owes nothing in it any more, and what a new version no longer asks is not owed for the
//!   running period: such tasks are cancelled, with the reason, unless they were handed in. What an earlier period left
//!   undone stays owed. Back in the post, or back in the list, the same task opens again.
//! - All this happens at publication, whenever posts change, and as each period begins; it is idempotent. What concerns more people than
//!   a slice has goes in slices then, too.
//! - What the server slept through is made up for: of each period that passed meanwhile the tasks are opened under the version
//!   then in force, for whoever held the post in it and holds it still, marked as opened late; their time counts from the day
//!   on which they are opened.
//! - A verified task brings its points to whoever owed it (CL3), once (`task::of_two_who_verify_at_once_one_wins`), with the reason in
//!   a sentence.

pub(crate) mod acts;
mod changes;
pub mod codes;
mod draft;
pub mod dto;
mod follow;
mod handlers;
mod invariants;
pub mod perm;
mod plan;
mod preview;
mod publish;
mod query;
mod rules;
mod sheet;
mod slices;
mod source;

pub use draft::create;
use follow::JOBS;
pub use follow::posts_changed;
pub use publish::publish;
pub use slices::Slices;
use source::TaskSource;

use invariants::INVARIANTS;

use crate::feature::{Feature, Tag};
use entity::kinds::{ChecklistKind, ChecklistState, Evidence, Frequency};

use crate::grid::PostsChanged;
use crate::task::Source;

/// What this room brings.
pub const FEATURE: Feature = Feature {
    tags: &[Tag {
        name: "checklist",
        zh: "清单",
        en: "Checklists, their versions and publication",
    }],
    routes,
    permissions: perm::ALL,
    codes: codes::ALL,
    acts: acts::ACTS,
    jobs: JOBS,
    hooks: |shared| {
        shared.add(PostsChanged(|tx, touched| Box::pin(posts_changed(tx, touched))));
        shared.add::<Box<dyn Source>>(Box::new(TaskSource));
    },
    words: &[
        ChecklistKind::VOCABULARY,
        ChecklistState::VOCABULARY,
        Frequency::VOCABULARY,
        Evidence::VOCABULARY,
    ],
    answers: codes::ANSWERS,
    invariants: INVARIANTS,
    changes: changes::CHANGES,
    sheets: sheet::SHEETS,
    ..Feature::of("checklist")
};

/// The routes of this feature.
pub fn routes(cfg: &mut utoipa_actix_web::service_config::ServiceConfig) {
    cfg.service(handlers::list_checklists)
        .service(handlers::create_checklist)
        .service(handlers::get_checklist)
        .service(handlers::save_draft)
        .service(handlers::preview_checklist)
        .service(handlers::publish_checklist);
}
