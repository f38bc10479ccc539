//! One duty of a checklist version: who does what, how often, proved by what.

use sea_orm::entity::prelude::*;

use crate::ids::{ChecklistItemId, ChecklistVersionId, Points, TenantId};
use crate::kinds::{Evidence, Frequency, PostKind};

/// One duty of a checklist version: who does what, how often, proved by what.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "checklist_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ChecklistItemId,
    pub checklist_version_id: ChecklistVersionId,
    pub position: i32,
    pub what: String,
    pub role: PostKind,
    pub frequency: Frequency,
    pub evidence: Evidence,
    /// Working days from the first day of the period, that day included.
    pub limit_working_days: i32,
    pub points: Points,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::checklist_version::Entity",
        from = "(Column::TenantId, Column::ChecklistVersionId)",
        to = "(super::checklist_version::Column::TenantId, super::checklist_version::Column::Id)"
    )]
    ChecklistVersion,
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(keyed);
