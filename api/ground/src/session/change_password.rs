//! Changing one's own password.

use entity::account;
use sea_orm::ActiveValue::{Set, Unchanged};

use super::acts;
use super::dto::ChangePassword;
use super::end::end_all;
use super::query::who;
use crate::audit::{Record, record};
use crate::auth::strength::Known;
use crate::auth::{By, Lane, Target};
use crate::http::{ApiError, Result};
use crate::state::AppState;
use crate::tenancy::{Scope, Tx};

/// Changes the caller's own password and ends the other sessions.
///
/// # Errors
/// 422 for a wrong present password, the same one again, or one that is guessed too easily.
pub(crate) async fn change_password(
    state: &AppState,
    scope: &Scope,
    input: ChangePassword,
) -> Result<()> {
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
