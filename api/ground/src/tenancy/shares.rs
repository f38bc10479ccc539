//! Shares: how many connections of a pool one township has at a time. What it asks for beyond that waits before the pool, not in it,
//! so that eight slow writers of one township leave the connections of others free.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use entity::ids::TenantId;
use sea_orm::{ConnAcquireErr, DbErr};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long somebody waits for a place, a connection or a turn at writing.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// Townships beyond which those that hold nothing are forgotten.
const REMEMBERED: usize = 1024;

/// The places of each township in a pool.
pub(super) struct Shares {
    places: usize,
    townships: Mutex<HashMap<TenantId, Weak<Semaphore>>>,
}

/// A place, until it is dropped.
pub(super) type Place = OwnedSemaphorePermit;

impl Shares {
    /// Of a pool with so many connections: three of eight, but two wherever there are as many, since two of a township may have to go
    /// side by side.
    pub(super) fn of(connections: u32) -> Self {
        let connections = usize::try_from(connections).unwrap_or(usize::MAX);
        Self::each((connections.saturating_mul(3) / 8).max(2).min(connections.max(1)))
    }

    /// With so many places for each township.
    pub(super) fn each(places: usize) -> Self {
        Self { places, townships: Mutex::default() }
    }

    /// A place of a township; waits while it has all that it may have.
    pub(super) async fn take(&self, tenant: TenantId) -> Result<Place, DbErr> {
        let places = self.township(tenant);
        let closed = || DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed);
        match tokio::time::timeout(PATIENCE, places.acquire_owned()).await {
            Ok(place) => place.map_err(|_| closed()),
            Err(_) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
        }
    }

    fn township(&self, tenant: TenantId) -> Arc<Semaphore> {
        let mut townships = self.townships.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = townships.get(&tenant).and_then(Weak::upgrade) {
            return places;
        }
        if townships.len() >= REMEMBERED {
            townships.retain(|_, places| places.strong_count() > 0);
        }
        let places = Arc::new(Semaphore::new(self.places));
        townships.insert(tenant, Arc::downgrade(&places));
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn nobody_has_the_whole_pool() {
        for (connections, places) in [(1, 1), (2, 2), (4, 2), (8, 3), (16, 6), (64, 24)] {
            assert_eq!(Shares::of(connections).places, places, "{connections}");
        }
    }

    #[actix_web::test]
    async fn a_township_waits_for_itself_alone() -> Result<(), DbErr> {
        let shares = Shares::of(8);
        let (one, other) = (TenantId::new(), TenantId::new());
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(shares.take(one).await?);
        }
        let mut fourth = Box::pin(shares.take(one));
        assert!((&mut fourth).now_or_never().is_none());
        drop(shares.take(other).await?);
        held.pop();
        drop(fourth.await?);
        Ok(())
    }

    #[actix_web::test]
    async fn who_holds_nothing_is_forgotten() -> Result<(), DbErr> {
        let shares = Shares::of(8);
        for _ in 0..3 * REMEMBERED {
            drop(shares.take(TenantId::new()).await?);
        }
        let remembered = shares.townships.lock().map(|townships| townships.len());
        assert!(remembered.is_ok_and(|count| count <= REMEMBERED));
        Ok(())
    }
}
