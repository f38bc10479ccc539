//! One task with all that belongs to it.

use chrono::{DateTime, Utc};
use entity::ids::{AccountId, TaskId};
use entity::kinds::TaskLogKind;
use entity::{account, task, task_log};
use sea_orm::{
    ColumnTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
};

use super::dto::{Task, TaskActor, TaskLogEntry};
use super::row::{Row, rows};
use super::submissions::submissions;
use super::visibility::Visibility;
use crate::clock::beijing;
use crate::http::{ApiError, Code, Result};
use crate::tenancy::{Scope, Tx};

/// One task.
pub async fn get(scope: &Scope, id: TaskId) -> Result<Task> {
    scope
        .read(async |tx: &Tx| {
            let sight = Visibility::of(tx).await?;
            show(tx, &sight, id).await
        })
        .await
}

#[derive(Debug, FromQueryResult)]
struct LogRow {
    at: DateTime<Utc>,
    kind: TaskLogKind,
    account_id: Option<AccountId>,
    account_name: Option<String>,
    note: Option<String>,
}

/// A task as the account sees it now; 404 when it does not.
pub(super) async fn show(tx: &Tx, sight: &Visibility, id: TaskId) -> Result<Task> {
    let row = rows(tx)
        .filter(task::Column::Id.eq(id))
        .filter(sight.visible())
        .into_model::<Row>()
        .one()
        .await?
        .ok_or_else(|| ApiError::new(Code::NOT_FOUND))?;
    let submission = match row.submitted_at {
        Some(_) => submissions(tx, &[id]).await?.remove(&id).and_then(|mut all| all.pop()),
        None => None,
    };
    let log = log(tx, id).await?;
    let (opened_at, accepted_at) = (beijing(row.opened_at), row.accepted_at.map(beijing));
    let brief = row.brief(tx, sight)?;
    Ok(Task {
        id: brief.id,
        title: brief.title,
        grid: brief.grid,
        assignee: brief.assignee,
        state: brief.state,
        late: brief.late,
        due_at: brief.due_at,
        evidence: brief.evidence,
        points: brief.points,
        source: brief.source,
        period: brief.period,
        opened_at,
        opened_late: brief.opened_late,
        accepted_at,
        submission,
        log,
        may: brief.may,
        version: brief.version,
    })
}

async fn log(tx: &Tx, id: TaskId) -> Result<Vec<TaskLogEntry>> {
    use task_log::Column;
    let lines = tx
        .find::<task_log::Entity>()
        .join(JoinType::LeftJoin, task_log::Relation::Account.def())
        .select_only()
        .columns([Column::At, Column::Kind, Column::AccountId, Column::Note])
        .column_as(account::Column::DisplayName, "account_name")
        .filter(Column::TaskId.eq(id))
        .order_by_asc(Column::At)
        .order_by_asc(Column::Id)
        .into_model::<LogRow>()
        .all()
        .await?;
    Ok(lines
        .into_iter()
        .map(|line| TaskLogEntry {
            at: beijing(line.at),
            kind: line.kind,
            by: line
                .account_id
                .zip(line.account_name)
                .map(|(account_id, name)| TaskActor { account_id, name }),
            note: line.note,
        })
        .collect())
}
