//! Heavy work: what one request may ask of the machine beyond reading and writing rows.
//!
//! Files are bounded in bytes where they come in. That says little about the work in them: 3 MB of map can ask for
//! minutes, 200 kB of workbook for gigabytes. So whatever reads a file that somebody made
//! - takes a **place** first: one file at a time per township and few in the whole process, so that neither one
//!   township nor all of them together take the cores away from people who read and write rows. A short line may wait;
//!   who finds it full is told when to come again (429), and nothing was begun;
//! - runs aside, off the threads that serve requests, with a [`Budget`] of processor seconds that it looks at in its
//!   loops. What asks for more is refused (422 `too_much_work`), and nothing was written;
//! - stops at the next look when the client has gone: nobody would read the answer.
//!
//! The budget is the last of the walls. Before it every reader bounds what it counts (rows, strings, points, pixels,
//! scans), so that the same file meets the same answer on every machine.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use entity::ids::TenantId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::{ApiError, Code, Result};
use crate::tenancy::Scope;

/// Looks at a budget between two looks at the clock: a look costs about a nanosecond, the clock some hundreds.
const LOOKS_PER_READING: u32 = 256;

/// What the work is about. Each kind has a line of its own, so that photos do not wait for imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// An imported file.
    File,
    /// A list written as a file.
    Export,
    /// A photo.
    Photo,
}

impl Lane {
    /// In metrics.
    fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Export => "export",
            Self::Photo => "photo",
        }
    }

    /// Processor seconds one request may take: about ten times what the largest good file takes.
    fn seconds(self) -> u64 {
        match self {
            Self::File => 10,
            // Nothing of it looks at a budget: it is bounded by the rows that there are.
            Self::Export => 60,
            Self::Photo => 5,
        }
    }

    /// Requests of one township that may wait behind the one that runs.
    fn line(self) -> usize {
        match self {
            Self::File | Self::Export => 2,
            Self::Photo => 8,
        }
    }

    /// How long one waits at most.
    fn patience(self) -> Duration {
        match self {
            Self::File | Self::Export => Duration::from_secs(10),
            Self::Photo => Duration::from_secs(20),
        }
    }

    /// Requests of all townships that may wait: each holds its file in memory.
    const LINE_IN_ALL: usize = 16;

    fn busy(self) -> ApiError {
        let error = ApiError::new(Code::TOO_MANY_REQUESTS);
        match self {
            Self::File => error.retry_after(5).detail(
                "正在处理其他文件，请稍后再试",
                "Another file is being read; try again in a moment",
            ),
            Self::Export => error.retry_after(5).detail(
                "正在导出其他列表，请稍后再试",
                "Another list is being exported; try again in a moment",
            ),
            Self::Photo => error.retry_after(2).detail(
                "同时上传的照片较多，请稍后再试",
                "Many photos are being uploaded; try again in a moment",
            ),
        }
    }
}

/// The places of one server.
pub struct Places {
    file: Line,
    export: Line,
    photo: Line,
}

impl Default for Places {
    /// For each kind as many at once as half the cores, at least one: the other half is for everybody else.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let line = || Line::new(cores.div_ceil(2));
        Self { file: line(), export: line(), photo: line() }
    }
}

impl Places {
    fn line(&self, lane: Lane) -> &Line {
        match lane {
            Lane::File => &self.file,
            Lane::Export => &self.export,
            Lane::Photo => &self.photo,
        }
    }

    /// How many run at this moment. What was cancelled counts until it has really stopped.
    #[must_use]
    pub fn running(&self, lane: Lane) -> usize {
        self.line(lane).running.load(Ordering::Relaxed)
    }

    /// How many wait at this moment.
    #[must_use]
    pub fn waiting(&self, lane: Lane) -> usize {
        self.line(lane).waiting.load(Ordering::Relaxed)
    }
}

struct Line {
    all: Arc<Semaphore>,
    townships: Mutex<HashMap<TenantId, Arc<Township>>>,
    waiting: AtomicUsize,
    running: Arc<AtomicUsize>,
}

/// One township's turn, and who waits for it.
struct Township {
    turn: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// Counts as long as it lives.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn at_most(counter: &'a AtomicUsize, most: usize) -> Option<Self> {
        counter
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n < most).then_some(n + 1))
            .ok()
            .map(|_| Self(counter))
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Line {
    fn new(places: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(places)),
            townships: Mutex::default(),
            waiting: AtomicUsize::new(0),
            running: Arc::default(),
        }
    }

    fn township(&self, tenant: TenantId) -> Arc<Township> {
        let mut townships = self.townships.lock().unwrap_or_else(PoisonError::into_inner);
        // Only those that run or wait are remembered.
        townships.retain(|_, township| {
            Arc::strong_count(township) > 1 || township.turn.available_permits() == 0
        });
        let new = || Township { turn: Arc::new(Semaphore::new(1)), waiting: AtomicUsize::new(0) };
        townships.entry(tenant).or_insert_with(|| Arc::new(new())).clone()
    }

    async fn place(&self, tenant: TenantId, lane: Lane) -> Result<Place> {
        let township = self.township(tenant);
        // The township's turn comes first, so that it holds at most one of the places that all share.
        let turn = match township.turn.clone().try_acquire_owned() {
            Ok(turn) => turn,
            Err(_) => {
                let _here =
                    Counted::at_most(&township.waiting, lane.line()).ok_or_else(|| lane.busy())?;
                let _in_all = Counted::at_most(&self.waiting, Lane::LINE_IN_ALL)
                    .ok_or_else(|| lane.busy())?;
                patiently(lane, township.turn.clone()).await?
            }
        };
        let all = match self.all.clone().try_acquire_owned() {
            Ok(all) => all,
            Err(_) => {
                let _in_all = Counted::at_most(&self.waiting, Lane::LINE_IN_ALL)
                    .ok_or_else(|| lane.busy())?;
                patiently(lane, self.all.clone()).await?
            }
        };
        self.running.fetch_add(1, Ordering::Relaxed);
        metrics::gauge!("gezhi_heavy_work_running", "kind" => lane.name()).increment(1);
        Ok(Place { lane, running: self.running.clone(), _turn: turn, _all: all })
    }
}

async fn patiently(lane: Lane, places: Arc<Semaphore>) -> Result<OwnedSemaphorePermit> {
    tokio::time::timeout(lane.patience(), places.acquire_owned())
        .await
        .map_err(|_| lane.busy())?
        .map_err(ApiError::internal)
}

/// A place, until dropped.
struct Place {
    lane: Lane,
    running: Arc<AtomicUsize>,
    _turn: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.running.fetch_sub(1, Ordering::Relaxed);
        metrics::gauge!("gezhi_heavy_work_running", "kind" => self.lane.name()).decrement(1);
    }
}

/// The heavy work of one request: its place, and what it has taken so far. Dropped with the request, be it answered
/// or abandoned, and what still runs stops at its next look.
pub struct Heavy {
    place: Arc<Place>,
    gone: Arc<AtomicBool>,
    taken: Arc<AtomicU64>,
}

impl Drop for Heavy {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::Relaxed);
    }
}

impl Heavy {
    /// Takes a place for the scope's township, or waits for one a little.
    ///
    /// 429 `too_many_requests` with `Retry-After` when the line is full or does not move.
    pub async fn begin(scope: &Scope, lane: Lane) -> Result<Self> {
        let places = scope.shared::<Places>().ok_or_else(|| ApiError::internal("no places"))?;
        let place = places.line(lane).place(scope.tenant(), lane).await?;
        Ok(Self { place: Arc::new(place), gone: Arc::default(), taken: Arc::default() })
    }

    /// Runs a piece of the work off the threads that serve requests. The pieces of one request share its budget.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Budget) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (place, gone, taken) = (self.place.clone(), self.gone.clone(), self.taken.clone());
        actix_web::web::block(move || {
            // Held here too: a piece that nobody waits for any more keeps its place until it has stopped.
            let place = place;
            let budget = Budget::new(place.lane, gone, taken.load(Ordering::Relaxed));
            let outcome = budget.check().map_err(ApiError::from).and_then(|()| work(&budget));
            taken.store(budget.taken(), Ordering::Relaxed);
            if outcome.as_ref().is_err_and(|error| error.code() == Code::TOO_MUCH_WORK) {
                metrics::counter!("gezhi_heavy_work_refused_total", "kind" => place.lane.name())
                    .increment(1);
            }
            outcome
        })
        .await
        .map_err(ApiError::internal)?
    }
}

/// Why work stops before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It asks for more than it may.
    TooMuch,
    /// Nobody waits for it.
    Gone,
}

impl From<Stop> for ApiError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::TooMuch => too_much("需要的计算时间过长", "it would take too long"),
            // Read by nobody.
            Stop::Gone => ApiError::new(Code::REQUEST_TIMEOUT),
        }
    }
}

impl From<Stop> for std::io::Error {
    fn from(stop: Stop) -> Self {
        let kind = match stop {
            Stop::TooMuch => std::io::ErrorKind::QuotaExceeded,
            Stop::Gone => std::io::ErrorKind::ConnectionAborted,
        };
        Self::from(kind)
    }
}

/// 422: the file asks for too much work, and why.
pub fn too_much(zh: &str, en: &str) -> ApiError {
    ApiError::new(Code::TOO_MUCH_WORK).and_invalid(
        "file",
        format!("文件需要的处理量过大：{zh}"),
        format!("the file asks for too much work: {en}"),
    )
}

/// What a piece of work may still take. Looked at inside its loops: cheap enough for every turn of them.
#[derive(Debug)]
pub struct Budget {
    gone: Arc<AtomicBool>,
    /// Nanoseconds of this thread's processor time.
    begun: u64,
    before: u64,
    most: u64,
    looks: Cell<u32>,
}

impl Budget {
    fn new(lane: Lane, gone: Arc<AtomicBool>, before: u64) -> Self {
        let most = lane.seconds().saturating_mul(1_000_000_000);
        Self { gone, begun: processor_time(), before, most, looks: Cell::new(0) }
    }

    /// Without a bound: for files that come with the program.
    #[must_use]
    pub fn unbounded() -> Self {
        Self {
            gone: Arc::default(),
            begun: processor_time(),
            before: 0,
            most: u64::MAX,
            looks: Cell::new(0),
        }
    }

    /// A budget of so many nanoseconds: for tests.
    #[must_use]
    pub fn of(nanoseconds: u64) -> Self {
        Self { most: nanoseconds, ..Self::unbounded() }
    }

    /// Whether to go on, by the clock of this moment and not of a while ago: for tests.
    ///
    /// # Errors
    /// When the budget is spent or nobody waits.
    pub fn check_now(&self) -> Result<(), Stop> {
        self.read()
    }

    fn taken(&self) -> u64 {
        self.before.saturating_add(processor_time().saturating_sub(self.begun))
    }

    /// Whether to go on.
    ///
    /// # Errors
    /// When it has taken its time, or nobody waits any more.
    #[inline]
    pub fn check(&self) -> Result<(), Stop> {
        let looks = self.looks.get();
        self.looks.set(looks.wrapping_add(1));
        if looks.is_multiple_of(LOOKS_PER_READING) { self.read() } else { Ok(()) }
    }

    /// Why the last look said no.
    #[must_use]
    pub fn stopped(&self) -> Stop {
        if self.gone.load(Ordering::Relaxed) { Stop::Gone } else { Stop::TooMuch }
    }

    fn read(&self) -> Result<(), Stop> {
        if self.gone.load(Ordering::Relaxed) {
            Err(Stop::Gone)
        } else if self.taken() > self.most {
            Err(Stop::TooMuch)
        } else {
            Ok(())
        }
    }
}

/// Nanoseconds that this thread has run. On a machine that does other things meanwhile the hours on the wall would
/// refuse good files.
#[cfg(unix)]
fn processor_time() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let part = |value: i64| u64::try_from(value).unwrap_or_default();
    part(time.tv_sec).saturating_mul(1_000_000_000).saturating_add(part(time.tv_nsec))
}

/// Where the thread's own clock is not to be had, the one on the wall.
#[cfg(not(unix))]
fn processor_time() -> u64 {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    let start = START.get_or_init(std::time::Instant::now);
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_budget_ends() {
        let budget = Budget::of(20_000_000);
        let mut looks = 0_u64;
        while budget.check().is_ok() {
            looks += 1;
            assert!(looks < 10_000_000_000, "it never ends");
        }
        assert!((20_000_000..500_000_000).contains(&budget.taken()), "{}", budget.taken());
    }

    #[test]
    fn pieces_of_one_request_share_its_budget() {
        let used_up = Budget::new(Lane::Photo, Arc::default(), 5_000_000_001);
        assert_eq!(used_up.check(), Err(Stop::TooMuch));
        assert_eq!(Budget::new(Lane::Photo, Arc::default(), 0).check(), Ok(()));
    }

    #[test]
    fn who_has_gone_is_noticed_within_so_many_looks() {
        let budget = Budget::unbounded();
        assert_eq!(budget.check(), Ok(()));
        budget.gone.store(true, Ordering::Relaxed);
        let stopped = (0..LOOKS_PER_READING).find_map(|_| budget.check().err());
        assert_eq!(stopped, Some(Stop::Gone));
    }

    #[actix_web::test]
    async fn a_township_has_one_place_and_a_short_line() {
        let line = Line::new(2);
        let tenants = [TenantId::new(), TenantId::new(), TenantId::new()];
        let [a, b, c] = tenants;
        let first = line.place(a, Lane::File).await;
        let second = line.place(b, Lane::File).await;
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(line.running.load(Ordering::Relaxed), 2);

        // Two of the first township may wait, the third is told to come again; another township waits for a core.
        let mut waiting: Vec<_> =
            [a, a, c].map(|tenant| Box::pin(line.place(tenant, Lane::File))).into();
        for place in &mut waiting {
            assert!(place.now_or_never().is_none());
        }
        let refused = line.place(a, Lane::File).await.err();
        assert_eq!(refused.map(|error| error.code()), Some(Code::TOO_MANY_REQUESTS));
        assert_eq!(line.waiting.load(Ordering::Relaxed), 3);

        // The place that becomes free goes to the one who has waited for a core; the township's next takes the turn.
        drop(second);
        let third = match waiting.pop() {
            Some(place) => place.await.is_ok(),
            None => false,
        };
        assert!(third);
        // Who gave up left the line.
        drop(waiting);
        assert_eq!(line.waiting.load(Ordering::Relaxed), 0);
        drop(first);
        assert_eq!(line.running.load(Ordering::Relaxed), 0);
        let _again = line.place(c, Lane::File).await;
        let remembered = line.townships.lock().map(|townships| townships.len());
        assert_eq!(remembered.ok(), Some(1), "townships that neither run nor wait are forgotten");
    }
}
