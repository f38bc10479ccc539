//! Signing for a notice.

use entity::ids::{AccountId, NoticeId};
use entity::{notice, notice_receipt};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, NotSet, QueryFilter, Set};

use super::dto::Notice;
use super::{query, rules};
use crate::http::{ApiError, Code, Does, IfMatch, Result};
use crate::tenancy::{Scope, Tx};

/// Keeps that the account has read the version that it has seen. Once is as good as twice; the first moment stays, unless it was to be
/// read again.
///
/// # Errors
/// `not_addressed`, `notice_withdrawn`, `precondition_failed` where what was seen does not count any more.
pub(super) async fn read(scope: &Scope, id: NoticeId, seen: IfMatch) -> Result<Notice> {
    scope
        .write(async move |tx: &Tx| {
            // Who has nothing to do, or may not, waits for nobody.
            let row = query::row(tx, id).await?;
            if rules::read(row.phase(tx), row.addressed, row.has_read())? == Does::Something {
                let account = tx.actor().ok_or_else(|| ApiError::new(Code::NOT_FOUND))?;
                // As it is now: who withdraws it or asks that it be read again waits for those who sign, and they for him.
                let notice = tx.get_locked::<notice::Entity>(id).await?;
                rules::read(query::phase(tx, &notice), row.addressed, false)?;
                if !rules::counts(Some(seen.0), notice.read_since) {
                    return Err(ApiError::new(Code::PRECONDITION_FAILED));
                }
                sign(tx, &notice, account, std::cmp::min(seen.0, notice.version)).await?;
            }
            query::view(tx, id).await
        })
        .await
}

/// The receipt and the number of them. The caller holds the lock of the notice.
async fn sign(tx: &Tx, notice: &notice::Model, account: AccountId, version: i32) -> Result<()> {
    use notice_receipt::Column;
    let receipt = notice_receipt::ActiveModel {
        tenant_id: NotSet,
        notice_id: Set(notice.id),
        account_id: Set(account),
        version: Set(version),
        read_at: Set(tx.now()),
    };
    let signed = if tx.insert_if_absent(receipt).await? {
        1
    } else {
        // One that counts already, since the account has signed elsewhere meanwhile, stays.
        tx.update_many::<notice_receipt::Entity>()
            .col_expr(Column::Version, Expr::value(version))
            .col_expr(Column::ReadAt, Expr::value(tx.now()))
            .filter(Column::NoticeId.eq(notice.id))
            .filter(Column::AccountId.eq(account))
            .filter(Column::Version.lt(notice.read_since))
            .exec()
            .await?
    };
    if signed > 0 {
        let read = notice::Column::ReadCount;
        tx.update_many::<notice::Entity>()
            .col_expr(read, read.into_expr().add(1))
            .filter(notice::Column::Id.eq(notice.id))
            .exec()
            .await?;
    }
    Ok(())
}
