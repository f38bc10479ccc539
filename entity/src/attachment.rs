//! A photo, kept in the database: one backup, one transaction.

use sea_orm::entity::prelude::*;

use crate::ids::{AccountId, AttachmentId, TenantId};

/// A photo, kept in the database: one backup, one transaction.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attachment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttachmentId,
    pub media_type: String,
    pub size_bytes: i64,
    /// Pixels.
    pub width: i32,
    /// Pixels.
    pub height: i32,
    /// Of the content, lower-case hexadecimal.
    pub sha256: String,
    /// Select other columns by name where it is not needed.
    pub content: Vec<u8>,
    /// Who uploaded it.
    pub account_id: AccountId,
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

crate::tenant_entity!(keyed);
