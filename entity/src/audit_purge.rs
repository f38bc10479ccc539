//! Up to where old audit entries were removed. Append-only.

use sea_orm::entity::prelude::*;

use crate::ids::TenantId;

/// Up to where old audit entries were removed. Append-only.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_purge")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// The first leaf whose entry was kept.
    #[sea_orm(primary_key, auto_increment = false)]
    pub upto: i64,
    /// The checkpoint that closes what was removed.
    pub checkpoint_size: i64,
    pub at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!();
