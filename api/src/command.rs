//! The command line of `gezhi`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::account;
use crate::audit::cosign;
use crate::audit::note::{Verifier, is_name};
use crate::clock::{Guard, beijing, is_doubtful};
use crate::config::{Config, LogFormat};
use crate::pages::Files;
use crate::state::AppState;
use crate::tenancy::{Origin, Scope};
use crate::township;

/// What a job with effects outside gets to end when the server is told to stop.
const JOB_GRACE: Duration = Duration::from_secs(10);

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
    /// Spreads the townships over the machines of a PostgreSQL with the extension citus, as the owner; may be run again at any time.
    Distribute,
    /// Loads the demonstration township, with invented people, unless it is there already.
    Demo,
    /// Administration.
    Admin {
        #[command(subcommand)]
        command: Admin,
    },
    /// Counts the audit logs again and asks everything that the rooms promise; names what does not fit, of each promise the first twenty rows.
    Verify {
        /// Nine-digit code of the township; all of them without it.
        #[arg(long)]
        township: Option<String>,
        /// A checkpoint that was kept elsewhere: whether the log is still the one it was made of. Needs --township.
        #[arg(long, requires = "township")]
        checkpoint: Vec<PathBuf>,
    },
    /// Prints the contract (OpenAPI 3.1).
    Openapi,
}

#[derive(Subcommand)]
enum Admin {
    /// Prints a new one-time token for founding a township with its first administrator.
    SetupToken,
    /// Prints an address with a one-time token by which a township gets an administrator back: when there is none, or none who
    /// knows his password.
    RestoreAdministrator {
        /// Nine-digit code of the township.
        #[arg(long)]
        township: String,
    },
    /// Prints what proves that a township's audit log only grew between two sizes: for whoever cosigns it.
    AuditProof {
        /// Nine-digit code of the township.
        #[arg(long)]
        township: String,
        /// The size seen before.
        #[arg(long)]
        from: u64,
        /// The size to be cosigned.
        #[arg(long)]
        to: u64,
    },
    /// Cosigns somebody else's checkpoint with this installation's key, if their log only grew; prints it with the new line.
    Cosign {
        /// The log's verifier key, as its owner gave it.
        #[arg(long)]
        log: String,
        /// Our name in the new line: our domain.
        #[arg(long)]
        name: String,
        /// The checkpoint that was cosigned last; without it theirs is taken as it is.
        #[arg(long, requires = "proof")]
        seen: Option<PathBuf>,
        /// What their `audit-proof` printed.
        #[arg(long)]
        proof: Option<PathBuf>,
        /// The checkpoint to be cosigned.
        checkpoint: PathBuf,
    },
    /// Prints the key that checks our cosignatures under a name.
    CosignerKey {
        /// The name, as given to `cosign`.
        #[arg(long)]
        name: String,
    },
    /// Keeps a checkpoint of ours that somebody cosigned, to be given out with their line.
    KeepCosignature {
        /// Nine-digit code of the township.
        #[arg(long)]
        township: String,
        /// The cosigner's key, as they gave it.
        #[arg(long)]
        key: String,
        /// The cosigned checkpoint.
        checkpoint: PathBuf,
    },
    /// Says that the clock is right although it is more than a day from when this installation was at work last. Until then
    /// nothing that is due is done.
    ConfirmClock,
    /// Removes what the audit logs have kept longer than `audit_days`; on PostgreSQL as the owner.
    PurgeAudit,
    /// Prints the key that checks the checkpoints of a township's audit log; it is no secret.
    AuditKey {
        /// Nine-digit code of the township.
        #[arg(long)]
        township: String,
    },
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
            Command::Distribute => say(&crate::tenancy::distribute(&config).await?.to_string()),
            Command::Demo => demo(config).await,
            Command::Admin { command: Admin::SetupToken } => {
                let state = start(config).await?;
                let token = township::service::new_setup_token(&state).await?;
                township::service::write_setup_token(&state, &token)?;
                say(&token)
            }
            Command::Admin { command: Admin::RestoreAdministrator { township } } => {
                let state = start(config).await?;
                let scope = scope_of(&state, &township, "admin restore-administrator").await?;
                let token = account::new_recovery_token(&scope).await?;
                let listen = &state.config().listen;
                say(&format!(
                    "Once, within a day, at\n  http://{listen}/desk/restore#{township}.{token}\n  (under the address of this installation; or POST /api/v1/public/restore)"
                ))
            }
            Command::Admin { command: Admin::AuditKey { township } } => {
                let state = start(config).await?;
                let auditor = state.auditor();
                say(&auditor.key().verifier(&auditor.origin(&township)).text())
            }
            Command::Admin { command: Admin::AuditProof { township, from, to } } => {
                let scope = scope_of(&start(config).await?, &township, "admin audit-proof").await?;
                let proof = scope.at_length().read(async |tx| cosign::proof(tx, from, to).await).await?;
                say(proof.trim_end())
            }
            Command::Admin { command: Admin::Cosign { log, name, seen, proof, checkpoint } } => {
                let state = start(config).await?;
                let log = Verifier::parse(&log).ok_or("--log is no verifier key")?;
                if !is_name(&name) {
                    return Err("--name: without spaces and plus signs".into());
                }
                let seen = seen.as_deref().map(read).transpose()?;
                let proof = proof.as_deref().map(read).transpose()?.unwrap_or_default();
                let proof = cosign::read_proof(&proof).ok_or("--proof is no proof")?;
                let (key, now) = (state.auditor().key(), state.clock().now());
                let note = read(&checkpoint)?;
                let note = cosign::cosign(key, &name, &log, seen.as_deref(), &note, &proof, now)?;
                say(note.trim_end())
            }
            Command::Admin { command: Admin::CosignerKey { name } } => {
                say(&start(config).await?.auditor().key().cosigner(&name).text())
            }
            Command::Admin { command: Admin::KeepCosignature { township, key, checkpoint } } => {
                let state = start(config).await?;
                let scope = scope_of(&state, &township, "admin keep-cosignature").await?;
                let key = Verifier::parse(&key).ok_or("--key is no verifier key")?;
                let note = read(&checkpoint)?;
                scope.write(async move |tx| cosign::keep(tx, &note, &key).await).await?;
                crate::audit::seal(&scope).await?;
                Ok(())
            }
            Command::Admin { command: Admin::PurgeAudit } => {
                let state = start(config).await?;
                let (now, seen) = (state.clock().now(), state.platform().seen_at().await?);
                if is_doubtful(seen, now) {
                    return Err(doubt(now, seen).into());
                }
                let removed = crate::audit::purge(&state).await?;
                say(&format!("{removed} entries removed"))
            }
            Command::Admin { command: Admin::ConfirmClock } => {
                let state = start(config).await?;
                let now = state.clock().now();
                state.platform().see(now, true).await?;
                say(&format!("The clock is taken to be right: {}", beijing(now).to_rfc3339()))
            }
            Command::Verify { township, checkpoint } => verify(config, township, &checkpoint).await,
            Command::Openapi => Ok(()),
        }
    })
}

async fn start(config: Config) -> Result<AppState, Failure> {
    let clock = config.clock()?;
    Ok(crate::start(config, clock).await?)
}

/// A township's scope for what an operator does in it.
async fn scope_of(state: &AppState, code: &str, command: &str) -> Result<Scope, Failure> {
    let tenant = state.platform().find(code).await?;
    let tenant = tenant.ok_or_else(|| format!("there is no township {code} here"))?;
    Ok(state.scope_of(tenant.id).from_origin(Arc::new(Origin::command(command))))
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

async fn verify(
    config: Config,
    township: Option<String>,
    checkpoints: &[PathBuf],
) -> Result<(), Failure> {
    let state = start(config).await?;
    let mut kept = Vec::new();
    for path in checkpoints {
        kept.push(read(path)?);
    }
    let tenants = match &township {
        Some(code) => match state.platform().find(code).await? {
            Some(tenant) => vec![tenant.id],
            None => return Err(format!("there is no township {code} here").into()),
        },
        None => state.platform().tenants().await?,
    };
    let (mut faults, mut more) = (0, 0);
    for tenant in tenants {
        let outcome = crate::verify::verify(&state, tenant, &kept).await?;
        faults += outcome.faults.len();
        more += outcome.more;
        say(&outcome.to_string())?;
    }
    if faults > 0 {
        let count = crate::verify::Verified::count(faults, more);
        return Err(format!("{count} records do not fit").into());
    }
    Ok(())
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
    if township::service::wants_setup_token(&state).await? {
        let token = township::service::new_setup_token(&state).await?;
        township::service::write_setup_token(&state, &token)?;
        say(&format!(
            "Found a township with its first administrator, once, at\n  http://{address}/desk/setup#{token}\n  (or POST /api/v1/public/setup with the token behind the #). It is good for a day and lies in\n  {}",
            township::service::setup_token_file(&state).display()
        ))?;
    }
    let (now, seen) = (state.clock().now(), state.platform().seen_at().await?);
    let guard = state.shared::<Guard>();
    if guard.is_some_and(|guard| !guard.learn(seen, now)) {
        say(&doubt(now, seen))?;
    }
    let worker = state.spawn_background();
    let server = crate::run(listener, state, files)?;
    say(&format!(
        "格治 listens on http://{address}/  (phone: http://{address}/hand/, API: http://{address}/docs)"
    ))?;
    server.await?;
    worker.stop(JOB_GRACE).await;
    Ok(())
}

/// What an operator reads when the clock cannot be believed.
fn doubt(now: DateTime<Utc>, seen: Option<DateTime<Utc>>) -> String {
    let seen = seen.map_or_else(String::new, |seen| beijing(seen).to_rfc3339());
    format!(
        "系统时钟 {} 与上次运行时间 {seen} 相差一天以上，到期事项暂不办理。时钟无误请执行 gezhi admin confirm-clock\n  (The clock is more than a day from when this installation was at work last: what is due waits for `gezhi admin confirm-clock`)",
        beijing(now).to_rfc3339()
    )
}

async fn demo(config: Config) -> Result<(), Failure> {
    let state = start(config).await?;
    let accounts = crate::demo::ensure(&state).await?;
    say(&accounts)
}
