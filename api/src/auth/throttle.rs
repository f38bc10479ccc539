//! Failed sign-ins are counted, in Redis when there is one, otherwise in this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use redis::aio::ConnectionManager;

use crate::http::{ApiError, Code, Result};

/// Seconds a count lives from its first failure.
const WINDOW_SECONDS: u64 = 600;
/// Failures for one user name in one township.
const PER_NAME: u32 = 10;
/// Failures from one address.
const PER_ADDRESS: u32 = 100;
/// Counts kept in this process at most.
const KEPT: u64 = 100_000;

/// Counts failures and refuses who has too many.
#[derive(Clone)]
pub struct Throttle {
    local: moka::sync::Cache<String, Arc<AtomicU32>>,
    redis: Option<ConnectionManager>,
}

impl Throttle {
    /// With Redis when there is one.
    #[must_use]
    pub fn new(redis: Option<ConnectionManager>) -> Self {
        let local = moka::sync::Cache::builder()
            .max_capacity(KEPT)
            .time_to_live(Duration::from_secs(WINDOW_SECONDS))
            .build();
        Self { local, redis }
    }

    /// 429 when the name or the address has too many failures behind it.
    pub async fn check(&self, township: &str, username: &str, address: &str) -> Result<()> {
        for (key, limit) in keys(township, username, address) {
            if self.count(&key).await >= limit {
                return Err(ApiError::new(Code::TooManyRequests).retry_after(WINDOW_SECONDS));
            }
        }
        Ok(())
    }

    /// One more failure.
    pub async fn failed(&self, township: &str, username: &str, address: &str) {
        for (key, _) in keys(township, username, address) {
            self.local.get_with(key.clone(), Arc::default).fetch_add(1, Ordering::Relaxed);
            if let Some(mut redis) = self.redis.clone() {
                let counted: redis::RedisResult<()> = redis::pipe()
                    .atomic()
                    .cmd("INCR")
                    .arg(&key)
                    .ignore()
                    .cmd("EXPIRE")
                    .arg(&key)
                    .arg(WINDOW_SECONDS)
                    .arg("NX")
                    .ignore()
                    .query_async(&mut redis)
                    .await;
                if let Err(error) = counted {
                    tracing::warn!(%error, "redis: a failed sign-in was counted on this node only");
                }
            }
        }
    }

    /// A success clears the name's count; the address keeps its own.
    pub async fn succeeded(&self, township: &str, username: &str) {
        let key = name_key(township, username);
        self.local.invalidate(&key);
        if let Some(mut redis) = self.redis.clone() {
            let cleared: redis::RedisResult<()> =
                redis::cmd("DEL").arg(&key).query_async(&mut redis).await;
            if let Err(error) = cleared {
                tracing::warn!(%error, "redis: a sign-in count was not cleared");
            }
        }
    }

    /// The larger of the two counts: without Redis the node's own still holds.
    async fn count(&self, key: &str) -> u32 {
        let local = self.local.get(key).map_or(0, |count| count.load(Ordering::Relaxed));
        let Some(mut redis) = self.redis.clone() else {
            return local;
        };
        let shared: redis::RedisResult<Option<u32>> =
            redis::cmd("GET").arg(key).query_async(&mut redis).await;
        match shared {
            Ok(count) => count.unwrap_or(0).max(local),
            Err(error) => {
                tracing::warn!(%error, "redis: sign-in counts are this node's only");
                local
            }
        }
    }
}

fn name_key(township: &str, username: &str) -> String {
    // Hashed: names of people have no business in a cache.
    format!(
        "gezhi:sign-in:name:{}",
        super::token::hash_secret(&format!("{township}\u{0}{username}"))
    )
}

fn keys(township: &str, username: &str, address: &str) -> [(String, u32); 2] {
    [
        (name_key(township, username), PER_NAME),
        (format!("gezhi:sign-in:address:{address}"), PER_ADDRESS),
    ]
}
