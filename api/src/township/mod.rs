//! The township itself: founding it, its directory entry, and what the sign-in page may know before anybody
//! has signed in.
//!
//! Rules:
//! - The first administrator comes in by a one-time token that the server prints at its first start and writes into a
//!   file that its owner alone can read. It is good for a day; where none was used by then, the next start makes
//!   another. There is no default password anywhere.
//! - A township is named by its nine-digit code of the national statistical divisions; its name is looked up,
//!   not typed.
//! - The township the sign-in page starts with comes from the configuration alone: the page does not list who
//!   else is served here.

pub(crate) mod acts;
mod changes;
pub mod codes;
pub mod divisions;
pub mod dto;
mod handlers;
pub mod perm;
pub mod service;

use crate::feature::{Feature, Tag};
use utoipa_actix_web::service_config::ServiceConfig;

/// Its routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(handlers::get_site).service(handlers::set_up).service(handlers::get_township);
}

/// What this room brings.
pub const FEATURE: Feature = Feature {
    tags: &[Tag { name: "township", zh: "本镇街", en: "The township itself" }],
    routes,
    permissions: perm::ALL,
    codes: codes::ALL,
    acts: acts::ACTS,
    answers: codes::ANSWERS,
    changes: changes::CHANGES,
    ..Feature::of("township")
};
