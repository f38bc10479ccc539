//! The daily round: what falls due by the calendar, for every township, each in its own scope.
//!
//! Rules:
//! - The round runs at start and then every ten minutes; everything in it can run any number of times and on
//!   several nodes at once, since unique keys stop a second row. A night the server slept through is made up
//!   for at its next start.
//! - A township whose round fails does not stop the others.
//! - What belongs to upper floors they register themselves, as [`Daily`].

use std::time::Duration;

use entity::idempotency_key;
use entity::session;
use sea_orm::{ColumnTrait, Condition, QueryFilter};

use crate::http::Result;
use crate::state::AppState;
use crate::tenancy::{Hook, KEPT_HOURS, Scope, Tx};

/// What upper floors do every day in every township; each may run any number of times.
#[derive(Default)]
pub struct Daily(pub Vec<Hook>);

const PAUSE: Duration = Duration::from_secs(600);
/// Days an ended session stays on the list its owner sees.
const ENDED_SESSIONS_DAYS: i64 = 30;

/// Runs the round for ever.
pub async fn run(state: AppState) {
    loop {
        if let Err(error) = round(&state).await {
            tracing::error!(%error, "the daily round failed");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// One round over all townships.
pub async fn round(state: &AppState) -> Result<()> {
    for tenant in state.platform().tenants().await? {
        if let Err(error) = township(&state.scope_of(tenant)).await {
            tracing::error!(%error, %tenant, "a township's daily round failed");
        }
    }
    Ok(())
}

/// One township's round: open the tasks of the running period, forget what is no longer needed.
pub async fn township(scope: &Scope) -> Result<()> {
    scope
        .write(async |tx: &Tx| {
            if let Some(Daily(hooks)) = tx.shared() {
                for hook in hooks {
                    hook(tx).await?;
                }
            }
            tx.delete_many::<idempotency_key::Entity>()
                .filter(
                    idempotency_key::Column::CreatedAt
                        .lt(tx.now() - chrono::TimeDelta::hours(KEPT_HOURS)),
                )
                .exec()
                .await?;
            let long_ago = tx.now() - chrono::TimeDelta::days(ENDED_SESSIONS_DAYS);
            tx.delete_many::<session::Entity>()
                .filter(
                    Condition::any()
                        .add(session::Column::RevokedAt.lt(long_ago))
                        .add(session::Column::ExpiresAt.lt(long_ago)),
                )
                .exec()
                .await?;
            Ok(())
        })
        .await
}
