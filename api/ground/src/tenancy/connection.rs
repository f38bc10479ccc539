//! [`Connection`]: one connection to either database, and the statements that go over it.

use std::pin::pin;
use std::sync::Arc;

use futures_util::TryStreamExt;
use sea_orm::sea_query::Values;
use sea_orm::sqlx::{
    self, Connection as _, Database, Either, Executor, PgConnection, Postgres, Sqlite,
    SqliteConnection,
};
use sea_orm::{ConnAcquireErr, DbErr, ExecResult, QueryResult, RuntimeErr};
use sea_query_sqlx::SqlxValues;

/// One connection; dropped, it is closed.
pub(super) enum Connection {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
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

    /// Whether whoever is at its other end still answers.
    pub(super) async fn is_there(&mut self) -> bool {
        match self {
            Self::Postgres(connection) => connection.ping().await.is_ok(),
            Self::Sqlite(connection) => connection.ping().await.is_ok(),
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
