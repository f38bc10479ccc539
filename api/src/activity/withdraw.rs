//! Withdrawing.

use entity::activity;
use entity::ids::ActivityId;

use super::dto;
use super::occasion::KIND;
use super::places::give_back;
use super::query::view;
use super::row::times;
use super::rules;
use crate::http::Result;
use crate::presence;
use crate::tenancy::{Scope, Tx};

/// Gives the caller's place back; the first who waits moves up. Without a place nothing happens.
///
/// # Errors
/// `no_member`, `activity_cancelled`, `state_conflict` after the end or after checking in.
pub async fn withdraw(scope: &Scope, id: ActivityId) -> Result<dto::Activity> {
    scope
        .write(async move |tx: &Tx| {
            let me = tx.acting_member()?;
            let activity = tx.get_locked::<activity::Entity>(id).await?;
            let has_come = presence::has_come(tx, KIND, id.uuid(), me).await?;
            rules::withdraw(times(&activity).moment(tx.now()), has_come)?;
            give_back(tx, &activity, me).await?;
            view(tx, activity).await
        })
        .await
}
