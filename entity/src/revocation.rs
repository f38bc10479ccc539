//! News for every node: what an account held ended or changed. Ids only; local to the installation, belongs to no township.

use sea_orm::entity::prelude::*;

use crate::ids::{AccountId, RevocationId};

/// News for every node: what an account held ended or changed. Ids only; local to the installation, belongs to no township.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "revocation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RevocationId,
    pub account_id: AccountId,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
