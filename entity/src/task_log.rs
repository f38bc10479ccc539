//! What happened to a task, in order.

use sea_orm::entity::prelude::*;

use crate::ids::{AccountId, TaskId, TaskLogId, TenantId};
use crate::kinds::TaskLogKind;

/// What happened to a task, in order.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "task_log")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaskLogId,
    pub task_id: TaskId,
    pub at: DateTimeUtc,
    pub kind: TaskLogKind,
    /// None: the system itself.
    pub account_id: Option<AccountId>,
    pub note: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::task::Entity",
        from = "(Column::TenantId, Column::TaskId)",
        to = "(super::task::Column::TenantId, super::task::Column::Id)"
    )]
    Task,
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "(Column::TenantId, Column::AccountId)",
        to = "(super::account::Column::TenantId, super::account::Column::Id)"
    )]
    Account,
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(keyed);
