//! `/home`.

use actix_web::get;

use super::dto::Home;
use super::perm;
use super::service;
use crate::auth::Permit;
use crate::http::{Json, Problems, Result};

/// What needs a decision today: the township for the office, the own grids for a grid head.
#[utoipa::path(
    tag = "home",
    operation_id = "get_home",
    summary = "今日要事",
    security(("bearer" = ["home.read"])),
    responses((status = 200, description = "今日要事", body = Home), Problems)
)]
#[get("/home")]
pub async fn get_home(permit: Permit<perm::HomeRead>) -> Result<Json<Home>> {
    Ok(Json(service::home(&permit).await?))
}
