//! What the whole server shares: pools, keys, memory of tokens, clock.

use std::sync::Arc;

use entity::ids::TenantId;

use crate::audit::Auditor;
use crate::auth::{Passwords, Principal, Relay, Throttle, TokenKey, Tokens};
use crate::clock::Clock;
use crate::config::Config;
use crate::http::{ApiError, Result};
use crate::tenancy::{Db, Platform, Scope, Shared, StartError};

/// The server's state; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    clock: Clock,
    db: Arc<Db>,
    shared: Arc<Shared>,
    token_key: TokenKey,
    tokens: Tokens,
    passwords: Passwords,
    throttle: Throttle,
    relay: Relay,
    auditor: Auditor,
    redis: Option<redis::Client>,
}

impl AppState {
    /// Connects and checks; does not migrate. Refuses a schema that is not this program's and a PostgreSQL
    /// role that row-level security does not bind.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, StartError> {
        let db = Arc::new(Db::connect(&config).await?);
        db.check_role().await?;
        db.check_schema().await?;
        db.prove().await.map_err(StartError::ReadOnly)?;
        let redis = match &config.redis_url {
            Some(url) => Some(
                redis::Client::open(url.as_str())
                    .map_err(|error| StartError::Config(format!("redis_url: {error}")))?,
            ),
            None => None,
        };
        let manager = match &redis {
            Some(client) => Some(
                redis::aio::ConnectionManager::new(client.clone())
                    .await
                    .map_err(|error| StartError::Config(format!("redis: {error}")))?,
            ),
            None => None,
        };
        let tokens = Tokens::default();
        let mut shared = Shared::default();
        crate::register(&mut shared);
        let auditor = Auditor::load(&config)?;
        shared.insert(auditor.unsealed().clone());
        shared.insert(auditor.clone());
        Ok(Self {
            inner: Arc::new(Inner {
                token_key: TokenKey::load(&config.data_dir.join("token-key.der"))?,
                passwords: Passwords::new(config.password_cost)?,
                throttle: Throttle::new(manager.clone()),
                relay: Relay::new(tokens.clone(), manager),
                config,
                clock,
                db,
                shared: Arc::new(shared),
                tokens,
                auditor,
                redis,
            }),
        })
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// The key of access tokens.
    #[must_use]
    pub fn token_key(&self) -> &TokenKey {
        &self.inner.token_key
    }

    /// The memory of verified tokens.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.inner.tokens
    }

    /// Password hashing.
    #[must_use]
    pub fn passwords(&self) -> &Passwords {
        &self.inner.passwords
    }

    /// Counts of failed sign-ins.
    #[must_use]
    pub fn throttle(&self) -> &Throttle {
        &self.inner.throttle
    }

    /// What the record of acts needs: its key, what waits to be sealed.
    #[must_use]
    pub fn auditor(&self) -> &Auditor {
        &self.inner.auditor
    }

    /// News between nodes.
    #[must_use]
    pub fn relay(&self) -> &Relay {
        &self.inner.relay
    }

    /// What lies outside any township.
    #[must_use]
    pub fn platform(&self) -> Platform {
        Platform::new(self.inner.db.clone())
    }

    /// Proves that what is written is kept.
    pub async fn ready(&self) -> Result<()> {
        self.inner.db.prove().await.map_err(|error| {
            tracing::warn!(%error, "the database cannot be written");
            match ApiError::from(error) {
                full if full.code() == crate::http::Code::StorageFull => full,
                _ => ApiError::new(crate::http::Code::Unavailable).retry_after(2),
            }
        })
    }

    /// A township's data as the system itself sees it: for the daily work, the demonstration and tests.
    #[must_use]
    pub fn scope_of(&self, tenant: TenantId) -> Scope {
        self.scope(tenant, None)
    }

    pub(crate) fn scope(&self, tenant: TenantId, principal: Option<Arc<Principal>>) -> Scope {
        Scope::new(
            self.inner.db.clone(),
            tenant,
            principal,
            self.inner.clock.clone(),
            self.inner.shared.clone(),
        )
    }

    /// Work that goes on beside the requests: news from other nodes, and the daily round of every township.
    pub fn spawn_background(&self) {
        if let Some(client) = self.inner.redis.clone() {
            actix_web::rt::spawn(Relay::listen(self.inner.tokens.clone(), client));
        }
        actix_web::rt::spawn(crate::jobs::run(self.clone()));
        actix_web::rt::spawn(crate::audit::run(self.clone()));
    }
}
