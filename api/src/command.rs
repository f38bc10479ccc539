//! The command line of `gezhi`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Config, LogFormat};
use crate::pages::Files;
use crate::state::AppState;
use crate::township;

type Failure = Box<dyn std::error::Error>;

/// 格治: one server for the townships that run on it.
#[derive(Parser)]
#[command(name = "gezhi", version, about)]
struct Cli {
    /// Settings file; what it does not say has defaults, and `GEZHI_*` in the environment says last.
    #[arg(long, default_value = "gezhi.toml")]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until told to stop. At its very first start prints the one-time token for the first administrator.
    Serve,
    /// Brings the database's schema up to date.
    Migrate,
    /// Loads the demonstration township, with invented people, unless it is there already.
    Demo,
    /// Administration.
    Admin {
        #[command(subcommand)]
        command: Admin,
    },
    /// Prints the contract (OpenAPI 3.1).
    Openapi,
}

#[derive(Subcommand)]
enum Admin {
    /// Prints a new one-time token for founding a township with its first administrator.
    SetupToken,
}

/// Does what the command line says, with the pages that the program holds.
pub fn main(files: Files) -> ExitCode {
    let cli = Cli::parse();
    match run(cli, files) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The log may not be open yet; this is the last word either way.
            let _ = writeln!(std::io::stderr(), "gezhi: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli, files: Files) -> Result<(), Failure> {
    if matches!(cli.command, Command::Openapi) {
        let json = crate::ContractJson::of(&crate::openapi())?;
        std::io::stdout().write_all(&json.0)?;
        return Ok(());
    }
    let config = Config::load(&cli.config)?;
    log(config.log_format);
    actix_web::rt::System::new().block_on(async move {
        match cli.command {
            Command::Serve => serve(config, files).await,
            Command::Migrate => Ok(crate::migrate(&config).await?),
            Command::Demo => demo(config).await,
            Command::Admin { command: Admin::SetupToken } => {
                let state = start(config).await?;
                let token = township::service::new_setup_token(&state).await?;
                say(&token)
            }
            Command::Openapi => Ok(()),
        }
    })
}

async fn start(config: Config) -> Result<AppState, Failure> {
    let clock = config.clock()?;
    Ok(AppState::start(config, clock).await?)
}

fn log(format: LogFormat) {
    let filter = std::env::var("GEZHI_LOG").ok().and_then(|text| text.parse().ok());
    let filter = filter.unwrap_or_else(|| {
        Targets::new()
            .with_default(LevelFilter::INFO)
            .with_target("sqlx", LevelFilter::WARN)
            .with_target("sea_orm_migration", LevelFilter::WARN)
    });
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry();
    match format {
        LogFormat::Text => registry.with(lines.with_filter(filter)).init(),
        LogFormat::Json => registry.with(lines.json().with_filter(filter)).init(),
    }
}

fn say(line: &str) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

async fn serve(config: Config, files: Files) -> Result<(), Failure> {
    let listener = std::net::TcpListener::bind(&config.listen)
        .map_err(|error| format!("cannot listen on {}: {error}", config.listen))?;
    let address = listener.local_addr()?;
    let state = start(config).await?;
    if !state.platform().has_setup_token().await? {
        let token = township::service::new_setup_token(&state).await?;
        say(&format!(
            "Found a township with its first administrator, once, at\n  http://{address}/desk/setup#{token}\n  (or POST /api/v1/public/setup with the token behind the #)"
        ))?;
    }
    state.spawn_background();
    let server = crate::run(listener, state, files)?;
    say(&format!(
        "格治 listens on http://{address}/  (phone: http://{address}/hand/, API: http://{address}/docs)"
    ))?;
    server.await?;
    Ok(())
}

async fn demo(config: Config) -> Result<(), Failure> {
    let state = start(config).await?;
    let accounts = crate::demo::ensure(&state).await?;
    say(&accounts)
}
