//! The memory of who did what, its tree and its checkpoints; and the way around SQLite's append-only tables closed.

use sea_orm_migration::prelude::*;

use crate::ddl::{TenantTable, append_only, never_replaced};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Accounts and rows are named without foreign keys: the record outlives what it speaks of.
        TenantTable::new(manager, "audit_entry")
            .time("at")
            .text("act")
            .uuid_null("account_id")
            .text_null("row_kind")
            .uuid_null("row_id")
            .blob("commitment")
            .index(&["at", "id"])
            .index(&["account_id", "at", "id"])
            .index(&["act", "at", "id"])
            .index(&["row_id", "at", "id"])
            .create(manager)
            .await?;

        // What may be erased when a person is: its key and its words.
        TenantTable::keyed_by(manager, "audit_detail", &["entry_id"])
            .uuid("entry_id")
            .blob("secret")
            .text("content")
            .i64_null("batch")
            .index(&["batch"])
            .create(manager)
            .await?;

        TenantTable::keyed_by(manager, "audit_leaf", &["number"])
            .i64("number")
            .uuid("entry_id")
            .blob("hash")
            .unique(&["entry_id"])
            .create(manager)
            .await?;

        TenantTable::keyed_by(manager, "audit_checkpoint", &["size"])
            .i64("size")
            .blob("peaks")
            .time("at")
            .text("note")
            .create(manager)
            .await?;

        TenantTable::keyed_by(manager, "audit_cosignature", &["size", "name"])
            .i64("size")
            .text("name")
            .text("line")
            .time("at")
            .create(manager)
            .await?;

        TenantTable::keyed_by(manager, "audit_purge", &["upto"])
            .i64("upto")
            .i64("checkpoint_size")
            .time("at")
            .create(manager)
            .await?;

        let keys: [(&str, &[&[&str]]); 5] = [
            ("audit_entry", &[&["id"]]),
            ("audit_leaf", &[&["number"], &["entry_id"]]),
            ("audit_checkpoint", &[&["size"]]),
            ("audit_cosignature", &[&["size", "name"]]),
            ("audit_purge", &[&["upto"]]),
        ];
        for (table, keys) in keys {
            append_only(manager, table).await?;
            never_replaced(manager, table, keys, &[]).await?;
        }
        never_replaced(manager, "points_entry", &[&["id"]], &[]).await?;
        // What posts once is posted again by whoever repeats a request, and nothing happens.
        let source: &[&[&str]] = &[&["source_kind", "source_id", "rule"]];
        never_replaced(manager, "posting", &[&["id"]], source).await
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(crate::no_way_back())
    }
}
