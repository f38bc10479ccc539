//! The operations of activities.

use actix_web::{HttpRequest, get, patch, post};
use entity::ids::ActivityId;

use super::occasion::KIND;
use super::{
    cancel, create, dto, participants, perm, query as read, sheet, sign_up as signing, update,
    withdraw as leaving,
};
use crate::auth::Permit;
use crate::http::{Created, IdempotencyKey, IfMatch, Json, PathId, Result, Tagged, Valid};
use crate::presence;
use crate::presence::dto::CheckInCode;
use crate::presence::perm::PresenceSteward;
use crate::sheet::{Answer, Asked};
use crate::tenancy::Scope;

/// 查询活动 · List activities
///
/// 本镇街的活动，附本人在各活动中的报名和签到情况；`mine` 为真时，只列本人报名、候补或担任签到管理人的。未开始、进行中的，
/// 以及按日期（`on`）查询的，先开始的在前；其余后开始的在前。
/// `changed_since` 只列该时刻以来本身、报名或签到有变更的。每页 `limit` 条（1–200，缺省 50），
/// 下一页以 `next_cursor` 作翻页标记。
///
/// Activities of the township, with the caller's own place in each; with `mine` only those that the caller signed up or waits
/// for, or is the steward of. Upcoming and running ones, and those of a day (`on`), come in the order of their start, others the
/// latest first. With `changed_since` those that have changed since then, by sign-ups and check-ins too. A page has `limit` rows (1–200, 50 when absent); its `next_cursor` leads to the next one.
#[utoipa::path(
    tag = "activity",
    operation_id = "list_activities",
    security(("bearer" = ["activity.read"])),
    params(dto::ListActivities),
    responses((status = 200, description = "一页活动 · A page of activities", body = dto::ActivityPage))
)]
#[get("/activities")]
pub(crate) async fn list_activities(
    permit: Permit<perm::ActivityRead>,
    asked: Asked<dto::ListActivities>,
) -> Result<Answer<dto::ActivityPage>> {
    asked.pages(&permit, &sheet::ACTIVITIES, read::list).await
}

/// 发布活动 · Publish an activity
///
/// 发布后即可报名。结束时间须晚于开始时间，且不早于现在，一次活动最长 7 天；不填 `capacity` 即名额不限。
/// 同一幂等键重复提交返回首次结果。
///
/// It can be signed up for at once. Its end comes after its start, not in the past and at most seven days later; without
/// `capacity` there is no limit to its places. A repetition with the same `Idempotency-Key` gets the first answer.
#[utoipa::path(
    tag = "activity",
    operation_id = "create_activity",
    security(("bearer" = ["activity.manage"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次 · The same key takes effect once")),
    request_body = dto::CreateActivity,
    responses(
        (status = 201, description = "新活动 · The new activity", body = dto::Activity,
            headers(("Location" = String, description = "地址 · Its address"), ("ETag" = String, description = "版本 · Its version"))))
)]
#[post("/activities")]
pub(crate) async fn create_activity(
    permit: Permit<perm::ActivityManage>,
    key: IdempotencyKey,
    input: Valid<dto::CreateActivity>,
) -> Result<Created<dto::Activity>> {
    let activity = create::create(&permit, key, input.into_inner()).await?;
    Ok(Created::tagged(format!("/api/v1/activities/{}", activity.id), activity))
}

/// 查看活动 · Get an activity
///
/// 一项活动，附报名、候补、签到的人数，本人的报名和签到情况，以及本人此时可做的操作。修改时须以其 `ETag` 作 `If-Match`。
///
/// One activity with the numbers of people who signed up, wait and checked in, where the caller stands, and what the caller may
/// do now. A change needs its `ETag` as `If-Match`.
#[utoipa::path(
    tag = "activity",
    operation_id = "get_activity",
    security(("bearer" = ["activity.read"])),
    params(("id" = ActivityId, Path, description = "活动 · The activity")),
    responses(
        (status = 200, description = "活动 · The activity", body = dto::Activity, headers(("ETag" = String, description = "版本 · Its version"))))
)]
#[get("/activities/{id}")]
pub(crate) async fn get_activity(
    permit: Permit<perm::ActivityRead>,
    id: PathId<ActivityId>,
) -> Result<Tagged<dto::Activity>> {
    Ok(Tagged(read::get(&permit, id.0).await?))
}

/// 修改活动 · Change an activity
///
/// 未给的字段不变；名额扩大的，候补人员按先后递补，名额缩小的，已有名额不受影响。活动开始后不能改开始时间，
/// 结束后不能再改（409 `state_conflict`）；已取消的答 409 `activity_cancelled`。
///
/// A field left out stays; a larger capacity moves the waiting list up, a smaller one takes nobody's place away. Once it has
/// begun its start stays, and after its end everything does (409 `state_conflict`); a cancelled one answers 409
/// `activity_cancelled`.
#[utoipa::path(
    tag = "activity",
    operation_id = "update_activity",
    security(("bearer" = ["activity.manage"])),
    params(
        ("id" = ActivityId, Path, description = "活动 · The activity"),
        ("If-Match" = String, Header, description = "所见版本，即 ETag 的值 · The version seen, as in the ETag", example = "\"v1\"")
    ),
    request_body = dto::UpdateActivity,
    responses(
        (status = 200, description = "修改后的活动 · The changed activity", body = dto::Activity, headers(("ETag" = String, description = "版本 · Its version"))))
)]
#[patch("/activities/{id}")]
pub(crate) async fn update_activity(
    permit: Permit<perm::ActivityManage>,
    id: PathId<ActivityId>,
    if_match: IfMatch,
    input: Valid<dto::UpdateActivity>,
) -> Result<Tagged<dto::Activity>> {
    Ok(Tagged(update::update(&permit, id.0, if_match, input.into_inner()).await?))
}

/// 取消活动 · Cancel an activity
///
/// 活动结束之前且尚无人签到时可以取消，须写明原因；已有人签到的答 409 `activity_attended`，已结束的答 409 `state_conflict`。
/// 重复取消结果相同，以首次的原因为准。
///
/// Calls an activity off with a reason, before its end (409 `state_conflict`) and as long as nobody has checked in (409
/// `activity_attended`). Once is as good as twice; the first reason stays.
#[utoipa::path(
    tag = "activity",
    operation_id = "cancel_activity",
    security(("bearer" = ["activity.manage"])),
    params(("id" = ActivityId, Path, description = "活动 · The activity")),
    request_body = dto::CancelActivity,
    responses(
        (status = 200, description = "已取消的活动 · The cancelled activity", body = dto::Activity, headers(("ETag" = String, description = "版本 · Its version"))))
)]
#[post("/activities/{id}/cancel")]
pub(crate) async fn cancel_activity(
    permit: Permit<perm::ActivityManage>,
    id: PathId<ActivityId>,
    input: Valid<dto::CancelActivity>,
) -> Result<Tagged<dto::Activity>> {
    Ok(Tagged(cancel::cancel(&permit, id.0, input.into_inner()).await?))
}

/// 报名参加活动 · Sign up for an activity
///
/// 为本人报名，活动结束前均可；名额已满的，列入候补。重复报名与报名一次相同。账号没有对应人员的答 409 `no_member`，
/// 活动已取消的答 409 `activity_cancelled`，已结束的答 409 `state_conflict`。
///
/// Signs the caller up, until the activity ends; when no place is free, the caller goes on the waiting list. Signing up twice is
/// the same as once. 409 `no_member` for an account without a person, `activity_cancelled` for a cancelled activity,
/// `state_conflict` after the end.
#[utoipa::path(
    tag = "activity",
    operation_id = "sign_up",
    security(("bearer" = ["activity.sign_up"])),
    params(
        ("id" = ActivityId, Path, description = "活动 · The activity"),
        ("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次 · The same key takes effect once")
    ),
    responses(
        (status = 200, description = "活动及本人的名额或候补 · The activity with the caller's place", body = dto::Activity, headers(("ETag" = String, description = "版本 · Its version"))))
)]
#[post("/activities/{id}/sign-up")]
pub(crate) async fn sign_up(
    permit: Permit<perm::ActivitySignUp>,
    id: PathId<ActivityId>,
    key: IdempotencyKey,
) -> Result<Tagged<dto::Activity>> {
    Ok(Tagged(signing::sign_up(&permit, key, id.0).await?))
}

/// 取消报名 · Withdraw from an activity
///
/// 让出本人的名额或退出候补，空出的名额由候补最久的人递补；没有报名的，不作变动。
/// 活动已结束或本人已签到的答 409 `state_conflict`。
///
/// Gives the caller's place back or leaves the waiting list; the first on the waiting list moves up. Without a place nothing
/// happens; after the end, or once the caller has checked in, 409 `state_conflict`.
#[utoipa::path(
    tag = "activity",
    operation_id = "withdraw",
    security(("bearer" = ["activity.sign_up"])),
    params(("id" = ActivityId, Path, description = "活动 · The activity")),
    responses(
        (status = 200, description = "活动，本人已无名额 · The activity without the caller's place", body = dto::Activity, headers(("ETag" = String, description = "版本 · Its version"))))
)]
#[post("/activities/{id}/withdraw")]
pub(crate) async fn withdraw(
    permit: Permit<perm::ActivitySignUp>,
    id: PathId<ActivityId>,
) -> Result<Tagged<dto::Activity>> {
    Ok(Tagged(leaving::withdraw(&permit, id.0).await?))
}

/// 查询活动人员 · List the people at an activity
///
/// 有名额的在前，候补的在后，各按报名先后排列，附签到情况。本活动的签到管理人、党建办，
/// 以及有 `activity.read_people` 权限的人可以查看，其他人答 403 `not_steward`。每页 `limit` 条（1–200，缺省 50），
/// 下一页以 `next_cursor` 作翻页标记。
///
/// Who has a place, then who waits, each in the order of sign-up, with who came. For the steward, the office, and who holds
/// `activity.read_people`; anybody else gets 403 `not_steward`. A page has `limit` rows (1–200, 50 when absent); its
/// `next_cursor` leads to the next one.
#[utoipa::path(
    tag = "activity",
    operation_id = "list_participants",
    security(("bearer" = ["activity.read"])),
    params(("id" = ActivityId, Path, description = "活动 · The activity"), dto::ListParticipants),
    responses((status = 200, description = "一页人员 · A page of people", body = dto::ParticipantPage))
)]
#[get("/activities/{id}/participants")]
pub(crate) async fn list_participants(
    permit: Permit<perm::ActivityRead>,
    id: PathId<ActivityId>,
    asked: Asked<dto::ListParticipants>,
) -> Result<Answer<dto::ParticipantPage>> {
    let list = async |scope: &Scope, query| participants::participants(scope, id.0, query).await;
    asked.pages(&permit, &sheet::PARTICIPANTS, list).await
}

/// 出示签到码 · Get the check-in code to show
///
/// 此时在现场出示的签到码及其二维码图，每 30 秒更换一次，到 `valid_until` 时请重新获取。
/// 只供本活动的签到管理人和党建办使用（403 `not_steward`），活动结束 12 小时后不再提供（409 `check_in_closed`）。
///
/// The code to show at the place now, with its QR picture; it changes every 30 seconds, so ask again at `valid_until`. For the
/// steward and the office alone (403 `not_steward`), until 12 hours after the end (409 `check_in_closed`).
#[utoipa::path(
    tag = "activity",
    operation_id = "get_check_in_code",
    security(("bearer" = ["presence.steward"])),
    params(("id" = ActivityId, Path, description = "活动 · The activity")),
    responses((status = 200, description = "签到码及其二维码图 · The code and its picture", body = CheckInCode))
)]
#[get("/activities/{id}/check-in-code")]
pub(crate) async fn get_check_in_code(
    permit: Permit<PresenceSteward>,
    id: PathId<ActivityId>,
    req: HttpRequest,
) -> Result<Json<CheckInCode>> {
    // Taken out at once: what it borrows must not be held while the database is asked.
    let origin = presence::origin(&req)?;
    Ok(Json(presence::show(&permit, KIND, id.0, &origin).await?))
}

/// The routes of this room.
pub fn routes(cfg: &mut utoipa_actix_web::service_config::ServiceConfig) {
    cfg.service(list_activities)
        .service(create_activity)
        .service(get_activity)
        .service(update_activity)
        .service(cancel_activity)
        .service(sign_up)
        .service(withdraw)
        .service(list_participants)
        .service(get_check_in_code);
}
