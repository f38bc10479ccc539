//! `/home`.

use actix_web::get;

use super::dto::Home;
use super::perm;
use super::service;
use crate::auth::Permit;
use crate::http::{Json, Result};

/// 今日要事 · Get what needs a decision today
///
/// 今日需要处置的事项：逾期、今日到期和待核验的任务，岗位空缺，今日活动。有 `task.read_all` 权限的，看全镇街；
/// 网格长看本人网格及其下级；活动都看全镇街的。
///
/// What needs a decision today: tasks that are late, due today or to be verified, vacant posts, and the activities of the day.
/// With `task.read_all` of the township, for a grid head of the own grids and those beneath; activities are everybody's.
#[utoipa::path(
    tag = "home",
    operation_id = "get_home",
    security(("bearer" = ["home.read"])),
    responses((status = 200, description = "今日要事 · What needs a decision today", body = Home))
)]
#[get("/home")]
pub(crate) async fn get_home(permit: Permit<perm::HomeRead>) -> Result<Json<Home>> {
    Ok(Json(service::home(&permit).await?))
}
