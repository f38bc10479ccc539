//! One version of a checklist. Published versions do not change.

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

use crate::ids::{AccountId, ChecklistId, ChecklistVersionId, TenantId};
use crate::kinds::ChecklistState;

/// One version of a checklist. Published versions do not change.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "checklist_version")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ChecklistVersionId,
    pub checklist_id: ChecklistId,
    /// Counts from 1 in its checklist.
    pub number: i32,
    pub state: ChecklistState,
    pub effective_from: Option<NaiveDate>,
    pub published_at: Option<DateTimeUtc>,
    pub published_by: Option<AccountId>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::checklist::Entity",
        from = "(Column::TenantId, Column::ChecklistId)",
        to = "(super::checklist::Column::TenantId, super::checklist::Column::Id)"
    )]
    Checklist,
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "(Column::TenantId, Column::PublishedBy)",
        to = "(super::account::Column::TenantId, super::account::Column::Id)"
    )]
    Publisher,
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(keyed);
