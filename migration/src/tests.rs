//! The schema on SQLite, looked at as its owner. What holds on both databases is told in `tests/it`.

#![expect(clippy::disallowed_types, reason = "looks at the schema itself, as its owner")]

use std::error::Error;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectOptions, Database, DatabaseConnection};

use crate::{APPEND_ONLY_TABLES, Migrator, grant_runtime_role};

type Outcome = Result<(), Box<dyn Error>>;

/// A database in memory on one connection, migrated. sqlx has foreign keys switched on.
async fn sqlite() -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1).min_connections(1);
    let db = Database::connect(options).await?;
    Migrator::up(&db, None).await?;
    Ok(db)
}

#[tokio::test]
async fn sqlite_migrates_once_and_forward_only() -> Outcome {
    let db = sqlite().await?;
    Migrator::up(&db, None).await?;
    assert!(Migrator::get_pending_migrations(&db).await?.is_empty());
    assert!(Migrator::down(&db, Some(1)).await.is_err());
    grant_runtime_role(&db, "anyone").await?;
    Ok(())
}

#[tokio::test]
async fn sqlite_keys_do_not_leave_the_township() -> Outcome {
    let db = sqlite().await?;
    for (id, code) in [("a", "310116112"), ("b", "310116113")] {
        db.execute_unprepared(&format!(
            "INSERT INTO tenant VALUES ('{id}', '{code}', '镇', 0, '2026-11-22T00:00:00+00:00')"
        ))
        .await?;
    }
    let party_org = |tenant: &str, id: &str, parent: &str, code: &str| {
        format!(
            "INSERT INTO party_org VALUES ('{tenant}', '{id}', {parent}, 'branch', '{code}', '支部', '2026-11-22T00:00:00+00:00', 1)"
        )
    };
    db.execute_unprepared(&party_org("a", "1", "NULL", "01")).await?;
    db.execute_unprepared(&party_org("a", "2", "'1'", "0101")).await?;
    // A code is unique in its township only; a parent in another township does not exist.
    db.execute_unprepared(&party_org("b", "1", "NULL", "01")).await?;
    assert!(db.execute_unprepared(&party_org("a", "3", "NULL", "01")).await.is_err());
    assert!(db.execute_unprepared(&party_org("b", "3", "'2'", "02")).await.is_err());
    assert!(db.execute_unprepared(&party_org("c", "1", "NULL", "01")).await.is_err());
    assert!(
        db.execute_unprepared("DELETE FROM party_org WHERE id = '1' AND tenant_id = 'a'")
            .await
            .is_err()
    );
    Ok(())
}

#[tokio::test]
async fn sqlite_refuses_to_change_the_ledger() -> Outcome {
    let db = sqlite().await?;
    db.execute_unprepared("PRAGMA foreign_keys = OFF").await?;
    db.execute_unprepared("INSERT INTO posting VALUES ('a', 'p', 'task', 's', 'r', '理由', '2026-11-22T00:00:00+00:00', NULL)")
        .await?;
    db.execute_unprepared("INSERT INTO points_entry VALUES ('a', 'e', 'p', 'u', 100, 100, '2026-11-22T00:00:00+00:00')")
        .await?;
    for table in APPEND_ONLY_TABLES {
        for act in [format!("UPDATE {table} SET id = 'x'"), format!("DELETE FROM {table}")] {
            let refused = db.execute_unprepared(&act).await.err().map(|e| e.to_string());
            assert!(refused.is_some_and(|e| e.contains("append-only")), "{act}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn sqlite_file_is_migrated_through_a_pool_and_kept() -> Outcome {
    let file = std::env::temp_dir().join(format!("gezhi-schema-{}.db", std::process::id()));
    let url = format!("sqlite://{}?mode=rwc", file.display());
    for township in ["310116112", "310116113"] {
        let db = Database::connect(&url).await?;
        Migrator::up(&db, None).await?;
        let insert = format!(
            "INSERT INTO tenant VALUES ('{township}', '{township}', '镇', 0, '2026-11-22T00:00:00+00:00')"
        );
        db.execute_unprepared(&insert).await?;
        let before = format!("UPDATE tenant SET name = '旧' WHERE code < '{township}'");
        let kept = db.execute_unprepared(&before).await?.rows_affected();
        assert_eq!(kept, u64::from(township > "310116112"));
        db.close().await?;
    }
    std::fs::remove_file(file)?;
    Ok(())
}
