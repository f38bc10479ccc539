//! Presence 签到: proof of having been somewhere at some time, whatever it was for.
//!
//! - What people are present at is an **occasion** ([`Occasion`]): it has a start, an end, a place, and somebody who looks after it. Its
//!   kind is brought by a feature above ([`Occasions`]), which gives places to those who come and posts what their time was worth,
//!   in the same transaction. This room does not know what an occasion is for.
//! - The steward's screen shows a **QR picture that changes every 30 seconds**; it is a plain link, so any phone's
//!   camera opens it. The current code and the two before it pass (see [`code`]).
//! - A code is good for the township, the occasion and the minute it was made for; its first letter tells the kind. A code of another
//!   township is answered like a forged one; an expired code says that it has expired.
//! - Check-in is open from 30 minutes before the start to the end ([`rules::Window`]), for whom the occasion admits ([`may`]). Checking in twice is the same as once
//!   (`presence::a_crowd_comes_and_goes`).
//! - **Check-out** closes the time: full minutes between start and end of the occasion, told to it once
//!   (`together::a_check_in_is_closed_once`). What is closed is closed whole (PR1). It stays open until 12 hours
//!   after the end, for those who forgot; the time after the end does not count.
//! - Who forgot altogether is helped by the steward or the office: they **complete** (补办) the check-in, with the moment of leaving and
//!   the reason, from the start to 30 days after the end. Never one's own, never one that is closed
//!   (`presence::nobody_completes_their_own`, `presence::a_completion_has_its_bounds`). Who did it and why stand in the
//!   check-in and in the audit log; the points are those of the moment given, and count for its quarter.
//! - Everything happens under a lock of the occasion's row.

mod acts;
mod changes;
mod check_in;
pub mod code;
pub mod codes;
pub mod dto;
mod handlers;
mod invariants;
mod leave;
mod list;
pub mod may;
mod occasion;
pub mod perm;
mod row;
pub mod rules;
mod scan;
mod sheet;

pub use check_in::check_in;
pub use handlers::routes;
pub use leave::{check_out, complete};
pub use list::{list, read};
pub use occasion::{About, Lock, Occasion, Occasions, Stay, check};
pub use row::{changed_since, check_ins, counts, has_come};
pub use scan::{origin, show};

use invariants::INVARIANTS;

use crate::feature::{Feature, Tag};

/// What this room brings.
pub const FEATURE: Feature = Feature {
    tags: &[Tag { name: "presence", zh: "签到", en: "Check-in, check-out, who was there" }],
    routes,
    permissions: perm::ALL,
    codes: codes::ALL,
    acts: acts::ACTS,
    words: &[dto::CODE_ACTIONS],
    answers: codes::ANSWERS,
    invariants: INVARIANTS,
    changes: changes::CHANGES,
    sheets: sheet::SHEETS,
    ..Feature::of("presence")
};
