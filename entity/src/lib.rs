//! Gezhi's tables, one entity each, without logic. Types and constraints of the columns are made by the `migration` crate.
//!
//! Every tenant table has `(tenant_id, …)` as its primary key, and its relations carry the tenant along, so that a join
//! cannot leave the township.

#![warn(unreachable_pub)]

pub mod account;
pub mod account_role;
pub mod activity;
pub mod activity_signup;
pub mod attachment;
pub mod audit_checkpoint;
pub mod audit_cosignature;
pub mod audit_detail;
pub mod audit_entry;
pub mod audit_leaf;
pub mod audit_purge;
pub mod bell;
pub mod check_in;
pub mod checklist;
pub mod checklist_item;
pub mod checklist_version;
pub mod clock_policy;
pub mod evidence;
pub mod grid;
pub mod grid_post;
pub mod idempotency_key;
pub mod ids;
pub mod import;
pub mod job;
pub mod kinds;
pub mod member;
pub mod notice;
pub mod notice_receipt;
pub mod notice_role;
pub mod party_org;
pub mod points_entry;
pub mod points_rule;
pub mod posting;
pub mod probe;
pub mod purse;
pub mod purse_quarter;
pub mod recovery_token;
pub mod revocation;
pub mod session;
pub mod setup_token;
pub mod submission_attachment;
pub mod task;
pub mod task_log;
pub mod task_submission;
pub mod tenant;

use sea_orm::{EntityTrait, IdenStatic, Iterable};

/// A table whose rows belong to one township. `tenant`, `setup_token`, `probe`,
/// `revocation` and `bell` are none.
pub trait TenantEntity: EntityTrait {
    /// The column that names the township.
    fn tenant_column() -> Self::Column;

    /// The column that says when a row was last written, of a table that has one. It is found by its name, so that no table that has
    /// it can be left out.
    #[must_use]
    fn changed_column() -> Option<Self::Column> {
        Self::Column::iter().find(|column| column.as_str() == "changed_at")
    }
}

/// A tenant table whose primary key is `(tenant_id, id)`.
pub trait KeyedEntity: TenantEntity {
    /// The column of the row's own id.
    fn id_column() -> Self::Column;
}

/// A tenant table whose rows carry the `version` that an `If-Match` is compared with.
pub trait VersionedEntity: KeyedEntity {
    /// The column of the version, an `i32` counting from 1.
    fn version_column() -> Self::Column;
    /// The version of a row.
    fn version(model: &Self::Model) -> i32;
}

/// Declares the entity of the calling module as a tenant table: alone, `keyed`, or `versioned` (which is keyed too).
macro_rules! tenant_entity {
    () => {
        impl crate::TenantEntity for Entity {
            fn tenant_column() -> Column {
                Column::TenantId
            }
        }
    };
    (keyed) => {
        crate::tenant_entity!();

        impl crate::KeyedEntity for Entity {
            fn id_column() -> Column {
                Column::Id
            }
        }
    };
    (versioned) => {
        crate::tenant_entity!(keyed);

        impl crate::VersionedEntity for Entity {
            fn version_column() -> Column {
                Column::Version
            }

            fn version(model: &Model) -> i32 {
                model.version
            }
        }
    };
}
pub(crate) use tenant_entity;
