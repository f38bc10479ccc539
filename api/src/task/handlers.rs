//! `/tasks`.

use actix_web::{get, post};
use entity::ids::TaskId;

use super::dto::{
    AcceptTask, ListTasks, ReturnTask, SubmitTask, Task, TaskPage, TaskPaging, ToVerify, Verdict,
    Verdicts, VerifyTask, VerifyTasks,
};
use super::perm;
use super::sheet;
use crate::auth::Permit;
use crate::http::{ApiError, IdempotencyKey, Json, Language, PathId, Result, Tagged, Valid};
use crate::sheet::{Answer, Asked};

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

/// 查询任务 · List tasks
///
/// 本人、本人岗位和所在党组织的任务，以及本人任督导员、总网格长、子网格长的网格及其下级的任务；有 `task.read_all` 权限的，
/// 看全镇街。`held_by` 为 `colleagues` 时，只列所在党组织中由同事签收的待办和被退回的，可以接手；无 `task.submit` 权限的
/// 答 403。办结期限最早的在前，`sort` 为 `-due_at` 时最晚的在前。`changed_since` 只列该时刻以来有变更的，先变更的在前，不能另选
/// 排序（422）；`include` 为 `submissions` 时，附每项任务历次提交的内容和佐证。每页 `limit` 条（1–200，缺省 50），
/// 下一页以 `next_cursor` 作翻页标记。
///
/// Own tasks, those of one's posts and party organisation, and those in the subtrees of the grids one heads; all of the
/// township's with `task.read_all`. `held_by=colleagues` leaves what colleagues of one's party organisation have accepted and
/// still owe, for whoever may take it over (`task.submit`, otherwise 403). The earliest deadline comes first, with `-due_at` as `sort` the latest. With `changed_since`
/// those that have changed since then, the first changed first, and no other order (422). `include=submissions` adds what was handed in
/// for each task, with its evidence. A page has `limit` rows (1–200, 50 when absent); its `next_cursor` leads to the next one.
#[utoipa::path(
    tag = "task",
    operation_id = "list_tasks",
    security(("bearer" = ["task.read"])),
    params(ListTasks),
    responses((status = 200, description = "一页任务，按办结期限排列 · A page of tasks by deadline", body = TaskPage))
)]
#[get("/tasks")]
pub(crate) async fn list_tasks(
    permit: Permit<perm::TaskRead>,
    asked: Asked<ListTasks>,
) -> Result<Answer<TaskPage>> {
    asked.pages(&permit, &sheet::TASKS, super::list).await
}

/// 我的待办 · List my open tasks
///
/// 本人应办的任务，即待办和被退回的，逾期最久的在前；包括本人岗位的，以及所在党组织中无人签收或由本人签收的。
/// 每页 `limit` 条（1–200，缺省 50），下一页以 `next_cursor` 作翻页标记。
///
/// What one owes oneself: open and returned tasks, the most late first; those of one's posts too, and of one's party organisation
/// those that nobody or oneself has accepted. A page has `limit` rows (1–200, 50 when absent); its `next_cursor` leads to the
/// next one.
#[utoipa::path(
    tag = "task",
    operation_id = "list_inbox",
    security(("bearer" = ["task.read"])),
    params(TaskPaging),
    responses((status = 200, description = "一页任务，逾期最久的在前 · A page of tasks, the most late first", body = TaskPage))
)]
#[get("/tasks/inbox")]
pub(crate) async fn list_inbox(
    permit: Permit<perm::TaskRead>,
    asked: Asked<TaskPaging>,
) -> Result<Answer<TaskPage>> {
    asked.pages(&permit, &sheet::INBOX, super::inbox).await
}

/// 待我核验的任务 · List tasks to verify
///
/// 已提交、可由本人核验的任务，期限最早的在前；本人承办的不在其中。每页 `limit` 条（1–200，缺省 50），
/// 下一页以 `next_cursor` 作翻页标记。
///
/// Submitted tasks that one may verify, the earliest deadline first; one's own are never among them. A page has `limit` rows
/// (1–200, 50 when absent); its `next_cursor` leads to the next one.
#[utoipa::path(
    tag = "task",
    operation_id = "list_to_verify",
    security(("bearer" = ["task.verify"])),
    params(TaskPaging),
    responses((status = 200, description = "一页任务，期限最早的在前 · A page of tasks, the earliest deadline first", body = TaskPage))
)]
#[get("/tasks/to-verify")]
pub(crate) async fn list_to_verify(
    permit: Permit<perm::TaskVerify>,
    asked: Asked<TaskPaging>,
) -> Result<Answer<TaskPage>> {
    asked.pages(&permit, &sheet::TO_VERIFY, super::to_verify).await
}

/// 待我核验的任务数 · Count tasks to verify
///
/// 可由本人核验的任务有多少，其中按时提交的有多少；按时提交的一并列出，期限最早的在前，最多 500 项，供 `verify_tasks` 批量核验。
///
/// How many submitted tasks one may verify, and which of them look right (handed in in time), to verify them together by
/// `verify_tasks`: at most 500, the earliest deadline first.
#[utoipa::path(
    tag = "task",
    operation_id = "get_to_verify",
    security(("bearer" = ["task.verify"])),
    responses((status = 200, description = "总数和按时提交的任务 · The count, and those handed in in time", body = ToVerify))
)]
#[get("/tasks/to-verify/summary")]
pub(crate) async fn get_to_verify(permit: Permit<perm::TaskVerify>) -> Result<Json<ToVerify>> {
    Ok(Json(super::waiting(&permit).await?))
}

/// 查看任务 · Get a task
///
/// 任务及最近一次提交的内容、办理记录，以及本人此时可做的操作；无权查看的答 404。
///
/// A task with what was handed in last, its log, and what one may do to it now; what one does not see answers 404.
#[utoipa::path(
    tag = "task",
    operation_id = "get_task",
    security(("bearer" = ["task.read"])),
    params(("id" = TaskId, Path, description = "任务 · The task")),
    responses((status = 200, description = "任务 · The task", body = Task))
)]
#[get("/tasks/{id}")]
pub(crate) async fn get_task(
    permit: Permit<perm::TaskRead>,
    id: PathId<TaskId>,
) -> Result<Tagged<Task>> {
    Ok(Tagged(super::get(&permit, id.0).await?))
}

/// 签收任务 · Accept a task
///
/// 承办人签收任务。交由党组织承办的，由其中一人先签收、后提交，同事可以接手：`from` 写明从谁手中接过，尚无人签收的为空；
/// 此时已由他人签收的，答 409 `task_taken`，任务不变。非承办人签收的答 403；不是待办或被退回的，或本人已经签收的，
/// 答 409 `state_conflict`。
///
/// The assignee takes note of the task. What is given to an organisation one of its people takes on, before handing it in; a
/// colleague can take it over: `from` says from whom, and is null while nobody has accepted it. Where by then somebody else has
/// it, the answer is 409 `task_taken` and nothing changes. Anybody else gets 403; a task that is not open or returned, or that
/// one has accepted already, 409 `state_conflict`.
#[utoipa::path(
    tag = "task",
    operation_id = "accept_task",
    security(("bearer" = ["task.submit"])),
    params(
        ("id" = TaskId, Path, description = "任务 · The task"),
        ("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次 · The same key takes effect once")
    ),
    request_body = AcceptTask,
    responses((status = 200, description = "已签收 · Accepted", body = Task))
)]
#[post("/tasks/{id}/accept")]
pub(crate) async fn accept_task(
    permit: Permit<perm::TaskSubmit>,
    id: PathId<TaskId>,
    key: IdempotencyKey,
    input: Valid<AcceptTask>,
) -> Result<Tagged<Task>> {
    Ok(Tagged(super::accept(&permit, key, id.0, input.into_inner()).await?))
}

/// 提交任务 · Hand in a task
///
/// 承办人提交任务及其要求的佐证，佐证不全的答 422 `evidence_missing`；照片须由同一账号事先上传。离线办理的，
/// 以 `done_at` 为办结时间，不能晚于现在。非承办人提交的答 403。
///
/// The assignee hands the task in with the evidence it asks for (otherwise 422 `evidence_missing`); photos are uploaded before by
/// the same account. What was done without a network counts by its `done_at`, which does not lie in the future. Anybody else gets
/// 403.
#[utoipa::path(
    tag = "task",
    operation_id = "submit_task",
    security(("bearer" = ["task.submit"])),
    params(
        ("id" = TaskId, Path, description = "任务 · The task"),
        ("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次 · The same key takes effect once")
    ),
    request_body = SubmitTask,
    responses((status = 200, description = "已提交，待核验 · Handed in, to be verified", body = Task))
)]
#[post("/tasks/{id}/submit")]
pub(crate) async fn submit_task(
    permit: Permit<perm::TaskSubmit>,
    id: PathId<TaskId>,
    key: IdempotencyKey,
    input: Valid<SubmitTask>,
) -> Result<Tagged<Task>> {
    Ok(Tagged(super::submit(&permit, key, id.0, input.into_inner()).await?))
}

/// 核验任务 · Verify a task
///
/// 确认已提交的任务，承办人的积分同时计入。不能核验本人的任务（403 `self_verification`）；党建办可核验全镇街的，
/// 督导员、总网格长可核验本人网格及其下级的。
///
/// Confirms a submitted task; the assignee's points are posted with it. Never one's own task (403 `self_verification`); the
/// office verifies any, a supervisor or general head those in the own grids and beneath.
#[utoipa::path(
    tag = "task",
    operation_id = "verify_task",
    security(("bearer" = ["task.verify"])),
    params(
        ("id" = TaskId, Path, description = "任务 · The task"),
        ("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次 · The same key takes effect once")
    ),
    request_body = VerifyTask,
    responses((status = 200, description = "已核验 · Verified", body = Task))
)]
#[post("/tasks/{id}/verify")]
pub(crate) async fn verify_task(
    permit: Permit<perm::TaskVerify>,
    id: PathId<TaskId>,
    key: IdempotencyKey,
    input: Valid<VerifyTask>,
) -> Result<Tagged<Task>> {
    Ok(Tagged(super::verify(&permit, key, id.0, input.into_inner()).await?))
}

/// 批量核验任务 · Verify several tasks
///
/// 按所见的版本核验最多 500 项已提交的任务，逐项适用 `verify_task` 的规则：此后重新提交的，或已由他人核验的，不予核验，
/// 也不影响其余各项。请求没有得到答复的，以同一幂等键重发：已核验的仍报已核验，积分不重复计入。
///
/// Confirms up to 500 submitted tasks as they were seen, each as `verify_task` does: one that was handed in anew since, or that
/// somebody else verified, is refused and does not hold up the others. Repeat a request that got no answer under the same key:
/// what was verified is told as verified, nothing is posted twice.
#[utoipa::path(
    tag = "task",
    operation_id = "verify_tasks",
    security(("bearer" = ["task.verify"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次 · The same key takes effect once")),
    request_body = VerifyTasks,
    responses((status = 200, description = "逐项结果 · What became of each", body = Verdicts))
)]
#[post("/tasks/verify")]
pub(crate) async fn verify_tasks(
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

/// 退回任务 · Return a task
///
/// 退回已提交的任务并写明原因，办结期限不变。何人可以退回与 `verify_task` 相同，不能退回本人的任务（403 `self_verification`）。
///
/// Sends a submitted task back with a reason; its deadline stays. Who may is as for `verify_task`: never one's own task (403
/// `self_verification`).
#[utoipa::path(
    tag = "task",
    operation_id = "return_task",
    security(("bearer" = ["task.verify"])),
    params(
        ("id" = TaskId, Path, description = "任务 · The task"),
        ("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次 · The same key takes effect once")
    ),
    request_body = ReturnTask,
    responses((status = 200, description = "已退回 · Returned", body = Task))
)]
#[post("/tasks/{id}/return")]
pub(crate) async fn return_task(
    permit: Permit<perm::TaskVerify>,
    id: PathId<TaskId>,
    key: IdempotencyKey,
    input: Valid<ReturnTask>,
) -> Result<Tagged<Task>> {
    Ok(Tagged(super::send_back(&permit, key, id.0, input.into_inner()).await?))
}
