//! An area of the township.

use sea_orm::entity::prelude::*;

use crate::ids::{GridId, TenantId};
use crate::kinds::GridKind;

/// An area of the township.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grid")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: GridId,
    pub parent_id: Option<GridId>,
    /// The ids from the top down to its own, each as 32 digits and a stroke: what lies beneath begins with it.
    pub path: String,
    /// Unique in the township.
    pub code: String,
    pub name: String,
    pub kind: GridKind,
    /// GeoJSON geometry.
    pub boundary: String,
    /// Micro-degrees (10⁻⁶ °), east positive.
    pub centre_lng: i32,
    /// Micro-degrees (10⁻⁶ °), north positive.
    pub centre_lat: i32,
    /// Square metres.
    pub area_m2: i64,
    pub created_at: DateTimeUtc,
    /// Grows by one with every change; the ETag.
    pub version: i32,
    /// When it was last written; only `tenancy` sets it.
    pub changed_at: DateTimeUtc,
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
