//! Spreading the townships over several machines (Citus): each tenant table by `tenant_id`, all in one group, so that a township lies on
//! one machine whole.
//!
//! - What is there is read from the catalogue ([`read`]), what is to be done follows from it alone ([`plan`]), and is done in one
//!   transaction ([`distribute`]). Where nothing is to be done, nothing is.
//! - Tables outside the townships go to every machine where founding a township reads them beside its rows, or a server on any machine
//!   reads them at its start ([`REFERENCE_TABLES`]). Those that all servers write all the time ([`SHARED_TABLES`]) stay on the first machine
//!   and are known to the others: a copy on every machine would have each write wait for all of them, and fail with any.

mod plan;
#[cfg(test)]
mod tests;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{
    DbBackend, QueryResult, Statement, TransactionSession, TransactionTrait,
};

pub use plan::{Catalogue, Key, Misfit, Spread, Step, plan};

use crate::TENANT_TABLES;

/// Tables outside the townships of which every machine has a copy.
pub const REFERENCE_TABLES: &[&str] = &["tenant", "setup_token", "seaql_migrations"];
/// Tables outside the townships that stay on the first machine, where the others find them.
pub const SHARED_TABLES: &[&str] = &["probe", "revocation", "bell"];

/// How each table is spread, as the extension notes it.
const SPREADS: &str = "SELECT c.relname::text AS name, p.partmethod::text AS method, p.repmodel::text AS copies, \
    p.colocationid::int8 AS company, \
    CASE WHEN p.partmethod <> 'n' THEN column_to_column_name(p.logicalrelid, p.partkey) END AS by \
    FROM pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid \
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public' ORDER BY 1";

/// The foreign keys between our tables; those of shards have other names.
const KEYS: &str = "SELECT k.conname::text AS name, c.relname::text AS table, f.relname::text AS target, \
    pg_get_constraintdef(k.oid) AS definition \
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid \
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public' \
    WHERE k.contype = 'f' ORDER BY 2, 1";

/// What the catalogue says of the tables. The database has the extension.
///
/// # Errors
/// It cannot be read.
pub async fn read<C: ConnectionTrait>(db: &C) -> Result<Catalogue, DbErr> {
    let mut found = Catalogue::default();
    for row in rows(db, SPREADS).await? {
        let name: String = row.try_get("", "name")?;
        let method: String = row.try_get("", "method")?;
        let copies: String = row.try_get("", "copies")?;
        let company: i64 = row.try_get("", "company")?;
        let by: Option<String> = row.try_get("", "by")?;
        let spread = match (method.as_str(), copies.as_str(), by) {
            ("h", _, Some(column)) => Spread::By { column, company },
            ("n", "t", _) => Spread::Everywhere,
            ("n", _, _) if company == 0 => Spread::Known,
            _ => Spread::Otherwise,
        };
        found.tables.insert(name, spread);
    }
    for row in rows(db, KEYS).await? {
        found.keys.push(Key {
            name: row.try_get("", "name")?,
            table: row.try_get("", "table")?,
            target: row.try_get("", "target")?,
            definition: row.try_get("", "definition")?,
        });
    }
    // Those of shards, where a machine of shards is the first one too.
    found.keys.retain(|key| is_ours(&key.table) && is_ours(&key.target));
    Ok(found)
}

fn is_ours(table: &str) -> bool {
    [TENANT_TABLES, REFERENCE_TABLES, SHARED_TABLES].into_iter().flatten().any(|one| *one == table)
}

async fn rows<C: ConnectionTrait>(db: &C, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
    db.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distributed {
    /// What was done; nothing where nothing was left to be done.
    pub steps: Vec<Step>,
    /// The foreign keys between our tables, the same before and after.
    pub keys: usize,
}

/// Spreads what is not spread yet, as the owner of the tables and in one transaction: all of it or nothing.
///
/// # Errors
/// A table is spread otherwise already, or the extension refuses.
pub async fn distribute<C>(db: &C) -> Result<Distributed, DbErr>
where
    C: ConnectionTrait + TransactionTrait,
{
    let tx = db.begin().await?;
    let before = read(&tx).await?;
    let steps = plan(&before).map_err(told)?;
    for step in &steps {
        tx.execute_unprepared(&step.sql()).await?;
    }
    // Looked at before it is kept: keys that are lost are lost for good.
    let after = read(&tx).await?;
    if after.keys != before.keys {
        return Err(DbErr::Custom(
            "the foreign keys are not those of before; nothing was changed".to_owned(),
        ));
    }
    if !plan(&after).map_err(told)?.is_empty() {
        return Err(DbErr::Custom("the tables are not all spread; nothing was changed".to_owned()));
    }
    tx.commit().await?;
    Ok(Distributed { steps, keys: after.keys.len() })
}

fn told(misfit: Misfit) -> DbErr {
    DbErr::Custom(misfit.to_string())
}

/// What a distributed database wants besides, whenever it was spread and for machines that came later: a transaction's township travels with
/// it to the machines, and the owner changes tables one machine after the other. Then the planner learns what lies where, and what was
/// copied away is removed from the first machine.
///
/// # Errors
/// The connection's user does not own the database.
pub async fn settle<C: ConnectionTrait>(db: &C) -> Result<(), DbErr> {
    let names =
        "SELECT quote_ident(current_database()) AS database, quote_ident(current_user) AS owner";
    for row in rows(db, names).await? {
        let database: String = row.try_get("", "database")?;
        let owner: String = row.try_get("", "owner")?;
        for setting in [
            format!("ALTER DATABASE {database} SET citus.propagate_set_commands = 'local'"),
            format!(
                "ALTER ROLE {owner} IN DATABASE {database} SET citus.multi_shard_modify_mode = 'sequential'"
            ),
        ] {
            db.execute_unprepared(&setting).await?;
        }
    }
    for table in TENANT_TABLES.iter().rev().chain(REFERENCE_TABLES) {
        db.execute_unprepared(&format!(
            "SELECT truncate_local_data_after_distributing_table('public.{table}')"
        ))
        .await?;
    }
    for table in REFERENCE_TABLES.iter().chain(TENANT_TABLES) {
        db.execute_unprepared(&format!("ANALYZE \"{table}\"")).await?;
    }
    Ok(())
}
