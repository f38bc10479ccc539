//! When each row behind the lists was last written, so that who keeps a copy asks for what has changed since. What was there before
//! this step counts as changed at the beginning of time: a copy begins with reading everything.

use sea_orm_migration::prelude::*;

use crate::ddl::index_over;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The tables, and what is read by the moment: the row itself, or the thing that it is a part of.
const TABLES: [(&str, &[&str]); 11] = [
    ("member", &["changed_at", "id"]),
    ("account", &["changed_at", "id"]),
    ("grid", &["changed_at", "id"]),
    ("grid_post", &["changed_at", "grid_id", "member_id"]),
    ("checklist", &["changed_at", "id"]),
    ("task", &["changed_at", "id"]),
    ("activity", &["changed_at", "id"]),
    ("activity_signup", &["changed_at", "activity_id"]),
    ("check_in", &["changed_at", "occasion_kind", "occasion_id"]),
    ("points_entry", &["changed_at", "id"]),
    ("notice", &["changed_at", "id"]),
];
/// As the server writes moments, on both databases.
const BEGINNING: &str = "1970-01-01T00:00:00+00:00";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, columns) in TABLES {
            let mut changed = ColumnDef::new("changed_at").timestamp_with_time_zone().take();
            changed.not_null().default(BEGINNING);
            manager.alter_table(Table::alter().table(table).add_column(changed).take()).await?;
            manager.create_index(index_over("ix", table, columns)).await?;
        }
        Ok(())
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(crate::no_way_back())
    }
}
