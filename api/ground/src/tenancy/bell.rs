//! The bell: where something is due, for every node to hear, outside every township. One row for each job that is not finished,
//! written in the transaction that writes the job; it tells ids and moments, nothing else.

use chrono::{DateTime, Utc};
use entity::bell::{ActiveModel, Column, Entity};
use entity::ids::{JobId, TenantId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, Insert, QueryFilter, QueryOrder, QuerySelect};

use super::platform::Platform;
use super::tx::Tx;
use crate::http::Result;

impl Tx {
    /// Says from when a job can be claimed; instead of what was said of it before. A township whose story is still being told
    /// rings no bell: nobody else does its work meanwhile.
    pub(crate) async fn ring(&self, job: JobId, due_at: DateTime<Utc>) -> Result<()> {
        if self.scope().is_told() {
            return Ok(());
        }
        let row = ActiveModel { job_id: Set(job), tenant: Set(self.tenant()), due_at: Set(due_at) };
        Insert::one(row)
            .on_conflict(OnConflict::column(Column::JobId).update_column(Column::DueAt).to_owned())
            .exec_without_returning(self.txn())
            .await?;
        Ok(())
    }

    /// Says nothing of a job any more: it is finished.
    pub(crate) async fn silence(&self, job: JobId) -> Result<()> {
        Entity::delete_by_id(job).exec(self.txn()).await?;
        Ok(())
    }

    /// What is said of the township's jobs.
    pub(crate) async fn rung(&self) -> Result<Vec<(JobId, DateTime<Utc>)>> {
        Ok(Entity::find()
            .select_only()
            .columns([Column::JobId, Column::DueAt])
            .filter(Column::Tenant.eq(self.tenant()))
            .into_tuple()
            .all(self.txn())
            .await?)
    }
}

impl Platform {
    /// Townships where something is due, the longest due first.
    pub(crate) async fn due_townships(
        &self,
        now: DateTime<Utc>,
        most: u64,
    ) -> Result<Vec<TenantId>> {
        let txn = self.db().begin_single(None);
        Ok(Entity::find()
            .select_only()
            .column(Column::Tenant)
            .filter(Column::DueAt.lte(now))
            .group_by(Column::Tenant)
            .order_by_asc(Column::DueAt.min())
            .limit(most)
            .into_tuple()
            .all(&txn)
            .await?)
    }
}
