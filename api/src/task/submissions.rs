//! What was handed in for tasks, with its evidence.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::ids::{AccountId, AttachmentId, TaskId, TaskSubmissionId};
use entity::{account, attachment, submission_attachment, task_submission};
use sea_orm::{
    ColumnTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
};

use super::dto::{Place, TaskAttachment, TaskSubmission, TaskSubmitter};
use crate::clock::beijing;
use crate::http::Result;
use crate::tenancy::Tx;

#[derive(Debug, FromQueryResult)]
struct SubmissionRow {
    id: TaskSubmissionId,
    task_id: TaskId,
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
    submission_id: TaskSubmissionId,
    id: AttachmentId,
    media_type: String,
    size_bytes: i64,
    width: i32,
    height: i32,
}

/// All that was handed in for these tasks, oldest first; two statements, however many they are.
pub(super) async fn submissions(
    tx: &Tx,
    tasks: &[TaskId],
) -> Result<HashMap<TaskId, Vec<TaskSubmission>>> {
    use task_submission::Column;
    // Ids sort by the time they were made; `at` may be the phone's earlier moment.
    let found = tx
        .find::<task_submission::Entity>()
        .join(JoinType::InnerJoin, task_submission::Relation::Account.def())
        .select_only()
        .columns([
            Column::Id,
            Column::TaskId,
            Column::At,
            Column::AccountId,
            Column::Body,
            Column::NumberValue,
            Column::Lng,
            Column::Lat,
        ])
        .column_as(account::Column::DisplayName, "account_name")
        .filter(Column::TaskId.is_in(tasks.iter().copied()))
        .order_by_asc(Column::Id)
        .into_model::<SubmissionRow>()
        .all()
        .await?;
    let mut photos = photos(tx, found.iter().map(|one| one.id)).await?;
    let mut by_task: HashMap<TaskId, Vec<TaskSubmission>> = HashMap::new();
    for one in found {
        by_task.entry(one.task_id).or_default().push(TaskSubmission {
            at: beijing(one.at),
            by: TaskSubmitter { id: one.account_id, name: one.account_name },
            text: one.body,
            number: one.number_value,
            attachments: photos.remove(&one.id).unwrap_or_default(),
            place: one
                .lng
                .zip(one.lat)
                .map(|(lng, lat)| Place { lng: f64::from(lng) / 1e6, lat: f64::from(lat) / 1e6 }),
        });
    }
    Ok(by_task)
}

/// The photos of submissions, in their order; one statement, none where there are no submissions.
async fn photos(
    tx: &Tx,
    submissions: impl ExactSizeIterator<Item = TaskSubmissionId>,
) -> Result<HashMap<TaskSubmissionId, Vec<TaskAttachment>>> {
    use submission_attachment::Column;
    let mut found: HashMap<TaskSubmissionId, Vec<TaskAttachment>> = HashMap::new();
    if submissions.len() == 0 {
        return Ok(found);
    }
    let rows = tx
        .find::<submission_attachment::Entity>()
        .join(JoinType::InnerJoin, submission_attachment::Relation::Attachment.def())
        .select_only()
        .column(Column::SubmissionId)
        .column(attachment::Column::Id)
        .column(attachment::Column::MediaType)
        .column(attachment::Column::SizeBytes)
        .column(attachment::Column::Width)
        .column(attachment::Column::Height)
        .filter(Column::SubmissionId.is_in(submissions))
        .order_by_asc(Column::Position)
        .into_model::<AttachmentRow>()
        .all()
        .await?;
    for photo in rows {
        found.entry(photo.submission_id).or_default().push(TaskAttachment {
            id: photo.id,
            media_type: photo.media_type,
            size: photo.size_bytes,
            width: photo.width,
            height: photo.height,
        });
    }
    Ok(found)
}
