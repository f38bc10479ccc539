//! Accepting a task.

use entity::ids::TaskId;
use entity::kinds::TaskLogKind;
use entity::task;
use sea_orm::ActiveValue::Set;

use super::codes;
use super::detail::show;
use super::dto::{AcceptTask, Task};
use super::engine::note;
use super::rules::{self, Act};
use super::source::{Event, tell};
use super::visibility::Visibility;
use crate::http::{ApiError, IdempotencyKey, Result};
use crate::tenancy::{Scope, Tx};

/// The assignee takes note of a task; of an organisation, one of its people takes it on, also from the colleague whom they name.
pub async fn accept(
    scope: &Scope,
    key: IdempotencyKey,
    id: TaskId,
    input: AcceptTask,
) -> Result<Task> {
    let fingerprint = (id, input);
    scope
        .write_once(key, "accept_task", &fingerprint, async move |tx: &Tx| {
            let sight = Visibility::of(tx).await?;
            let (task, standing) = sight.locked(tx, id).await?;
            let state = sight.allowed(tx, &standing, Act::Accept)?;
            if rules::taken(task.accepted_at.and(task.member_id), input.from) {
                return Err(ApiError::new(codes::TASK_TAKEN));
            }
            let accepted = tx
                .update(task::ActiveModel {
                    id: Set(id),
                    state: Set(state),
                    member_id: Set(tx.member()),
                    accepted_at: Set(Some(tx.now())),
                    version: Set(task.version + 1),
                    ..Default::default()
                })
                .await?;
            note(tx, id, TaskLogKind::Accepted, None).await?;
            tell(tx, Event::Accepted, &accepted).await?;
            show(tx, &sight, id).await
        })
        .await
}
