//! What lies outside any township: the directory of townships and the set-up token. No row of a township
//! is reached from here.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::ids::{RevocationId, SetupTokenId, TenantId};
use entity::{probe, setup_token, tenant};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, Insert, PaginatorTrait,
    QueryFilter, QueryOrder, Select, Statement,
};

use super::db::{Db, StartError, serving};
use super::schema::owner;
use crate::config::Config;
use crate::http::{ApiError, Result};

/// The one row of the probe, which the proof that the database can be written has made.
const PROBE: i16 = 1;

/// Access to the few tables outside any township.
#[derive(Clone)]
pub struct Platform {
    db: Arc<Db>,
}

impl Platform {
    pub(crate) fn new(db: Arc<Db>) -> Self {
        Self { db }
    }

    pub(super) fn db(&self) -> &Db {
        &self.db
    }

    /// The township of a nine-digit code, or of a name that only one township here has.
    pub async fn find(&self, code_or_name: &str) -> Result<Option<tenant::Model>> {
        let txn = self.db.begin_read(None);
        if let Some(found) =
            tenant::Entity::find().filter(tenant::Column::Code.eq(code_or_name)).one(&txn).await?
        {
            return Ok(Some(found));
        }
        let mut named =
            tenant::Entity::find().filter(tenant::Column::Name.eq(code_or_name)).all(&txn).await?;
        Ok(if named.len() == 1 { named.pop() } else { None })
    }

    /// Whether no township was founded yet.
    pub async fn is_empty(&self) -> Result<bool> {
        let txn = self.db.begin_single(None);
        Ok(tenant::Entity::find().one(&txn).await?.is_none())
    }

    /// The ids of all townships, for the system's own daily work, each in its own scope.
    pub async fn tenants(&self) -> Result<Vec<TenantId>> {
        let txn = self.db.begin_single(None);
        let rows = tenant::Entity::find().order_by_asc(tenant::Column::Id).all(&txn).await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    /// Removes news of ended sessions that every node has seen.
    pub(crate) async fn remove_revocations(&self, ids: Vec<RevocationId>) -> Result<()> {
        use entity::revocation::{Column, Entity};
        let db = self.db.clone();
        actix_web::rt::spawn(async move {
            let txn = db.begin_write(None, false).await?;
            for some in ids.chunks(500) {
                Entity::delete_many()
                    .filter(Column::Id.is_in(some.iter().copied()))
                    .exec(&txn)
                    .await?;
            }
            txn.commit().await?;
            Ok(())
        })
        .await
        .map_err(ApiError::internal)?
    }

    /// The latest moment at which the installation was seen at work; none before it ever was.
    pub async fn seen_at(&self) -> Result<Option<DateTime<Utc>>> {
        let txn = self.db.begin_single(None);
        let row = probe::Entity::find_by_id(PROBE).one(&txn).await?;
        Ok(row.and_then(|row| row.seen_at))
    }

    /// Writes down that the installation is at work: later than before only, unless it is the operator who says so.
    pub async fn see(&self, now: DateTime<Utc>, operator: bool) -> Result<()> {
        let db = self.db.clone();
        actix_web::rt::spawn(async move {
            let txn = db.begin_write(None, false).await?;
            let mut update = probe::Entity::update_many()
                .col_expr(probe::Column::SeenAt, sea_orm::sea_query::Expr::value(now))
                .filter(probe::Column::Id.eq(PROBE));
            if !operator {
                update = update.filter(
                    Condition::any()
                        .add(probe::Column::SeenAt.is_null())
                        .add(probe::Column::SeenAt.lt(now)),
                );
            }
            update.exec(&txn).await?;
            txn.commit().await?;
            Ok(())
        })
        .await
        .map_err(ApiError::internal)?
    }

    /// Whether a set-up token was ever made.
    pub async fn has_setup_token(&self) -> Result<bool> {
        let txn = self.db.begin_single(None);
        Ok(setup_token::Entity::find().count(&txn).await? > 0)
    }

    /// Whether a set-up token of this hash can still be used: made after `oldest`, and not used.
    pub async fn is_setup_token(&self, hash: &str, oldest: DateTime<Utc>) -> Result<bool> {
        let txn = self.db.begin_single(None);
        let found = good_setup_tokens(oldest)
            .filter(setup_token::Column::TokenHash.eq(hash))
            .count(&txn)
            .await?;
        Ok(found > 0)
    }

    /// Whether any set-up token can still be used.
    pub async fn has_good_setup_token(&self, oldest: DateTime<Utc>) -> Result<bool> {
        let txn = self.db.begin_single(None);
        Ok(good_setup_tokens(oldest).count(&txn).await? > 0)
    }
}

/// Whether set-up tokens can be made beside townships that are there.
#[must_use]
pub fn makes_tokens(config: &Config) -> bool {
    config.database_url.starts_with("sqlite:") || config.owner_database_url.is_some()
}

/// Keeps the hash of a new set-up token. On PostgreSQL the serving role can do so only while there is no township; later it takes
/// the owner's connection, if the settings name it.
///
/// # Errors
/// [`StartError::Config`] where that is needed and missing.
pub async fn put_setup_token(
    config: &Config,
    token_hash: String,
    now: DateTime<Utc>,
) -> Result<(), StartError> {
    if makes_tokens(config) {
        let db = owner(config).await?;
        let row = setup_token::ActiveModel {
            id: Set(SetupTokenId::new()),
            token_hash: Set(token_hash),
            created_at: Set(now),
            used_at: Set(None),
        };
        Insert::one(row).exec_without_returning(&db).await?;
        db.close().await?;
        return Ok(());
    }
    let db = serving(config).await?;
    let first = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "SELECT app_first_setup_token($1, $2, $3) AS made",
        [SetupTokenId::new().into(), token_hash.into(), now.into()],
    );
    let made = db.query_one_raw(first).await?;
    db.close().await?;
    match made.map(|row| row.try_get::<bool>("", "made")).transpose()? {
        Some(true) => Ok(()),
        _ => Err(StartError::Config(
            "owner_database_url is needed for another set-up token on PostgreSQL".to_owned(),
        )),
    }
}

fn good_setup_tokens(oldest: DateTime<Utc>) -> Select<setup_token::Entity> {
    setup_token::Entity::find()
        .filter(setup_token::Column::UsedAt.is_null())
        .filter(setup_token::Column::CreatedAt.gt(oldest))
}
