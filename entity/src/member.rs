//! A person on the township's roster.

use sea_orm::entity::prelude::*;

use crate::ids::{MemberId, PartyOrgId, TenantId};
use crate::kinds::MemberCategory;

/// A person on the township's roster.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "member")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MemberId,
    /// Unique in the township.
    pub number: String,
    pub name: String,
    /// Pinyin initials of the name in lower case, for search by prefix.
    pub name_initials: String,
    pub category: MemberCategory,
    pub phone: Option<String>,
    /// The last four digits of the phone number, for search.
    pub phone_tail: Option<String>,
    pub party_org_id: Option<PartyOrgId>,
    pub created_at: DateTimeUtc,
    /// Grows by one with every change; the ETag.
    pub version: i32,
    /// When it was last written; only `tenancy` sets it.
    pub changed_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::party_org::Entity",
        from = "(Column::TenantId, Column::PartyOrgId)",
        to = "(super::party_org::Column::TenantId, super::party_org::Column::Id)"
    )]
    PartyOrg,
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(versioned);
