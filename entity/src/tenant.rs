//! A township or subdistrict: the owner of its data. A reference table: no tenant column.

use sea_orm::entity::prelude::*;

use crate::ids::TenantId;

/// A township or subdistrict: the owner of its data. A reference table: no tenant column.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TenantId,
    /// Nine-digit code of the township; unique.
    pub code: String,
    pub name: String,
    /// Made by the demonstration: its data are invented.
    pub demo: bool,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
