//! Counting a township again: whether what is kept still fits together, and whether what the rooms promise holds.
//!
//! - Every invariant that a room registers ([`crate::invariant`]) is looked at, with the audit log beside them, in one snapshot
//!   ([`verify()`]): that is `gezhi verify`, for the operator.
//! - A server that runs looks at what has happened in the last days, in the nights in which a township is cleaned up ([`nightly`]): a
//!   township in which nobody worked costs nothing. What bounds a look is what happened, not when the row was made: a task of months
//!   ago that was verified today is among it (`promises::a_night_sees_what_became_of_old_rows`). What is small is looked at whole.
//! - A look goes promise by promise, in slices: where a server died, or a promise could not be asked, it goes on there, and does not
//!   begin anew (`promises::a_night_goes_on_where_it_was`).
//! - Of each promise the first twenty rows that break it are named, and whether there are more; by night they are counted in
//!   `gezhi_invariant_broken_total`, by the promise's id, and named in the log of the server, by their ids alone. Nothing is mended by
//!   itself.

mod nightly;
mod whole;

pub use nightly::{AT_ONCE, DAYS};
pub use whole::{Verified, verify};

use crate::feature::Feature;
use crate::jobs::CleaningNight;

/// What this room brings.
pub const FEATURE: Feature = Feature {
    jobs: nightly::JOBS,
    hooks: |shared| shared.add(CleaningNight(nightly::LOOK)),
    ..Feature::of("verify")
};
