//! `gezhi distribute`: what has to be so before the townships are spread over several machines (Citus), the order in which it is done, and
//! whether the walls stand afterwards. What is to be done is `migration::distribution`'s to say.
//!
//! It may be run again at any time: after a machine was added, and after a migration that made a table.

use std::fmt;

use entity::ids::TenantId;
use migration::distribution::{self, Distributed};
use migration::{TENANT_TABLES, raise_walls};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use super::db::{Db, StartError};
use super::schema;
use crate::config::Config;

/// The first version of the extension that has all that is asked of it.
const FIRST_VERSION: i32 = 11;

/// What the catalogue of every database says.
const EXTENSION: &str =
    "SELECT extversion::text AS version FROM pg_extension WHERE extname = 'citus'";
/// Our tables that somebody else owns, out of those that are there.
const OTHERS: &str = "SELECT count(*) AS n FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace \
    WHERE s.nspname = 'public' AND c.relkind IN ('r', 'p') AND (c.relname = 'seaql_migrations' \
      OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')) \
    AND NOT pg_has_role(current_user, c.relowner, 'USAGE')";
const ELSEWHERE: &str = "SELECT count(*) AS n FROM pg_dist_local_group WHERE groupid <> 0";
const FIRST_MACHINE: &str = "SELECT count(*) AS n FROM pg_dist_node WHERE groupid = 0";
const MACHINES: &str = "SELECT count(*) AS n FROM pg_dist_node WHERE isactive AND noderole = 'primary' AND shouldhaveshards";
const WALLED: &str = "SELECT count(DISTINCT polrelid) AS n FROM pg_policy WHERE polname = 'tenant_isolation' \
    AND pg_get_expr(polqual, polrelid) LIKE '%app_tenant()%'";

/// What was done and what is so now.
#[derive(Debug)]
pub struct Report(Distributed);

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(done) = self;
        match done.steps.len() {
            0 => writeln!(f, "Everything was distributed already.")?,
            steps => writeln!(f, "{steps} statements, in one transaction.")?,
        }
        write!(
            f,
            "{} tables by township, {} copied to every machine, {} on the first one; {} foreign keys as before.",
            TENANT_TABLES.len(),
            distribution::REFERENCE_TABLES.len(),
            distribution::SHARED_TABLES.len(),
            done.keys,
        )
    }
}

/// Spreads the townships over the machines of the database, or does what is left of that.
///
/// # Errors
/// What is not as it has to be, in words for an operator; nothing is done then. After an error of the database nothing is done either, or
/// everything in the tables and not yet all the rest: then it is run again.
pub async fn distribute(config: &Config) -> Result<Report, StartError> {
    if config.sqlite_path().is_some() {
        return Err(no("the database is SQLite; only PostgreSQL with the extension citus can be"));
    }
    if config.tenant_proof {
        return Err(no(
            "its policies take no subquery, which the proof of the township needs: set tenant_proof = false, here and for the server",
        ));
    }
    let role = schema::runtime_role(&config.database_url)?;
    let db = schema::owner(config).await?;
    // While it works nobody migrates.
    db.execute_unprepared(&schema::one_at_a_time()).await?;
    is_possible(&db).await?;
    let left = distribution::plan(&distribution::read(&db).await?)
        .map_err(|misfit| no(&misfit.to_string()))?;
    if !left.is_empty() && number(&db, &served_by(&role)).await? > 0 {
        return Err(no(
            "somebody is connected as the serving role: stop every server first, since what is written meanwhile would wait for all of it",
        ));
    }
    // Policies as a server without the proof has them.
    raise_walls(&db, &role, None).await?;
    let done = distribution::distribute(&db).await?;
    distribution::settle(&db).await?;
    // Again, for the machines that have only just heard of it, or were added since.
    raise_walls(&db, &role, None).await?;
    let walled = number(&db, WALLED).await?;
    db.close().await?;
    if usize::try_from(walled) != Ok(TENANT_TABLES.len()) {
        return Err(StartError::Wall);
    }
    walls_stand(config).await?;
    Ok(Report(done))
}

/// Refuses what is no database of ours on the first of several machines.
async fn is_possible(db: &DatabaseConnection) -> Result<(), StartError> {
    let extension =
        db.query_one_raw(Statement::from_string(DbBackend::Postgres, EXTENSION)).await?;
    let Some(extension) = extension else {
        return Err(no(
            "the extension citus is not in this database: put it into shared_preload_libraries of every machine, and CREATE EXTENSION citus in the database on each, as superuser",
        ));
    };
    let version: String = extension.try_get("", "version")?;
    let major = version.split(['.', '-']).next().and_then(|major| major.parse::<i32>().ok());
    if major.is_none_or(|major| major < FIRST_VERSION) {
        return Err(no(&format!(
            "citus is {version} here, and {FIRST_VERSION} or later is needed"
        )));
    }
    schema::is_current(db).await?;
    if number(db, OTHERS).await? > 0 {
        return Err(no(
            "the user of owner_database_url does not own the tables: it is the role that `gezhi migrate` works as",
        ));
    }
    if number(db, ELSEWHERE).await? > 0 {
        return Err(no(
            "this machine is not the coordinator: owner_database_url has to name that one",
        ));
    }
    if number(db, FIRST_MACHINE).await? == 0 {
        return Err(no(
            "the coordinator is not among the machines: SELECT citus_set_coordinator_host('its address'), as superuser",
        ));
    }
    if number(db, MACHINES).await? == 0 {
        return Err(no(
            "no machine takes townships: SELECT citus_add_node('its address', 5432), as superuser",
        ));
    }
    Ok(())
}

/// Looks as the server does at its start, and beyond: as a township that there is not, nothing is seen and nothing of another's written.
async fn walls_stand(config: &Config) -> Result<(), StartError> {
    let db = Db::connect(config).await?;
    db.check_role().await?;
    db.check_schema().await?;
    db.check_wall().await?;
    let nobody = TenantId::new();
    for table in TENANT_TABLES {
        let txn = db.begin_read(Some(nobody));
        let seen = format!("SELECT count(*) AS n FROM \"{table}\"");
        let seen = txn.query_one_raw(Statement::from_string(DbBackend::Postgres, seen)).await?;
        let seen: i64 = seen.ok_or(StartError::Schema)?.try_get("", "n")?;
        if seen != 0 {
            return Err(StartError::Wall);
        }
    }
    let other = TenantId::new();
    let write = format!(
        "INSERT INTO party_org (tenant_id, id, kind, code, name, created_at, version) \
         VALUES ('{other}', '{other}', 'branch', '-', '-', now(), 1)"
    );
    // Refused by the wall, and not for being nobody's.
    let txn = db.begin_write(Some(nobody), false).await?;
    match txn.execute_unprepared(&write).await {
        Err(error) if error.to_string().contains("row-level security") => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err(StartError::Wall),
    }
}

/// How many are connected as a role.
fn served_by(role: &str) -> String {
    let role = role.replace('\'', "''");
    format!(
        "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() \
         AND usename = '{role}' AND pid <> pg_backend_pid()"
    )
}

async fn number(db: &DatabaseConnection, sql: &str) -> Result<i64, DbErr> {
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    row.map_or(Ok(0), |row| row.try_get("", "n"))
}

fn no(why: &str) -> StartError {
    StartError::Undistributable(why.to_owned())
}
