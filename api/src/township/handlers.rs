//! Operations on the township itself.

use actix_web::{HttpRequest, HttpResponse, get, post, web};

use super::dto::{SetUp, SetupDone, Site, Township};
use super::perm;
use super::service;
use crate::auth::{self, Permit};
use crate::http::{Json, Problems, Result, Valid};
use crate::state::AppState;

/// What the pages may know before anybody has signed in.
#[utoipa::path(tag = "public", operation_id = "get_site", summary = "站点信息", security(()),
    responses((status = 200, description = "The site", body = Site), Problems))]
#[get("/public/site")]
pub async fn get_site(state: web::Data<AppState>) -> Result<Json<Site>> {
    Ok(Json(service::site(&state).await?))
}

/// Founds a township with its first administrator, against the one-time token that the server printed at its
/// first start. 403 `setup_token_invalid` when the token is wrong, was used, or is older than a day.
#[utoipa::path(tag = "public", operation_id = "set_up", summary = "初始化镇街", security(()),
    request_body = SetUp,
    responses((status = 201, description = "Founded; the administrator can sign in", body = SetupDone), Problems))]
#[post("/public/setup")]
pub async fn set_up(
    req: HttpRequest,
    from: auth::From,
    state: web::Data<AppState>,
    body: Valid<SetUp>,
) -> Result<HttpResponse> {
    let source = state.proxies().source(&req);
    let done = service::set_up(&state, body.into_inner(), source, from.0).await?;
    Ok(HttpResponse::Created().json(done))
}

/// The township with its size.
#[utoipa::path(tag = "township", operation_id = "get_township", summary = "本镇街", security(("bearer" = ["township.read"])),
    responses((status = 200, description = "The township", body = Township), Problems))]
#[get("/township")]
pub async fn get_township(permit: Permit<perm::TownshipRead>) -> Result<Json<Township>> {
    Ok(Json(service::get(&permit).await?))
}
