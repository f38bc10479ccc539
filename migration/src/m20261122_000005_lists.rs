//! Indexes for what is listed by time: the tasks of a township by deadline, photos by age.

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
        manager.create_index(index_over("ix", "task", &["due_at", "id"])).await?;
        // With the id: a row of this table is a photo, which is not to be read for its age.
        manager.create_index(index_over("ix", "attachment", &["created_at", "id"])).await
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(crate::no_way_back())
    }
}
