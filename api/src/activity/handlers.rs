//! The operations of activities.

use actix_web::{get, patch, post};
use entity::ids::ActivityId;

use super::perm;
use super::{dto, service};
use crate::auth::Permit;
use crate::http::{
    Created, IdempotencyKey, IfMatch, Json, PathId, Problems, Query, Result, Tagged, Valid,
};

/// Activities of the township, with the caller's own place in each.
#[utoipa::path(
    tag = "activity",
    operation_id = "list_activities",
    summary = "List activities",
    security(("bearer" = ["activity.read"])),
    params(dto::ListActivities),
    responses((status = 200, description = "A page of activities", body = dto::ActivityPage), Problems)
)]
#[get("/activities")]
pub async fn list_activities(
    permit: Permit<perm::ActivityRead>,
    query: Query<dto::ListActivities>,
) -> Result<Json<dto::ActivityPage>> {
    Ok(Json(service::list(&permit, query.into_inner()).await?))
}

/// Publishes an activity: it can be signed up for at once.
#[utoipa::path(
    tag = "activity",
    operation_id = "create_activity",
    summary = "Publish an activity",
    security(("bearer" = ["activity.manage"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition give the first answer again")),
    request_body = dto::CreateActivity,
    responses(
        (status = 201, description = "The new activity", body = dto::Activity,
            headers(("Location" = String, description = "Its address"), ("ETag" = String, description = "Its version"))),
        Problems
    )
)]
#[post("/activities")]
pub async fn create_activity(
    permit: Permit<perm::ActivityManage>,
    key: IdempotencyKey,
    input: Valid<dto::CreateActivity>,
) -> Result<Created<dto::Activity>> {
    let activity = service::create(&permit, key, input.into_inner()).await?;
    Ok(Created::tagged(format!("/api/v1/activities/{}", activity.id), activity))
}

/// One activity.
#[utoipa::path(
    tag = "activity",
    operation_id = "get_activity",
    summary = "Get an activity",
    security(("bearer" = ["activity.read"])),
    params(("id" = ActivityId, Path, description = "Id of the activity")),
    responses(
        (status = 200, description = "The activity", body = dto::Activity, headers(("ETag" = String, description = "Its version"))),
        Problems
    )
)]
#[get("/activities/{id}")]
pub async fn get_activity(
    permit: Permit<perm::ActivityRead>,
    id: PathId<ActivityId>,
) -> Result<Tagged<dto::Activity>> {
    Ok(Tagged(service::get(&permit, id.0).await?))
}

/// Changes an activity. A larger capacity moves the waiting list up.
#[utoipa::path(
    tag = "activity",
    operation_id = "update_activity",
    summary = "Change an activity",
    security(("bearer" = ["activity.manage"])),
    params(
        ("id" = ActivityId, Path, description = "Id of the activity"),
        ("If-Match" = String, Header, description = "The `ETag` that was seen", example = "\"v1\"")
    ),
    request_body = dto::UpdateActivity,
    responses(
        (status = 200, description = "The changed activity", body = dto::Activity, headers(("ETag" = String, description = "Its version"))),
        Problems
    )
)]
#[patch("/activities/{id}")]
pub async fn update_activity(
    permit: Permit<perm::ActivityManage>,
    id: PathId<ActivityId>,
    if_match: IfMatch,
    input: Valid<dto::UpdateActivity>,
) -> Result<Tagged<dto::Activity>> {
    Ok(Tagged(service::update(&permit, id.0, if_match, input.into_inner()).await?))
}

/// Calls an activity off, as long as nobody has checked in.
#[utoipa::path(
    tag = "activity",
    operation_id = "cancel_activity",
    summary = "Cancel an activity",
    security(("bearer" = ["activity.manage"])),
    params(("id" = ActivityId, Path, description = "Id of the activity")),
    request_body = dto::CancelActivity,
    responses(
        (status = 200, description = "The cancelled activity", body = dto::Activity, headers(("ETag" = String, description = "Its version"))),
        Problems
    )
)]
#[post("/activities/{id}/cancel")]
pub async fn cancel_activity(
    permit: Permit<perm::ActivityManage>,
    id: PathId<ActivityId>,
    input: Valid<dto::CancelActivity>,
) -> Result<Tagged<dto::Activity>> {
    Ok(Tagged(service::cancel(&permit, id.0, input.into_inner()).await?))
}

/// Signs the caller up. When no place is free, the caller goes on the waiting list.
#[utoipa::path(
    tag = "activity",
    operation_id = "sign_up",
    summary = "Sign up for an activity",
    security(("bearer" = ["activity.sign_up"])),
    params(
        ("id" = ActivityId, Path, description = "Id of the activity"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition give the first answer again")
    ),
    responses(
        (status = 200, description = "The activity with the caller's place", body = dto::Activity, headers(("ETag" = String, description = "Its version"))),
        Problems
    )
)]
#[post("/activities/{id}/sign-up")]
pub async fn sign_up(
    permit: Permit<perm::ActivitySignUp>,
    id: PathId<ActivityId>,
    key: IdempotencyKey,
) -> Result<Tagged<dto::Activity>> {
    Ok(Tagged(service::sign_up(&permit, key, id.0).await?))
}

/// Gives the caller's place back; the first on the waiting list moves up.
#[utoipa::path(
    tag = "activity",
    operation_id = "withdraw",
    summary = "Withdraw from an activity",
    security(("bearer" = ["activity.sign_up"])),
    params(("id" = ActivityId, Path, description = "Id of the activity")),
    responses(
        (status = 200, description = "The activity without the caller's place", body = dto::Activity, headers(("ETag" = String, description = "Its version"))),
        Problems
    )
)]
#[post("/activities/{id}/withdraw")]
pub async fn withdraw(
    permit: Permit<perm::ActivitySignUp>,
    id: PathId<ActivityId>,
) -> Result<Tagged<dto::Activity>> {
    Ok(Tagged(service::withdraw(&permit, id.0).await?))
}

/// Who has a place, who waits, who came. For the steward, the office, and who sees everybody's points.
#[utoipa::path(
    tag = "activity",
    operation_id = "list_participants",
    summary = "List the people at an activity",
    security(("bearer" = ["activity.read"])),
    params(("id" = ActivityId, Path, description = "Id of the activity"), dto::ListParticipants),
    responses((status = 200, description = "A page of people", body = dto::ParticipantPage), Problems)
)]
#[get("/activities/{id}/participants")]
pub async fn list_participants(
    permit: Permit<perm::ActivityRead>,
    id: PathId<ActivityId>,
    query: Query<dto::ListParticipants>,
) -> Result<Json<dto::ParticipantPage>> {
    Ok(Json(service::participants(&permit, id.0, query.into_inner()).await?))
}
