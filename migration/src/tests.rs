//! The schema on SQLite, looked at as its owner. What holds on both databases is told in `tests/it`.

#![expect(clippy::disallowed_types, reason = "looks at the schema itself, as its owner")]

use std::error::Error;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbBackend, Statement,
};

use crate::{APPEND_ONLY_TABLES, Migrator, raise_walls};

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
    raise_walls(&db, "anyone", Some(&[7; crate::KEY])).await?;
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
    db.execute_unprepared("INSERT INTO points_entry VALUES ('a', 'e', 'p', 'u', 100, 100, '2026-11-22T00:00:00+00:00', '2026-11-22T00:00:00+00:00')")
        .await?;
    for table in ["posting", "points_entry"] {
        for act in [format!("UPDATE {table} SET id = 'x'"), format!("DELETE FROM {table}")] {
            let refused = db.execute_unprepared(&act).await.err().map(|e| e.to_string());
            assert!(refused.is_some_and(|e| e.contains("append-only")), "{act}");
        }
    }
    Ok(())
}

/// A row of made-up values for every column, and the same with other values where `vary` says so.
fn made_up(columns: &[(String, String)], vary: impl Fn(&str) -> bool) -> String {
    let values: Vec<String> = columns
        .iter()
        .map(|(name, kind)| {
            let other = vary(name);
            match kind.to_ascii_uppercase() {
                kind if kind.contains("INT") => if other { "2" } else { "1" }.to_owned(),
                kind if kind.contains("BLOB") => if other { "x'02'" } else { "x'01'" }.to_owned(),
                _ => if other { "'other'" } else { "'one'" }.to_owned(),
            }
        })
        .collect();
    values.join(", ")
}

/// No way of SQLite to replace a row gets past an append-only table, whichever of its keys is taken and whatever the
/// connection's settings: the row stays, and a plain repetition under `ON CONFLICT DO NOTHING` does nothing.
#[tokio::test]
async fn sqlite_replaces_nothing_in_append_only_tables() -> Outcome {
    let db = sqlite().await?;
    let query =
        async |sql: String| db.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await;
    db.execute_unprepared("PRAGMA foreign_keys = OFF").await?;
    for recursive in ["OFF", "ON"] {
        db.execute_unprepared(&format!("PRAGMA recursive_triggers = {recursive}")).await?;
        for table in APPEND_ONLY_TABLES {
            let columns = query(format!("SELECT name, type FROM pragma_table_info('{table}')"))
                .await?
                .iter()
                .map(|row| Ok((row.try_get("", "name")?, row.try_get("", "type")?)))
                .collect::<Result<Vec<(String, String)>, DbErr>>()?;
            let whole = async || -> Result<Vec<String>, DbErr> {
                let quoted: Vec<String> =
                    columns.iter().map(|(name, _)| format!("quote(\"{name}\")")).collect();
                query(format!("SELECT {} AS line FROM {table}", quoted.join(" || ',' || ")))
                    .await?
                    .iter()
                    .map(|row| row.try_get("", "line"))
                    .collect()
            };
            if recursive == "OFF" {
                db.execute_unprepared(&format!(
                    "INSERT INTO {table} VALUES ({})",
                    made_up(&columns, |_| false)
                ))
                .await?;
            }
            let before = whole().await?;
            assert_eq!(before.len(), 1, "{table}");
            let keys = query(format!(
                "SELECT name FROM pragma_index_list('{table}') WHERE \"unique\" = 1"
            ))
            .await?;
            assert!(!keys.is_empty(), "{table}");
            for key in keys {
                let key: String = key.try_get("", "name")?;
                let of_key = query(format!("SELECT name FROM pragma_index_info('{key}')"))
                    .await?
                    .iter()
                    .map(|row| row.try_get("", "name"))
                    .collect::<Result<Vec<String>, DbErr>>()?;
                let taken = made_up(&columns, |name| !of_key.iter().any(|column| column == name));
                let same = made_up(&columns, |_| false);
                let first = &columns[0].0;
                for act in [
                    format!("REPLACE INTO {table} VALUES ({taken})"),
                    format!("INSERT OR REPLACE INTO {table} VALUES ({taken})"),
                    format!("INSERT OR REPLACE INTO {table} VALUES ({same})"),
                    format!(
                        "INSERT INTO {table} VALUES ({taken}) ON CONFLICT DO UPDATE SET \"{first}\" = 'x'"
                    ),
                    format!("UPDATE OR REPLACE {table} SET \"{first}\" = 'x'"),
                    format!("INSERT INTO {table} VALUES ({taken}) ON CONFLICT DO NOTHING"),
                    format!("DELETE FROM {table}"),
                ] {
                    // Refused or passed over: what matters is what is there afterwards.
                    let _ = db.execute_unprepared(&act).await;
                    assert_eq!(whole().await?, before, "{act}, recursive_triggers {recursive}");
                }
            }
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
