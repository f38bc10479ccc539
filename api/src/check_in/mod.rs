//! Check-in 签到: proof of having been there, from which the points follow.
//!
//! - The steward's screen shows a **QR picture that changes every 30 seconds**; it is a plain link, so any phone's
//!   camera opens it. The current code and the two before it pass (see [`code`]).
//! - A code is good for the township, the activity and the minute it was made for. A code of another township is
//!   answered like a forged one; an expired code says that it has expired.
//! - Check-in is open from 30 minutes before the start to the end. Whoever comes without having signed up gets a
//!   place on the spot if one is free. Checking in twice is the same as once.
//! - **Check-out** closes the time: full minutes between start and end of the activity, from which the points are
//!   posted in the same transaction, once. It stays open until 12 hours after the end, for those who forgot; the time
//!   after the end does not count.
//! - Everything happens under a lock of the activity's row.

pub mod code;
pub mod codes;
pub mod dto;
pub mod handlers;
pub mod service;

use crate::feature::Feature;

/// What this room brings.
pub const FEATURE: Feature = Feature {
    routes,
    codes: codes::ALL,
    words: &[dto::CODE_ACTIONS],
    answers: codes::ANSWERS,
    ..Feature::of("check_in")
};

/// The routes of this feature.
pub fn routes(cfg: &mut utoipa_actix_web::service_config::ServiceConfig) {
    cfg.service(handlers::get_check_in_code)
        .service(handlers::read_check_in_code)
        .service(handlers::check_in)
        .service(handlers::check_out)
        .service(handlers::list_check_ins);
}
