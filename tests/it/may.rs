//! What may be done: a resource says to each of its readers which acts are open to them now, and why the others are not. Every word of
//! it is tried, in random histories: what is refused is refused with that very code, what is done already is answered and changes
//! nothing, and what is open is done, as the next step of the history.

use std::collections::{BTreeMap, BTreeSet};

use api::presence::code;
use api::task::Assignee;
use api::task::rules::{self, Act, Facts};
use api::tenancy::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use entity::activity;
use entity::evidence::Requirements;
use entity::ids::ActivityId;
use entity::kinds::{PostKind, TaskState};
use futures_util::StreamExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use support::kinds::MORE;
use support::prelude::*;

use crate::activity::in_minutes;
use crate::task_source::{errand, open};

/// Histories at once.
const AT_ONCE: usize = 8;

/// What came of what was tried: by act, how often it was done, was done already, and was refused with each code.
#[derive(Default)]
struct Tried {
    seen: BTreeMap<(String, String), usize>,
    few: bool,
}

impl Tried {
    fn saw(&mut self, act: &str, what: &str) {
        *self.seen.entry((act.to_owned(), what.to_owned())).or_default() += 1;
    }

    /// So many histories, of which `enough` come to everything.
    fn of(histories: usize, enough: usize) -> Self {
        Self { few: histories < enough, ..Self::default() }
    }

    fn with(mut self, other: Self) -> Self {
        for (key, count) in other.seen {
            *self.seen.entry(key).or_default() += count;
        }
        self
    }

    fn count(&self, act: &str, what: &str) -> usize {
        self.seen.get(&(act.to_owned(), what.to_owned())).copied().unwrap_or(0)
    }

    /// A test that never came to something has not tried it. Of few histories it is not asked.
    fn must_have(&self, act: &str, all: &[&str]) {
        if self.few {
            return;
        }
        let missing = self.lacks(act, all);
        assert!(missing.is_empty(), "{act}: never {missing:?}, but {:?}", self.seen);
    }

    fn lacks<'a>(&self, act: &str, all: &[&'a str]) -> Vec<&'a str> {
        all.iter().copied().filter(|what| self.count(act, what) == 0).collect()
    }
}

/// One word of what may be done: the act, what is said of it, and the request that tries it.
struct Word {
    act: String,
    said: Value,
    request: reqwest::RequestBuilder,
}

/// Every word of `may`, with the request that tries it.
fn words(may: &Value, request: impl Fn(&str) -> reqwest::RequestBuilder) -> Vec<Word> {
    let all = offered(may);
    let all = all.as_object().unwrap().iter();
    all.map(|(act, said)| Word { act: act.clone(), said: said.clone(), request: request(act) })
        .collect()
}

/// Tries all that is refused or has been done, and sees that nothing has come of it; then does one of the open acts that `chosen` takes.
async fn tried(
    client: &Client,
    resource: &str,
    before: &Value,
    random: &mut StdRng,
    words: Vec<Word>,
    chosen: impl Fn(&str) -> bool,
) -> Tried {
    let mut tried = Tried::default();
    let mut doable = Vec::new();
    let count = words.len();
    for word in words {
        if word.said == json!(true) {
            doable.push(word);
            continue;
        }
        let answer = client.send(word.request).await;
        let told = answer.json["code"].as_str().filter(|_| answer.status >= 400);
        assert_eq!(told, word.said.as_str(), "{} of {before}: {}", word.act, answer.status);
        assert!(
            told.is_some() || answer.status < 300,
            "{} of {before}: {}",
            word.act,
            answer.status
        );
        tried.saw(&word.act, told.unwrap_or("nothing"));
    }
    if doable.len() < count {
        assert_eq!(client.get(resource).await.ok(200), *before, "nothing has come of it");
    }
    doable.retain(|word| chosen(&word.act));
    if !doable.is_empty() {
        let word = doable.swap_remove(random.random_range(0..doable.len()));
        let answer = client.send(word.request).await;
        let body = String::from_utf8_lossy(&answer.bytes);
        assert!(
            answer.status < 300,
            "{} is open in {before}, but {}: {body}",
            word.act,
            answer.status
        );
        // Reading changes nothing, and what is done to another's check-in the activity does not show.
        let reads = ["get_", "list_", "preview_", "complete_"]
            .iter()
            .any(|begins| word.act.starts_with(begins));
        let after = client.get(resource).await;
        // What one has done one may have done with: it need not be one's own to see any more.
        assert!(
            after.status == 404 || (after.ok(200) == *before) == reads,
            "{} changes {before}",
            word.act
        );
        tried.saw(&word.act, "done");
    }
    tried
}

/// These accounts, signed in now.
async fn clients(app: &TestApp, readers: &[Who]) -> BTreeMap<Who, Client> {
    let mut all = BTreeMap::new();
    for who in readers.iter().copied().collect::<BTreeSet<_>>() {
        all.insert(who, app.client(who, Town::A).await);
    }
    all
}

/// Whether who signed in then has to do so again.
fn expired(app: &TestApp, since: DateTime<Utc>) -> bool {
    app.clock.now() >= since + TimeDelta::seconds(api::auth::ACCESS_SECONDS)
}

/// Who has more to do with tasks comes more often.
const TASK_READERS: [Who; 12] = [
    Who::Clerk,
    Who::Clerk,
    Who::Clerk,
    Who::GridHead,
    Who::GridHead,
    Who::GridHead,
    Who::SubHead,
    Who::SubHead,
    Who::Worker,
    Who::Worker,
    Who::Leader,
    Who::Integrator,
];

/// One history of a task: who reads it, and tries what it says.
async fn of_a_task(clients: &BTreeMap<Who, Client>, id: &str, seed: u64) -> Tried {
    let mut random = StdRng::seed_from_u64(seed);
    let mut all = Tried::default();
    let path = format!("/tasks/{id}");
    for _ in 0..random.random_range(3..8) {
        let who = TASK_READERS[random.random_range(0..TASK_READERS.len())];
        let client = &clients[&who];
        let read = client.get(&path).await;
        if read.status == 404 {
            // What one does not see one cannot do anything to: each time another act is tried.
            let act = ["accept", "submit", "verify", "return"].choose(&mut random).unwrap();
            let answer = client.post(&format!("{path}/{act}"), &json!({"reason": "补"})).await;
            assert!(
                ["not_found", "forbidden", "validation_failed"]
                    .contains(&answer.json["code"].as_str().unwrap())
            );
            all.saw("unseen", act);
            all.saw("task", "unseen");
            continue;
        }
        let task = read.ok(200);
        if random.random_ratio(1, 8) {
            all.saw("task", "listed");
            let listed = client
                .get(&format!(
                    "/tasks?limit=200&assignee_id={}",
                    task["assignee"]["id"].as_str().unwrap()
                ))
                .await
                .ok(200);
            let same =
                listed["items"].as_array().unwrap().iter().find(|one| one["id"] == task["id"]);
            assert!(
                same.is_none_or(|one| one["may"] == task["may"]),
                "a list says the same as the task"
            );
            if let (Some(_), true) = (same, task["may"]["submit_task"]["allowed"] == true) {
                let inbox = client.get("/tasks/inbox?limit=200").await.ok(200);
                let same =
                    inbox["items"].as_array().unwrap().iter().find(|one| one["id"] == task["id"]);
                assert!(same.is_none_or(|one| one["may"] == task["may"]), "so does the inbox");
            }
        }
        let words = words(&task["may"], |act| {
            let body = match act {
                "accept_task" => {
                    json!({"from": task["assignee"]["member"]["id"].as_str().filter(|_| !task["accepted_at"].is_null())})
                }
                "return_task" => json!({"reason": "请补充"}),
                _ => json!({}),
            };
            client
                .request(Method::POST, &format!("{path}/{}", act.trim_end_matches("_task")))
                .json(&body)
        });
        all = all.with(tried(client, &path, &task, &mut random, words, |_| true).await);
    }
    all.saw("task", "history");
    all
}

async fn tasks(app: TestApp, histories: usize) {
    let mut random = StdRng::seed_from_u64(support::seed());
    let town = app.town(Town::A);
    let clients = clients(&app, &TASK_READERS).await;
    let assignees = [
        Assignee::Person(town.members.worker, None),
        Assignee::Person(town.members.head, None),
        Assignee::Person(town.members.spare, None),
        Assignee::Post(town.grids.sub, PostKind::SubHead),
        Assignee::Post(town.grids.general, PostKind::GeneralHead),
        Assignee::Organisation(town.orgs.branch),
        Assignee::Organisation(town.orgs.committee),
    ];
    let due = app.clock.now() + TimeDelta::hours(48);
    let places =
        [None, Some(town.grids.sub), Some(town.grids.general), Some(town.grids.other_general)];
    let mut new = Vec::new();
    for number in 0..histories {
        let mut task = errand("走访", *assignees.choose(&mut random).unwrap(), due);
        task.source_item_id = uuid::Uuid::from_u128(u128::try_from(number).unwrap());
        task.grid_id = *places.choose(&mut random).unwrap();
        task.evidence = Requirements(Vec::new());
        new.push(task);
    }
    open(&app, new).await.unwrap();
    let rows = app
        .scope(Town::A)
        .read(async |tx: &Tx| tx.find::<entity::task::Entity>().all().await)
        .await
        .unwrap();
    let seeds: Vec<(String, u64)> =
        rows.iter().map(|row| (row.id.to_string(), random.random())).collect();
    assert_eq!(seeds.len(), histories);
    let all = futures_util::stream::iter(&seeds)
        .map(|(id, seed)| of_a_task(&clients, id, *seed))
        .buffer_unordered(AT_ONCE)
        .fold(Tried::of(histories, 100), async |all, one| all.with(one))
        .await;
    assert_eq!(all.count("task", "history"), histories);
    all.must_have("task", &["unseen", "listed"]);
    all.must_have("unseen", &["accept", "submit", "verify", "return"]);
    all.must_have("accept_task", &["done", "forbidden", "state_conflict"]);
    all.must_have("submit_task", &["done", "forbidden", "state_conflict"]);
    for act in ["verify_task", "return_task"] {
        all.must_have(act, &["done", "forbidden", "self_verification", "state_conflict"]);
    }
    eprintln!("{histories} histories: {:?}", all.seen);
}

/// Who looks at an activity.
const ACTIVITY_READERS: [Who; 7] = [
    Who::Clerk,
    Who::GridHead,
    Who::SubHead,
    Who::Worker,
    Who::Member,
    Who::Leader,
    Who::Integrator,
];

/// One step in the history of an activity: somebody reads it, and tries what it says of it and of the check-ins at it.
async fn of_an_activity(
    clients: &BTreeMap<Who, Client>,
    now: DateTime<Utc>,
    id: &str,
    code: &str,
    seed: u64,
) -> Tried {
    let mut random = StdRng::seed_from_u64(seed);
    let client = &clients[&ACTIVITY_READERS[random.random_range(0..ACTIVITY_READERS.len())]];
    let path = format!("/activities/{id}");
    let activity = client.get(&path).await.ok(200);
    let scanned = json!({ "code": code });
    let mut all = words(&activity["may"], |act| match act {
        "update_activity" => client
            .request(Method::PATCH, &path)
            .header("if-match", format!("\"v{}\"", activity["version"]))
            .json(&json!({"description": format!("改于 {now}，{}", seed)})),
        "cancel_activity" => {
            client.request(Method::POST, &format!("{path}/cancel")).json(&json!({"reason": "台风"}))
        }
        "sign_up" => client.request(Method::POST, &format!("{path}/sign-up")),
        "withdraw" => client.request(Method::POST, &format!("{path}/withdraw")),
        "check_in" => client.request(Method::POST, "/check-ins").json(&scanned),
        "get_check_in_code" => client.request(Method::GET, &format!("{path}/check-in-code")),
        "list_participants" => client.request(Method::GET, &format!("{path}/participants")),
        other => panic!("{other} is not known"),
    });
    // The check-ins that are seen: one's own, and those of the people where they are told.
    let mut seen = vec![activity["mine"]["check_in"].clone()];
    if offered(&activity["may"])["list_participants"] == json!(true) {
        let people = client.get(&format!("{path}/participants?limit=200")).await.ok(200);
        seen.extend(people["items"].as_array().unwrap().iter().map(|one| one["check_in"].clone()));
    }
    let ends: DateTime<Utc> = activity["ends_at"].as_str().unwrap().parse().unwrap();
    for one in seen.iter().filter(|one| !one.is_null()) {
        let here = format!("/check-ins/{}", one["id"].as_str().unwrap());
        let came: DateTime<Utc> = one["checked_in_at"].as_str().unwrap().parse().unwrap();
        let left = came.max(ends.min(now)).to_rfc3339();
        all.extend(words(&one["may"], |act| match act {
            "check_out" => {
                client.request(Method::POST, &format!("{here}/check-out")).json(&scanned)
            }
            "complete_check_in" => client
                .request(Method::POST, &format!("{here}/complete"))
                .json(&json!({"checked_out_at": left, "reason": "忘记签退"})),
            other => panic!("{other} is not known"),
        }));
    }
    // What ends a history is rare.
    let ends_it = random.random_ratio(1, 10);
    tried(client, &path, &activity, &mut random, all, |act| ends_it || act != "cancel_activity")
        .await
}

async fn activities(app: TestApp, histories: usize) {
    let mut random = StdRng::seed_from_u64(support::seed());
    let town = app.town(Town::A);
    let clerk = app.client(Who::Clerk, Town::A).await;
    let stewards = [Value::Null, json!(town.members.worker), json!(town.members.member)];
    let mut made = Vec::new();
    for _ in 0..histories {
        let (from, lasts) = (random.random_range(-60..180), random.random_range(70..200));
        let body = json!({
            "title": "河道清理", "place": "党群服务站", "starts_at": in_minutes(&app, from), "ends_at": in_minutes(&app, from + lasts),
            "capacity": *[None, Some(1), Some(2)].choose(&mut random).unwrap(), "steward_id": stewards.choose(&mut random).unwrap(),
        });
        let one = clerk.post("/activities", &body).await.ok(201);
        made.push(one["id"].as_str().unwrap().parse::<ActivityId>().unwrap());
    }
    let rows = app
        .scope(Town::A)
        .read(async |tx: &Tx| tx.find::<activity::Entity>().all().await)
        .await
        .unwrap();
    let secrets: BTreeMap<ActivityId, Vec<u8>> =
        rows.into_iter().map(|row| (row.id, row.code_secret)).collect();
    let mut all = Tried::of(histories, 400);
    let (mut signed_in, mut since) = (clients(&app, &ACTIVITY_READERS).await, app.clock.now());
    // Minutes from one step to the next: through the activities, past their end, past check-out, past completion.
    for minutes in [0, 0, 25, 30, 30, 40, 60, 90, 10 * 60, 3 * 60, 2 * 24 * 60, 30 * 24 * 60] {
        app.clock.advance(TimeDelta::minutes(minutes));
        let now = app.clock.now();
        if expired(&app, since) {
            (signed_in, since) = (clients(&app, &ACTIVITY_READERS).await, now);
        }
        let steps: Vec<_> = made
            .iter()
            .map(|id| {
                let code = code::make(&secrets[id], 'a', town.tenant.uuid(), id.uuid(), now);
                (id.to_string(), code, random.random())
            })
            .collect();
        all = futures_util::stream::iter(&steps)
            .map(|(id, code, seed)| of_an_activity(&signed_in, now, id, code, *seed))
            .buffer_unordered(AT_ONCE)
            .fold(all, async |all, one| all.with(one))
            .await;
    }
    for (act, seen) in [
        ("update_activity", &["done", "forbidden", "state_conflict", "activity_cancelled"][..]),
        (
            "cancel_activity",
            &["done", "nothing", "forbidden", "state_conflict", "activity_attended"],
        ),
        ("sign_up", &["done", "nothing", "forbidden", "state_conflict", "activity_cancelled"]),
        ("withdraw", &["done", "nothing", "forbidden", "state_conflict", "activity_cancelled"]),
        (
            "check_in",
            &[
                "done",
                "nothing",
                "forbidden",
                "check_in_closed",
                "activity_full",
                "activity_cancelled",
            ],
        ),
        (
            "get_check_in_code",
            &["done", "forbidden", "not_steward", "check_in_closed", "activity_cancelled"],
        ),
        ("list_participants", &["done", "not_steward"]),
        ("check_out", &["done", "nothing", "forbidden", "not_found", "check_in_closed"]),
        (
            "complete_check_in",
            &[
                "done",
                "forbidden",
                "not_steward",
                "own_check_in",
                "state_conflict",
                "check_in_closed",
            ],
        ),
    ] {
        all.must_have(act, seen);
    }
    eprintln!("{histories} histories: {:?}", all.seen);
}

/// Who looks at a list.
const CHECKLIST_READERS: [Who; 6] =
    [Who::Clerk, Who::Clerk, Who::Clerk, Who::Clerk, Who::GridHead, Who::Leader];

/// One history of a list: drafts, empty and not, and publications.
async fn of_a_checklist(clients: &BTreeMap<Who, Client>, number: usize, seed: u64) -> Tried {
    let mut random = StdRng::seed_from_u64(seed);
    let item = |random: &mut StdRng| {
        let what = format!("巡查 {number} {}", random.random::<u32>());
        crate::checklist::item(&what, "worker", "weekly", "none", 3, 1)
    };
    let list = crate::checklist::draft(&clients[&Who::Clerk], "清单", &json!([])).await;
    let path = format!("/checklists/{}", list["id"].as_str().unwrap());
    let mut all = Tried::default();
    for _ in 0..random.random_range(4..9) {
        let client = &clients[&CHECKLIST_READERS[random.random_range(0..CHECKLIST_READERS.len())]];
        let list = client.get(&path).await.ok(200);
        let items = if random.random_ratio(1, 3) { json!([]) } else { json!([item(&mut random)]) };
        let words = words(&list["may"], |act| {
            let at = |method, tail: &str| {
                let request = client.request(method, &format!("{path}/{tail}"));
                request.header("if-match", format!("\"v{}\"", list["version"]))
            };
            match act {
                "save_draft" => {
                    at(Method::PUT, "draft").json(&json!({"title": "清单", "items": items}))
                }
                "preview_checklist" => client.request(Method::GET, &format!("{path}/preview")),
                "publish_checklist" => at(Method::POST, "publish").json(&json!({})),
                other => panic!("{other} is not known"),
            }
        });
        all = all.with(tried(client, &path, &list, &mut random, words, |_| true).await);
    }
    all
}

async fn checklists(app: TestApp, histories: usize) {
    const WANTED: [(&str, &[&str]); 3] = [
        ("save_draft", &["done", "forbidden"]),
        ("preview_checklist", &["done", "forbidden", "nothing_to_publish"]),
        ("publish_checklist", &["done", "forbidden", "nothing_to_publish", "checklist_empty"]),
    ];
    let mut random = StdRng::seed_from_u64(support::seed());
    let clients = clients(&app, &CHECKLIST_READERS).await;
    let mut all = Tried::of(histories, 15);
    // One seed in fifty does not come to everything in so few: then it goes on until it does.
    for number in 0..histories * 8 {
        if number >= histories
            && WANTED.iter().all(|(act, wanted)| all.lacks(act, wanted).is_empty())
        {
            break;
        }
        all = all.with(of_a_checklist(&clients, number, random.random()).await);
    }
    for (act, wanted) in WANTED {
        all.must_have(act, wanted);
    }
    eprintln!("{histories} histories: {:?}", all.seen);
}

/// Jobs that fail, that come in pieces, and schedules, while the clock goes on and the administrator meddles.
async fn jobs(app: TestApp, steps: usize) {
    let mut random = StdRng::seed_from_u64(support::seed());
    let node = app.state_with(MORE).await;
    let scope = node.scope_of(app.town(Town::A).tenant);
    let mut all = Tried::of(steps, 60);
    let sign_in = async || (app.client(Who::Administrator, Town::A).await, app.clock.now());
    let (mut admin, mut since) = sign_in().await;
    for step in 0..steps {
        if step % 10 == 0 {
            let kind = *["test.fail", "test.pieces"].choose(&mut random).unwrap();
            let due = app.clock.now() + TimeDelta::seconds(random.random_range(-60..600));
            scope
                .write(async move |tx: &Tx| {
                    api::jobs::plant(tx, api::jobs::Plan::of(kind).at(due)).await
                })
                .await
                .unwrap();
        }
        if random.random_bool(0.5) {
            app.clock.advance(TimeDelta::seconds(random.random_range(1..2000)));
            api::jobs::township(&scope).await.unwrap();
        }
        if expired(&app, since) {
            (admin, since) = sign_in().await;
        }
        let listed = admin.get("/jobs?limit=200").await.ok(200);
        let job = listed["items"].as_array().unwrap().choose(&mut random).unwrap().clone();
        let path = format!("/jobs/{}", job["id"].as_str().unwrap());
        let words = words(&job["may"], |act| {
            admin.request(Method::POST, &format!("{path}/{}", act.trim_end_matches("_job")))
        });
        all = all.with(tried(&admin, &path, &job, &mut random, words, |_| true).await);
    }
    for act in ["run_job", "cancel_job"] {
        all.must_have(act, &["done", "state_conflict"]);
    }
    eprintln!("{steps} steps: {:?}", all.seen);
    // What cannot succeed is not left to be done.
    let admin = app.client(Who::Administrator, Town::A).await;
    let left = admin.get("/jobs?limit=200&kind=test.fail").await.ok(200);
    for job in left["items"].as_array().unwrap() {
        if job["may"]["cancel_job"]["allowed"] == true {
            admin.act(&format!("/jobs/{}/cancel", job["id"].as_str().unwrap())).await.ok(200);
        }
    }
    crate::jobs::forgive(&app).await;
}

/// What has happened to a task, and who did it.
#[derive(Clone, Copy, PartialEq)]
enum Happened {
    Accepted(usize),
    Submitted(usize),
    Verified,
    Returned,
    Cancelled,
}

/// Whose a task is to do: a person's, the holder's of a post, if somebody holds it, everybody's in an organisation.
enum Owed {
    Person(usize),
    Post(Option<usize>),
    Organisation(BTreeSet<usize>),
}

/// A person: hands in, verifies, verifies as the office, is supervisor or general head above the task's grid.
type Person = [bool; 4];

/// The rules of tasks as the prose of the room tells them, from what has happened alone.
fn told(
    act: Act,
    who: usize,
    person: Person,
    owed: &Owed,
    log: &[Happened],
) -> Result<(), &'static str> {
    let [hands_in, verifies, office, leads] = person;
    let theirs = match owed {
        Owed::Person(one) => *one == who,
        Owed::Post(holder) => *holder == Some(who),
        Owed::Organisation(people) => people.contains(&who),
    };
    let stands = log.iter().rev().find(|one| !matches!(one, Happened::Accepted(_)));
    let still_owed = matches!(stands, None | Some(Happened::Returned));
    let waits = matches!(stands, Some(Happened::Submitted(_)));
    let has_it = log.iter().rev().find_map(|one| match one {
        Happened::Accepted(who) | Happened::Submitted(who) => Some(*who),
        _ => None,
    });
    let own = matches!(owed, Owed::Person(one) if *one == who) || has_it == Some(who);
    let accepted = log.iter().any(|one| matches!(one, Happened::Accepted(_)));
    let together = matches!(owed, Owed::Organisation(_));
    match act {
        Act::Accept | Act::Submit if !hands_in || !theirs => Err("forbidden"),
        Act::Accept | Act::Submit if !still_owed => Err("state_conflict"),
        Act::Accept if accepted && (own || !together) => Err("state_conflict"),
        Act::Submit if together && !own => Err("state_conflict"),
        Act::Verify | Act::Return if !verifies => Err("forbidden"),
        Act::Verify | Act::Return if theirs || own => Err("self_verification"),
        Act::Verify | Act::Return if !office && !leads => Err("forbidden"),
        Act::Verify | Act::Return if !waits => Err("state_conflict"),
        _ => Ok(()),
    }
}

/// Two thousand histories of a task: whatever has happened, the rule says of each person and each act what the prose says, and where the
/// task goes. The rule sees a row as the acts write it; the prose sees what happened.
#[test]
fn the_rule_of_tasks_is_what_its_prose_says() {
    const PEOPLE: usize = 5;
    const ACTS: [Act; 4] = [Act::Accept, Act::Submit, Act::Verify, Act::Return];
    let mut random = StdRng::seed_from_u64(support::seed());
    let mut asked = 0;
    for _ in 0..2_000 {
        let people: Vec<Person> = (0..PEOPLE)
            .map(|_| [0.7, 0.5, 0.4, 0.4].map(|share| random.random_bool(share)))
            .collect();
        let mut owed = match random.random_range(0..3) {
            0 => Owed::Person(random.random_range(0..PEOPLE)),
            1 => Owed::Post(None),
            _ => Owed::Organisation((0..PEOPLE).filter(|_| random.random_bool(0.5)).collect()),
        };
        let mut log = Vec::new();
        let (mut state, mut accepted) = (TaskState::Open, false);
        let mut member = if let Owed::Person(one) = &owed { Some(*one) } else { None };
        for _ in 0..8 {
            if let Owed::Post(holder) = &mut owed
                && random.random_ratio(1, 3)
            {
                *holder = (0..PEOPLE).collect::<Vec<_>>().choose(&mut random).copied();
            }
            let mut open = Vec::new();
            for (who, person) in people.iter().enumerate() {
                let owes = match &owed {
                    Owed::Person(_) => member == Some(who),
                    Owed::Post(holder) => *holder == Some(who),
                    Owed::Organisation(people) => people.contains(&who),
                };
                let facts = Facts {
                    state,
                    owes,
                    did: member == Some(who),
                    accepted,
                    to_be_accepted: matches!(owed, Owed::Organisation(_)),
                    submits: person[0],
                    verifies: person[1],
                    verifies_all: person[2],
                    verifying_head: person[3],
                };
                for act in ACTS {
                    let said = rules::allowed(act, &facts);
                    let code = said.map(drop).map_err(|refusal| refusal.code().as_str());
                    assert_eq!(code, told(act, who, *person, &owed, &log), "{act:?} by {facts:?}");
                    asked += 1;
                    open.extend(said.ok().map(|to| (act, who, to)));
                }
            }
            let Some((act, who, to)) = open.choose(&mut random).copied() else { continue };
            if random.random_ratio(1, 20) && rules::OWED.contains(&state) {
                state = TaskState::Cancelled;
                log.push(Happened::Cancelled);
                continue;
            }
            state = to;
            match act {
                Act::Accept => (accepted, member) = (true, Some(who)),
                Act::Submit => member = Some(who),
                Act::Verify | Act::Return => {}
            }
            log.push(match act {
                Act::Accept => Happened::Accepted(who),
                Act::Submit => Happened::Submitted(who),
                Act::Verify => Happened::Verified,
                Act::Return => Happened::Returned,
            });
        }
    }
    eprintln!("{asked} times asked");
}

/// Operations that answer 403 or 409 of their own, and of which no resource says beforehand whether they are open, each with the reason.
const UNTOLD: &[(&str, &str)] = &[
    ("appoint", "what is sent decides: the post and the person"),
    ("create_account", "what is sent decides: the user name"),
    ("create_member", "what is sent decides: the number"),
    ("create_party_org", "what is sent decides: the code"),
    ("end_grid_post", "a term is shown while it is held; the day that is sent decides"),
    ("get_my_purse", "`/me` says whether there is a person"),
    ("list_check_ins", "`/me` says whether there is a person"),
    ("list_points_entries", "`/me` says whether there is a person"),
    ("read_check_in_code", "it says itself what can be done"),
    ("restore_administrator", "nobody is signed in"),
    ("set_up", "nobody is signed in"),
    ("update_account", "what is sent decides, and who else administers"),
];

/// What a state decides is told: each operation with a refusal of its own stands in the `may` of a resource, named as it is, or has a
/// reason not to.
#[test]
fn what_is_decided_by_more_than_a_permission_is_told() {
    let json = api::ContractJson::of(&api::openapi()).unwrap();
    let contract: Value = serde_json::from_slice(&json.0).unwrap();
    let operations: BTreeSet<&str> = contract["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|item| item.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    let mut told = BTreeSet::new();
    for (name, schema) in contract["components"]["schemas"].as_object().unwrap() {
        if !name.ends_with("May") || name == "May" {
            continue;
        }
        for (act, may) in schema["properties"].as_object().unwrap() {
            assert!(operations.contains(act.as_str()), "{name}: {act} is no operation");
            assert!(may.to_string().contains("#/components/schemas/May"), "{name}: {act}");
            assert!(told.insert(act.as_str()), "{act} is told twice");
        }
    }
    let untold: BTreeSet<&str> = UNTOLD.iter().map(|one| one.0).collect();
    let decided: BTreeSet<&str> = api::FEATURES
        .iter()
        .flat_map(|feature| feature.answers)
        .filter(|(_, codes)| codes.iter().any(|code| [403, 409].contains(&code.status())))
        .map(|(operation, _)| *operation)
        .collect();
    let missing: Vec<_> =
        decided.iter().filter(|one| !told.contains(*one) && !untold.contains(*one)).collect();
    assert!(missing.is_empty(), "neither told nor excused: {missing:?}");
    let needless: Vec<_> =
        untold.iter().filter(|one| !decided.contains(*one) || told.contains(*one)).collect();
    assert!(needless.is_empty(), "excused for nothing: {needless:?}");
}

/// As many on SQLite as a test may take, a quarter on PostgreSQL; in the long run two thousand and more on both.
fn histories(db: Db, many: usize) -> usize {
    match (support::soak(), db) {
        (true, _) => many * 20,
        (false, Db::Sqlite) => many,
        (false, Db::Postgres) => many / 4,
    }
}

on_both! {
    async fn a_task_says_what_may_be_done(app: TestApp) {
        let many = histories(app.db, 120);
        tasks(app, many).await;
    }

    async fn an_activity_says_what_may_be_done(app: TestApp) {
        let many = histories(app.db, 24);
        activities(app, many).await;
    }

    async fn a_checklist_says_what_may_be_done(app: TestApp) {
        let many = histories(app.db, 16);
        checklists(app, many).await;
    }

    async fn a_job_says_what_may_be_done(app: TestApp) {
        let many = histories(app.db, 60);
        jobs(app, many).await;
    }
}
