//! SQLite has one writer, and what costs it time is the sync at the end of a transaction. So transactions that wait for their turn
//! share one: each is a savepoint of its own in it, and is acknowledged when all of it is committed.
//!
//! - Whoever finds somebody waiting at his end leaves the commit to a **closer**, which lines up behind all that wait at that moment.
//!   Those who come later line up behind the closer. Nobody who waits alone waits longer than for himself.
//! - A transaction that fails is rolled back to its savepoint; the others stand. Where SQLite gave up the whole (its disk is full, its
//!   file cannot be read), or the commit fails, nobody of them is acknowledged.
//! - What is known to take long closes what is open before it begins, so that nobody's acknowledgement waits for it.
//! - Later ones see what earlier ones wrote, which is committed with them or not at all; readers see it when it is committed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use entity::ids::TenantId;
use sea_orm::sea_query::Values;
use sea_orm::{ConnAcquireErr, DbErr};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::connection::{Answer, Connection};
use super::pool::Pool;
use super::shares::{PATIENCE, Place, Shares};
use super::trust;

/// Transactions that share one commit at most.
const SHARED_BY: usize = 256;
/// How long one may wait for others to be written beside it, before it is committed.
const SHARING: Duration = Duration::from_millis(50);
/// Those of one township who may stand in line: whoever else of it comes waits for his own neighbours, before the line.
const IN_LINE: usize = 16;

/// The one that writes.
pub(super) struct Writer {
    pool: Arc<Pool>,
    desk: Arc<Mutex<Desk>>,
    /// Who waits for a turn, the closer aside.
    waiting: AtomicUsize,
    shares: Shares,
}

/// What is handed from turn to turn.
#[derive(Default)]
struct Desk {
    connection: Option<(Connection, Instant)>,
    /// Since when a transaction is open.
    open: Option<Instant>,
    /// Whether a savepoint is in it that its owner has not ended.
    unfinished: bool,
    /// Those who wait for the commit.
    written: Vec<oneshot::Sender<Result<(), DbErr>>>,
    /// Whether a closer is on its way.
    closing: bool,
}

/// A turn at writing: nobody else writes until it is dropped.
pub(super) struct Turn {
    desk: OwnedMutexGuard<Desk>,
    writer: Arc<Writer>,
    /// Its township's place in the line.
    _place: Option<Place>,
}

struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Writer {
    pub(super) fn new(pool: Arc<Pool>) -> Arc<Self> {
        Arc::new(Self {
            pool,
            desk: Arc::default(),
            waiting: AtomicUsize::new(0),
            shares: Shares::each(IN_LINE),
        })
    }

    /// A turn; first come, first served.
    pub(super) async fn turn(self: &Arc<Self>, tenant: Option<TenantId>) -> Result<Turn, DbErr> {
        let place = match tenant {
            Some(tenant) => Some(self.shares.take(tenant).await?),
            None => None,
        };
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let waits = Waiting(&self.waiting);
        let desk = tokio::time::timeout(PATIENCE, self.desk.clone().lock_owned())
            .await
            .map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        drop(waits);
        let mut turn = Turn { desk, writer: self.clone(), _place: place };
        turn.heal().await;
        Ok(turn)
    }

    /// Lines up behind all that wait now, to commit what they will have written.
    fn close_later(self: &Arc<Self>, desk: &mut Desk) {
        if desk.closing {
            return;
        }
        desk.closing = true;
        let writer = self.clone();
        tokio::spawn(async move {
            let desk = writer.desk.clone().lock_owned().await;
            let mut turn = Turn { desk, writer, _place: None };
            turn.desk.closing = false;
            turn.heal().await;
            // Whoever waits is told.
            let _ = turn.close().await;
        });
    }
}

impl Turn {
    /// Runs the first statement of a transaction, which begins with it. What fails in a way that is the connection's end is tried once
    /// more on another, since nothing of this transaction has happened yet.
    pub(super) async fn begin(&mut self, sql: &str, values: Values) -> Result<Answer, DbErr> {
        let first = self.try_begin(sql, values.clone()).await;
        match first {
            Err(error) if trust::broken_connection(&error) => {
                self.give_up(&error);
                self.try_begin(sql, values).await
            }
            outcome => outcome,
        }
    }

    async fn try_begin(&mut self, sql: &str, values: Values) -> Result<Answer, DbErr> {
        self.connect().await?;
        // It begins IMMEDIATE, or two that read before they write would fail with a stale snapshot however long they waited.
        let opening = if self.desk.open.is_some() {
            "SAVEPOINT one;"
        } else {
            "BEGIN IMMEDIATE;SAVEPOINT one;"
        };
        self.desk.open.get_or_insert_with(Instant::now);
        self.desk.unfinished = true;
        self.run(format!("{opening}{sql}"), values).await
    }

    /// Runs a further statement of it.
    pub(super) async fn run(&mut self, sql: String, values: Values) -> Result<Answer, DbErr> {
        self.connection()?.run(sql, values).await
    }

    /// Runs statements outside any transaction.
    pub(super) async fn alone(&mut self, sql: &str) -> Result<(), DbErr> {
        self.close().await?;
        self.connect().await?;
        self.say(sql).await.map(drop)
    }

    /// Ends it; it is kept when this returns. Whoever waits goes on meanwhile.
    pub(super) async fn commit(mut self) -> Result<(), DbErr> {
        if !self.desk.unfinished {
            return Ok(());
        }
        let long = self.desk.open.is_some_and(|since| since.elapsed() > SHARING);
        let alone = self.writer.waiting.load(Ordering::SeqCst) == 0;
        if alone || long || self.desk.written.len() + 1 >= SHARED_BY {
            return self.close().await;
        }
        if let Err(error) = self.say("RELEASE one").await {
            self.give_up(&error);
            return Err(error);
        }
        self.desk.unfinished = false;
        let (done, written) = oneshot::channel();
        self.desk.written.push(done);
        let writer = self.writer.clone();
        writer.close_later(&mut self.desk);
        drop(self);
        written
            .await
            .unwrap_or_else(|_| Err(DbErr::Custom("nobody committed what was written".to_owned())))
    }

    /// Undoes it, and nothing else.
    pub(super) async fn rollback(mut self) {
        self.heal().await;
    }

    /// After a failure that leaves the connection in doubt: nothing that is not committed is kept.
    pub(super) fn give_up(&mut self, why: &DbErr) {
        self.writer.pool.trust.doubt(why);
        self.desk.connection = None;
        self.desk.open = None;
        self.desk.unfinished = false;
        for waits in self.desk.written.drain(..) {
            // Whoever is gone need not be told.
            let _ = waits.send(Err(why.clone()));
        }
    }

    /// Undoes what its owner did not end, and the whole where nobody else has a part in it.
    async fn heal(&mut self) {
        if !self.desk.unfinished {
            return;
        }
        let alone = self.desk.written.is_empty();
        match self.say(if alone { "ROLLBACK" } else { "ROLLBACK TO one;RELEASE one" }).await {
            Ok(_) if alone => (self.desk.open, self.desk.unfinished) = (None, false),
            Ok(_) => self.desk.unfinished = false,
            Err(error) => self.give_up(&error),
        }
    }

    /// Commits all that is written.
    pub(super) async fn close(&mut self) -> Result<(), DbErr> {
        if self.desk.open.is_none() {
            return Ok(());
        }
        match self.say("COMMIT").await {
            Ok(_) => {
                self.desk.open = None;
                self.desk.unfinished = false;
                for waits in self.desk.written.drain(..) {
                    let _ = waits.send(Ok(()));
                }
                Ok(())
            }
            Err(error) => {
                self.give_up(&error);
                Err(error)
            }
        }
    }

    async fn say(&mut self, sql: &str) -> Result<Answer, DbErr> {
        self.connection()?.say(sql.to_owned()).await
    }

    /// The connection that there is: a transaction never goes on on another.
    fn connection(&mut self) -> Result<&mut Connection, DbErr> {
        match &mut self.desk.connection {
            Some((connection, _)) => Ok(connection),
            None => Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)),
        }
    }

    /// Sees to it that there is a connection that can be trusted.
    async fn connect(&mut self) -> Result<(), DbErr> {
        if let Some((_, made)) = &self.desk.connection
            && !self.writer.pool.trust.trusts(made.elapsed())
        {
            self.give_up(&DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed));
        }
        if self.desk.connection.is_none() {
            let made = Instant::now();
            self.desk.connection = Some((self.writer.pool.connect().await?, made));
        }
        Ok(())
    }
}

impl Drop for Turn {
    /// Whoever comes next heals what was left; should nobody come, the closer does.
    fn drop(&mut self) {
        if self.desk.unfinished && tokio::runtime::Handle::try_current().is_ok() {
            let writer = self.writer.clone();
            writer.close_later(&mut self.desk);
        }
    }
}
