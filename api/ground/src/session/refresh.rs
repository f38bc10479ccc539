//! A new pair for a refresh token.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::ids::AccountId;
use entity::{account, session};
use sea_orm::ActiveValue::{Set, Unchanged};

use super::acts;
use super::end::end_row;
use super::ended;
use super::family::{self, Shown, Verdict};
use super::pair::{Pair, SESSION_DAYS, pair};
use crate::audit::{Record, record};
use crate::auth::{Shower, Source};
use crate::http::{ApiError, Code, Result};
use crate::state::AppState;
use crate::tenancy::{Origin, Tx};

/// What becomes of a refresh token that this server made.
enum Turn {
    Given(AccountId, i32),
    Stolen(AccountId),
    Ended,
    Disabled,
}

/// Gives a new pair for a refresh token. What this server did not make is refused without asking the database, and
/// counted.
///
/// # Errors
/// `session_ended`, also for a copy, which ends the session; `account_disabled`.
pub(crate) async fn refresh(
    state: &AppState,
    token: &str,
    source: Source,
    origin: Arc<Origin>,
) -> Result<Pair> {
    let Some(shown) = state.family().read(token) else {
        state.throttle().wrong_secret("refresh", Shower::Source(source))?;
        return Err(ApiError::new(Code::SESSION_ENDED));
    };
    let scope = state.scope_of(shown.tenant).from_origin(origin);
    let turn = scope
        .write(async move |tx: &Tx| {
            let row = match tx.get_locked::<session::Entity>(shown.session).await {
                Ok(row) => row,
                Err(error) if error.code() == Code::NOT_FOUND => return Ok(Turn::Ended),
                Err(error) => return Err(error),
            };
            if row.revoked_at.is_some() || row.expires_at <= tx.now() {
                return Ok(Turn::Ended);
            }
            if tx.get::<account::Entity>(row.account_id).await?.disabled {
                return Ok(Turn::Disabled);
            }
            match family::judge(shown.generation, row.generation, row.rotated_at, tx.now()) {
                Verdict::Next(generation) => {
                    tx.update(session::ActiveModel {
                        id: Unchanged(row.id),
                        generation: Set(generation),
                        rotated_at: Set(Some(tx.now())),
                        last_used_at: Set(tx.now()),
                        expires_at: Set(tx.now() + TimeDelta::days(SESSION_DAYS)),
                        ..Default::default()
                    })
                    .await?;
                    ended::forget_later(tx).await?;
                    Ok(Turn::Given(row.account_id, generation))
                }
                Verdict::Again => Ok(Turn::Given(row.account_id, row.generation)),
                Verdict::Copied => {
                    end_row(tx, &row).await?;
                    let reused = Record::of(acts::TOKEN_REUSED).by(row.account_id);
                    record(tx, reused.on("session", row.id)).await?;
                    Ok(Turn::Stolen(row.account_id))
                }
            }
        })
        .await?;
    match turn {
        Turn::Given(account, generation) => {
            pair(state, &scope, account, Shown { generation, ..shown })
        }
        Turn::Stolen(account) => {
            tracing::warn!(
                tenant = %shown.tenant, %account, session = %shown.session, generation = shown.generation,
                "a used refresh token came again: somebody has a copy, and the session was ended"
            );
            Err(ApiError::new(Code::SESSION_ENDED))
        }
        Turn::Ended => Err(ApiError::new(Code::SESSION_ENDED)),
        Turn::Disabled => Err(ApiError::new(Code::ACCOUNT_DISABLED)),
    }
}
