//! The one-time token of the first start. Local to the installation: belongs to no township.

use sea_orm::entity::prelude::*;

use crate::ids::SetupTokenId;

/// The one-time token of the first start. Local to the installation: belongs to no township.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "setup_token")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SetupTokenId,
    pub token_hash: String,
    pub created_at: DateTimeUtc,
    pub used_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
