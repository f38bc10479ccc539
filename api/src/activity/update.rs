//! Changing an activity.

use entity::activity;
use entity::ids::ActivityId;
use sea_orm::{IntoActiveModel, Set, TryIntoModel};

use super::create::{check_steward, check_times, second};
use super::places::move_up;
use super::query::view;
use super::row::times;
use super::rules::{self, Moment};
use super::{acts, dto};
use crate::audit::{Record, record};
use crate::http::{ApiError, Code, IfMatch, Result};
use crate::tenancy::{Scope, Tx};

/// Changes an activity.
///
/// # Errors
/// `precondition_failed`, `activity_cancelled`, `state_conflict` after its end or for the start of a running one,
/// `validation_failed`.
pub async fn update(
    scope: &Scope,
    id: ActivityId,
    if_match: IfMatch,
    input: dto::UpdateActivity,
) -> Result<dto::Activity> {
    scope
        .write(async move |tx: &Tx| {
            let old = tx.get_locked::<activity::Entity>(id).await?;
            if_match.check(old.version)?;
            let now = tx.now();
            let moment = times(&old).moment(now);
            rules::update(moment)?;
            let starts_at = input.starts_at.map_or(old.starts_at, second);
            let ends_at = input.ends_at.map_or(old.ends_at, second);
            if moment == Moment::Running && starts_at != old.starts_at {
                return Err(ApiError::new(Code::STATE_CONFLICT).detail(
                    "活动已经开始，不能再改开始时间",
                    "The activity has begun; its start stays",
                ));
            }
            check_times(starts_at, ends_at)?;
            if ends_at != old.ends_at && ends_at < now {
                return Err(ApiError::invalid(
                    "ends_at",
                    "不能早于现在",
                    "must not lie in the past",
                ));
            }
            if let Some(steward) = input.steward_id {
                check_steward(tx, steward).await?;
            }
            let trimmed = |text: String| text.trim().to_owned();
            let before = old.clone();
            let mut row = old.into_active_model();
            if let Some(title) = input.title {
                row.title = Set(trimmed(title));
            }
            if let Some(description) = input.description {
                row.description = Set(description.into());
            }
            if let Some(place) = input.place {
                row.place = Set(trimmed(place));
            }
            row.starts_at = Set(starts_at);
            row.ends_at = Set(ends_at);
            if let Some(capacity) = input.capacity {
                row.capacity = Set(capacity);
            }
            if let Some(steward) = input.steward_id {
                row.steward_id = Set(steward);
            }
            if row.clone().try_into_model()? == before {
                return view(tx, before).await;
            }
            row.version = Set(before.version + 1);
            let activity = tx.update(row).await?;
            let entry = Record::of(acts::UPDATE)
                .on("activity", id)
                .changed("title", Some(&before.title), Some(&activity.title))
                .changed("place", Some(&before.place), Some(&activity.place))
                .changed("starts_at", Some(before.starts_at), Some(activity.starts_at))
                .changed("ends_at", Some(before.ends_at), Some(activity.ends_at))
                .changed("capacity", before.capacity, activity.capacity)
                .changed("steward_id", before.steward_id, activity.steward_id);
            let described = before.description != activity.description;
            record(tx, if described { entry.touched("description") } else { entry }).await?;
            move_up(tx, &activity).await?;
            view(tx, activity).await
        })
        .await
}
