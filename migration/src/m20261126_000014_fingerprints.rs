//! Step 14: forgets what requests were known by before their fingerprints were keyed.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Some were hashes of a body with a password in it. What is lost: a request whose answer got lost during the upgrade and
        // that is repeated after it is done again.
        manager.get_connection().execute_unprepared("DELETE FROM idempotency_key").await?;
        Ok(())
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(crate::no_way_back())
    }
}
