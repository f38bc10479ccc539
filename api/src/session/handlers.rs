//! Operations of signing in.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put, web};
use entity::ids::SessionId;

use super::dto::{ChangePassword, Refresh, RefreshIn, SessionList, SignIn, SignedIn};
use super::service::{self, Pair, SESSION_DAYS, Visitor};
use crate::auth::{self, KNOWN_DAYS};
use crate::door::Secret;
use crate::http::{ApiError, Code, Json, NoContent, PathId, Problems, Result, Valid};
use crate::state::AppState;

/// The cookie without TLS, for trying: it goes to the session paths only.
const COOKIE: &str = "gezhi_refresh";
const COOKIE_PATH: &str = "/api/v1/sessions";
/// The cookie behind TLS: browsers take a name like this from this very host alone, over TLS, for the whole host, so that
/// no neighbour under the same domain can slip in a session of his own.
const HOST_COOKIE: &str = "__Host-gezhi_refresh";
/// A cookie's name without TLS and behind it.
type Names = (&'static str, &'static str);
/// The refresh token.
const REFRESH: Names = (COOKIE, HOST_COOKIE);
/// By this a device is known where an account signed in before. It stays when one signs out.
const DEVICE: Names = ("gezhi_device", "__Host-gezhi_device");
const AGENT_MAX: usize = 200;

fn cookie(state: &AppState, (plain, host): Names, value: String, days: i64) -> Cookie<'static> {
    let secure = state.config().secure_cookies;
    let (name, path) = if secure { (host, "/") } else { (plain, COOKIE_PATH) };
    Cookie::build(name, value)
        .path(path)
        .http_only(true)
        .secure(secure)
        .same_site(SameSite::Strict)
        .max_age(actix_web::cookie::time::Duration::days(days))
        .finish()
}

/// The cookie in force. The other name is not looked at: behind TLS anybody under the same domain could have set it.
fn from_cookie(req: &HttpRequest, state: &AppState, (plain, host): Names) -> Option<String> {
    let name = if state.config().secure_cookies { host } else { plain };
    req.cookie(name).map(|cookie| cookie.value().to_owned())
}

fn answer(state: &AppState, status: u16, pair: Pair, to: RefreshIn) -> HttpResponse {
    let status =
        actix_web::http::StatusCode::from_u16(status).unwrap_or(actix_web::http::StatusCode::OK);
    let mut builder = HttpResponse::build(status);
    builder.insert_header((header::CACHE_CONTROL, "no-store"));
    let mut refresh_token = None;
    match to {
        RefreshIn::Cookie => {
            builder.cookie(cookie(state, REFRESH, pair.refresh, SESSION_DAYS));
        }
        RefreshIn::Body => refresh_token = Some(pair.refresh),
    }
    builder.json(SignedIn {
        access_token: pair.access,
        token_type: "Bearer".to_owned(),
        expires_in: pair.expires_in,
        refresh_token,
    })
}

fn agent(req: &HttpRequest) -> String {
    req.headers()
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .chars()
        .take(AGENT_MAX)
        .collect()
}

/// Opens a session with township, user name and password. Whoever fails often waits longer and longer (429 with
/// `Retry-After`); the cookie `gezhi_device` keeps that from a device where the account signed in before.
#[utoipa::path(tag = "session", operation_id = "sign_in", summary = "登录", security(()),
    request_body = SignIn,
    responses((status = 201, description = "Signed in; the refresh token is in the cookie `__Host-gezhi_refresh` (`gezhi_refresh` without TLS) or, where asked for, in the body", body = SignedIn), Problems))]
#[post("/sessions")]
pub async fn sign_in(
    req: HttpRequest,
    from: auth::From,
    state: web::Data<AppState>,
    body: Valid<SignIn>,
) -> Result<HttpResponse> {
    let to = body.refresh_in;
    let visitor = Visitor {
        agent: agent(&req),
        source: state.proxies().source(&req),
        origin: from.0,
        device: from_cookie(&req, &state, DEVICE),
    };
    let opened = service::sign_in(&state, body.into_inner(), visitor).await?;
    let mut response = answer(&state, 201, opened.pair, to);
    response
        .add_cookie(&cookie(&state, DEVICE, opened.device, KNOWN_DAYS))
        .map_err(ApiError::internal)?;
    Ok(response)
}

/// Gives a new access token for a refresh token, which is good once: within half a minute a repetition gets the same
/// successor, later it tells of a copy and ends the session.
#[utoipa::path(tag = "session", operation_id = "refresh_session", summary = "刷新登录凭证", security(()),
    request_body = Refresh,
    responses((status = 200, description = "A fresh pair", body = SignedIn), Problems))]
#[post("/sessions/refresh")]
pub async fn refresh_session(
    req: HttpRequest,
    from: auth::From,
    state: web::Data<AppState>,
    body: Valid<Refresh>,
) -> Result<HttpResponse> {
    let given = body.into_inner().refresh_token;
    let to = if given.is_some() { RefreshIn::Body } else { RefreshIn::Cookie };
    let token = given
        .or_else(|| from_cookie(&req, &state, REFRESH).map(Secret::from))
        .ok_or_else(|| ApiError::new(Code::UNAUTHENTICATED))?;
    let pair =
        service::refresh(&state, token.reveal(), state.proxies().source(&req), from.0).await?;
    Ok(answer(&state, 200, pair, to))
}

/// Ends the session that asks: the one of the access token, or of the refresh cookie when that is all there is.
#[utoipa::path(tag = "session", operation_id = "sign_out", summary = "退出登录", security(("bearer" = []), ()),
    responses((status = 204, description = "Signed out; the cookie is cleared"), Problems))]
#[delete("/sessions/current")]
pub async fn sign_out(
    req: HttpRequest,
    from: auth::From,
    state: web::Data<AppState>,
    caller: Option<auth::SignedIn>,
) -> Result<HttpResponse> {
    if let Some(scope) = caller
        && let Some(session) = scope.principal().map(|principal| principal.session)
    {
        service::end(&scope, session).await?;
    } else if let Some(token) = from_cookie(&req, &state, REFRESH) {
        service::end_by_token(&state, &token, from.0).await?;
    }
    let mut answer = HttpResponse::NoContent();
    answer.cookie(cookie(&state, REFRESH, String::new(), 0));
    if state.config().secure_cookies {
        // One of a time before TLS would lie about for a month.
        answer.cookie(
            Cookie::build(COOKIE, "")
                .path(COOKIE_PATH)
                .max_age(actix_web::cookie::time::Duration::ZERO)
                .finish(),
        );
    }
    Ok(answer.finish())
}

/// The caller's open sessions, the latest used first (at most 200).
#[utoipa::path(tag = "session", operation_id = "list_sessions", summary = "我的登录", security(("bearer" = [])),
    responses((status = 200, description = "Open sessions", body = SessionList), Problems))]
#[get("/sessions")]
pub async fn list_sessions(caller: auth::SignedIn) -> Result<Json<SessionList>> {
    Ok(Json(SessionList { items: service::list(&caller).await?, next_cursor: None }))
}

/// Ends one of the caller's own sessions.
#[utoipa::path(tag = "session", operation_id = "end_session", summary = "结束一次登录", security(("bearer" = [])),
    params(("id" = SessionId, Path, description = "The session")),
    responses((status = 204, description = "Ended"), Problems))]
#[delete("/sessions/{id}")]
pub async fn end_session(caller: auth::SignedIn, id: PathId<SessionId>) -> Result<NoContent> {
    service::end(&caller, id.0).await?;
    Ok(NoContent)
}

/// Changes the caller's own password and ends the other sessions.
#[utoipa::path(tag = "session", operation_id = "change_password", summary = "修改密码", security(("bearer" = [])),
    request_body = ChangePassword,
    responses((status = 204, description = "Changed; the other sessions have ended"), Problems))]
#[put("/me/password")]
pub async fn change_password(
    caller: auth::SignedIn,
    state: web::Data<AppState>,
    body: Valid<ChangePassword>,
) -> Result<NoContent> {
    service::change_password(&state, &caller, body.into_inner()).await?;
    Ok(NoContent)
}
