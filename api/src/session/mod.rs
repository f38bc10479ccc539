//! Signing in and staying so.
//!
//! Rules:
//! - Township, user name and password open a session. A wrong one of the three answers the same, in the same time.
//! - A session lives thirty days from its last use. Its refresh token is good once: each use gives a new one.
//!   The one before it, seen again more than thirty seconds later, tells of a stolen token and ends the session
//!   (within thirty seconds it is a page opened twice, or an answer that got lost).
//! - Browsers keep the refresh token in an HttpOnly cookie of this host alone (`__Host-`), which no page can read; tried
//!   without TLS, in one that goes to the session paths only.
//! - A new password ends all other sessions of the account.

pub(crate) mod acts;
pub mod dto;
mod handlers;
pub mod service;

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
