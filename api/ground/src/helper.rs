//! Redis, the optional helper: it shares between nodes what each could count alone. Nothing waits for it and nothing
//! is true because it says so.
//!
//! Rules:
//! - Every trip has a deadline of 50 ms. A trip that fails is no error: the node goes on alone.
//! - An error, as of a connection that broke, or three trips in a row that came too late, and Redis is not asked any more
//!   until a probe in the background, once a second, has connected anew and been answered in time.
//! - It need not be there at start, and it is asked again by itself when it is back.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisResult};

use crate::tenancy::StartError;

/// The deadline of one trip.
const TRIP: Duration = Duration::from_millis(50);
/// The deadline of the probe's question: nobody waits for it.
const PROBED: Duration = Duration::from_millis(250);
/// The deadline of the probe's connecting.
const CONNECTING: Duration = Duration::from_secs(1);
/// Between two probes while there is no connection.
const PROBE: Duration = Duration::from_secs(1);
/// Trips too late in a row after which it is not asked any more.
const LATE: u32 = 3;

/// Redis, if there is one; cheap to clone.
#[derive(Clone, Default)]
pub struct Helper {
    inner: Option<Arc<Inner>>,
}

struct Inner {
    client: Client,
    /// None while it is not asked: before the first probe, and after failures.
    connection: RwLock<Option<MultiplexedConnection>>,
    late: AtomicU32,
}

impl Helper {
    /// Begins to look for it in the background, within a running system; says no more of its absence than a line in
    /// the log. Without an address there is none.
    ///
    /// # Errors
    /// [`StartError::Config`] when the address is none of Redis.
    pub fn new(url: Option<&str>) -> Result<Self, StartError> {
        let Some(url) = url else {
            return Ok(Self::default());
        };
        let client =
            Client::open(url).map_err(|error| StartError::Config(format!("redis_url: {error}")))?;
        let inner =
            Arc::new(Inner { client, connection: RwLock::new(None), late: AtomicU32::new(0) });
        actix_web::rt::spawn(probe(Arc::downgrade(&inner)));
        Ok(Self { inner: Some(inner) })
    }

    /// Whether it is asked at this moment.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.inner.as_ref().is_some_and(|inner| inner.connection().is_some())
    }

    /// Asks it. None without Redis, while it is not asked, and when the answer does not come in time.
    pub async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Option<T> {
        let inner = self.inner.as_ref()?;
        let mut connection = inner.connection()?;
        match answer(TRIP, &mut connection, command).await {
            Some(Ok(answer)) => {
                inner.late.store(0, Ordering::Relaxed);
                Some(answer)
            }
            Some(Err(error)) => {
                inner.leave(&error.to_string());
                None
            }
            None => {
                if inner.late.fetch_add(1, Ordering::Relaxed) + 1 >= LATE {
                    inner.leave("no answer in time");
                }
                None
            }
        }
    }
}

async fn answer<T: FromRedisValue>(
    patience: Duration,
    connection: &mut MultiplexedConnection,
    command: &Cmd,
) -> Option<RedisResult<T>> {
    tokio::time::timeout(patience, command.query_async(connection)).await.ok()
}

impl Inner {
    fn connection(&self) -> Option<MultiplexedConnection> {
        self.connection.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, connection: Option<MultiplexedConnection>) -> bool {
        let mut place = self.connection.write().unwrap_or_else(PoisonError::into_inner);
        let was = place.is_some();
        *place = connection;
        was
    }

    fn leave(&self, why: &str) {
        if self.set(None) {
            tracing::warn!(why, "redis is not asked for now: this node goes on alone");
        }
    }

    async fn connect(&self) -> Option<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECTING))
            .set_response_timeout(Some(CONNECTING));
        let connecting = self.client.get_multiplexed_async_connection_with_config(&config);
        let mut connection = tokio::time::timeout(CONNECTING, connecting).await.ok()?.ok()?;
        let pong: String = answer(PROBED, &mut connection, &redis::cmd("PING")).await?.ok()?;
        (pong == "PONG").then_some(connection)
    }
}

/// Connects where there is no connection, for as long as anybody holds the helper.
async fn probe(inner: Weak<Inner>) {
    let mut missed = false;
    loop {
        let Some(inner) = inner.upgrade() else { return };
        if inner.connection().is_none() {
            if let Some(connection) = inner.connect().await {
                inner.late.store(0, Ordering::Relaxed);
                inner.set(Some(connection));
                missed = false;
                tracing::info!("redis answers");
            } else if !missed {
                missed = true;
                tracing::warn!("redis does not answer: this node goes on alone until it does");
            }
        }
        drop(inner);
        tokio::time::sleep(PROBE).await;
    }
}
