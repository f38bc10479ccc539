//! Activities 活动: dated service that people sign up for, with a capacity and a waiting list.
//!
//! - An activity has a time, a place, perhaps a grid, perhaps a capacity, perhaps a **steward** (签到管理人): the
//!   person who shows the check-in code and sees who came.
//! - It is *upcoming*, *running* and *ended* by its times alone; nothing moves it on. It may be *cancelled*, with a
//!   reason, as long as nobody has checked in: time that was served is not called off.
//! - **Sign-up** is open until the end. With no place free one goes on the **waiting list**. A place that becomes free
//!   (somebody withdraws, the capacity grows) goes to whoever has waited longest, at once and in the same transaction,
//!   so that nobody waits while a place is free. Signing up twice is the same as once.
//! - A smaller capacity takes nobody's place away; it stops new ones.
//! - Whoever has checked in cannot withdraw.
//! - Places are given out under a lock of the activity's row: however many sign up at the same moment, no place is
//!   given twice and none is lost.
//! - Before the start everything may be changed; while it runs all but the start; after the end nothing: the points
//!   that were earned rest on the times as they were.

pub(crate) mod acts;
pub mod codes;
pub mod dto;
pub mod handlers;
pub mod perm;
pub mod rules;
pub mod service;

use crate::feature::{Feature, Tag};
use entity::kinds::SignupState;

/// What this room brings.
pub const FEATURE: Feature = Feature {
    tags: &[Tag { name: "activity", zh: "活动与签到", en: "Activities, sign-up, check-in" }],
    routes,
    permissions: perm::ALL,
    codes: codes::ALL,
    acts: acts::ACTS,
    words: &[SignupState::VOCABULARY, dto::PHASES, dto::SIGNUPS],
    answers: codes::ANSWERS,
    ..Feature::of("activity")
};

/// The routes of this feature.
pub fn routes(cfg: &mut utoipa_actix_web::service_config::ServiceConfig) {
    cfg.service(handlers::list_activities)
        .service(handlers::create_activity)
        .service(handlers::get_activity)
        .service(handlers::update_activity)
        .service(handlers::cancel_activity)
        .service(handlers::sign_up)
        .service(handlers::withdraw)
        .service(handlers::list_participants);
}
