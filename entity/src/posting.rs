//! One movement of points and its cause. Append-only.

use sea_orm::entity::prelude::*;

use crate::ids::{AccountId, PostingId, TenantId};
use crate::kinds::PostingSourceKind;

/// One movement of points and its cause. Append-only.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "posting")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PostingId,
    pub source_kind: PostingSourceKind,
    pub source_id: Uuid,
    pub rule: String,
    /// A Chinese sentence for the holder.
    pub reason: String,
    pub at: DateTimeUtc,
    pub account_id: Option<AccountId>,
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
