//! A party organisation in the township's tree.

use sea_orm::entity::prelude::*;

use crate::ids::{PartyOrgId, TenantId};
use crate::kinds::PartyOrgKind;

/// A party organisation in the township's tree.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "party_org")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PartyOrgId,
    pub parent_id: Option<PartyOrgId>,
    pub kind: PartyOrgKind,
    /// Unique in the township.
    pub code: String,
    pub name: String,
    pub created_at: DateTimeUtc,
    /// Grows by one with every change; the ETag.
    pub version: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "Entity",
        from = "(Column::TenantId, Column::ParentId)",
        to = "(Column::TenantId, Column::Id)"
    )]
    Parent,
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(versioned);
