//! A whole server for one test: its own database, its own port, a clock that stands still.

use std::net::{Ipv4Addr, TcpListener};
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use api::clock::Clock;
use api::config::{Config, PasswordCost};
use api::invariant::{self, Broken};
use api::state::AppState;
use api::tenancy::Scope;
use chrono::{DateTime, Utc};
use entity::ids::TenantId;
use sea_orm::ConnectionTrait;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::client::{Client, Onlooker};
use crate::fixture::{self, PASSWORD, Town, Township, Who};
use crate::postgres::{self, Postgres};
use crate::shim::Shim;
use crate::{patrols, redis, sources, workplace};

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Db {
    /// The embedded default.
    Sqlite,
    /// Production.
    Postgres,
}

/// How much of the fixture a database starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Furnished {
    /// Migrated, no township.
    Empty,
    /// Township A alone.
    One,
    /// Townships A and B.
    Two,
}

/// Monday 2026-11-23, 09:00 in Beijing.
pub fn start_of_tests() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_395_600, 0).expect("a moment")
}

/// A running server with its database. Cheap to clone.
#[derive(Clone)]
pub struct TestApp {
    inner: Arc<Inner>,
}

/// What a test sees of it.
pub struct Inner {
    /// Which database it runs on.
    pub db: Db,
    /// The server's clock; moves only when told.
    pub clock: Clock,
    /// The server's state.
    pub state: AppState,
    /// Address of the database, as the run-time role.
    pub database_url: String,
    origin: String,
    database: String,
    http: reqwest::Client,
    onlooker: OnceLock<Arc<dyn Onlooker>>,
    towns: Mutex<Vec<(Town, Arc<Township>)>>,
    server: actix_web::dev::ServerHandle,
    own: Option<Postgres>,
}

impl Deref for TestApp {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.inner
    }
}

impl TestApp {
    /// A server with both townships.
    pub async fn start(db: Db) -> Self {
        Self::start_with(db, Furnished::Two, |_| {}).await
    }

    /// A server on a database furnished so far, with settings of its own.
    pub async fn start_with(
        db: Db,
        furnished: Furnished,
        adjust: impl FnOnce(&mut Config),
    ) -> Self {
        let template = Template::get(db, furnished);
        let place = template.copy().await;
        let mut config = config(db, &place);
        adjust(&mut config);
        let clock = Clock::fixed(start_of_tests());
        Self::start_on(db, config, clock, place.name, template.towns.clone(), None).await
    }

    /// A server with township A on a PostgreSQL of its own, whose storage can be made to fail.
    pub async fn start_on_its_own_postgres(shim: &Shim) -> Self {
        let postgres = Postgres::on_failing_storage(shim);
        let place = fresh_place("own");
        let mut statements = roles();
        statements.push(format!("CREATE DATABASE \"{}\" OWNER {}", place.name, postgres::OWNER));
        postgres.administer("postgres", &statements).await;
        let mut config = config(Db::Postgres, &place);
        config.database_url = postgres.url(postgres::RUNTIME, &place.name);
        config.owner_database_url = Some(postgres.url(postgres::OWNER, &place.name));
        api::migrate(&config).await.expect("the database is migrated");
        let clock = Clock::fixed(start_of_tests());
        let towns = Vec::new();
        let app =
            Self::start_on(Db::Postgres, config, clock, place.name, towns, Some(postgres)).await;
        app.found(Town::A).await;
        app
    }

    async fn start_on(
        db: Db,
        config: Config,
        clock: Clock,
        database: String,
        towns: Vec<(Town, Arc<Township>)>,
        own: Option<Postgres>,
    ) -> Self {
        let database_url = config.database_url.clone();
        let state = api::start_with(config, clock.clone(), &[sources::FEATURE, patrols::FEATURE])
            .await
            .expect("the server starts");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let server =
            api::run_with(listener, state.clone(), |_| None, trouble).expect("the server runs");
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            // Sooner than the server closes it: a connection that both take for idle may be gone under the request.
            .pool_idle_timeout(Duration::from_secs(api::http::edge::IDLE_SECONDS / 2))
            .build()
            .expect("a client");
        Self {
            inner: Arc::new(Inner {
                db,
                clock,
                state,
                database_url,
                origin,
                database,
                http,
                onlooker: OnceLock::new(),
                towns: Mutex::new(towns),
                server: handle,
                own,
            }),
        }
    }

    /// The PostgreSQL it runs on.
    pub fn postgres(&self) -> &Postgres {
        self.own.as_ref().unwrap_or_else(|| Postgres::get())
    }

    /// Another server on the same database, as a second node, with settings of its own. It ends by [`TestApp::leave`].
    pub async fn node(&self, adjust: impl FnOnce(&mut Config)) -> Self {
        let mut config = self.state.config().clone();
        adjust(&mut config);
        let database = self.database.clone();
        let towns = self.towns.lock().expect("no test panicked here").clone();
        Self::start_on(self.db, config, self.clock.clone(), database, towns, None).await
    }

    /// Stops the server of a node; the database stays.
    pub async fn leave(self) {
        self.server.stop(false).await;
    }

    /// Founds and furnishes a township that was not there from the start.
    pub async fn found(&self, town: Town) {
        let township = Arc::new(fixture::found(&self.state, town).await);
        self.towns.lock().expect("no test panicked here").push((town, township));
    }

    /// A township of the fixture.
    #[must_use]
    pub fn town(&self, town: Town) -> Arc<Township> {
        let towns = self.towns.lock().expect("no test panicked here");
        let found = towns.iter().find(|(name, _)| *name == town);
        found.map(|(_, township)| township.clone()).expect("the township was founded")
    }

    /// The system's own scope of a township.
    #[must_use]
    pub fn scope(&self, town: Town) -> Scope {
        self.state.scope_of(self.town(town).tenant)
    }

    /// A client that is not signed in. Clients share connections but neither cookies nor tokens.
    #[must_use]
    pub fn anonymous(&self) -> Client {
        self.unwatched().watched(self.onlooker.get().cloned())
    }

    /// The same, at whom nobody looks.
    #[must_use]
    pub fn unwatched(&self) -> Client {
        Client::new(self.http.clone(), self.origin.clone())
    }

    /// From now on somebody looks on at whatever new clients ask.
    pub fn watch(&self, onlooker: Arc<dyn Onlooker>) {
        self.onlooker.set(onlooker).expect("nobody looks on yet");
    }

    /// A client signed in by HTTP, as a person would.
    pub async fn client(&self, who: Who, town: Town) -> Client {
        sign_in(self.anonymous(), who, town).await
    }

    /// Address of a path on this server.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Host and port, for a connection made by hand.
    #[must_use]
    pub fn address(&self) -> &str {
        self.origin.trim_start_matches("http://")
    }

    /// The statement by which a transaction of the serving role enters a township on PostgreSQL, as the server would.
    pub fn enter(&self, tenant: TenantId) -> String {
        let key = std::fs::read(self.state.config().data_dir.join("wall-key"))
            .expect("the key of the wall");
        let mut hash = Sha256::new();
        hash.update(key);
        hash.update(tenant.uuid().as_bytes());
        let proof: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("SET LOCAL app.tenant_id = '{tenant}{proof}'")
    }

    /// A connection past the server: PostgreSQL's superuser, or the SQLite file.
    pub async fn outside(&self) -> sea_orm::DatabaseConnection {
        match self.db {
            Db::Sqlite => postgres::connect(&self.database_url).await,
            Db::Postgres => self.postgres().superuser(&self.database).await,
        }
    }

    /// Does what the test has left to be done until now; nothing may fail, and what the rooms promise must hold.
    pub async fn leaves_nothing_undone(&self) {
        if self.state.ready().await.is_err() {
            // The test took the database away.
            return;
        }
        api::jobs::round(&self.state).await.expect("what is due can be done");
        self.keeps_its_promises().await;
        let outside = self.outside().await;
        let sql = "SELECT kind, state, coalesce(last_error, '') AS last_error FROM job \
                   WHERE state = 'failed' OR last_error IS NOT NULL";
        let left = outside.query_all_raw(self.statement(sql)).await.expect("the jobs");
        let left: Vec<[String; 3]> = left
            .iter()
            .map(|row| {
                ["kind", "state", "last_error"].map(|name| row.try_get("", name).expect(name))
            })
            .collect();
        outside.close().await.expect("it closes");
        assert!(left.is_empty(), "jobs that failed: {left:?}");
    }

    /// The rows that break a promise of some room, with the promise's id, in whatever township of the installation.
    pub async fn broken(&self) -> Vec<String> {
        let mut found = Vec::new();
        for tenant in self.state.platform().tenants().await.expect("the townships") {
            let scope = self.state.scope_of(tenant).at_length();
            let broken = scope.read(invariant::all_broken).await;
            let broken = broken.expect("the promises can be looked at");
            let lines = broken.iter().flat_map(Broken::lines);
            found.extend(lines.map(|line| format!("{tenant}: {line}")));
        }
        found
    }

    /// Whatever was done, every promise of every room holds in every township (`gezhi verify` asks the same).
    pub async fn keeps_its_promises(&self) {
        let broken = self.broken().await;
        assert!(broken.is_empty(), "a promise is broken: {broken:#?}");
    }

    /// A statement in the words of this database.
    pub fn statement(&self, sql: &str) -> sea_orm::Statement {
        let backend = match self.db {
            Db::Sqlite => sea_orm::DbBackend::Sqlite,
            Db::Postgres => sea_orm::DbBackend::Postgres,
        };
        sea_orm::Statement::from_string(backend, sql)
    }

    /// Another program's memory on the same database, with kinds of jobs of the test's own.
    pub async fn state_with(&self, more: &[api::feature::Feature]) -> AppState {
        let config = self.state.config().clone();
        api::start_with(config, self.clock.clone(), more).await.expect("it starts")
    }

    /// Stops the server and drops its database.
    pub async fn stop(self) {
        self.server.stop(false).await;
        match self.db {
            Db::Sqlite => {
                let place = workplace::dir().join(&self.database);
                std::fs::remove_dir_all(place).expect("the database can be removed");
            }
            Db::Postgres => {
                let drop = format!("DROP DATABASE \"{}\" WITH (FORCE)", self.database);
                self.postgres().administer("postgres", &[drop]).await;
            }
        }
    }
}

/// The client, signed in.
pub(crate) async fn sign_in(client: Client, who: Who, town: Town) -> Client {
    let credentials = json!({
        "township": town.directory().0,
        "username": who.username(),
        "password": PASSWORD,
        "refresh_in": "body",
    });
    let answer = client.post("/sessions", &credentials).await.ok(201);
    client.with_token(answer["access_token"].as_str().expect("an access token"))
}

/// Handlers that fail as none of the product's may.
fn trouble(cfg: &mut actix_web::web::ServiceConfig) {
    use actix_web::{HttpResponse, web};

    async fn panics() -> HttpResponse {
        panic!("a handler of the tests that panics")
    }
    /// Writes a row that refers to nothing, as a handler would whose ground was deleted beneath it.
    async fn refers_to_nothing(state: web::Data<AppState>) -> api::http::Result<HttpResponse> {
        use sea_orm::ActiveValue::Set;
        let tenants = state.platform().tenants().await?;
        let scope = state.scope_of(*tenants.first().expect("a township"));
        scope
            .write(async |tx| {
                tx.insert(entity::account_role::ActiveModel {
                    account_id: Set(entity::ids::AccountId::new()),
                    role: Set(entity::kinds::Role::Member),
                    ..Default::default()
                })
                .await
            })
            .await?;
        Ok(HttpResponse::Ok().finish())
    }
    /// Work without an end, as a file would ask for that no bound of its reader has foreseen.
    async fn endless(state: web::Data<AppState>) -> api::http::Result<HttpResponse> {
        let tenants = state.platform().tenants().await?;
        let scope = state.scope_of(*tenants.first().expect("a township"));
        let heavy = api::work::Heavy::begin(&scope, api::work::Lane::File).await?;
        let endless = |work: &api::work::Budget| -> api::http::Result<()> {
            loop {
                work.check()?;
            }
        };
        heavy.run(endless).await?;
        Ok(HttpResponse::Ok().finish())
    }
    cfg.route("/test/panic", web::get().to(panics))
        .route("/test/endless", web::get().to(endless))
        .route("/test/conflict", web::get().to(refers_to_nothing));
}

/// Runs a test on one database, in an actix System of its own.
pub fn run<F: Future<Output = ()>>(db: Db, furnished: Furnished, test: impl FnOnce(TestApp) -> F) {
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::start_with(db, furnished, |_| {}).await;
        test(app.clone()).await;
        app.leaves_nothing_undone().await;
        app.stop().await;
    });
}

/// Where a database is: a folder on SQLite, the database's name on PostgreSQL.
pub(crate) struct Place {
    name: String,
}

impl Place {
    /// A new one; on PostgreSQL with an empty database of the owner's.
    pub(crate) async fn bare(db: Db) -> Self {
        let place = fresh_place("bare");
        std::fs::create_dir_all(place.dir()).expect("a folder for the server");
        if db == Db::Postgres {
            create_roles();
            let create = format!("CREATE DATABASE \"{}\" OWNER {}", place.name, postgres::OWNER);
            Postgres::get().administer("postgres", &[create]).await;
        }
        place
    }

    pub(crate) fn dir(&self) -> PathBuf {
        workplace::dir().join(&self.name)
    }

    pub(crate) fn url(&self, db: Db, role: &str) -> String {
        match db {
            Db::Sqlite => format!("sqlite://{}", self.dir().join("gezhi.db").display()),
            Db::Postgres => Postgres::get().url(role, &self.name),
        }
    }
}

/// Settings of a server on this database: the real ones, but for the cost of passwords.
fn config(db: Db, place: &Place) -> Config {
    std::fs::create_dir_all(place.dir()).expect("a folder for the server");
    Config {
        database_url: place.url(db, postgres::RUNTIME),
        owner_database_url: (db == Db::Postgres).then(|| place.url(db, postgres::OWNER)),
        redis_url: (db == Db::Postgres).then(redis::fresh_url),
        data_dir: place.dir(),
        secure_cookies: false,
        password_cost: PasswordCost { memory_kib: 8, passes: 1 },
        postgres_connections: 8,
        workers: 2,
        ..Config::default()
    }
}

/// A prepared database that every test gets a copy of.
pub(crate) struct Template {
    db: Db,
    place: Place,
    pub(crate) towns: Vec<(Town, Arc<Township>)>,
    /// PostgreSQL copies one database at a time from a template.
    turn: tokio::sync::Mutex<()>,
}

static COUNTER: AtomicU32 = AtomicU32::new(0);

fn fresh_place(what: &str) -> Place {
    Place { name: format!("{what}_{}", COUNTER.fetch_add(1, Ordering::Relaxed)) }
}

impl Template {
    pub(crate) fn get(db: Db, furnished: Furnished) -> &'static Self {
        static TEMPLATES: [OnceLock<Template>; 6] = [const { OnceLock::new() }; 6];
        let index = match (db, furnished) {
            (Db::Sqlite, Furnished::Empty) => 0,
            (Db::Sqlite, Furnished::One) => 1,
            (Db::Sqlite, Furnished::Two) => 2,
            (Db::Postgres, Furnished::Empty) => 3,
            (Db::Postgres, Furnished::One) => 4,
            (Db::Postgres, Furnished::Two) => 5,
        };
        TEMPLATES[index].get_or_init(|| {
            // In a thread of its own: the caller is inside a runtime already.
            std::thread::spawn(move || {
                actix_web::rt::System::new().block_on(Self::prepare(db, furnished))
            })
            .join()
            .expect("the template is made")
        })
    }

    async fn prepare(db: Db, furnished: Furnished) -> Self {
        let place = Place::bare(db).await;
        let config = config(db, &place);
        api::migrate(&config).await.expect("the database is migrated");
        let state =
            api::start(config, Clock::fixed(start_of_tests())).await.expect("the server starts");
        let mut towns = Vec::new();
        if furnished != Furnished::Empty {
            towns.push((Town::A, Arc::new(fixture::found(&state, Town::A).await)));
        }
        if furnished == Furnished::Two {
            towns.push((Town::B, Arc::new(fixture::found(&state, Town::B).await)));
        }
        drop(state);
        let template = Self { db, place, towns, turn: tokio::sync::Mutex::new(()) };
        template.close().await;
        template
    }

    /// Nobody may be connected to a database that is copied.
    async fn close(&self) {
        match self.db {
            Db::Sqlite => {
                let connection = postgres::connect(&self.place.url(self.db, "")).await;
                let file = self.place.dir().join("copy.db");
                connection
                    .execute_unprepared(&format!("VACUUM INTO '{}'", file.display()))
                    .await
                    .expect("the template is copied");
                connection.close().await.expect("the connection closes");
            }
            Db::Postgres => {
                let name = &self.place.name;
                Postgres::get()
                    .administer(
                        "postgres",
                        &[
                            format!("ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS false"),
                            format!(
                                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}'"
                            ),
                        ],
                    )
                    .await;
            }
        }
    }

    pub(crate) async fn copy(&self) -> Place {
        let place = fresh_place("app");
        match self.db {
            Db::Sqlite => {
                std::fs::create_dir_all(place.dir()).expect("a folder for the database");
                std::fs::copy(self.place.dir().join("copy.db"), place.dir().join("gezhi.db"))
                    .expect("the template is copied");
            }
            Db::Postgres => {
                // The database asks for the key that it was told when the template was made.
                std::fs::create_dir_all(place.dir()).expect("a folder for the server");
                std::fs::copy(self.place.dir().join("wall-key"), place.dir().join("wall-key"))
                    .expect("the key of the wall is copied");
                let _turn = self.turn.lock().await;
                let create = format!(
                    "CREATE DATABASE \"{}\" TEMPLATE \"{}\" OWNER {}",
                    place.name,
                    self.place.name,
                    postgres::OWNER
                );
                Postgres::get().administer("postgres", &[create]).await;
            }
        }
        place
    }
}

fn roles() -> Vec<String> {
    vec![
        format!("CREATE ROLE {} LOGIN", postgres::OWNER),
        format!("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS", postgres::RUNTIME),
    ]
}

/// The roles a real installation has; made once for the server.
fn create_roles() {
    static ROLES: OnceLock<()> = OnceLock::new();
    ROLES.get_or_init(|| {
        std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(Postgres::get().administer("postgres", &roles()));
        })
        .join()
        .expect("the roles are made");
    });
}

/// Whether this is the long run (`make soak`): the same tests with larger numbers.
#[must_use]
pub fn soak() -> bool {
    std::env::var_os("GEZHI_SOAK").is_some_and(|value| !value.is_empty() && value != "0")
}

/// A seed for a randomised test: from `TEST_SEED`, otherwise new. Printed, so that a failure can be repeated.
#[must_use]
pub fn seed() -> u64 {
    let seed = std::env::var("TEST_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(rand::random);
    eprintln!("TEST_SEED={seed}");
    seed
}
