//! The demonstration township: the real 漕泾镇 with its 14 villages and neighbourhoods, 89 sub-grids with invented
//! boundaries, and invented people.
//!
//! Rules:
//! - Everything is made by the services that the API itself calls, under a clock that lives through the past four
//!   weeks: a list is published, its tasks fall due, are handed in with photos, verified or returned; activities are
//!   held, with sign-ups and check-ins by code; points follow from both.
//! - Nobody in it exists. Telephone numbers are `1990000` and four digits counted up.
//! - One password, random for each installation, opens the accounts; it is kept in `demo-accounts.txt` of the data
//!   folder, readable by the owner alone. No other township has accounts that anybody knows of beforehand.
//! - It is loaded once: where the township is there already, nothing changes.

mod people;
mod story;

use std::path::PathBuf;

use entity::ids::TenantId;

use crate::auth::new_secret;
use crate::http::{ApiError, Code, Result};
use crate::state::AppState;

/// The township's code of the national statistical divisions.
pub const CODE: &str = "310116112";
/// Its name.
pub const NAME: &str = "漕泾镇";
/// The seed of everything invented, so that two installations tell the same story.
const SEED: u64 = 310_116_112;

/// What a demonstration is made of.
#[derive(Debug, Clone)]
pub struct Options {
    /// The one password of its accounts.
    pub password: String,
    /// The seed of everything invented.
    pub seed: u64,
    /// Days of history.
    pub days: i64,
}

/// Loads the demonstration unless it is there; gives the accounts to print.
pub async fn ensure(state: &AppState) -> Result<String> {
    let file = accounts_file(state);
    match state.platform().find(CODE).await? {
        Some(township) if !township.demo => {
            return Err(ApiError::new(Code::AlreadyExists).detail(
                format!("{NAME}已有真实数据，不装入演示数据"),
                "The township is there with real data; no demonstration is loaded",
            ));
        }
        Some(_) => {
            // The file is written last: without it the loading was cut short, or happened elsewhere.
            return std::fs::read_to_string(&file).map_err(|error| {
                ApiError::new(Code::Conflict).detail(
                    format!("演示镇街已存在，但没有账号文件 {}:{error}。若上次装入中断，请删除数据库后重新装入", file.display()),
                    format!("The demonstration is there without its accounts in {}: {error}. If loading was cut short, remove the database and load again", file.display()),
                )
            });
        }
        None => {}
    }
    let password =
        new_secret().chars().filter(char::is_ascii_alphanumeric).take(16).collect::<String>();
    let accounts = load(state, &Options { password, seed: SEED, days: 28 }).await?;
    write_private(&file, &accounts).map_err(ApiError::internal)?;
    Ok(accounts)
}

/// Loads the demonstration into an empty township; gives the accounts as text.
pub async fn load(state: &AppState, options: &Options) -> Result<String> {
    let origin = std::sync::Arc::new(crate::tenancy::Origin::command("demo"));
    let scope = state.scope_of(TenantId::new()).from_origin(origin);
    let tenant = scope.tenant();
    let hash = state.passwords().hash(options.password.clone()).await?;
    let story = story::Story::begin(scope, options, hash).await?;
    let people = story.people();
    story.live(options.days).await?;
    crate::audit::seal(&state.scope_of(tenant)).await?;
    let mut text = format!(
        "Demonstration township {CODE} {NAME} (its people are invented)\n  password of all accounts: {}\n",
        options.password
    );
    for (username, who) in people {
        text.push_str(&format!("  {username:<14} {who}\n"));
    }
    Ok(text)
}

fn accounts_file(state: &AppState) -> PathBuf {
    state.config().data_dir.join("demo-accounts.txt")
}

fn write_private(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
