//! Signing for a notice.

use entity::ids::{AccountId, NoticeId};
use entity::{notice, notice_receipt};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, NotSet, QueryFilter, Set};

use super::dto::Notice;
use super::{query, rules};
use crate::http::{ApiError, Code, Does, Result};
use crate::tenancy::{Scope, Tx};

/// Keeps that the account has read the notice. Once is as good as twice; the first moment stays, unless it was to be read again.
///
/// # Errors
/// `not_addressed`, `notice_withdrawn`.
pub(super) async fn read(scope: &Scope, id: NoticeId) -> Result<Notice> {
    scope
        .write(async move |tx: &Tx| {
            // Locked before it is looked at: who asks that it be read again waits for those who sign, and they for him.
            tx.get_locked::<notice::Entity>(id).await?;
            let row = query::row(tx, id).await?;
            let phase = row.phase(tx);
            if rules::read(phase, row.addressed, row.has_read())? == Does::Something {
                let account = tx.actor().ok_or_else(|| ApiError::new(Code::NOT_FOUND))?;
                sign(tx, &row.notice, account).await?;
            }
            query::view(tx, id).await
        })
        .await
}

async fn sign(tx: &Tx, notice: &notice::Model, account: AccountId) -> Result<()> {
    use notice_receipt::Column;
    let receipt = notice_receipt::ActiveModel {
        tenant_id: NotSet,
        notice_id: Set(notice.id),
        account_id: Set(account),
        version: Set(notice.version),
        read_at: Set(tx.now()),
    };
    if !tx.insert_if_absent(receipt).await? {
        tx.update_many::<notice_receipt::Entity>()
            .col_expr(Column::Version, Expr::value(notice.version))
            .col_expr(Column::ReadAt, Expr::value(tx.now()))
            .filter(Column::NoticeId.eq(notice.id))
            .filter(Column::AccountId.eq(account))
            .exec()
            .await?;
    }
    let read = notice::Column::ReadCount;
    tx.update_many::<notice::Entity>()
        .col_expr(read, read.into_expr().add(1))
        .filter(notice::Column::Id.eq(notice.id))
        .exec()
        .await?;
    Ok(())
}
