//! HTTP for grids and posts.

use actix_web::{get, patch, post};
use entity::ids::{GridId, GridPostId};

use super::dto::{Appoint, BoundaryCollection, EndPost, Grid, GridList, GridPost, UpdateGrid};
use super::perm;
use super::service;
use crate::auth::Permit;
use crate::http::{
    Created, IdempotencyKey, IfMatch, Json, PathId, Problems, Result, Tagged, Valid,
};

/// List the grids: the whole tree with the posts held today.
#[utoipa::path(tag = "grid", operation_id = "list_grids", summary = "网格列表",
    description = "The whole tree, every parent before its children, siblings by code, with the posts held today and the heads that are missing.",
    security(("bearer" = ["grid.read"])),
    responses((status = 200, description = "All grids.", body = GridList), Problems))]
#[get("/grids")]
pub async fn list_grids(permit: Permit<perm::GridRead>) -> Result<Json<GridList>> {
    Ok(Json(service::list(&permit).await?))
}

/// The boundaries of all grids as GeoJSON.
#[utoipa::path(tag = "grid", operation_id = "list_grid_boundaries", summary = "网格边界（GeoJSON）",
    security(("bearer" = ["grid.read"])),
    responses((status = 200, description = "A FeatureCollection, parents before their children.", body = BoundaryCollection), Problems))]
#[get("/grids/boundaries")]
pub async fn list_grid_boundaries(
    permit: Permit<perm::GridRead>,
) -> Result<Json<BoundaryCollection>> {
    Ok(Json(service::boundaries(&permit).await?))
}

/// One grid.
#[utoipa::path(tag = "grid", operation_id = "get_grid", summary = "查看网格",
    security(("bearer" = ["grid.read"])),
    params(("id" = GridId, Path, description = "Id of the grid.")),
    responses((status = 200, description = "The grid.", body = Grid), Problems))]
#[get("/grids/{id}")]
pub async fn get_grid(permit: Permit<perm::GridRead>, id: PathId<GridId>) -> Result<Tagged<Grid>> {
    Ok(Tagged(service::get(&permit, id.0).await?))
}

/// Rename a grid.
#[utoipa::path(tag = "grid", operation_id = "update_grid", summary = "网格改名",
    description = "Boundaries, codes, kinds and the tree change by import.",
    security(("bearer" = ["grid.manage"])),
    params(("id" = GridId, Path, description = "Id of the grid."),
        ("If-Match" = String, Header, description = "The ETag that was seen.", example = "\"v1\"")),
    request_body = UpdateGrid,
    responses((status = 200, description = "The grid.", body = Grid), Problems))]
#[patch("/grids/{id}")]
pub async fn update_grid(
    permit: Permit<perm::GridManage>,
    id: PathId<GridId>,
    seen: IfMatch,
    input: Valid<UpdateGrid>,
) -> Result<Tagged<Grid>> {
    Ok(Tagged(service::update(&permit, id.0, seen, input.into_inner()).await?))
}

/// Appoint a person to a post.
#[utoipa::path(tag = "grid", operation_id = "appoint", summary = "任命网格岗位",
    description = "Supervisor, general head and sub-grid head are held by one person at a time (409 `post_taken`). The tasks that lists ask of the post in the running periods open at once.",
    security(("bearer" = ["grid.manage"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "A repetition with the same key gets the first answer.")),
    request_body = Appoint,
    responses((status = 201, description = "The post.", body = GridPost), Problems))]
#[post("/grid-posts")]
pub async fn appoint(
    permit: Permit<perm::GridManage>,
    key: IdempotencyKey,
    input: Valid<Appoint>,
) -> Result<Created<GridPost>> {
    let post = service::appoint_once(&permit, key, input.into_inner()).await?;
    Ok(Created::at(format!("/api/v1/grids/{}", post.grid_id), post))
}

/// End a post.
#[utoipa::path(tag = "grid", operation_id = "end_grid_post", summary = "结束任职",
    description = "`until` is the day from which the post is free: a successor can begin on the same day. From that day what the person still owes in the post is cancelled.",
    security(("bearer" = ["grid.manage"])),
    params(("id" = GridPostId, Path, description = "Id of the held post.")),
    request_body = EndPost,
    responses((status = 200, description = "The post with its end.", body = GridPost), Problems))]
#[post("/grid-posts/{id}/end")]
pub async fn end_grid_post(
    permit: Permit<perm::GridManage>,
    id: PathId<GridPostId>,
    input: Valid<EndPost>,
) -> Result<Json<GridPost>> {
    Ok(Json(service::end_post(&permit, id.0, input.into_inner()).await?))
}
