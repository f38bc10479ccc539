//! Handing a task in.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::evidence::Requirement;
use entity::ids::{AccountId, AttachmentId, TaskId, TaskSubmissionId};
use entity::kinds::{EvidenceKind, TaskLogKind, TaskState};
use entity::{attachment, submission_attachment, task, task_log, task_submission};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::codes;
use super::detail::show;
use super::dto::{SubmitTask, Task};
use super::engine::{filled, note};
use super::rules::{self, Act, Given};
use super::source::{Event, tell};
use super::visibility::Visibility;
use crate::door::Moment;
use crate::http::{ApiError, Code, IdempotencyKey, Result};
use crate::tenancy::{Scope, Tx};

/// Degrees to micro-degrees; the input was checked to lie on the globe.
fn micro(degrees: f64) -> Result<i32> {
    format!("{:.0}", degrees * 1e6).parse().map_err(ApiError::internal)
}

/// The assignee hands a task in.
pub async fn submit(
    scope: &Scope,
    key: IdempotencyKey,
    id: TaskId,
    input: SubmitTask,
) -> Result<Task> {
    let fingerprint = (id, input.clone());
    scope
        .write_once(key, "submit_task", &fingerprint, async move |tx: &Tx| {
            let sight = Visibility::of(tx).await?;
            let (task, standing) = sight.locked(tx, id).await?;
            let state = sight.allowed(tx, &standing, Act::Submit)?;
            let account = tx.actor().ok_or_else(|| ApiError::new(Code::FORBIDDEN))?;

            let handed_over = match task.state {
                TaskState::Returned => returned_at(tx, id).await?.unwrap_or(task.opened_at),
                _ => task.opened_at,
            };
            let done_at = input.done_at.map(Moment::utc);
            let at = rules::moment(done_at, handed_over, tx.now()).ok_or_else(|| {
                ApiError::invalid("done_at", "不能晚于现在", "must not lie in the future")
            })?;
            let photos = own_photos(tx, account, &input.attachment_ids).await?;
            let body = filled(input.text);
            let given = Given { text: body.as_deref(), number: input.number, photos: photos.len() };
            if let Some(problem) = missing(&rules::lacking(&task.evidence, given)) {
                return Err(problem);
            }

            let submission = TaskSubmissionId::new();
            let place =
                input.place.map(|place| Ok::<_, ApiError>((micro(place.lng)?, micro(place.lat)?)));
            let place = place.transpose()?;
            tx.insert(task_submission::ActiveModel {
                id: Set(submission),
                task_id: Set(id),
                at: Set(at),
                account_id: Set(account),
                body: Set(body),
                number_value: Set(input.number),
                lng: Set(place.map(|(lng, _)| lng)),
                lat: Set(place.map(|(_, lat)| lat)),
                ..Default::default()
            })
            .await?;
            let attached = (0_i32..)
                .zip(photos)
                .map(|(position, photo)| submission_attachment::ActiveModel {
                    submission_id: Set(submission),
                    attachment_id: Set(photo),
                    position: Set(position),
                    ..Default::default()
                })
                .collect();
            tx.insert_many::<submission_attachment::ActiveModel>(attached).await?;
            let submitted = tx
                .update(task::ActiveModel {
                    id: Set(id),
                    state: Set(state),
                    // Of a post: who holds it today, and did it.
                    member_id: Set(tx.member()),
                    submitted_at: Set(Some(at)),
                    version: Set(task.version + 1),
                    ..Default::default()
                })
                .await?;
            note(tx, id, TaskLogKind::Submitted, None).await?;
            tell(tx, Event::Submitted, &submitted).await?;
            show(tx, &sight, id).await
        })
        .await
}

async fn returned_at(tx: &Tx, id: TaskId) -> Result<Option<DateTime<Utc>>> {
    let found = tx
        .find::<task_log::Entity>()
        .filter(task_log::Column::TaskId.eq(id))
        .filter(task_log::Column::Kind.eq(TaskLogKind::Returned))
        .order_by_desc(task_log::Column::At)
        .one()
        .await?;
    Ok(found.map(|line| line.at))
}

/// The photos named, each once, in the order given; those of others do not exist.
async fn own_photos(
    tx: &Tx,
    account: AccountId,
    named: &[AttachmentId],
) -> Result<Vec<AttachmentId>> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let known: HashSet<AttachmentId> = tx
        .find::<attachment::Entity>()
        .select_only()
        .column(attachment::Column::Id)
        .filter(attachment::Column::Id.is_in(named.iter().copied()))
        .filter(attachment::Column::AccountId.eq(account))
        .into_tuple::<AttachmentId>()
        .all()
        .await?
        .into_iter()
        .collect();
    let mut problem: Option<ApiError> = None;
    let mut photos = Vec::new();
    for (index, id) in named.iter().enumerate() {
        if !known.contains(id) {
            let field = format!("attachment_ids[{index}]");
            let (zh, en) = ("没有找到本人上传的这张照片", "no such photo of yours");
            problem = Some(match problem {
                None => ApiError::invalid(field, zh, en),
                Some(problem) => problem.and_invalid(field, zh, en),
            });
        } else if !photos.contains(id) {
            photos.push(*id);
        }
    }
    problem.map_or(Ok(photos), Err)
}

/// What is lacking, each at its field; nothing when nothing is.
fn missing(lacking: &[&Requirement]) -> Option<ApiError> {
    let mut problem: Option<ApiError> = None;
    for one in lacking {
        let (field, zh, en) = told(one);
        problem = Some(match problem {
            None => {
                let problem = ApiError::new(codes::EVIDENCE_MISSING)
                    .detail(format!("本任务佐证不全：{zh}"), format!("Evidence is missing: {en}"));
                problem.and_invalid(field, zh, en)
            }
            Some(problem) => problem.and_invalid(field, zh, en),
        });
    }
    problem
}

/// The field of a requirement, and what to do about it.
fn told(one: &Requirement) -> (&'static str, String, String) {
    match one.kind {
        EvidenceKind::Photo if one.count > 1 => (
            "attachment_ids",
            format!("请上传至少 {} 张照片", one.count),
            format!("add at least {} photos", one.count),
        ),
        EvidenceKind::Photo => {
            ("attachment_ids", "请拍照上传".to_owned(), "add a photo".to_owned())
        }
        EvidenceKind::Text => ("text", "请填写文字说明".to_owned(), "say what was done".to_owned()),
        EvidenceKind::Number => {
            let unit = one.unit.as_deref().unwrap_or_default();
            let (zh, en) = match (one.least, one.most) {
                (Some(least), Some(most)) => (
                    format!("请填写 {least} 至 {most} 之间的数量{unit}"),
                    format!("give a number from {least} to {most}"),
                ),
                (Some(least), None) => (
                    format!("请填写不小于 {least} 的数量{unit}"),
                    format!("give a number of {least} or more"),
                ),
                (None, Some(most)) => (
                    format!("请填写不大于 {most} 的数量{unit}"),
                    format!("give a number of {most} or less"),
                ),
                (None, None) => ("请填写数量".to_owned(), "give the number".to_owned()),
            };
            ("number", zh, en)
        }
    }
}
