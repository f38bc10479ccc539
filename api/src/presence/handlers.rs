//! The operations of presence.

use actix_web::{get, post};
use entity::ids::CheckInId;

use super::scan::counted;
use super::{check_in as arrival, dto, leave, list, perm, sheet};
use crate::auth::Permit;
use crate::http::{IdempotencyKey, Json, PathId, Result, Valid};
use crate::sheet::{Answer, Asked};

/// 识别签到码 · Read a scanned code
///
/// 扫到的签到码属于哪项活动（或其他须签到的事项），本人此时可以签到、签退，还是已经完成，以及可得的积分。无效的答 422 `check_in_code_invalid`，
/// 过期的答 422 `check_in_code_expired`；无效的码出示过多，答 429。
///
/// What a scanned code is for, and what the caller can do with it: check in, check out, or nothing more; with the points to come.
/// One that is not genuine answers 422 `check_in_code_invalid`, one whose time is over 422 `check_in_code_expired`; too many that
/// are not genuine, 429.
#[utoipa::path(
    tag = "presence",
    operation_id = "read_check_in_code",
    security(("bearer" = ["presence.check_in"])),
    params(("code" = String, Path, description = "扫到的签到码 · The scanned code")),
    responses((status = 200, description = "签到码的含义 · What the code says", body = dto::CodeReading))
)]
#[get("/check-in-codes/{code}")]
pub(crate) async fn read_check_in_code(
    permit: Permit<perm::PresenceCheckIn>,
    code: PathId<String>,
) -> Result<Json<dto::CodeReading>> {
    Ok(Json(counted(&permit, list::read(&permit, &code.0).await)?))
}

/// 签到 · Check in
///
/// 凭扫到的签到码为本人签到，开始前 30 分钟起、结束前有效。未报名活动的，有空余名额即当场补上，没有的答 409 `activity_full`。
/// 重复签到返回同一条签到记录。
///
/// Checks the caller in by a scanned code, from 30 minutes before the start to the end. Who had not signed up for an activity gets
/// a free place on the spot; when there is none, 409 `activity_full`. Checking in again answers the same check-in.
#[utoipa::path(
    tag = "presence",
    operation_id = "check_in",
    security(("bearer" = ["presence.check_in"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次 · The same key takes effect once")),
    request_body = dto::ScannedCode,
    responses(
        (status = 201, description = "已签到 · Checked in", body = dto::CheckIn),
        (status = 200, description = "此前已签到 · Had been checked in before", body = dto::CheckIn))
)]
#[post("/check-ins")]
pub(crate) async fn check_in(
    permit: Permit<perm::PresenceCheckIn>,
    key: IdempotencyKey,
    input: Valid<dto::ScannedCode>,
) -> Result<dto::Arrival> {
    counted(&permit, arrival::check_in(&permit, key, input.into_inner()).await)
}

/// 签退 · Check out
///
/// 结束计时并计入积分，只计起止时间之内的整分钟；结束 12 小时内可以签退，之后答 409 `check_in_closed`。
/// 重复签退返回同一结果，不重复计分。
///
/// Closes the time and posts the points, for full minutes between the start and the end of the occasion; possible until 12 hours
/// after the end, then 409 `check_in_closed`. Repeated, it answers the same and posts nothing.
#[utoipa::path(
    tag = "presence",
    operation_id = "check_out",
    security(("bearer" = ["presence.check_in"])),
    params(("id" = CheckInId, Path, description = "签到记录 · The check-in")),
    request_body = dto::ScannedCode,
    responses((status = 200, description = "已签退的签到记录 · The closed check-in", body = dto::CheckIn))
)]
#[post("/check-ins/{id}/check-out")]
pub(crate) async fn check_out(
    permit: Permit<perm::PresenceCheckIn>,
    id: PathId<CheckInId>,
    input: Valid<dto::ScannedCode>,
) -> Result<Json<dto::CheckIn>> {
    let done = leave::check_out(&permit, id.0, input.into_inner()).await;
    Ok(Json(counted(&permit, done)?))
}

/// 补办签退 · Complete a check-in
///
/// 本人忘记签退的，由签到管理人或办公室代为签退，写明离开的时间（签到之后，不晚于结束时间，也不晚于现在）和原因，并计入积分。
/// 开始之后、结束 30 天内可以补办，否则答 409 `check_in_closed`；不能为本人补办（403 `own_check_in`），已签退的答 409
/// `state_conflict`。补办人和原因记入签到记录和操作日志。
///
/// Closes a check-in that its person forgot to close: by the steward or the office, with the moment of leaving (after the check-in,
/// not after the end or now) and the reason, and posts the points. From the start to 30 days after the end, otherwise 409
/// `check_in_closed`; never one's own (403 `own_check_in`); one that is closed answers 409 `state_conflict`. Who did it and why stand
/// in the check-in and in the audit log.
#[utoipa::path(
    tag = "presence",
    operation_id = "complete_check_in",
    security(("bearer" = ["presence.steward"])),
    params(("id" = CheckInId, Path, description = "签到记录 · The check-in")),
    request_body = dto::CompleteCheckIn,
    responses((status = 200, description = "已签退的签到记录 · The closed check-in", body = dto::CheckIn))
)]
#[post("/check-ins/{id}/complete")]
pub(crate) async fn complete_check_in(
    permit: Permit<perm::PresenceSteward>,
    id: PathId<CheckInId>,
    input: Valid<dto::CompleteCheckIn>,
) -> Result<Json<dto::CheckIn>> {
    Ok(Json(leave::complete(&permit, id.0, input.into_inner()).await?))
}

/// 查询我的签到 · List my check-ins
///
/// 本人的签到记录，最近的在前；账号没有对应人员的答 409 `no_member`。每页 `limit` 条（1–200，缺省 50），
/// 下一页以 `next_cursor` 作翻页标记。
///
/// The caller's own check-ins, the latest first; 409 `no_member` for an account without a person. A page has `limit` rows (1–200,
/// 50 when absent); its `next_cursor` leads to the next one.
#[utoipa::path(
    tag = "presence",
    operation_id = "list_check_ins",
    security(("bearer" = ["presence.check_in"])),
    params(dto::ListCheckIns),
    responses((status = 200, description = "一页签到记录 · A page of check-ins", body = dto::CheckInPage))
)]
#[get("/check-ins")]
pub(crate) async fn list_check_ins(
    permit: Permit<perm::PresenceCheckIn>,
    asked: Asked<dto::ListCheckIns>,
) -> Result<Answer<dto::CheckInPage>> {
    asked.pages(&permit, &sheet::CHECK_INS, list::list).await
}

/// The routes of this room.
pub fn routes(cfg: &mut utoipa_actix_web::service_config::ServiceConfig) {
    cfg.service(read_check_in_code)
        .service(check_in)
        .service(check_out)
        .service(complete_check_in)
        .service(list_check_ins);
}
