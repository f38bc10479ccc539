//! Counting a township again: whether what is kept still fits together, and whether what the rooms promise holds.
//!
//! - Every invariant that a room registers ([`crate::invariant`]) is looked at, with the audit log beside them, in one snapshot
//!   ([`verify()`]): that is `gezhi verify`, for the operator.
//! - A server that runs looks at what is new, in the nights in which a township is cleaned up ([`nightly`]): a township in which nobody
//!   worked costs nothing. Each row that breaks a promise is counted in `gezhi_invariant_broken_total`, by the promise's id, and
//!   named in the log of the server; nothing is mended by itself.

mod nightly;
mod whole;

pub use nightly::DAYS;
pub use whole::{Verified, verify};

use crate::feature::Feature;
use crate::jobs::CleaningNight;

/// What this room brings.
pub const FEATURE: Feature = Feature {
    jobs: nightly::JOBS,
    hooks: |shared| shared.add(CleaningNight(nightly::LOOK)),
    ..Feature::of("verify")
};
