//! A role that a notice goes to.

use sea_orm::entity::prelude::*;

use crate::ids::{NoticeId, TenantId};
use crate::kinds::Role;

/// A role that a notice goes to.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notice_role")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub notice_id: NoticeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub role: Role,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::notice::Entity",
        from = "(Column::TenantId, Column::NoticeId)",
        to = "(super::notice::Column::TenantId, super::notice::Column::Id)"
    )]
    Notice,
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!();
