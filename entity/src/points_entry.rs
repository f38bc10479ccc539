//! One line of a posting; the lines of a posting sum to zero. Append-only.

use sea_orm::entity::prelude::*;

use crate::ids::{Points, PointsEntryId, PostingId, PurseId, TenantId};

/// One line of a posting; the lines of a posting sum to zero. Append-only.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "points_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PointsEntryId,
    pub posting_id: PostingId,
    pub purse_id: PurseId,
    pub amount: Points,
    /// None for the issue purse, whose balance is not maintained.
    pub balance_after: Option<Points>,
    pub at: DateTimeUtc,
    /// When it was last written; only `tenancy` sets it.
    pub changed_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::posting::Entity",
        from = "(Column::TenantId, Column::PostingId)",
        to = "(super::posting::Column::TenantId, super::posting::Column::Id)"
    )]
    Posting,
    #[sea_orm(
        belongs_to = "super::purse::Entity",
        from = "(Column::TenantId, Column::PurseId)",
        to = "(super::purse::Column::TenantId, super::purse::Column::Id)"
    )]
    Purse,
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(keyed);
