//! A person's place, or place in the queue, at an activity.

use sea_orm::entity::prelude::*;

use crate::ids::{ActivityId, ActivitySignupId, MemberId, TenantId};
use crate::kinds::SignupState;

/// A person's place, or place in the queue, at an activity.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "activity_signup")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ActivitySignupId,
    pub activity_id: ActivityId,
    pub member_id: MemberId,
    pub state: SignupState,
    pub at: DateTimeUtc,
    /// When it was last written; only `tenancy` sets it.
    pub changed_at: DateTimeUtc,
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
