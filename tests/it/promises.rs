//! What the rooms promise, each by its id: a planted violation is named, what a night finds is counted, and the prose at the head of each
//! room cites what proves it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use support::prelude::*;

use crate::furniture::furnish;
use crate::rooms::Room;

/// What the tests of `verify` bring: it has no operations.
pub(crate) const ROOM: Room = Room::of("verify");

/// How a promise is broken past the server, and mended again.
struct Plant {
    id: &'static str,
    breaks: &'static str,
    mends: &'static str,
}

const fn plant(id: &'static str, breaks: &'static str, mends: &'static str) -> Plant {
    Plant { id, breaks, mends }
}

/// One violation for each promise. `NEW_ID` is an id that nothing has.
const PLANTS: &[Plant] = &[
    plant(
        "PT1",
        "UPDATE points_entry SET amount = amount + 1 WHERE balance_after IS NULL",
        "UPDATE points_entry SET amount = amount - 1 WHERE balance_after IS NULL",
    ),
    plant(
        "PT2",
        "UPDATE purse SET balance = balance + 1 WHERE holder_kind = 'member'",
        "UPDATE purse SET balance = balance - 1 WHERE holder_kind = 'member'",
    ),
    plant(
        "PT3",
        "UPDATE purse_quarter SET score = score + 1",
        "UPDATE purse_quarter SET score = score - 1",
    ),
    plant(
        "PT4",
        "UPDATE points_entry SET balance_after = balance_after + 1 WHERE balance_after IS NOT NULL",
        "UPDATE points_entry SET balance_after = balance_after - 1 WHERE balance_after IS NOT NULL",
    ),
    plant(
        "PT5",
        "INSERT INTO purse (tenant_id, id, holder_kind, holder_id, kind, balance) SELECT tenant_id, NEW_ID, 'member', id, 'standing', 0 \
         FROM member WHERE id NOT IN (SELECT holder_id FROM purse)",
        "DELETE FROM purse WHERE holder_kind = 'member' AND id NOT IN (SELECT purse_id FROM points_entry)",
    ),
    plant(
        "NT1",
        "UPDATE notice SET read_count = read_count + 1",
        "UPDATE notice SET read_count = read_count - 1",
    ),
    plant(
        "NT2",
        "INSERT INTO notice (tenant_id, id, title, text, published_at, version, read_since, read_count) \
         SELECT tenant_id, NEW_ID, 'nobody', text, published_at, 1, 1, 0 FROM notice",
        "DELETE FROM notice WHERE title = 'nobody'",
    ),
    plant(
        "GR1",
        "INSERT INTO grid_post (tenant_id, id, grid_id, member_id, kind, since, until, created_at) \
         SELECT tenant_id, NEW_ID, grid_id, member_id, kind, since, '2999-01-01', created_at FROM grid_post WHERE kind = 'sub_head'",
        "DELETE FROM grid_post WHERE until = '2999-01-01'",
    ),
    plant(
        "GR2",
        "UPDATE grid_post SET kind = 'sub_head' WHERE kind = 'general_head'",
        "UPDATE grid_post SET kind = 'general_head' WHERE kind = 'sub_head' AND grid_id IN (SELECT id FROM grid WHERE kind = 'general')",
    ),
    plant(
        "GR3",
        "UPDATE grid SET kind = 'micro' WHERE kind = 'sub'",
        "UPDATE grid SET kind = 'sub' WHERE kind = 'micro'",
    ),
    plant(
        "MB1",
        "UPDATE party_org SET parent_id = id WHERE parent_id IS NULL",
        "UPDATE party_org SET parent_id = NULL WHERE parent_id = id",
    ),
    plant(
        "MB2",
        "UPDATE member SET name_initials = name_initials || 'x'",
        "UPDATE member SET name_initials = substr(name_initials, 1, length(name_initials) - 1)",
    ),
    plant(
        "TK1",
        "UPDATE task SET period = period || 'x'",
        "UPDATE task SET period = substr(period, 1, length(period) - 1)",
    ),
    plant(
        "TK2",
        "UPDATE task SET closed_at = due_at WHERE state = 'open'",
        "UPDATE task SET closed_at = NULL WHERE state = 'open'",
    ),
    plant(
        "TK3",
        "UPDATE task_log SET account_id = (SELECT s.account_id FROM task_submission s WHERE s.tenant_id = task_log.tenant_id \
         AND s.task_id = task_log.task_id) WHERE kind = 'verified'",
        "UPDATE task_log SET account_id = (SELECT a.id FROM account a WHERE a.tenant_id = task_log.tenant_id AND a.username = 'clerk') \
         WHERE kind = 'verified'",
    ),
    plant(
        "TK4",
        "UPDATE task SET opened_at = due_at, due_at = opened_at",
        "UPDATE task SET opened_at = due_at, due_at = opened_at",
    ),
    plant(
        "AC1",
        "UPDATE activity_signup SET state = 'waiting' WHERE state = 'signed_up'",
        "UPDATE activity_signup SET state = 'signed_up' WHERE state = 'waiting'",
    ),
    plant(
        "AC2",
        "UPDATE activity SET cancelled_at = created_at, cancel_reason = 'x'",
        "UPDATE activity SET cancelled_at = NULL, cancel_reason = NULL",
    ),
    plant(
        "PR1",
        "UPDATE check_in SET minutes = 5 WHERE checked_out_at IS NULL",
        "UPDATE check_in SET minutes = NULL WHERE checked_out_at IS NULL",
    ),
    plant(
        "CL1",
        "INSERT INTO checklist_version (tenant_id, id, checklist_id, number, state, effective_from, published_at, published_by, created_at) \
         SELECT tenant_id, NEW_ID, checklist_id, number + 7, state, effective_from, published_at, published_by, created_at \
         FROM checklist_version",
        "DELETE FROM checklist_version WHERE number > 7",
    ),
    plant(
        "CL2",
        "UPDATE checklist_version SET effective_from = NULL WHERE state = 'published'",
        "UPDATE checklist_version SET effective_from = '2026-11-23' WHERE state = 'published'",
    ),
    plant(
        "CL3",
        "UPDATE posting SET source_kind = 'check_in' WHERE source_kind = 'task'",
        "UPDATE posting SET source_kind = 'task' WHERE source_id IN (SELECT id FROM task)",
    ),
    plant(
        "AN1",
        "UPDATE account SET disabled = TRUE WHERE username = 'administrator'",
        "UPDATE account SET disabled = FALSE WHERE username = 'administrator'",
    ),
    plant(
        "SE1",
        "INSERT INTO session (tenant_id, id, account_id, rotated_at, user_agent, created_at, last_used_at, expires_at, revoked_at, generation) \
         SELECT s.tenant_id, NEW_ID, s.account_id, s.rotated_at, 'planted', s.created_at, s.last_used_at, s.expires_at, s.revoked_at, \
         s.generation FROM session s, account one, account other",
        "DELETE FROM session WHERE user_agent = 'planted'",
    ),
    plant(
        "JB1",
        "UPDATE job SET finished_at = run_at WHERE state = 'waiting'",
        "UPDATE job SET finished_at = NULL WHERE state = 'waiting'",
    ),
    plant(
        "JB2",
        "UPDATE bell SET due_at = (SELECT created_at FROM job WHERE job.id = bell.job_id)",
        "UPDATE bell SET due_at = (SELECT run_at FROM job WHERE job.id = bell.job_id)",
    ),
];

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
    let new_id = match app.db {
        Db::Sqlite => "randomblob(16)",
        Db::Postgres => "gen_random_uuid()",
    };
    let done = outside.execute_unprepared(&sql.replace("NEW_ID", new_id)).await;
    let done = done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    assert!(done.rows_affected() > 0, "nothing to meddle with: {sql}");
}

async fn faults(app: &TestApp) -> Vec<String> {
    let tenant = app.town(Town::A).tenant;
    api::verify::verify(&app.state, tenant, &[]).await.unwrap().faults
}

on_both! {
    /// Whatever is done to the rows past the server, `gezhi verify` names the promise and the row.
    async fn a_broken_promise_is_named(app: TestApp) {
        let ids: BTreeSet<&str> = registered().into_iter().collect();
        let planted: BTreeSet<&str> = PLANTS.iter().map(|one| one.id).collect();
        assert_eq!(planted, ids, "each promise has its violation");
        furnish(&app, Town::A).await;
        let outside = past_the_server(&app).await;
        for one in PLANTS {
            assert_eq!(faults(&app).await, Vec::<String>::new(), "before {}", one.id);
            meddle(&app, &outside, one.breaks).await;
            let found = faults(&app).await;
            let named = format!("{} (", one.id);
            let row = found.iter().find(|fault| fault.starts_with(&named));
            let row = row.unwrap_or_else(|| panic!("{} is not named: {found:?}", one.id));
            // With the row: an id, but where the whole township is at fault.
            assert!(one.id == "AN1" || row.contains('-'), "{row}");
            assert!(found.len() <= PLANTS.len() * usize::try_from(api::invariant::MOST).unwrap());
            meddle(&app, &outside, one.mends).await;
        }
        assert_eq!(faults(&app).await, Vec::<String>::new());
        outside.close().await.unwrap();
    }
}

/// The night after days on which somebody worked looks at what is new, and counts what it finds. One database after the other, since the
/// process counts for both.
#[test]
fn a_night_counts_what_is_broken() {
    for db in [Db::Sqlite, Db::Postgres] {
        support::run(db, Furnished::Two, night);
    }
}

async fn night(app: TestApp) {
    let counted = |id: &str| -> u64 {
        let line = format!("gezhi_invariant_broken_total{{id=\"{id}\"}} ");
        let figures = api::http::recorder().render();
        let found = figures.lines().find_map(|one| one.strip_prefix(&line).map(str::to_owned));
        found.and_then(|number| number.parse().ok()).unwrap_or(0)
    };
    furnish(&app, Town::A).await;
    // As the pages do: what is kept under a key is cleaned up by night.
    let person = json!({"number": "7001", "name": "新人", "category": "resident"});
    let clerk = app.client(Who::Clerk, Town::A).await;
    clerk.post_key("/members", "a-key", &person).await.ok(201);
    let broken = ["PT2", "AC1"];
    let before = broken.map(counted);
    let outside = past_the_server(&app).await;
    let plants: Vec<&Plant> = PLANTS.iter().filter(|one| broken.contains(&one.id)).collect();
    for one in &plants {
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
    for one in &plants {
        meddle(&app, &outside, one.mends).await;
    }
    outside.close().await.unwrap();
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
