//! A one-time token by which a township is given an administrator back.

use sea_orm::entity::prelude::*;

use crate::ids::{RecoveryTokenId, TenantId};

/// A one-time token by which a township is given an administrator back.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recovery_token")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RecoveryTokenId,
    /// Hash of the token; the token itself is kept nowhere.
    pub token_hash: String,
    pub created_at: DateTimeUtc,
    pub used_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(keyed);
