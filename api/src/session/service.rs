//! Use cases of signing in.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::ids::{AccountId, SessionId};
use entity::{account, session};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::acts;
use super::dto::{ChangePassword, Session, SignIn};
use super::ended;
use super::family::{self, Shown, Verdict};
use crate::audit::{self, Record, record};
use crate::auth::strength::Known;
use crate::auth::{ACCESS_SECONDS, By, Claims, Lane, Shower, Source, Target, revoke};
use crate::clock::beijing;
use crate::http::{ApiError, Code, Result};
use crate::state::AppState;
use crate::tenancy::{Origin, Scope, Tx};

/// Days a session lives from its last use.
pub const SESSION_DAYS: i64 = 30;
/// Sessions an account may have open: whoever opens one more loses the one that was not used for longest.
pub const SESSIONS_OPEN: u64 = 20;
/// Sessions ended at once where an account has more, as from before there was a bound.
const SURPLUS_AT_ONCE: u64 = 1_000;

/// Tokens on their way to the client.
#[derive(Debug)]
pub struct Pair {
    /// Access token.
    pub access: String,
    /// Seconds it lives.
    pub expires_in: i64,
    /// The newest refresh token of the session.
    pub refresh: String,
}

/// Who asks for a session, and where.
pub struct Visitor {
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
pub struct Opened {
    /// The tokens.
    pub pair: Pair,
    /// The sign by which this device is known from now on.
    pub device: String,
}

/// Opens a session. The attempt is counted before anything is hashed, and given back where the password was right or
/// nobody looked at it.
pub async fn sign_in(state: &AppState, input: SignIn, visitor: Visitor) -> Result<Opened> {
    let username = input.username.trim().to_lowercase();
    let township = input.township.trim();
    let tenant = state.platform().find(township).await?.map(|tenant| tenant.id);
    let scope = tenant.map(|tenant| state.scope_of(tenant).from_origin(visitor.origin.clone()));
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

fn pair(state: &AppState, scope: &Scope, account: AccountId, newest: Shown) -> Result<Pair> {
    let claims = Claims::new(account, scope.tenant(), newest.session, scope.now());
    Ok(Pair {
        access: state.token_key().sign(&claims)?,
        expires_in: ACCESS_SECONDS,
        refresh: state.family().token(newest),
    })
}

enum Turn {
    Given(AccountId, i32),
    Stolen(AccountId),
    Ended,
    Disabled,
}

/// Gives a new pair for a refresh token. What this server did not make is refused without asking the database, and
/// counted.
pub async fn refresh(
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

/// Ends the session of a refresh token, whichever of its generations; one that is none has nothing to end.
pub async fn end_by_token(state: &AppState, token: &str, origin: Arc<Origin>) -> Result<()> {
    let Some(shown) = state.family().read(token) else {
        return Ok(());
    };
    state
        .scope_of(shown.tenant)
        .from_origin(origin)
        .write(async move |tx: &Tx| {
            if let Some(row) = tx.try_get::<session::Entity>(shown.session).await?
                && row.revoked_at.is_none()
            {
                end_row(tx, &row).await?;
                let sign_out = Record::of(acts::SIGN_OUT).by(row.account_id);
                record(tx, sign_out.on("session", row.id)).await?;
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
    revoke(tx, row.account_id).await
}

fn who(scope: &Scope) -> Result<(AccountId, SessionId)> {
    scope
        .principal()
        .map(|principal| (principal.account, principal.session))
        .ok_or_else(|| ApiError::new(Code::UNAUTHENTICATED))
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
pub async fn end(scope: &Scope, id: SessionId) -> Result<()> {
    let (account, current) = who(scope)?;
    scope
        .write(async move |tx: &Tx| {
            let row = tx.get::<session::Entity>(id).await?;
            if row.account_id != account || row.revoked_at.is_some() {
                return Err(ApiError::new(Code::NOT_FOUND));
            }
            end_row(tx, &row).await?;
            let act = if id == current { acts::SIGN_OUT } else { acts::END_SESSION };
            record(tx, Record::of(act).on("session", id)).await?;
            Ok(())
        })
        .await
}

/// Ends the sessions of an account in the caller's transaction, except one; on every node within a second.
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
    revoke(tx, account).await
}

/// Changes the caller's own password and ends the other sessions.
pub async fn change_password(state: &AppState, scope: &Scope, input: ChangePassword) -> Result<()> {
    let (account, session) = who(scope)?;
    let (stored, known) = scope
        .read(async |tx| {
            let row = tx.get::<account::Entity>(account).await?;
            let known = Known::of(tx, &row.username, &row.display_name, row.member_id).await?;
            Ok((row.password_hash, known))
        })
        .await?;
    let wrong = || ApiError::invalid("current", "当前密码不正确", "is not the present password");
    let attempt = state.throttle().attempt(Target::Account(account), By::Session(session)).await?;
    let same = input.current == input.new;
    match state.passwords().verify(Lane::User, input.current, Some(stored.clone())).await {
        Ok(true) => attempt.succeeded(),
        Ok(false) => {
            attempt.failed();
            return Err(wrong());
        }
        Err(error) => {
            attempt.given_back();
            return Err(error);
        }
    }
    if same {
        return Err(ApiError::invalid(
            "new",
            "新密码不能与当前密码相同",
            "is the present password",
        ));
    }
    known.check("new", &input.new)?;
    let hash = state.passwords().hash(input.new).await?;
    scope
        .write(async move |tx: &Tx| {
            let row = tx.get_locked::<account::Entity>(account).await?;
            if row.password_hash != stored {
                // Changed by somebody else while the given one was being checked.
                return Err(wrong());
            }
            tx.update(account::ActiveModel {
                id: Unchanged(account),
                password_hash: Set(hash),
                must_change_password: Set(false),
                version: Set(row.version + 1),
                ..Default::default()
            })
            .await?;
            end_all(tx, account, Some(session)).await?;
            record(tx, Record::of(acts::CHANGE_PASSWORD).on("account", account)).await?;
            Ok(())
        })
        .await
}
