//! [`Pool`]: the connections of one kind, how far they are trusted, and who has how many of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use entity::ids::TenantId;
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbBackend, DbErr};

use super::connection::{Connection, not_acquired};
use super::db::StartError;
use super::message::Texts;
use super::shares::{Place, Shares};
use super::trust::Trust;
use super::wall::Wall;
use crate::config::Config;

/// The connections of one kind.
pub(super) struct Pool {
    pub(super) connections: DatabaseConnection,
    pub(super) trust: Arc<Trust>,
    pub(super) wall: Wall,
    pub(super) texts: Texts,
    shares: Shares,
    singly: AtomicBool,
}

impl Pool {
    pub(super) async fn open(
        config: &Config,
        options: fn(&Config, bool, &Arc<Trust>) -> ConnectOptions,
        reader: bool,
    ) -> Result<Arc<Self>, StartError> {
        let trust = Arc::new(Trust::default());
        let options = options(config, reader, &trust);
        let shares = Shares::of(options.get_max_connections().unwrap_or(1));
        let connections = Database::connect(options).await?;
        Ok(Arc::new(Self {
            connections,
            trust,
            wall: Wall::of(config)?,
            texts: Texts::default(),
            shares,
            singly: AtomicBool::new(false),
        }))
    }

    pub(super) fn is_postgres(&self) -> bool {
        self.connections.get_database_backend() == DbBackend::Postgres
    }

    /// Whether each statement goes in a message of its own: several in one do not pass the distributed database.
    pub(super) fn singly(&self) -> bool {
        self.singly.load(Ordering::Relaxed)
    }

    /// From now on, each statement goes in a message of its own.
    pub(super) fn go_singly(&self) {
        self.singly.store(true, Ordering::Relaxed);
    }

    /// A place of a township in this pool; none is needed outside all of them.
    pub(super) async fn place(&self, tenant: Option<TenantId>) -> Result<Option<Place>, DbErr> {
        match tenant {
            Some(tenant) => self.shares.take(tenant).await.map(Some),
            None => Ok(None),
        }
    }

    pub(super) async fn acquire(&self) -> Result<Connection, DbErr> {
        Ok(if self.is_postgres() {
            let pool = self.connections.get_postgres_connection_pool();
            Connection::Postgres(pool.acquire().await.map_err(not_acquired)?)
        } else {
            let pool = self.connections.get_sqlite_connection_pool();
            Connection::Sqlite(pool.acquire().await.map_err(not_acquired)?)
        })
    }
}
