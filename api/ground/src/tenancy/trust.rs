//! How far a connection is trusted. What failed in a way that leaves its state in doubt is closed and never pooled, and a
//! transaction in which a statement failed is never committed, whoever overlooked the failure.
//!
//! What broke one connection has mostly broken all of them. So a doubt is a moment, and a connection is trusted when it was made after
//! the last one.
//!
//! Whether a connection is inside a transaction is known to whoever opened it ([`super::txn`]), who ends it before the pool has it
//! back. sqlx's own count of transactions is not used: after a COMMIT that fails it is one too many on SQLite, and what follows is
//! a savepoint in a transaction that never ends: acknowledged, and kept nowhere.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sea_orm::sqlx;
use sea_orm::{DbErr, RuntimeErr};

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
    pub(super) fn trusts(&self, age: Duration) -> bool {
        let doubted = self.doubted.load(Ordering::SeqCst);
        let made = Instant::now().checked_sub(age).map_or(0, |at| self.moment(at));
        doubted == 0 || made > doubted
    }
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

/// Whether SQLite refused the statement alone: it is wrong (1) or asks for too much (18), and the transaction around it stands.
pub(super) fn one_statement(error: &DbErr) -> bool {
    matches!(inner(error), Some(sqlx::Error::Database(error))
        if error.code().and_then(|code| sqlite_kind(&code)).is_some_and(|kind| matches!(kind, 1 | 18)))
}

/// Whether PostgreSQL does not know a statement by this name.
pub(super) fn unknown_name(error: &DbErr) -> bool {
    matches!(inner(error), Some(sqlx::Error::Database(error)) if error.code().as_deref() == Some("26000"))
}

/// The kind of one of SQLite's codes, which are numbers with the kind in their last byte. PostgreSQL's have five characters.
fn sqlite_kind(code: &str) -> Option<i32> {
    if code.len() == 5 { None } else { code.parse::<i32>().ok().map(|code| code & 0xff) }
}

/// Whether a connection is in doubt after this answer to a statement. What the database said of the data or of a lock, it
/// said in good order: on SQLite a constraint (19), a value of the wrong type (20) or out of range (25); on PostgreSQL a
/// value (22), a constraint (23), a transaction to be repeated (40), an unknown name or a missing right (42), a lock not
/// had (55), a time limit (57014).
pub(super) fn in_doubt(error: &DbErr) -> bool {
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
