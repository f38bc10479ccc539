//! How many points something is worth, from a day on.

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

use crate::ids::{Points, PointsRuleId, TenantId};
use crate::kinds::RulePer;

/// How many points something is worth, from a day on.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "points_rule")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PointsRuleId,
    pub code: String,
    pub name: String,
    pub per: RulePer,
    /// For one hour, or for one item.
    pub points: Points,
    pub cap_per_activity: Option<Points>,
    pub effective_from: NaiveDate,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(keyed);
