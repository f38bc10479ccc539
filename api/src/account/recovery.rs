//! Giving a township an administrator back, when none of them can sign in.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::RecoveryTokenId;
use entity::kinds::{Role, Sphere};
use entity::{account, recovery_token};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, QueryFilter};

use super::create::insert;
use super::dto::{CreateAccount, RestoreAdministrator, Restored};
use super::{acts, codes};
use crate::audit::{Record, record};
use crate::auth;
use crate::auth::strength::Known;
use crate::auth::{Lane, Shower, Source, hash_secret, new_secret};
use crate::http::{ApiError, Code, Result};
use crate::session;
use crate::state::AppState;
use crate::tenancy::{Origin, Scope, Tx};

/// Hours a recovery token is good for.
const HOURS: i64 = 24;

/// Makes a one-time token and keeps its hash. Whoever has it sets an administrator's password, so it is the operator's to give.
///
/// # Errors
/// Those of the database.
pub async fn new_recovery_token(scope: &Scope) -> Result<String> {
    let token = new_secret();
    let hash = hash_secret(&token);
    scope
        .write(async move |tx: &Tx| {
            let id = RecoveryTokenId::new();
            record(tx, Record::of(acts::MAKE_RECOVERY_TOKEN).on("recovery_token", id)).await?;
            tx.insert(recovery_token::ActiveModel {
                id: Set(id),
                token_hash: Set(hash),
                created_at: Set(tx.now()),
                used_at: Set(None),
                ..Default::default()
            })
            .await?;
            Ok(())
        })
        .await?;
    Ok(token)
}

fn oldest(now: DateTime<Utc>) -> DateTime<Utc> {
    now - TimeDelta::hours(HOURS)
}

fn refused() -> ApiError {
    ApiError::new(codes::RECOVERY_TOKEN_INVALID)
}

/// Makes an administrator, or gives one a new password: whoever it is can sign in afterwards. The account's sessions end.
///
/// The token is looked at before anything is hashed; wrong ones are counted by where they come from. A township that is not here
/// is answered as a wrong token.
///
/// # Errors
/// 403 `recovery_token_invalid`; 409 `already_exists` when the user name is that of an account of the business; 422 for a password
/// that is guessed too easily.
pub(super) async fn restore(
    state: &AppState,
    input: RestoreAdministrator,
    source: Source,
    origin: Arc<Origin>,
) -> Result<Restored> {
    use recovery_token::Column;
    let wrong = || match state.throttle().wrong_secret("recovery", Shower::Source(source)) {
        Ok(()) => refused(),
        Err(slow) => slow,
    };
    let Some(township) = state.platform().find(&input.township_code).await? else {
        return Err(wrong());
    };
    let scope = state.scope_of(township.id).from_origin(origin);
    let token = hash_secret(input.token.reveal().trim());
    let good = move |tx: &Tx| {
        Condition::all()
            .add(Column::TokenHash.eq(token.clone()))
            .add(Column::UsedAt.is_null())
            .add(Column::CreatedAt.gt(oldest(tx.now())))
    };
    let username = auth::username(&input.username);
    let known = {
        let (good, username) = (good.clone(), username.clone());
        let display_name = input.display_name.clone();
        let found = scope
            .read(async move |tx: &Tx| {
                let count = tx.find::<recovery_token::Entity>().filter(good(tx)).count().await?;
                if count == 0 {
                    return Ok(None);
                }
                Known::of(tx, &username, &display_name, None).await.map(Some)
            })
            .await?;
        found.ok_or_else(wrong)?
    };
    known.check("password", &input.password)?;
    let hash = state.passwords().hash_for(Lane::Stranger, input.password).await?;
    let display_name = input.display_name;
    let done = Restored { township: township.name, username: username.clone() };
    scope
        .write(async move |tx: &Tx| {
            let used = tx
                .update_many::<recovery_token::Entity>()
                .col_expr(Column::UsedAt, Expr::value(tx.now()))
                .filter(good(tx))
                .exec()
                .await?;
            if used != 1 {
                return Err(refused());
            }
            let there = tx
                .find::<account::Entity>()
                .filter(account::Column::Username.eq(username.as_str()))
                .locked()
                .one()
                .await?;
            let id = match there {
                Some(row) if row.sphere == Sphere::Administration => {
                    tx.update(account::ActiveModel {
                        id: Unchanged(row.id),
                        password_hash: Set(hash),
                        disabled: Set(false),
                        must_change_password: Set(false),
                        version: Set(row.version + 1),
                        ..Default::default()
                    })
                    .await?;
                    session::end_all(tx, row.id, None).await?;
                    row.id
                }
                Some(_) => {
                    return Err(ApiError::new(Code::ALREADY_EXISTS).detail(
                        "该用户名属于业务账号，请另用一个用户名",
                        "The user name is that of an account of the business: use another",
                    ));
                }
                None => {
                    let administrator = CreateAccount {
                        username,
                        password: Default::default(),
                        display_name,
                        roles: vec![Role::Administrator],
                        member_id: None,
                    };
                    insert(tx, administrator, hash, false).await?
                }
            };
            record(tx, Record::of(acts::RESTORE).on("account", id)).await
        })
        .await?;
    Ok(done)
}
