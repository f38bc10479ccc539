//! What the rooms promise, each by its id: a planted violation is named, what a night finds is counted, and the prose at the head of each
//! room cites what proves it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use ::entity::ids::TenantId;
use api::feature::Feature;
use api::http::ApiError;
use api::invariant::{Invariant, MOST, Span};
use api::jobs::{Plan, plant};
use api::state::AppState;
use api::tenancy::Tx;
use api::verify::Verified;
use chrono::TimeDelta;
use futures_util::future::LocalBoxFuture;
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult};
use support::prelude::*;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::furniture::furnish;
use crate::rooms::{ROOMS, Room, Violation};

/// What the tests of `verify` bring: it has no operations.
pub(crate) const ROOM: Room = Room::of("verify");

/// One violation for each promise, as the rooms bring them. `NEW_ID` is an id that nothing has.
fn violations() -> impl Iterator<Item = &'static Violation> {
    ROOMS.iter().flat_map(|room| room.violations)
}

/// A connection past the server on which the ledger may be changed.
async fn past_the_server(app: &TestApp) -> DatabaseConnection {
    let outside = app.outside().await;
    if app.db == Db::Sqlite {
        for table in ["posting", "points_entry"] {
            for act in ["update", "delete", "replace"] {
                let sql = format!("DROP TRIGGER IF EXISTS {table}_refuses_{act}");
                outside.execute_unprepared(&sql).await.unwrap();
            }
        }
    }
    outside
}

async fn meddle(app: &TestApp, outside: &DatabaseConnection, sql: &str) {
    // Made now, as ids are: by chance alone one would be older than the installation.
    let now: String = Uuid::now_v7().simple().to_string().chars().take(8).collect();
    let new_id = match app.db {
        Db::Sqlite => format!("unhex('{now}' || hex(randomblob(12)))"),
        Db::Postgres => format!("overlay(gen_random_uuid()::text placing '{now}' from 1)::uuid"),
    };
    let done = outside.execute_unprepared(&sql.replace("NEW_ID", &new_id)).await;
    let done = done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    assert!(done.rows_affected() > 0, "nothing to meddle with: {sql}");
}

async fn verified(app: &TestApp) -> Verified {
    api::verify::verify(&app.state, app.town(Town::A).tenant, &[]).await.unwrap()
}

async fn faults(app: &TestApp) -> Vec<String> {
    verified(app).await.faults
}

on_both! {
    /// Whatever is done to the rows past the server, `gezhi verify` names the promise and the row.
    async fn a_broken_promise_is_named(app: TestApp) {
        let broken: Vec<&str> = violations().map(|one| one.id).collect();
        let ids: BTreeSet<&str> = registered().into_iter().collect();
        assert_eq!(broken.iter().copied().collect::<BTreeSet<_>>(), ids, "each promise has its violation");
        assert_eq!(broken.len(), ids.len(), "and one alone");
        for room in ROOMS {
            let mine = api::FEATURES.iter().find(|feature| feature.name == room.name);
            let mine = |id| mine.is_some_and(|mine| mine.invariants.iter().any(|one| one.id == id));
            assert!(room.violations.iter().all(|one| mine(one.id)), "{} breaks its own promises", room.name);
        }
        furnish(&app, Town::A).await;
        let outside = past_the_server(&app).await;
        for one in violations() {
            assert_eq!(faults(&app).await, Vec::<String>::new(), "before {}", one.id);
            meddle(&app, &outside, one.breaks).await;
            let found = faults(&app).await;
            let named = format!("{} (", one.id);
            let row = found.iter().find(|fault| fault.starts_with(&named));
            let row = row.unwrap_or_else(|| panic!("{} is not named: {found:?}", one.id));
            // With the row: an id, but where the whole township is at fault.
            let (_, row) = row.split_once("): ").unwrap();
            assert!(one.id == "AN1" || row.contains('-'), "{row}");
            meddle(&app, &outside, one.mends).await;
        }
        assert_eq!(faults(&app).await, Vec::<String>::new());
        outside.close().await.unwrap();
    }

    /// Of many rows that break a promise some are named, and it is said that there are more: nobody takes the first twenty for all.
    async fn more_than_are_named_are_told_of(app: TestApp) {
        furnish(&app, Town::A).await;
        let outside = past_the_server(&app).await;
        let nobody = violations().find(|one| one.id == "NT2").unwrap();
        for (count, more) in [(MOST, false), (MOST + 3, true)] {
            // The planted notices count among those that are copied: of one only.
            let breaks = format!("{} WHERE title <> 'nobody' LIMIT 1", nobody.breaks);
            for _ in 0..count {
                meddle(&app, &outside, &breaks).await;
            }
            let found = verified(&app).await;
            assert_eq!(found.faults.len(), MOST + usize::from(more), "{:?}", found.faults);
            assert_eq!(found.faults.iter().filter(|line| line.contains("there are more")).count(), usize::from(more));
            let told = found.to_string();
            let said = if more { "promises: more than 20 do not fit" } else { "promises: 20 do not fit" };
            assert!(told.contains(said), "{told}");
            meddle(&app, &outside, nobody.mends).await;
        }
        outside.close().await.unwrap();
    }

    /// After each test all townships are looked at, those too that a test has founded itself.
    async fn a_third_township_is_looked_at(app: TestApp) {
        let token = api::township::service::new_setup_token(&app.state).await.unwrap();
        let founding = json!({"token": token, "township_code": "310116101", "username": "first",
            "password": "another horse with 6 batteries", "display_name": "管理员"});
        app.anonymous().post("/public/setup", &founding).await.ok(201);
        let third = app.state.platform().find("310116101").await.unwrap().unwrap().id;
        assert_eq!(app.broken().await, Vec::<String>::new());
        let outside = past_the_server(&app).await;
        meddle(&app, &outside, "UPDATE account SET disabled = TRUE WHERE username = 'first'").await;
        let broken = app.broken().await;
        assert_eq!(broken.len(), 1, "{broken:?}");
        assert!(broken[0].starts_with(&format!("{third}: AN1 (")), "{broken:?}");
        meddle(&app, &outside, "UPDATE account SET disabled = FALSE WHERE username = 'first'").await;
        outside.close().await.unwrap();
    }
}

/// What a night finds is counted by the process: those that look at it do so one after the other, on one database after the other.
static COUNTED: Mutex<()> = Mutex::new(());

fn one_after_the_other<F: Future<Output = ()>>(test: fn(TestApp) -> F) {
    let _alone = COUNTED.lock().unwrap_or_else(PoisonError::into_inner);
    for db in [Db::Sqlite, Db::Postgres] {
        support::run(db, Furnished::Two, test);
    }
}

/// How many rows nights have found that break a promise.
fn counted(id: &str) -> u64 {
    let line = format!("gezhi_invariant_broken_total{{id=\"{id}\"}} ");
    let figures = api::http::recorder().render();
    let found = figures.lines().find_map(|one| one.strip_prefix(&line).map(str::to_owned));
    found.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// The night after days on which somebody worked looks at what is new, and counts what it finds.
#[test]
fn a_night_counts_what_is_broken() {
    one_after_the_other(night);
}

async fn night(app: TestApp) {
    furnish(&app, Town::A).await;
    // As the pages do: what is kept under a key is cleaned up by night.
    let person = json!({"number": "7001", "name": "新人", "category": "resident"});
    let clerk = app.client(Who::Clerk, Town::A).await;
    clerk.post_key("/members", "a-key", &person).await.ok(201);
    let broken = ["PT2", "AC1"];
    let before = broken.map(counted);
    let outside = past_the_server(&app).await;
    let both: Vec<&Violation> = violations().filter(|one| broken.contains(&one.id)).collect();
    for one in &both {
        meddle(&app, &outside, one.breaks).await;
    }
    let mut nights = 0;
    while broken.map(counted) == before {
        nights += 1;
        assert!(nights <= api::verify::DAYS, "no night looked");
        app.clock.advance(TimeDelta::days(1));
        api::jobs::round(&app.state).await.unwrap();
    }
    assert_eq!(broken.map(counted), before.map(|number| number + 1));
    for one in &both {
        meddle(&app, &outside, one.mends).await;
    }
    outside.close().await.unwrap();
}

/// Plants the look of a night, as a cleaning night does.
async fn plant_look(state: &AppState, tenant: TenantId) {
    let scope = state.scope_of(tenant);
    scope.write(async |tx: &Tx| plant(tx, Plan::of("verify.look")).await).await.unwrap();
}

/// What came into being long ago and was broken lately is found by night: the look goes by what happened, not by the age of rows.
#[test]
fn a_night_sees_what_became_of_old_rows() {
    one_after_the_other(old_rows);
}

/// Rows to which something happens long after they were made.
const OLD: &[&str] = &[
    "checklist",
    "checklist_version",
    "task",
    "activity",
    "activity_signup",
    "check_in",
    "notice",
    "grid_post",
    "purse",
    "job",
];

/// When they were made, where it is written down beside the id: moments that tell nothing of what happened to them since.
const MADE: &[(&str, &str)] = &[
    ("checklist_version", "created_at"),
    ("activity", "created_at"),
    ("notice", "published_at"),
    ("check_in", "checked_in_at"),
];

async fn old_rows(app: TestApp) {
    furnish(&app, Town::A).await;
    let outside = past_the_server(&app).await;
    age(&app, &outside).await;
    let tenant = app.town(Town::A).tenant;
    assert_eq!(faults(&app).await, Vec::<String>::new(), "they are as sound as before");
    for one in violations() {
        let before = counted(one.id);
        meddle(&app, &outside, one.breaks).await;
        plant_look(&app.state, tenant).await;
        api::jobs::round(&app.state).await.unwrap();
        assert!(counted(one.id) > before, "{} of old rows is not seen", one.id);
        meddle(&app, &outside, one.mends).await;
    }
    outside.close().await.unwrap();
}

/// Has the rows of some tables been made a year ago: their ids, wherever they stand, and the moment where there is one.
async fn age(app: &TestApp, outside: &DatabaseConnection) {
    let (unbound, bound, columns) = match app.db {
        Db::Sqlite => (
            "PRAGMA foreign_keys = OFF",
            "PRAGMA foreign_keys = ON",
            "SELECT t.name AS of_table, c.name AS of_column FROM sqlite_master t JOIN pragma_table_info(t.name) c \
             WHERE t.type = 'table' AND (lower(c.type) LIKE '%uuid%' OR lower(c.type) LIKE '%blob%')",
        ),
        Db::Postgres => (
            "SET session_replication_role = replica",
            "SET session_replication_role = DEFAULT",
            "SELECT table_name::text AS of_table, column_name::text AS of_column FROM information_schema.columns \
             WHERE table_schema = 'public' AND data_type = 'uuid'",
        ),
    };
    let texts = async |sql: &str, names: &[&str]| -> Vec<Vec<String>> {
        let rows = outside.query_all_raw(app.statement(sql)).await.unwrap();
        let read =
            |row: &QueryResult| names.iter().map(|name| row.try_get("", name).unwrap()).collect();
        rows.iter().map(read).collect()
    };
    // The record refuses it, and nothing looks there.
    let mut columns = texts(columns, &["of_table", "of_column"]).await;
    columns.retain(|one| !one[0].starts_with("audit"));
    assert!(columns.len() > 50, "{columns:?}");
    outside.execute_unprepared(unbound).await.unwrap();
    for table in OLD {
        let id = if app.db == Db::Sqlite { "hex(id)" } else { "id::text" };
        let ids = texts(&format!("SELECT {id} AS id FROM {table}"), &["id"]).await;
        assert!(!ids.is_empty(), "no {table}");
        for id in ids.concat() {
            let id: Uuid = id.parse().unwrap();
            let year: u128 = 365 * 24 * 60 * 60 * 1000;
            let old = Uuid::from_u128(id.as_u128() - (year << 80));
            let [id, old] = [id, old].map(|id| match app.db {
                Db::Sqlite => format!("X'{}'", id.simple()),
                Db::Postgres => format!("'{id}'"),
            });
            for one in &columns {
                let (table, column) = (&one[0], &one[1]);
                let sql = format!("UPDATE {table} SET {column} = {old} WHERE {column} = {id}");
                outside.execute_unprepared(&sql).await.unwrap();
            }
        }
    }
    let long_ago = (app.clock.now() - TimeDelta::days(365)).to_rfc3339();
    for (table, column) in MADE {
        let done = outside
            .execute_unprepared(&format!("UPDATE {table} SET {column} = '{long_ago}'"))
            .await;
        assert!(done.unwrap().rows_affected() > 0, "no {table}");
    }
    outside.execute_unprepared(bound).await.unwrap();
}

/// A look that is cut off, by a server that dies or by a promise that cannot be asked, goes on there.
#[test]
fn a_night_goes_on_where_it_was() {
    one_after_the_other(cut_off);
}

/// How often the promises before the trap were asked, and the trap itself.
static ASKED: AtomicUsize = AtomicUsize::new(0);
static TRAPPED: AtomicUsize = AtomicUsize::new(0);
static REACHED: Notify = Notify::const_new();

const fn of_tests(id: &'static str, broken: Asking) -> Invariant {
    Invariant { id, zh: "测试", en: "a test", broken }
}

type Asking = for<'a> fn(&'a Tx, Span) -> LocalBoxFuture<'a, api::http::Result<Vec<String>>>;

const fn asked(id: &'static str) -> Invariant {
    of_tests(id, |_, _| {
        Box::pin(async {
            ASKED.fetch_add(1, Ordering::SeqCst);
            Ok(Vec::new())
        })
    })
}

/// Two slices and more of promises that count, and one that never answers, then fails, then holds.
const WITH_TRAP: Feature = Feature {
    invariants: &[
        asked("ZA0"),
        asked("ZA1"),
        asked("ZA2"),
        asked("ZA3"),
        asked("ZA4"),
        asked("ZA5"),
        asked("ZA6"),
        asked("ZA7"),
        asked("ZB0"),
        asked("ZB1"),
        asked("ZB2"),
        asked("ZB3"),
        asked("ZB4"),
        asked("ZB5"),
        asked("ZB6"),
        asked("ZB7"),
        of_tests("ZZ0", |_, _| {
            Box::pin(async {
                match TRAPPED.fetch_add(1, Ordering::SeqCst) {
                    0 => {
                        REACHED.notify_one();
                        std::future::pending().await
                    }
                    1 => Err(ApiError::internal("a promise that cannot be asked")),
                    _ => Ok(Vec::new()),
                }
            })
        }),
    ],
    ..Feature::of("test_promises")
};

async fn cut_off(app: TestApp) {
    let before = WITH_TRAP.invariants.len() - 1;
    assert!(before >= 2 * api::verify::AT_ONCE);
    ASKED.store(0, Ordering::SeqCst);
    TRAPPED.store(0, Ordering::SeqCst);
    let node = app.state_with(&[WITH_TRAP]).await;
    plant_look(&node, app.town(Town::A).tenant).await;
    tokio::select! {
        _ = api::jobs::round(&node) => panic!("nothing cut it off"),
        () = REACHED.notified() => {}
    }
    assert_eq!(ASKED.load(Ordering::SeqCst), before);
    // Its lease is over: another takes it, at the slice that was cut off.
    app.clock.advance(TimeDelta::minutes(2));
    api::jobs::round(&node).await.unwrap();
    let again = (registered().len() + before) % api::verify::AT_ONCE;
    assert_eq!(
        ASKED.load(Ordering::SeqCst),
        before + again,
        "what the slice had asked is asked again"
    );
    assert_eq!(TRAPPED.load(Ordering::SeqCst), 2);
    // What could not be asked is asked again, and nothing before it.
    app.clock.advance(TimeDelta::hours(1));
    api::jobs::round(&node).await.unwrap();
    assert_eq!(ASKED.load(Ordering::SeqCst), before + again);
    assert_eq!(TRAPPED.load(Ordering::SeqCst), 3);
}

fn registered() -> Vec<&'static str> {
    api::FEATURES.iter().flat_map(|feature| feature.invariants).map(|one| one.id).collect()
}

/// Promises in the prose of a room which nothing that is named there proves, by room. A new one cites what proves it; these numbers only
/// get smaller.
const UNPROVED: &[(&str, usize)] = &[];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What a room promises: the points of the list at the head of its `mod.rs`, cut into sentences.
fn sentences(text: &str) -> Vec<String> {
    let mut points: Vec<String> = Vec::new();
    let mut inside = false;
    for line in text.lines().filter_map(|line| line.strip_prefix("//!")) {
        let line = line.trim();
        if let Some(point) = line.strip_prefix("- ") {
            points.push(point.to_owned());
            inside = true;
        } else if line.is_empty() {
            inside = false;
        } else if let (true, Some(point)) = (inside, points.last_mut()) {
            point.push(' ');
            point.push_str(line);
        }
    }
    let cut = |point: &String| -> Vec<String> {
        point.split_inclusive([' ']).fold(vec![String::new()], |mut sentences, word| {
            if let Some(sentence) = sentences.last_mut() {
                sentence.push_str(word);
            }
            if word.trim_end().ends_with(['.', ';', ':']) {
                sentences.push(String::new());
            }
            sentences
        })
    };
    points.iter().flat_map(cut).filter(|sentence| !sentence.trim().is_empty()).collect()
}

/// Whether a sentence says what must always hold.
fn promises(sentence: &str) -> bool {
    let text = sentence.to_lowercase().replace("at once", "").replace("**", "");
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
    ["never", "once", "always"].iter().any(|word| words.contains(word))
        || text.contains("at most one ")
}

/// What is cited in brackets: ids of promises, and tests by module and name.
fn cited(text: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut ids, mut tests) = (BTreeSet::new(), BTreeSet::new());
    let brackets = text.split('(').skip(1).filter_map(|rest| rest.split(')').next());
    for part in brackets.flat_map(|inside| inside.split(',')).map(str::trim) {
        let bytes = part.as_bytes();
        let is_id = (3..=4).contains(&bytes.len())
            && bytes[..2].iter().all(u8::is_ascii_uppercase)
            && bytes[2..].iter().all(u8::is_ascii_digit);
        let test = part.strip_prefix('`').and_then(|part| part.strip_suffix('`'));
        if is_id {
            ids.insert(part.to_owned());
        } else if let Some(test) =
            test.filter(|test| test.contains("::") && !test.contains("crate"))
        {
            tests.insert(test.to_owned());
        }
    }
    (ids, tests)
}

/// Rooms and the prose at the head of their `mod.rs`.
fn prose() -> BTreeMap<String, String> {
    let floors = ["api/src", "api/ground/src"];
    floors
        .into_iter()
        .flat_map(|floor| std::fs::read_dir(root().join(floor)).unwrap())
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(path.join("mod.rs")).ok()?;
            Some((path.file_name()?.to_str()?.to_owned(), text))
        })
        .collect()
}

/// Where a module of these tests stands.
fn module_of(module: &str) -> PathBuf {
    root().join("tests/it").join(format!("{module}.rs"))
}

/// Whether a module of these tests has a test of this name.
fn is_test(name: &str) -> bool {
    let Some((module, name)) = name.rsplit_once("::") else { return false };
    std::fs::read_to_string(module_of(module))
        .is_ok_and(|text| text.contains(&format!("fn {name}(")))
}

#[test]
fn the_prose_cites_what_proves_it() {
    let registered = registered();
    let mut all = BTreeSet::new();
    let mut unproved = BTreeMap::new();
    for (room, text) in prose() {
        let sentences = sentences(&text);
        for sentence in &sentences {
            let (ids, tests) = cited(sentence);
            for id in &ids {
                assert!(
                    registered.contains(&id.as_str()),
                    "{room} cites {id}, which is no promise"
                );
                let owner = api::FEATURES
                    .iter()
                    .find(|feature| feature.invariants.iter().any(|one| one.id == id));
                assert!(owner.is_some_and(|owner| owner.name == room), "{id} is not {room}'s");
            }
            // What is no module of these tests is a part of the product.
            let tests: Vec<&String> = tests
                .iter()
                .filter(|test| {
                    test.rsplit_once("::").is_some_and(|(module, _)| module_of(module).exists())
                })
                .collect();
            for test in &tests {
                assert!(is_test(test), "{room} cites {test}, which is no test");
            }
            if promises(sentence) && ids.is_empty() && tests.is_empty() {
                unproved.entry(room.clone()).or_insert_with(Vec::new).push(sentence.clone());
            }
            all.extend(ids);
        }
    }
    let uncited: Vec<_> = registered.iter().filter(|id| !all.contains(**id)).collect();
    assert!(uncited.is_empty(), "no room's prose cites {uncited:?}");
    let counted: BTreeMap<&str, usize> =
        unproved.iter().map(|(room, sentences)| (room.as_str(), sentences.len())).collect();
    let allowed: BTreeMap<&str, usize> = UNPROVED.iter().copied().collect();
    assert_eq!(counted, allowed, "what is promised and not proved: {unproved:#?}");
}

/// The reader of the prose is not blind.
#[test]
fn a_promise_is_seen() {
    let text = "//! Head, once.\n//!\n//! - It is done once. It is told\n//!   at once: never late (TN1).\n//! - Nobody (`task::a`, GR2).\n";
    let sentences = sentences(text);
    let seen: Vec<&String> = sentences.iter().filter(|one| promises(one)).collect();
    assert_eq!(seen, ["It is done once. ", "never late (TN1)."]);
    let (ids, tests) = cited(&sentences.concat());
    assert_eq!(ids, ["GR2", "TN1"].map(str::to_owned).into());
    assert_eq!(tests, ["task::a".to_owned()].into());
}
