//! Operations on the township itself.

use actix_web::{HttpRequest, HttpResponse, get, post, web};

use super::dto::{SetUp, SetupDone, Site, Township};
use super::perm;
use super::service;
use crate::auth::{self, Permit};
use crate::http::{Json, Result, Valid};
use crate::state::AppState;

/// 站点信息 · Get the site
///
/// 登录前页面可以知道的信息：产品名称和版本，登录页默认的镇街及其是否为演示，以及是否尚待初始化。
///
/// What the pages may know before anybody has signed in: product and version, the township that the sign-in page starts with and
/// whether it is a demonstration, and whether a first township is still to be founded.
#[utoipa::path(tag = "public", operation_id = "get_site", security(()),
    responses((status = 200, description = "站点信息 · The site", body = Site)))]
#[get("/public/site")]
pub(crate) async fn get_site(state: web::Data<AppState>) -> Result<Json<Site>> {
    Ok(Json(service::site(&state).await?))
}

/// 初始化镇街 · Set up a township
///
/// 凭服务器首次启动时输出的一次性令牌，开通镇街及其首名系统管理员；镇街名称由九位代码查得。
/// 令牌错误、已用或超过一天的答 403 `setup_token_invalid`；被拒绝的请求不消耗令牌。
///
/// Founds a township with its first administrator, against the one-time token that the server printed at its first start; its
/// name follows from its nine-digit code. 403 `setup_token_invalid` when the token is wrong, was used, or is older than a day; a
/// refused request does not use the token up.
#[utoipa::path(tag = "public", operation_id = "set_up", security(()),
    request_body = SetUp,
    responses((status = 201, description = "已开通，系统管理员可以登录 · Founded; the administrator can sign in", body = SetupDone)))]
#[post("/public/setup")]
pub(crate) async fn set_up(
    req: HttpRequest,
    from: auth::From,
    state: web::Data<AppState>,
    body: Valid<SetUp>,
) -> Result<HttpResponse> {
    let source = state.proxies().source(&req);
    let done = service::set_up(&state, body.into_inner(), source, from.0).await?;
    Ok(HttpResponse::Created().json(done))
}

/// 本镇街 · Get the township
///
/// 本镇街的代码和名称，以及总网格、子网格、人员和今日在任岗位的数量。
///
/// The township with its code, its name and its size: general grids, sub-grids, people, and posts held today.
#[utoipa::path(tag = "township", operation_id = "get_township", security(("bearer" = ["township.read"])),
    responses((status = 200, description = "本镇街 · The township", body = Township)))]
#[get("/township")]
pub(crate) async fn get_township(permit: Permit<perm::TownshipRead>) -> Result<Json<Township>> {
    Ok(Json(service::get(&permit).await?))
}
