//! Accounts: logins of a township, each linked to at most one member.
//!
//! Rules:
//! - Accounts are the administrator's; nobody with access to the business manages them, and the administrator has none.
//! - An account is linked to a person of the roster, whose name and number are then known and not typed again; the
//!   administrator is shown name and number of people without an account, and nothing else of them.
//! - User names are lower case, unique in the township.
//! - Disabling an account, changing its roles or its password ends what it holds: its tokens are forgotten at
//!   once, its sessions end (except for a mere change of roles or name, which leaves the sessions).
//! - The last administrator who is not disabled stays one (`update.rs`, AN1), however many change accounts at the same moment: a township cannot
//!   lock itself out. Where it did by forgetting, the operator makes a one-time token (`gezhi admin restore-administrator`), good
//!   for a day, by which an administrator is made or gets a new password.
//! - Nobody holds roles of two spheres (三员分立): the administrator does no business and the auditor neither, by this rule and by
//!   the database's own.
//! - A password is not one that is guessed soon (`auth::strength`). One that somebody else chose is changed by its owner before
//!   anything else is done with the account.

pub(crate) mod acts;
mod changes;
pub mod codes;
mod create;
pub mod dto;
mod handlers;
mod invariants;
pub mod perm;
mod query;
mod recovery;
mod rules;
mod sheet;
mod update;

pub use create::insert;
pub use recovery::new_recovery_token;

use invariants::INVARIANTS;

use crate::feature::{Feature, Tag};
use entity::kinds::Role;
use utoipa_actix_web::service_config::ServiceConfig;

/// Its routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(handlers::list_roles)
        .service(handlers::list_accounts)
        .service(handlers::create_account)
        .service(handlers::list_candidates)
        .service(handlers::get_account)
        .service(handlers::update_account)
        .service(handlers::get_me)
        .service(handlers::restore_administrator);
}

/// What this room brings.
pub const FEATURE: Feature = Feature {
    tags: &[Tag { name: "account", zh: "账号与角色", en: "Accounts and roles" }],
    routes,
    permissions: perm::ALL,
    codes: codes::ALL,
    acts: acts::ACTS,
    words: &[Role::VOCABULARY],
    answers: codes::ANSWERS,
    invariants: INVARIANTS,
    changes: changes::CHANGES,
    sheets: sheet::SHEETS,
    ..Feature::of("account")
};
