//! What the row of an activity says.

use entity::activity;
use entity::ids::Points;

use super::perm;
use super::rules::{Rate, Times};
use crate::clock;
use crate::points;
use crate::presence::rules::Window;
use crate::tenancy::Tx;

/// The times of an activity, for the rules.
pub(super) fn times(activity: &activity::Model) -> Times {
    Times {
        window: Window { starts_at: activity.starts_at, ends_at: activity.ends_at },
        cancelled: activity.cancelled_at.is_some(),
    }
}

/// The rule by which an activity's minutes are counted: the one in force on the Beijing day of its start; nothing before the township's
/// first rule.
pub(super) fn rate(history: &points::RuleHistory, activity: &activity::Model) -> Rate {
    history.on(clock::beijing(activity.starts_at).date_naive()).map_or(
        Rate { per_hour: Points::ZERO, cap: None },
        |rule| Rate { per_hour: rule.points, cap: rule.cap_per_activity },
    )
}

/// Whether the caller looks after this activity: as its steward, or from the office.
pub(super) fn is_steward(tx: &Tx, activity: &activity::Model) -> bool {
    tx.has(perm::ACTIVITY_MANAGE)
        || (activity.steward_id.is_some() && activity.steward_id == tx.member())
}
