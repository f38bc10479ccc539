//! The stored answer to a creating request, replayed when the same key comes again.

use sea_orm::entity::prelude::*;

use crate::ids::{AccountId, TenantId};

/// The stored answer to a creating request, replayed when the same key comes again.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    pub operation: String,
    /// Hash of the request's content: the same key with another content is refused.
    pub fingerprint: String,
    /// HTTP status of the answer.
    pub status: i16,
    /// JSON.
    pub response: String,
    pub created_at: DateTimeUtc,
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

crate::tenant_entity!();
