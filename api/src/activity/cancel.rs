//! Calling an activity off.

use entity::activity;
use entity::ids::ActivityId;
use sea_orm::Set;

use super::occasion::KIND;
use super::query::view;
use super::row::times;
use super::{acts, dto, rules};
use crate::audit::{Record, record};
use crate::http::{Does, Result};
use crate::presence;
use crate::tenancy::{Scope, Tx};

/// Calls an activity off. Once is as good as twice; the first reason stays.
///
/// # Errors
/// `state_conflict` after its end, `activity_attended` when somebody has checked in.
pub async fn cancel(
    scope: &Scope,
    id: ActivityId,
    input: dto::CancelActivity,
) -> Result<dto::Activity> {
    scope
        .write(async move |tx: &Tx| {
            let old = tx.get_locked::<activity::Entity>(id).await?;
            let present = presence::counts(tx, KIND, [id.uuid()]).await?;
            let present = present.get(&id.uuid()).copied().unwrap_or(0);
            if rules::cancel(times(&old).moment(tx.now()), present)? == Does::Nothing {
                return view(tx, old).await;
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
