//! The lines of a purse in the order in which they were posted: the balance behind each follows that order, also where what was
//! earned earlier is posted later.

use sea_orm_migration::prelude::*;

use crate::ddl::index_over;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(index_over("ix", "points_entry", &["purse_id", "id"])).await?;
        let by_moment =
            Index::drop().name("ix_points_entry_purse_id_at").table("points_entry").to_owned();
        manager.drop_index(by_moment).await
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(crate::no_way_back())
    }
}
