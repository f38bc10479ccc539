//! [`Pool`]: the connections of one kind, how far they are trusted, and who has how many of them.
//!
//! sqlx's own pool makes the connections, and no more: it asks each one that comes back whether it is still there, which is a round
//! trip to PostgreSQL, and to SQLite's thread, for every request. Here a connection comes back when its transaction has ended in good
//! order, or not at all.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use entity::ids::TenantId;
use sea_orm::{ConnAcquireErr, ConnectOptions, Database, DatabaseConnection, DbBackend, DbErr};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connection::{Connection, not_acquired};
use super::db::StartError;
use super::message::Texts;
use super::shares::{PATIENCE, Place, Shares};
use super::trust::Trust;
use super::wall::Wall;
use crate::config::Config;

/// A connection that nobody used for so long is asked whether it is still there: the server, or what stands between, may have ended it.
const IDLE: Duration = Duration::from_secs(30);
/// How long a connection to PostgreSQL is used: what it remembers only grows.
const LIFE: Duration = Duration::from_secs(30 * 60);

/// The connections of one kind.
pub(super) struct Pool {
    connections: DatabaseConnection,
    pub(super) trust: Trust,
    pub(super) wall: Wall,
    pub(super) texts: Texts,
    shares: Shares,
    singly: AtomicBool,
    places: Arc<Semaphore>,
    /// Those that nobody uses, the last used on top.
    idle: Mutex<Vec<Kept>>,
}

struct Kept {
    connection: Connection,
    made: Instant,
    since: Instant,
}

/// A connection while somebody has it. Dropped, it is closed.
pub(super) struct Held {
    connection: Connection,
    made: Instant,
    /// Its place in the pool, and its township's share of it.
    _places: (OwnedSemaphorePermit, Option<Place>),
}

impl Held {
    /// The connection.
    pub(super) fn on(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

impl Pool {
    pub(super) async fn open(
        config: &Config,
        options: fn(&Config, bool) -> ConnectOptions,
        reader: bool,
    ) -> Result<Arc<Self>, StartError> {
        let options = options(config, reader);
        let most = options.get_max_connections().unwrap_or(1);
        let connections = Database::connect(options).await?;
        Ok(Arc::new(Self {
            connections,
            trust: Trust::default(),
            wall: Wall::of(config)?,
            texts: Texts::default(),
            shares: Shares::of(most),
            singly: AtomicBool::new(false),
            places: Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(1))),
            idle: Mutex::default(),
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

    /// A connection, within a township's share of them; waits while there is none.
    pub(super) async fn hold(&self, tenant: Option<TenantId>) -> Result<Held, DbErr> {
        let share = match tenant {
            Some(tenant) => Some(self.shares.take(tenant).await?),
            None => None,
        };
        let place = tokio::time::timeout(PATIENCE, self.places.clone().acquire_owned())
            .await
            .map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?
            .map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))?;
        let places = (place, share);
        while let Some(Kept { mut connection, made, since }) = self.take() {
            if since.elapsed() < IDLE || connection.is_there().await {
                return Ok(Held { connection, made, _places: places });
            }
        }
        let made = Instant::now();
        Ok(Held { connection: self.connect().await?, made, _places: places })
    }

    /// Another connection in the place of one that broke.
    pub(super) async fn replace(&self, broken: Held) -> Result<Held, DbErr> {
        let made = Instant::now();
        Ok(Held { connection: self.connect().await?, made, ..broken })
    }

    /// Takes back a connection outside any transaction.
    pub(super) fn keep(&self, held: Held) {
        let age = held.made.elapsed();
        if self.trust.trusts(age) && !(self.is_postgres() && age > LIFE) {
            let Held { connection, made, .. } = held;
            let kept = Kept { connection, made, since: Instant::now() };
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(kept);
        }
    }

    /// The last used one that is trusted; those that are not are closed.
    fn take(&self) -> Option<Kept> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|kept| self.trust.trusts(kept.made.elapsed()));
        idle.pop()
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> Result<Connection, DbErr> {
        Ok(if self.is_postgres() {
            let pool = self.connections.get_postgres_connection_pool();
            Connection::Postgres(pool.acquire().await.map_err(not_acquired)?.detach())
        } else {
            let pool = self.connections.get_sqlite_connection_pool();
            Connection::Sqlite(pool.acquire().await.map_err(not_acquired)?.detach())
        })
    }
}
