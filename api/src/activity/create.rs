//! Publishing an activity.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use entity::ids::{ActivityId, MemberId};
use entity::{activity, member};
use sea_orm::{NotSet, Set};

use super::query::view;
use super::{acts, dto, rules};
use crate::audit::{Record, record};
use crate::door;
use crate::grid;
use crate::http::{ApiError, FieldCode, IdempotencyKey, Result};
use crate::tenancy::{Scope, Tx};

/// Times as they are kept, to the second.
pub(super) fn second(at: door::Moment) -> DateTime<Utc> {
    let at = at.utc();
    at.duration_trunc(TimeDelta::seconds(1)).unwrap_or(at)
}

pub(super) fn check_times(starts_at: DateTime<Utc>, ends_at: DateTime<Utc>) -> Result<()> {
    if ends_at <= starts_at {
        return Err(ApiError::invalid("ends_at", "须晚于开始时间", "must be after the start"));
    }
    if ends_at - starts_at > TimeDelta::days(rules::LONGEST_DAYS) {
        return Err(ApiError::invalid(
            "ends_at",
            format!("一次活动最长 {} 天", rules::LONGEST_DAYS),
            format!("an activity lasts {} days at most", rules::LONGEST_DAYS),
        ));
    }
    Ok(())
}

pub(super) async fn check_steward(tx: &Tx, steward: Option<MemberId>) -> Result<()> {
    if let Some(id) = steward
        && tx.try_get::<member::Entity>(id).await?.is_none()
    {
        return Err(ApiError::wrong(
            "steward_id",
            FieldCode::NotFound,
            "没有这个人员",
            "there is no such member",
        ));
    }
    Ok(())
}

/// Publishes an activity.
///
/// # Errors
/// `validation_failed` for times out of order, in the past (unless the system itself records what was), or for a grid
/// or a steward that the township does not have.
pub async fn create(
    scope: &Scope,
    key: IdempotencyKey,
    input: dto::CreateActivity,
) -> Result<dto::Activity> {
    let fingerprint = input.clone();
    scope
        .write_once(key, "create_activity", &fingerprint, async move |tx: &Tx| {
            let activity = insert(tx, input).await?;
            let entry = Record::of(acts::CREATE).on("activity", activity.id);
            record(tx, entry.with("title", &activity.title).with("starts_at", activity.starts_at))
                .await?;
            view(tx, activity).await
        })
        .await
}

async fn insert(tx: &Tx, input: dto::CreateActivity) -> Result<activity::Model> {
    let (starts_at, ends_at) = (second(input.starts_at), second(input.ends_at));
    check_times(starts_at, ends_at)?;
    if ends_at <= tx.now() && tx.actor().is_some() {
        return Err(ApiError::invalid("ends_at", "不能早于现在", "must not lie in the past"));
    }
    grid::must_be_there(tx, input.grid_id).await?;
    check_steward(tx, input.steward_id).await?;
    tx.insert(activity::ActiveModel {
        tenant_id: NotSet,
        id: Set(ActivityId::new()),
        title: Set(input.title.trim().to_owned()),
        description: Set(input.description.unwrap_or_default().into_inner()),
        grid_id: Set(input.grid_id),
        place: Set(input.place.trim().to_owned()),
        starts_at: Set(starts_at),
        ends_at: Set(ends_at),
        capacity: Set(input.capacity),
        steward_id: Set(input.steward_id),
        cancelled_at: Set(None),
        cancel_reason: Set(None),
        code_secret: Set(rand::random::<[u8; 32]>().to_vec()),
        created_at: Set(tx.now()),
        version: Set(1),
        changed_at: NotSet,
    })
    .await
}
