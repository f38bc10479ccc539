//! An account of the points ledger.

use sea_orm::entity::prelude::*;

use crate::ids::{Points, PurseId, TenantId};
use crate::kinds::{HolderKind, PurseKind};

/// An account of the points ledger.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purse")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PurseId,
    pub holder_kind: HolderKind,
    /// The person's id; for the issue purse the township's.
    pub holder_id: Uuid,
    pub kind: PurseKind,
    /// Of people's purses only. The issue purse is the other side of every posting and is not maintained: it is minus the sum of the others.
    pub balance: Points,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(keyed);
