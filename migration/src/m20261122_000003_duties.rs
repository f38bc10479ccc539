//! What townships do: checklists, tasks and their proofs, activities and check-ins.

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
        TenantTable::new(manager, "attachment")
            .text("media_type")
            .i64("size_bytes")
            .i32("width")
            .i32("height")
            .text("sha256")
            .blob("content")
            .uuid("account_id")
            .time("created_at")
            .refers("account_id", "account")
            .create(manager)
            .await?;

        TenantTable::new(manager, "checklist")
            .text("kind")
            .text("title")
            .time("created_at")
            .i32("version")
            .create(manager)
            .await?;

        TenantTable::new(manager, "checklist_version")
            .uuid("checklist_id")
            .i32("number")
            .text("state")
            .date_null("effective_from")
            .time_null("published_at")
            .uuid_null("published_by")
            .time("created_at")
            .refers("checklist_id", "checklist")
            .refers("published_by", "account")
            .unique(&["checklist_id", "number"])
            .create(manager)
            .await?;

        TenantTable::new(manager, "checklist_item")
            .uuid("checklist_version_id")
            .i32("position")
            .text("what")
            .text("role")
            .text("frequency")
            .text("evidence")
            .i32("limit_working_days")
            .i64("points")
            .belongs("checklist_version_id", "checklist_version")
            .index(&["checklist_version_id", "position"])
            .create(manager)
            .await?;

        TenantTable::new(manager, "task")
            .text("source_kind")
            .uuid("source_id")
            .text("source_title")
            .uuid("source_item_id")
            .text("source_detail")
            .text("period")
            .text("title")
            .uuid_null("grid_id")
            .text("assignee_kind")
            .uuid("assignee_id")
            .uuid_null("member_id")
            .text_null("post")
            .uuid_null("party_org_id")
            .uuid("obligation_id")
            .text("evidence")
            .i64("points")
            .text("clock_policy")
            .text("state")
            .time("opened_at")
            .time("due_at")
            .time_null("accepted_at")
            .time_null("submitted_at")
            .time_null("closed_at")
            .i32("version")
            .refers("grid_id", "grid")
            .refers("member_id", "member")
            .refers("party_org_id", "party_org")
            .unique(&["obligation_id"])
            .index(&["source_kind", "source_item_id", "period"])
            .index(&["member_id", "state", "due_at"])
            .index(&["assignee_id", "state", "due_at"])
            .index(&["grid_id", "state", "due_at"])
            .index(&["state", "due_at"])
            .create(manager)
            .await?;

        TenantTable::new(manager, "task_log")
            .uuid("task_id")
            .time("at")
            .text("kind")
            .uuid_null("account_id")
            .text_null("note")
            .refers("task_id", "task")
            .refers("account_id", "account")
            .index(&["task_id", "at"])
            .create(manager)
            .await?;

        TenantTable::new(manager, "task_submission")
            .uuid("task_id")
            .time("at")
            .uuid("account_id")
            .text_null("body")
            .f64_null("number_value")
            .i32_null("lng")
            .i32_null("lat")
            .refers("task_id", "task")
            .refers("account_id", "account")
            .index(&["task_id", "at"])
            .create(manager)
            .await?;

        TenantTable::keyed_by(
            manager,
            "submission_attachment",
            &["submission_id", "attachment_id"],
        )
        .uuid("submission_id")
        .uuid("attachment_id")
        .i32("position")
        .belongs("submission_id", "task_submission")
        .refers("attachment_id", "attachment")
        .index(&["attachment_id"])
        .create(manager)
        .await?;

        TenantTable::new(manager, "activity")
            .text("title")
            .text("description")
            .uuid_null("grid_id")
            .text("place")
            .time("starts_at")
            .time("ends_at")
            .i32_null("capacity")
            .uuid_null("steward_id")
            .time_null("cancelled_at")
            .text_null("cancel_reason")
            .blob("code_secret")
            .time("created_at")
            .i32("version")
            .refers("grid_id", "grid")
            .refers("steward_id", "member")
            .index(&["starts_at"])
            .create(manager)
            .await?;

        TenantTable::new(manager, "activity_signup")
            .uuid("activity_id")
            .uuid("member_id")
            .text("state")
            .time("at")
            .refers("activity_id", "activity")
            .refers("member_id", "member")
            .unique(&["activity_id", "member_id"])
            .index(&["member_id"])
            .create(manager)
            .await?;

        // What somebody was present at is another room's row of any kind: no key leads to it.
        TenantTable::new(manager, "check_in")
            .text("occasion_kind")
            .uuid("occasion_id")
            .uuid("member_id")
            .time("checked_in_at")
            .time_null("checked_out_at")
            .i32_null("minutes")
            .i64_null("points")
            .uuid_null("completed_by")
            .text_null("completion_reason")
            .refers("member_id", "member")
            .refers("completed_by", "account")
            .unique(&["occasion_kind", "occasion_id", "member_id"])
            .index(&["member_id", "checked_in_at"])
            .create(manager)
            .await?;
        Ok(())
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(crate::no_way_back())
    }
}
