//! Removing old entries of the audit log: past the walls, as the owner of the tables, since the serving role may only add
//! to them.

use entity::ids::TenantId;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
};

use super::db::StartError;
use super::schema::owner;
use crate::config::Config;

/// The trigger that refuses it to everybody else on SQLite.
const TRIGGER: &str = "audit_entry_refuses_delete";

/// Removes the entries of a township whose leaves are numbered below `upto`, with their words; their leaves stay. One
/// transaction; says how many entries went.
///
/// # Errors
/// Those of the database; on PostgreSQL without `owner_database_url`.
pub(crate) async fn remove_audit_entries(
    config: &Config,
    tenant: TenantId,
    upto: i64,
) -> Result<u64, StartError> {
    let db = owner(config).await?;
    let removed = remove(&db, tenant, upto).await;
    db.close().await?;
    Ok(removed?)
}

async fn remove(db: &DatabaseConnection, tenant: TenantId, upto: i64) -> Result<u64, DbErr> {
    let backend = db.get_database_backend();
    let sqlite = backend == sea_orm::DbBackend::Sqlite;
    let txn: DatabaseTransaction = if sqlite {
        db.begin_with_options(TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        })
        .await?
    } else {
        db.begin().await?
    };
    // The trigger is away within this transaction alone: nobody else ever sees the table without it.
    let trigger = if sqlite {
        let text = Statement::from_string(
            backend,
            format!("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = '{TRIGGER}'"),
        );
        let row = txn.query_one_raw(text).await?;
        let row = row.ok_or_else(|| DbErr::Custom(format!("the trigger {TRIGGER} is missing")))?;
        txn.execute_unprepared(&format!("DROP TRIGGER {TRIGGER}")).await?;
        Some(row.try_get::<String>("", "sql")?)
    } else {
        None
    };
    let mut removed = 0;
    for (table, column) in [("audit_detail", "entry_id"), ("audit_entry", "id")] {
        let delete = Statement::from_sql_and_values(
            backend,
            format!(
                "DELETE FROM {table} WHERE tenant_id = $1 AND {column} IN \
                 (SELECT entry_id FROM audit_leaf WHERE tenant_id = $1 AND number < $2)"
            ),
            [tenant.into(), upto.into()],
        );
        removed = txn.execute_raw(delete).await?.rows_affected();
    }
    if let Some(trigger) = trigger {
        txn.execute_unprepared(&trigger).await?;
    }
    txn.commit().await?;
    Ok(removed)
}
