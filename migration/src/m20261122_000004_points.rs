//! The points ledger.

use sea_orm_migration::prelude::*;

use crate::ddl::{TenantTable, append_only};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        TenantTable::new(manager, "points_rule")
            .text("code")
            .text("name")
            .text("per")
            .i64("points")
            .i64_null("cap_per_activity")
            .date("effective_from")
            .unique(&["code", "effective_from"])
            .create(manager)
            .await?;

        TenantTable::new(manager, "purse")
            .text("holder_kind")
            .uuid("holder_id")
            .text("kind")
            .i64("balance")
            .unique(&["holder_kind", "holder_id", "kind"])
            .create(manager)
            .await?;

        TenantTable::new(manager, "posting")
            .text("source_kind")
            .uuid("source_id")
            .text("rule")
            .text("reason")
            .time("at")
            .uuid_null("account_id")
            .refers("account_id", "account")
            .unique(&["source_kind", "source_id", "rule"])
            .create(manager)
            .await?;

        TenantTable::new(manager, "points_entry")
            .uuid("posting_id")
            .uuid("purse_id")
            .i64("amount")
            .i64_null("balance_after")
            .time("at")
            .refers("posting_id", "posting")
            .refers("purse_id", "purse")
            .index(&["purse_id", "at"])
            .index(&["posting_id"])
            .create(manager)
            .await?;

        TenantTable::keyed_by(manager, "purse_quarter", &["purse_id", "quarter"])
            .uuid("purse_id")
            .text("quarter")
            .i64("score")
            .belongs("purse_id", "purse")
            .index(&["quarter", "score"])
            .create(manager)
            .await?;

        for table in ["posting", "points_entry"] {
            append_only(manager, table).await?;
        }
        Ok(())
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(crate::no_way_back())
    }
}
