//! Connections: how each database is opened so that the rules of the room hold.

use std::sync::Arc;
use std::time::{Duration, Instant};

use entity::ids::TenantId;
use entity::probe;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Insert,
    Statement,
};

use super::pool::Pool;
use super::schema;
use super::txn::Txn;
use super::writer::Writer;
use crate::config::Config;

/// Seconds the proof that the database can be written is good for: whoever asks more often causes no more writes.
const PROOF_SECONDS: u64 = 1;
/// Seconds such a proof may take.
const PROBE_SECONDS: u64 = 5;

/// Milliseconds PostgreSQL lets a statement run, wait for a lock, and a transaction idle, before it gives up on it. The longest
/// statement of the product (a page of an import) takes well under a second; whoever waits behind a lock that an operator
/// holds gets an answer.
const POSTGRES_LIMITS: [(&str, &str); 3] = [
    ("statement_timeout", "20000"),
    ("lock_timeout", "5000"),
    ("idle_in_transaction_session_timeout", "30000"),
];

/// Whether the present role, or a role that it is a member of and could SET itself to, gets past the walls.
const WHAT_THE_ROLE_CAN_BECOME: &str = "\
    SELECT current_user::text AS role, \
    EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') AS distributed, \
    bool_or(r.rolsuper) AS superuser, bool_or(r.rolbypassrls) AS bypass, \
    bool_or(r.rolcreaterole) AS makes_roles, bool_or(r.rolreplication) AS replicates, \
    bool_or(r.rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')) AS files, \
    bool_or(EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = 'public' AND (n.nspowner = r.oid \
      OR EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relowner = r.oid) \
      OR EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = n.oid AND p.proowner = r.oid)))) AS owner \
    FROM pg_roles r WHERE pg_has_role(current_user, r.oid, 'MEMBER')";

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be reached or read.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// The run-time role could see past row-level security.
    #[error(
        "refusing to start: the database role {role} {why}; connect as a role that owns nothing, is no superuser and has no BYPASSRLS"
    )]
    UnsafeRole {
        /// The role.
        role: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The schema is older or newer than this program.
    #[error("the database schema is not the one of this program: run `gezhi migrate` first")]
    Schema,
    /// What would be acknowledged could not be kept.
    #[error("refusing to start: the database cannot be written: {0}")]
    ReadOnly(DbErr),
    /// What the database asks of a transaction is not what this server proves.
    #[error(
        "the database does not take this server's word for the township: run `gezhi migrate` with the same data_dir (its wall-key) and tenant_proof"
    )]
    Wall,
    /// The townships cannot be spread over several machines.
    #[error("not distributed: {0}")]
    Undistributable(String),
    /// Something in the configuration.
    #[error("configuration: {0}")]
    Config(String),
    /// A file.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// Others on this machine could read or change what is the server's own, and that could not be mended.
    #[error(
        "refusing to start: {path} is open to others on this machine (mode {mode:o}); close it to them: chmod o-w for a folder, go-rwx for a file"
    )]
    OpenToOthers {
        /// The file or folder.
        path: String,
        /// Its mode.
        mode: u32,
    },
}

/// The pools of one database. Only this room sees inside.
pub struct Db {
    read: Arc<Pool>,
    write: Arc<Pool>,
    /// On SQLite, who writes.
    writer: Option<Arc<Writer>>,
    proof: tokio::sync::Mutex<Option<Proof>>,
}

/// What the last attempt at writing came to, and when.
struct Proof {
    ended: Instant,
    outcome: Result<(), DbErr>,
}

impl Db {
    /// Opens the pools. Does not migrate.
    pub async fn connect(config: &Config) -> Result<Self, StartError> {
        if config.sqlite_path().is_some_and(|path| !path.exists()) {
            return Err(StartError::Schema);
        }
        let options = if config.database_url.starts_with("sqlite:") { sqlite } else { postgres };
        let write = Pool::open(config, options, false).await?;
        let writer = (!write.is_postgres()).then(|| Writer::new(write.clone()));
        let read = Pool::open(config, options, true).await?;
        Ok(Self { read, write, writer, proof: tokio::sync::Mutex::new(None) })
    }

    fn postgres(&self) -> bool {
        self.write.is_postgres()
    }

    /// On SQLite, has the planner look at what is in the tables: without statistics it reads a township's whole history for the first
    /// page of somebody's tasks, once that is long. (PostgreSQL does so by itself.) What has hardly changed since costs nothing; what
    /// has is looked at in a thousand rows an index.
    pub async fn gather_statistics(&self) {
        let Some(writer) = &self.writer else {
            return;
        };
        const STATEMENTS: &str = "PRAGMA analysis_limit = 1000; PRAGMA optimize = 0x10002";
        let looked = async { writer.turn(None).await?.alone(STATEMENTS).await };
        match looked.await {
            // A connection reads the statistics when it is made, and no more.
            Ok(_) => self.read.trust.renew(),
            // What is slower is no reason to refuse to serve.
            Err(error) => {
                tracing::warn!(%error, "the tables could not be looked at for the planner")
            }
        }
    }

    /// Refuses a PostgreSQL role that row-level security does not bind.
    pub async fn check_role(&self) -> Result<(), StartError> {
        if !self.postgres() {
            return Ok(());
        }
        let row = self
            .begin_single(None)
            .query_one_raw(Statement::from_string(DbBackend::Postgres, WHAT_THE_ROLE_CAN_BECOME))
            .await?
            .ok_or(StartError::Schema)?;
        let role: String = row.try_get("", "role")?;
        if row.try_get("", "distributed")? {
            self.read.go_singly();
            self.write.go_singly();
        }
        for (column, why) in [
            ("superuser", "is a superuser, or a member of one"),
            ("bypass", "has BYPASSRLS, or is a member of a role that has"),
            ("owner", "owns tables, functions or the schema, or is a member of the role that does"),
            ("makes_roles", "has CREATEROLE, or is a member of a role that has"),
            ("replicates", "has REPLICATION, or is a member of a role that has"),
            (
                "files",
                "is a member of a role that reads or writes the server's files or runs programs",
            ),
        ] {
            if row.try_get::<bool>("", column)? {
                return Err(StartError::UnsafeRole { role, why });
            }
        }
        Ok(())
    }

    /// Refuses a wall that asks for another proof than this server gives: it would see nothing, or prove to nobody.
    pub async fn check_wall(&self) -> Result<(), StartError> {
        if !self.postgres() {
            return Ok(());
        }
        let nobody = TenantId::new();
        let txn = self.begin_read(Some(nobody));
        let asked = Statement::from_string(
            DbBackend::Postgres,
            "SELECT app_tenant() AS tenant, to_regprocedure('app_tenant()')::oid IN \
             (SELECT oid FROM pg_proc WHERE prosecdef) AS proved",
        );
        let row = txn.query_one_raw(asked).await?.ok_or(StartError::Schema)?;
        let seen: Option<TenantId> = row.try_get("", "tenant")?;
        if seen == Some(nobody)
            && row.try_get::<bool>("", "proved")? == self.read.wall.key().is_some()
        {
            return Ok(());
        }
        Err(StartError::Wall)
    }

    /// Refuses a schema that is not this program's.
    pub async fn check_schema(&self) -> Result<(), StartError> {
        schema::is_current(&self.begin_single(None)).await
    }

    /// Proves that what is written is kept, by writing. The proof is good for a second, however many ask; who waited while
    /// one was tried shares what it came to, so that a crowd does not queue up before a database that hangs.
    pub async fn prove(&self) -> Result<(), DbErr> {
        let asked = Instant::now();
        let mut last = self.proof.lock().await;
        if let Some(proof) = last.as_ref() {
            let fresh = proof.ended.elapsed() < Duration::from_secs(PROOF_SECONDS);
            if proof.ended >= asked || fresh && proof.outcome.is_ok() {
                return proof.outcome.clone();
            }
        }
        let outcome = tokio::time::timeout(Duration::from_secs(PROBE_SECONDS), self.probe())
            .await
            .unwrap_or_else(|_| Err(DbErr::Custom(format!("no write within {PROBE_SECONDS} s"))));
        *last = Some(Proof { ended: Instant::now(), outcome: outcome.clone() });
        outcome
    }

    async fn probe(&self) -> Result<(), DbErr> {
        let txn = self.begin_write(None, false).await?;
        let more = Expr::cust("probe.writes + 1");
        Insert::one(probe::ActiveModel { id: Set(1), writes: Set(1), seen_at: NotSet })
            .on_conflict(
                OnConflict::column(probe::Column::Id).value(probe::Column::Writes, more).to_owned(),
            )
            .exec_without_returning(&txn)
            .await?;
        txn.commit().await
    }

    /// A snapshot for reading. Never committed: dropped, it is rolled back off the caller's path.
    pub(super) fn begin_read(&self, tenant: Option<TenantId>) -> Txn {
        Txn::new(self.read.clone(), tenant)
    }

    /// One statement that reads.
    pub(super) fn begin_single(&self, tenant: Option<TenantId>) -> Txn {
        Txn::single(self.read.clone(), tenant)
    }

    /// A transaction for writing; on SQLite when it is its turn, and with nobody who would have to wait for a `long` one.
    pub(super) async fn begin_write(
        &self,
        tenant: Option<TenantId>,
        long: bool,
    ) -> Result<Txn, DbErr> {
        Ok(match &self.writer {
            Some(writer) => {
                let mut turn = writer.turn(tenant).await?;
                if long {
                    turn.close().await?;
                }
                Txn::in_turn(self.write.clone(), tenant, turn)
            }
            None => Txn::new(self.write.clone(), tenant),
        })
    }
}

pub(super) fn common(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        // Statements hold names and numbers of people: they go neither to the log nor into spans.
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .connect_timeout(Duration::from_secs(10))
        .acquire_timeout(Duration::from_secs(10));
    options
}

pub(super) fn sqlite(config: &Config, reader: bool) -> ConnectOptions {
    let mut options = common(&config.database_url);
    options.max_connections(if reader { config.sqlite_readers } else { 1 }).min_connections(0);
    options.idle_timeout(None::<Duration>).max_lifetime(None::<Duration>);
    options.test_before_acquire(false);
    options.map_sqlx_sqlite_opts(move |sqlite| {
        let sqlite = sqlite
            .create_if_missing(false)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "FULL")
            .pragma("cache_size", "-4000")
            .pragma("journal_size_limit", "67108864");
        if reader {
            sqlite.pragma("query_only", "ON")
        } else {
            sqlite.pragma("wal_autocheckpoint", "4000")
        }
    });
    options
}

fn postgres(config: &Config, reader: bool) -> ConnectOptions {
    let mut options = common(&config.database_url);
    let writers = (config.postgres_connections / 2).max(1);
    let readers = config.postgres_connections.saturating_sub(writers).max(1);
    // None is kept alive by force: who would reconnect in the background to a server that is away holds a place meanwhile.
    options.max_connections(if reader { readers } else { writers }).min_connections(0);
    options.test_before_acquire(false);
    options.map_sqlx_postgres_opts(move |postgres| {
        // A roll-back off the path may find that what it was to end has ended; that is no news.
        let postgres =
            postgres.options([("client_min_messages", "error")]).options(POSTGRES_LIMITS);
        if reader {
            // One snapshot for all statements of a read, without asking for it in every transaction.
            postgres.options([
                ("default_transaction_isolation", "repeatable read"),
                ("default_transaction_read_only", "on"),
            ])
        } else {
            postgres
        }
    });
    options
}

/// A connection that reads beside the pools, for what must not wait for requests.
pub(super) async fn connect_alone(config: &Config) -> Result<DatabaseConnection, StartError> {
    let open = if config.database_url.starts_with("sqlite:") { sqlite } else { postgres };
    let mut options = open(config, true);
    options.max_connections(1).min_connections(0).acquire_timeout(Duration::from_secs(1));
    // Whoever asks for it goes on asking: it need not be there at once.
    options.connect_lazy(true);
    Ok(Database::connect(options).await?)
}

/// A connection of its own as the serving role on PostgreSQL, for what an operator does once.
pub(super) async fn serving(config: &Config) -> Result<DatabaseConnection, StartError> {
    let mut options = common(&config.database_url);
    options.max_connections(1);
    Ok(Database::connect(options).await?)
}
