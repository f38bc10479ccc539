//! Points 积分: one ledger for everybody who serves.
//!
//! - The ledger is **double-entry and append-only**. A posting has two entries that sum to zero (PT1): the holder's purse
//!   gets what the township's issue purse (发放账户) gives. Nothing in it is ever changed; a correction is a posting of
//!   its own.
//! - Everything that earns points is a **source**: a check-in, a verified task. A source posts **once** under a rule, however often
//!   its request is repeated (`points::a_source_posts_once`).
//! - **Balance** and **quarter score** are kept beside the ledger and moved in the transaction of the posting, so that reading them
//!   costs the same after ten years. Counted again from the entries both are the same (PT2, PT3), and the balances noted beside the
//!   entries lead from zero to the balance (PT4).
//! - Each posting says in one Chinese sentence, with its facts, why it is what it is.
//! - Usual rule of the townships, and the one a new township starts with: 1 hour of service = 1 point, at most
//!   2 points an activity, counted by the minute and rounded down to 0.01; a checklist item gives the points that it
//!   names. What is worth nothing is not posted.
//! - The **leaderboard** ranks the scores of one quarter (Beijing time). Equal scores share a rank.
//! - Everyone reads their own purse; the purses of others need `points.read_all`. Points are for service: nobody without an act of
//!   service has a purse (PT5), and no score of residents is kept.

mod changes;
pub mod codes;
pub mod dto;
mod engine;
mod entries;
mod handlers;
mod invariants;
pub mod perm;
mod query;
pub mod rules;
mod sheet;
mod standing;

pub use engine::{Post, RuleHistory, post, posted, rule_history};
pub use standing::ensure_standing_data;

use invariants::INVARIANTS;

use crate::feature::{Feature, Tag};
use crate::township::service::StandingData;
use entity::kinds::{PostingSourceKind, RulePer};

/// What this room brings.
pub const FEATURE: Feature = Feature {
    tags: &[Tag { name: "points", zh: "积分", en: "The ledger, purses, ranking" }],
    routes,
    permissions: perm::ALL,
    hooks: |shared| shared.add(StandingData(|tx| Box::pin(ensure_standing_data(tx)))),
    words: &[RulePer::VOCABULARY, PostingSourceKind::VOCABULARY],
    answers: codes::ANSWERS,
    invariants: INVARIANTS,
    changes: changes::CHANGES,
    sheets: sheet::SHEETS,
    ..Feature::of("points")
};

/// The routes of this feature.
pub fn routes(cfg: &mut utoipa_actix_web::service_config::ServiceConfig) {
    cfg.service(handlers::get_my_purse)
        .service(handlers::list_points_entries)
        .service(handlers::list_points_rules)
        .service(handlers::get_leaderboard);
}
