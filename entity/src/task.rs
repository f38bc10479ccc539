//! One obligation: who owes what, where, by when, proved by what.

use sea_orm::entity::prelude::*;

use crate::clock_policy::ClockPolicy;
use crate::evidence::Requirements;
use crate::ids::{GridId, MemberId, PartyOrgId, Points, TaskId, TenantId};
use crate::kinds::{AssigneeKind, PostKind, TaskState};

/// One obligation: who owes what, where, by when, proved by what.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "task")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaskId,
    /// The kind of thing the task arose from, as its source registered it.
    pub source_kind: String,
    /// The thing the task arose from; no foreign key, since sources differ.
    pub source_id: Uuid,
    /// Its title when the task arose.
    pub source_title: String,
    /// What of the thing asks for this: the same through all its versions and periods.
    pub source_item_id: Uuid,
    /// What the source keeps with the task, in its own JSON.
    pub source_detail: String,
    /// `2026-11`, `2026-W47`, `2026Q4` or `once`.
    pub period: String,
    pub title: String,
    /// Where; some things are owed nowhere in particular.
    pub grid_id: Option<GridId>,
    pub assignee_kind: AssigneeKind,
    /// The person, the post in its grid, or the organisation.
    pub assignee_id: Uuid,
    /// The person who owes it. Of a post or an organisation: who did it last, or has accepted it.
    pub member_id: Option<MemberId>,
    /// The post that owes it; of a person the post in which it is owed, if any.
    pub post: Option<PostKind>,
    /// The organisation that owes it.
    pub party_org_id: Option<PartyOrgId>,
    /// What makes it the same obligation: source, item, period, grid and assignee.
    pub obligation_id: Uuid,
    pub evidence: Requirements,
    pub points: Points,
    pub clock_policy: ClockPolicy,
    pub state: TaskState,
    pub opened_at: DateTimeUtc,
    /// It fell due to be opened while the server stood still.
    pub opened_late: bool,
    pub due_at: DateTimeUtc,
    pub accepted_at: Option<DateTimeUtc>,
    pub submitted_at: Option<DateTimeUtc>,
    pub closed_at: Option<DateTimeUtc>,
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
        from = "(Column::TenantId, Column::MemberId)",
        to = "(super::member::Column::TenantId, super::member::Column::Id)"
    )]
    Member,
    #[sea_orm(
        belongs_to = "super::party_org::Entity",
        from = "(Column::TenantId, Column::PartyOrgId)",
        to = "(super::party_org::Column::TenantId, super::party_org::Column::Id)"
    )]
    PartyOrg,
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(versioned);
