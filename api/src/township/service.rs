//! Use cases of the township itself.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::TenantId;
use entity::kinds::{GridKind, Role};
use entity::{grid, grid_post, member};
use sea_orm::{ColumnTrait, Condition, QueryFilter};

use super::dto::{SetUp, SetupDone, Site, SiteTownship, Township, TownshipCounts};
use super::{acts, codes, divisions};
use crate::account;
use crate::account::dto::CreateAccount;
use crate::audit::{Record, record};
use crate::auth;
use crate::auth::strength::Known;
use crate::auth::{Lane, Shower, Source, hash_secret, new_secret};
use crate::files;
use crate::http::{ApiError, FieldCode, Result};
use crate::state::AppState;
use crate::tenancy::{self, Hook, Origin, Scope, Tx};

/// Hours a set-up token is good for.
const SETUP_TOKEN_HOURS: i64 = 24;

/// Rows that an upper floor wants in every new township; may run any number of times.
pub struct StandingData(pub Hook);

/// What the pages may know before anybody has signed in.
pub async fn site(state: &AppState) -> Result<Site> {
    let township = match &state.config().default_township {
        Some(code) => state.platform().find(code).await?,
        None => None,
    };
    let to_be_set_up = township.is_none() && state.platform().is_empty().await?;
    Ok(Site {
        to_be_set_up,
        product: "格治".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        demo: township.as_ref().is_some_and(|township| township.demo),
        default_township: township
            .map(|township| SiteTownship { code: township.code, name: township.name }),
    })
}

/// Founds a township: its entry in the directory and its standing data, in one transaction.
/// 409 `already_exists` when its code is taken.
pub async fn found(state: &AppState, code: &str, name: &str, demo: bool) -> Result<Scope> {
    let scope = state.scope_of(TenantId::new());
    found_in(&scope, code, name, demo).await?;
    Ok(scope)
}

/// Founds the township of a scope made for it.
pub async fn found_in(scope: &Scope, code: &str, name: &str, demo: bool) -> Result<()> {
    let (code, name) = (code.to_owned(), name.to_owned());
    scope.write(async move |tx: &Tx| establish(tx, &code, &name, demo).await).await
}

async fn establish(tx: &Tx, code: &str, name: &str, demo: bool) -> Result<()> {
    tx.insert_tenant(code, name, demo).await?;
    record(tx, Record::of(acts::FOUND).with("code", code).with("name", name)).await?;
    for StandingData(hook) in tx.all() {
        hook(tx).await?;
    }
    Ok(())
}

/// Founds a township with its first administrator, against the one-time token; all or nothing, so that a
/// refused attempt does not use the token up.
///
/// The token is looked at before the password is hashed, which costs ten thousand times as much; wrong ones are
/// counted by where they come from.
pub async fn set_up(
    state: &AppState,
    input: SetUp,
    source: Source,
    origin: Arc<Origin>,
) -> Result<SetupDone> {
    let division = divisions::find(&input.township_code).ok_or_else(|| {
        ApiError::wrong(
            "township_code",
            FieldCode::NotFound,
            "没有这个镇街代码",
            "there is no township of this code",
        )
    })?;
    let token = hash_secret(input.token.reveal().trim());
    let administrator = CreateAccount {
        username: input.username,
        password: input.password,
        display_name: input.display_name,
        roles: vec![Role::Administrator],
        member_id: None,
    };
    crate::http::check(&administrator)?;
    if !state.platform().is_setup_token(&token, oldest_setup_token(state.clock().now())).await? {
        state.throttle().wrong_secret("setup", Shower::Source(source))?;
        return Err(ApiError::new(codes::SETUP_TOKEN_INVALID));
    }
    let words =
        [&administrator.username, &administrator.display_name, division.code, division.name];
    Known::from(words).check("password", &administrator.password)?;
    let hash = state.passwords().hash_for(Lane::Stranger, administrator.password.clone()).await?;
    let username = auth::username(&administrator.username);
    let scope = state.scope_of(TenantId::new()).from_origin(origin);
    scope
        .write(async move |tx: &Tx| {
            if !tx.use_setup_token(&token, oldest_setup_token(tx.now())).await? {
                return Err(ApiError::new(codes::SETUP_TOKEN_INVALID));
            }
            establish(tx, division.code, division.name, false).await?;
            account::insert(tx, administrator, hash, false).await?;
            Ok(())
        })
        .await?;
    forget_setup_token(state);
    Ok(SetupDone {
        township: SiteTownship { code: division.code.to_owned(), name: division.name.to_owned() },
        username,
    })
}

/// Tokens made before this moment are not taken any more.
fn oldest_setup_token(now: DateTime<Utc>) -> DateTime<Utc> {
    now - TimeDelta::hours(SETUP_TOKEN_HOURS)
}

/// Makes a new one-time token and keeps its hash.
pub async fn new_setup_token(state: &AppState) -> Result<String> {
    let token = new_secret();
    tenancy::put_setup_token(state.config(), hash_secret(&token), state.clock().now())
        .await
        .map_err(ApiError::internal)?;
    Ok(token)
}

/// Whether a server that starts should make a token: at its very first start, and while no township was founded and
/// the last token has expired.
pub async fn wants_setup_token(state: &AppState) -> Result<bool> {
    let platform = state.platform();
    let empty = platform.is_empty().await?;
    if !platform.has_setup_token().await? {
        return Ok(empty || tenancy::makes_tokens(state.config()));
    }
    let oldest = oldest_setup_token(state.clock().now());
    Ok(empty && !platform.has_good_setup_token(oldest).await?)
}

/// The file in which the last token lies, for whoever did not see it printed.
#[must_use]
pub fn setup_token_file(state: &AppState) -> PathBuf {
    state.config().data_dir.join("setup-token")
}

/// Writes a token into its file, readable by the owner alone from its first moment.
///
/// # Errors
/// Those of the file system.
pub fn write_setup_token(state: &AppState, token: &str) -> std::io::Result<()> {
    let path = setup_token_file(state);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    files::write(&path, format!("{token}\n").as_bytes())
}

/// A used token need not lie about. It is good for nothing either way.
fn forget_setup_token(state: &AppState) {
    let path = setup_token_file(state);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, "the file of the used set-up token stays");
        }
        _ => {}
    }
}

/// The township with its size.
pub async fn get(scope: &Scope) -> Result<Township> {
    scope
        .read(async |tx| {
            let township = tx.township().await?;
            let grids = async |kind: GridKind| {
                tx.find::<grid::Entity>().filter(grid::Column::Kind.eq(kind)).count().await
            };
            let counts = TownshipCounts {
                grids_general: grids(GridKind::General).await?,
                grids_sub: grids(GridKind::Sub).await?,
                members: tx.find::<member::Entity>().count().await?,
                posts: tx
                    .find::<grid_post::Entity>()
                    .filter(grid_post::Column::Since.lte(tx.today()))
                    .filter(
                        Condition::any()
                            .add(grid_post::Column::Until.is_null())
                            .add(grid_post::Column::Until.gt(tx.today())),
                    )
                    .count()
                    .await?,
            };
            Ok(Township { code: township.code, name: township.name, demo: township.demo, counts })
        })
        .await
}
