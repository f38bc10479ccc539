//! The schema and its owner: bringing it up to date, one at a time, and whether it is this program's.

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};

use super::db::{StartError, common, sqlite};
use super::wall::Wall;
use crate::config::Config;
use crate::files;

/// Refuses a schema whose applied steps are not exactly this program's.
pub(super) async fn is_current<C: ConnectionTrait>(db: &C) -> Result<(), StartError> {
    let rows = db
        .query_all_raw(Statement::from_string(
            db.get_database_backend(),
            "SELECT version FROM seaql_migrations ORDER BY version",
        ))
        .await
        .map_err(|_| StartError::Schema)?;
    let applied = rows
        .iter()
        .map(|row| row.try_get::<String>("", "version"))
        .collect::<Result<Vec<_>, _>>()?;
    if applied == migration::versions() { Ok(()) } else { Err(StartError::Schema) }
}

/// The lock on PostgreSQL of whoever changes the schema: any number that nothing else of the database uses.
const MIGRATING: i64 = 0x6765_7a68_6901;

/// Waits for others who change the schema. Held by the one connection there is until it is closed: whoever comes second finds nothing left
/// to do.
pub(super) fn one_at_a_time() -> String {
    format!("SELECT pg_advisory_lock({MIGRATING})")
}

/// Brings the schema up to date. On PostgreSQL as the owner (`owner_database_url`), who then grants the
/// run-time role, the user of `database_url`, what it needs.
pub async fn migrate(config: &Config) -> Result<(), StartError> {
    use migration::MigratorTrait;
    if let Some(path) = config.sqlite_path() {
        files::close(config)?;
        files::place_of_database(path)?;
        let mut turn = path.as_os_str().to_owned();
        turn.push("-migrate");
        // Whoever comes second finds nothing left to do.
        let _turn = files::hold(std::path::Path::new(&turn))?;
        let db = Database::connect(sqlite(config, false)).await?;
        migration::Migrator::up(&db, None).await?;
        db.close().await?;
        return Ok(());
    }
    let owner = config.owner_database_url.as_deref().ok_or_else(|| {
        StartError::Config("owner_database_url is needed to migrate PostgreSQL".to_owned())
    })?;
    let role = runtime_role(&config.database_url)?;
    let mut options = common(owner);
    options.max_connections(1);
    let db = Database::connect(options).await?;
    db.execute_unprepared(&one_at_a_time()).await?;
    migration::Migrator::up(&db, None).await?;
    migration::raise_walls(&db, &role, Wall::of(config)?.key()).await?;
    db.close().await?;
    Ok(())
}

/// A connection as the owner of the tables.
pub(super) async fn owner(config: &Config) -> Result<DatabaseConnection, StartError> {
    if config.database_url.starts_with("sqlite:") {
        return Ok(Database::connect(sqlite(config, false)).await?);
    }
    let owner = config.owner_database_url.as_deref().ok_or_else(|| {
        StartError::Config("owner_database_url is needed for this on PostgreSQL".to_owned())
    })?;
    let mut options = common(owner);
    options.max_connections(1);
    Ok(Database::connect(options).await?)
}

pub(super) fn runtime_role(url: &str) -> Result<String, StartError> {
    let wrong = || {
        StartError::Config(
            "database_url must name a user: postgres://USER@HOST/DATABASE".to_owned(),
        )
    };
    let rest = url.split_once("://").ok_or_else(wrong)?.1;
    let user = rest.rsplit_once('@').ok_or_else(wrong)?.0;
    let user = user.split(':').next().unwrap_or(user);
    if user.is_empty() { Err(wrong()) } else { Ok(user.to_owned()) }
}
