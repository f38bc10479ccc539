//! The two tokens of a session.

use entity::ids::AccountId;

use super::family::Shown;
use crate::auth::{ACCESS_SECONDS, Claims};
use crate::http::Result;
use crate::state::AppState;
use crate::tenancy::Scope;

/// Days a session lives from its last use.
pub(crate) const SESSION_DAYS: i64 = 30;

/// Tokens on their way to the client.
#[derive(Debug)]
pub(crate) struct Pair {
    /// Access token.
    pub access: String,
    /// Seconds it lives.
    pub expires_in: i64,
    /// The newest refresh token of the session.
    pub refresh: String,
}

/// Signs the access token and makes the newest refresh token of a session.
pub(super) fn pair(
    state: &AppState,
    scope: &Scope,
    account: AccountId,
    newest: Shown,
) -> Result<Pair> {
    let claims = Claims::new(account, scope.tenant(), newest.session, scope.now());
    Ok(Pair {
        access: state.token_key().sign(&claims)?,
        expires_in: ACCESS_SECONDS,
        refresh: state.family().token(newest),
    })
}
