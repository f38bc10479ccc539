//! That somebody did something: the part that never changes and names no person. Append-only.

use sea_orm::entity::prelude::*;

use crate::ids::{AccountId, AuditEntryId, TenantId};

/// That somebody did something: the part that never changes and names no person. Append-only.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditEntryId,
    pub at: DateTimeUtc,
    /// The act's word.
    pub act: String,
    pub account_id: Option<AccountId>,
    /// What kind of row was acted on, and which.
    pub row_kind: Option<String>,
    pub row_id: Option<Uuid>,
    /// HMAC-SHA256 of the detail's content under its secret.
    pub commitment: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::audit_detail::Entity",
        from = "(Column::TenantId, Column::Id)",
        to = "(super::audit_detail::Column::TenantId, super::audit_detail::Column::EntryId)"
    )]
    Detail,
    #[sea_orm(
        belongs_to = "super::audit_leaf::Entity",
        from = "(Column::TenantId, Column::Id)",
        to = "(super::audit_leaf::Column::TenantId, super::audit_leaf::Column::EntryId)"
    )]
    Leaf,
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "(Column::TenantId, Column::AccountId)",
        to = "(super::account::Column::TenantId, super::account::Column::Id)"
    )]
    Account,
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(keyed);
