//! Bringing in what a township has in files: the roster from a workbook, grids from GeoJSON.
//!
//! - **All or nothing.** Every row is checked first; a single fault, and nothing is written. The answer names row, column,
//!   value and reason (the first 200), and the user's own workbook comes back with the faulty cells marked: corrected
//!   there, it can be sent again as it is.
//! - **Again is harmless.** People are recognised by their number, grids by their code: a row whose number is known changes that person
//!   ([`roster`]), and a number that stands twice in one file is a fault; what is as the file says counts as unchanged. Nothing is deleted by an import, and an empty optional cell leaves what is known.
//! - A **trial** (`dry_run`) says what would happen and changes nothing.
//! - The header is recognised as people write it: any order, extra columns, stars and blanks, a title above it. Party
//!   organisations and grids are named by code, or by name where only one has it.
//! - At most 5,000 rows and 5 MiB; and bounded in work as well (`crate::work`): one file at a time per township, stopped
//!   when the client goes. Of a workbook only the list of sheets, the shared strings and sheets are unpacked, at most
//!   48 MiB, 200,000 cells, 8 MiB of text, 200 sheets; a boundary is checked in n log n steps. What asks for more is
//!   refused in less than a second and before anything is written.
//! - Each import is recorded with its counts and its first faults.
//!
//! What a person, a grid or a post must be is said by the rooms `member` and `grid`; here it is only asked.

pub(crate) mod acts;
mod archive;
mod changes;
pub mod codes;
pub mod dto;
mod handlers;
pub mod roster;
pub mod service;
pub mod sheet;
mod workbook;

use crate::feature::Feature;
use entity::kinds::ImportKind;
use utoipa_actix_web::service_config::ServiceConfig;

/// What this room brings.
pub const FEATURE: Feature = Feature {
    routes,
    acts: acts::ACTS,
    words: &[ImportKind::VOCABULARY],
    answers: codes::ANSWERS,
    changes: changes::CHANGES,
    ..Feature::of("import")
};

/// Registers the feature's routes.
pub fn routes(cfg: &mut ServiceConfig) {
    // Words before ids.
    cfg.service(handlers::get_member_template)
        .service(handlers::import_members)
        .service(handlers::import_grids)
        .service(handlers::get_import)
        .service(handlers::get_import_marked_file);
}
