//! The words of an audit entry and the key that they were committed to with: what can be erased.

use sea_orm::entity::prelude::*;

use crate::ids::{AuditEntryId, TenantId};

/// The words of an audit entry and the key that they were committed to with: what can be erased.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_detail")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub entry_id: AuditEntryId,
    /// The random key of the commitment.
    pub secret: Vec<u8>,
    /// JSON, byte for byte as it was committed to.
    pub content: String,
    /// The first leaf's number of the batch it was sealed in; none while it waits to be sealed.
    pub batch: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!();
