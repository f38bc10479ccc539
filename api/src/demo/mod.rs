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
//! - It is loaded once (`demo::a_real_township_stays`, `demo::goes_on_where_it_was`): where the township is there already, nothing
//!   changes.
//! - Cut short anywhere, the loading goes on where it was and tells the days up to the present, however long the break
//!   was. While it is under way, and only then, the password lies in `demo-loading` of the data folder.
//! - One loading at a time: a second waits for the first and finds its work done.

mod people;
mod story;

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Result as Io};
use std::path::Path;

use entity::ids::TenantId;
use entity::tenant;

use crate::auth::new_secret;
use crate::files;
use crate::http::{ApiError, Code, Result};
use crate::state::AppState;
use crate::tenancy::Tx;

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

/// Loads the demonstration unless it is there, or what is missing of it; gives the accounts to print.
///
/// # Errors
/// `already_exists` where the township is a real one; `conflict` where it is a demonstration whose accounts lie elsewhere.
pub async fn ensure(state: &AppState) -> Result<String> {
    let folder = &state.config().data_dir;
    let _turn = turn(folder).await?;
    let (accounts, loading) = (folder.join("demo-accounts.txt"), folder.join("demo-loading"));
    let known = read(&accounts).map_err(ApiError::internal)?;
    let begun = read(&loading).map_err(ApiError::internal)?;
    let township = township(state).await?;
    let password = match (&township, known, begun) {
        // The accounts are written last: with them the loading is done.
        (Some(_), Some(text), _) => {
            remove(&loading).map_err(ApiError::internal)?;
            return Ok(text);
        }
        (_, _, Some(password)) => password.trim().to_owned(),
        (Some(_), None, None) => {
            let file = accounts.display();
            return Err(ApiError::new(Code::CONFLICT).detail(
                format!("演示镇街已在数据库中，但账号文件 {file} 不在，也没有未完成的装入。它可能是用另一个数据目录（data_dir）装入的，或者该文件已被删除；演示密码只记在该文件里"),
                format!("The demonstration is in the database, but the file of its accounts {file} is not there, and no loading is under way. It was loaded with another data_dir, or the file was removed; the password is kept nowhere else"),
            ));
        }
        (None, _, None) => {
            let secret = new_secret();
            let letters = secret.chars().filter(char::is_ascii_alphanumeric);
            let password: String = letters.take(16).collect();
            files::write(&loading, format!("{password}\n").as_bytes())
                .map_err(ApiError::internal)?;
            password
        }
    };
    if township.is_none() {
        // Those of a database that is gone.
        remove(&accounts).map_err(ApiError::internal)?;
    }
    let text = load(state, &Options { password, seed: SEED, days: 28 }).await?;
    files::write(&accounts, text.as_bytes()).map_err(ApiError::internal)?;
    remove(&loading).map_err(ApiError::internal)?;
    Ok(text)
}

/// Loads the demonstration, or what is missing of it; gives the accounts as text. The password is that of the first time.
///
/// # Errors
/// `already_exists` where the township is a real one.
pub async fn load(state: &AppState, options: &Options) -> Result<String> {
    let township = township(state).await?;
    let tenant = township.as_ref().map_or_else(TenantId::new, |township| township.id);
    let origin = std::sync::Arc::new(crate::tenancy::Origin::command("demo"));
    let scope = state.scope_of(tenant).from_origin(origin);
    let hash = state.passwords().hash(options.password.as_str().into()).await?;
    let founded = township.map(|township| township.created_at);
    let mut story = story::Story::begin(scope, founded, options, hash).await?;
    story.live().await?;
    let scope = state.scope_of(tenant);
    crate::audit::seal(&scope).await?;
    // From here on the township's work is the server's.
    scope.write(async |tx: &Tx| crate::jobs::ring_all(tx).await).await?;
    let mut text = format!(
        "Demonstration township {CODE} {NAME} (its people are invented)\n  password of all accounts: {}\n",
        options.password
    );
    for (username, who) in story.accounts() {
        text.push_str(&format!("  {username:<14} {who}\n"));
    }
    Ok(text)
}

/// The demonstration's township, if it is there; a real one in its place is left alone.
async fn township(state: &AppState) -> Result<Option<tenant::Model>> {
    match state.platform().find(CODE).await? {
        Some(township) if !township.demo => Err(ApiError::new(Code::ALREADY_EXISTS).detail(
            format!("{NAME}已有真实数据，不装入演示数据"),
            "The township is there with real data; no demonstration is loaded",
        )),
        found => Ok(found),
    }
}

/// Waits until nobody else loads it. The lock ends with the file, or with the process, however that ends.
async fn turn(folder: &Path) -> Result<File> {
    std::fs::create_dir_all(folder).map_err(ApiError::internal)?;
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    let file = options.open(folder.join("demo-lock")).map_err(ApiError::internal)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            tracing::info!("another gezhi demo is loading the demonstration; waiting for its end");
            let locked = actix_web::web::block(move || file.lock().map(|()| file)).await;
            locked.map_err(ApiError::internal)?.map_err(ApiError::internal)
        }
        Err(TryLockError::Error(error)) => Err(ApiError::internal(error)),
    }
}

/// A file's text, if it is there.
fn read(path: &Path) -> Io<Option<String>> {
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Io<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
