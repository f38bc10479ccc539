//! Ending sessions.

use std::sync::Arc;

use entity::ids::{AccountId, SessionId};
use entity::session;
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, QueryFilter};

use super::acts;
use super::query::who;
use crate::audit::{Record, record};
use crate::auth::revoke;
use crate::http::{ApiError, Code, Result};
use crate::state::AppState;
use crate::tenancy::{Origin, Scope, Tx};

/// Ends the session of a refresh token, whichever of its generations; one that is none has nothing to end.
///
/// # Errors
/// Those of the database.
pub(crate) async fn end_by_token(state: &AppState, token: &str, origin: Arc<Origin>) -> Result<()> {
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

/// Ends one of the caller's own sessions; another's does not exist.
///
/// # Errors
/// `not_found` for one that has ended, or is another's.
pub(crate) async fn end(scope: &Scope, id: SessionId) -> Result<()> {
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
///
/// # Errors
/// Those of the database.
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

/// Ends one session.
pub(super) async fn end_row(tx: &Tx, row: &session::Model) -> Result<()> {
    tx.update(session::ActiveModel {
        id: Unchanged(row.id),
        revoked_at: Set(Some(tx.now())),
        ..Default::default()
    })
    .await?;
    revoke(tx, row.account_id).await
}
