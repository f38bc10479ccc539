//! Where something is due, for every node: one row for each job that is not finished, written with it. Outside every township.

use sea_orm::entity::prelude::*;

use crate::ids::{JobId, TenantId};

/// Where something is due, for every node: one row for each job that is not finished, written with it. Outside every township.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bell")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub job_id: JobId,
    pub tenant: TenantId,
    /// From when the job can be claimed: when it is to run, or when the lease of whoever runs it ends.
    pub due_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
