//! Verifying and sending back.

use std::collections::HashSet;

use entity::ids::TaskId;
use entity::kinds::TaskLogKind;
use entity::task;
use sea_orm::ActiveValue::Set;

use super::detail::show;
use super::dto::{ReturnTask, Task, VerifyTask, VerifyTasks};
use super::engine::{filled, note};
use super::rules::Act;
use super::source::{Event, tell};
use super::visibility::Visibility;
use super::{acts, codes};
use crate::audit::{Record, record};
use crate::door::Lines;
use crate::http::{ApiError, Code, IdempotencyKey, Result};
use crate::tenancy::{Scope, Tx};

/// Somebody above confirms a task; its source posts what it brings, in the same transaction.
pub async fn verify(
    scope: &Scope,
    key: IdempotencyKey,
    id: TaskId,
    input: VerifyTask,
) -> Result<Task> {
    let fingerprint = (id, input.clone());
    scope
        .write_once(key, "verify_task", &fingerprint, async move |tx: &Tx| {
            let sight = Visibility::of(tx).await?;
            pass(tx, &sight, id, None, input.note).await?;
            show(tx, &sight, id).await
        })
        .await
}

/// Verifies one task, unless it is another than the one that was seen.
async fn pass(
    tx: &Tx,
    sight: &Visibility,
    id: TaskId,
    seen: Option<i32>,
    remark: Option<Lines>,
) -> Result<()> {
    let (task, standing) = sight.locked(tx, id).await?;
    let state = sight.allowed(tx, &standing, Act::Verify)?;
    if seen.is_some_and(|version| version != task.version) {
        return Err(ApiError::new(Code::STATE_CONFLICT).detail(
            "提交的内容已经改变，请查看后再核验",
            "What was handed in has changed; look at it first",
        ));
    }
    let verified = tx
        .update(task::ActiveModel {
            id: Set(id),
            state: Set(state),
            closed_at: Set(Some(tx.now())),
            version: Set(task.version + 1),
            ..Default::default()
        })
        .await?;
    note(tx, id, TaskLogKind::Verified, filled(remark)).await?;
    let entry = Record::of(acts::VERIFY).on("task", id);
    record(tx, entry.changed("state", Some(task.state), Some(state))).await?;
    tell(tx, Event::Verified, &verified).await
}

/// Somebody above confirms several tasks as they were seen, each in a transaction of its own and by the rules of
/// [`verify`]; one that is refused does not hold up the others. Under the same key what was verified stays told so.
///
/// # Errors
/// What is not about a single task (the database does not answer) ends the work; what was verified before stays, and
/// a repetition under the same key goes on from there.
pub async fn verify_many(
    scope: &Scope,
    key: IdempotencyKey,
    input: VerifyTasks,
) -> Result<Vec<(TaskId, Option<ApiError>)>> {
    let mut taken = HashSet::new();
    let mut verdicts = Vec::with_capacity(input.tasks.len());
    for seen in input.tasks {
        if !taken.insert(seen.id) {
            continue;
        }
        let once = IdempotencyKey(key.0.as_ref().map(|key| format!("{key}/{}", seen.id)));
        let remark = input.note.clone();
        let fingerprint = (seen, remark.clone());
        let passed = scope
            .write_once(once, "verify_tasks", &fingerprint, async move |tx: &Tx| {
                let sight = Visibility::of(tx).await?;
                pass(tx, &sight, seen.id, Some(seen.version), remark).await
            })
            .await;
        match passed {
            Ok(()) => verdicts.push((seen.id, None)),
            Err(error) if about_the_task(error.code()) => verdicts.push((seen.id, Some(error))),
            Err(error) => return Err(error),
        }
    }
    Ok(verdicts)
}

/// Whether an error says something of one task, not of the request or the server.
fn about_the_task(code: Code) -> bool {
    matches!(
        code,
        Code::NOT_FOUND | Code::FORBIDDEN | codes::SELF_VERIFICATION | Code::STATE_CONFLICT
    )
}

/// Somebody above sends a task back; its clock goes on.
pub async fn send_back(
    scope: &Scope,
    key: IdempotencyKey,
    id: TaskId,
    input: ReturnTask,
) -> Result<Task> {
    let fingerprint = (id, input.clone());
    scope
        .write_once(key, "return_task", &fingerprint, async move |tx: &Tx| {
            let sight = Visibility::of(tx).await?;
            let (task, standing) = sight.locked(tx, id).await?;
            let state = sight.allowed(tx, &standing, Act::Return)?;
            let returned = tx
                .update(task::ActiveModel {
                    id: Set(id),
                    state: Set(state),
                    version: Set(task.version + 1),
                    ..Default::default()
                })
                .await?;
            note(tx, id, TaskLogKind::Returned, Some(input.reason.into_inner())).await?;
            let entry = Record::of(acts::RETURN).on("task", id);
            record(tx, entry.changed("state", Some(task.state), Some(state))).await?;
            tell(tx, Event::Returned, &returned).await?;
            // Handed in in time it was not among the late ones when its deadline passed.
            let was_in_time = task.submitted_at.is_some_and(|at| at <= task.due_at);
            if was_in_time && tx.now() > task.due_at {
                tell(tx, Event::Late, &returned).await?;
            }
            show(tx, &sight, id).await
        })
        .await
}
