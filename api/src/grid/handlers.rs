//! HTTP for grids and posts.

use actix_web::{get, patch, post};
use entity::ids::{GridId, GridPostId};

use super::appoint::appoint_once;
use super::dto::{
    Appoint, BoundaryCollection, EndPost, Grid, GridList, GridPost, ListGrids, UpdateGrid,
};
use super::{end_post, perm, query, rename, sheet};
use crate::auth::Permit;
use crate::http::{Created, IdempotencyKey, IfMatch, Json, PathId, Result, Tagged, Valid};
use crate::sheet::{Answer, Asked};
use crate::tenancy::Scope;

/// 网格列表 · List grids
///
/// 完整的网格树：上级在前，同级按编码排列，附今日在任的岗位和空缺的网格长；不分页。`changed_since` 只列该时刻以来本身或岗位有变更的。
///
/// The whole tree at once, every parent before its children, siblings by code, with the posts held today and the heads that are
/// missing; with `changed_since` those that have changed since then, or whose posts have.
#[utoipa::path(tag = "grid", operation_id = "list_grids",
    security(("bearer" = ["grid.read"])), params(ListGrids),
    responses((status = 200, description = "全部网格，上级在前 · All grids, parents first", body = GridList)))]
#[get("/grids")]
pub(crate) async fn list_grids(
    permit: Permit<perm::GridRead>,
    asked: Asked<ListGrids>,
) -> Result<Answer<GridList>> {
    let list = async |scope: &Scope, query: &ListGrids| query::list(scope, query.clone()).await;
    asked.whole(&permit, &sheet::GRIDS, list, |all| all.items).await
}

/// 网格边界（GeoJSON） · List grid boundaries
///
/// 全部网格的边界，为 GeoJSON `FeatureCollection`，上级在前；坐标以度为单位，最多六位小数。
///
/// The boundaries of all grids as a GeoJSON `FeatureCollection`, parents before their children; coordinates are in degrees, with
/// at most six decimals.
#[utoipa::path(tag = "grid", operation_id = "list_grid_boundaries",
    security(("bearer" = ["grid.read"])),
    responses((status = 200, description = "FeatureCollection，上级在前 · A FeatureCollection, parents first", body = BoundaryCollection)))]
#[get("/grids/boundaries")]
pub(crate) async fn list_grid_boundaries(
    permit: Permit<perm::GridRead>,
) -> Result<Json<BoundaryCollection>> {
    Ok(Json(query::boundaries(&permit).await?))
}

/// 查看网格 · Get a grid
///
/// 一个网格，附中心点、面积（平方米）、今日在任的岗位和空缺的网格长。修改时须以其 `ETag` 作 `If-Match`。
///
/// One grid with its centre, its surface in square metres, the posts held today and the heads that are missing. A change needs
/// its `ETag` as `If-Match`.
#[utoipa::path(tag = "grid", operation_id = "get_grid",
    security(("bearer" = ["grid.read"])),
    params(("id" = GridId, Path, description = "网格 · The grid")),
    responses((status = 200, description = "网格 · The grid", body = Grid)))]
#[get("/grids/{id}")]
pub(crate) async fn get_grid(
    permit: Permit<perm::GridRead>,
    id: PathId<GridId>,
) -> Result<Tagged<Grid>> {
    Ok(Tagged(query::get(&permit, id.0).await?))
}

/// 网格改名 · Rename a grid
///
/// 只改名称；边界、编码、类型和上下级关系经导入变更。他人已改过的答 412。
///
/// Changes the name alone: boundaries, codes, kinds and the tree change by import. 412 when somebody else changed the grid
/// meanwhile.
#[utoipa::path(tag = "grid", operation_id = "update_grid",
    security(("bearer" = ["grid.manage"])),
    params(("id" = GridId, Path, description = "网格 · The grid"),
        ("If-Match" = String, Header, description = "所见版本，即 ETag 的值 · The version seen, as in the ETag", example = "\"v1\"")),
    request_body = UpdateGrid,
    responses((status = 200, description = "网格 · The grid", body = Grid)))]
#[patch("/grids/{id}")]
pub(crate) async fn update_grid(
    permit: Permit<perm::GridManage>,
    id: PathId<GridId>,
    seen: IfMatch,
    input: Valid<UpdateGrid>,
) -> Result<Tagged<Grid>> {
    Ok(Tagged(rename::rename(&permit, id.0, seen, input.into_inner()).await?))
}

/// 任命网格岗位 · Appoint a person to a post
///
/// 督导员、总网格长、子网格长同时只由一人担任（409 `post_taken`）；同一人已在任的答 409 `already_exists`。`since` 不填为今日，
/// 最晚为一年之后。清单在当期对该岗位要求的任务随即下发；日后起任的，起任当日下发。
///
/// Supervisor, general head and sub-grid head are held by one person at a time (409 `post_taken`); a person who holds the post
/// already answers 409 `already_exists`. `since` is today when left out, and at most a year ahead. The tasks that lists ask of
/// the post in the running periods open at once, for a later `since` on that day.
#[utoipa::path(tag = "grid", operation_id = "appoint",
    security(("bearer" = ["grid.manage"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次 · The same key takes effect once")),
    request_body = Appoint,
    responses((status = 201, description = "任职 · The held post", body = GridPost,
        headers(("Location" = String)))))]
#[post("/grid-posts")]
pub(crate) async fn appoint(
    permit: Permit<perm::GridManage>,
    key: IdempotencyKey,
    input: Valid<Appoint>,
) -> Result<Created<GridPost>> {
    let post = appoint_once(&permit, key, input.into_inner()).await?;
    Ok(Created::at(format!("/api/v1/grids/{}", post.grid_id), post))
}

/// 结束任职 · End a post
///
/// `until` 是岗位空出之日，不填为今日，继任者可自当日起任。自该日起，此人在该岗位上尚欠的任务予以取消。
/// 任职已经结束的答 409 `state_conflict`。
///
/// `until` is the day from which the post is free, today when left out: a successor can begin on the same day. From that day what
/// the person still owes in the post is cancelled. A term that has ended already answers 409 `state_conflict`.
#[utoipa::path(tag = "grid", operation_id = "end_grid_post",
    security(("bearer" = ["grid.manage"])),
    params(("id" = GridPostId, Path, description = "任职 · The held post")),
    request_body = EndPost,
    responses((status = 200, description = "任职及其结束日期 · The held post with its end", body = GridPost)))]
#[post("/grid-posts/{id}/end")]
pub(crate) async fn end_grid_post(
    permit: Permit<perm::GridManage>,
    id: PathId<GridPostId>,
    input: Valid<EndPost>,
) -> Result<Json<GridPost>> {
    Ok(Json(end_post::end_post(&permit, id.0, input.into_inner()).await?))
}
