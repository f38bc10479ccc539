//! Signing up.

use entity::activity;
use entity::ids::ActivityId;

use super::dto;
use super::places::take_place;
use super::query::view;
use super::row::times;
use super::rules;
use crate::http::{IdempotencyKey, Result};
use crate::tenancy::{Scope, Tx};

/// Signs the caller up: a place, or the end of the waiting list.
///
/// # Errors
/// `no_member`, `activity_cancelled`, `state_conflict` after the end.
pub async fn sign_up(scope: &Scope, key: IdempotencyKey, id: ActivityId) -> Result<dto::Activity> {
    scope
        .write_once(key, "sign_up", &id, async move |tx: &Tx| {
            let me = tx.acting_member()?;
            let activity = tx.get_locked::<activity::Entity>(id).await?;
            rules::sign_up(times(&activity).moment(tx.now()))?;
            take_place(tx, &activity, me).await?;
            view(tx, activity).await
        })
        .await
}
