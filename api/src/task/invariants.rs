//! What always holds of tasks.

use entity::ids::{GridId, TaskId};
use entity::kinds::{AssigneeKind, TaskLogKind, TaskState};
use entity::{task, task_log, task_submission};
use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::rules::obligation_of;
use crate::http::Result;
use crate::invariant::{CHUNK, Invariant, SOUGHT, Span};
use crate::tenancy::Tx;

/// What is promised of tasks.
pub(super) const INVARIANTS: &[Invariant] = &[
    Invariant {
        id: "TK1",
        zh: "同一项义务在同一周期只有一项任务",
        en: "Of one obligation there is one task in a period",
        broken: |tx, span| Box::pin(misnamed(tx, span)),
    },
    Invariant {
        id: "TK2",
        zh: "任务状态与提交、办结时间相符",
        en: "A task's moments are those of its state",
        broken: |tx, span| Box::pin(inconsistent(tx, span)),
    },
    Invariant {
        id: "TK3",
        zh: "本人提交的任务不由本人核验",
        en: "Nobody verifies what they handed in themselves",
        broken: |tx, span| Box::pin(verified_by_oneself(tx, span)),
    },
    Invariant {
        id: "TK4",
        zh: "任务下发时未逾期",
        en: "No task is late already when it is opened",
        broken: |tx, span| Box::pin(late_from_the_start(tx, span)),
    },
];

/// The tasks to which something happened in a span: it stands in their log, as their opening does. A task of long ago is verified today.
#[must_use]
pub fn touched(tx: &Tx, span: Span) -> Condition {
    let lines = tx.find::<task_log::Entity>().select_only().column(task_log::Column::TaskId);
    let lately = (!span.is_whole()).then(|| {
        task::Column::Id.in_subquery(lines.filter(span.of(task_log::Column::Id)).into_subquery())
    });
    Condition::all().add_option(lately)
}

/// What a task's obligation is made of.
type Obligation = (TaskId, Uuid, String, Uuid, String, Option<GridId>, AssigneeKind, Uuid);

/// The database keeps the ids of obligations apart; that the id is the obligation's is for us to see.
async fn misnamed(tx: &Tx, span: Span) -> Result<Vec<String>> {
    use task::Column as Of;
    let mut wrong = Vec::new();
    let mut after: Option<TaskId> = None;
    let touched = touched(tx, span);
    loop {
        let tasks: Vec<Obligation> = tx
            .find::<task::Entity>()
            .select_only()
            .columns([Of::Id, Of::ObligationId, Of::SourceKind, Of::SourceItemId, Of::Period])
            .columns([Of::GridId, Of::AssigneeKind, Of::AssigneeId])
            .filter(touched.clone())
            .filter(Condition::all().add_option(after.map(|id| Of::Id.gt(id))))
            .order_by_asc(Of::Id)
            .limit(CHUNK)
            .into_tuple()
            .all()
            .await?;
        let Some((last, ..)) = tasks.last() else { return Ok(wrong) };
        after = Some(*last);
        for (id, obligation, source, item, period, grid, kind, assignee) in tasks {
            if obligation_of(&source, item, &period, grid, (kind, assignee)) != obligation {
                wrong.push(format!("task {id} is kept under another obligation than its own"));
            }
        }
    }
}

async fn inconsistent(tx: &Tx, span: Span) -> Result<Vec<String>> {
    use task::Column::{AcceptedAt, ClosedAt, Id, OpenedAt, State, SubmittedAt};
    let is = |states: &[TaskState]| Condition::all().add(State.is_in(states.iter().copied()));
    let (open, submitted) = ([TaskState::Open], [TaskState::Submitted, TaskState::Returned]);
    let (verified, cancelled) = ([TaskState::Verified], [TaskState::Cancelled]);
    let wrong = Condition::any()
        .add(
            is(&open)
                .add(Condition::any().add(SubmittedAt.is_not_null()).add(ClosedAt.is_not_null())),
        )
        .add(
            is(&submitted)
                .add(Condition::any().add(SubmittedAt.is_null()).add(ClosedAt.is_not_null())),
        )
        .add(is(&verified).add(Condition::any().add(SubmittedAt.is_null()).add(ClosedAt.is_null())))
        .add(is(&cancelled).add(ClosedAt.is_null()))
        .add(Expr::col((task::Entity, AcceptedAt)).lt(Expr::col((task::Entity, OpenedAt))));
    let found: Vec<(TaskId, TaskState)> = tx
        .find::<task::Entity>()
        .select_only()
        .columns([Id, State])
        .filter(touched(tx, span))
        .filter(wrong)
        .order_by_asc(Id)
        .limit(SOUGHT)
        .into_tuple()
        .all()
        .await?;
    let say = |(id, state)| format!("task {id} is {state} and its moments say otherwise");
    Ok(found.into_iter().map(say).collect())
}

async fn verified_by_oneself(tx: &Tx, span: Span) -> Result<Vec<String>> {
    use task_submission::Column as Submission;
    // What was handed in last is what was verified.
    let handed_in_by = tx
        .find::<task_submission::Entity>()
        .select_only()
        .column(Submission::AccountId)
        .filter(
            Expr::col((task_submission::Entity, Submission::TaskId))
                .equals((task_log::Entity, task_log::Column::TaskId)),
        )
        .order_by_desc(Submission::Id)
        .limit(1)
        .into_subquery();
    let found: Vec<TaskId> = tx
        .find::<task_log::Entity>()
        .select_only()
        .column(task_log::Column::TaskId)
        .filter(span.of(task_log::Column::Id))
        .filter(task_log::Column::Kind.eq(TaskLogKind::Verified))
        .filter(
            Expr::col((task_log::Entity, task_log::Column::AccountId)).eq(Expr::from(handed_in_by)),
        )
        .order_by_asc(task_log::Column::TaskId)
        .limit(SOUGHT)
        .into_tuple()
        .all()
        .await?;
    let say = |id| format!("task {id} was verified by the account that handed it in");
    Ok(found.into_iter().map(say).collect())
}

async fn late_from_the_start(tx: &Tx, span: Span) -> Result<Vec<String>> {
    use task::Column::{DueAt, Id, OpenedAt};
    let found: Vec<TaskId> = tx
        .find::<task::Entity>()
        .select_only()
        .column(Id)
        .filter(touched(tx, span))
        .filter(Expr::col((task::Entity, DueAt)).lt(Expr::col((task::Entity, OpenedAt))))
        .order_by_asc(Id)
        .limit(SOUGHT)
        .into_tuple()
        .all()
        .await?;
    Ok(found.into_iter().map(|id| format!("task {id} was due before it was opened")).collect())
}
