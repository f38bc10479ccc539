//! Operations of jobs.

use actix_web::{get, post};
use entity::ids::JobId;
use utoipa_actix_web::service_config::ServiceConfig;

use super::dto::{Job, JobPage, JobSummary, ListJobs};
use super::perm;
use super::service;
use super::sheet;
use crate::auth::Permit;
use crate::http::{Json, PathId, Result};
use crate::sheet::{Answer, Asked};

/// Its routes.
pub fn routes(cfg: &mut ServiceConfig) {
    // `summary` before the pattern that would take it for an id.
    cfg.service(get_job_summary)
        .service(list_jobs)
        .service(get_job)
        .service(run_job)
        .service(cancel_job);
}

/// 后台作业 · List jobs
///
/// 系统到期自行为本镇街办理的事项，执行时间最晚的在前；可按 `state` 和 `kind` 筛选。每页 `limit` 条（1–200，缺省 50），
/// 下一页以 `next_cursor` 作翻页标记。
///
/// What the server does by itself for the township: those that are tried latest first; `state` and `kind` narrow them down. A
/// page has `limit` rows (1–200, 50 when absent); its `next_cursor` leads to the next one.
#[utoipa::path(tag = "job", operation_id = "list_jobs", security(("bearer" = ["job.manage"])),
    params(ListJobs),
    responses((status = 200, description = "一页后台作业 · A page of jobs", body = JobPage)))]
#[get("/jobs")]
pub(crate) async fn list_jobs(
    permit: Permit<perm::JobManage>,
    asked: Asked<ListJobs>,
) -> Result<Answer<JobPage>> {
    asked.pages(&permit, &sheet::JOBS, service::list).await
}

/// 后台作业概况 · Get a summary of the jobs
///
/// 各状态的后台作业数，其中到期未办的有多少，以及有哪些种类；已完成和已取消的只计近 30 天。`clock_in_doubt` 为真时，
/// 服务器时钟存疑，运维人员确认之前，到期的作业不予执行。
///
/// How many jobs there are in each state, how many of them are overdue, and which kinds there are; done and cancelled ones within
/// the last thirty days. While `clock_in_doubt` is true, nothing that is due is done until the operator confirms the clock.
#[utoipa::path(tag = "job", operation_id = "get_job_summary", security(("bearer" = ["job.manage"])),
    responses((status = 200, description = "各状态的数量 · The counts", body = JobSummary)))]
#[get("/jobs/summary")]
pub(crate) async fn get_job_summary(permit: Permit<perm::JobManage>) -> Result<Json<JobSummary>> {
    Ok(Json(service::summary(&permit).await?))
}

/// 一项后台作业 · Get a job
///
/// 一项后台作业，附进度、执行次数、最近一次失败的原因，以及此时能否立即执行或取消。
///
/// One job with its progress, its attempts, why the last one failed, and whether it can be run or cancelled now.
#[utoipa::path(tag = "job", operation_id = "get_job", security(("bearer" = ["job.manage"])),
    params(("id" = JobId, Path, description = "后台作业 · The job")),
    responses((status = 200, description = "后台作业 · The job", body = Job)))]
#[get("/jobs/{id}")]
pub(crate) async fn get_job(
    permit: Permit<perm::JobManage>,
    id: PathId<JobId>,
) -> Result<Json<Job>> {
    Ok(Json(service::get(&permit, id.0).await?))
}

/// 立即执行后台作业 · Run a job now
///
/// 重新执行失败、已取消或等待重试的作业：立即执行，原定时间未到的到时执行。正在执行、已完成或尚未到期的答 409 `state_conflict`；
/// 同类的另一项作业已取而代之的，答 409 `already_exists`。
///
/// Sets a job going that failed, was cancelled, or waits for its next attempt: now, or at the moment it was planned for. 409
/// `state_conflict` for one that is under way, done, or not due yet; 409 `already_exists` where another of its kind has taken its
/// place.
#[utoipa::path(tag = "job", operation_id = "run_job", security(("bearer" = ["job.manage"])),
    params(("id" = JobId, Path, description = "后台作业 · The job")),
    responses((status = 200, description = "将予执行的后台作业 · The job, which will run", body = Job)))]
#[post("/jobs/{id}/run")]
pub(crate) async fn run_job(
    permit: Permit<perm::JobManage>,
    id: PathId<JobId>,
) -> Result<Json<Job>> {
    Ok(Json(service::run(&permit, id.0).await?))
}

/// 取消后台作业 · Cancel a job
///
/// 取消尚未完成的作业，正在执行的一并撤销；取消后可以再次执行。已完成、已取消的，以及镇街工作所依赖的定时作业，
/// 答 409 `state_conflict`。
///
/// Cancels a job that is not finished; an attempt under way is undone. It can be set going again. 409 `state_conflict` for one
/// that is done or cancelled and for a schedule, on which the township's work depends.
#[utoipa::path(tag = "job", operation_id = "cancel_job", security(("bearer" = ["job.manage"])),
    params(("id" = JobId, Path, description = "后台作业 · The job")),
    responses((status = 200, description = "已取消的后台作业 · The cancelled job", body = Job)))]
#[post("/jobs/{id}/cancel")]
pub(crate) async fn cancel_job(
    permit: Permit<perm::JobManage>,
    id: PathId<JobId>,
) -> Result<Json<Job>> {
    Ok(Json(service::cancel(&permit, id.0).await?))
}
