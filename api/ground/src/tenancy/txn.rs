//! [`Txn`]: one transaction on one connection, from its first statement to its end.
//!
//! - It begins with its first statement, in the same message: a transaction of n statements is n round trips and its commit, a read of
//!   one statement is one.
//! - It knows whether it may still be committed. After the first statement that fails, every further one and the commit are refused, on
//!   both databases: PostgreSQL answers COMMIT with success after it rolled back, and SQLite goes on without a transaction once it
//!   has rolled one back by itself.
//! - Its connection goes back to the pool outside any transaction, or is closed: also where whoever waited for an answer is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use entity::ids::TenantId;
use sea_orm::prelude::async_trait;
use sea_orm::sea_query::Values;
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, sqlx,
};
use tokio::sync::Mutex;

use super::connection::{Answer, Connection};
use super::pool::{Held, Pool};
use super::trust;
use super::writer::Turn;

/// A statement on PostgreSQL that has no answer after so long has lost its server: longer than the server itself allows
/// a statement.
const ANSWER: Duration = Duration::from_secs(25);
/// A connection that is not rolled back within this time is closed.
const RELEASE: Duration = Duration::from_secs(5);

/// One transaction.
pub(super) struct Txn {
    pool: Arc<Pool>,
    tenant: Option<TenantId>,
    /// Whether its first statement is its only one, and nothing is written.
    single: bool,
    failed: AtomicBool,
    on: Mutex<On>,
}

/// Where it is.
enum On {
    /// Not begun.
    Nothing,
    /// On a connection, inside a transaction unless it is a read of one statement on SQLite.
    Connection(Held),
    /// At SQLite's one writer, begun or not.
    Turn { turn: Turn, begun: bool },
    /// Done with.
    Ended,
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
    /// One that has not begun.
    pub(super) fn new(pool: Arc<Pool>, tenant: Option<TenantId>) -> Self {
        Self::at(pool, tenant, On::Nothing)
    }

    fn at(pool: Arc<Pool>, tenant: Option<TenantId>, on: On) -> Self {
        let failed = AtomicBool::new(false);
        Self { pool, tenant, single: false, failed, on: Mutex::new(on) }
    }

    /// For one statement that reads: a second one is refused.
    pub(super) fn single(pool: Arc<Pool>, tenant: Option<TenantId>) -> Self {
        let mut txn = Self::new(pool, tenant);
        txn.single = true;
        txn
    }

    /// For writing on SQLite.
    pub(super) fn in_turn(pool: Arc<Pool>, tenant: Option<TenantId>, turn: Turn) -> Self {
        Self::at(pool, tenant, On::Turn { turn, begun: false })
    }

    async fn run(&self, statement: Statement) -> Result<Answer, DbErr> {
        if self.failed.load(Ordering::SeqCst) {
            return Err(refusal());
        }
        let mut on = self.on.lock().await;
        let mut underway = Underway { failed: &self.failed, answered: false };
        let outcome = self.patiently(self.run_on(&mut on, statement)).await;
        underway.answered = true;
        if let Err(error) = &outcome {
            self.failed.store(true, Ordering::SeqCst);
            match &mut *on {
                // Others have a part in that transaction; should it be gone, his savepoint cannot be rolled back to.
                On::Turn { .. } if trust::one_statement(error) => {}
                On::Turn { turn, .. } if trust::in_doubt(error) => turn.give_up(error),
                _ if trust::in_doubt(error) => self.pool.trust.doubt(error),
                _ => {}
            }
        }
        outcome
    }

    async fn run_on(&self, on: &mut On, statement: Statement) -> Result<Answer, DbErr> {
        match on {
            On::Nothing => self.begin(on, statement).await,
            On::Connection(held) => held.on().run(statement.sql, values(statement.values)).await,
            On::Turn { turn, begun: true } => {
                turn.run(statement.sql, values(statement.values)).await
            }
            On::Turn { turn, begun } => {
                *begun = true;
                turn.begin(&statement.sql, values(statement.values)).await
            }
            On::Ended => Err(DbErr::Custom(
                if self.single { "a read of one statement has a second" } else { "it is over" }
                    .to_owned(),
            )),
        }
    }

    /// Begins with its first statement; what fails there is tried once more on another connection, since nothing has happened yet:
    /// after the database was away, the first to come would otherwise pay for all the connections that broke meanwhile.
    async fn begin(&self, on: &mut On, first: Statement) -> Result<Answer, DbErr> {
        let held = self.pool.hold(self.tenant).await?;
        let outcome = self.open(on, held, &first).await;
        let outcome = match outcome {
            Err(error) if trust::broken_connection(&error) => {
                self.pool.trust.doubt(&error);
                let On::Connection(broken) = std::mem::replace(on, On::Nothing) else {
                    return Err(error);
                };
                let held = self.pool.replace(broken).await?;
                self.open(on, held, &first).await
            }
            outcome => outcome,
        };
        if self.single
            && outcome.is_ok()
            && let On::Connection(held) = std::mem::replace(on, On::Ended)
        {
            self.pool.keep(held);
        }
        outcome
    }

    /// Opens it on a connection, where that can be found should nobody wait for the answer any more.
    async fn open(&self, on: &mut On, held: Held, first: &Statement) -> Result<Answer, DbErr> {
        *on = On::Connection(held);
        match on {
            On::Connection(held) => self.open_on(held.on(), first).await,
            _ => Err(refusal()),
        }
    }

    /// The transaction's beginning and its first statement; where it is its only one, the end too.
    async fn open_on(&self, on: &mut Connection, first: &Statement) -> Result<Answer, DbErr> {
        if matches!(on, Connection::Sqlite(_)) {
            let opening = if self.single { "" } else { "BEGIN;" };
            let sql = format!("{opening}{}", first.sql);
            return on.run(sql, values(first.values.clone())).await;
        }
        let enter = self.tenant.map(|tenant| self.pool.wall.enter(tenant));
        let opening = std::iter::once("BEGIN".to_owned()).chain(enter);
        let singly = self.pool.singly();
        if let Some(by_name) = self.pool.texts.by_name(first).filter(|_| !singly) {
            let closing = self.single.then(|| "COMMIT".to_owned());
            let parts = opening.chain([by_name.execute]).chain(closing);
            let message = parts.collect::<Vec<_>>().join(";");
            return match on.say(message.clone()).await {
                Err(error) if trust::unknown_name(&error) => {
                    on.say(format!("ROLLBACK;{}", by_name.prepare)).await?;
                    on.say(message).await
                }
                outcome => outcome,
            };
        }
        let opening: Vec<String> = opening.collect();
        for message in if singly { opening } else { vec![opening.join(";")] } {
            on.say(message).await?;
        }
        let answer = on.run(first.sql.clone(), values(first.values.clone())).await?;
        if self.single {
            on.say("COMMIT".to_owned()).await?;
        }
        Ok(answer)
    }

    /// Waits no longer than a server that is there would take.
    async fn patiently<T>(
        &self,
        answer: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        if !self.pool.is_postgres() {
            return answer.await;
        }
        tokio::time::timeout(ANSWER, answer).await.unwrap_or_else(|_| Err(no_answer()))
    }

    /// Commits, unless a statement failed: then it is rolled back, and that is an error too.
    pub(super) async fn commit(self) -> Result<(), DbErr> {
        if self.failed.load(Ordering::SeqCst) {
            self.rollback().await;
            return Err(refusal());
        }
        let mut on = self.on.lock().await;
        match std::mem::replace(&mut *on, On::Ended) {
            On::Nothing | On::Ended => Ok(()),
            On::Turn { turn, .. } => turn.commit().await,
            On::Connection(mut held) => {
                let said = self.patiently(held.on().say("COMMIT".to_owned())).await;
                said.inspect_err(|error| self.pool.trust.doubt(error))?;
                self.pool.keep(held);
                Ok(())
            }
        }
    }

    /// Rolls back; where that fails, the connection is closed.
    pub(super) async fn rollback(self) {
        let mut on = self.on.lock().await;
        match std::mem::replace(&mut *on, On::Ended) {
            On::Nothing | On::Ended => {}
            On::Turn { turn, .. } => turn.rollback().await,
            On::Connection(held) => end(&self.pool, held).await,
        }
    }

    /// Lets go of its connection at once, whatever it is doing.
    pub(super) async fn abandon(self) {
        let mut on = self.on.lock().await;
        match std::mem::replace(&mut *on, On::Ended) {
            On::Connection(held) => drop(held),
            On::Turn { turn, .. } => turn.rollback().await,
            On::Nothing | On::Ended => {}
        }
    }
}

/// Ends what is open on a connection, which goes back to its pool; where it cannot be ended, the connection is closed.
async fn end(pool: &Pool, mut held: Held) {
    // What was asked before is answered first: what nobody waited for ends here.
    let rolled_back = tokio::time::timeout(RELEASE, held.on().say("ROLLBACK".to_owned())).await;
    if matches!(rolled_back, Ok(Ok(_))) {
        pool.keep(held);
    }
}

impl Drop for Txn {
    fn drop(&mut self) {
        let On::Connection(held) = std::mem::replace(self.on.get_mut(), On::Ended) else {
            return;
        };
        // Without a transaction there is nothing to end: SQLite reads no further when nobody waits.
        if self.single && !self.pool.is_postgres() {
            self.pool.keep(held);
        } else if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // Off the path of whoever read.
            let pool = self.pool.clone();
            runtime.spawn(async move { end(&pool, held).await });
        }
    }
}

fn values(values: Option<Values>) -> Values {
    values.unwrap_or_else(|| Values(Vec::new()))
}

fn refusal() -> DbErr {
    DbErr::Custom("the transaction has failed and takes no more statements".to_owned())
}

/// What is said when a unit of work had no answer in time.
pub(super) fn no_answer() -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(sqlx::Error::Io(
        std::io::ErrorKind::TimedOut.into(),
    ))))
}

#[async_trait::async_trait]
impl ConnectionTrait for Txn {
    fn get_database_backend(&self) -> DbBackend {
        if self.pool.is_postgres() { DbBackend::Postgres } else { DbBackend::Sqlite }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let none = || DbErr::Custom("a statement without an end".to_owned());
        self.run(statement).await?.done.ok_or_else(none)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.execute_raw(Statement::from_string(self.get_database_backend(), sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.run(statement).await?.rows.into_iter().next())
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        Ok(self.run(statement).await?.rows)
    }
}
