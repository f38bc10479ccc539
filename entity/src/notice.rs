//! A notice of the township (通知公告).

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

use crate::ids::{AccountId, GridId, NoticeId, TenantId};

/// A notice of the township (通知公告).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: NoticeId,
    pub title: String,
    pub text: String,
    /// Only for whoever holds a post there or beneath it; none: for the whole township.
    pub grid_id: Option<GridId>,
    /// The last day on which it stands; none: until it is withdrawn.
    pub until: Option<NaiveDate>,
    pub published_at: DateTimeUtc,
    /// None where the system itself published it.
    pub published_by: Option<AccountId>,
    pub withdrawn_at: Option<DateTimeUtc>,
    pub withdraw_reason: Option<String>,
    /// Grows by one with every change; the ETag.
    pub version: i32,
    /// The version from which on a receipt counts: whoever has read an earlier one is asked to read it again.
    pub read_since: i32,
    /// Receipts that count.
    pub read_count: i32,
    /// When it was last written; only `tenancy` sets it.
    pub changed_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::grid::Entity",
        from = "(Column::TenantId, Column::GridId)",
        to = "(super::grid::Column::TenantId, super::grid::Column::Id)"
    )]
    Grid,
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "(Column::TenantId, Column::PublishedBy)",
        to = "(super::account::Column::TenantId, super::account::Column::Id)"
    )]
    Publisher,
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(versioned);
