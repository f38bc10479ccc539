//! What its people do, act by act: whatever a list shows otherwise after an act is told by `changed_since`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use support::prelude::*;

use super::{read, since};
use crate::activity::{self, in_minutes};
use crate::checklist::{item, published};
use crate::furniture::{furnish, text};
use crate::presence::{check_in, shown};
use crate::{notice, task};

/// The lists that can be asked for what has changed, with who reads them.
const LISTS: [(&str, Who); 8] = [
    ("/tasks?include=submissions&limit=3", Who::Integrator),
    ("/members?limit=3", Who::Integrator),
    ("/grids", Who::Integrator),
    ("/activities?limit=1", Who::Integrator),
    ("/checklists?limit=1", Who::Integrator),
    ("/notices?limit=1", Who::Integrator),
    ("/points-entries?everybody=true&limit=1", Who::Integrator),
    ("/accounts?limit=3", Who::Administrator),
];

type Rows = BTreeMap<String, Value>;

/// A row without what another row is called, which is read there, and without what follows from the clock.
fn kept(row: &Value) -> Value {
    let mut row = without_names(row);
    let fields = row.as_object_mut().unwrap();
    fields.retain(|name, _| !["late", "phase", "may"].contains(&name.as_str()));
    row
}

fn without_names(row: &Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, _| name != "name" && name != "grid_name");
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut row = row.clone();
    let fields = row.as_object_mut().unwrap();
    fields.remove("publisher");
    fields.values_mut().for_each(strip);
    row
}

fn by_id(rows: Vec<Value>) -> Rows {
    let count = rows.len();
    let rows: Rows = rows.iter().map(|row| (text(&row["id"]), kept(row))).collect();
    assert_eq!(rows.len(), count, "each once");
    rows
}

/// A copy that is kept in step, and what it has seen.
struct Copy<'a> {
    app: &'a TestApp,
    rows: BTreeMap<&'static str, (Rows, String)>,
    /// Lists of which something was told, and something was not.
    told: BTreeSet<&'static str>,
}

impl Copy<'_> {
    /// Goes on after an act: what is told brings the copy to what is there now.
    async fn follows(&mut self, act: &str, lists: &[&str]) {
        for (list, who) in LISTS {
            let client = &self.app.client(who, Town::A).await;
            let (copy, as_of) = self.rows.get_mut(list).unwrap();
            let (now, next) = read(client, list).await;
            let now = by_id(now);
            let first = if list.contains('?') { '&' } else { '?' };
            let told = by_id(read(client, &format!("{list}{first}{}", since(as_of))).await.0);
            let different: BTreeSet<&String> = now
                .iter()
                .filter(|(id, row)| copy.get(*id) != Some(*row))
                .map(|(id, _)| id)
                .collect();
            if lists.contains(&list.split('?').next().unwrap()) {
                assert!(!different.is_empty(), "{act} changes nothing of {list}");
            }
            if !told.is_empty() && told.len() < now.len() {
                self.told.insert(list);
            }
            copy.extend(told);
            assert_eq!(*copy, now, "after {act} the copy of {list} is what is there");
            *as_of = next;
        }
        // What was done is past what the next reading overlaps.
        self.app.clock.advance(TimeDelta::minutes(20));
    }
}

/// A copy of all lists.
async fn copy(app: &TestApp) -> Copy<'_> {
    let mut rows = BTreeMap::new();
    app.clock.advance(TimeDelta::minutes(20));
    for (list, who) in LISTS {
        let client = app.client(who, Town::A).await;
        let (all, as_of) = read(&client, list).await;
        rows.insert(list, (by_id(all), as_of));
    }
    Copy { app, rows, told: BTreeSet::new() }
}

async fn version(client: &Client, path: &str) -> i64 {
    client.get(path).await.ok(200)["version"].as_i64().unwrap()
}

async fn change(client: &Client, path: &str, body: Value) -> Value {
    client.patch(path, version(client, path).await, &body).await.ok(200)
}

async fn roster(app: &TestApp, copy: &mut Copy<'_>) {
    let town = app.town(Town::A);
    let clerk = async || app.client(Who::Clerk, Town::A).await;
    let person =
        json!({"number": "7001", "name": "郑强", "category": "resident", "phone": "13812345678"});
    let person = clerk().await.post("/members", &person).await.ok(201);
    copy.follows("entering a person", &["/members"]).await;
    let path = format!("/members/{}", text(&person["id"]));
    change(&clerk().await, &path, json!({"phone": null, "party_org_id": town.orgs.branch})).await;
    copy.follows("changing a person", &["/members"]).await;

    let post =
        json!({"grid_id": town.grids.other_sub, "member_id": person["id"], "kind": "worker"});
    let post = clerk().await.post("/grid-posts", &post).await.ok(201);
    copy.follows("an appointment", &["/members", "/grids"]).await;
    let tomorrow = (app.clock.now() + TimeDelta::days(1)).date_naive();
    let end = format!("/grid-posts/{}/end", text(&post["id"]));
    clerk().await.post(&end, &json!({ "until": tomorrow })).await.ok(200);
    let later = json!({"grid_id": town.grids.other_sub, "member_id": town.members.spare, "kind": "worker",
        "since": tomorrow});
    clerk().await.post("/grid-posts", &later).await.ok(201);
    copy.follows("an announcement", &[]).await;
    app.clock.advance(TimeDelta::days(1));
    copy.only_by_calendar("/members?limit=3").await;
    copy.only_by_calendar("/grids").await;

    let path = format!("/grids/{}", town.grids.other_sub.uuid());
    change(&clerk().await, &path, json!({"name": "新名"})).await;
    copy.follows("renaming a grid", &["/grids"]).await;
    let grids = clerk().await.get("/grids").await.ok(200);
    let grids = grids["items"].as_array().unwrap();
    let village = grids.iter().find(|one| one["kind"] == "general").unwrap();
    let park = json!({"type": "Feature",
        "properties": {"code": "park1", "name": "园区", "kind": "dedicated", "parent": village["code"]},
        "geometry": {"type": "Polygon", "coordinates":
            [[[121.40, 30.79], [121.41, 30.79], [121.41, 30.80], [121.40, 30.80], [121.40, 30.79]]]}});
    let file = json!({"type": "FeatureCollection", "features": [park]});
    let outcome = clerk().await.post("/imports/grids", &file).await.ok(200);
    assert_eq!(outcome["created"], 1, "{outcome}");
    copy.follows("an import of grids", &["/grids"]).await;
}

async fn accounts(app: &TestApp, copy: &mut Copy<'_>) {
    let administrator = async || app.client(Who::Administrator, Town::A).await;
    let account = json!({"username": "wufang", "password": "another horse with 8 batteries",
        "display_name": "吴芳", "roles": ["leader"]});
    let made = administrator().await.post("/accounts", &account).await.ok(201);
    copy.follows("a new account", &["/accounts"]).await;
    let path = format!("/accounts/{}", text(&made["id"]));
    for body in [
        json!({"roles": ["clerk"]}),
        json!({"disabled": true}),
        json!({"disabled": false, "display_name": "吴方"}),
        json!({"member_id": app.town(Town::A).members.spare}),
    ] {
        change(&administrator().await, &path, body).await;
        copy.follows("a change of an account", &["/accounts"]).await;
    }
}

async fn lists(app: &TestApp, copy: &mut Copy<'_>) {
    let clerk = async || app.client(Who::Clerk, Town::A).await;
    let (first, second) = (
        item("巡查", "worker", "once", "text", 3, 1),
        item("整理台账", "worker", "once", "none", 3, 2),
    );
    let list = published(&clerk().await, "新清单", &json!([first, second])).await;
    copy.follows("a publication", &["/checklists", "/tasks"]).await;
    let path = format!("/checklists/{}", text(&list["checklist"]["id"]));
    let draft = json!({"title": "新的清单", "items": [first]});
    clerk()
        .await
        .put(&format!("{path}/draft"), version(&clerk().await, &path).await, &draft)
        .await
        .ok(200);
    copy.follows("a draft", &["/checklists"]).await;
    let seen = version(&clerk().await, &path).await;
    clerk().await.change(Method::POST, &format!("{path}/publish"), seen, &json!({})).await.ok(200);
    copy.follows("a version that drops a duty", &["/checklists", "/tasks"]).await;

    let worker = async || app.client(Who::Worker, Town::A).await;
    let inbox = worker().await.get("/tasks/inbox?limit=200").await.ok(200);
    let inbox = inbox["items"].as_array().unwrap();
    let mine = inbox.iter().find(|one| one["title"] == "巡查").unwrap();
    let path = format!("/tasks/{}", text(&mine["id"]));
    worker().await.post(&format!("{path}/accept"), &json!({"from": null})).await.ok(200);
    copy.follows("an acceptance", &["/tasks"]).await;
    let photo = task::photo(&worker().await).await;
    let proof = json!({"text": "已巡查", "attachment_ids": [photo]});
    worker().await.post(&format!("{path}/submit"), &proof).await.ok(200);
    copy.follows("handing in", &["/tasks"]).await;
    clerk().await.post(&format!("{path}/return"), &json!({"reason": "请补充"})).await.ok(200);
    copy.follows("a return", &["/tasks"]).await;
    worker().await.post(&format!("{path}/submit"), &json!({"text": "已补充"})).await.ok(200);
    copy.follows("handing in anew", &["/tasks"]).await;
    clerk().await.post(&format!("{path}/verify"), &json!({})).await.ok(200);
    copy.follows("a verification", &["/tasks", "/points-entries"]).await;
}

async fn gatherings(app: &TestApp, copy: &mut Copy<'_>) {
    let made = activity::publish(app, Town::A, 60, 240, json!({"capacity": 1})).await;
    copy.follows("a new activity", &["/activities"]).await;
    let path = format!("/activities/{}", text(&made["id"]));
    change(&app.client(Who::Clerk, Town::A).await, &path, json!({"place": "文化广场"})).await;
    copy.follows("a change of an activity", &["/activities"]).await;
    for (who, act) in
        [(Who::Member, "sign-up"), (Who::GridHead, "sign-up"), (Who::Member, "withdraw")]
    {
        app.client(who, Town::A).await.act(&format!("{path}/{act}")).await.ok(200);
        copy.follows(act, &["/activities"]).await;
    }
    let now = activity::publish(app, Town::A, 0, 600, json!({"capacity": 5})).await;
    copy.follows("an activity that runs", &["/activities"]).await;
    let now = text(&now["id"]);
    let arrived = check_in(app, Who::Member, &now).await.ok(201);
    copy.follows("a check-in", &["/activities"]).await;
    let leaving = json!({"code": shown(app, Town::A, &now).await});
    let member = app.client(Who::Member, Town::A).await;
    member.post(&format!("/check-ins/{}/check-out", text(&arrived["id"])), &leaving).await.ok(200);
    copy.follows("a check-out", &["/points-entries"]).await;
    let arrived = check_in(app, Who::Worker, &now).await.ok(201);
    copy.follows("another check-in", &["/activities"]).await;
    let left = json!({"checked_out_at": in_minutes(app, 0), "reason": "忘记签退"});
    let clerk = app.client(Who::Clerk, Town::A).await;
    clerk.post(&format!("/check-ins/{}/complete", text(&arrived["id"])), &left).await.ok(200);
    copy.follows("a completion", &["/points-entries"]).await;
    let why = json!({"reason": "下雨"});
    let other = activity::publish(app, Town::A, 2_000, 2_100, json!({})).await;
    copy.follows("another activity", &["/activities"]).await;
    let clerk = app.client(Who::Clerk, Town::A).await;
    clerk.post(&format!("/activities/{}/cancel", text(&other["id"])), &why).await.ok(200);
    copy.follows("a cancellation", &["/activities"]).await;
}

async fn notices(app: &TestApp, copy: &mut Copy<'_>) {
    let clerk = async || app.client(Who::Clerk, Town::A).await;
    let made = notice::publish(app, Town::A, json!({"roles": ["worker"]})).await;
    copy.follows("a notice", &["/notices"]).await;
    let path = format!("/notices/{}", text(&made["id"]));
    for body in [json!({"title": "改题"}), json!({"roles": ["worker", "member"]})] {
        change(&clerk().await, &path, body).await;
        copy.follows("a change of a notice", &["/notices"]).await;
    }
    for who in [Who::Worker, Who::Member] {
        notice::sign(&app.client(who, Town::A).await, &text(&made["id"])).await.ok(200);
        copy.follows("a reader", &["/notices"]).await;
    }
    change(&clerk().await, &path, json!({"read_again": true})).await;
    copy.follows("reading again", &["/notices"]).await;
    let why = json!({"reason": "时间有调整"});
    clerk().await.post(&format!("{path}/withdraw"), &why).await.ok(200);
    copy.follows("a withdrawal", &["/notices"]).await;
    clerk().await.act(&format!("{path}/restore")).await.ok(200);
    copy.follows("a restoration", &["/notices"]).await;
}

impl Copy<'_> {
    /// What a day has changed of a list is told, though nobody wrote anything.
    async fn only_by_calendar(&mut self, list: &'static str) {
        let client = self.app.client(Who::Integrator, Town::A).await;
        let (copy, as_of) = self.rows.get_mut(list).unwrap();
        let now = by_id(read(&client, list).await.0);
        assert_ne!(*copy, now, "the day changes {list}");
        let first = if list.contains('?') { '&' } else { '?' };
        let told = by_id(read(&client, &format!("{list}{first}{}", since(as_of))).await.0);
        assert!(told.len() < now.len(), "and not all of it");
        copy.extend(told);
        assert_eq!(*copy, now, "{list}");
    }
}

on_both! {
    async fn what_changes_is_told(app: TestApp) {
        furnish(&app, Town::A).await;
        let mut copy = copy(&app).await;
        roster(&app, &mut copy).await;
        accounts(&app, &mut copy).await;
        lists(&app, &mut copy).await;
        gatherings(&app, &mut copy).await;
        notices(&app, &mut copy).await;
        let told: BTreeSet<&str> = LISTS.iter().map(|(list, _)| *list).collect();
        assert_eq!(copy.told, told, "of each list some rows were told and others were not");
    }
}
