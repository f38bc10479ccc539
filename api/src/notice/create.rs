//! Publishing a notice.

use chrono::NaiveDate;
use entity::ids::{GridId, NoticeId};
use entity::kinds::Role;
use entity::{notice, notice_role};
use sea_orm::{NotSet, Set};

use super::audience::checked;
use super::dto::{CreateNotice, Notice};
use super::{acts, query};
use crate::audit::{Record, record};
use crate::http::{ApiError, IdempotencyKey, Result};
use crate::tenancy::{Scope, Tx};

/// Refuses a last day that is over.
pub(super) fn check_until(tx: &Tx, until: Option<NaiveDate>) -> Result<()> {
    if until.is_some_and(|day| day < tx.today()) {
        return Err(ApiError::invalid("until", "不能早于今天", "must not lie in the past"));
    }
    Ok(())
}

/// Says to which roles a notice goes.
pub(super) async fn address(tx: &Tx, id: NoticeId, roles: &[Role]) -> Result<()> {
    let rows = roles.iter().map(|role| notice_role::ActiveModel {
        tenant_id: NotSet,
        notice_id: Set(id),
        role: Set(*role),
    });
    tx.insert_many(rows.collect()).await
}

/// Publishes a notice: it stands at once.
///
/// # Errors
/// `validation_failed` for a role that reads no notices, a grid that the township does not have, or a last day in the past.
pub(super) async fn create(
    scope: &Scope,
    key: IdempotencyKey,
    input: CreateNotice,
) -> Result<Notice> {
    let fingerprint = input.clone();
    scope
        .write_once(key, "create_notice", &fingerprint, async move |tx: &Tx| {
            let until = input.until.map(|day| day.date());
            check_until(tx, until)?;
            let roles = checked(tx, &input.roles, input.grid_id).await?;
            let notice = tx
                .insert(notice::ActiveModel {
                    tenant_id: NotSet,
                    id: Set(NoticeId::new()),
                    title: Set(input.title.trim().to_owned()),
                    text: Set(input.text.into_inner()),
                    grid_id: Set(input.grid_id),
                    until: Set(until),
                    published_at: Set(tx.now()),
                    published_by: Set(tx.actor()),
                    withdrawn_at: Set(None),
                    withdraw_reason: Set(None),
                    version: Set(1),
                    read_since: Set(1),
                    read_count: Set(0),
                    changed_at: NotSet,
                })
                .await?;
            address(tx, notice.id, &roles).await?;
            let entry = Record::of(acts::CREATE)
                .on("notice", notice.id)
                .with("title", &notice.title)
                .with("roles", Role::words(&roles));
            record(tx, entry.changed("grid_id", None::<GridId>, notice.grid_id)).await?;
            query::view(tx, notice.id).await
        })
        .await
}
