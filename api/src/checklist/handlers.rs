//! `/checklists`.

use actix_web::{get, post, put};
use entity::ids::ChecklistId;

use super::dto::{
    Checklist, ChecklistPage, CreateChecklist, ListChecklists, Preview, PublishChecklist,
    Published, SaveDraft,
};
use super::perm;
use super::service;
use crate::auth::Permit;
use crate::http::{
    Created, IdempotencyKey, IfMatch, Json, PathId, Problems, Query, Result, Tagged, Valid,
};

/// The lists, newest first.
#[utoipa::path(
    tag = "checklist",
    operation_id = "list_checklists",
    summary = "查询清单",
    security(("bearer" = ["checklist.read"])),
    params(ListChecklists),
    responses((status = 200, description = "新建的在前", body = ChecklistPage), Problems)
)]
#[get("/checklists")]
pub async fn list_checklists(
    permit: Permit<perm::ChecklistRead>,
    query: Query<ListChecklists>,
) -> Result<Json<ChecklistPage>> {
    Ok(Json(service::list(&permit, query.into_inner()).await?))
}

/// A new list with its first draft.
#[utoipa::path(
    tag = "checklist",
    operation_id = "create_checklist",
    summary = "新建清单",
    security(("bearer" = ["checklist.manage"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次")),
    request_body = CreateChecklist,
    responses((status = 201, description = "清单及其第 1 版草稿", body = Checklist), Problems)
)]
#[post("/checklists")]
pub async fn create_checklist(
    permit: Permit<perm::ChecklistManage>,
    key: IdempotencyKey,
    input: Valid<CreateChecklist>,
) -> Result<Created<Checklist>> {
    let list = service::create(&permit, key, input.into_inner()).await?;
    Ok(Created::tagged(format!("/api/v1/checklists/{}", list.id), list))
}

/// A list with all its versions, newest first.
#[utoipa::path(
    tag = "checklist",
    operation_id = "get_checklist",
    summary = "查看清单及各版本",
    security(("bearer" = ["checklist.read"])),
    params(("id" = ChecklistId, Path, description = "清单")),
    responses((status = 200, description = "清单", body = Checklist), Problems)
)]
#[get("/checklists/{id}")]
pub async fn get_checklist(
    permit: Permit<perm::ChecklistRead>,
    id: PathId<ChecklistId>,
) -> Result<Tagged<Checklist>> {
    Ok(Tagged(service::get(&permit, id.0).await?))
}

/// Replaces the draft; after a publication this opens the next version's draft.
#[utoipa::path(
    tag = "checklist",
    operation_id = "save_draft",
    summary = "保存草稿",
    security(("bearer" = ["checklist.manage"])),
    params(
        ("id" = ChecklistId, Path, description = "清单"),
        ("If-Match" = String, Header, description = "所见版本，如 \"v3\"", example = "\"v3\"")
    ),
    request_body = SaveDraft,
    responses((status = 200, description = "清单", body = Checklist), Problems)
)]
#[put("/checklists/{id}/draft")]
pub async fn save_draft(
    permit: Permit<perm::ChecklistManage>,
    id: PathId<ChecklistId>,
    seen: IfMatch,
    input: Valid<SaveDraft>,
) -> Result<Tagged<Checklist>> {
    Ok(Tagged(service::save_draft(&permit, id.0, seen, input.into_inner()).await?))
}

/// What publishing the draft now would bring: who receives what until when, and where nobody is in post.
#[utoipa::path(
    tag = "checklist",
    operation_id = "preview_checklist",
    summary = "发布前预览",
    security(("bearer" = ["checklist.publish"])),
    params(("id" = ChecklistId, Path, description = "清单")),
    responses((status = 200, description = "预览", body = Preview), Problems)
)]
#[get("/checklists/{id}/preview")]
pub async fn preview_checklist(
    permit: Permit<perm::ChecklistPublish>,
    id: PathId<ChecklistId>,
) -> Result<Json<Preview>> {
    Ok(Json(service::preview(&permit, id.0).await?))
}

/// Brings the draft into force today, opens the tasks of the running periods, and cancels those of them that it no
/// longer asks for, unless they were handed in.
#[utoipa::path(
    tag = "checklist",
    operation_id = "publish_checklist",
    summary = "发布清单",
    security(("bearer" = ["checklist.publish"])),
    params(
        ("id" = ChecklistId, Path, description = "清单"),
        ("If-Match" = String, Header, description = "所见版本，如 \"v3\"", example = "\"v3\""),
        ("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次")
    ),
    request_body = PublishChecklist,
    responses((status = 200, description = "已发布", body = Published), Problems)
)]
#[post("/checklists/{id}/publish")]
pub async fn publish_checklist(
    permit: Permit<perm::ChecklistPublish>,
    id: PathId<ChecklistId>,
    key: IdempotencyKey,
    seen: IfMatch,
    input: Valid<PublishChecklist>,
) -> Result<Tagged<Published>> {
    Ok(Tagged(service::publish(&permit, key, id.0, seen, input.into_inner()).await?))
}
