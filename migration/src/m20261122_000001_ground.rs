//! The ground: townships, the token of the first start, and how PostgreSQL is told which township a transaction is for.

use sea_orm_migration::prelude::*;

use crate::ddl::text;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("tenant")
                    .col(ColumnDef::new("id").uuid().not_null().primary_key())
                    .col(text(manager, "code").not_null().unique_key())
                    .col(text(manager, "name").not_null())
                    .col(ColumnDef::new("demo").boolean().not_null())
                    .col(ColumnDef::new("created_at").timestamp_with_time_zone().not_null())
                    .take(),
            )
            .await?;

        manager
            .create_table(
                Table::create()
                    .table("setup_token")
                    .col(ColumnDef::new("id").uuid().not_null().primary_key())
                    .col(text(manager, "token_hash").not_null())
                    .col(ColumnDef::new("created_at").timestamp_with_time_zone().not_null())
                    .col(ColumnDef::new("used_at").timestamp_with_time_zone())
                    .take(),
            )
            .await?;

        // Who signs in names the township; who founds one shows a token. Neither may cost more the more there are.
        for (name, table, column) in [
            ("ix_tenant_name", "tenant", "name"),
            ("ix_setup_token_token_hash", "setup_token", "token_hash"),
        ] {
            let mut index = Index::create();
            manager.create_index(index.name(name).table(table).col(column).take()).await?;
        }
        Ok(())
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(crate::no_way_back())
    }
}
