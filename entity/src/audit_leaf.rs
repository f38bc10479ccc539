//! The place of an audit entry in the township's tree. Append-only; stays when the entry is purged.

use sea_orm::entity::prelude::*;

use crate::ids::{AuditEntryId, TenantId};

/// The place of an audit entry in the township's tree. Append-only; stays when the entry is purged.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_leaf")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Counted from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    pub entry_id: AuditEntryId,
    /// SHA-256 of 0x00 and the entry (RFC 6962).
    pub hash: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!();
