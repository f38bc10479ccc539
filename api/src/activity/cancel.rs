//! Calling an activity off.

use entity::activity;
use entity::ids::ActivityId;
use sea_orm::Set;

use super::occasion::KIND;
use super::query::view;
use super::row::{changeable, times};
use super::{acts, dto};
use crate::audit::{Record, record};
use crate::http::{ApiError, Code, Result};
use crate::presence;
use crate::tenancy::{Scope, Tx};

/// Calls an activity off. Once is as good as twice; the first reason stays.
///
/// # Errors
/// `state_conflict` after its end, or when somebody has checked in.
pub async fn cancel(
    scope: &Scope,
    id: ActivityId,
    input: dto::CancelActivity,
) -> Result<dto::Activity> {
    scope
        .write(async move |tx: &Tx| {
            let old = tx.get_locked::<activity::Entity>(id).await?;
            if old.cancelled_at.is_some() {
                return view(tx, old).await;
            }
            changeable(times(&old).moment(tx.now()))?;
            let present = presence::counts(tx, KIND, [id.uuid()]).await?;
            let present = present.get(&id.uuid()).copied().unwrap_or(0);
            if present > 0 {
                return Err(ApiError::new(Code::STATE_CONFLICT).detail(
                    format!("已有 {present} 人签到，不能取消；可以提前结束时间"),
                    format!("{present} people have checked in; move the end forward instead"),
                ));
            }
            let activity = tx
                .update(activity::ActiveModel {
                    tenant_id: Set(tx.tenant()),
                    id: Set(id),
                    cancelled_at: Set(Some(tx.now())),
                    cancel_reason: Set(Some(input.reason.into_inner())),
                    version: Set(old.version + 1),
                    ..Default::default()
                })
                .await?;
            let entry = Record::of(acts::CANCEL).on("activity", id);
            record(tx, entry.for_purpose(activity.cancel_reason.as_deref().unwrap_or_default()))
                .await?;
            view(tx, activity).await
        })
        .await
}
