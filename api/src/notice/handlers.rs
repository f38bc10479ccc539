//! The operations of notices.

use actix_web::{get, patch, post};
use entity::ids::NoticeId;

use super::{create, dto, perm, query as shown, read, readers, sheet, update, withdraw};
use crate::auth::Permit;
use crate::http::{Created, IdempotencyKey, IfMatch, PathId, Result, Tagged, Valid};
use crate::sheet::{Answer, Asked};
use crate::tenancy::Scope;

/// 查询通知 · List notices
///
/// 发给本人的通知，后发布的在前；有 `notice.read_all` 权限的，列出全部通知。已到期、已撤回的也在其中，可按 `phase` 筛选；
/// `unread` 为真时，只列发给本人、有效且尚未阅读的。`changed_since` 只列该时刻以来
/// 有变更的，包括有人阅读的。每页 `limit` 条（1–200，缺省 50），下一页以 `next_cursor` 作翻页标记。
///
/// The notices that go to the caller, the latest first; all of them for who holds `notice.read_all`. Ended and withdrawn ones are among
/// them (`phase`); with `unread` only those that stand, go to the caller and have not been read; with
/// `changed_since` those that have changed since then, by being read too. A page has `limit` rows (1–200, 50
/// when absent); its `next_cursor` leads to the next one.
#[utoipa::path(
    tag = "notice",
    operation_id = "list_notices",
    security(("bearer" = ["notice.read"])),
    params(dto::ListNotices),
    responses((status = 200, description = "一页通知 · A page of notices", body = dto::NoticePage))
)]
#[get("/notices")]
pub(crate) async fn list_notices(
    permit: Permit<perm::NoticeRead>,
    asked: Asked<dto::ListNotices>,
) -> Result<Answer<dto::NoticePage>> {
    asked.pages(&permit, &sheet::NOTICES, shown::list).await
}

/// 发布通知 · Publish a notice
///
/// 发给 `roles` 中的角色，须是能查看通知的角色；填写 `grid_id` 的，只发给其中在该网格及其下级任职的人员。
/// `until` 为有效期的最后一天，不早于今天；不填即长期有效。发布即生效。同一幂等键重复提交返回首次结果。
///
/// It goes to the roles in `roles`, which must be such as read notices; with `grid_id` only to those of them who hold a post in that grid
/// or beneath it. `until` is its last day, today or later; without it the notice stands until it is withdrawn. It stands at once. A
/// repetition with the same `Idempotency-Key` gets the first answer.
#[utoipa::path(
    tag = "notice",
    operation_id = "create_notice",
    security(("bearer" = ["notice.manage"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次 · The same key takes effect once")),
    request_body = dto::CreateNotice,
    responses(
        (status = 201, description = "新通知 · The new notice", body = dto::Notice,
            headers(("Location" = String, description = "地址 · Its address"), ("ETag" = String, description = "版本 · Its version"))))
)]
#[post("/notices")]
pub(crate) async fn create_notice(
    permit: Permit<perm::NoticeManage>,
    key: IdempotencyKey,
    input: Valid<dto::CreateNotice>,
) -> Result<Created<dto::Notice>> {
    let notice = create::create(&permit, key, input.into_inner()).await?;
    Ok(Created::tagged(format!("/api/v1/notices/{}", notice.id), notice))
}

/// 查看通知 · Get a notice
///
/// 一则通知，附已读人数、本人的阅读时间和此时可做的操作。查看不产生回执，回执另由 `read_notice` 给出。修改时须以其 `ETag` 作 `If-Match`。
///
/// One notice with the number of its receipts, when the caller read it and what the caller may do now. Getting it gives no receipt;
/// `read_notice` does. A change needs its `ETag` as `If-Match`.
#[utoipa::path(
    tag = "notice",
    operation_id = "get_notice",
    security(("bearer" = ["notice.read"])),
    params(("id" = NoticeId, Path, description = "通知 · The notice")),
    responses(
        (status = 200, description = "通知 · The notice", body = dto::Notice, headers(("ETag" = String, description = "版本 · Its version"))))
)]
#[get("/notices/{id}")]
pub(crate) async fn get_notice(
    permit: Permit<perm::NoticeRead>,
    id: PathId<NoticeId>,
) -> Result<Tagged<dto::Notice>> {
    Ok(Tagged(shown::get(&permit, id.0).await?))
}

/// 修改通知 · Change a notice
///
/// 未给的字段不变，已有的回执保留；`read_again` 为真的，已读人员须重新阅读，原回执不再计数。已撤回的答 409 `notice_withdrawn`。
///
/// A field left out stays, and so do receipts; with `read_again` whoever has read it is to read it again and earlier receipts count no
/// more. A withdrawn one answers 409 `notice_withdrawn`.
#[utoipa::path(
    tag = "notice",
    operation_id = "update_notice",
    security(("bearer" = ["notice.manage"])),
    params(
        ("id" = NoticeId, Path, description = "通知 · The notice"),
        ("If-Match" = String, Header, description = "所见版本，即 ETag 的值 · The version seen, as in the ETag", example = "\"v1\"")
    ),
    request_body = dto::UpdateNotice,
    responses(
        (status = 200, description = "修改后的通知 · The changed notice", body = dto::Notice, headers(("ETag" = String, description = "版本 · Its version"))))
)]
#[patch("/notices/{id}")]
pub(crate) async fn update_notice(
    permit: Permit<perm::NoticeManage>,
    id: PathId<NoticeId>,
    if_match: IfMatch,
    input: Valid<dto::UpdateNotice>,
) -> Result<Tagged<dto::Notice>> {
    Ok(Tagged(update::update(&permit, id.0, if_match, input.into_inner()).await?))
}

/// 撤回通知 · Withdraw a notice
///
/// 须写明原因，收到通知的人员看得到。重复撤回结果相同，以首次的原因为准。撤回后可以重新发布。
///
/// With a reason, which those it went to can see. Once is as good as twice; the first reason stays. It can be put up again.
#[utoipa::path(
    tag = "notice",
    operation_id = "withdraw_notice",
    security(("bearer" = ["notice.manage"])),
    params(("id" = NoticeId, Path, description = "通知 · The notice")),
    request_body = dto::WithdrawNotice,
    responses(
        (status = 200, description = "已撤回的通知 · The withdrawn notice", body = dto::Notice, headers(("ETag" = String, description = "版本 · Its version"))))
)]
#[post("/notices/{id}/withdraw")]
pub(crate) async fn withdraw_notice(
    permit: Permit<perm::NoticeManage>,
    id: PathId<NoticeId>,
    input: Valid<dto::WithdrawNotice>,
) -> Result<Tagged<dto::Notice>> {
    Ok(Tagged(withdraw::withdraw(&permit, id.0, input.into_inner()).await?))
}

/// 重新发布通知 · Put a withdrawn notice up again
///
/// 已撤回的通知恢复原状，原有的回执仍然有效；未撤回的不作变动。
///
/// A withdrawn notice becomes what it was, with its receipts; one that was not withdrawn stays as it is.
#[utoipa::path(
    tag = "notice",
    operation_id = "restore_notice",
    security(("bearer" = ["notice.manage"])),
    params(("id" = NoticeId, Path, description = "通知 · The notice")),
    responses(
        (status = 200, description = "通知 · The notice", body = dto::Notice, headers(("ETag" = String, description = "版本 · Its version"))))
)]
#[post("/notices/{id}/restore")]
pub(crate) async fn restore_notice(
    permit: Permit<perm::NoticeManage>,
    id: PathId<NoticeId>,
) -> Result<Tagged<dto::Notice>> {
    Ok(Tagged(withdraw::restore(&permit, id.0).await?))
}

/// 通知回执 · Sign for a notice
///
/// 记下本人已读，打开通知时由页面自动提交，不必另行填写。`If-Match` 是所读的版本；此后已要求重新阅读的答 412，应重新获取并阅读。
/// 重复提交结果相同，以首次的时间为准。不是发给本人的答 409 `not_addressed`，已撤回的答 409 `notice_withdrawn`。
///
/// Keeps that the caller has read it; a page does so by itself when the notice is opened. `If-Match` names the version that was read: 412
/// where it was to be read again since; get it anew. Once is as good as twice; the first moment stays. 409 `not_addressed` where it does
/// not go to the caller, `notice_withdrawn` for a withdrawn one.
#[utoipa::path(
    tag = "notice",
    operation_id = "read_notice",
    security(("bearer" = ["notice.read"])),
    params(
        ("id" = NoticeId, Path, description = "通知 · The notice"),
        ("If-Match" = String, Header, description = "所读版本，即 ETag 的值 · The version read, as in the ETag", example = "\"v1\"")
    ),
    responses(
        (status = 200, description = "已读的通知 · The notice, read", body = dto::Notice, headers(("ETag" = String, description = "版本 · Its version"))))
)]
#[post("/notices/{id}/read")]
pub(crate) async fn read_notice(
    permit: Permit<perm::NoticeRead>,
    id: PathId<NoticeId>,
    if_match: IfMatch,
) -> Result<Tagged<dto::Notice>> {
    Ok(Tagged(read::read(&permit, id.0, if_match).await?))
}

/// 查询通知的阅读情况 · List who has read a notice
///
/// `read` 为真时列已读人员，后读的在前；否则列现在应读而未读的人员，按用户名排列。两者的人数随每页给出。
/// 每页 `limit` 条（1–200，缺省 50），下一页以 `next_cursor` 作翻页标记。
///
/// With `read` who has read it, the latest first; otherwise who it goes to now and has not, by user name. Each page tells the number of
/// both. A page has `limit` rows (1–200, 50 when absent); its `next_cursor` leads to the next one.
#[utoipa::path(
    tag = "notice",
    operation_id = "list_notice_readers",
    security(("bearer" = ["notice.read_all"])),
    params(("id" = NoticeId, Path, description = "通知 · The notice"), dto::ListNoticeReaders),
    responses((status = 200, description = "一页人员 · A page of people", body = dto::NoticeReaderPage))
)]
#[get("/notices/{id}/readers")]
pub(crate) async fn list_notice_readers(
    permit: Permit<perm::NoticeReadAll>,
    id: PathId<NoticeId>,
    asked: Asked<dto::ListNoticeReaders>,
) -> Result<Answer<dto::NoticeReaderPage>> {
    let list = async |scope: &Scope, query| readers::readers(scope, id.0, query).await;
    asked.pages(&permit, &sheet::READERS, list).await
}

/// The routes of this room.
pub(super) fn routes(cfg: &mut utoipa_actix_web::service_config::ServiceConfig) {
    cfg.service(list_notices)
        .service(create_notice)
        .service(get_notice)
        .service(update_notice)
        .service(withdraw_notice)
        .service(restore_notice)
        .service(read_notice)
        .service(list_notice_readers);
}
