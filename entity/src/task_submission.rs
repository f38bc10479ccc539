//! A proof handed in for a task; the newest one counts.

use sea_orm::entity::prelude::*;

use crate::ids::{AccountId, TaskId, TaskSubmissionId, TenantId};

/// A proof handed in for a task; the newest one counts.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "task_submission")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaskSubmissionId,
    pub task_id: TaskId,
    /// The moment of the act.
    pub at: DateTimeUtc,
    pub account_id: AccountId,
    pub body: Option<String>,
    pub number_value: Option<f64>,
    /// Micro-degrees (10⁻⁶ °).
    pub lng: Option<i32>,
    /// Micro-degrees (10⁻⁶ °).
    pub lat: Option<i32>,
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
