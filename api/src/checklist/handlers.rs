//! `/checklists`.

use actix_web::{get, post, put};
use entity::ids::ChecklistId;

use super::dto::{
    Checklist, ChecklistPage, CreateChecklist, ListChecklists, Preview, PublishChecklist,
    Published, SaveDraft,
};
use super::{draft, perm, preview, publish, query, sheet};
use crate::auth::Permit;
use crate::http::{Created, IdempotencyKey, IfMatch, Json, PathId, Result, Tagged, Valid};
use crate::sheet::{Answer, Asked};

/// 查询清单 · List checklists
///
/// 新建的在前，附施行中的版本及其施行日期、条目数，以及有无待发布的草稿。`changed_since` 只列该时刻以来有变更的。每页 `limit` 条（1–200，缺省 50），
/// 下一页以 `next_cursor` 作翻页标记。
///
/// The checklists, newest first, each with the version in force, its date and its number of items, and whether a draft waits to
/// be published; with `changed_since` those that have changed since then. A page has `limit` rows (1–200, 50 when absent); its `next_cursor` leads to the next one.
#[utoipa::path(
    tag = "checklist",
    operation_id = "list_checklists",
    security(("bearer" = ["checklist.read"])),
    params(ListChecklists),
    responses((status = 200, description = "一页清单，新建的在前 · A page of checklists, newest first", body = ChecklistPage))
)]
#[get("/checklists")]
pub(crate) async fn list_checklists(
    permit: Permit<perm::ChecklistRead>,
    asked: Asked<ListChecklists>,
) -> Result<Answer<ChecklistPage>> {
    asked.pages(&permit, &sheet::CHECKLISTS, query::list).await
}

/// 新建清单 · Create a checklist
///
/// 新建清单及其第 1 版草稿，发布前不下发任务。目前只支持责任清单（`responsibility`），其他种类，
/// 以及事项、岗位、频次都相同的条目，答 422。同一幂等键重复提交返回首次结果。
///
/// A new checklist with its first draft, of which no task arises before it is published. Only responsibility lists
/// (`responsibility`) are kept: another kind, and items with the same words, post and frequency, answer 422. A repetition with
/// the same `Idempotency-Key` gets the first answer.
#[utoipa::path(
    tag = "checklist",
    operation_id = "create_checklist",
    security(("bearer" = ["checklist.manage"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次 · The same key takes effect once")),
    request_body = CreateChecklist,
    responses((status = 201, description = "清单及其第 1 版草稿 · The checklist with its first draft", body = Checklist))
)]
#[post("/checklists")]
pub(crate) async fn create_checklist(
    permit: Permit<perm::ChecklistManage>,
    key: IdempotencyKey,
    input: Valid<CreateChecklist>,
) -> Result<Created<Checklist>> {
    let list = draft::create(&permit, key, input.into_inner()).await?;
    Ok(Created::tagged(format!("/api/v1/checklists/{}", list.id), list))
}

/// 查看清单及各版本 · Get a checklist with its versions
///
/// 清单及其全部版本和条目，新版本在前；已发布的版本不再改动。修改时须以其 `ETag` 作 `If-Match`。
///
/// A checklist with all its versions and their items, newest first; a published version never changes. A change needs its `ETag`
/// as `If-Match`.
#[utoipa::path(
    tag = "checklist",
    operation_id = "get_checklist",
    security(("bearer" = ["checklist.read"])),
    params(("id" = ChecklistId, Path, description = "清单 · The checklist")),
    responses((status = 200, description = "清单 · The checklist", body = Checklist))
)]
#[get("/checklists/{id}")]
pub(crate) async fn get_checklist(
    permit: Permit<perm::ChecklistRead>,
    id: PathId<ChecklistId>,
) -> Result<Tagged<Checklist>> {
    Ok(Tagged(query::get(&permit, id.0).await?))
}

/// 保存草稿 · Save the draft
///
/// 以所给的标题和条目整体替换草稿；发布之后再保存，即新开下一版草稿。他人已改过的答 412；事项、岗位、频次都相同的条目答 422。
///
/// Replaces the draft as a whole by the title and the items given; after a publication this opens the next version's draft. 412
/// when somebody else changed the checklist meanwhile, 422 for items with the same words, post and frequency.
#[utoipa::path(
    tag = "checklist",
    operation_id = "save_draft",
    security(("bearer" = ["checklist.manage"])),
    params(
        ("id" = ChecklistId, Path, description = "清单 · The checklist"),
        ("If-Match" = String, Header, description = "所见版本，即 ETag 的值 · The version seen, as in the ETag", example = "\"v3\"")
    ),
    request_body = SaveDraft,
    responses((status = 200, description = "清单 · The checklist", body = Checklist))
)]
#[put("/checklists/{id}/draft")]
pub(crate) async fn save_draft(
    permit: Permit<perm::ChecklistManage>,
    id: PathId<ChecklistId>,
    seen: IfMatch,
    input: Valid<SaveDraft>,
) -> Result<Tagged<Checklist>> {
    Ok(Tagged(draft::save_draft(&permit, id.0, seen, input.into_inner()).await?))
}

/// 发布前预览 · Preview a publication
///
/// 此时发布草稿会带来什么：每个条目由多少人承担、何时到期，下发和取消多少任务，哪些岗位无人在任；不作任何改动。
/// 没有草稿的答 409 `nothing_to_publish`。
///
/// What publishing the draft now would bring: how many people receive what until when, how many tasks open and are cancelled, and
/// where nobody is in post; nothing is changed. 409 `nothing_to_publish` without a draft.
#[utoipa::path(
    tag = "checklist",
    operation_id = "preview_checklist",
    security(("bearer" = ["checklist.publish"])),
    params(("id" = ChecklistId, Path, description = "清单 · The checklist")),
    responses((status = 200, description = "预览 · The preview", body = Preview))
)]
#[get("/checklists/{id}/preview")]
pub(crate) async fn preview_checklist(
    permit: Permit<perm::ChecklistPublish>,
    id: PathId<ChecklistId>,
) -> Result<Json<Preview>> {
    Ok(Json(preview::preview(&permit, id.0).await?))
}

/// 发布清单 · Publish a checklist
///
/// 草稿自今日起施行，并下发当期任务；新版本不再要求的当期任务予以取消，已提交的除外。没有草稿的答 409 `nothing_to_publish`，
/// 没有条目的答 409 `checklist_empty`。同一幂等键重复提交返回首次结果。
///
/// Brings the draft into force today, opens the tasks of the running periods, and cancels those of them that it no longer asks
/// for, unless they were handed in. 409 `nothing_to_publish` without a draft, `checklist_empty` for one without items. A
/// repetition with the same `Idempotency-Key` gets the first answer.
#[utoipa::path(
    tag = "checklist",
    operation_id = "publish_checklist",
    security(("bearer" = ["checklist.publish"])),
    params(
        ("id" = ChecklistId, Path, description = "清单 · The checklist"),
        ("If-Match" = String, Header, description = "所见版本，即 ETag 的值 · The version seen, as in the ETag", example = "\"v3\""),
        ("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次 · The same key takes effect once")
    ),
    request_body = PublishChecklist,
    responses((status = 200, description = "已发布 · Published", body = Published, headers(("ETag" = String))))
)]
#[post("/checklists/{id}/publish")]
pub(crate) async fn publish_checklist(
    permit: Permit<perm::ChecklistPublish>,
    id: PathId<ChecklistId>,
    key: IdempotencyKey,
    seen: IfMatch,
    input: Valid<PublishChecklist>,
) -> Result<Tagged<Published>> {
    Ok(Tagged(publish::publish(&permit, key, id.0, seen, input.into_inner()).await?))
}
