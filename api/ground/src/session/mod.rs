//! Signing in and staying so.
//!
//! Rules:
//! - Township, user name and password open a session. A wrong one of the three answers the same, in the same time. Nobody is
//!   locked out: ten failures are free, then each waits twice as long as the one before, up to a quarter of an hour
//!   ([`crate::auth`], in `throttle.rs`).
//! - A session lives thirty days from its last use. Its refresh token is good once (`signin::every_theft_is_found`): each use gives a
//!   new one. The one
//!   before it, seen again within thirty seconds, gets the very same successor (it is a page opened twice, or an answer
//!   that got lost); seen later, it tells of a copy. So does every older one at any time: the session ends, and that is
//!   written in the log. What this server did not make ends nothing ([`family`]).
//! - An account has at most twenty sessions open (SE1); one more ends the one that was not used for longest.
//! - A session that ends, ends at once: see [`crate::auth`].
//! - Browsers keep the refresh token in an HttpOnly cookie of this host alone (`__Host-`), which no page can read; tried
//!   without TLS, in one that goes to the session paths only.
//! - A new password ends all other sessions of the account.
//! - What has ended is forgotten: not before thirty days, and at the latest two months after its last use.
//! - A sign-in leaves a second cookie in the device, by which it is known: see [`crate::auth`].

pub(crate) mod acts;
mod change_password;
mod changes;
pub mod codes;
pub mod dto;
mod end;
mod ended;
mod family;
mod handlers;
mod invariants;
mod pair;
mod query;
mod refresh;
mod sign_in;

use invariants::INVARIANTS;

use crate::feature::{Feature, Tag};
pub use end::end_all;
use ended::JOBS;
pub use family::Family;
use utoipa_actix_web::service_config::ServiceConfig;

/// Its routes.
pub fn routes(cfg: &mut ServiceConfig) {
    // `current` and `refresh` before the pattern that would take them for ids.
    cfg.service(handlers::sign_in)
        .service(handlers::refresh_session)
        .service(handlers::sign_out)
        .service(handlers::list_sessions)
        .service(handlers::end_session)
        .service(handlers::change_password);
}

/// What this room brings.
pub const FEATURE: Feature = Feature {
    tags: &[
        Tag { name: "public", zh: "未登录可用", en: "What needs no sign-in" },
        Tag { name: "session", zh: "登录", en: "Sessions, tokens, the caller" },
    ],
    routes,
    acts: acts::ACTS,
    jobs: JOBS,
    words: &[dto::REFRESH_IN],
    answers: codes::ANSWERS,
    invariants: INVARIANTS,
    changes: changes::CHANGES,
    ..Feature::of("session")
};
