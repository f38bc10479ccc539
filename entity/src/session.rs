//! A signed-in device. Its refresh tokens are derived, not kept.

use sea_orm::entity::prelude::*;

use crate::ids::{AccountId, SessionId, TenantId};

/// A signed-in device. Its refresh tokens are derived, not kept.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    pub account_id: AccountId,
    /// When the present generation was given out; none for the first.
    pub rotated_at: Option<DateTimeUtc>,
    pub user_agent: String,
    pub created_at: DateTimeUtc,
    pub last_used_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
    /// How many times the refresh token was renewed: the one of this generation is good, all before it were used.
    pub generation: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "(Column::TenantId, Column::AccountId)",
        to = "(super::account::Column::TenantId, super::account::Column::Id)"
    )]
    Account,
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(keyed);
