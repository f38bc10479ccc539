//! People and the party organisations they belong to.
//!
//! - A **member** (人员) is a person on the township's roster, known by a number (编号) that is unique there. People are
//!   not deleted: what they did stays theirs.
//! - A phone number is a mainland mobile number, kept as eleven digits. Only those who manage people see it whole;
//!   everybody else sees `138****5678`.
//! - People are found by the beginning of their name, of its pinyin initials or of their number, or by the last four
//!   digits of the phone: all of them stored keys (MB2), so that an index answers.
//! - **Party organisations** (党组织) form a tree: 党工委, 党委, 党总支, 党支部, 党小组, 党员中心户. None belongs to one of a
//!   lower level or, over any number of steps, to itself (MB1). Levels may be skipped. The number of people counts everything
//!   beneath, and filtering by an organisation means the same people.
//! - Changing needs the version that was seen (`If-Match`); a field left out stays, `null` clears.
//!
//! The roster is brought in from a workbook by the room `import`.

pub(crate) mod acts;
mod changes;
pub mod codes;
mod create;
mod create_org;
pub mod dto;
mod engine;
mod handlers;
mod held;
mod invariants;
mod org_query;
pub mod path;
pub mod perm;
mod query;
pub mod rules;
mod sheet;
pub mod tree;
mod update;
mod update_org;

pub use create::create;
pub use create_org::create_party_org;
pub use engine::{
    KnownMember, NewMember, by_number, create_many, lock_by_number, names, org_names, update_many,
};
pub use held::{held_on, posts_changed_since};
pub use query::search;

use invariants::INVARIANTS;

use crate::feature::{Feature, Tag};
use entity::kinds::{MemberCategory, PartyOrgKind};
use utoipa_actix_web::service_config::ServiceConfig;

/// What this room brings.
pub const FEATURE: Feature = Feature {
    tags: &[Tag {
        name: "member",
        zh: "人员与党组织",
        en: "People, party organisations, the roster's import",
    }],
    routes,
    permissions: perm::ALL,
    acts: acts::ACTS,
    words: &[PartyOrgKind::VOCABULARY, MemberCategory::VOCABULARY],
    answers: codes::ANSWERS,
    invariants: INVARIANTS,
    changes: changes::CHANGES,
    sheets: sheet::SHEETS,
    ..Feature::of("member")
};

/// Registers the feature's routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(handlers::list_party_orgs)
        .service(handlers::create_party_org)
        .service(handlers::get_party_org)
        .service(handlers::update_party_org)
        .service(handlers::list_members)
        .service(handlers::create_member)
        .service(handlers::get_member)
        .service(handlers::update_member);
}
