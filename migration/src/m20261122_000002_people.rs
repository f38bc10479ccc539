//! Who and where: the roster, accounts, grids and posts.

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
        TenantTable::new(manager, "party_org")
            .uuid_null("parent_id")
            .text("kind")
            .text("code")
            .text("name")
            .time("created_at")
            .i32("version")
            .refers("parent_id", "party_org")
            .unique(&["code"])
            .create(manager)
            .await?;

        TenantTable::new(manager, "member")
            .text("number")
            .text("name")
            .text("name_initials")
            .text("category")
            .text_null("phone")
            .text_null("phone_tail")
            .uuid_null("party_org_id")
            .time("created_at")
            .i32("version")
            .refers("party_org_id", "party_org")
            .unique(&["number"])
            .index(&["name"])
            .index(&["name_initials"])
            .index(&["phone_tail"])
            .index(&["party_org_id"])
            .create(manager)
            .await?;

        TenantTable::new(manager, "account")
            .text("username")
            .text("password_hash")
            .text("display_name")
            .uuid_null("member_id")
            .bool("disabled")
            .time("created_at")
            .i32("version")
            .refers("member_id", "member")
            .unique(&["username"])
            .index(&["member_id"])
            .create(manager)
            .await?;

        TenantTable::keyed_by(manager, "account_role", &["account_id", "role"])
            .uuid("account_id")
            .text("role")
            .belongs("account_id", "account")
            .create(manager)
            .await?;

        TenantTable::new(manager, "session")
            .uuid("account_id")
            .text("refresh_hash")
            .text_null("previous_hash")
            .time_null("rotated_at")
            .text("user_agent")
            .time("created_at")
            .time("last_used_at")
            .time("expires_at")
            .time_null("revoked_at")
            .belongs("account_id", "account")
            .index(&["account_id"])
            .create(manager)
            .await?;

        TenantTable::keyed_by(manager, "idempotency_key", &["account_id", "key"])
            .uuid("account_id")
            .text("key")
            .text("operation")
            .text("fingerprint")
            .i16("status")
            .text("response")
            .time("created_at")
            .belongs("account_id", "account")
            .create(manager)
            .await?;

        TenantTable::new(manager, "grid")
            .uuid_null("parent_id")
            .text("code")
            .text("name")
            .text("kind")
            .text("boundary")
            .i32("centre_lng")
            .i32("centre_lat")
            .i64("area_m2")
            .time("created_at")
            .i32("version")
            .refers("parent_id", "grid")
            .unique(&["code"])
            .create(manager)
            .await?;

        TenantTable::new(manager, "grid_post")
            .uuid("grid_id")
            .uuid("member_id")
            .text("kind")
            .date("since")
            .date_null("until")
            .time("created_at")
            .refers("grid_id", "grid")
            .refers("member_id", "member")
            .index(&["grid_id"])
            .index(&["member_id"])
            .create(manager)
            .await?;

        TenantTable::new(manager, "import")
            .text("kind")
            .text("file_name")
            .bool("applied")
            .bool("dry_run")
            .i32("row_count")
            .i32("created_count")
            .i32("updated_count")
            .i32("unchanged_count")
            .i32("fault_count")
            .text("faults")
            .blob_null("marked_file")
            .uuid("account_id")
            .time("created_at")
            .refers("account_id", "account")
            .create(manager)
            .await?;
        Ok(())
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(crate::no_way_back())
    }
}
