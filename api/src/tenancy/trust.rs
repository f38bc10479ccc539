//! How far a connection is trusted. What failed in a way that leaves its state in doubt is closed and never pooled, and a
//! transaction in which a statement failed is never committed, whoever overlooked the failure.
//!
//! Why by age: a pool hands its connections out by itself and takes no word about a single one. So a doubt is a moment,
//! and a connection is trusted when it was made after the last one.
//!
//! What this guards against on SQLite: a COMMIT that fails is rolled back by SQLite itself, the ROLLBACK that follows
//! fails, and sqlx counts one transaction too many from then on. Its next BEGIN becomes a SAVEPOINT, and after a second
//! failure everything is a savepoint in a transaction that never ends: acknowledged, and kept nowhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::shares::Place;
use sea_orm::prelude::async_trait;
use sea_orm::sqlx::{self, Connection, Executor};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, RuntimeErr, Statement,
};

/// A statement on PostgreSQL that has no answer after so long has lost its server: longer than the server itself allows
/// a statement.
const ANSWER: Duration = Duration::from_secs(25);
/// A connection that is not rolled back within this time is closed.
const RELEASE: Duration = Duration::from_secs(5);

/// When a pool's connections were last in doubt.
pub(super) struct Trust {
    origin: Instant,
    /// Nanoseconds since `origin`; 0 when there never was a doubt.
    doubted: AtomicU64,
}

impl Default for Trust {
    fn default() -> Self {
        Self { origin: Instant::now(), doubted: AtomicU64::new(0) }
    }
}

impl Trust {
    fn moment(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.origin).as_nanos()).unwrap_or(u64::MAX)
    }

    /// All connections made so far are to be closed.
    pub(super) fn doubt(&self, why: &dyn std::fmt::Display) {
        tracing::warn!(%why, "the database failed; its connections are made anew");
        self.renew();
    }

    /// The same without anything having failed: what the connections remember is out of date.
    pub(super) fn renew(&self) {
        self.doubted.fetch_max(self.moment(Instant::now()).max(1), Ordering::SeqCst);
    }

    /// Whether a connection of this age was made after the last doubt.
    fn trusts(&self, age: Duration) -> bool {
        let doubted = self.doubted.load(Ordering::SeqCst);
        let made = Instant::now().checked_sub(age).map_or(0, |at| self.moment(at));
        doubted == 0 || made > doubted
    }
}

/// Lets a SQLite pool keep only connections that are trusted and outside a transaction.
pub(super) fn watch_sqlite(options: &mut ConnectOptions, trust: &Arc<Trust>) {
    let before = trust.clone();
    options.map_sqlx_sqlite_before_acquire(move |connection, metadata| {
        let good = before.trusts(metadata.age) && !connection.is_in_transaction();
        Box::pin(std::future::ready(Ok(good)))
    });
    let after = trust.clone();
    options.map_sqlx_sqlite_pool_opts(move |pool| {
        let trust = after.clone();
        pool.after_release(move |connection, metadata| {
            let trusted = trust.trusts(metadata.age);
            Box::pin(async move {
                if !trusted {
                    return Ok(false);
                }
                // Asked of SQLite, not of the count: it answers with an error (1) when there is nothing to roll back, as
                // is right here. What was queued for this connection, the rollback of a dropped one, is done before.
                let nothing = match connection.execute("ROLLBACK").await {
                    Err(sqlx::Error::Database(error)) => error.code().as_deref() == Some("1"),
                    _ => false,
                };
                Ok(nothing && !connection.is_in_transaction())
            })
        })
    });
}

/// Lets a PostgreSQL pool keep only connections that are trusted and outside a transaction.
pub(super) fn watch_postgres(options: &mut ConnectOptions, trust: &Arc<Trust>) {
    let before = trust.clone();
    options.map_sqlx_postgres_before_acquire(move |_, metadata| {
        let good = before.trusts(metadata.age);
        Box::pin(std::future::ready(Ok(good)))
    });
    // A future dropped inside `begin()` can hand its connection back inside a transaction; whoever got it
    // next would lose what it wrote. So every connection is rolled back on its way into the pool.
    let after = trust.clone();
    options.map_sqlx_postgres_pool_opts(move |pool| {
        let trust = after.clone();
        pool.after_release(move |connection, metadata| {
            let trusted = trust.trusts(metadata.age);
            Box::pin(async move {
                if !trusted {
                    return Ok(false);
                }
                match tokio::time::timeout(RELEASE, connection.execute("ROLLBACK")).await {
                    Ok(outcome) => outcome?,
                    Err(_) => return Err(sqlx::Error::PoolTimedOut),
                };
                Ok(!connection.is_in_transaction())
            })
        })
    });
}

/// The sqlx error inside.
fn inner(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

/// Whether the error is the end of a connection rather than the database's answer on it.
pub(super) fn broken_connection(error: &DbErr) -> bool {
    match inner(error) {
        // 57P: the server ends this connection. 10, 14: the file could not be read or opened, which another may.
        Some(sqlx::Error::Database(error)) => error.code().is_some_and(|code| {
            code.starts_with("57P")
                || sqlite_kind(&code).is_some_and(|kind| matches!(kind, 10 | 14))
        }),
        Some(sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed) | None => false,
        Some(_) => true,
    }
}

/// The kind of one of SQLite's codes, which are numbers with the kind in their last byte. PostgreSQL's have five characters.
fn sqlite_kind(code: &str) -> Option<i32> {
    if code.len() == 5 { None } else { code.parse::<i32>().ok().map(|code| code & 0xff) }
}

/// Whether a connection is in doubt after this answer to a statement. What the database said of the data or of a lock, it
/// said in good order: on SQLite a constraint (19), a value of the wrong type (20) or out of range (25); on PostgreSQL a
/// value (22), a constraint (23), a transaction to be repeated (40), an unknown name or a missing right (42), a lock not
/// had (55), a time limit (57014).
fn in_doubt(error: &DbErr) -> bool {
    match inner(error) {
        Some(sqlx::Error::Database(error)) => {
            error.code().is_none_or(|code| match sqlite_kind(&code) {
                Some(kind) => !matches!(kind, 19 | 20 | 25),
                None => !["22", "23", "40", "42", "55", "57014"]
                    .iter()
                    .any(|class| code.starts_with(class)),
            })
        }
        Some(sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed) => false,
        Some(
            sqlx::Error::RowNotFound
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::Decode(_)
            | sqlx::Error::Encode(_)
            | sqlx::Error::TypeNotFound { .. },
        ) => false,
        Some(_) => true,
        None => matches!(error, DbErr::Conn(_)),
    }
}

/// A transaction that knows whether it may still be committed.
///
/// After the first statement that fails, every further one and the commit are refused, on both databases: PostgreSQL
/// answers COMMIT with success after it rolled back, and SQLite goes on without a transaction once it has rolled one back
/// by itself.
pub(super) struct Txn {
    txn: DatabaseTransaction,
    trust: Arc<Trust>,
    failed: AtomicBool,
    /// Its township's place in the pool, given back with the connection.
    _place: Option<Place>,
}

/// A statement on its way: dropped without an answer, its transaction has failed.
struct Underway<'a> {
    failed: &'a AtomicBool,
    answered: bool,
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.failed.store(true, Ordering::SeqCst);
        }
    }
}

impl Txn {
    pub(super) fn new(txn: DatabaseTransaction, trust: Arc<Trust>) -> Self {
        Self { txn, trust, failed: AtomicBool::new(false), _place: None }
    }

    /// The same, holding its township's place for as long as it lives.
    pub(super) fn at(self, place: Option<Place>) -> Self {
        Self { _place: place, ..self }
    }

    async fn run<T>(
        &self,
        statement: impl Future<Output = Result<T, DbErr>> + Send,
    ) -> Result<T, DbErr> {
        if self.failed.load(Ordering::SeqCst) {
            return Err(self.refusal());
        }
        let mut underway = Underway { failed: &self.failed, answered: false };
        let outcome = if self.txn.get_database_backend() == DbBackend::Postgres {
            tokio::time::timeout(ANSWER, statement).await.unwrap_or_else(|_| {
                Err(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(sqlx::Error::Io(
                    std::io::ErrorKind::TimedOut.into(),
                )))))
            })
        } else {
            statement.await
        };
        underway.answered = true;
        if let Err(error) = &outcome {
            self.note(error);
        }
        outcome
    }

    fn note(&self, error: &DbErr) {
        self.failed.store(true, Ordering::SeqCst);
        if in_doubt(error) {
            self.trust.doubt(error);
        }
    }

    fn refusal(&self) -> DbErr {
        DbErr::Custom("the transaction has failed and takes no more statements".to_owned())
    }

    /// Commits, unless a statement failed: then it is rolled back, and that is an error too.
    pub(super) async fn commit(self) -> Result<(), DbErr> {
        if self.failed.load(Ordering::SeqCst) {
            let error = self.refusal();
            self.rollback().await;
            return Err(error);
        }
        let Self { txn, trust, .. } = self;
        txn.commit().await.inspect_err(|error| trust.doubt(error))
    }

    /// Rolls back; where that fails, the connection is in doubt.
    pub(super) async fn rollback(self) {
        let Self { txn, trust, .. } = self;
        if let Err(error) = txn.rollback().await {
            trust.doubt(&error);
        }
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Txn {
    fn get_database_backend(&self) -> DbBackend {
        self.txn.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.run(self.txn.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.run(self.txn.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.run(self.txn.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.run(self.txn.query_all_raw(statement)).await
    }

    fn support_returning(&self) -> bool {
        self.txn.support_returning()
    }
}
