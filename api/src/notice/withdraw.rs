//! Withdrawing a notice, and putting it up again.

use entity::ids::NoticeId;
use entity::notice;
use sea_orm::Set;

use super::dto::{Notice, WithdrawNotice};
use super::query::{phase, view};
use super::{acts, rules};
use crate::audit::{Record, record};
use crate::http::{Does, Result};
use crate::tenancy::{Scope, Tx};

/// Withdraws a notice. Once is as good as twice; the first reason stays.
///
/// # Errors
/// `not_found`.
pub(super) async fn withdraw(scope: &Scope, id: NoticeId, input: WithdrawNotice) -> Result<Notice> {
    scope
        .write(async move |tx: &Tx| {
            let old = tx.get_locked::<notice::Entity>(id).await?;
            if rules::withdraw(phase(tx, &old)) == Does::Something {
                let reason = input.reason.into_inner();
                let entry = Record::of(acts::WITHDRAW).on("notice", id).for_purpose(&reason);
                set(tx, &old, Some(reason)).await?;
                record(tx, entry).await?;
            }
            view(tx, id).await
        })
        .await
}

/// Puts a withdrawn notice up again, with the receipts that it had. One that was not withdrawn stays as it is.
///
/// # Errors
/// `not_found`.
pub(super) async fn restore(scope: &Scope, id: NoticeId) -> Result<Notice> {
    scope
        .write(async move |tx: &Tx| {
            let old = tx.get_locked::<notice::Entity>(id).await?;
            if rules::restore(phase(tx, &old)) == Does::Something {
                set(tx, &old, None).await?;
                record(tx, Record::of(acts::RESTORE).on("notice", id)).await?;
            }
            view(tx, id).await
        })
        .await
}

/// Withdrawn for this reason, or not withdrawn.
async fn set(tx: &Tx, old: &notice::Model, reason: Option<String>) -> Result<()> {
    tx.update(notice::ActiveModel {
        tenant_id: Set(old.tenant_id),
        id: Set(old.id),
        withdrawn_at: Set(reason.as_ref().map(|_| tx.now())),
        withdraw_reason: Set(reason),
        version: Set(old.version + 1),
        ..Default::default()
    })
    .await
    .map(drop)
}
