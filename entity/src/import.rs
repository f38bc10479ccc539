//! One reading of an imported file: what it changed and what was wrong in it.

use sea_orm::entity::prelude::*;

use crate::ids::{AccountId, ImportId, TenantId};
use crate::kinds::ImportKind;

/// One reading of an imported file: what it changed and what was wrong in it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ImportId,
    pub kind: ImportKind,
    pub file_name: String,
    /// All or nothing: any fault leaves the data as they were.
    pub applied: bool,
    pub dry_run: bool,
    pub row_count: i32,
    pub created_count: i32,
    pub updated_count: i32,
    pub unchanged_count: i32,
    pub fault_count: i32,
    /// JSON, the first 200 faults.
    pub faults: String,
    /// The user's workbook with the faulty cells marked. Select other columns by name where it is not needed.
    pub marked_file: Option<Vec<u8>>,
    pub account_id: AccountId,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "(Column::TenantId, Column::AccountId)",
        to = "(super::account::Column::TenantId, super::account::Column::Id)"
    )]
    Account,
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!(keyed);
