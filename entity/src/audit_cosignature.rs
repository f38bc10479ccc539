//! A signature that another key added to a checkpoint. Append-only.

use sea_orm::entity::prelude::*;

use crate::ids::TenantId;

/// A signature that another key added to a checkpoint. Append-only.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_cosignature")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// The checkpoint's size.
    #[sea_orm(primary_key, auto_increment = false)]
    pub size: i64,
    /// The name of the key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The signature line of the note.
    pub line: String,
    pub at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!();
