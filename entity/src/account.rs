//! A sign-in of one township, linked to at most one person of the roster.

use sea_orm::entity::prelude::*;

use crate::ids::{AccountId, MemberId, TenantId};
use crate::kinds::Sphere;

/// A sign-in of one township, linked to at most one person of the roster.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountId,
    /// Lower case; unique in the township.
    pub username: String,
    /// PHC string of argon2id.
    pub password_hash: String,
    pub display_name: String,
    pub member_id: Option<MemberId>,
    pub disabled: bool,
    /// Of all its roles: none of another sphere can be given to it.
    pub sphere: Sphere,
    /// Somebody else chose the password: until it is changed nothing else is done with the account.
    pub must_change_password: bool,
    pub created_at: DateTimeUtc,
    /// Grows by one with every change; the ETag.
    pub version: i32,
    /// When it was last written; only `tenancy` sets it.
    pub changed_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::member::Entity",
        from = "(Column::TenantId, Column::MemberId)",
        to = "(super::member::Column::TenantId, super::member::Column::Id)"
    )]
    Member,
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(versioned);
