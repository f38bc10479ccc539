//! Operations of signing in.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put, web};
use entity::ids::SessionId;

use super::dto::{ChangePassword, Refresh, RefreshIn, SessionList, SignIn, SignedIn};
use super::end::{end, end_by_token};
use super::pair::{Pair, SESSION_DAYS};
use super::query;
use super::refresh::refresh;
use super::sign_in::Visitor;
use crate::auth::{self, KNOWN_DAYS};
use crate::door::Secret;
use crate::http::{ApiError, Code, Json, NoContent, PathId, Result, Valid, all};
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

/// 登录 · Sign in
///
/// 凭镇街、用户名和密码登录；三者任一有误，答复相同（401 `invalid_credentials`）。多次失败的，
/// 等待时间逐次加长（429，附 `Retry-After`）；本账号登录过的设备凭 Cookie `gezhi_device` 单独计数，不受他人失败的影响。
///
/// Opens a session with township, user name and password; a wrong one of the three answers the same (401 `invalid_credentials`).
/// Whoever fails often waits longer and longer (429 with `Retry-After`); a device where the account signed in before is known by
/// the cookie `gezhi_device` and does not wait for what others fail at.
#[utoipa::path(tag = "session", operation_id = "sign_in", security(()),
    request_body = SignIn,
    responses((status = 201, description = "已登录；刷新令牌在 Cookie `__Host-gezhi_refresh`（无 TLS 时为 `gezhi_refresh`）中，或按要求在正文中 · Signed in; the refresh token is in the cookie `__Host-gezhi_refresh` (`gezhi_refresh` without TLS) or, where asked for, in the body", body = SignedIn)))]
#[post("/sessions")]
pub(crate) async fn sign_in(
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
    let opened = super::sign_in::sign_in(&state, body.into_inner(), visitor).await?;
    let mut response = answer(&state, 201, opened.pair, to);
    response
        .add_cookie(&cookie(&state, DEVICE, opened.device, KNOWN_DAYS))
        .map_err(ApiError::internal)?;
    Ok(response)
}

/// 刷新登录凭证 · Refresh the tokens
///
/// 以刷新令牌换取新的访问令牌和刷新令牌。刷新令牌只能用一次：半分钟内重复使用，得到同一个后继令牌；之后再用，视为已被复制，
/// 登录随即结束（401 `session_ended`）。
///
/// Gives a new access token for a refresh token, which is good once: within half a minute a repetition gets the same successor,
/// later it tells of a copy and ends the session (401 `session_ended`).
#[utoipa::path(tag = "session", operation_id = "refresh_session", security(()),
    request_body = Refresh,
    responses((status = 200, description = "新的一对令牌 · A fresh pair of tokens", body = SignedIn)))]
#[post("/sessions/refresh")]
pub(crate) async fn refresh_session(
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
    let pair = refresh(&state, token.reveal(), state.proxies().source(&req), from.0).await?;
    Ok(answer(&state, 200, pair, to))
}

/// 退出登录 · Sign out
///
/// 结束发出请求的这次登录：以访问令牌为准，只有刷新 Cookie 的以该 Cookie 为准；该 Cookie 一并清除。
///
/// Ends the session that asks: the one of the access token, or of the refresh cookie when that is all there is; the cookie is
/// cleared.
#[utoipa::path(tag = "session", operation_id = "sign_out", security(("bearer" = []), ()),
    responses((status = 204, description = "已退出，Cookie 已清除 · Signed out; the cookie is cleared")))]
#[delete("/sessions/current")]
pub(crate) async fn sign_out(
    req: HttpRequest,
    from: auth::From,
    state: web::Data<AppState>,
    caller: Option<auth::SignedIn>,
) -> Result<HttpResponse> {
    if let Some(scope) = caller
        && let Some(session) = scope.principal().map(|principal| principal.session)
    {
        end(&scope, session).await?;
    } else if let Some(token) = from_cookie(&req, &state, REFRESH) {
        end_by_token(&state, &token, from.0).await?;
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

/// 我的登录 · List my sessions
///
/// 本账号尚未结束的登录，最近使用的在前，最多 200 次；不分页。
///
/// The caller's open sessions, the latest used first (at most 200).
#[utoipa::path(tag = "session", operation_id = "list_sessions", security(("bearer" = [])),
    responses((status = 200, description = "未结束的登录 · Open sessions", body = SessionList)))]
#[get("/sessions")]
pub(crate) async fn list_sessions(caller: auth::SignedIn) -> Result<Json<SessionList>> {
    let items = query::list(&caller).await?;
    Ok(Json(SessionList { total: all(&items), items, next_cursor: None }))
}

/// 结束一次登录 · End a session
///
/// 结束本账号的一次登录，随即生效；他人的，以及已经结束的，答 404。
///
/// Ends one of the caller's own sessions at once; another's, and one that was ended before, answers 404.
#[utoipa::path(tag = "session", operation_id = "end_session", security(("bearer" = [])),
    params(("id" = SessionId, Path, description = "登录 · The session")),
    responses((status = 204, description = "已结束 · Ended")))]
#[delete("/sessions/{id}")]
pub(crate) async fn end_session(
    caller: auth::SignedIn,
    id: PathId<SessionId>,
) -> Result<NoContent> {
    end(&caller, id.0).await?;
    Ok(NoContent)
}

/// 修改密码 · Change the password
///
/// 修改本人密码，并结束本账号的其他登录。当前密码不正确，新密码与之相同，或易被猜中的，答 422；当前密码多次有误的，
/// 须等待后再试（429）。
///
/// Changes the caller's own password and ends the other sessions. 422 when the present password is wrong, when the new one is the
/// same, or when it is guessed too easily; whoever often gets the present one wrong has to wait (429).
#[utoipa::path(tag = "session", operation_id = "change_password", security(("bearer" = [])),
    request_body = ChangePassword,
    responses((status = 204, description = "已修改，其他登录已结束 · Changed; the other sessions have ended")))]
#[put("/me/password")]
pub(crate) async fn change_password(
    caller: auth::SignedIn,
    state: web::Data<AppState>,
    body: Valid<ChangePassword>,
) -> Result<NoContent> {
    super::change_password::change_password(&state, &caller, body.into_inner()).await?;
    Ok(NoContent)
}
