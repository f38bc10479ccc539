//! The operations of check-in.

use actix_web::{HttpRequest, get, post};
use entity::ids::{ActivityId, CheckInId};

use super::{dto, service};
use crate::activity::perm;
use crate::auth::Permit;
use crate::http::{ApiError, Code, IdempotencyKey, Json, PathId, Query, Result, Valid};

/// Letters of a host name (RFC 1035) with a port: more stands in no picture.
const LONGEST_HOST: usize = 253 + 6;

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
    security(("bearer" = ["activity.steward"])),
    params(("id" = ActivityId, Path, description = "活动 · The activity")),
    responses((status = 200, description = "签到码及其二维码图 · The code and its picture", body = dto::CheckInCode))
)]
#[get("/activities/{id}/check-in-code")]
pub async fn get_check_in_code(
    permit: Permit<perm::ActivitySteward>,
    id: PathId<ActivityId>,
    req: HttpRequest,
) -> Result<Json<dto::CheckInCode>> {
    // Taken out at once: what it borrows must not be held while the database is asked.
    let origin = {
        let seen = req.connection_info();
        if seen.host().len() > LONGEST_HOST {
            return Err(
                ApiError::new(Code::BAD_REQUEST).detail("主机名过长", "The host is too long")
            );
        }
        format!("{}://{}", seen.scheme(), seen.host())
    };
    Ok(Json(service::show(&permit, id.0, &origin).await?))
}

/// 识别签到码 · Read a scanned code
///
/// 扫到的签到码属于哪项活动，本人此时可以签到、签退，还是已经完成，以及可得的积分。无效的答 422 `check_in_code_invalid`，
/// 过期的答 422 `check_in_code_expired`；无效的码出示过多，答 429。
///
/// What a scanned code is for, and what the caller can do with it: check in, check out, or nothing more; with the points to come.
/// One that is not genuine answers 422 `check_in_code_invalid`, one whose time is over 422 `check_in_code_expired`; too many that
/// are not genuine, 429.
#[utoipa::path(
    tag = "activity",
    operation_id = "read_check_in_code",
    security(("bearer" = ["activity.sign_up"])),
    params(("code" = String, Path, description = "扫到的签到码 · The scanned code")),
    responses((status = 200, description = "签到码的含义 · What the code says", body = dto::CodeReading))
)]
#[get("/check-in-codes/{code}")]
pub async fn read_check_in_code(
    permit: Permit<perm::ActivitySignUp>,
    code: PathId<String>,
) -> Result<Json<dto::CodeReading>> {
    Ok(Json(service::counted(&permit, service::read(&permit, &code.0).await)?))
}

/// 签到 · Check in
///
/// 凭扫到的签到码为本人签到，开始前 30 分钟起、结束前有效。未报名的，有空余名额即当场补上，没有的答 409 `activity_full`。
/// 重复签到返回同一条签到记录。
///
/// Checks the caller in by a scanned code, from 30 minutes before the start to the end. Who had not signed up gets a free place
/// on the spot; when there is none, 409 `activity_full`. Checking in again answers the same check-in.
#[utoipa::path(
    tag = "activity",
    operation_id = "check_in",
    security(("bearer" = ["activity.sign_up"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次 · The same key takes effect once")),
    request_body = dto::ScannedCode,
    responses(
        (status = 201, description = "已签到 · Checked in", body = dto::CheckIn),
        (status = 200, description = "此前已签到 · Had been checked in before", body = dto::CheckIn))
)]
#[post("/check-ins")]
pub async fn check_in(
    permit: Permit<perm::ActivitySignUp>,
    key: IdempotencyKey,
    input: Valid<dto::ScannedCode>,
) -> Result<dto::Arrival> {
    service::counted(&permit, service::check_in(&permit, key, input.into_inner()).await)
}

/// 签退 · Check out
///
/// 结束计时并计入积分，只计活动起止时间之内的整分钟；活动结束 12 小时内可以签退，之后答 409 `check_in_closed`。
/// 重复签退返回同一结果，不重复计分。
///
/// Closes the time and posts the points, for full minutes between the start and the end of the activity; possible until 12 hours
/// after the end, then 409 `check_in_closed`. Repeated, it answers the same and posts nothing.
#[utoipa::path(
    tag = "activity",
    operation_id = "check_out",
    security(("bearer" = ["activity.sign_up"])),
    params(("id" = CheckInId, Path, description = "签到记录 · The check-in")),
    request_body = dto::ScannedCode,
    responses((status = 200, description = "已签退的签到记录 · The closed check-in", body = dto::CheckIn))
)]
#[post("/check-ins/{id}/check-out")]
pub async fn check_out(
    permit: Permit<perm::ActivitySignUp>,
    id: PathId<CheckInId>,
    input: Valid<dto::ScannedCode>,
) -> Result<Json<dto::CheckIn>> {
    let done = service::check_out(&permit, id.0, input.into_inner()).await;
    Ok(Json(service::counted(&permit, done)?))
}

/// 查询我的签到 · List my check-ins
///
/// 本人的签到记录，最近的在前；账号没有对应人员的答 409 `no_member`。每页 `limit` 条（1–200，缺省 50），
/// 下一页以 `next_cursor` 作翻页标记。
///
/// The caller's own check-ins, the latest first; 409 `no_member` for an account without a person. A page has `limit` rows (1–200,
/// 50 when absent); its `next_cursor` leads to the next one.
#[utoipa::path(
    tag = "activity",
    operation_id = "list_check_ins",
    security(("bearer" = ["activity.sign_up"])),
    params(dto::ListCheckIns),
    responses((status = 200, description = "一页签到记录 · A page of check-ins", body = dto::CheckInPage))
)]
#[get("/check-ins")]
pub async fn list_check_ins(
    permit: Permit<perm::ActivitySignUp>,
    query: Query<dto::ListCheckIns>,
) -> Result<Json<dto::CheckInPage>> {
    Ok(Json(service::list(&permit, query.into_inner()).await?))
}
