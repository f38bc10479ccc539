//! Storage that fails: whatever is acknowledged is found by somebody else, whatever is not is there whole or not at all,
//! and when the storage is well again, so is the server, at once and without a restart.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use support::prelude::*;
use support::program::Prepared;
use support::shim::{EIO, ENOSPC, Effect, Shim, What, call};
use support::soak;
use support::wire::Wire;
use tokio::sync::mpsc;

/// Clients that write all the time.
const CLIENTS: usize = 8;

/// One answer to one write.
#[derive(Debug)]
struct Outcome {
    number: String,
    status: u16,
    /// The problem's code, where it was refused.
    code: String,
    retry_after: bool,
    /// How many calls had reached the storage when the answer was in.
    sequence: u64,
}

/// Eight clients that create members, each with its idempotency key, until told to stop.
struct Writers {
    outcomes: mpsc::UnboundedReceiver<Outcome>,
    stop: Arc<AtomicBool>,
    seen: Vec<Outcome>,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

async fn write(client: &Client, sequence: &dyn Fn() -> u64) -> Outcome {
    let number = format!("S{:06}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let request = client
        .request(Method::POST, "/members")
        .header("idempotency-key", &number)
        .json(&json!({"number": number, "name": "存下的人", "category": "resident"}));
    let answer = client.send(request).await;
    let retry_after = answer.header("retry-after").is_some();
    let body: Value = serde_json::from_slice(&answer.bytes).unwrap_or_default();
    let code = body["code"].as_str().unwrap_or_default().to_owned();
    Outcome { number, status: answer.status, code, retry_after, sequence: sequence() }
}

impl Writers {
    fn start(client: &Client, shim: Option<Arc<Shim>>) -> Self {
        let (tell, outcomes) = mpsc::unbounded_channel();
        let stop = Arc::new(AtomicBool::new(false));
        for _ in 0..CLIENTS {
            let (client, tell, stop, shim) =
                (client.clone(), tell.clone(), stop.clone(), shim.clone());
            actix_web::rt::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let sequence = || shim.as_ref().map_or(0, |shim| shim.sequence());
                    if tell.send(write(&client, &sequence).await).is_err() {
                        break;
                    }
                }
            });
        }
        Self { outcomes, stop, seen: Vec::new() }
    }

    /// Waits for so many answers.
    async fn answers(&mut self, count: usize) {
        for _ in 0..count {
            let outcome = self.outcomes.recv().await.expect("the clients write");
            self.seen.push(outcome);
        }
    }

    /// Lets what is under way be answered.
    async fn end(mut self) -> Vec<Outcome> {
        self.stop.store(true, Ordering::SeqCst);
        while let Some(outcome) = self.outcomes.recv().await {
            self.seen.push(outcome);
        }
        self.seen
    }
}

fn acknowledged(outcomes: &[Outcome]) -> BTreeSet<String> {
    outcomes.iter().filter(|one| one.status == 201).map(|one| one.number.clone()).collect()
}

/// What another connection finds: the members, and the keys written beside them.
async fn found(outside: &DatabaseConnection) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut both = Vec::new();
    for sql in [
        "SELECT number AS it FROM member WHERE number LIKE 'S%'",
        "SELECT key AS it FROM idempotency_key WHERE key LIKE 'S%'",
    ] {
        let statement = Statement::from_string(outside.get_database_backend(), sql);
        let rows = outside.query_all_raw(statement).await.unwrap();
        both.push(rows.iter().map(|row| row.try_get("", "it").unwrap()).collect());
    }
    let keys = both.pop().unwrap();
    (both.pop().unwrap(), keys)
}

/// Everything acknowledged is there, nothing is half there, and what was refused was refused as it should be.
async fn check(outcomes: &[Outcome], outside: &DatabaseConnection) {
    let mut answers: BTreeMap<u16, usize> = BTreeMap::new();
    for outcome in outcomes {
        *answers.entry(outcome.status).or_default() += 1;
        let right = match outcome.status {
            201 => true,
            503 => outcome.retry_after && outcome.code == "unavailable",
            507 => outcome.retry_after && outcome.code == "storage_full",
            _ => false,
        };
        assert!(right, "{outcome:?}");
    }
    let (members, keys) = found(outside).await;
    let lost: Vec<_> = acknowledged(outcomes).difference(&members).cloned().collect();
    assert!(lost.is_empty(), "{} acknowledged and lost: {lost:?}", lost.len());
    let half: Vec<_> = members.symmetric_difference(&keys).cloned().collect();
    assert!(half.is_empty(), "half there: {half:?}");
    eprintln!("{} writes: {answers:?}; {} found", outcomes.len(), members.len());
}

/// The first write after the storage is well is kept, or else the second: one may still meet what broke.
async fn is_well(client: &Client, seen: &mut Vec<Outcome>) -> Duration {
    let started = Instant::now();
    for attempt in 0..2 {
        let outcome = write(client, &|| 0).await;
        let status = outcome.status;
        seen.push(outcome);
        if status == 201 {
            return started.elapsed();
        }
        assert!(attempt == 0, "the storage is well and writes are answered {status}");
    }
    started.elapsed()
}

/// Writing, syncing, opening and cutting fail with a full disk and with a broken one, at every step of a transaction, once
/// and several times in a row.
#[test]
fn on_sqlite_every_step_may_fail() {
    actix_web::rt::System::new().block_on(async {
        let prepared = Prepared::new(Db::Sqlite, Furnished::One).await;
        let shim = Arc::new(Shim::new("gezhi.db"));
        let program = prepared.serve(&shim.environment());
        let clerk = program.client(Who::Clerk, Town::A).await;
        let outside = support::postgres::connect(&prepared.url()).await;
        let mut writers = Writers::start(&clerk, None);
        writers.answers(40).await;

        let times: &[i32] = if soak() { &[1, 2, 3, 5, 8] } else { &[1, 2] };
        let mut bursts = 0;
        let mut struck = 0;
        let mut slowest = Duration::ZERO;
        for error in [ENOSPC, EIO] {
            for (calls, steps) in [
                (call::WRITE, 10),
                (call::SYNC, 3),
                (call::OPEN | call::WRITE, 2),
                (call::SYNC | call::OPEN, 2),
                (call::TRUNCATE | call::WRITE, 1),
            ] {
                for after in 0..steps {
                    for times in times {
                        shim.fail(calls, error, after, *times);
                        // Writers share commits: how many answers a call of the disk stands for is not known beforehand.
                        for _ in 0..20 {
                            writers.answers(CLIENTS * 5 / 2).await;
                            if shim.failed() > 0 {
                                break;
                            }
                        }
                        struck += u32::from(shim.failed() > 0);
                        bursts += 1;
                        shim.calm();
                        slowest = slowest.max(is_well(&clerk, &mut writers.seen).await);
                    }
                }
            }
        }
        // A disk that stays full for a while, as in life; then there is room again.
        shim.fail(call::WRITE | call::SYNC, ENOSPC, 0, i32::MAX);
        writers.answers(400).await;
        let ready = program.anonymous().outside(Method::GET, "/readyz");
        let not_ready = program.anonymous().send(ready).await;
        assert!(
            matches!(not_ready.status, 503 | 507),
            "ready on a full disk: {}",
            not_ready.status
        );
        shim.calm();
        slowest = slowest.max(is_well(&clerk, &mut writers.seen).await);
        writers.answers(200).await;
        let ready = program.anonymous().outside(Method::GET, "/readyz");
        program.anonymous().send(ready).await.ok(200);

        let mut outcomes = writers.end().await;
        for _ in 0..20 {
            is_well(&clerk, &mut outcomes).await;
        }
        eprintln!("{bursts} bursts, {struck} struck; well again after {slowest:?} at the latest");
        assert!(struck * 10 >= bursts * 9, "only {struck} of {bursts} bursts met anything");
        assert!(outcomes.len() >= 2_000, "only {} writes", outcomes.len());
        assert!(outcomes.iter().any(|one| one.status == 507), "nothing was answered 507");
        assert!(outcomes.iter().any(|one| one.status == 503), "nothing was answered 503");
        check(&outcomes, &outside).await;
        // The log of a failing server names what failed, and nothing of the people.
        let log = program.log();
        assert!(log.contains("its connections are made anew"), "{log}");
        assert!(!log.contains("存下的人"));
    });
}

/// A file that may not be written: said at start, not at the first write.
#[test]
fn on_sqlite_a_file_that_cannot_be_written_is_said_at_start() {
    actix_web::rt::System::new().block_on(async {
        let prepared = Prepared::new(Db::Sqlite, Furnished::One).await;
        let shim = Shim::new("gezhi.db");
        shim.fail(call::WRITE | call::SYNC, EIO, 0, i32::MAX);
        let said = prepared.try_serve(&shim.environment()).err().expect("it must not start");
        assert!(said.contains("gezhi: database: ") && said.contains("disk I/O error"), "{said}");
        shim.calm();
        prepared.serve(&shim.environment()).client(Who::Clerk, Town::A).await;
    });
}

// ---- Power loss -------------------------------------------------------------------------------------------

/// A file as the disk may hold it: what was synced, and what was not yet.
#[derive(Clone, Default)]
struct OnDisk {
    synced: Vec<u8>,
    pending: Vec<What>,
}

fn apply(image: &mut Vec<u8>, what: &What) {
    match what {
        What::Write { offset, bytes } => {
            let end = offset + bytes.len();
            if image.len() < end {
                image.resize(end, 0);
            }
            image[*offset..end].copy_from_slice(bytes);
        }
        What::Truncate(length) => image.resize(*length, 0),
        What::Sync => {}
    }
}

impl OnDisk {
    fn happens(&mut self, what: &What) {
        if matches!(what, What::Sync) {
            for what in self.pending.drain(..) {
                apply(&mut self.synced, &what);
            }
        } else {
            self.pending.push(what.clone());
        }
    }

    /// What is there after the power went: of what was not synced any part, in any order, in sectors of 512 bytes.
    fn after_power_loss(&self, random: &mut StdRng) -> Vec<u8> {
        let mut image = self.synced.clone();
        let mut survivors: Vec<What> = match random.random_range(0..4) {
            0 => Vec::new(),
            1 => self.pending.clone(),
            2 => {
                let kept = random.random_range(0..=self.pending.len());
                self.pending[..kept].to_vec()
            }
            _ => self.pending.iter().filter(|_| random.random_bool(0.5)).cloned().collect(),
        };
        if random.random_bool(0.5) {
            survivors.shuffle(random);
        }
        for what in &mut survivors {
            if let What::Write { bytes, .. } = what
                && random.random_ratio(1, 4)
            {
                let sectors = bytes.len() / 512;
                bytes.truncate(random.random_range(0..=sectors) * 512);
            }
        }
        for what in &survivors {
            apply(&mut image, what);
        }
        image
    }
}

struct Load {
    before: Vec<u8>,
    effects: Vec<Effect>,
    outcomes: Vec<Outcome>,
}

/// Eight clients write while everything that reaches the files is recorded.
async fn load(writes: usize, synced: bool) -> (Prepared, Load) {
    let prepared = Prepared::new(Db::Sqlite, Furnished::One).await;
    let before = std::fs::read(prepared.dir().join("gezhi.db")).unwrap();
    let shim = Arc::new(Shim::new("gezhi.db"));
    shim.record();
    if !synced {
        shim.swallow_syncs();
    }
    let program = prepared.serve(&shim.environment());
    let clerk = program.client(Who::Clerk, Town::A).await;
    let mut writers = Writers::start(&clerk, Some(shim.clone()));
    writers.answers(writes).await;
    let outcomes = writers.end().await;
    program.kill();
    let effects = shim.recorded();
    (prepared, Load { before, effects, outcomes })
}

/// How many of so many states after a loss of power have lost something acknowledged.
async fn states_with_losses(prepared: &Prepared, load: &Load, states: usize, seed: u64) -> usize {
    let mut random = StdRng::seed_from_u64(seed);
    let mut moments: Vec<usize> =
        (0..states).map(|_| random.random_range(1..=load.effects.len())).collect();
    moments.sort_unstable();
    let mut database = OnDisk { synced: load.before.clone(), ..OnDisk::default() };
    let mut wal = OnDisk::default();
    let mut passed = 0;
    let mut with_losses = 0;
    let folder = prepared.dir().join("after");
    for moment in moments {
        for effect in &load.effects[passed..moment] {
            match effect.file {
                1 => database.happens(&effect.what),
                2 => wal.happens(&effect.what),
                _ => {}
            }
        }
        passed = moment;
        let reached = load.effects[moment - 1].sequence;
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("gezhi.db");
        std::fs::write(&file, database.after_power_loss(&mut random)).unwrap();
        std::fs::write(folder.join("gezhi.db-wal"), wal.after_power_loss(&mut random)).unwrap();

        let opened = support::postgres::connect(&format!("sqlite://{}", file.display())).await;
        let check = Statement::from_string(DbBackend::Sqlite, "PRAGMA integrity_check");
        let sound = match opened.query_one_raw(check).await {
            Ok(row) => row.unwrap().try_get::<String>("", "integrity_check").unwrap() == "ok",
            Err(_) => false,
        };
        let complete = sound && {
            let (members, keys) = found(&opened).await;
            let owed =
                load.outcomes.iter().filter(|one| one.status == 201 && one.sequence <= reached);
            members == keys && owed.into_iter().all(|one| members.contains(&one.number))
        };
        with_losses += usize::from(!complete);
        opened.close().await.unwrap();
    }
    with_losses
}

/// The power goes at any moment: of what was written and not yet synced any part may be gone, torn or out of order.
#[test]
fn on_sqlite_the_power_may_go() {
    actix_web::rt::System::new().block_on(async {
        let seed = support::seed();
        let (writes, states) = if soak() { (4_000, 10_000) } else { (300, 1_000) };
        let (prepared, kept) = load(writes, true).await;
        let syncs = kept.effects.iter().filter(|one| matches!(one.what, What::Sync)).count();
        eprintln!("{} effects on the files, {syncs} of them syncs", kept.effects.len());
        assert!(kept.outcomes.iter().all(|one| one.status == 201));
        assert_eq!(
            states_with_losses(&prepared, &kept, states, seed).await,
            0,
            "states with losses"
        );

        // The same with the syncs taken out must be found out, or all of this says nothing.
        let (prepared, unsynced) = load(60, false).await;
        let losses = states_with_losses(&prepared, &unsynced, 60, seed).await;
        eprintln!("without syncs: {losses} of 60 states have lost something");
        assert!(losses > 20, "without syncs only {losses} of 60 states lost anything");
    });
}

// ---- PostgreSQL -------------------------------------------------------------------------------------------

/// The wire to the database is cut after any number of bytes, in either direction.
#[test]
fn on_postgres_the_wire_may_be_cut_anywhere() {
    actix_web::rt::System::new().block_on(async {
        let seed = support::seed();
        let mut random = StdRng::seed_from_u64(seed);
        let wire = Wire::to(support::postgres::Postgres::get().port()).await;
        let port = wire.port();
        let app = TestApp::start_with(Db::Postgres, Furnished::One, |config| {
            let (before, after) = config.database_url.split_once("127.0.0.1:").unwrap();
            let (_, database) = after.split_once('/').unwrap();
            config.database_url = format!("{before}127.0.0.1:{port}/{database}");
        })
        .await;
        let clerk = app.client(Who::Clerk, Town::A).await;
        let outside = app.outside().await;
        let mut writers = Writers::start(&clerk, None);
        writers.answers(20).await;
        let rounds = if soak() { 4_000 } else { 250 };
        for _ in 0..rounds {
            // A write sends about 2,500 bytes and gets about 1,500.
            if random.random_bool(0.5) {
                wire.cut_towards(random.random_range(0..2_500));
            } else {
                wire.cut_from(random.random_range(0..1_500));
            }
            writers.answers(random.random_range(4..12)).await;
        }
        wire.cut_towards(u32::MAX);
        wire.cut_from(u32::MAX);
        writers.answers(CLIENTS * 2).await;
        let mut outcomes = writers.end().await;
        is_well(&clerk, &mut outcomes).await;
        eprintln!("{} cuts", wire.cuts());
        assert!(wire.cuts() >= rounds / 2, "only {} cuts", wire.cuts());
        check(&outcomes, &outside).await;
        outside.close().await.unwrap();
        app.stop().await;
    });
}

/// An operator holds a table for longer than a writer waits: the writer is told so, and readers are not held up.
#[test]
fn on_postgres_a_lock_is_waited_for_only_so_long() {
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::start_with(Db::Postgres, Furnished::One, |_| {}).await;
        let clerk = app.client(Who::Clerk, Town::A).await;
        let outside = app.outside().await;
        let hold = "BEGIN; LOCK TABLE idempotency_key IN EXCLUSIVE MODE";
        outside.execute_unprepared(hold).await.unwrap();
        let outcome = write(&clerk, &|| 0).await;
        assert_eq!((outcome.status, outcome.code.as_str()), (503, "unavailable"));
        clerk.get("/members?limit=1").await.ok(200);
        outside.execute_unprepared("ROLLBACK").await.unwrap();
        let kept = write(&clerk, &|| 0).await;
        check(&[outcome, kept], &outside).await;
        outside.close().await.unwrap();
        app.stop().await;
    });
}

/// The database ends its connections at any moment; reads try once more.
#[test]
fn on_postgres_backends_may_be_killed() {
    actix_web::rt::System::new().block_on(async {
        let seed = support::seed();
        let mut random = StdRng::seed_from_u64(seed);
        let app = TestApp::start_with(Db::Postgres, Furnished::One, |_| {}).await;
        let clerk = app.client(Who::Clerk, Town::A).await;
        let outside = app.outside().await;
        let kill = format!(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '{}' AND datname = current_database()",
            support::postgres::RUNTIME
        );
        let mut writers = Writers::start(&clerk, None);
        writers.answers(20).await;
        for _ in 0..if soak() { 400 } else { 40 } {
            outside.execute_unprepared(&kill).await.unwrap();
            writers.answers(random.random_range(8..24)).await;
        }
        let mut outcomes = writers.end().await;
        // All idle connections are dead at once: no reader is told, nor is a writer.
        outside.execute_unprepared(&kill).await.unwrap();
        for _ in 0..4 {
            clerk.get("/members?limit=1").await.ok(200);
        }
        outside.execute_unprepared(&kill).await.unwrap();
        let outcome = write(&clerk, &|| 0).await;
        assert_eq!(outcome.status, 201, "nothing had begun when the connection was found dead");
        outcomes.push(outcome);
        check(&outcomes, &outside).await;
        outside.close().await.unwrap();
        app.stop().await;
    });
}

/// The disk beneath PostgreSQL is full or broken: under its tables it says so, under its log it stops and starts again.
#[test]
fn on_postgres_its_disk_may_fail() {
    actix_web::rt::System::new().block_on(async {
        for (files, calls, error, times, expected) in [
            ("base/", call::WRITE, ENOSPC, i32::MAX, Some(507)),
            ("pg_wal/0", call::SYNC, EIO, 1, None),
            ("pg_wal/0", call::WRITE, ENOSPC, 1, None),
        ] {
            let shim = Shim::new(files);
            let app = TestApp::start_on_its_own_postgres(&shim).await;
            let clerk = app.client(Who::Clerk, Town::A).await;
            let outside = app.outside().await;
            let mut writers = Writers::start(&clerk, None);
            writers.answers(40).await;
            shim.fail(calls, error, 3, times);
            while shim.failed() == 0 {
                writers.answers(CLIENTS).await;
            }
            writers.answers(CLIENTS * 4).await;
            shim.calm();
            // Its recovery takes a moment, and where that failed too, somebody has to start it.
            let deadline = Instant::now() + Duration::from_secs(30);
            loop {
                app.postgres().keep_running();
                let outcome = write(&clerk, &|| 0).await;
                let status = outcome.status;
                writers.seen.push(outcome);
                if status == 201 {
                    break;
                }
                assert!(
                    Instant::now() < deadline,
                    "{files}: PostgreSQL does not come back, {status}: {}",
                    app.postgres().log()
                );
            }
            let outcomes = writers.end().await;
            if let Some(expected) = expected {
                assert!(
                    outcomes.iter().any(|one| one.status == expected),
                    "{files}: nothing was answered {expected}"
                );
            }
            drop(outside);
            check(&outcomes, &app.outside().await).await;
            app.stop().await;
        }
    });
}
