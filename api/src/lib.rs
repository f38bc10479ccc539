//! Gezhi (格治): one server for the townships (乡镇/街道) that run on it, each a tenant.
//!
//! The house has four floors; a feature uses the floors below it and, on floors 2 and 3, the rooms to its left:
//!
//! ```text
//! roof      command  pages  board  verify  demo  contract   read across all floors
//! floor 4   checklist  activity  notice                     what townships do
//! floor 3   points  task  presence  attachment              the engines
//! floor 2   member  grid  import  account  township         who and where
//! floor 1   tenancy  auth  session  http  door  jobs  work  sheet  invariant  audit  calendar  helper  config  clock  files  feature  state
//! ```
//!
//! Floor 1 is a crate of its own, `ground`, which cannot see the others; its rooms have their names here as if they stood here.
//!
//! Each room exports one [`feature::Feature`], and [`FEATURES`] is the one list of them. Effects go up without an arrow going up: what a
//! lower floor must call in an upper one is added at start by the upper one's feature, and called in the same transaction.

#![warn(missing_docs, unreachable_pub)]

pub mod account;
pub mod activity;
pub mod attachment;
pub mod board;
pub mod checklist;
pub mod command;
mod contract;
pub mod demo;
pub mod grid;
pub mod import;
pub mod member;
pub mod notice;
pub mod pages;
pub mod points;
pub mod presence;
pub mod task;
pub mod township;
pub mod verify;

pub use contract::{ContractJson, openapi};
pub use ground::{
    audit, auth, calendar, clock, config, door, feature, files, helper, http, invariant, jobs,
    page, paged, session, sheet, sort_keys, state, tenancy, work,
};

use std::sync::Arc;
use std::time::Duration;

use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, map_config};
use actix_web::dev::{AppConfig, Server, fn_service};
use actix_web::middleware::{Compress, Condition, from_fn};
use actix_web::rt::net::TcpStream;
use actix_web::{App, web};
use tracing_actix_web::TracingLogger;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::feature::Feature;
use crate::http::edge::{self, Edge, Line, stop};
use crate::http::{ApiRootSpan, Contract, closed, cors, envelope, fallback, overridden};
use crate::state::AppState;
use crate::tenancy::{Shared, StartError};

/// Seconds that requests under way get when the server is told to stop.
const STOP_SECONDS: u64 = 20;

/// Every room that brings something, one after the other: the one list of them. Headings, operations, permissions, words, error codes
/// and which operation answers them, acts, jobs, invariants and hooks follow from it.
pub const FEATURES: &[Feature] = &[
    session::FEATURE,
    township::FEATURE,
    account::FEATURE,
    audit::FEATURE,
    jobs::FEATURE,
    calendar::FEATURE,
    sheet::FEATURE,
    member::FEATURE,
    grid::FEATURE,
    import::FEATURE,
    checklist::FEATURE,
    task::FEATURE,
    attachment::FEATURE,
    activity::FEATURE,
    presence::FEATURE,
    points::FEATURE,
    notice::FEATURE,
    board::FEATURE,
    verify::FEATURE,
];

/// What roles may do, in all rooms.
pub fn permissions() -> impl Iterator<Item = auth::Permission> {
    FEATURES.iter().flat_map(|feature| feature.permissions).copied()
}

/// Every error that the API can answer, with those of the ground first.
pub fn codes() -> impl Iterator<Item = http::Code> {
    http::Code::GROUND.iter().chain(FEATURES.iter().flat_map(|feature| feature.codes)).copied()
}

/// What is recorded of who did what, in all rooms.
pub fn acts() -> impl Iterator<Item = &'static audit::Act> {
    FEATURES.iter().flat_map(|feature| feature.acts).copied()
}

/// Starts the state of a server with all rooms; see [`AppState::start`].
///
/// # Errors
/// Those of [`AppState::start`].
pub async fn start(config: config::Config, clock: clock::Clock) -> Result<AppState, StartError> {
    start_with(config, clock, &[]).await
}

/// Like [`start`], with features of the caller's own beside the product's: for tests that need a job that fails, or a source of tasks.
///
/// # Errors
/// Those of [`AppState::start`].
pub async fn start_with(
    config: config::Config,
    clock: clock::Clock,
    more: &[Feature],
) -> Result<AppState, StartError> {
    let features = [FEATURES, more].concat();
    let slices = checklist::Slices { tasks: config.slice_tasks };
    AppState::start(config, clock, |shared| {
        shared.insert(slices)?;
        register(shared, &features)
    })
    .await
}

/// What the rooms bring, for one another to find.
fn register(shared: &mut Shared, features: &[Feature]) -> Result<(), StartError> {
    feature::register(shared, features)?;
    let sources = shared.all::<Box<dyn task::Source>>();
    feature::once("source of tasks", sources.iter().map(|source| source.kind()))?;
    presence::check(shared.all::<Box<dyn presence::Occasions>>())
}

/// What the words of all kinds are called.
pub fn vocabularies() -> impl Iterator<Item = entity::kinds::Vocabulary> {
    FEATURES.iter().flat_map(|feature| feature.words).copied()
}

/// The operations of the API, one room after the other.
fn operations(cfg: &mut ServiceConfig) {
    for feature in FEATURES {
        cfg.configure(feature.routes);
    }
}

/// Serves on a listener; the future ends when the server was told to stop by SIGTERM or SIGINT and what had begun is finished
/// (`http::edge`).
pub fn run(
    listener: std::net::TcpListener,
    state: AppState,
    files: pages::Files,
) -> std::io::Result<impl Future<Output = std::io::Result<()>>> {
    let edge = Edge::new(state.config(), state.clock().clone());
    let kept_open = listener.try_clone()?;
    let server = serve(listener, state, files, |_| (), edge.clone())?;
    let stopping = actix_web::rt::spawn(stop::when_told(edge.clone(), server.handle(), kept_open));
    Ok(async move {
        server.await?;
        if edge.is_stopping() {
            // Who came too late is being told so.
            stopping.await.map_err(std::io::Error::other)?;
        }
        Ok(())
    })
}

/// Like [`run`], until told to stop through the server's handle, with routes of the caller's own beside the product's: for
/// tests that need a handler that fails.
pub fn run_with(
    listener: std::net::TcpListener,
    state: AppState,
    files: pages::Files,
    extra: fn(&mut web::ServiceConfig),
) -> std::io::Result<Server> {
    let edge = Edge::new(state.config(), state.clock().clone());
    serve(listener, state, files, extra, edge)
}

fn serve(
    listener: std::net::TcpListener,
    state: AppState,
    files: pages::Files,
    extra: fn(&mut web::ServiceConfig),
    edge: Arc<Edge>,
) -> std::io::Result<Server> {
    let api = openapi();
    let contract = web::Data::new(Contract::of(&api)?);
    let json = web::Data::new(ContractJson::of(&api).map_err(std::io::Error::other)?);
    let shelf = web::Data::new(pages::Shelf::new(files));
    let data = web::Data::new(state.clone());
    let config = state.config();
    let origins = config.allowed_origins.clone();
    if let Some(bad) = http::not_an_origin(&origins) {
        let told =
            format!("allowed_origins: {bad} is no origin, such as https://portal.example.cn");
        return Err(std::io::Error::other(told));
    }
    http::recorder();
    state.spawn_watch();
    let mut server = Server::build()
        .disable_signals()
        .shutdown_timeout(STOP_SECONDS)
        // The edge makes room earlier; this is what a thread bears at all.
        .max_concurrent_connections(config.connections.saturating_add(64));
    if config.workers > 0 {
        server = server.workers(config.workers);
    }
    let server = server.listen("gezhi", listener, move || {
        let (app, _) = App::new()
            .into_utoipa_app()
            .service(utoipa_actix_web::scope("/api/v1").configure(operations))
            .split_for_parts();
        let app = app
            .app_data(data.clone())
            .app_data(contract.clone())
            .app_data(json.clone())
            .app_data(shelf.clone())
            .configure(http::health_routes)
            .configure(extra)
            .configure(pages::routes)
            .default_service(web::to(fallback))
            .wrap(from_fn(closed))
            .wrap(from_fn(edge::bodies))
            .wrap(from_fn(auth::authenticate))
            .wrap(from_fn(overridden))
            .wrap(Condition::new(!origins.is_empty(), cors(&origins)))
            .wrap(from_fn(envelope))
            .wrap(Compress::default())
            .wrap(from_fn(http::plain))
            .wrap(TracingLogger::<ApiRootSpan>::new())
            .wrap(from_fn(edge::answers));
        let http = HttpService::build()
            .keep_alive(Duration::from_secs(edge::IDLE_SECONDS))
            // Heads are timed by the edge: the library times the first of a connection alone.
            .client_request_timeout(Duration::ZERO)
            .client_disconnect_timeout(Duration::from_secs(1))
            // Who has closed the connection has gone: what was begun for him stops.
            .h1_allow_half_closed(false)
            .h1_write_buffer_size(edge::SLICE_BYTES)
            .on_connect_ext(|line: &Line, extensions: &mut _| line.introduce(extensions))
            .h1(map_config(app.into_factory().map_err(|error| error.error_response()), |()| {
                AppConfig::default()
            }));
        let edge = edge.clone();
        fn_service(move |stream: TcpStream| {
            let peer = stream.peer_addr().ok();
            // An answer leaves in several writes: the last must not wait until the ones before it were acknowledged.
            let _ = stream.set_nodelay(true);
            let line = Line::open(&edge, stream, peer);
            async move {
                let crowded = || DispatchError::Io(std::io::ErrorKind::ConnectionRefused.into());
                Ok((line.ok_or_else(crowded)?, peer))
            }
        })
        .and_then(http)
    })?;
    Ok(server.run())
}

/// Brings the schema up to date, as the owner; on PostgreSQL grants the run-time role what it needs.
pub async fn migrate(config: &config::Config) -> Result<(), StartError> {
    tenancy::migrate(config).await
}
