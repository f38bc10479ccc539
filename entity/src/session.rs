//! A signed-in device. Tokens are kept as hashes only.

use sea_orm::entity::prelude::*;

use crate::ids::{AccountId, SessionId, TenantId};

/// A signed-in device. Tokens are kept as hashes only.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    pub account_id: AccountId,
    pub refresh_hash: String,
    /// The refresh token before the last rotation: seen again, it tells of a stolen token.
    pub previous_hash: Option<String>,
    pub rotated_at: Option<DateTimeUtc>,
    pub user_agent: String,
    pub created_at: DateTimeUtc,
    pub last_used_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
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

impl Related<super::account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Account.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(keyed);
