//! `gezhi`: the command line.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use api::clock::Clock;
use api::config::{Config, LogFormat};
use api::state::AppState;
use api::township;
use clap::{Parser, Subcommand};

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

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The log may not be open yet; this is the last word either way.
            let _ = writeln!(std::io::stderr(), "gezhi: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    if matches!(cli.command, Command::Openapi) {
        let json = api::ContractJson::of(&api::openapi())?;
        std::io::stdout().write_all(&json.0)?;
        return Ok(());
    }
    let config = Config::load(&cli.config)?;
    log(config.log_format);
    actix_web::rt::System::new().block_on(async move {
        match cli.command {
            Command::Serve => serve(config).await,
            Command::Migrate => Ok(api::migrate(&config).await?),
            Command::Demo => demo(config).await,
            Command::Admin { command: Admin::SetupToken } => {
                let state = AppState::start(config, Clock::system()).await?;
                let token = township::service::new_setup_token(&state).await?;
                say(&token)
            }
            Command::Openapi => Ok(()),
        }
    })
}

fn log(format: LogFormat) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("GEZHI_LOG").unwrap_or_else(|_| {
        tracing_subscriber::EnvFilter::new("info,sqlx=warn,sea_orm_migration=warn")
    });
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
}

fn say(line: &str) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

async fn serve(config: Config) -> Result<(), Failure> {
    let listener = std::net::TcpListener::bind(&config.listen)
        .map_err(|error| format!("cannot listen on {}: {error}", config.listen))?;
    let address = listener.local_addr()?;
    let state = AppState::start(config, Clock::system()).await?;
    if !state.platform().has_setup_token().await? {
        let token = township::service::new_setup_token(&state).await?;
        say(&format!(
            "One-time token for founding a township with its first administrator (POST /api/v1/public/setup):\n  {token}"
        ))?;
    }
    state.spawn_background();
    let server = api::run(listener, state)?;
    say(&format!(
        "格治 listens on http://{address}/  (phone: http://{address}/hand/, API: http://{address}/docs)"
    ))?;
    server.await?;
    Ok(())
}

async fn demo(config: Config) -> Result<(), Failure> {
    let state = AppState::start(config, Clock::system()).await?;
    let accounts = api::demo::ensure(&state).await?;
    say(&accounts)
}
