//! What the contract says an operation changes (`x-changes`) is what it changes: while people go through all that can be done, somebody
//! looks on who reads everything before and after each act, as every role. A read that answers otherwise and is not told is too little;
//! one that is told and answers as before throughout is too much.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use api::clock::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};
use support::Onlooker;
use support::prelude::*;
use tokio::sync::Mutex;

use crate::activity::{id_of, in_minutes, publish};
use crate::checklist::{item, published};
use crate::furniture::{furnish, text};
use crate::presence::{check_in, shown};
use crate::rooms::ROOMS;
use crate::story::{self, credentials, version};

/// How often an act is looked at in a short run: each look reads everything.
const LOOKS: usize = 4;
/// Things of a kind that are looked at one by one.
const THINGS: usize = 30;
/// Those who look at things one by one, the first of them who may.
const CLOSE: [Who; 5] = [Who::Clerk, Who::Administrator, Who::Auditor, Who::Member, Who::Worker];

/// An operation of the contract.
#[derive(Debug, Clone)]
struct Operation {
    id: String,
    method: Method,
    path: String,
    /// Whether it is read, as JSON.
    is_read: bool,
    /// Who may ask; everybody where nothing is asked.
    readers: Vec<Who>,
    pages: bool,
    /// What it says it changes, if it says so.
    changes: Option<BTreeSet<String>>,
}

impl Operation {
    fn is_at(&self, path: &str) -> bool {
        let parts = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
        let (own, asked) = (parts(&self.path), parts(path));
        own.len() == asked.len()
            && own.iter().zip(&asked).all(|(own, asked)| own.starts_with('{') || own == asked)
    }
}

fn operations() -> Vec<Operation> {
    let contract = serde_json::to_value(api::openapi()).unwrap();
    let words = |list: &Value| -> BTreeSet<String> {
        list.as_array().unwrap().iter().map(text).collect()
    };
    let holders: BTreeMap<String, BTreeSet<String>> = contract["x-permissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (text(&one["name"]), words(&one["roles"])))
        .collect();
    let mut all = Vec::new();
    for (path, item) in contract["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let may = |who: &Who| {
                operation["x-permission"].as_str().is_none_or(|permission| {
                    holders[permission].contains(who.role().as_str())
                })
            };
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            all.push(Operation {
                id: text(&operation["operationId"]),
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                is_read: method == "get"
                    && operation["responses"]["200"]["content"].get("application/json").is_some(),
                readers: Who::ALL.into_iter().filter(may).collect(),
                pages: parameters.clone().any(|one| one["name"] == "limit"),
                changes: operation.get("x-changes").map(words),
            });
        }
    }
    // Fixed words before what stands for any.
    all.sort_by_key(|one| one.path.matches('{').count());
    all
}

/// What reads answered, by who asked and for what.
type Answers = BTreeMap<String, Read>;

#[derive(Debug, Clone)]
struct Read {
    operation: String,
    status: u16,
    json: Value,
}

/// Somebody who reads everything before and after each act.
#[derive(Debug)]
struct Reader {
    operations: Vec<Operation>,
    client: Client,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Those whom it reads as, signed in.
    signed_in: BTreeMap<Who, Client>,
    /// Whose password is another by now.
    gone: BTreeSet<Who>,
    /// Ids of things by the path of their list.
    things: BTreeMap<String, BTreeSet<String>>,
    /// What was read last, if nothing has happened since.
    last: Option<(DateTime<Utc>, Answers)>,
    /// How often each operation was looked at.
    looked: BTreeMap<String, usize>,
    /// Which reads answered otherwise after it, with an example of each.
    changed: BTreeMap<String, BTreeMap<String, String>>,
}

impl Reader {
    fn of(app: &TestApp) -> Self {
        Self {
            operations: operations(),
            client: app.unwatched(),
            clock: app.clock.clone(),
            state: Mutex::default(),
        }
    }

    fn operation(&self, method: &Method, path: &str) -> Option<&Operation> {
        self.operations.iter().find(|one| one.method == *method && one.is_at(path))
    }

    async fn sign_in(&self, state: &mut State) {
        for who in Who::ALL {
            if state.gone.contains(&who) {
                continue;
            }
            if let Some(client) = state.signed_in.get(&who)
                && client.get("/me").await.status == 200
            {
                continue;
            }
            let answer = self.client.post("/sessions", &credentials(who.username(), PASSWORD)).await;
            if answer.status == 201 {
                let client = self.client.with_token(text(&answer.json["access_token"]));
                state.signed_in.insert(who, client);
            } else {
                state.signed_in.remove(&who);
                state.gone.insert(who);
            }
        }
    }

    /// Where an operation reads, as somebody.
    fn places(&self, operation: &Operation, who: Who, things: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
        let path = operation.path.trim_start_matches("/api/v1");
        if let Some((list, rest)) = path.split_once("/{") {
            let close = CLOSE.iter().find(|one| operation.readers.contains(one));
            if close != Some(&who) {
                return Vec::new();
            }
            let tail = rest.split_once('}').unwrap().1;
            let ids = things.get(list).into_iter().flatten().rev().take(THINGS);
            return ids.map(|id| format!("{list}/{id}{tail}")).collect();
        }
        let entry = ROOMS.iter().flat_map(|room| room.rights).find(|one| one.operation == operation.id);
        let query = entry.map(|entry| entry.query).unwrap_or_default();
        let limit = if operation.pages { "limit=200" } else { "" };
        let query: Vec<&str> = [query, limit].into_iter().filter(|one| !one.is_empty()).collect();
        let own = if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) };
        let filtered = ROOMS.iter().flat_map(|room| room.reads).filter(|one| {
            !one.contains('{') && one.split('?').next() == Some(path)
        });
        std::iter::once(own).chain(filtered.map(|one| (*one).to_owned())).collect()
    }

    async fn read(&self, state: &mut State) -> Answers {
        let mut asked = Vec::new();
        for operation in self.operations.iter().filter(|one| one.is_read) {
            for who in &operation.readers {
                let Some(client) = state.signed_in.get(who) else { continue };
                for place in self.places(operation, *who, &state.things) {
                    asked.push((format!("{who:?} {place}"), operation.id.clone(), client.clone(), place));
                }
            }
        }
        let asked = asked.into_iter().map(|(key, operation, client, place)| async move {
            let mut answer = client.get(&place).await;
            // Each request has its own.
            if let Some(problem) = answer.json.as_object_mut() {
                problem.remove("trace_id");
            }
            (key, Read { operation, status: answer.status, json: answer.json })
        });
        let answers: Vec<(String, Read)> = stream::iter(asked).buffer_unordered(8).collect().await;
        for (key, read) in &answers {
            let list = key.split_once(' ').unwrap().1.split('?').next().unwrap();
            let items = read.json["items"].as_array().into_iter().flatten();
            let ids = items.filter_map(|one| one["id"].as_str()).map(str::to_owned);
            state.things.entry(list.to_owned()).or_default().extend(ids);
        }
        answers.into_iter().collect()
    }
}

impl Onlooker for Reader {
    fn before<'a>(&'a self, method: &'a Method, path: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let Some(operation) = self.operation(method, path) else { return };
            if operation.changes.is_none() {
                return;
            }
            let mut state = self.state.lock().await;
            let looked = state.looked.get(&operation.id).copied().unwrap_or_default();
            let now = self.clock.now();
            if looked >= LOOKS && !support::soak() {
                state.last = None;
            } else if state.last.as_ref().is_none_or(|(at, _)| *at != now) {
                self.sign_in(&mut state).await;
                // Twice: what is read first may find things to be read one by one.
                self.read(&mut state).await;
                state.last = Some((now, self.read(&mut state).await));
            }
        })
    }

    fn after<'a>(&'a self, method: &'a Method, path: &'a str, answer: &'a support::Answer) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let Some(operation) = self.operation(method, path) else { return };
            let mut state = self.state.lock().await;
            if let Some(code) = answer.json["code"].as_str().filter(|_| answer.status == 200 && path.ends_with("/check-in-code")) {
                state.things.entry("/check-in-codes".to_owned()).or_default().insert(code.to_owned());
            }
            if operation.changes.is_none() {
                return;
            }
            let Some((at, before)) = state.last.take() else { return };
            if answer.status >= 300 {
                return;
            }
            if let Some(id) = answer.json["id"].as_str() {
                let path = path.trim_start_matches("/api/v1");
                let lists = std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|cut| cut.0));
                for list in lists {
                    state.things.entry(list.to_owned()).or_default().insert(id.to_owned());
                }
            }
            let after = self.read(&mut state).await;
            *state.looked.entry(operation.id.clone()).or_default() += 1;
            let changed = state.changed.entry(operation.id.clone()).or_default();
            for (what, before) in &before {
                // Whose session has ended reads nothing any more; that is no other answer.
                let Some(after) = after.get(what).filter(|after| after.status != 401 && before.status != 401) else { continue };
                if before.status != after.status || before.json != after.json {
                    changed.entry(before.operation.clone()).or_insert_with(|| difference(what, before, after));
                }
            }
            state.last = Some((at, after));
        })
    }
}

/// The first place in which two answers differ.
fn difference(what: &str, before: &Read, after: &Read) -> String {
    fn place(one: &Value, other: &Value, path: &str) -> Option<String> {
        match (one, other) {
            (Value::Object(one), Value::Object(other)) => one.iter().find_map(|(name, value)| {
                place(value, other.get(name).unwrap_or(&Value::Null), &format!("{path}.{name}"))
            }),
            (Value::Array(one), Value::Array(other)) if one.len() == other.len() => one
                .iter()
                .zip(other)
                .enumerate()
                .find_map(|(at, (one, other))| place(one, other, &format!("{path}[{at}]"))),
            (Value::Array(one), Value::Array(other)) => Some(format!("{path}: {} → {} items", one.len(), other.len())),
            _ if one == other => None,
            _ => Some(format!("{path}: {one} → {other}")),
        }
    }
    let place = place(&before.json, &after.json, "").unwrap_or_default();
    format!("{what} ({} → {}) {place}", before.status, after.status)
}

/// Whoever holds posts, owes tasks and serves in what follows; names and things change beneath all that.
async fn what_leaves_no_record(app: &TestApp) {
    let (town, anonymous) = (app.town(Town::A), app.anonymous());
    let clerk = app.client(Who::Clerk, Town::A).await;
    let (worker, member) = (app.client(Who::Worker, Town::A).await, app.client(Who::Member, Town::A).await);
    // Sessions.
    let signed_in = anonymous.post("/sessions", &credentials("member", PASSWORD)).await.ok(201);
    anonymous.post("/sessions/refresh", &json!({"refresh_token": signed_in["refresh_token"]})).await.ok(200);

    // Service: one who leaves by herself, one for whom it is done.
    let more = json!({"steward_id": town.members.worker, "grid_id": town.grids.sub, "capacity": 20});
    let activity = id_of(&publish(app, Town::A, 0, 180, more).await);
    let path = format!("/activities/{activity}");
    member.act(&format!("{path}/sign-up")).await.ok(200);
    member.act(&format!("{path}/withdraw")).await.ok(200);
    member.act(&format!("{path}/sign-up")).await.ok(200);
    let one = check_in(app, Who::Member, &activity).await.ok(201);
    let other = check_in(app, Who::GridHead, &activity).await.ok(201);
    app.clock.advance(TimeDelta::minutes(90));
    let (clerk, member) = (again(app, Who::Clerk, &clerk).await, again(app, Who::Member, &member).await);
    let code = json!({"code": shown(app, Town::A, &activity).await});
    member.post(&format!("/check-ins/{}/check-out", id_of(&one)), &code).await.ok(200);
    let forgotten = json!({"checked_out_at": in_minutes(app, 0), "reason": "忘记签退"});
    clerk.post(&format!("/check-ins/{}/complete", id_of(&other)), &forgotten).await.ok(200);
    clerk.patch(&path, version(&clerk, &path).await, &json!({"title": "河道清理", "capacity": 30})).await.ok(200);

    // Duties: accepted, handed in, returned, handed in again, verified.
    let duties = json!([
        item("走访独居老人", "worker", "once", "none", 3, 2),
        item("查看消防通道", "worker", "once", "none", 3, 2),
        item("张贴通知", "sub_head", "once", "none", 3, 2),
    ]);
    let list = published(&clerk, "重点工作清单", &duties).await["checklist"].clone();
    let worker = again(app, Who::Worker, &worker).await;
    let owed = worker.get("/tasks/inbox").await.ok(200);
    let owed: Vec<String> = owed["items"].as_array().unwrap().iter().map(id_of).collect();
    worker.post(&format!("/tasks/{}/accept", owed[0]), &json!({})).await.ok(200);
    for task in &owed[..2] {
        worker.post(&format!("/tasks/{task}/submit"), &json!({"text": "已办"})).await.ok(200);
    }
    clerk.post(&format!("/tasks/{}/return", owed[0]), &json!({"reason": "请补充"})).await.ok(200);
    clerk.post(&format!("/tasks/{}/verify", owed[1]), &json!({})).await.ok(200);
    worker.post(&format!("/tasks/{}/submit", owed[0]), &json!({"text": "已补充"})).await.ok(200);

    // The names of what all this speaks of.
    for (path, name) in [
        (format!("/members/{}", town.members.worker), "陆晓明"),
        (format!("/members/{}", town.members.member), "周敏敏"),
        (format!("/members/{}", town.members.head), "顾建华"),
        (format!("/grids/{}", town.grids.sub), "水库村第一子网格"),
        (format!("/grids/{}", town.grids.general), "水库新村"),
        (format!("/party-orgs/{}", town.orgs.branch), "水库村党总支"),
    ] {
        clerk.patch(&path, version(&clerk, &path).await, &json!({"name": name})).await.ok(200);
    }
    let path = format!("/checklists/{}", id_of(&list));
    let draft = json!({"title": "年度重点工作清单", "items": [duties[0], item("清理楼道", "worker", "once", "none", 3, 1)]});
    clerk.put(&format!("{path}/draft"), version(&clerk, &path).await, &draft).await.ok(200);
    let seen = version(&clerk, &path).await;
    clerk.change(Method::POST, &format!("{path}/publish"), seen, &json!({})).await.ok(200);

    // Who holds which post, in each of the ways in which it is changed.
    let post = json!({"grid_id": town.grids.other_sub, "member_id": town.members.member, "kind": "worker"});
    let post = clerk.post("/grid-posts", &post).await.ok(201);
    clerk.post(&format!("/grid-posts/{}/end", id_of(&post)), &json!({})).await.ok(200);
    let (village, there) = (format!("{}001", town.code), format!("{}00102", town.code));
    let people = support::roster(&[
        ["0003", "陆明明", "网格员", "", "0101", &there, "网格员"],
        ["8001", "何新", "群众", "", "0101", "", ""],
    ]);
    let imported = clerk
        .upload("/imports/members", "file", "r.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", people)
        .await
        .ok(200);
    assert_eq!(imported["fault_count"], 0, "{imported}");
    let park = json!({"type": "Feature",
        "properties": {"code": "park2", "name": "工业园区", "kind": "dedicated", "parent": village},
        "geometry": {"type": "Polygon", "coordinates":
            [[[121.40, 30.79], [121.41, 30.79], [121.41, 30.80], [121.40, 30.80], [121.40, 30.79]]]}});
    clerk.post("/imports/grids", &json!({"type": "FeatureCollection", "features": [park]})).await.ok(200);

    let token = api::township::service::new_setup_token(&app.state).await.unwrap();
    let founding = json!({"token": token, "township_code": "310116101", "username": "first",
        "password": "another horse with 6 batteries", "display_name": "管理员"});
    anonymous.post("/public/setup", &founding).await.ok(201);
}

/// The same person, signed in anew where the token has run out.
async fn again(app: &TestApp, who: Who, client: &Client) -> Client {
    match client.get("/me").await.status {
        200 => client.clone(),
        _ => app.client(who, Town::A).await,
    }
}

async fn what_acts_change_is_told(app: TestApp) {
    let reader = Arc::new(Reader::of(&app));
    app.watch(reader.clone());
    let furniture = furnish(&app, Town::A).await;
    what_leaves_no_record(&app).await;
    story::every_recorded_act(&app, &furniture, async |_| {}).await;

    let state = reader.state.lock().await;
    let mut wrong = Vec::new();
    for operation in &reader.operations {
        let Some(told) = &operation.changes else { continue };
        let id = &operation.id;
        if !state.looked.contains_key(id) {
            wrong.push(format!("{id} was never done"));
            continue;
        }
        let changed = &state.changed[id];
        let untold = changed.iter().filter(|(read, _)| !told.contains(*read));
        wrong.extend(untold.map(|(read, example)| format!("{id} changes {read} and does not tell: {example}")));
        let unseen = told.iter().filter(|read| !changed.contains_key(*read));
        wrong.extend(unseen.map(|read| format!("{id} tells of {read}, which never answered otherwise")));
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_is_told_is_what_changes() {
    support::run(Db::Sqlite, Furnished::Two, what_acts_change_is_told);
}
