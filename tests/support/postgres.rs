//! A private PostgreSQL: started once by the test process on a free port, without durability, thrown
//! away by the keeper of the workplace.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection};

use crate::shim::Shim;
use crate::workplace;

/// Owns the schema; migrations run as this role.
pub const OWNER: &str = "gezhi_owner";
/// The role the server runs as: owns nothing, is no superuser, cannot pass row-level security.
pub const RUNTIME: &str = "gezhi";
/// The role of the few readings across townships.
pub const PLATFORM: &str = "gezhi_platform";

/// The server of this process.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    data: PathBuf,
    log: PathBuf,
    settings: String,
    environment: Vec<(String, String)>,
}

static SERVER: OnceLock<Postgres> = OnceLock::new();

impl Postgres {
    /// The server, started when first asked for.
    pub fn get() -> &'static Self {
        SERVER.get_or_init(Self::start)
    }

    fn start() -> Self {
        // Without durability: thrown away with the process.
        let fast = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c autovacuum=off -c max_wal_size=2GB";
        Self::start_in("postgres", fast, &[])
    }

    /// Another server whose storage can be made to fail; durable, as in production.
    pub fn on_failing_storage(shim: &Shim) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("postgres-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        // Small, so that its pages are written while it works.
        let durable = "-c fsync=on -c checkpoint_timeout=30 -c max_wal_size=32MB -c bgwriter_delay=50 -c autovacuum=off";
        Self::start_in(&name, durable, &shim.environment())
    }

    fn start_in(name: &str, settings: &str, environment: &[(String, String)]) -> Self {
        let programs = programs();
        let dir = workplace::dir().join(name);
        std::fs::create_dir(&dir).expect("a directory for PostgreSQL");
        let data = dir.join("data");
        let port = workplace::free_port();
        if is_root() {
            workplace::run(Command::new("chown").arg("postgres").arg(&dir));
        }
        workplace::run(
            as_postgres(&programs.join("initdb"))
                .arg("--pgdata")
                .arg(&data)
                .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"])
                .args(["--no-sync"]),
        );
        let settings = format!(
            "-p {port} -h 127.0.0.1 -k {} {settings} \
             -c shared_buffers=64MB -c max_connections=300 -c log_min_messages=warning",
            dir.display()
        );
        let log = dir.join("log");
        let server = Self { port, data, log, settings, environment: environment.to_vec() };
        let started =
            server.control(&["--wait", "--timeout=60", "--options", &server.settings, "start"]);
        assert!(started, "PostgreSQL does not start: {}", server.log());
        server
    }

    /// pg_ctl waits until the server takes connections. The server keeps its files open, so they must not be pipes of ours.
    fn control(&self, arguments: &[&str]) -> bool {
        as_postgres(&programs().join("pg_ctl"))
            .arg("--pgdata")
            .arg(&self.data)
            .arg("--log")
            .arg(&self.log)
            .args(arguments)
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("pg_ctl can be started")
            .success()
    }

    /// Starts it again when it has given up, as whoever keeps services running does.
    pub fn keep_running(&self) {
        if !self.control(&["status"]) {
            // It may be on its way up already.
            self.control(&["--wait", "--timeout=60", "--options", &self.settings, "start"]);
        }
    }

    /// What it wrote to its log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Address of a database for one of the roles.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    /// A connection of the superuser, for looking at a database from outside and for making one.
    pub async fn superuser(&self, database: &str) -> DatabaseConnection {
        connect(&self.url("postgres", database)).await
    }

    /// Runs statements as superuser, each in its own transaction.
    pub async fn administer(&self, database: &str, statements: &[String]) {
        let connection = self.superuser(database).await;
        for statement in statements {
            connection
                .execute_unprepared(statement)
                .await
                .unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
        connection.close().await.expect("the connection closes");
    }
}

/// A pool of one connection.
pub async fn connect(url: &str) -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.unwrap_or_else(|error| panic!("{url}: {error}"))
}

fn programs() -> PathBuf {
    let mut places: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let major = entry.file_name().to_str()?.parse().ok()?;
            (major >= 15).then(|| (major, entry.path().join("bin")))
        })
        .collect();
    places.sort();
    let places: Vec<PathBuf> = places.into_iter().map(|(_, place)| place).collect();
    let initdb = workplace::find("initdb", &places).unwrap_or_else(|| {
        panic!("PostgreSQL 15 is not installed (no initdb): run tests/prerequisites.sh, or apt-get install postgresql-15")
    });
    let initdb = initdb.canonicalize().expect("initdb has a path");
    initdb.parent().expect("initdb lies in a directory").to_owned()
}

fn is_root() -> bool {
    workplace::run(Command::new("id").arg("-u")).trim() == "0"
}

/// PostgreSQL refuses to run as root; Debian's package made a user for it.
fn as_postgres(program: &Path) -> Command {
    if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(program);
        command.current_dir("/");
        command
    } else {
        Command::new(program)
    }
}
