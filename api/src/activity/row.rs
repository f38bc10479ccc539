//! What the row of an activity says.

use chrono::{DateTime, Utc};
use entity::activity;
use entity::ids::Points;

use super::codes;
use super::perm;
use super::rules::{Moment, Rate, Times};
use crate::clock;
use crate::http::{ApiError, Code, Result};
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

/// Whether people may still sign up or withdraw.
///
/// # Errors
/// `activity_cancelled`, `state_conflict` after the end.
pub(super) fn open_for_sign_up(activity: &activity::Model, now: DateTime<Utc>) -> Result<()> {
    if activity.cancelled_at.is_some() {
        return Err(ApiError::new(codes::ACTIVITY_CANCELLED));
    }
    if times(activity).sign_up_open(now) {
        Ok(())
    } else {
        Err(ApiError::new(Code::STATE_CONFLICT).detail("活动已经结束", "The activity has ended"))
    }
}

/// Whether an activity may still be changed.
///
/// # Errors
/// `activity_cancelled`, `state_conflict` after the end.
pub(super) fn changeable(moment: Moment) -> Result<()> {
    match moment {
        Moment::Upcoming | Moment::Running => Ok(()),
        Moment::Cancelled => Err(ApiError::new(codes::ACTIVITY_CANCELLED)),
        Moment::Ended => Err(ApiError::new(Code::STATE_CONFLICT)
            .detail("活动已经结束，不能再改", "The activity has ended and stays as it was")),
    }
}
