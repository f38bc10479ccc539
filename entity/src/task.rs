//! One obligation: who owes what, where, by when, proved by what.

use sea_orm::entity::prelude::*;

use crate::ids::{GridId, MemberId, Points, TaskId, TenantId};
use crate::kinds::{Evidence, PostKind, TaskSourceKind, TaskState};

/// One obligation: who owes what, where, by when, proved by what.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "task")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaskId,
    pub source_kind: TaskSourceKind,
    /// The item of the source that this task arose from; no foreign key, since sources differ.
    pub source_id: Uuid,
    /// The list (checklist) the item belongs to; no foreign key, as above.
    pub list_id: Uuid,
    /// As it was when the task arose.
    pub list_title: String,
    /// Version of the list the task arose from.
    pub list_number: i32,
    /// `2026-11`, `2026-W47`, `2026Q4` or `once`.
    pub period: String,
    pub title: String,
    pub grid_id: GridId,
    /// Who owes it.
    pub member_id: MemberId,
    pub role: PostKind,
    pub evidence: Evidence,
    pub points: Points,
    pub limit_working_days: i32,
    pub state: TaskState,
    pub opened_at: DateTimeUtc,
    /// It fell due to be opened while the server stood still.
    pub opened_late: bool,
    pub due_at: DateTimeUtc,
    pub submitted_at: Option<DateTimeUtc>,
    pub closed_at: Option<DateTimeUtc>,
    /// Grows by one with every change; the ETag.
    pub version: i32,
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

impl Related<super::grid::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Grid.def()
    }
}

impl Related<super::member::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Member.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(versioned);
