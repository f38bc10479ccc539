//! Places for connections: so many in all, so many for one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::task::AtomicWaker;
use tokio::time::Instant;

use crate::config::Config;

/// Files that are kept free for databases, logs and pages, of those that the system lets the process open.
const SPARE_FILES: usize = 192;
/// Milliseconds of silence before somebody has to make room for another.
const PATIENCE_MILLIS: u64 = 1000;
/// What a connection says that is being served: it is not silent.
const BUSY: u64 = u64::MAX;

/// What others may see of a connection, and how they end it.
pub(super) struct Pulse {
    /// Milliseconds from the server's start at which it last said or took something.
    silent_since: AtomicU64,
    cut: AtomicBool,
    waker: AtomicWaker,
}

impl Pulse {
    /// The task that serves the connection.
    pub(super) fn watched_by(&self, waker: &std::task::Waker) {
        self.waker.register(waker);
    }

    /// Whether its place was given to another.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Relaxed)
    }

    /// The server works on its request.
    pub(super) fn busy(&self) {
        self.silent_since.store(BUSY, Ordering::Relaxed);
    }

    /// Something came or went, so many milliseconds from the server's start.
    pub(super) fn silent(&self, millis: u64) {
        self.silent_since.store(millis, Ordering::Relaxed);
    }
}

/// The places of one server.
pub(super) struct Places {
    started: Instant,
    most: usize,
    /// None where addresses do not tell people apart.
    per_address: Option<usize>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    next: u64,
    by_id: HashMap<u64, (Option<IpAddr>, Arc<Pulse>)>,
    by_address: HashMap<IpAddr, usize>,
}

impl Places {
    pub(super) fn new(config: &Config, started: Instant) -> Self {
        let files =
            open_files().map_or(usize::MAX, |files| files.saturating_sub(SPARE_FILES).max(16));
        if files < config.connections {
            tracing::warn!(
                "the system lets this process open few files: {files} connections at once instead of {}",
                config.connections
            );
        }
        Self {
            started,
            most: config.connections.min(files).max(1),
            per_address: (config.trusted_proxies.is_empty() && config.connections_per_address > 0)
                .then_some(config.connections_per_address),
            taken: Mutex::default(),
        }
    }

    /// A place for a connection. When there is none, whoever has been silent longest loses his: of the same address when
    /// that has too many, otherwise of all. Nobody is found who was silent for a second: none.
    pub(super) fn enter(self: &Arc<Self>, peer: Option<SocketAddr>) -> Option<Place> {
        let address = self.per_address.and(peer).map(|peer| network(peer.ip()));
        let address = address.filter(|address| !address.is_loopback());
        let mut taken = self.lock();
        let same = address.and_then(|address| taken.by_address.get(&address)).copied().unwrap_or(0);
        let crowded = self.per_address.is_some_and(|most| same >= most);
        if crowded && !self.make_room(&taken, address) {
            return None;
        }
        if !crowded && taken.by_id.len() >= self.most && !self.make_room(&taken, None) {
            return None;
        }
        let pulse = Arc::new(Pulse {
            silent_since: AtomicU64::new(self.millis()),
            cut: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        });
        taken.next += 1;
        let id = taken.next;
        taken.by_id.insert(id, (address, pulse.clone()));
        if let Some(address) = address {
            *taken.by_address.entry(address).or_default() += 1;
        }
        drop(taken);
        Some(Place { places: self.clone(), id, pulse })
    }

    fn make_room(&self, taken: &Taken, address: Option<IpAddr>) -> bool {
        let silent = taken
            .by_id
            .values()
            .filter(|(theirs, pulse)| (address.is_none() || *theirs == address) && !pulse.is_cut())
            .map(|(_, pulse)| (pulse.silent_since.load(Ordering::Relaxed), pulse))
            .min_by_key(|(since, _)| *since);
        let Some((since, pulse)) = silent else {
            return false;
        };
        if since == BUSY || self.millis().saturating_sub(since) < PATIENCE_MILLIS {
            return false;
        }
        pulse.cut.store(true, Ordering::Relaxed);
        pulse.waker.wake();
        true
    }

    /// Everybody looks at the time anew.
    pub(super) fn wake_all(&self) {
        for (_, pulse) in self.lock().by_id.values() {
            pulse.waker.wake();
        }
    }

    pub(super) fn open(&self) -> usize {
        self.lock().by_id.len()
    }

    /// Milliseconds from the server's start.
    pub(super) fn millis(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(BUSY - 1)
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection's place; free again when dropped.
pub(super) struct Place {
    places: Arc<Places>,
    id: u64,
    pulse: Arc<Pulse>,
}

impl Place {
    pub(super) fn pulse(&self) -> &Arc<Pulse> {
        &self.pulse
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        if let Some((Some(address), _)) = taken.by_id.remove(&self.id)
            && let Some(count) = taken.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                taken.by_address.remove(&address);
            }
        }
    }
}

/// Whom an address stands for: IPv6 is given out in networks of 64 bits, and IPv4 may come in its clothes.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        other => other,
    }
}

/// Files that this process may have open at once, where the system says so.
fn open_files() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn places(connections: usize, per_address: usize) -> Arc<Places> {
        let config =
            Config { connections, connections_per_address: per_address, ..Config::default() };
        // Started long ago, so that moments can be set.
        let started = Instant::now().checked_sub(Duration::from_secs(60)).unwrap();
        Arc::new(Places::new(&config, started))
    }

    fn from(address: &str) -> Option<SocketAddr> {
        Some(SocketAddr::new(address.parse().unwrap(), 1234))
    }

    #[test]
    fn the_silent_make_room_and_the_busy_stay() {
        let places = places(2, 100);
        let first = places.enter(from("192.0.2.1")).unwrap();
        let second = places.enter(from("192.0.2.2")).unwrap();
        assert!(places.enter(from("192.0.2.3")).is_none(), "nobody was silent for a second");
        first.pulse().busy();
        second.pulse().silent(1000);
        let third = places.enter(from("192.0.2.3")).unwrap();
        assert!(second.pulse().is_cut() && !first.pulse().is_cut());
        drop(second);
        third.pulse().busy();
        assert!(places.enter(from("192.0.2.4")).is_none(), "both are being served");
        drop(third);
        assert!(places.enter(from("192.0.2.4")).is_some());
    }

    #[test]
    fn an_address_has_its_share() {
        let places = places(100, 2);
        let other = places.enter(from("192.0.2.9")).unwrap();
        other.pulse().silent(0);
        let kept: Vec<_> = ["2001:db8:0:1::1", "2001:db8:0:1::2"]
            .map(|one| places.enter(from(one)).unwrap())
            .into();
        assert!(places.enter(from("2001:db8:0:1::3")).is_none(), "one network of 64 bits");
        kept[1].pulse().silent(5);
        assert!(places.enter(from("2001:db8:0:1::3")).is_some());
        assert!(kept[1].pulse().is_cut() && !other.pulse().is_cut(), "of the same address");
        assert!(places.enter(from("2001:db8:0:2::1")).is_some());
        let local: Vec<_> = (0..10).map(|_| places.enter(from("127.0.0.1"))).collect();
        assert!(local.iter().all(Option::is_some), "a proxy on this machine is everybody");
        drop((kept, local, other));
        assert_eq!(places.open(), 0);
        assert!(places.lock().by_address.is_empty());
    }
}
