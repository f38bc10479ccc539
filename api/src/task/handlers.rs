//! `/tasks`.

use actix_web::{get, post};
use entity::ids::TaskId;

use super::dto::{
    ListTasks, ReturnTask, SubmitTask, Task, TaskPage, TaskPaging, ToVerify, Verdict, Verdicts,
    VerifyTask, VerifyTasks,
};
use super::perm;
use crate::auth::Permit;
use crate::http::{
    ApiError, IdempotencyKey, Json, Language, PathId, Problems, Query, Result, Tagged, Valid,
};

/// The routes of this feature.
pub fn routes(cfg: &mut utoipa_actix_web::service_config::ServiceConfig) {
    // Fixed words before `{id}`.
    cfg.service(list_inbox)
        .service(list_to_verify)
        .service(get_to_verify)
        .service(verify_tasks)
        .service(list_tasks)
        .service(get_task)
        .service(accept_task)
        .service(submit_task)
        .service(verify_task)
        .service(return_task);
}

/// Own tasks and those in the subtrees of the grids one heads; all of the township's with `task.read_all`.
#[utoipa::path(
    tag = "task",
    operation_id = "list_tasks",
    summary = "查询任务",
    security(("bearer" = ["task.read"])),
    params(ListTasks),
    responses((status = 200, description = "按办结期限排列", body = TaskPage), Problems)
)]
#[get("/tasks")]
pub async fn list_tasks(
    permit: Permit<perm::TaskRead>,
    query: Query<ListTasks>,
) -> Result<Json<TaskPage>> {
    Ok(Json(super::list(&permit, query.into_inner()).await?))
}

/// What one owes oneself: open and returned tasks, the most late first.
#[utoipa::path(
    tag = "task",
    operation_id = "list_inbox",
    summary = "我的待办",
    security(("bearer" = ["task.read"])),
    params(TaskPaging),
    responses((status = 200, description = "逾期最久的在前", body = TaskPage), Problems)
)]
#[get("/tasks/inbox")]
pub async fn list_inbox(
    permit: Permit<perm::TaskRead>,
    query: Query<TaskPaging>,
) -> Result<Json<TaskPage>> {
    Ok(Json(super::inbox(&permit, query.into_inner()).await?))
}

/// Submitted tasks that one may verify.
#[utoipa::path(
    tag = "task",
    operation_id = "list_to_verify",
    summary = "待我核验的任务",
    security(("bearer" = ["task.verify"])),
    params(TaskPaging),
    responses((status = 200, description = "期限最早的在前", body = TaskPage), Problems)
)]
#[get("/tasks/to-verify")]
pub async fn list_to_verify(
    permit: Permit<perm::TaskVerify>,
    query: Query<TaskPaging>,
) -> Result<Json<TaskPage>> {
    Ok(Json(super::to_verify(&permit, query.into_inner()).await?))
}

/// How many submitted tasks one may verify, and which of them look right, to verify them together.
#[utoipa::path(
    tag = "task",
    operation_id = "get_to_verify",
    summary = "待我核验的任务数",
    security(("bearer" = ["task.verify"])),
    responses((status = 200, description = "总数和按时提交的任务", body = ToVerify), Problems)
)]
#[get("/tasks/to-verify/summary")]
pub async fn get_to_verify(permit: Permit<perm::TaskVerify>) -> Result<Json<ToVerify>> {
    Ok(Json(super::waiting(&permit).await?))
}

/// A task with what was handed in last, its log, and what one may do to it now.
#[utoipa::path(
    tag = "task",
    operation_id = "get_task",
    summary = "查看任务",
    security(("bearer" = ["task.read"])),
    params(("id" = TaskId, Path, description = "任务")),
    responses((status = 200, description = "任务", body = Task), Problems)
)]
#[get("/tasks/{id}")]
pub async fn get_task(permit: Permit<perm::TaskRead>, id: PathId<TaskId>) -> Result<Tagged<Task>> {
    Ok(Tagged(super::get(&permit, id.0).await?))
}

/// The assignee takes note of the task. What is given to an organisation one of its people takes on, before he hands it in; a
/// colleague can take it over.
#[utoipa::path(
    tag = "task",
    operation_id = "accept_task",
    summary = "签收任务",
    security(("bearer" = ["task.submit"])),
    params(
        ("id" = TaskId, Path, description = "任务"),
        ("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次")
    ),
    responses((status = 200, description = "已签收", body = Task), Problems)
)]
#[post("/tasks/{id}/accept")]
pub async fn accept_task(
    permit: Permit<perm::TaskSubmit>,
    id: PathId<TaskId>,
    key: IdempotencyKey,
) -> Result<Tagged<Task>> {
    Ok(Tagged(super::accept(&permit, key, id.0).await?))
}

/// The assignee hands the task in with the evidence it asks for.
#[utoipa::path(
    tag = "task",
    operation_id = "submit_task",
    summary = "提交任务",
    security(("bearer" = ["task.submit"])),
    params(
        ("id" = TaskId, Path, description = "任务"),
        ("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次")
    ),
    request_body = SubmitTask,
    responses((status = 200, description = "已提交，待核验", body = Task), Problems)
)]
#[post("/tasks/{id}/submit")]
pub async fn submit_task(
    permit: Permit<perm::TaskSubmit>,
    id: PathId<TaskId>,
    key: IdempotencyKey,
    input: Valid<SubmitTask>,
) -> Result<Tagged<Task>> {
    Ok(Tagged(super::submit(&permit, key, id.0, input.into_inner()).await?))
}

/// Confirms a submitted task; the assignee's points are posted with it. Never one's own task.
#[utoipa::path(
    tag = "task",
    operation_id = "verify_task",
    summary = "核验任务",
    security(("bearer" = ["task.verify"])),
    params(
        ("id" = TaskId, Path, description = "任务"),
        ("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次")
    ),
    request_body = VerifyTask,
    responses((status = 200, description = "已核验", body = Task), Problems)
)]
#[post("/tasks/{id}/verify")]
pub async fn verify_task(
    permit: Permit<perm::TaskVerify>,
    id: PathId<TaskId>,
    key: IdempotencyKey,
    input: Valid<VerifyTask>,
) -> Result<Tagged<Task>> {
    Ok(Tagged(super::verify(&permit, key, id.0, input.into_inner()).await?))
}

/// Confirms up to 500 submitted tasks as they were seen, each as `verify_task` does: one that was handed in anew since, or
/// that somebody else verified, is refused and does not hold up the others. Repeat a request that got no answer under the
/// same key: what was verified is told as verified, nothing is posted twice.
#[utoipa::path(
    tag = "task",
    operation_id = "verify_tasks",
    summary = "批量核验任务",
    security(("bearer" = ["task.verify"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次")),
    request_body = VerifyTasks,
    responses((status = 200, description = "逐项结果", body = Verdicts), Problems)
)]
#[post("/tasks/verify")]
pub async fn verify_tasks(
    permit: Permit<perm::TaskVerify>,
    key: IdempotencyKey,
    language: Language,
    input: Valid<VerifyTasks>,
) -> Result<Json<Verdicts>> {
    let verdicts = super::verify_many(&permit, key, input.into_inner()).await?;
    let verified = verdicts.iter().filter(|(_, refused)| refused.is_none()).count();
    let results = verdicts.into_iter().map(|(id, refused)| {
        let problem = refused.map(|error| error.problem(language, ""));
        Verdict {
            id,
            verified: problem.is_none(),
            code: problem.as_ref().map(|problem| problem.code.clone()),
            reason: problem.map(|problem| problem.detail.unwrap_or(problem.title)),
        }
    });
    Ok(Json(Verdicts {
        verified: i64::try_from(verified).map_err(ApiError::internal)?,
        results: results.collect(),
    }))
}

/// Sends a submitted task back with a reason; its deadline stays.
#[utoipa::path(
    tag = "task",
    operation_id = "return_task",
    summary = "退回任务",
    security(("bearer" = ["task.verify"])),
    params(
        ("id" = TaskId, Path, description = "任务"),
        ("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次")
    ),
    request_body = ReturnTask,
    responses((status = 200, description = "已退回", body = Task), Problems)
)]
#[post("/tasks/{id}/return")]
pub async fn return_task(
    permit: Permit<perm::TaskVerify>,
    id: PathId<TaskId>,
    key: IdempotencyKey,
    input: Valid<ReturnTask>,
) -> Result<Tagged<Task>> {
    Ok(Tagged(super::send_back(&permit, key, id.0, input.into_inner()).await?))
}
