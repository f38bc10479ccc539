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
use crate::task_source::{errand, open};

/// How often an act is looked at in a short run: each look reads everything.
const LOOKS: usize = 9;
/// Things of a kind that are looked at one by one.
const THINGS: usize = 30;
/// Those who look at things one by one: the first of these who may, and two who see them as their own.
const CLOSE: [Who; 3] = [Who::Clerk, Who::Administrator, Who::Auditor];
const OWN: [Who; 2] = [Who::Worker, Who::Member];
/// What the server does by itself, with time and after acts, is told of nothing but what commands it: whoever watches it reads it again
/// anyway.
const BY_ITSELF: [&str; 3] = ["list_jobs", "get_job", "get_job_summary"];
/// What it changes is in a township in which nobody could read before.
const FOUNDING: &str = "set_up";

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
    /// Whether it shows everybody what is their own.
    is_own: bool,
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
    let words =
        |list: &Value| -> BTreeSet<String> { list.as_array().unwrap().iter().map(text).collect() };
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
                operation["x-permission"]
                    .as_str()
                    .is_none_or(|permission| holders[permission].contains(who.role().as_str()))
            };
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            all.push(Operation {
                id: text(&operation["operationId"]),
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                is_read: method == "get"
                    && operation["responses"]["200"]["content"].get("application/json").is_some(),
                readers: Who::ALL.into_iter().filter(may).collect(),
                is_own: operation["x-permission"].is_null()
                    && !operation["security"].as_array().unwrap().contains(&json!({})),
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
            let answer =
                self.client.post("/sessions", &credentials(who.username(), PASSWORD)).await;
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
    fn places(
        &self,
        operation: &Operation,
        who: Who,
        things: &BTreeMap<String, BTreeSet<String>>,
    ) -> Vec<String> {
        let path = operation.path.trim_start_matches("/api/v1");
        if let Some((list, rest)) = path.split_once("/{") {
            let close = CLOSE.iter().find(|one| operation.readers.contains(one));
            if close != Some(&who) && !OWN.contains(&who) {
                return Vec::new();
            }
            let tail = rest.split_once('}').unwrap().1;
            let ids = things.get(list).into_iter().flatten().rev().take(THINGS);
            return ids.map(|id| format!("{list}/{id}{tail}")).collect();
        }
        let entry =
            ROOMS.iter().flat_map(|room| room.rights).find(|one| one.operation == operation.id);
        let query = entry.map(|entry| entry.query).unwrap_or_default();
        let limit = if operation.pages { "limit=200" } else { "" };
        let query: Vec<&str> = [query, limit].into_iter().filter(|one| !one.is_empty()).collect();
        let own =
            if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) };
        let filtered = ROOMS
            .iter()
            .flat_map(|room| room.reads)
            .filter(|one| !one.contains('{') && one.split('?').next() == Some(path));
        std::iter::once(own).chain(filtered.map(|one| (*one).to_owned())).collect()
    }

    /// What whoever acts reads of their own.
    async fn read_own(&self, who: &Client) -> Answers {
        let mut answers = Answers::new();
        let Some(token) = who.token() else { return answers };
        for operation in self.operations.iter().filter(|one| one.is_read && one.is_own) {
            let place = operation.path.trim_start_matches("/api/v1");
            let answer = self.client.with_token(token).get(place).await;
            let read =
                Read { operation: operation.id.clone(), status: answer.status, json: answer.json };
            answers.insert(format!("whoever acts: {place}"), read);
        }
        answers
    }

    async fn read(&self, state: &mut State) -> Answers {
        let mut asked = Vec::new();
        for operation in self.operations.iter().filter(|one| one.is_read) {
            for who in &operation.readers {
                let Some(client) = state.signed_in.get(who) else { continue };
                for place in self.places(operation, *who, &state.things) {
                    asked.push((
                        format!("{who:?} {place}"),
                        operation.id.clone(),
                        client.clone(),
                        place,
                    ));
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
    fn before<'a>(
        &'a self,
        who: &'a Client,
        method: &'a Method,
        path: &'a str,
    ) -> BoxFuture<'a, ()> {
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
            if let Some((_, last)) = &mut state.last {
                last.extend(self.read_own(who).await);
            }
        })
    }

    fn after<'a>(
        &'a self,
        who: &'a Client,
        method: &'a Method,
        path: &'a str,
        answer: &'a support::Answer,
    ) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let Some(operation) = self.operation(method, path) else { return };
            let mut state = self.state.lock().await;
            if let Some(code) = answer.json["code"]
                .as_str()
                .filter(|_| answer.status == 200 && path.ends_with("/check-in-code"))
            {
                state
                    .things
                    .entry("/check-in-codes".to_owned())
                    .or_default()
                    .insert(code.to_owned());
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
                let lists = std::iter::successors(Some(path), |path| {
                    path.rsplit_once('/').map(|cut| cut.0)
                });
                for list in lists {
                    state.things.entry(list.to_owned()).or_default().insert(id.to_owned());
                }
            }
            let mut after = self.read(&mut state).await;
            after.extend(self.read_own(who).await);
            *state.looked.entry(operation.id.clone()).or_default() += 1;
            let changed = state.changed.entry(operation.id.clone()).or_default();
            for (what, before) in &before {
                // Whose session has ended reads nothing any more; that is no other answer.
                let Some(after) =
                    after.get(what).filter(|after| after.status != 401 && before.status != 401)
                else {
                    continue;
                };
                if before.status != after.status || before.json != after.json {
                    changed
                        .entry(before.operation.clone())
                        .or_insert_with(|| difference(what, before, after));
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
            (Value::Array(one), Value::Array(other)) => {
                Some(format!("{path}: {} → {} items", one.len(), other.len()))
            }
            _ if one == other => None,
            _ => Some(format!("{path}: {one} → {other}")),
        }
    }
    let place = place(&before.json, &after.json, "").unwrap_or_default();
    format!("{what} ({} → {}) {place}", before.status, after.status)
}

/// A life of the township in which everything that can be done is done where it shows.
struct Life<'a> {
    app: &'a TestApp,
    town: Arc<Township>,
}

impl Life<'_> {
    async fn client(&self, who: Who) -> Client {
        self.app.client(who, Town::A).await
    }

    /// Sessions and accounts.
    async fn accounts(&self) {
        let (anonymous, administrator) =
            (self.app.anonymous(), self.client(Who::Administrator).await);
        let signed_in = anonymous.post("/sessions", &credentials("member", PASSWORD)).await.ok(201);
        anonymous
            .post("/sessions/refresh", &json!({"refresh_token": signed_in["refresh_token"]}))
            .await
            .ok(200);
        // Who comes for the first time has to choose a password.
        let second = json!({"username": "second", "password": "another horse with 3 batteries", "display_name": "乙",
            "roles": ["administrator"], "member_id": self.town.members.spare});
        let made = administrator.post("/accounts", &second).await.ok(201);
        let signed_in = anonymous
            .post("/sessions", &credentials("second", "another horse with 3 batteries"))
            .await
            .ok(201);
        let second = anonymous.with_token(text(&signed_in["access_token"]));
        let own = json!({"current": "another horse with 3 batteries", "new": "another horse with 5 batteries"});
        second.put_plain("/me/password", &own).await.ok(204);
        let path = format!("/accounts/{}", id_of(&made));
        administrator
            .patch(&path, version(&administrator, &path).await, &json!({"member_id": null}))
            .await
            .ok(200);
        let token = api::account::new_recovery_token(&self.app.scope(Town::A)).await.unwrap();
        let restore = json!({"township_code": "310116112", "token": token, "username": "second",
            "password": "another horse with 6 batteries", "display_name": "乙"});
        anonymous.post("/public/restore", &restore).await.ok(200);
    }

    /// Service: one who leaves by herself, one for whom it is done; then it is put off, and called off.
    async fn service(&self) {
        let (clerk, member) = (self.client(Who::Clerk).await, self.client(Who::Member).await);
        let more = json!({"steward_id": self.town.members.worker, "grid_id": self.town.grids.sub, "capacity": 20});
        let activity = id_of(&publish(self.app, Town::A, 0, 180, more).await);
        let path = format!("/activities/{activity}");
        member.act(&format!("{path}/sign-up")).await.ok(200);
        member.act(&format!("{path}/withdraw")).await.ok(200);
        member.act(&format!("{path}/sign-up")).await.ok(200);
        let one = check_in(self.app, Who::Member, &activity).await.ok(201);
        let other = check_in(self.app, Who::GridHead, &activity).await.ok(201);
        self.app.clock.advance(TimeDelta::minutes(90));
        let (clerk, member) = (
            again(self.app, Who::Clerk, &clerk).await,
            again(self.app, Who::Member, &member).await,
        );
        let code = json!({"code": shown(self.app, Town::A, &activity).await});
        member.post(&format!("/check-ins/{}/check-out", id_of(&one)), &code).await.ok(200);
        let forgotten = json!({"checked_out_at": in_minutes(self.app, 0), "reason": "忘记签退"});
        clerk.post(&format!("/check-ins/{}/complete", id_of(&other)), &forgotten).await.ok(200);
        clerk
            .patch(
                &path,
                version(&clerk, &path).await,
                &json!({"title": "河道清理", "capacity": 30}),
            )
            .await
            .ok(200);
        let later = id_of(
            &publish(self.app, Town::A, 240, 300, json!({"grid_id": self.town.grids.general}))
                .await,
        );
        let path = format!("/activities/{later}");
        member.act(&format!("{path}/sign-up")).await.ok(200);
        let tomorrow =
            json!({"starts_at": in_minutes(self.app, 1440), "ends_at": in_minutes(self.app, 1500)});
        clerk.patch(&path, version(&clerk, &path).await, &tomorrow).await.ok(200);
        let today = id_of(&publish(self.app, Town::A, 60, 120, json!({})).await);
        member.act(&format!("/activities/{today}/sign-up")).await.ok(200);
        clerk
            .post(&format!("/activities/{today}/cancel"), &json!({"reason": "下雨"}))
            .await
            .ok(200);
    }

    /// Duties: accepted, handed in, returned, handed in again, verified; one of an organisation.
    async fn duties(&self) -> Value {
        let (clerk, worker) = (self.client(Who::Clerk).await, self.client(Who::Worker).await);
        let duties = json!([
            item("走访独居老人", "worker", "once", "none", 3, 2),
            item("查看消防通道", "worker", "once", "none", 3, 2),
            item("张贴通知", "sub_head", "once", "none", 3, 2),
            item("排查隐患", "worker", "once", "none", 3, 2),
        ]);
        let list = published(&clerk, "重点工作清单", &duties).await["checklist"].clone();
        let owed = worker.get("/tasks/inbox").await.ok(200);
        let owed: Vec<String> = owed["items"].as_array().unwrap().iter().map(id_of).collect();
        worker.post(&format!("/tasks/{}/accept", owed[0]), &json!({})).await.ok(200);
        for task in &owed[..2] {
            worker.post(&format!("/tasks/{task}/submit"), &json!({"text": "已办"})).await.ok(200);
        }
        clerk
            .post(&format!("/tasks/{}/return", owed[0]), &json!({"reason": "请补充"}))
            .await
            .ok(200);
        clerk.post(&format!("/tasks/{}/verify", owed[1]), &json!({})).await.ok(200);
        worker
            .post(&format!("/tasks/{}/submit", owed[0]), &json!({"text": "已补充"}))
            .await
            .ok(200);
        let branch = api::task::Assignee::Organisation(self.town.orgs.branch);
        let of_branch = errand("入户走访", branch, self.app.clock.now() + TimeDelta::days(2));
        open(self.app, vec![of_branch]).await.unwrap();
        let head = self.client(Who::GridHead).await;
        let offered = head.get("/tasks/inbox").await.ok(200);
        let offered = offered["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["title"] == "入户走访")
            .unwrap()
            .clone();
        head.post(&format!("/tasks/{}/accept", id_of(&offered)), &json!({})).await.ok(200);
        list
    }

    /// Notices: one that only some are to read, read again, withdrawn and put up again.
    async fn notices(&self, read: &str) {
        let clerk = self.client(Who::Clerk).await;
        crate::notice::publish(self.app, Town::A, json!({"grid_id": self.town.grids.other_sub}))
            .await;
        let path = format!("/notices/{read}");
        clerk
            .patch(
                &path,
                version(&clerk, &path).await,
                &json!({"read_again": true, "title": "寒潮通知"}),
            )
            .await
            .ok(200);
        clerk.post(&format!("{path}/withdraw"), &json!({"reason": "时间有调整"})).await.ok(200);
        clerk.act(&format!("{path}/restore")).await.ok(200);
    }

    /// The names of what all this speaks of.
    async fn names(&self, more: &str) {
        let clerk = self.client(Who::Clerk).await;
        for (path, name) in [
            (format!("/members/{}", self.town.members.worker), "陆晓明"),
            (format!("/members/{}", self.town.members.member), "周敏敏"),
            (format!("/members/{}", self.town.members.head), "顾建华"),
            (format!("/grids/{}", self.town.grids.sub), "水库村第一子网格"),
            (format!("/grids/{}", self.town.grids.other_sub), "水库村第二子网格"),
            (format!("/grids/{}", self.town.grids.general), "水库新村"),
            (format!("/grids/{}", self.town.grids.other_general), "沙积新村"),
            (format!("/party-orgs/{}", self.town.orgs.branch), "水库村党总支"),
        ] {
            let name = json!({"name": format!("{name}{more}")});
            clerk.patch(&path, version(&clerk, &path).await, &name).await.ok(200);
        }
    }

    /// What is owed is late by now.
    async fn late(&self, list: &Value) {
        self.app.clock.advance(TimeDelta::days(10));
        self.names("二").await;
        let (clerk, worker) = (self.client(Who::Clerk).await, self.client(Who::Worker).await);
        let owed = worker.get("/tasks/inbox").await.ok(200);
        let mut owed = owed["items"].as_array().unwrap().iter();
        let open = owed
            .find(|one| one["may"]["accept_task"]["allowed"] == true && one["late"] == true)
            .unwrap();
        worker.post(&format!("/tasks/{}/accept", id_of(open)), &json!({})).await.ok(200);
        let path = format!("/checklists/{}", id_of(list));
        let draft = json!({"title": "年度重点工作清单", "items": [
            item("走访独居老人", "worker", "once", "none", 3, 2), item("清理楼道", "worker", "once", "none", 3, 1)]});
        clerk.put(&format!("{path}/draft"), version(&clerk, &path).await, &draft).await.ok(200);
        let seen = version(&clerk, &path).await;
        clerk.change(Method::POST, &format!("{path}/publish"), seen, &json!({})).await.ok(200);
    }

    /// Who holds which post, and who is on the roster, in each of the ways in which it is changed.
    async fn posts(&self, held: &str) {
        let clerk = self.client(Who::Clerk).await;
        let (grids, members) = (&self.town.grids, &self.town.members);
        for member in [members.member, members.sub_head] {
            let post = json!({"grid_id": grids.other_sub, "member_id": member, "kind": "worker"});
            let post = clerk.post("/grid-posts", &post).await.ok(201);
            clerk.post(&format!("/grid-posts/{}/end", id_of(&post)), &json!({})).await.ok(200);
        }
        clerk.post(&format!("/grid-posts/{held}/end"), &json!({})).await.ok(200);
        let person = json!({"number": "8002", "name": "何旧", "category": "party_member", "party_org_id": self.town.orgs.branch});
        let person = clerk.post("/members", &person).await.ok(201);
        let path = format!("/members/{}", id_of(&person));
        clerk
            .patch(
                &path,
                version(&clerk, &path).await,
                &json!({"party_org_id": self.town.orgs.committee}),
            )
            .await
            .ok(200);

        let code = |tail: &str| format!("{}{tail}", self.town.code);
        let (village, sub, other_sub, other) =
            (code("001"), code("00101"), code("00102"), code("002"));
        let people = support::roster(&[
            ["0003", "陆明明", "网格员", "", "0101", &other_sub, "网格员"],
            ["0002", "沈秀秀", "党员", "", "0101", &other_sub, "网格员"],
            ["0004", "周明明", "党员", "", "0101", "", ""],
            ["0005", "钱大大", "党员", "", "0101", &other, "总网格长"],
            ["8001", "何新", "群众", "", "0101", "", ""],
        ]);
        let sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        let imported =
            clerk.upload("/imports/members", "file", "r.xlsx", sheet, people).await.ok(200);
        assert_eq!(imported["fault_count"], 0, "{imported}");
        let place = |code: &str, name: &str, kind: &str, parent: &str| {
            json!({"type": "Feature", "properties": {"code": code, "name": name, "kind": kind, "parent": parent},
                "geometry": {"type": "Polygon", "coordinates":
                    [[[121.40, 30.79], [121.41, 30.79], [121.41, 30.80], [121.40, 30.80], [121.40, 30.79]]]}})
        };
        let all = json!({"type": "FeatureCollection", "features": [
            place(&code("park2"), "工业园区", "dedicated", &village),
            place(&code("003"), "新设村", "general", self.town.code),
            place(&sub, "水库村第三子网格", "sub", &village),
            place(&other_sub, "水库村第四子网格", "sub", &village),
            place(&village, "水库老村", "general", self.town.code),
        ]});
        clerk.post("/imports/grids", &all).await.ok(200);
    }

    /// What accounts are called, where they stand for who did something.
    async fn actors(&self) {
        let administrator = self.client(Who::Administrator).await;
        for who in [Who::Clerk, Who::Worker] {
            let path = format!("/accounts/{}", self.town.accounts[&who].id);
            let name = json!({"display_name": "改名"});
            administrator.patch(&path, version(&administrator, &path).await, &name).await.ok(200);
        }
    }

    async fn another_township(&self) {
        let token = api::township::service::new_setup_token(&self.app.state).await.unwrap();
        let founding = json!({"token": token, "township_code": "310116101", "username": "first",
            "password": "another horse with 6 batteries", "display_name": "管理员"});
        self.app.anonymous().post("/public/setup", &founding).await.ok(201);
    }
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
    let life = Life { app: &app, town: app.town(Town::A) };
    life.accounts().await;
    life.service().await;
    life.notices(furniture.id("notice")).await;
    let list = life.duties().await;
    life.names("").await;
    life.late(&list).await;
    life.posts(furniture.id("grid_post")).await;
    life.actors().await;
    life.another_township().await;
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
        let commands = |read: &str| operation.path.contains("/jobs/") || !BY_ITSELF.contains(&read);
        let untold = changed.iter().filter(|(read, _)| commands(read) && !told.contains(*read));
        wrong
            .extend(untold.map(|(read, example)| {
                format!("{id} changes {read} and does not tell: {example}")
            }));
        let unseen = told.iter().filter(|read| id != FOUNDING && !changed.contains_key(*read));
        wrong.extend(
            unseen.map(|read| format!("{id} tells of {read}, which never answered otherwise")),
        );
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_is_told_is_what_changes() {
    support::run(Db::Sqlite, Furnished::Two, what_acts_change_is_told);
}
