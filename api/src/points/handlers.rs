//! The operations of points.

use actix_web::get;

use super::perm;
use super::{dto, service};
use crate::auth::Permit;
use crate::http::{Json, Problems, Query, Result};

/// Balance, score and rank of the person behind the account.
#[utoipa::path(
    tag = "points",
    operation_id = "get_my_purse",
    summary = "My points",
    security(("bearer" = ["points.read"])),
    responses((status = 200, description = "The caller's purse", body = dto::Purse), Problems)
)]
#[get("/purses/mine")]
pub async fn get_my_purse(permit: Permit<perm::PointsRead>) -> Result<Json<dto::Purse>> {
    Ok(Json(service::my_purse(&permit).await?))
}

/// The lines of a purse, each with the sentence that explains it, the newest first.
#[utoipa::path(
    tag = "points",
    operation_id = "list_points_entries",
    summary = "Lines of a purse",
    security(("bearer" = ["points.read"])),
    params(dto::ListPointsEntries),
    responses((status = 200, description = "A page of lines", body = dto::PointsEntryPage), Problems)
)]
#[get("/points-entries")]
pub async fn list_points_entries(
    permit: Permit<perm::PointsRead>,
    query: Query<dto::ListPointsEntries>,
) -> Result<Json<dto::PointsEntryPage>> {
    Ok(Json(service::list_entries(&permit, query.into_inner()).await?))
}

/// By what rules points are earned, each with its formula in words.
#[utoipa::path(
    tag = "points",
    operation_id = "list_points_rules",
    summary = "Rules of points",
    security(("bearer" = ["points.read"])),
    responses((status = 200, description = "All rules", body = dto::PointsRuleList), Problems)
)]
#[get("/points-rules")]
pub async fn list_points_rules(
    permit: Permit<perm::PointsRead>,
) -> Result<Json<dto::PointsRuleList>> {
    Ok(Json(service::list_rules(&permit).await?))
}

/// Who earned most in a quarter. Equal scores share a rank.
#[utoipa::path(
    tag = "points",
    operation_id = "get_leaderboard",
    summary = "Leaderboard of a quarter",
    security(("bearer" = ["points.read"])),
    params(dto::GetLeaderboard),
    responses((status = 200, description = "The first places", body = dto::Leaderboard), Problems)
)]
#[get("/leaderboard")]
pub async fn get_leaderboard(
    permit: Permit<perm::PointsRead>,
    query: Query<dto::GetLeaderboard>,
) -> Result<Json<dto::Leaderboard>> {
    Ok(Json(service::leaderboard(&permit, query.into_inner()).await?))
}
