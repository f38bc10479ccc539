//! Working calendar 工作日历.
//!
//! - A **working day** is Monday to Friday, unless the yearly notice of the State Council makes it a holiday; and a
//!   Saturday or Sunday that the notice makes a day of work (调休上班).
//! - The notice for a year appears in the autumn before it. A year without a published notice is reckoned by weekends
//!   alone and says so (`official: false`): a deadline that falls there may move when the notice is out, so nothing is
//!   stored about such a day.
//! - The calendar is the same for every township; it is part of the program and changes with a new release.
//! - Days are days in Beijing.

pub mod dto;
pub mod handlers;
pub mod perm;
pub mod rules;

pub use rules::{Calendar, DayKind};

use crate::feature::{Feature, Tag};

/// What this room brings.
pub const FEATURE: Feature = Feature {
    tags: &[Tag { name: "calendar", zh: "工作日历", en: "The official working calendar" }],
    routes,
    permissions: perm::ALL,
    words: &[rules::DAY_KINDS],
    ..Feature::of("calendar")
};

/// The routes of this feature.
pub fn routes(cfg: &mut utoipa_actix_web::service_config::ServiceConfig) {
    cfg.service(handlers::list_days);
}
