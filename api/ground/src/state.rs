//! What the whole server shares: pools, keys, memory of tokens, clock.

use std::sync::Arc;
use std::time::Duration;

use entity::ids::TenantId;

use crate::audit::Auditor;
use crate::auth::{Devices, Passwords, Principal, Proxies, Throttle, TokenKey, Tokens, Watch};
use crate::clock::{Clock, Guard};
use crate::config::Config;
use crate::helper::Helper;
use crate::http::{ApiError, Result};
use crate::jobs::{Node, Worker};
use crate::session::Family;
use crate::tenancy::{Db, Keys, News, Platform, Scope, Shared, StartError};
use crate::work::Places;

/// How often the planner of SQLite looks at the tables anew.
const STATISTICS: Duration = Duration::from_secs(3600);

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
    auditor: Auditor,
    devices: Devices,
    proxies: Proxies,
    helper: Helper,
    family: Family,
    alive: Arc<()>,
}

impl AppState {
    /// Closes the server's files to others, connects and checks; does not migrate. `register` hands down what the rooms bring
    /// ([`crate::feature::register`]).
    ///
    /// # Errors
    /// Refuses a schema that is not this program's, a PostgreSQL role that row-level security does not bind, a database or folder that
    /// cannot be written, and what `register` refuses.
    pub async fn start(
        config: Config,
        clock: Clock,
        register: impl FnOnce(&mut Shared) -> Result<(), StartError>,
    ) -> Result<Self, StartError> {
        crate::files::close(&config)?;
        let db = Arc::new(Db::connect(&config).await?);
        db.check_role().await?;
        db.check_schema().await?;
        db.check_wall().await?;
        db.prove().await.map_err(StartError::ReadOnly)?;
        db.gather_statistics().await;
        let tokens = Tokens::default();
        let mut shared = Shared::default();
        shared.insert(Places::default())?;
        shared.insert(Node::default())?;
        shared.insert(Guard::default())?;
        register(&mut shared)?;
        let auditor = Auditor::load(&config)?;
        shared.insert(auditor.unsealed().clone())?;
        shared.insert(auditor.clone())?;
        shared.insert(tokens.clone())?;
        let token_key = TokenKey::load(&config.data_dir.join("token-key.der"))?;
        let helper = Helper::new(config.redis_url.as_deref())?;
        let throttle = Throttle::new(&token_key.derive("attempts"), clock.clone(), helper.clone());
        shared.insert(throttle.clone())?;
        shared.insert(Keys::new(token_key.derive("cursor"), token_key.derive("fingerprint")))?;
        Ok(Self {
            inner: Arc::new(Inner {
                family: Family::new(token_key.derive("refresh token")),
                passwords: Passwords::new(config.password_cost)?,
                devices: Devices::new(&token_key.derive("device")),
                token_key,
                proxies: Proxies::new(&config.trusted_proxies)?,
                throttle,
                helper,
                config,
                clock,
                db,
                shared: Arc::new(shared),
                tokens,
                auditor,
                alive: Arc::new(()),
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

    /// The signs that known devices carry.
    #[must_use]
    pub fn devices(&self) -> &Devices {
        &self.inner.devices
    }

    /// Which proxies are believed, and so where a request comes from.
    #[must_use]
    pub fn proxies(&self) -> &Proxies {
        &self.inner.proxies
    }

    /// Redis, if there is one.
    #[must_use]
    pub fn helper(&self) -> &Helper {
        &self.inner.helper
    }

    /// Counts of failed attempts at secrets.
    #[must_use]
    pub fn throttle(&self) -> &Throttle {
        &self.inner.throttle
    }

    /// What the record of acts needs: its key, what waits to be sealed.
    #[must_use]
    pub fn auditor(&self) -> &Auditor {
        &self.inner.auditor
    }

    /// Makes and reads refresh tokens.
    #[must_use]
    pub fn family(&self) -> &Family {
        &self.inner.family
    }

    /// Reads what ended on other nodes, for as long as this state is held by anybody. Every server starts it; without
    /// it no token is remembered.
    pub async fn watch(&self) -> Result<Watch, StartError> {
        let news = News::connect(&self.inner.config).await?;
        Ok(Watch::new(self.inner.tokens.clone(), news, self.platform()))
    }

    /// Starts [`AppState::watch`] beside the requests; it ends when nobody holds the state any more.
    pub fn spawn_watch(&self) {
        let state = self.clone();
        let alive = Arc::downgrade(&self.inner.alive);
        actix_web::rt::spawn(async move {
            match state.watch().await {
                Ok(watch) => {
                    drop(state);
                    watch.run(alive).await;
                }
                Err(error) => {
                    tracing::error!(%error, "no news of ended sessions: tokens are not remembered");
                }
            }
        });
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
                full if full.code() == crate::http::Code::STORAGE_FULL => full,
                _ => ApiError::new(crate::http::Code::UNAVAILABLE).retry_after(2),
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

    /// What a room registered at start.
    #[must_use]
    pub fn shared<T: std::any::Any + Send + Sync>(&self) -> Option<&T> {
        self.inner.shared.get()
    }

    /// Work that goes on beside the requests: what is due, and the sealing of the audit log.
    #[must_use]
    pub fn spawn_background(&self) -> Worker {
        actix_web::rt::spawn(crate::audit::run(self.clone()));
        let db = self.inner.db.clone();
        actix_web::rt::spawn(async move {
            let mut hours = tokio::time::interval(STATISTICS);
            // The first comes at once, and the start has seen to it.
            hours.tick().await;
            loop {
                hours.tick().await;
                db.gather_statistics().await;
            }
        });
        Worker::start(self.clone())
    }
}
