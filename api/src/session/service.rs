//! Use cases of signing in.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::ids::{AccountId, SessionId, TenantId};
use entity::{account, session};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::acts;
use super::dto::{ChangePassword, Session, SignIn};
use crate::audit::{self, Record, record};
use crate::auth::{ACCESS_SECONDS, Claims, hash_secret, new_secret};
use crate::clock::beijing;
use crate::http::{ApiError, Code, Result};
use crate::state::AppState;
use crate::tenancy::{Origin, Scope, Tx};

/// Days a session lives from its last use.
pub const SESSION_DAYS: i64 = 30;
/// Seconds the refresh token before the present one is still taken, once more, for a page opened twice.
const GRACE_SECONDS: i64 = 30;

/// Tokens on their way to the client.
#[derive(Debug)]
pub struct Pair {
    /// Access token.
    pub access: String,
    /// Seconds it lives.
    pub expires_in: i64,
    /// Refresh token; none where an earlier one of a page opened twice was used, since the newest is with the other.
    pub refresh: Option<String>,
}

/// Opens a session.
pub async fn sign_in(
    state: &AppState,
    input: SignIn,
    agent: String,
    origin: Arc<Origin>,
) -> Result<Pair> {
    let address = origin.address.as_str();
    let username = input.username.trim().to_lowercase();
    let township = input.township.trim().to_owned();
    state.throttle().check(&township, &username, address).await?;

    let refused = || ApiError::new(Code::InvalidCredentials);
    let scope = state
        .platform()
        .find(&township)
        .await?
        .map(|tenant| state.scope_of(tenant.id).from_origin(origin.clone()));
    let known = match &scope {
        Some(scope) => {
            scope
                .read(async |tx| {
                    tx.find::<account::Entity>()
                        .filter(account::Column::Username.eq(username.as_str()))
                        .one()
                        .await
                })
                .await?
        }
        None => None,
    };
    let stored = known.as_ref().map(|account| account.password_hash.clone());
    let right = state.passwords().verify(input.password, stored).await?;
    let (Some(scope), Some(account), true) = (&scope, &known, right) else {
        state.throttle().failed(&township, &username, address).await;
        if let Some(scope) = &scope {
            let reason = if known.is_some() { "password" } else { "username" };
            failed(state, scope, known.map(|account| account.id), address, reason).await?;
        }
        return Err(refused());
    };
    if account.disabled {
        failed(state, scope, Some(account.id), address, "disabled").await?;
        return Err(ApiError::new(Code::AccountDisabled));
    }
    state.throttle().succeeded(&township, &username).await;
    open(state, scope, account.id, agent).await
}

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

async fn open(state: &AppState, scope: &Scope, account: AccountId, agent: String) -> Result<Pair> {
    let secret = new_secret();
    let hash = hash_secret(&secret);
    let row = scope
        .write(async move |tx: &Tx| {
            let id = SessionId::new();
            record(tx, Record::of(acts::SIGN_IN).by(account).on("session", id)).await?;
            tx.insert(session::ActiveModel {
                id: Set(id),
                account_id: Set(account),
                refresh_hash: Set(hash),
                previous_hash: Set(None),
                rotated_at: Set(None),
                user_agent: Set(agent),
                created_at: Set(tx.now()),
                last_used_at: Set(tx.now()),
                expires_at: Set(tx.now() + TimeDelta::days(SESSION_DAYS)),
                revoked_at: Set(None),
                ..Default::default()
            })
            .await
        })
        .await?;
    pair(state, scope, account, row.id, Some(secret))
}

fn pair(
    state: &AppState,
    scope: &Scope,
    account: AccountId,
    session: SessionId,
    secret: Option<String>,
) -> Result<Pair> {
    let claims = Claims::new(account, scope.tenant(), session, scope.now());
    Ok(Pair {
        access: state.token_key().sign(&claims)?,
        expires_in: ACCESS_SECONDS,
        refresh: secret.map(|secret| format!("{}.{session}.{secret}", scope.tenant())),
    })
}

/// A refresh token names its township and session, so that it is found by key; the secret proves it.
fn parse(token: &str) -> Option<(TenantId, SessionId, String)> {
    let mut parts = token.split('.');
    let tenant = parts.next()?.parse().ok()?;
    let session = parts.next()?.parse().ok()?;
    let secret = parts.next()?.to_owned();
    parts.next().is_none().then_some((tenant, session, secret))
}

enum Turn {
    Rotated,
    Twice,
    Stolen(AccountId),
    Ended,
    Disabled,
}

/// Gives a new pair for a refresh token.
pub async fn refresh(state: &AppState, token: &str, origin: Arc<Origin>) -> Result<Pair> {
    let (tenant, id, secret) = parse(token).ok_or_else(|| ApiError::new(Code::SessionEnded))?;
    let scope = state.scope_of(tenant).from_origin(origin);
    let presented = hash_secret(&secret);
    let fresh = new_secret();
    let fresh_hash = hash_secret(&fresh);
    let (turn, account) = scope
        .write(async move |tx: &Tx| {
            let row = match tx.get_locked::<session::Entity>(id).await {
                Ok(row) => row,
                Err(error) if error.code() == Code::NotFound => {
                    return Err(ApiError::new(Code::SessionEnded));
                }
                Err(error) => return Err(error),
            };
            let account_id = row.account_id;
            if row.revoked_at.is_some() || row.expires_at <= tx.now() {
                return Ok((Turn::Ended, account_id));
            }
            let account = tx.get::<account::Entity>(account_id).await?;
            if account.disabled {
                return Ok((Turn::Disabled, account_id));
            }
            if row.refresh_hash == presented {
                tx.update(session::ActiveModel {
                    id: Unchanged(id),
                    refresh_hash: Set(fresh_hash),
                    previous_hash: Set(Some(presented)),
                    rotated_at: Set(Some(tx.now())),
                    last_used_at: Set(tx.now()),
                    expires_at: Set(tx.now() + TimeDelta::days(SESSION_DAYS)),
                    ..Default::default()
                })
                .await?;
                return Ok((Turn::Rotated, account_id));
            }
            if row.previous_hash.as_deref() == Some(presented.as_str()) {
                let within = row
                    .rotated_at
                    .is_some_and(|at| tx.now() - at <= TimeDelta::seconds(GRACE_SECONDS));
                if within {
                    return Ok((Turn::Twice, account_id));
                }
                tx.update(session::ActiveModel {
                    id: Unchanged(id),
                    revoked_at: Set(Some(tx.now())),
                    ..Default::default()
                })
                .await?;
                record(tx, Record::of(acts::TOKEN_REUSED).by(account_id).on("session", id)).await?;
                return Ok((Turn::Stolen(account_id), account_id));
            }
            Ok((Turn::Ended, account_id))
        })
        .await?;
    match turn {
        Turn::Rotated => pair(state, &scope, account, id, Some(fresh)),
        Turn::Twice => pair(state, &scope, account, id, None),
        Turn::Stolen(account) => {
            state.relay().forget(account);
            tracing::warn!(session = %id, "a used refresh token came again: the session was ended");
            Err(ApiError::new(Code::SessionEnded))
        }
        Turn::Ended => Err(ApiError::new(Code::SessionEnded)),
        Turn::Disabled => Err(ApiError::new(Code::AccountDisabled)),
    }
}

/// Ends the session of a refresh token; one that is none has nothing to end.
pub async fn end_by_token(state: &AppState, token: &str, origin: Arc<Origin>) -> Result<()> {
    let Some((tenant, id, secret)) = parse(token) else {
        return Ok(());
    };
    let scope = state.scope_of(tenant).from_origin(origin);
    let hash = hash_secret(&secret);
    let relay = state.relay().clone();
    scope
        .write(async move |tx: &Tx| {
            if let Some(row) = tx.try_get::<session::Entity>(id).await?
                && row.refresh_hash == hash
                && row.revoked_at.is_none()
            {
                end_row(tx, &row).await?;
                record(tx, Record::of(acts::SIGN_OUT).by(row.account_id).on("session", id)).await?;
                tx.after_commit(move || relay.forget(row.account_id));
            }
            Ok(())
        })
        .await
}

async fn end_row(tx: &Tx, row: &session::Model) -> Result<()> {
    tx.update(session::ActiveModel {
        id: Unchanged(row.id),
        revoked_at: Set(Some(tx.now())),
        ..Default::default()
    })
    .await?;
    Ok(())
}

fn who(scope: &Scope) -> Result<(AccountId, SessionId)> {
    scope
        .principal()
        .map(|principal| (principal.account, principal.session))
        .ok_or_else(|| ApiError::new(Code::Unauthenticated))
}

/// The caller's open sessions, the latest used first.
pub async fn list(scope: &Scope) -> Result<Vec<Session>> {
    let (account, current) = who(scope)?;
    let rows = scope
        .read(async |tx| {
            tx.find::<session::Entity>()
                .filter(session::Column::AccountId.eq(account))
                .filter(session::Column::RevokedAt.is_null())
                .filter(session::Column::ExpiresAt.gt(tx.now()))
                .order_by_desc(session::Column::LastUsedAt)
                .order_by_desc(session::Column::Id)
                .limit(200)
                .all()
                .await
        })
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Session {
            id: row.id,
            user_agent: row.user_agent,
            created_at: beijing(row.created_at),
            last_used_at: beijing(row.last_used_at),
            expires_at: beijing(row.expires_at),
            current: row.id == current,
        })
        .collect())
}

/// Ends one of the caller's own sessions; another's answers 404.
pub async fn end(state: &AppState, scope: &Scope, id: SessionId) -> Result<()> {
    let (account, current) = who(scope)?;
    let relay = state.relay().clone();
    scope
        .write(async move |tx: &Tx| {
            let row = tx.get::<session::Entity>(id).await?;
            if row.account_id != account || row.revoked_at.is_some() {
                return Err(ApiError::new(Code::NotFound));
            }
            end_row(tx, &row).await?;
            let act = if id == current { acts::SIGN_OUT } else { acts::END_SESSION };
            record(tx, Record::of(act).on("session", id)).await?;
            tx.after_commit(move || relay.forget(account));
            Ok(())
        })
        .await
}

/// Ends the sessions of an account in the caller's transaction, except one.
pub async fn end_all(tx: &Tx, account: AccountId, except: Option<SessionId>) -> Result<()> {
    let mut update = tx
        .update_many::<session::Entity>()
        .col_expr(session::Column::RevokedAt, Expr::value(tx.now()))
        .filter(session::Column::AccountId.eq(account))
        .filter(session::Column::RevokedAt.is_null());
    if let Some(except) = except {
        update = update.filter(session::Column::Id.ne(except));
    }
    update.exec().await?;
    Ok(())
}

/// Changes the caller's own password and ends the other sessions.
pub async fn change_password(state: &AppState, scope: &Scope, input: ChangePassword) -> Result<()> {
    let (account, session) = who(scope)?;
    let stored =
        scope.read(async |tx| tx.get::<account::Entity>(account).await).await?.password_hash;
    if !state.passwords().verify(input.current, Some(stored)).await? {
        return Err(ApiError::invalid("current", "当前密码不正确", "is not the present password"));
    }
    let hash = state.passwords().hash(input.new).await?;
    let relay = state.relay().clone();
    scope
        .write(async move |tx: &Tx| {
            let row = tx.get_locked::<account::Entity>(account).await?;
            tx.update(account::ActiveModel {
                id: Unchanged(account),
                password_hash: Set(hash),
                version: Set(row.version + 1),
                ..Default::default()
            })
            .await?;
            end_all(tx, account, Some(session)).await?;
            record(tx, Record::of(acts::CHANGE_PASSWORD).on("account", account)).await?;
            tx.after_commit(move || relay.forget(account));
            Ok(())
        })
        .await
}
