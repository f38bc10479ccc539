//! What the serving role may do on PostgreSQL.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DbBackend, TransactionSession, TransactionTrait};

use crate::{APPEND_ONLY_TABLES, TENANT_TABLES};

/// Gives the role that the server connects as exactly what it needs, and takes back what it had beyond that on these
/// tables. May be run again at any time, after every migration in particular. On SQLite, which knows no roles, nothing is done.
///
/// The ledger can be read and added to, never changed; townships can be founded but not renamed or removed; the role
/// owns nothing and sees the schema's history only to compare it with its own.
///
/// # Errors
/// When the connection's user does not own the tables, or the role does not exist.
pub async fn grant_runtime_role<C>(db: &C, role: &str) -> Result<(), DbErr>
where
    C: ConnectionTrait + TransactionTrait,
{
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let role = quoted(role)?;
    // In one transaction: a server at work never sees the moment between taking and giving.
    let tx = db.begin().await?;
    tx.execute_unprepared(&format!("GRANT USAGE ON SCHEMA public TO {role}")).await?;
    for table in TENANT_TABLES {
        let rights = if APPEND_ONLY_TABLES.contains(table) {
            "SELECT, INSERT"
        } else {
            "SELECT, INSERT, UPDATE, DELETE"
        };
        grant(&tx, table, rights, &role).await?;
    }
    grant(&tx, "tenant", "SELECT, INSERT", &role).await?;
    grant(&tx, "setup_token", "SELECT, INSERT, UPDATE", &role).await?;
    grant(&tx, "probe", "SELECT, INSERT, UPDATE", &role).await?;
    grant(&tx, "revocation", "SELECT, INSERT, DELETE", &role).await?;
    grant(&tx, "seaql_migrations", "SELECT", &role).await?;
    tx.execute_unprepared(&format!("GRANT EXECUTE ON FUNCTION app_set_tenant(uuid) TO {role}"))
        .await?;
    tx.commit().await
}

async fn grant<C: ConnectionTrait>(
    db: &C,
    table: &str,
    rights: &str,
    role: &str,
) -> Result<(), DbErr> {
    db.execute_unprepared(&format!("REVOKE ALL ON TABLE \"{table}\" FROM {role}")).await?;
    db.execute_unprepared(&format!("GRANT {rights} ON TABLE \"{table}\" TO {role}")).await?;
    Ok(())
}

/// The role's name as an SQL identifier.
fn quoted(role: &str) -> Result<String, DbErr> {
    if role.is_empty() || role.contains('\0') {
        return Err(DbErr::Custom("the name of the run-time role is empty or no name".to_owned()));
    }
    Ok(format!("\"{}\"", role.replace('"', "\"\"")))
}
