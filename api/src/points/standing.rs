//! What a new township starts with.

use chrono::NaiveDate;
use entity::ids::{Points, PointsRuleId};
use entity::kinds::{HolderKind, RulePer};
use entity::points_rule;
use sea_orm::{NotSet, Set};

use super::engine::new_purse;
use super::rules;
use crate::http::Result;
use crate::tenancy::Tx;

/// The day from which the rules of a new township apply: before any activity the system could have recorded.
fn standing_rules_from() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default()
}

/// Makes what a township needs before its first posting: the usual rules and the issue purse. May be repeated.
///
/// # Errors
/// Those of the database.
pub async fn ensure_standing_data(tx: &Tx) -> Result<()> {
    let hour =
        (rules::ACTIVITY_HOUR, "参加活动", RulePer::Hour, Points::whole(1), Some(Points::whole(2)));
    let item = (rules::TASK_ITEM, "完成清单任务", RulePer::Item, Points::ZERO, None);
    for (code, name, per, points, cap) in [hour, item] {
        tx.insert_if_absent(points_rule::ActiveModel {
            tenant_id: NotSet,
            id: Set(PointsRuleId::new()),
            code: Set(code.to_owned()),
            name: Set(name.to_owned()),
            per: Set(per),
            points: Set(points),
            cap_per_activity: Set(cap),
            effective_from: Set(standing_rules_from()),
        })
        .await?;
    }
    tx.insert_if_absent(new_purse(HolderKind::Issue, tx.tenant().uuid())).await?;
    Ok(())
}
