//! One task with all that belongs to it.

use chrono::{DateTime, Utc};
use entity::ids::{AccountId, AttachmentId, TaskId, TaskSubmissionId};
use entity::kinds::TaskLogKind;
use entity::{account, attachment, submission_attachment, task, task_log, task_submission};
use sea_orm::{
    ColumnTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
};

use super::dto::{
    Place, Task, TaskActor, TaskAttachment, TaskLogEntry, TaskSubmission, TaskSubmitter,
};
use super::row::{Row, rows};
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

#[derive(Debug, FromQueryResult)]
struct SubmissionRow {
    id: TaskSubmissionId,
    at: DateTime<Utc>,
    account_id: AccountId,
    account_name: String,
    body: Option<String>,
    number_value: Option<f64>,
    lng: Option<i32>,
    lat: Option<i32>,
}

#[derive(Debug, FromQueryResult)]
struct AttachmentRow {
    id: AttachmentId,
    media_type: String,
    size_bytes: i64,
    width: i32,
    height: i32,
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
        Some(_) => newest_submission(tx, id).await?,
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

async fn newest_submission(tx: &Tx, id: TaskId) -> Result<Option<TaskSubmission>> {
    use task_submission::Column;
    // Ids sort by the time they were made; `at` may be the phone's earlier moment.
    let found = tx
        .find::<task_submission::Entity>()
        .join(JoinType::InnerJoin, task_submission::Relation::Account.def())
        .select_only()
        .columns([
            Column::Id,
            Column::At,
            Column::AccountId,
            Column::Body,
            Column::NumberValue,
            Column::Lng,
            Column::Lat,
        ])
        .column_as(account::Column::DisplayName, "account_name")
        .filter(Column::TaskId.eq(id))
        .order_by_desc(Column::Id)
        .limit(1)
        .into_model::<SubmissionRow>()
        .one()
        .await?;
    let Some(found) = found else {
        return Ok(None);
    };
    let attachments = tx
        .find::<submission_attachment::Entity>()
        .join(JoinType::InnerJoin, submission_attachment::Relation::Attachment.def())
        .select_only()
        .column(attachment::Column::Id)
        .column(attachment::Column::MediaType)
        .column(attachment::Column::SizeBytes)
        .column(attachment::Column::Width)
        .column(attachment::Column::Height)
        .filter(submission_attachment::Column::SubmissionId.eq(found.id))
        .order_by_asc(submission_attachment::Column::Position)
        .into_model::<AttachmentRow>()
        .all()
        .await?;
    Ok(Some(TaskSubmission {
        at: beijing(found.at),
        by: TaskSubmitter { id: found.account_id, name: found.account_name },
        text: found.body,
        number: found.number_value,
        attachments: attachments
            .into_iter()
            .map(|photo| TaskAttachment {
                id: photo.id,
                media_type: photo.media_type,
                size: photo.size_bytes,
                width: photo.width,
                height: photo.height,
            })
            .collect(),
        place: found
            .lng
            .zip(found.lat)
            .map(|(lng, lat)| Place { lng: f64::from(lng) / 1e6, lat: f64::from(lat) / 1e6 }),
    }))
}
