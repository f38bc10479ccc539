//! Sessions that end at once: refresh tokens as a family with generations, and the news of what ended for every node.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Outside every township: each node reads the whole of it several times a second, in one statement.
        manager
            .create_table(
                Table::create()
                    .table("revocation")
                    .col(ColumnDef::new("id").uuid().not_null().primary_key())
                    .col(ColumnDef::new("account_id").uuid().not_null())
                    .take(),
            )
            .await?;

        // Sessions of the old kind know no generation, and their tokens could not be told from stolen ones.
        manager.get_connection().execute_unprepared("DELETE FROM session").await?;
        let mut generation = ColumnDef::new("generation").integer().take();
        generation.not_null().default(0);
        manager.alter_table(Table::alter().table("session").add_column(generation).take()).await?;
        for column in ["refresh_hash", "previous_hash"] {
            manager.alter_table(Table::alter().table("session").drop_column(column).take()).await?;
        }
        Ok(())
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(crate::no_way_back())
    }
}
