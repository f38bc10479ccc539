//! An index for what is asked before a photo is taken: how many of an account no submission has named yet, and how
//! large they are.

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
        // With all that is asked for: a row of this table is a photo, which is not to be read for its size.
        let columns = ["account_id", "created_at", "id", "size_bytes"];
        manager.create_index(index_over("ix", "attachment", &columns)).await
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(crate::no_way_back())
    }
}
