//! The edge: what stands between strangers and the application. Whatever a stranger may choose has a bound here.
//!
//! | a stranger chooses | bound |
//! |---|---|
//! | how many connections | `connections` in all and `connections_per_address` from one address ([`Places`]); whoever has been silent longest makes room |
//! | how slowly the head of a request comes | [`HEAD_SECONDS`], for each request of a connection; then 408 |
//! | how large it is | [`HEAD_BYTES`]; then 431 |
//! | how slowly a body comes, of whatever kind | `body_seconds` in all, [`STALL_SECONDS`] without a byte; then 408 |
//! | how large it is | [`STRANGER_BYTES`] without a sign-in; with one, what the operation takes, but no account holds more than [`ACCOUNT_KIB`] and all together no more than [`BODIES_KIB`] at once: the next waits |
//! | how slowly an answer is read | `answer_seconds` in all, [`STALL_SECONDS`] without a byte; then the connection is cut |
//! | how much of an answer waits for the reader | two slices of [`SLICE_BYTES`]; what is the same for everybody is shared, not copied |
//! | how many requests are sent ahead | [`AHEAD_BYTES`] of them; the rest stays with the sender |
//! | how long nothing is said | [`IDLE_SECONDS`] |
//! | the names of methods | those that exist; the others are `OTHER` in figures and log |
//! | paths | figures and log have the patterns of routes alone |
//!
//! A handler's own time has no bound here: it is the operation's.
//!
//! Rules:
//! - What the HTTP library answers by itself, before there is a request, is a problem document with the headers of every
//!   answer ([`line`]).
//! - Addresses are counted where they mean somebody: not on the loopback, and not behind a proxy, which is one address for
//!   everybody. There the bound in all holds, and the proxy counts addresses.
//! - When told to stop, the server finishes every request that has begun, says `Connection: close` in each answer, and takes
//!   new ones for a last second ([`stop`]); a body or a reader that stands still for [`STOP_STALL_SECONDS`] does not hold it.
//! - A single line feed ends a line of a head as CR LF does, which RFC 9112 (2.2) permits and the parser cannot be told to
//!   refuse. It smuggles nothing: a body ends where its one length says, two lengths are refused, and in a chunked body every
//!   line ends with CR LF or the request is refused.

mod answer;
mod bodies;
pub mod line;
mod meter;
mod places;
pub mod stop;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

pub use answer::answers;
use bodies::Room;
pub use bodies::bodies;
pub use line::Line;
use places::Places;

use crate::clock::Clock;
use crate::config::Config;

/// Seconds in which the head of a request must be there.
pub const HEAD_SECONDS: u64 = 10;
/// Bytes of a head at most: its first line and all its headers.
pub const HEAD_BYTES: usize = 32 * 1024;
/// Seconds without a byte after which a body or an answer is given up.
pub const STALL_SECONDS: u64 = 15;
/// Seconds a connection is kept for the next request.
pub const IDLE_SECONDS: u64 = 5;
/// Seconds in which what a refused request goes on sending is thrown away, so that its sender reads the refusal.
const LINGER_SECONDS: u64 = 2;
/// Bytes of an answer that are handed on at a time.
pub const SLICE_BYTES: usize = 16 * 1024;
/// Bytes taken from a connection beyond what its request has asked for.
pub const AHEAD_BYTES: usize = 16 * 1024;
/// Bytes of a body without a sign-in: a sign-in, a refresh and a founding are far smaller.
pub const STRANGER_BYTES: usize = 8 * 1024;
/// KiB of bodies that one account may have on their way at once; more waits. Twice the largest photo.
pub const ACCOUNT_KIB: u32 = 16 * 1024;
/// KiB of bodies on their way at once in all; more waits.
pub const BODIES_KIB: u32 = 48 * 1024;
/// The largest body of any operation, in KiB.
pub const BODY_KIB: u32 = ACCOUNT_KIB;
/// Seconds without a byte after which a server that was told to stop waits no longer.
pub const STOP_STALL_SECONDS: u64 = 3;
/// Milliseconds for which an idle connection stays when the server was told to stop: a request may be on its way.
const STOP_IDLE_MILLIS: u64 = 800;

/// The bounds of one server and what it counts for them; shared by its threads.
pub struct Edge {
    answer: Duration,
    body: Duration,
    secure: bool,
    clock: Clock,
    places: Arc<Places>,
    room: Room,
    started: Instant,
    /// Milliseconds from `started` at which it was told to stop; none yet when 0.
    stopping: AtomicU64,
}

impl Edge {
    /// With the bounds of the settings; the clock dates what is answered here.
    #[must_use]
    pub fn new(config: &Config, clock: Clock) -> Arc<Self> {
        let started = Instant::now();
        Arc::new(Self {
            answer: Duration::from_secs(config.answer_seconds.max(1)),
            body: Duration::from_secs(config.body_seconds.max(1)),
            secure: config.secure_cookies,
            clock,
            places: Arc::new(Places::new(config, started)),
            room: Room::default(),
            started,
            stopping: AtomicU64::new(0),
        })
    }

    /// Connections that are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.places.open()
    }

    /// From now on every answer is its connection's last, and who stands still is not waited for.
    fn begin_to_stop(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.stopping.store(now.max(1), Ordering::Relaxed);
        self.places.wake_all();
    }

    /// Whether it was told to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping_since().is_some()
    }

    /// When it was told to stop.
    fn stopping_since(&self) -> Option<Instant> {
        match self.stopping.load(Ordering::Relaxed) {
            0 => None,
            millis => self.started.checked_add(Duration::from_millis(millis)),
        }
    }

    /// How long nothing may come or go.
    fn stall(&self) -> Duration {
        let seconds =
            if self.stopping_since().is_some() { STOP_STALL_SECONDS } else { STALL_SECONDS };
        Duration::from_secs(seconds).min(self.answer)
    }
}
