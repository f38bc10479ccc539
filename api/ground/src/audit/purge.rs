//! Removing what was kept long enough. The serving role may not; the operator runs it as the owner of the tables.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::{audit_checkpoint, audit_purge};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::acts;
use super::record::{Record, record};
use super::seal::seal;
use crate::http::{ApiError, Result};
use crate::state::AppState;
use crate::tenancy::{Origin, Scope, Tx, remove_audit_entries};

/// Removes, in every township, the entries that were sealed more than `audit_days` ago; says how many. What closes them is
/// the last checkpoint of that time: their leaves stay, so that each later checkpoint still proves itself against it. The
/// mark is recorded and committed before anything is removed, and what a crash leaves half removed is removed next time.
///
/// # Errors
/// Those of the database; on PostgreSQL without `owner_database_url`.
pub async fn purge(state: &AppState) -> Result<u64> {
    let origin = Arc::new(Origin::command("admin purge-audit"));
    let mut removed = 0;
    for tenant in state.platform().tenants().await? {
        let scope = state.scope_of(tenant).from_origin(origin.clone());
        if let Some(upto) = mark(&scope, state.config().audit_days).await? {
            removed += remove_audit_entries(state.config(), tenant, upto)
                .await
                .map_err(ApiError::internal)?;
            seal(&scope).await?;
        }
    }
    Ok(removed)
}

/// Marks up to where entries may go; none where none may. A mark is made once.
async fn mark(scope: &Scope, days: u32) -> Result<Option<i64>> {
    scope
        .write(async move |tx: &Tx| {
            let then = tx.now() - TimeDelta::days(i64::from(days));
            let closing = tx
                .find::<audit_checkpoint::Entity>()
                .filter(audit_checkpoint::Column::At.lte(then))
                .order_by_desc(audit_checkpoint::Column::Size)
                .limit(1)
                .one()
                .await?;
            let Some(closing) = closing else { return Ok(None) };
            let marked = tx
                .find::<audit_purge::Entity>()
                .filter(audit_purge::Column::Upto.gte(closing.size))
                .count()
                .await?;
            if marked == 0 {
                tx.insert_many(vec![audit_purge::ActiveModel {
                    upto: Set(closing.size),
                    checkpoint_size: Set(closing.size),
                    at: Set(tx.now()),
                    ..Default::default()
                }])
                .await?;
                record(tx, Record::of(acts::PURGE).with("upto", closing.size)).await?;
            }
            Ok(Some(closing.size))
        })
        .await
}
