//! What lies outside any township: the directory of townships and the set-up token. No row of a township
//! is reached from here.

use std::sync::Arc;

use entity::ids::TenantId;
use entity::{setup_token, tenant};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, Insert, PaginatorTrait, QueryFilter, QueryOrder};

use super::db::Db;
use crate::http::{ApiError, Result};

/// Access to the few tables outside any township.
#[derive(Clone)]
pub struct Platform {
    db: Arc<Db>,
}

impl Platform {
    pub(crate) fn new(db: Arc<Db>) -> Self {
        Self { db }
    }

    /// The township of a nine-digit code, or of a name that only one township here has.
    pub async fn find(&self, code_or_name: &str) -> Result<Option<tenant::Model>> {
        let txn = self.db.begin_read(None).await?;
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
        let txn = self.db.begin_read(None).await?;
        Ok(tenant::Entity::find().one(&txn).await?.is_none())
    }

    /// The ids of all townships, for the system's own daily work, each in its own scope.
    pub async fn tenants(&self) -> Result<Vec<TenantId>> {
        let txn = self.db.begin_read(None).await?;
        let rows = tenant::Entity::find().order_by_asc(tenant::Column::Id).all(&txn).await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    /// Whether a set-up token was ever made.
    pub async fn has_setup_token(&self) -> Result<bool> {
        let txn = self.db.begin_read(None).await?;
        Ok(setup_token::Entity::find().count(&txn).await? > 0)
    }

    /// Keeps the hash of a new set-up token.
    pub async fn put_setup_token(
        &self,
        token_hash: String,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<()> {
        let db = self.db.clone();
        actix_web::rt::spawn(async move {
            let txn = db.begin_write(None).await?;
            let row = setup_token::ActiveModel {
                id: Set(entity::ids::SetupTokenId::new()),
                token_hash: Set(token_hash),
                created_at: Set(now),
                used_at: Set(None),
            };
            Insert::one(row).exec_without_returning(&txn).await?;
            txn.commit().await?;
            Ok(())
        })
        .await
        .map_err(ApiError::internal)?
    }
}
