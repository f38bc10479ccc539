//! Proof of presence at an activity.

use sea_orm::entity::prelude::*;

use crate::ids::{ActivityId, CheckInId, MemberId, Points, TenantId};

/// Proof of presence at an activity.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "check_in")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CheckInId,
    pub activity_id: ActivityId,
    pub member_id: MemberId,
    pub checked_in_at: DateTimeUtc,
    pub checked_out_at: Option<DateTimeUtc>,
    /// Counted between the start and the end of the activity only.
    pub minutes: Option<i32>,
    pub points: Option<Points>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::activity::Entity",
        from = "(Column::TenantId, Column::ActivityId)",
        to = "(super::activity::Column::TenantId, super::activity::Column::Id)"
    )]
    Activity,
    #[sea_orm(
        belongs_to = "super::member::Entity",
        from = "(Column::TenantId, Column::MemberId)",
        to = "(super::member::Column::TenantId, super::member::Column::Id)"
    )]
    Member,
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(keyed);
