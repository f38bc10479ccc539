//! Activities 活动: dated service that people sign up for, with a capacity and a waiting list.
//!
//! - An activity has a time, a place, perhaps a grid, perhaps a capacity, perhaps a **steward** (签到管理人): the
//!   person who shows the check-in code and sees who came.
//! - It is *upcoming*, *running* and *ended* by its times alone; nothing moves it on. It may be *cancelled*, with a
//!   reason, as long as nobody has checked in (AC2): time that was served is not called off.
//! - **Sign-up** is open until the end. With no place free one goes on the **waiting list**. A place that becomes free
//!   (somebody withdraws, the capacity grows) goes to whoever has waited longest, at once and in the same transaction,
//!   so that nobody waits while a place is free (AC1). Signing up twice is the same as once (`activity::the_last_places_are_given_once`).
//! - A smaller capacity takes nobody's place away; it stops new ones.
//! - Whoever has checked in cannot withdraw.
//! - Places are given out under a lock of the activity's row: however many sign up at the same moment, no place is
//!   given twice and none is lost.
//! - Who was there is not kept here: an activity is an occasion of `presence`, which asks it for a place for those who come
//!   and tells it how long they stayed; when one may check in, and who completes it for another, stands there. Whoever comes without having signed up gets a place on the spot if one is free; the minutes
//!   become points by the rule in force on the day of the start.
//! - Before the start everything may be changed; while it runs all but the start; after the end nothing: the points
//!   that were earned rest on the times as they were.

mod acts;
mod cancel;
mod changes;
pub mod codes;
mod create;
pub mod dto;
mod handlers;
mod invariants;
mod may;
mod occasion;
mod participants;
pub mod perm;
mod places;
mod query;
mod row;
mod rules;
mod sheet;
mod sign_up;
mod update;
mod withdraw;

pub use cancel::cancel;
pub use create::create;
pub use handlers::routes;
pub use participants::participants;
pub use query::{get, list};
pub use sign_up::sign_up;
pub use update::update;
pub use withdraw::withdraw;

use invariants::INVARIANTS;

use crate::feature::{Feature, Tag};
use crate::presence::Occasions;
use entity::kinds::SignupState;

/// What this room brings.
pub const FEATURE: Feature = Feature {
    tags: &[Tag { name: "activity", zh: "活动", en: "Activities and sign-up" }],
    routes,
    permissions: perm::ALL,
    codes: codes::ALL,
    acts: acts::ACTS,
    hooks: |shared| shared.add::<Box<dyn Occasions>>(Box::new(occasion::Activities)),
    words: &[SignupState::VOCABULARY, dto::PHASES, dto::SIGNUPS],
    answers: codes::ANSWERS,
    invariants: INVARIANTS,
    changes: changes::CHANGES,
    sheets: sheet::SHEETS,
    ..Feature::of("activity")
};
