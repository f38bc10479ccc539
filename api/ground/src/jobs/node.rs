//! What this process knows of itself: its name on leases, what it has planted, and who waits for something to do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::TenantId;
use tokio::sync::Notify;

/// Longer than any transaction lives: whoever relies on a job that somebody else planted commits before it runs.
pub(crate) const MARGIN: TimeDelta = TimeDelta::minutes(10);
/// Planted jobs that are remembered.
const REMEMBERED: usize = 100_000;

/// This process among those that share the database. Cheap to clone.
#[derive(Clone)]
pub struct Node {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    wake: Notify,
    planted: Mutex<HashMap<(TenantId, String), Planted>>,
}

/// Until when one need not plant again: by the clock, and by the time that has passed here, should the clock be set back.
struct Planted {
    by_clock: DateTime<Utc>,
    here: Instant,
}

impl Default for Node {
    fn default() -> Self {
        let name = format!("{:08x}", rand::random::<u32>());
        let inner = Inner { name, wake: Notify::new(), planted: Mutex::default() };
        Self { inner: Arc::new(inner) }
    }
}

impl Node {
    /// Its name on leases.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Something may be due.
    pub fn wake(&self) {
        self.inner.wake.notify_one();
    }

    /// Waits until something may be due, at most so long.
    pub async fn sleep(&self, most: Duration) {
        let _ = tokio::time::timeout(most, self.inner.wake.notified()).await;
    }

    /// Whether this process has planted a job of this key that will run after whatever is being written now is there.
    pub(super) fn has_planted(&self, tenant: TenantId, key: &str, now: DateTime<Utc>) -> bool {
        let planted = self.inner.planted.lock().unwrap_or_else(PoisonError::into_inner);
        planted
            .get(&(tenant, key.to_owned()))
            .is_some_and(|planted| now < planted.by_clock && Instant::now() < planted.here)
    }

    /// It has planted one that will run at that moment.
    pub(super) fn planted(
        &self,
        tenant: TenantId,
        key: String,
        run_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) {
        let by_clock = run_at - MARGIN;
        let Ok(ahead) = (by_clock - now).to_std() else { return };
        let mut planted = self.inner.planted.lock().unwrap_or_else(PoisonError::into_inner);
        if planted.len() >= REMEMBERED {
            let here = Instant::now();
            planted.retain(|_, planted| here < planted.here && now < planted.by_clock);
            if planted.len() >= REMEMBERED {
                planted.clear();
            }
        }
        let here = Instant::now() + ahead.min(Duration::from_secs(86_400 * 40));
        planted.insert((tenant, key), Planted { by_clock, here });
    }
}
