//! The sessions of whoever is signed in.

use entity::ids::{AccountId, SessionId};
use entity::session;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::dto::Session;
use crate::clock::beijing;
use crate::http::{ApiError, Code, Result};
use crate::tenancy::Scope;

/// The account that is signed in, and its session.
pub(super) fn who(scope: &Scope) -> Result<(AccountId, SessionId)> {
    scope
        .principal()
        .map(|principal| (principal.account, principal.session))
        .ok_or_else(|| ApiError::new(Code::UNAUTHENTICATED))
}

/// The caller's open sessions, the latest used first, at most 200; one statement.
///
/// # Errors
/// `unauthenticated` without a principal.
pub(crate) async fn list(scope: &Scope) -> Result<Vec<Session>> {
    let (account, current) = who(scope)?;
    let rows = scope
        .read_single(async |tx| {
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
