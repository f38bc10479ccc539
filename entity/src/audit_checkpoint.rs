//! A signed head of the township's audit tree. Append-only.

use sea_orm::entity::prelude::*;

use crate::ids::TenantId;

/// A signed head of the township's audit tree. Append-only.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_checkpoint")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// How many leaves the tree had.
    #[sea_orm(primary_key, auto_increment = false)]
    pub size: i64,
    /// The roots of its perfect subtrees, the largest first, 32 bytes each: what it takes to go on.
    pub peaks: Vec<u8>,
    pub at: DateTimeUtc,
    /// The checkpoint in the form of C2SP's signed note.
    pub note: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!();
