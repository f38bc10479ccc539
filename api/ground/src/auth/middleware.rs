//! Authentication: from the bearer token to the scope, before any extractor runs. It refuses nothing itself:
//! operations open to everybody pass, the others find the refusal in their argument.

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, web};
use entity::ids::AccountId;

use super::memory::Verified;
use super::principal::Principal;
use crate::http::{ApiError, Code, Result};
use crate::state::AppState;
use crate::tenancy::Scope;

/// How long a database that does not answer is waited for before nobody can be told to be who they say.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// What the token said.
pub(super) enum Identity {
    Known(Scope),
    Refused(ApiError),
}

/// The middleware.
pub async fn authenticate<B: MessageBody>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let origin = super::origin::of(&req);
    let token = req
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("bearer ")))
        .map(|token| token.trim().to_owned());
    if let (Some(token), Some(state)) = (token, req.app_data::<web::Data<AppState>>().cloned()) {
        let identity = match identify(&state, token).await {
            Ok(scope) => Identity::Known(scope.from_origin(origin)),
            Err(error) => Identity::Refused(error),
        };
        req.extensions_mut().insert(identity);
    }
    next.call(req).await
}

/// The account of a request's token, once it was authenticated.
#[must_use]
pub fn caller(req: &HttpRequest) -> Option<AccountId> {
    match req.extensions().get::<Identity>() {
        Some(Identity::Known(scope)) => scope.principal().map(|principal| principal.account),
        _ => None,
    }
}

async fn identify(state: &AppState, token: String) -> Result<Scope> {
    let now = state.clock().now();
    if let Some(verified) = state.tokens().get(&token) {
        verified.claims.check_expiry(now)?;
        return Ok(state.scope(verified.principal.tenant, Some(verified.principal)));
    }
    let claims = state.token_key().verify(&token, now)?;
    let scope = state.scope(claims.tid, None);
    // Before the database is read: what is ended meanwhile is then not believed from memory.
    let stamp = state.tokens().stamp();
    let principal = tokio::time::timeout(PATIENCE, Principal::load(&scope, &claims))
        .await
        .map_err(|_| ApiError::new(Code::UNAVAILABLE).retry_after(2))??;
    let principal = Arc::new(principal);
    let verified = Verified { claims, principal: principal.clone() };
    state.tokens().insert(stamp, token, verified);
    Ok(state.scope(principal.tenant, Some(principal)))
}
