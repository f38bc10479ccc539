//! The township's notices: to whom each goes, and who has read it.

use sea_orm_migration::prelude::*;

use crate::ddl::TenantTable;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        TenantTable::new(manager, "notice")
            .text("title")
            .text("text")
            .uuid_null("grid_id")
            .date_null("until")
            .time("published_at")
            .uuid_null("published_by")
            .time_null("withdrawn_at")
            .text_null("withdraw_reason")
            .i32("version")
            .i32("read_since")
            .i32("read_count")
            .refers("grid_id", "grid")
            .refers("published_by", "account")
            .index(&["published_at", "id"])
            .create(manager)
            .await?;

        TenantTable::keyed_by(manager, "notice_role", &["notice_id", "role"])
            .uuid("notice_id")
            .text("role")
            .belongs("notice_id", "notice")
            .create(manager)
            .await?;

        TenantTable::keyed_by(manager, "notice_receipt", &["notice_id", "account_id"])
            .uuid("notice_id")
            .uuid("account_id")
            .i32("version")
            .time("read_at")
            .belongs("notice_id", "notice")
            .belongs("account_id", "account")
            .index(&["notice_id", "read_at", "account_id"])
            .create(manager)
            .await
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(crate::no_way_back())
    }
}
