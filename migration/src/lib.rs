//! Gezhi's schema history: append-only, each step in a transaction, the same on SQLite and PostgreSQL.

#![expect(
    clippy::disallowed_methods,
    reason = "the schema is made by its owner, before and beneath every township"
)]
#![warn(missing_docs, unreachable_pub)]

mod ddl;
pub mod distribution;
mod m20261122_000001_ground;
mod m20261122_000002_people;
mod m20261122_000003_duties;
mod m20261122_000004_points;
mod m20261122_000005_lists;
mod m20261126_000006_photos_of_account;
mod m20261126_000007_sessions;
mod m20261126_000011_audit;
mod m20261126_000012_probe;
mod m20261126_000014_fingerprints;
mod m20261126_000016_roles;
mod m20261126_000017_jobs;
mod m20261126_000018_ledger;
mod m20261127_000019_subtrees;
mod m20261127_000020_notices;
mod m20261127_000021_undone;
mod m20261127_000022_changed;
#[cfg(test)]
mod tests;
mod walls;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;
pub use walls::{KEY, raise_walls};

/// The tables whose rows belong to one township, parents before children.
pub const TENANT_TABLES: &[&str] = &[
    "party_org",
    "member",
    "account",
    "account_role",
    "session",
    "idempotency_key",
    "grid",
    "grid_post",
    "import",
    "attachment",
    "checklist",
    "checklist_version",
    "checklist_item",
    "task",
    "task_log",
    "task_submission",
    "submission_attachment",
    "activity",
    "activity_signup",
    "check_in",
    "points_rule",
    "purse",
    "posting",
    "points_entry",
    "purse_quarter",
    "audit_entry",
    "audit_detail",
    "audit_leaf",
    "audit_checkpoint",
    "audit_cosignature",
    "audit_purge",
    "recovery_token",
    "job",
    "notice",
    "notice_role",
    "notice_receipt",
];

/// The tenant tables whose rows are never changed or removed.
pub const APPEND_ONLY_TABLES: &[&str] = &[
    "posting",
    "points_entry",
    "audit_entry",
    "audit_leaf",
    "audit_checkpoint",
    "audit_cosignature",
    "audit_purge",
];

/// All steps of the schema's history. Schema changes are new steps at the end; released ones stay as they are.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_ground::Migration),
            Box::new(m20261122_000002_people::Migration),
            Box::new(m20261122_000003_duties::Migration),
            Box::new(m20261122_000004_points::Migration),
            Box::new(m20261122_000005_lists::Migration),
            Box::new(m20261126_000006_photos_of_account::Migration),
            Box::new(m20261126_000007_sessions::Migration),
            Box::new(m20261126_000011_audit::Migration),
            Box::new(m20261126_000012_probe::Migration),
            Box::new(m20261126_000014_fingerprints::Migration),
            Box::new(m20261126_000016_roles::Migration),
            Box::new(m20261126_000017_jobs::Migration),
            Box::new(m20261126_000018_ledger::Migration),
            Box::new(m20261127_000019_subtrees::Migration),
            Box::new(m20261127_000020_notices::Migration),
            Box::new(m20261127_000021_undone::Migration),
            Box::new(m20261127_000022_changed::Migration),
        ]
    }
}

/// The answer of every step to `down`.
fn no_way_back() -> DbErr {
    DbErr::Migration(
        "the schema's history is append-only: restore a backup, or add a step that changes it"
            .to_owned(),
    )
}

/// The names of all steps, oldest first, as they stand in `seaql_migrations`.
#[must_use]
pub fn versions() -> Vec<String> {
    Migrator::migrations().iter().map(|step| step.name().to_owned()).collect()
}
