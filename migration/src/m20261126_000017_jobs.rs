//! Step 17: what is due is a row. Jobs of a township, the bell that says where one is due, and the last moment at which the
//! installation was seen at work.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DbBackend, Statement};

use crate::ddl::{self, TenantTable};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// What the townships that are there already have to look after from now on, since the daily round did it for them: what, its key, and
/// in how many days. What is cleaned now is cleaned once more when what is there today has had its time.
const LOOKED_AFTER: [(&str, Option<&str>, u32); 9] = [
    ("checklist.open_periods", Some("checklist.open_periods"), 0),
    ("grid.follow_posts", Some("grid.follow_posts"), 0),
    ("audit.seal", None, 0),
    ("attachment.forget_unused", None, 0),
    ("attachment.forget_unused", None, 32),
    ("session.forget_ended", None, 0),
    ("session.forget_ended", None, 62),
    ("idempotency_key.forget", None, 0),
    ("idempotency_key.forget", None, 5),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        TenantTable::new(manager, "job")
            .text("kind")
            .text("payload")
            .text_null("unique_key")
            .text("state")
            .time("planned_at")
            .time("run_at")
            .time_null("rung_at")
            .i32("attempts")
            .i32("fence")
            .time_null("lease_until")
            .text_null("lease_holder")
            .i32_null("progress_done")
            .i32_null("progress_total")
            .text_null("last_error")
            .time("created_at")
            .uuid_null("created_by")
            .time_null("finished_at")
            .index(&["state", "run_at"])
            .index(&["finished_at"])
            .create(manager)
            .await?;
        let db = manager.get_connection();
        db.execute_unprepared(
            "CREATE UNIQUE INDEX \"uq_job_unique_key\" ON \"job\" (\"tenant_id\", \"unique_key\") \
             WHERE \"state\" IN ('waiting', 'running', 'failed')",
        )
        .await?;

        // Outside every township: a node asks it which of them have something due, and walks none of the others. Without a foreign
        // key, since the distributed database lets no table of the installation refer to one of a township.
        manager
            .create_table(
                Table::create()
                    .table("bell")
                    .col(ColumnDef::new("job_id").uuid().not_null().primary_key())
                    .col(ColumnDef::new("tenant").uuid().not_null())
                    .col(ColumnDef::new("due_at").timestamp_with_time_zone().not_null())
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_bell_due_at")
                    .table("bell")
                    .col("due_at")
                    .col("tenant")
                    .take(),
            )
            .await?;

        let mut seen = ColumnDef::new("seen_at").timestamp_with_time_zone().take();
        seen.null();
        manager.alter_table(Table::alter().table("probe").add_column(seen).take()).await?;
        let mut late = ColumnDef::new("opened_late").boolean().take();
        late.not_null().default(false);
        manager.alter_table(Table::alter().table("task").add_column(late).take()).await?;
        manager.create_index(ddl::index_over("ix", "attachment", &["created_at"])).await?;

        look_after(manager).await
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(crate::no_way_back())
    }
}

/// Plants the first jobs of the townships that are there, due at once.
async fn look_after(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let backend = manager.get_database_backend();
    let postgres = backend == DbBackend::Postgres;
    // A random id of version 4: neither database has version 7, and nothing is sorted by these.
    let id = if postgres { "gen_random_uuid()" } else { "randomblob(16)" };
    for (kind, key, days) in LOOKED_AFTER {
        let key = key.map_or("NULL".to_owned(), |key| format!("'{key}'"));
        let in_days = |days: u32| {
            if postgres {
                format!("now() + interval '{days} days'")
            } else {
                format!("strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now', '+{days} days')")
            }
        };
        let (due, now) = (in_days(days), in_days(0));
        let plant = format!(
            "INSERT INTO \"job\" (\"tenant_id\", \"id\", \"kind\", \"payload\", \"unique_key\", \"state\", \"planned_at\", \"run_at\", \
             \"attempts\", \"fence\", \"created_at\") \
             SELECT \"id\", {id}, '{kind}', '{{}}', {key}, 'waiting', {due}, {due}, 0, 0, {now} FROM \"tenant\""
        );
        db.execute_raw(Statement::from_string(backend, plant)).await?;
    }
    db.execute_unprepared(
        "INSERT INTO \"bell\" (\"job_id\", \"tenant\", \"due_at\") SELECT \"id\", \"tenant_id\", \"run_at\" FROM \"job\"",
    )
    .await?;
    Ok(())
}
