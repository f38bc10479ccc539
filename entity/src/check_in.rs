//! Proof of presence at an occasion.

use sea_orm::entity::prelude::*;

use crate::ids::{AccountId, CheckInId, MemberId, Points, TenantId};

/// Proof of presence at an occasion, whatever that is.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "check_in")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CheckInId,
    /// A word of the room whose occasion it is.
    pub occasion_kind: String,
    /// A row of that room.
    pub occasion_id: Uuid,
    pub member_id: MemberId,
    pub checked_in_at: DateTimeUtc,
    pub checked_out_at: Option<DateTimeUtc>,
    /// Counted between the start and the end of the occasion only.
    pub minutes: Option<i32>,
    pub points: Option<Points>,
    /// Who closed it for a person who had forgotten; none where they checked out themselves.
    pub completed_by: Option<AccountId>,
    /// Why; there where `completed_by` is.
    pub completion_reason: Option<String>,
    /// When it was last written; only `tenancy` sets it.
    pub changed_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::member::Entity",
        from = "(Column::TenantId, Column::MemberId)",
        to = "(super::member::Column::TenantId, super::member::Column::Id)"
    )]
    Member,
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "(Column::TenantId, Column::CompletedBy)",
        to = "(super::account::Column::TenantId, super::account::Column::Id)"
    )]
    Completer,
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(keyed);
