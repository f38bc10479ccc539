//! [`Connection`]: one connection out of a pool, of either database, and the statements that go over it.

use std::pin::pin;
use std::sync::Arc;

use futures_util::TryStreamExt;
use sea_orm::sea_query::Values;
use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::{self, Database, Either, Executor, Postgres, Sqlite};
use sea_orm::{ConnAcquireErr, DbErr, ExecResult, QueryResult, RuntimeErr};
use sea_query_sqlx::SqlxValues;

/// One connection, back in its pool when it is dropped.
pub(super) enum Connection {
    Postgres(PoolConnection<Postgres>),
    Sqlite(PoolConnection<Sqlite>),
}

/// What a message to the database came to.
#[derive(Default)]
pub(super) struct Answer {
    /// The rows, of all statements in it.
    pub(super) rows: Vec<QueryResult>,
    /// What its last statement did.
    pub(super) done: Option<ExecResult>,
}

impl Connection {
    /// Runs what is one statement, or on SQLite several, with its values.
    ///
    /// To the end, also where the first row would do: what a connection has not read yet is in the way of whoever gets it next.
    pub(super) async fn run(&mut self, sql: String, values: Values) -> Result<Answer, DbErr> {
        let sql = sqlx::AssertSqlSafe(sql);
        match self {
            Self::Postgres(connection) => {
                gather::<Postgres>(connection, sqlx::query_with(sql, SqlxValues(values))).await
            }
            Self::Sqlite(connection) => {
                gather::<Sqlite>(connection, sqlx::query_with(sql, SqlxValues(values))).await
            }
        }
    }

    /// Runs statements as they stand: one message, whose values stand in the text.
    pub(super) async fn say(&mut self, sql: String) -> Result<Answer, DbErr> {
        let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(sql));
        match self {
            Self::Postgres(connection) => gather::<Postgres>(connection, sql).await,
            Self::Sqlite(connection) => gather::<Sqlite>(connection, sql).await,
        }
    }

    /// Has it closed when it is dropped.
    pub(super) fn close(&mut self) {
        match self {
            Self::Postgres(connection) => connection.close_on_drop(),
            Self::Sqlite(connection) => connection.close_on_drop(),
        }
    }

    /// Takes it out of its pool and lets go of it: for when there is nobody left to run anything.
    pub(super) fn abandon(self) {
        match self {
            Self::Postgres(connection) => drop(connection.leak()),
            Self::Sqlite(connection) => drop(connection.leak()),
        }
    }
}

async fn gather<DB>(
    connection: &mut DB::Connection,
    query: impl sqlx::Execute<'static, DB> + 'static,
) -> Result<Answer, DbErr>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    QueryResult: From<DB::Row>,
    ExecResult: From<DB::QueryResult>,
{
    let mut answer = Answer::default();
    let mut parts = pin!(connection.fetch_many(query));
    while let Some(part) = parts.try_next().await.map_err(failed)? {
        match part {
            Either::Left(done) => answer.done = Some(done.into()),
            Either::Right(row) => answer.rows.push(row.into()),
        }
    }
    Ok(answer)
}

fn failed(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

/// Why a pool gave no connection.
pub(super) fn not_acquired(error: sqlx::Error) -> DbErr {
    match error {
        sqlx::Error::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
        sqlx::Error::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
        error => DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))),
    }
}
