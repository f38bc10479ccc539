//! Something that is to be done for a township, once, when it is due.

use sea_orm::entity::prelude::*;

use crate::ids::{AccountId, JobId, TenantId};
use crate::kinds::JobState;

/// Something that is to be done for a township, once, when it is due.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    /// What is to be done, as the room that does it names it: `checklist.open_periods`.
    pub kind: String,
    /// What it is to be done with, as JSON.
    pub payload: String,
    /// There is one job of this key among those that are not finished.
    pub unique_key: Option<String>,
    pub state: JobState,
    /// The moment it was planned for; stays, however often it is tried.
    pub planned_at: DateTimeUtc,
    /// Not before; while it runs, when it was due.
    pub run_at: DateTimeUtc,
    /// While it runs: it was asked for again, for this moment.
    pub rung_at: Option<DateTimeUtc>,
    /// How often it was begun since it last succeeded.
    pub attempts: i32,
    /// Grows with every claim: who holds an older one has lost it.
    pub fence: i32,
    /// While it runs: until then nobody else takes it.
    pub lease_until: Option<DateTimeUtc>,
    /// While it runs: the node that runs it.
    pub lease_holder: Option<String>,
    pub progress_done: Option<i32>,
    pub progress_total: Option<i32>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    pub created_at: DateTimeUtc,
    /// Whose act it came from; none when the system's own.
    pub created_by: Option<AccountId>,
    pub finished_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(keyed);
