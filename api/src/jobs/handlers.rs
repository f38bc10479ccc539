//! Operations of jobs.

use actix_web::{get, post};
use entity::ids::JobId;
use utoipa_actix_web::service_config::ServiceConfig;

use super::dto::{Job, JobPage, JobSummary, ListJobs};
use super::perm;
use super::service;
use crate::auth::Permit;
use crate::http::{Json, PathId, Problems, Query, Result};

/// Its routes.
pub fn routes(cfg: &mut ServiceConfig) {
    // `summary` before the pattern that would take it for an id.
    cfg.service(get_job_summary)
        .service(list_jobs)
        .service(get_job)
        .service(run_job)
        .service(cancel_job);
}

/// What the server does by itself for the township: those that are tried latest first.
#[utoipa::path(tag = "job", operation_id = "list_jobs", summary = "后台作业", security(("bearer" = ["job.manage"])),
    params(ListJobs),
    responses((status = 200, description = "One page", body = JobPage), Problems))]
#[get("/jobs")]
pub async fn list_jobs(
    permit: Permit<perm::JobManage>,
    query: Query<ListJobs>,
) -> Result<Json<JobPage>> {
    Ok(Json(service::list(&permit, query.into_inner()).await?))
}

/// How many jobs there are in each state, and which kinds there are.
#[utoipa::path(tag = "job", operation_id = "get_job_summary", summary = "后台作业概况", security(("bearer" = ["job.manage"])),
    responses((status = 200, description = "The counts", body = JobSummary), Problems))]
#[get("/jobs/summary")]
pub async fn get_job_summary(permit: Permit<perm::JobManage>) -> Result<Json<JobSummary>> {
    Ok(Json(service::summary(&permit).await?))
}

/// One job, with its progress.
#[utoipa::path(tag = "job", operation_id = "get_job", summary = "一项后台作业", security(("bearer" = ["job.manage"])),
    params(("id" = JobId, Path, description = "The job")),
    responses((status = 200, description = "The job", body = Job), Problems))]
#[get("/jobs/{id}")]
pub async fn get_job(permit: Permit<perm::JobManage>, id: PathId<JobId>) -> Result<Json<Job>> {
    Ok(Json(service::get(&permit, id.0).await?))
}

/// Sets a job going that failed, was cancelled, or waits for its next attempt: now, or at the moment it was planned for. 409 `state_conflict` for one that is under way,
/// done, or not due yet; 409 `already_exists` where another of its kind has taken its place.
#[utoipa::path(tag = "job", operation_id = "run_job", summary = "立即执行后台作业", security(("bearer" = ["job.manage"])),
    params(("id" = JobId, Path, description = "The job")),
    responses((status = 200, description = "The job, which will run", body = Job), Problems))]
#[post("/jobs/{id}/run")]
pub async fn run_job(permit: Permit<perm::JobManage>, id: PathId<JobId>) -> Result<Json<Job>> {
    Ok(Json(service::run(&permit, id.0).await?))
}

/// Cancels a job that is not finished; an attempt under way is undone. It can be set going again. 409 `state_conflict` for one
/// that is finished and for a schedule, on which the township's work depends.
#[utoipa::path(tag = "job", operation_id = "cancel_job", summary = "取消后台作业", security(("bearer" = ["job.manage"])),
    params(("id" = JobId, Path, description = "The job")),
    responses((status = 200, description = "The cancelled job", body = Job), Problems))]
#[post("/jobs/{id}/cancel")]
pub async fn cancel_job(permit: Permit<perm::JobManage>, id: PathId<JobId>) -> Result<Json<Job>> {
    Ok(Json(service::cancel(&permit, id.0).await?))
}
