//! Withdrawing.

use entity::activity;
use entity::ids::ActivityId;

use super::dto;
use super::occasion::KIND;
use super::places::give_back;
use super::query::view;
use super::row::open_for_sign_up;
use crate::http::{ApiError, Code, Result};
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
            open_for_sign_up(&activity, tx.now())?;
            if presence::has_come(tx, KIND, id.uuid(), me).await? {
                return Err(ApiError::new(Code::STATE_CONFLICT).detail(
                    "已经签到，不能再取消报名",
                    "Checked in already; the place is taken up",
                ));
            }
            give_back(tx, &activity, me).await?;
            view(tx, activity).await
        })
        .await
}
