//! What a purse earned in one quarter; the leaderboard reads it.

use sea_orm::entity::prelude::*;

use crate::ids::{Points, PurseId, TenantId};

/// What a purse earned in one quarter; the leaderboard reads it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purse_quarter")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub purse_id: PurseId,
    /// `2026Q4`, by the Beijing date.
    #[sea_orm(primary_key, auto_increment = false)]
    pub quarter: String,
    pub score: Points,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::purse::Entity",
        from = "(Column::TenantId, Column::PurseId)",
        to = "(super::purse::Column::TenantId, super::purse::Column::Id)"
    )]
    Purse,
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!();
