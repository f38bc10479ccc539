//! Use cases of attachments.

use chrono::TimeDelta;
use entity::ids::{AccountId, AttachmentId, TaskSubmissionId};
use entity::{account, attachment, submission_attachment, task_submission};
use photo::{Fault, Photo};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, JoinType, QueryFilter, QuerySelect, RelationTrait};
use sha2::{Digest, Sha256};

use super::dto::{Attachment, AttachmentLink};
use super::{link, rules};
use crate::clock::beijing;
use crate::http::{ApiError, Code, IdempotencyKey, Result};
use crate::jobs::{Act, Job, Kind, Next, Plan, night_after, plant_ahead};
use crate::state::AppState;
use crate::task::Visibility;
use crate::tenancy::{Scope, Tx};
use crate::work::{Budget, Heavy, Lane, Stop, too_much};

/// Days after which a photo that was never submitted is deleted: a phone may keep its submission for long.
const UNUSED_DAYS: i64 = 30;
/// Photos deleted in one transaction.
const FORGOTTEN_AT_ONCE: u64 = 500;

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A photo, within a budget.
fn prepare(upload: &[u8], work: &Budget) -> Result<Photo> {
    photo::prepare(upload, &|| work.check().is_ok()).map_err(|fault| match fault {
        // The budget says it again: too much, or nobody there.
        Fault::Stopped => work.stopped().into(),
        fault => refused(fault),
    })
}

fn refused(fault: Fault) -> ApiError {
    match fault {
        // 422 rather than 415: the form came in the right media type, what it holds cannot be taken.
        Fault::OtherFormat => ApiError::new(Code::FILE_UNREADABLE)
            .detail("只接受 JPEG 或 PNG 照片", "Only JPEG and PNG photos are taken"),
        Fault::TooLarge => ApiError::new(Code::FILE_UNREADABLE)
            .detail("照片像素过大，请缩小后再上传", "The photo has too many pixels"),
        Fault::Unreadable => ApiError::new(Code::FILE_UNREADABLE)
            .detail("照片已损坏或不完整，请重新拍摄或选择", "The photo is damaged or incomplete"),
        Fault::TooMuch => {
            too_much("照片编码过于复杂，请重新拍摄", "the photo's coding is too complex")
        }
        Fault::Stopped => Stop::Gone.into(),
    }
}

/// 429 when the account has as many photos as one may have that no submission has named.
async fn check_quota(tx: &Tx, account: AccountId) -> Result<()> {
    use attachment::Column;
    // Two uploads at once are counted one after the other.
    tx.get_locked::<account::Entity>(account).await?;
    let most = u64::try_from(rules::MOST_UNSUBMITTED).map_err(ApiError::internal)?;
    let unsubmitted: Vec<i64> = tx
        .find::<attachment::Entity>()
        .join(JoinType::LeftJoin, submission_attachment::Relation::Attachment.def().rev())
        .select_only()
        .column(Column::SizeBytes)
        .filter(Column::AccountId.eq(account))
        .filter(submission_attachment::Column::SubmissionId.is_null())
        .limit(most)
        .into_tuple()
        .all()
        .await?;
    if rules::may_upload(&unsubmitted) {
        return Ok(());
    }
    Err(ApiError::new(Code::TOO_MANY_REQUESTS).retry_after(3600).detail(
        "您上传而尚未随任务提交的照片过多，请先提交任务再上传",
        "Too many of your photos belong to no submission yet; submit your tasks first",
    ))
}

/// Keeps a photo.
pub async fn upload(scope: &Scope, key: IdempotencyKey, upload: Vec<u8>) -> Result<Attachment> {
    let account = scope.actor().ok_or_else(|| ApiError::new(Code::FORBIDDEN))?;
    let fingerprint = sha256(&upload);
    let heavy = Heavy::begin(scope, Lane::Photo).await?;
    let photo = heavy.run(move |work| prepare(&upload, work)).await?;
    drop(heavy);
    let size = i64::try_from(photo.bytes.len()).map_err(ApiError::internal)?;
    let width = i32::try_from(photo.width).map_err(ApiError::internal)?;
    let height = i32::try_from(photo.height).map_err(ApiError::internal)?;
    scope
        .write_once(key, "upload_attachment", &fingerprint, async move |tx: &Tx| {
            let (id, created_at, media_type) =
                (AttachmentId::new(), tx.now(), "image/jpeg".to_owned());
            check_quota(tx, account).await?;
            forget_later(tx).await?;
            // Not read back: the content would travel twice.
            tx.insert_many(vec![attachment::ActiveModel {
                id: Set(id),
                media_type: Set(media_type.clone()),
                size_bytes: Set(size),
                width: Set(width),
                height: Set(height),
                sha256: Set(sha256(&photo.bytes)),
                content: Set(photo.bytes),
                account_id: Set(account),
                created_at: Set(created_at),
                ..Default::default()
            }])
            .await?;
            Ok(Attachment { id, media_type, size, width, height, created_at: beijing(created_at) })
        })
        .await
}

/// The content of a photo that the account may see.
pub async fn read(scope: &Scope, id: AttachmentId) -> Result<attachment::Model> {
    scope
        .read(async |tx: &Tx| {
            check_sight(tx, id).await?;
            tx.get::<attachment::Entity>(id).await
        })
        .await
}

/// 404 unless the account took the photo itself or sees a task whose submission has it. The content is not read for that.
async fn check_sight(tx: &Tx, id: AttachmentId) -> Result<()> {
    let absent = || ApiError::new(Code::NOT_FOUND);
    let taken_by: AccountId = tx
        .find::<attachment::Entity>()
        .select_only()
        .column(attachment::Column::AccountId)
        .filter(attachment::Column::Id.eq(id))
        .into_tuple()
        .one()
        .await?
        .ok_or_else(absent)?;
    if tx.actor() == Some(taken_by) {
        return Ok(());
    }
    let sight = Visibility::of(tx).await?;
    let seen = tx
        .find::<submission_attachment::Entity>()
        .join(JoinType::InnerJoin, submission_attachment::Relation::Submission.def())
        .join(JoinType::InnerJoin, task_submission::Relation::Task.def())
        .select_only()
        .column(submission_attachment::Column::SubmissionId)
        .filter(submission_attachment::Column::AttachmentId.eq(id))
        .filter(sight.visible())
        .limit(1)
        .into_tuple::<TaskSubmissionId>()
        .one()
        .await?;
    seen.map(drop).ok_or_else(absent)
}

/// The key of addresses.
fn link_key(state: &AppState) -> [u8; 32] {
    state.token_key().derive("attachment link")
}

/// An address for a photo that the account may see.
pub async fn link(state: &AppState, scope: &Scope, id: AttachmentId) -> Result<AttachmentLink> {
    scope.read(async |tx: &Tx| check_sight(tx, id).await).await?;
    let end = link::end(scope.now());
    let shown = link::Shown { tenant: scope.tenant(), photo: id };
    let last = link::write(&link_key(state), shown, end);
    Ok(AttachmentLink {
        url: format!("/api/v1/public/attachments/{last}"),
        valid_until: beijing(end),
    })
}

/// The photo of an address; 404 for an address that is made up or too old.
pub async fn read_by_link(state: &AppState, text: &str) -> Result<attachment::Model> {
    let shown = link::read(&link_key(state), text, state.clock().now());
    let shown = shown.ok_or_else(|| ApiError::new(Code::NOT_FOUND))?;
    let scope = state.scope_of(shown.tenant);
    scope.read_single(async |tx: &Tx| tx.get::<attachment::Entity>(shown.photo).await).await
}

/// What is done when it is due.
pub const JOBS: &[Kind] = &[Kind {
    name: FORGET,
    zh: "清理未提交的照片",
    en: "Deletes photos that no submission has named for a month",
    schedule: false,
    kept: true,
    act: Act::Inside(|tx, job| Box::pin(forget_unused(tx, job))),
}];
const FORGET: &str = "attachment.forget_unused";

/// Sees to it that a photo which is uploaded now is deleted, if no submission names it in time.
async fn forget_later(tx: &Tx) -> Result<()> {
    let (night, at) = night_after(tx.now(), UNUSED_DAYS);
    plant_ahead(tx, Plan::of(FORGET).keyed(format!("{FORGET}:{night}")).at(at)).await
}

/// Deletes photos of a month's age and more that were never submitted.
async fn forget_unused(tx: &Tx, job: &Job) -> Result<Next> {
    use attachment::Column;
    let unused: Vec<AttachmentId> = tx
        .find::<attachment::Entity>()
        .join(JoinType::LeftJoin, submission_attachment::Relation::Attachment.def().rev())
        .select_only()
        .column(Column::Id)
        .filter(submission_attachment::Column::SubmissionId.is_null())
        .filter(Column::CreatedAt.lt(tx.now() - TimeDelta::days(UNUSED_DAYS)))
        .limit(FORGOTTEN_AT_ONCE)
        .into_tuple()
        .all()
        .await?;
    let count = i32::try_from(unused.len()).map_err(ApiError::internal)?;
    if count == 0 {
        return Ok(Next::Done);
    }
    tx.delete_many::<attachment::Entity>().filter(Column::Id.is_in(unused)).exec().await?;
    Ok(Next::More { payload: job.payload.clone(), done: job.done + count, total: None })
}
