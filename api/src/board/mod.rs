//! The home page 今日: what needs a decision now.
//!
//! - It only reads, across all features, and nothing is stored for it: every number is counted when asked for and opens
//!   the records behind it.
//! - The office sees the township; a grid head sees the tasks that he sees elsewhere, and the vacancies of the grids
//!   beneath him. Activities are everybody's.
//! - Late are open and returned tasks past their deadline and submitted ones that came after it; due today are open and
//!   returned ones whose deadline falls on this day in Beijing (`task::rules::late`).

mod changes;
pub mod dto;
pub mod handlers;
pub mod perm;
pub mod rules;
pub mod service;

use crate::feature::{Feature, Tag};

/// What this room brings.
pub const FEATURE: Feature = Feature {
    tags: &[Tag { name: "home", zh: "今日", en: "What needs a decision today" }],
    routes,
    permissions: perm::ALL,
    changes: changes::CHANGES,
    ..Feature::of("board")
};

/// The routes of this feature.
pub fn routes(cfg: &mut utoipa_actix_web::service_config::ServiceConfig) {
    cfg.service(handlers::get_home);
}
