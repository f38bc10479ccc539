//! The operations of check-in.

use actix_web::{HttpRequest, get, post};
use entity::ids::{ActivityId, CheckInId};

use super::{dto, service};
use crate::activity::perm;
use crate::auth::Permit;
use crate::http::{ApiError, Code, IdempotencyKey, Json, PathId, Problems, Query, Result, Valid};

/// Letters of a host name (RFC 1035) with a port: more stands in no picture.
const LONGEST_HOST: usize = 253 + 6;

/// The code to show at the place now. It changes every 30 seconds; ask again at `valid_until`.
#[utoipa::path(
    tag = "activity",
    operation_id = "get_check_in_code",
    summary = "Get the check-in code to show",
    security(("bearer" = ["activity.steward"])),
    params(("id" = ActivityId, Path, description = "Id of the activity")),
    responses((status = 200, description = "The code and its picture", body = dto::CheckInCode), Problems)
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

/// What a scanned code is for, and what the caller can do with it: check in, check out, or nothing more.
#[utoipa::path(
    tag = "activity",
    operation_id = "read_check_in_code",
    summary = "Read a scanned code",
    security(("bearer" = ["activity.sign_up"])),
    params(("code" = String, Path, description = "The scanned code")),
    responses((status = 200, description = "What the code says", body = dto::CodeReading), Problems)
)]
#[get("/check-in-codes/{code}")]
pub async fn read_check_in_code(
    permit: Permit<perm::ActivitySignUp>,
    code: PathId<String>,
) -> Result<Json<dto::CodeReading>> {
    Ok(Json(service::counted(&permit, service::read(&permit, &code.0).await)?))
}

/// Checks the caller in by a scanned code. Checking in again answers the same check-in.
#[utoipa::path(
    tag = "activity",
    operation_id = "check_in",
    summary = "Check in",
    security(("bearer" = ["activity.sign_up"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition give the first answer again")),
    request_body = dto::ScannedCode,
    responses(
        (status = 201, description = "Checked in", body = dto::CheckIn),
        (status = 200, description = "Had been checked in before", body = dto::CheckIn),
        Problems
    )
)]
#[post("/check-ins")]
pub async fn check_in(
    permit: Permit<perm::ActivitySignUp>,
    key: IdempotencyKey,
    input: Valid<dto::ScannedCode>,
) -> Result<dto::Arrival> {
    service::counted(&permit, service::check_in(&permit, key, input.into_inner()).await)
}

/// Closes the time and posts the points. Repeated, it answers the same and posts nothing.
#[utoipa::path(
    tag = "activity",
    operation_id = "check_out",
    summary = "Check out",
    security(("bearer" = ["activity.sign_up"])),
    params(("id" = CheckInId, Path, description = "Id of the check-in")),
    request_body = dto::ScannedCode,
    responses((status = 200, description = "The closed check-in", body = dto::CheckIn), Problems)
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

/// The caller's own check-ins, the latest first.
#[utoipa::path(
    tag = "activity",
    operation_id = "list_check_ins",
    summary = "List my check-ins",
    security(("bearer" = ["activity.sign_up"])),
    params(dto::ListCheckIns),
    responses((status = 200, description = "A page of check-ins", body = dto::CheckInPage), Problems)
)]
#[get("/check-ins")]
pub async fn list_check_ins(
    permit: Permit<perm::ActivitySignUp>,
    query: Query<dto::ListCheckIns>,
) -> Result<Json<dto::CheckInPage>> {
    Ok(Json(service::list(&permit, query.into_inner()).await?))
}
