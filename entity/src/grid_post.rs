//! A role in a grid, held by a person for a term.

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

use crate::ids::{GridId, GridPostId, MemberId, TenantId};
use crate::kinds::PostKind;

/// A role in a grid, held by a person for a term.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grid_post")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: GridPostId,
    pub grid_id: GridId,
    pub member_id: MemberId,
    pub kind: PostKind,
    /// First day of the term.
    pub since: NaiveDate,
    /// The day from which the post is free, so that a successor can begin on it; none while no end is set.
    pub until: Option<NaiveDate>,
    pub created_at: DateTimeUtc,
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
        from = "(Column::TenantId, Column::MemberId)",
        to = "(super::member::Column::TenantId, super::member::Column::Id)"
    )]
    Member,
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(keyed);
