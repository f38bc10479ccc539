//! A dated piece of service that people sign up for and check in to.

use sea_orm::entity::prelude::*;

use crate::ids::{ActivityId, GridId, MemberId, TenantId};

/// A dated piece of service that people sign up for and check in to.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "activity")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ActivityId,
    pub title: String,
    pub description: String,
    pub grid_id: Option<GridId>,
    pub place: String,
    pub starts_at: DateTimeUtc,
    pub ends_at: DateTimeUtc,
    /// Seats; none: unlimited.
    pub capacity: Option<i32>,
    pub steward_id: Option<MemberId>,
    pub cancelled_at: Option<DateTimeUtc>,
    pub cancel_reason: Option<String>,
    /// 32 random bytes that the rotating check-in codes are made from.
    pub code_secret: Vec<u8>,
    pub created_at: DateTimeUtc,
    /// Grows by one with every change; the ETag.
    pub version: i32,
    /// When it was last written; only `tenancy` sets it.
    pub changed_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::grid::Entity",
        from = "(Column::TenantId, Column::GridId)",
        to = "(super::grid::Column::TenantId, super::grid::Column::Id)"
    )]
    Grid,
    #[sea_orm(
        belongs_to = "super::member::Entity",
        from = "(Column::TenantId, Column::StewardId)",
        to = "(super::member::Column::TenantId, super::member::Column::Id)"
    )]
    Steward,
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(versioned);
