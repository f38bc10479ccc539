//! One row that is written to prove that the database can be. Local to the installation: belongs to no township.

use sea_orm::entity::prelude::*;

/// One row that is written to prove that the database can be. Local to the installation: belongs to no township.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "probe")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i16,
    /// How often it was written.
    pub writes: i64,
    /// The latest moment at which the installation was at work, as it believes; none before it ever was.
    pub seen_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
