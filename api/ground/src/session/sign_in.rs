//! Opening a session.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::ids::{AccountId, SessionId};
use entity::{account, session};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::acts;
use super::dto::SignIn;
use super::ended;
use super::family::Shown;
use super::pair::{Pair, SESSION_DAYS, pair};
use crate::audit::{self, Record, record};
use crate::auth;
use crate::auth::{By, Lane, Source, Target, revoke};
use crate::http::{ApiError, Code, Result};
use crate::state::AppState;
use crate::tenancy::{Origin, Scope, Tx};

/// Sessions an account may have open: whoever opens one more loses the one that was not used for longest.
pub(super) const SESSIONS_OPEN: u64 = 20;

/// Sessions ended at once where an account has more, as from before there was a bound.
const SURPLUS_AT_ONCE: u64 = 1_000;

/// Who asks for a session, and where.
pub(crate) struct Visitor {
    /// The browser or program, as it names itself.
    pub agent: String,
    /// Where the request comes from, to be counted.
    pub source: Source,
    /// And to be recorded.
    pub origin: Arc<Origin>,
    /// The sign of a known device, as it was sent.
    pub device: Option<String>,
}

/// What a sign-in gives.
pub(crate) struct Opened {
    /// The tokens.
    pub pair: Pair,
    /// The sign by which this device is known from now on.
    pub device: String,
}

/// Opens a session. The attempt is counted before anything is hashed, and given back where the password was right or
/// nobody looked at it.
///
/// # Errors
/// `invalid_credentials`, whichever of the three is wrong; `account_disabled`; `too_many_attempts` while one has to wait;
/// `unavailable` when too many passwords are being checked.
pub(crate) async fn sign_in(state: &AppState, input: SignIn, visitor: Visitor) -> Result<Opened> {
    let username = auth::username(&input.username);
    let township = input.township.trim();
    let tenant = state.platform().find(township).await?.map(|tenant| tenant.id);
    let scope = tenant.map(|tenant| state.scope_of(tenant).from_origin(visitor.origin.clone()));
    let known = match &scope {
        Some(scope) => {
            scope
                .read_single(async |tx| {
                    tx.find::<account::Entity>()
                        .filter(account::Column::Username.eq(username.as_str()))
                        .one()
                        .await
                })
                .await?
        }
        None => None,
    };
    let device = known.as_ref().and_then(|account| {
        state.devices().known(visitor.device.as_deref(), account.id, state.clock().now())
    });
    let target = match &known {
        Some(account) => Target::Account(account.id),
        None => Target::Nobody { tenant, township, username: &username },
    };
    let (by, lane) = match device {
        Some(device) => (By::Known(device), Lane::User),
        None => (By::Stranger(visitor.source), Lane::Stranger),
    };
    let attempt = state.throttle().attempt(target, by).await?;
    let stored = known.as_ref().map(|account| account.password_hash.clone());
    let right = match state.passwords().verify(lane, input.password, stored).await {
        Ok(right) => right,
        Err(error) => {
            attempt.given_back();
            return Err(error);
        }
    };
    let address = visitor.origin.address.as_str();
    let (Some(scope), Some(account), true) = (&scope, &known, right) else {
        attempt.failed();
        if let Some(scope) = &scope {
            let reason = if known.is_some() { "password" } else { "username" };
            failed(state, scope, known.map(|account| account.id), address, reason).await?;
        }
        return Err(ApiError::new(Code::INVALID_CREDENTIALS));
    };
    attempt.succeeded();
    if account.disabled {
        failed(state, scope, Some(account.id), address, "disabled").await?;
        return Err(ApiError::new(Code::ACCOUNT_DISABLED));
    }
    let device =
        state.devices().after_sign_in(visitor.device.as_deref(), account.id, state.clock().now());
    let pair = open(state, scope, account.clone(), visitor.agent).await?;
    Ok(Opened { pair, device })
}

/// Counts a sign-in that failed, and records it unless it is folded into an entry that is there.
async fn failed(
    state: &AppState,
    scope: &Scope,
    account: Option<AccountId>,
    address: &str,
    reason: &'static str,
) -> Result<()> {
    let failures = state.auditor().failures();
    let folded = failures.count(scope.tenant(), account, address, reason, scope.now());
    audit::record_failed(scope, folded).await
}

/// Opens a session in one transaction with the last look at the account: a password that was changed, or an account
/// that was disabled, while the given one was being checked opens nothing.
async fn open(
    state: &AppState,
    scope: &Scope,
    verified: account::Model,
    agent: String,
) -> Result<Pair> {
    let id = SessionId::new();
    let account = verified.id;
    scope
        .write(async move |tx: &Tx| {
            let row = tx.get_locked::<account::Entity>(account).await?;
            if row.password_hash != verified.password_hash {
                return Err(ApiError::new(Code::INVALID_CREDENTIALS));
            }
            if row.disabled {
                return Err(ApiError::new(Code::ACCOUNT_DISABLED));
            }
            record(tx, Record::of(acts::SIGN_IN).by(account).on("session", id)).await?;
            tx.insert(session::ActiveModel {
                id: Set(id),
                account_id: Set(account),
                generation: Set(0),
                rotated_at: Set(None),
                user_agent: Set(agent),
                created_at: Set(tx.now()),
                last_used_at: Set(tx.now()),
                expires_at: Set(tx.now() + TimeDelta::days(SESSION_DAYS)),
                revoked_at: Set(None),
                ..Default::default()
            })
            .await?;
            ended::forget_later(tx).await?;
            end_surplus(tx, account).await
        })
        .await?;
    pair(state, scope, account, Shown { tenant: scope.tenant(), session: id, generation: 0 })
}

/// Ends what an account has open beyond its number, the longest unused first. The account's row is locked.
async fn end_surplus(tx: &Tx, account: AccountId) -> Result<()> {
    let surplus: Vec<SessionId> = tx
        .find::<session::Entity>()
        .filter(session::Column::AccountId.eq(account))
        .filter(session::Column::RevokedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(tx.now()))
        .order_by_desc(session::Column::LastUsedAt)
        .order_by_desc(session::Column::Id)
        .select_only()
        .column(session::Column::Id)
        .limit(SURPLUS_AT_ONCE)
        .offset(SESSIONS_OPEN)
        .into_tuple()
        .all()
        .await?;
    if surplus.is_empty() {
        return Ok(());
    }
    tx.update_many::<session::Entity>()
        .col_expr(session::Column::RevokedAt, Expr::value(tx.now()))
        .filter(session::Column::Id.is_in(surplus))
        .exec()
        .await?;
    revoke(tx, account).await
}
