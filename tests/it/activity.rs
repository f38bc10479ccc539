//! Activities: publishing, places, the waiting list.

use api::activity;
use api::http::{ApiError, Code, IdempotencyKey, IfMatch, Result as ApiResult};
use api::tenancy::{Scope, Tx};
use chrono::TimeDelta;
use entity::activity_signup;
use entity::ids::{ActivityId, MemberId};
use entity::kinds::{MemberCategory, SignupState};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::{ColumnTrait, QueryFilter, Set};
use support::prelude::*;

use crate::furniture::kind;
use crate::presence::check_in;
use crate::rooms::Open::To;
use crate::rooms::{Room, beside, op, violation};

/// What the room's tests bring.
pub(crate) const ROOM: Room = Room {
    rights: &[
        op("list_activities", To("lcgwmi")),
        op("create_activity", To("c")).with(|f| {
            json!({"title": "义诊", "grid_id": f.id("grid"), "place": "文化广场",
                "starts_at": "2026-11-28T09:00:00+08:00", "ends_at": "2026-11-28T11:00:00+08:00"})
        }),
        op("get_activity", To("lcgwmi")).on("activity"),
        op("update_activity", To("c")).on("activity").with(|_| json!({"title": "改名"})),
        op("cancel_activity", To("c")).on("activity").with(|_| json!({"reason": "下雨"})),
        op("sign_up", To("gwm")).on("activity"),
        op("withdraw", To("gwm")).on("activity"),
        op("list_participants", To("lcgwmi")).on("activity"),
    ],
    kinds: &[kind("activity")],
    // One that runs, and somebody who has signed up.
    furnish: |app, town, furniture| {
        Box::pin(async move {
            let township = app.town(town);
            let more = json!({
                "description": "请自带手套。", "grid_id": township.grids.general, "place": "水库村党群服务站",
                "capacity": 20, "steward_id": township.members.worker,
            });
            furniture.put_answer("activity", &publish(app, town, 0, 120, more).await);
            let member = app.client(Who::Member, town).await;
            member.act(&furniture.path("/activities/{activity}/sign-up")).await.ok(200);
        })
    },
    reads: &["/activities?phase=running", "/activities?changed_since=2026-01-01T00:00:00Z"],
    beside: &[beside(Who::Clerk, "PATCH", |own, foreign| {
        (own.path("/activities/{activity}"), json!({"steward_id": foreign.id("member")}))
    })],
    provoke: |app, sweep| {
        Box::pin(async move {
            use api::activity::codes;
            let now = publish(app, Town::A, 0, 120, json!({"capacity": 1})).await;
            let head = app.client(Who::GridHead, Town::A).await;
            head.act(&format!("/activities/{}/sign-up", id_of(&now))).await.ok(200);
            let full = check_in(app, Who::Member, &id_of(&now)).await;
            sweep.saw(codes::ACTIVITY_FULL, &full);
            check_in(app, Who::GridHead, &id_of(&now)).await.ok(201);
            let clerk = app.client(Who::Clerk, Town::A).await;
            let why = json!({"reason": "下雨"});
            let attended = clerk.post(&format!("/activities/{}/cancel", id_of(&now)), &why).await;
            sweep.saw(codes::ACTIVITY_ATTENDED, &attended);
            let tomorrow = publish(app, Town::A, 24 * 60, 26 * 60, json!({})).await;
            let path = format!("/activities/{}", id_of(&tomorrow));
            clerk.post(&format!("{path}/cancel"), &why).await.ok(200);
            let member = app.client(Who::Member, Town::A).await;
            let off = member.act(&format!("{path}/sign-up")).await;
            sweep.saw(codes::ACTIVITY_CANCELLED, &off);
        })
    },
    unrecorded: &[
        ("sign_up", "one's own; the sign-up's row says who and when"),
        ("withdraw", "one's own; the sign-up's row says who and when"),
    ],
    tables: &["activity", "activity_signup"],
    // Names.
    foreign: &["member"],
    violations: &[
        violation(
            "AC1",
            "UPDATE activity_signup SET state = 'waiting' WHERE state = 'signed_up'",
            "UPDATE activity_signup SET state = 'signed_up' WHERE state = 'waiting'",
        ),
        violation(
            "AC2",
            "UPDATE activity SET cancelled_at = created_at, cancel_reason = 'x'",
            "UPDATE activity SET cancelled_at = NULL, cancel_reason = NULL",
        ),
    ],
    ..Room::of("activity")
};

/// The moment so many minutes from now, as a client writes it.
pub(crate) fn in_minutes(app: &TestApp, minutes: i64) -> String {
    api::clock::beijing(app.clock.now() + TimeDelta::minutes(minutes)).to_rfc3339()
}

/// Publishes an activity that begins and ends so many minutes from now; `more` adds or overrides fields.
pub(crate) async fn publish(app: &TestApp, town: Town, from: i64, to: i64, more: Value) -> Value {
    let clerk = app.client(Who::Clerk, town).await;
    clerk.post("/activities", &body(app, from, to, more)).await.ok(201)
}

fn body(app: &TestApp, from: i64, to: i64, more: Value) -> Value {
    let mut body = json!({
        "title": "水库村河道清理",
        "place": "水库村党群服务站门口",
        "starts_at": in_minutes(app, from),
        "ends_at": in_minutes(app, to),
    });
    for (field, value) in more.as_object().unwrap() {
        body[field] = value.clone();
    }
    body
}

/// Puts so many people on the roster.
pub(crate) async fn enter_members(scope: &Scope, count: usize) -> Vec<MemberId> {
    let ids: Vec<MemberId> = (0..count).map(|_| MemberId::new()).collect();
    let made = ids.clone();
    scope
        .write(async move |tx: &Tx| {
            for (number, id) in made.iter().enumerate() {
                tx.insert(entity::member::ActiveModel {
                    id: Set(*id),
                    number: Set(format!("V{number:04}")),
                    name: Set(format!("志愿者{number}")),
                    name_initials: Set(format!("zyz{number}")),
                    category: Set(MemberCategory::Volunteer),
                    phone: Set(None),
                    phone_tail: Set(None),
                    party_org_id: Set(None),
                    created_at: Set(tx.now()),
                    version: Set(1),
                    ..Default::default()
                })
                .await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    ids
}

/// The township as these people see it, all through one account.
pub(crate) fn acting(app: &TestApp, town: Town, members: &[MemberId]) -> Vec<Scope> {
    let account = app.town(town).accounts[&Who::Member].id;
    members.iter().map(|id| app.scope(town).acting_as(account, Some(*id))).collect()
}

/// Runs them all at once and gives their results in order.
pub(crate) async fn together<T: 'static>(all: Vec<impl Future<Output = T> + 'static>) -> Vec<T> {
    let running: Vec<_> = all.into_iter().map(actix_web::rt::spawn).collect();
    let mut results = Vec::new();
    for task in running {
        results.push(task.await.unwrap());
    }
    results
}

pub(crate) fn id_of(json: &Value) -> String {
    json["id"].as_str().unwrap().to_owned()
}

fn fields(problem: &Value) -> Vec<&str> {
    problem["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect()
}

async fn people(app: &TestApp, activity: &str, state: SignupState) -> Vec<MemberId> {
    let activity: ActivityId = activity.parse().unwrap();
    app.scope(Town::A)
        .read(async |tx: &Tx| {
            tx.find::<activity_signup::Entity>()
                .filter(activity_signup::Column::ActivityId.eq(activity))
                .filter(activity_signup::Column::State.eq(state))
                .all()
                .await
        })
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.member_id)
        .collect()
}

on_both! {
    /// What is published can be read and changed; every field comes back as the contract says.
    async fn an_activity_is_published_and_changed(app: TestApp) {
        let town = app.town(Town::A);
        let clerk = app.client(Who::Clerk, Town::A).await;
        let answer = clerk
            .post(
                "/activities",
                &body(&app, 60, 180, json!({
                    "description": "请自带手套。",
                    "grid_id": town.grids.general,
                    "capacity": 20,
                    "steward_id": town.members.worker,
                })),
            )
            .await;
        let made = answer.ok(201);
        assert_eq!(answer.etag(), "\"v1\"");
        let path = format!("/activities/{}", id_of(&made));
        assert_eq!(answer.header("location"), Some(format!("/api/v1{path}").as_str()));
        assert_eq!(made["title"], "水库村河道清理");
        assert_eq!(made["grid"]["id"], town.grids.general.to_string());
        assert_eq!(made["steward"]["name"], "陆小明");
        assert_eq!(made["starts_at"], "2026-11-23T10:00:00+08:00");
        assert_eq!(made["phase"], "upcoming");
        assert_eq!(made["points_to_come"], 2);
        assert_eq!(made["mine"], json!({"state": "none", "check_in": null}));
        assert_eq!(offered(&made["may"]), json!({
            "update_activity": true, "cancel_activity": true, "sign_up": "forbidden", "withdraw": "forbidden",
            "check_in": "forbidden", "get_check_in_code": true, "list_participants": true,
        }));
        for count in ["signed_up", "waiting", "checked_in"] {
            assert_eq!(made[count], 0, "{count}");
        }

        let changed = clerk
            .patch(&path, 1, &json!({"title": "河道清理（改期）", "capacity": null, "steward_id": null}))
            .await
            .ok(200);
        assert_eq!(changed["title"], "河道清理（改期）");
        assert_eq!(changed["capacity"], Value::Null);
        assert_eq!(changed["steward"], Value::Null);
        assert_eq!(changed["description"], "请自带手套。");
        assert_eq!(changed["version"], 2);
        clerk.patch(&path, 1, &json!({"title": "旧版本"})).await.problem(412, "precondition_failed");
        let without = clerk.request(Method::PATCH, &path).json(&json!({"title": "无版本"}));
        clerk.send(without).await.problem(428, "precondition_required");

        let read = clerk.get(&path).await;
        assert_eq!(read.ok(200), changed);
        assert_eq!(read.etag(), "\"v2\"");
        let worker = app.client(Who::Worker, Town::A).await;
        assert_eq!(offered(&worker.get(&path).await.ok(200)["may"]), json!({
            "update_activity": "forbidden", "cancel_activity": "forbidden", "sign_up": true, "withdraw": null,
            "check_in": "check_in_closed", "get_check_in_code": "not_steward", "list_participants": "not_steward",
        }));
        worker.patch(&path, 2, &json!({"title": "无权"})).await.problem(403, "forbidden");
        worker.post("/activities", &body(&app, 60, 120, json!({}))).await.problem(403, "forbidden");

        // A repeated creation answers the first one.
        let input = body(&app, 60, 120, json!({}));
        let first = clerk.post_key("/activities", "once", &input).await.ok(201);
        assert_eq!(clerk.post_key("/activities", "once", &input).await.ok(201), first);
        let other = body(&app, 60, 121, json!({}));
        clerk.post_key("/activities", "once", &other).await.problem(422, "idempotency_mismatch");
    }

    /// What cannot be is refused, and the field at fault is named.
    async fn what_cannot_be_is_refused(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let foreign = app.town(Town::B);
        for (from, to, more, field) in [
            (60, 60, json!({}), "ends_at"),
            (60, 30, json!({}), "ends_at"),
            (-120, -60, json!({}), "ends_at"),
            (60, 60 + 8 * 24 * 60, json!({}), "ends_at"),
            (60, 120, json!({"title": " "}), "title"),
            (60, 120, json!({"title": ""}), "title"),
            (60, 120, json!({"title": "长".repeat(101)}), "title"),
            (60, 120, json!({"place": ""}), "place"),
            (60, 120, json!({"capacity": 0}), "capacity"),
            (60, 120, json!({"grid_id": foreign.grids.general}), "grid_id"),
            (60, 120, json!({"steward_id": foreign.members.worker}), "steward_id"),
        ] {
            let problem = clerk
                .post("/activities", &body(&app, from, to, more.clone()))
                .await
                .problem(422, "validation_failed");
            assert!(fields(&problem).contains(&field), "{more}: {problem}");
        }
        let unknown = clerk.post("/activities", &body(&app, 60, 120, json!({"points": 5}))).await;
        assert!((400..500).contains(&unknown.status), "{}", unknown.status);

        let made = clerk.post("/activities", &body(&app, 60, 120, json!({}))).await.ok(201);
        let path = format!("/activities/{}", id_of(&made));
        let steward = json!({"steward_id": foreign.members.worker});
        let problem = clerk.patch(&path, 1, &steward).await.problem(422, "validation_failed");
        assert_eq!(fields(&problem), ["steward_id"]);
        let early = json!({"ends_at": in_minutes(&app, 30)});
        clerk.patch(&path, 1, &early).await.problem(422, "validation_failed");

        // While it runs its start stays; after its end everything stays.
        app.clock.advance(TimeDelta::minutes(90));
        let clerk = app.client(Who::Clerk, Town::A).await;
        let start = json!({"starts_at": in_minutes(&app, 10)});
        clerk.patch(&path, 1, &start).await.problem(409, "state_conflict");
        let past = json!({"ends_at": in_minutes(&app, -10)});
        clerk.patch(&path, 1, &past).await.problem(422, "validation_failed");
        clerk.patch(&path, 1, &json!({"ends_at": in_minutes(&app, 10)})).await.ok(200);
        app.clock.advance(TimeDelta::minutes(10));
        let clerk = app.client(Who::Clerk, Town::A).await;
        clerk.patch(&path, 2, &json!({"title": "补改"})).await.problem(409, "state_conflict");
        let ended = clerk.get(&path).await.ok(200);
        assert_eq!(ended["phase"], "ended");
        assert_eq!(offered(&ended["may"])["update_activity"], "state_conflict");
        let worker = app.client(Who::Worker, Town::A).await;
        worker.act(&format!("{path}/sign-up")).await.problem(409, "state_conflict");
        worker.act(&format!("{path}/withdraw")).await.problem(409, "state_conflict");
        clerk.post(&format!("{path}/cancel"), &json!({"reason": "晚了"})).await.problem(409, "state_conflict");
    }

    /// The waiting list moves up in order when somebody withdraws and when there are more places.
    async fn the_waiting_list_moves_up_in_order(app: TestApp) {
        let made = publish(&app, Town::A, 60, 180, json!({"capacity": 1})).await;
        let path = format!("/activities/{}", id_of(&made));
        let (sign_up, withdraw) = (format!("{path}/sign-up"), format!("{path}/withdraw"));
        let member = app.client(Who::Member, Town::A).await;
        let worker = app.client(Who::Worker, Town::A).await;
        let sub_head = app.client(Who::SubHead, Town::A).await;
        let head = app.client(Who::GridHead, Town::A).await;

        let mine = member.act(&sign_up).await.ok(200);
        assert_eq!((&mine["mine"]["state"], &mine["signed_up"]), (&json!("signed_up"), &json!(1)));
        app.clock.advance(TimeDelta::seconds(1));
        assert_eq!(worker.act(&sign_up).await.ok(200)["mine"]["state"], "waiting");
        app.clock.advance(TimeDelta::seconds(1));
        assert_eq!(sub_head.act(&sign_up).await.ok(200)["mine"]["state"], "waiting");
        app.clock.advance(TimeDelta::seconds(1));
        let third = head.act(&sign_up).await.ok(200);
        assert_eq!((&third["signed_up"], &third["waiting"]), (&json!(1), &json!(3)));
        // Signing up again changes nothing.
        app.clock.advance(TimeDelta::seconds(1));
        assert_eq!(worker.act(&sign_up).await.ok(200)["waiting"], 3);
        assert_eq!(member.act(&sign_up).await.ok(200)["mine"]["state"], "signed_up");

        // Whoever leaves the queue comes back at its end.
        assert_eq!(worker.act(&withdraw).await.ok(200)["mine"]["state"], "none");
        assert_eq!(worker.act(&sign_up).await.ok(200)["mine"]["state"], "waiting");

        let gone = member.act(&withdraw).await.ok(200);
        assert_eq!((&gone["signed_up"], &gone["waiting"]), (&json!(1), &json!(2)));
        assert_eq!(member.act(&withdraw).await.ok(200)["signed_up"], 1);
        assert_eq!(sub_head.get(&path).await.ok(200)["mine"]["state"], "signed_up");
        assert_eq!(head.get(&path).await.ok(200)["mine"]["state"], "waiting");

        let clerk = app.client(Who::Clerk, Town::A).await;
        let listed = clerk.get(&format!("{path}/participants")).await.ok(200);
        let order: Vec<_> = listed["items"].as_array().unwrap().iter()
            .map(|one| (one["member"]["name"].as_str().unwrap(), one["state"].as_str().unwrap())).collect();
        assert_eq!(order, [("沈秀英", "signed_up"), ("顾建国", "waiting"), ("陆小明", "waiting")]);
        let page = clerk.get(&format!("{path}/participants?limit=2")).await.ok(200);
        let cursor = page["next_cursor"].as_str().unwrap();
        let rest = clerk.get(&format!("{path}/participants?limit=2&cursor={cursor}")).await.ok(200);
        assert_eq!(rest["items"], json!([listed["items"][2]]));

        clerk.patch(&path, 1, &json!({"capacity": 2})).await.ok(200);
        assert_eq!(head.get(&path).await.ok(200)["mine"]["state"], "signed_up");
        assert_eq!(worker.get(&path).await.ok(200)["mine"]["state"], "waiting");
        // Fewer places take nobody's away; no limit leaves nobody waiting.
        let fewer = clerk.patch(&path, 2, &json!({"capacity": 1})).await.ok(200);
        assert_eq!((&fewer["signed_up"], &fewer["waiting"]), (&json!(2), &json!(1)));
        head.act(&withdraw).await.ok(200);
        assert_eq!(worker.get(&path).await.ok(200)["mine"]["state"], "waiting");
        let all = clerk.patch(&path, 3, &json!({"capacity": null})).await.ok(200);
        assert_eq!((&all["signed_up"], &all["waiting"]), (&json!(2), &json!(0)));

        // A repeated request gives the first answer, whatever happened since.
        let key = member.request(Method::POST, &sign_up).header("idempotency-key", "again");
        let first = member.send(key.try_clone().unwrap()).await.ok(200);
        member.act(&withdraw).await.ok(200);
        assert_eq!(member.send(key).await.ok(200), first);
        assert_eq!(member.get(&path).await.ok(200)["mine"]["state"], "none");
    }

    /// However many sign up at one moment, no place is given twice and none is lost.
    async fn the_last_places_are_given_once(app: TestApp) {
        let made = publish(&app, Town::A, 60, 180, json!({"capacity": 5})).await;
        let id: ActivityId = id_of(&made).parse().unwrap();
        let members = enter_members(&app.scope(Town::A), 20).await;
        let scopes = acting(&app, Town::A, &members);
        let all = scopes.iter().cloned().map(|scope| async move {
            activity::sign_up(&scope, IdempotencyKey(None), id).await
        });
        let seen: ApiResult<Vec<_>> = together(all.collect()).await.into_iter().collect();
        assert!(seen.unwrap().iter().all(|activity| activity.signed_up <= 5));
        assert_eq!(people(&app, &id.to_string(), SignupState::SignedUp).await.len(), 5);
        assert_eq!(people(&app, &id.to_string(), SignupState::Waiting).await.len(), 15);

        // All who have a place leave at one moment: the next five move up, and nobody twice.
        let leaving = people(&app, &id.to_string(), SignupState::SignedUp).await;
        let all = acting(&app, Town::A, &leaving).into_iter().map(|scope| async move {
            activity::withdraw(&scope, id).await
        });
        assert!(together(all.collect()).await.iter().all(Result::is_ok));
        assert_eq!(people(&app, &id.to_string(), SignupState::SignedUp).await.len(), 5);
        assert_eq!(people(&app, &id.to_string(), SignupState::Waiting).await.len(), 10);

        // The same over HTTP: four at once on two places.
        let made = publish(&app, Town::A, 60, 180, json!({"capacity": 2})).await;
        let path = format!("/activities/{}/sign-up", id_of(&made));
        let mut all = Vec::new();
        for who in [Who::Member, Who::Worker, Who::SubHead, Who::GridHead] {
            let (client, path) = (app.client(who, Town::A).await, path.clone());
            all.push(async move { client.act(&path).await.ok(200) });
        }
        together(all).await;
        assert_eq!(people(&app, &id_of(&made), SignupState::SignedUp).await.len(), 2);
        assert_eq!(people(&app, &id_of(&made), SignupState::Waiting).await.len(), 2);
    }

    /// A random run of sign-ups, withdrawals and changes of the capacity, against a plain model of places and queue.
    async fn places_and_queue_hold_in_a_random_run(app: TestApp) {
        let mut random = StdRng::seed_from_u64(support::seed());
        let made = publish(&app, Town::A, 600, 700, json!({"capacity": 3})).await;
        let id: ActivityId = id_of(&made).parse().unwrap();
        let members = enter_members(&app.scope(Town::A), 8).await;
        let scopes = acting(&app, Town::A, &members);
        let (mut capacity, mut version) = (Some(3), 1);
        let (mut placed, mut queue): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
        for step in 0..80 {
            app.clock.advance(TimeDelta::seconds(1));
            let who = random.random_range(0..members.len());
            let room = |placed: &Vec<usize>, capacity: Option<usize>| capacity.is_none_or(|most| placed.len() < most);
            match random.random_range(0..10) {
                0..=5 => {
                    activity::sign_up(&scopes[who], IdempotencyKey(None), id).await.unwrap();
                    if !placed.contains(&who) && !queue.contains(&who) {
                        if room(&placed, capacity) { placed.push(who) } else { queue.push(who) }
                    }
                }
                6..=8 => {
                    activity::withdraw(&scopes[who], id).await.unwrap();
                    placed.retain(|one| *one != who);
                    queue.retain(|one| *one != who);
                }
                _ => {
                    let before = capacity;
                    capacity = [None, Some(1), Some(2), Some(3), Some(5)][random.random_range(0..5)];
                    let change = serde_json::from_value(json!({ "capacity": capacity })).unwrap();
                    activity::update(&scopes[who], id, IfMatch(version), change).await.unwrap();
                    // What changes nothing counts no version up.
                    version += i32::from(capacity != before);
                }
            }
            while !queue.is_empty() && room(&placed, capacity) {
                placed.push(queue.remove(0));
            }
            let mut expected: Vec<MemberId> = placed.iter().map(|one| members[*one]).collect();
            let mut there = people(&app, &id.to_string(), SignupState::SignedUp).await;
            expected.sort_unstable();
            there.sort_unstable();
            assert_eq!(there, expected, "step {step}");
            assert_eq!(people(&app, &id.to_string(), SignupState::Waiting).await.len(), queue.len(), "step {step}");
            app.keeps_its_promises().await;
        }
    }

    /// A cancelled activity takes nobody any more; one that somebody came to is not cancelled.
    async fn a_cancelled_activity_refuses(app: TestApp) {
        let made = publish(&app, Town::A, 20, 120, json!({})).await;
        let path = format!("/activities/{}", id_of(&made));
        let clerk = app.client(Who::Clerk, Town::A).await;
        let member = app.client(Who::Member, Town::A).await;
        member.act(&format!("{path}/sign-up")).await.ok(200);
        let code = clerk.get(&format!("{path}/check-in-code")).await.ok(200)["code"].clone();
        member.post(&format!("{path}/cancel"), &json!({"reason": "台风"})).await.problem(403, "forbidden");
        clerk.post(&format!("{path}/cancel"), &json!({"reason": " "})).await.problem(422, "validation_failed");
        let answer = clerk.post(&format!("{path}/cancel"), &json!({"reason": "台风预警"})).await;
        let cancelled = answer.ok(200);
        assert_eq!((&cancelled["phase"], &cancelled["version"]), (&json!("cancelled"), &json!(2)));
        assert_eq!(answer.etag(), "\"v2\"");
        assert_eq!(offered(&cancelled["may"]), json!({
            "update_activity": "activity_cancelled", "cancel_activity": null, "sign_up": "forbidden", "withdraw": "forbidden",
            "check_in": "forbidden", "get_check_in_code": "activity_cancelled", "list_participants": true,
        }));
        let again = clerk.post(&format!("{path}/cancel"), &json!({"reason": "又一次"})).await.ok(200);
        assert_eq!(again, cancelled);
        let today = (app.clock.now() + TimeDelta::hours(8)).date_naive();
        assert_eq!(clerk.get(&format!("/activities?on={today}")).await.ok(200)["items"], json!([]));

        member.act(&format!("{path}/sign-up")).await.problem(409, "activity_cancelled");
        member.act(&format!("{path}/withdraw")).await.problem(409, "activity_cancelled");
        member.post("/check-ins", &json!({"code": code})).await.problem(409, "activity_cancelled");
        let reading = format!("/check-in-codes/{}", code.as_str().unwrap());
        member.get(&reading).await.problem(409, "activity_cancelled");
        clerk.get(&format!("{path}/check-in-code")).await.problem(409, "activity_cancelled");
        clerk.patch(&path, 2, &json!({"title": "改"})).await.problem(409, "activity_cancelled");

        let held = publish(&app, Town::A, 20, 120, json!({})).await;
        let path = format!("/activities/{}", id_of(&held));
        let code = clerk.get(&format!("{path}/check-in-code")).await.ok(200)["code"].clone();
        member.post("/check-ins", &json!({"code": code})).await.ok(201);
        clerk.post(&format!("{path}/cancel"), &json!({"reason": "台风"})).await.problem(409, "activity_attended");
        member.act(&format!("{path}/withdraw")).await.problem(409, "state_conflict");
    }

    /// Phases, the caller's own, and paging in both directions.
    async fn lists_are_complete_and_in_order(app: TestApp) {
        for (from, to) in [(-50, -5), (-40, -10), (-30, 30), (-20, 40), (10, 20), (15, 60), (15, 70), (20, 90)] {
            // Those of the past are recorded by the system: nobody publishes them.
            let input = serde_json::from_value(body(&app, from, to, json!({"title": format!("活动 {from} {to}")})));
            let input: api::activity::dto::CreateActivity = input.unwrap();
            activity::create(&app.scope(Town::A), IdempotencyKey(None), input).await.unwrap();
        }
        let member = app.client(Who::Member, Town::A).await;
        let titles = |page: &Value| -> Vec<String> {
            page["items"].as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap().to_owned()).collect()
        };
        let listed = |query: &'static str| {
            let member = member.clone();
            async move { member.get(&format!("/activities?{query}")).await.ok(200) }
        };
        assert_eq!(titles(&listed("phase=ended").await), ["活动 -40 -10", "活动 -50 -5"]);
        assert_eq!(titles(&listed("phase=running").await), ["活动 -30 30", "活动 -20 40"]);
        let upcoming = titles(&listed("phase=upcoming").await);
        assert_eq!((upcoming.len(), upcoming[0].as_str(), upcoming[3].as_str()), (4, "活动 10 20", "活动 20 90"));
        let everything = titles(&listed("").await);
        assert_eq!((everything.len(), everything[0].as_str(), everything[7].as_str()), (8, "活动 20 90", "活动 -50 -5"));

        for phase in ["", "phase=upcoming&"] {
            let whole = member.get(&format!("/activities?{phase}limit=200")).await.ok(200);
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = member.get(&format!("/activities?{phase}limit=1{cursor}")).await.ok(200);
                seen.extend(page["items"].as_array().unwrap().clone());
                match page["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            assert_eq!(json!(seen), whole["items"]);
        }
        let day = |days: i64| (app.clock.now() + TimeDelta::hours(8) + TimeDelta::days(days)).date_naive();
        let on = member.get(&format!("/activities?on={}", day(0))).await.ok(200);
        assert_eq!((titles(&on).len(), titles(&on)[0].as_str()), (8, "活动 -50 -5"), "the earliest first");
        let on = member.get(&format!("/activities?on={}&phase=upcoming", day(0))).await.ok(200);
        assert_eq!(titles(&on), upcoming);
        assert_eq!(titles(&member.get(&format!("/activities?on={}", day(1))).await.ok(200)), Vec::<String>::new());
        member.get("/activities?on=2200-01-01").await.problem(422, "validation_failed");
        member.get("/activities?cursor=nonsense").await.problem(400, "invalid_cursor");
        member.get("/activities?phase=soon").await.problem(422, "validation_failed");
        member.get("/activities?sort=place").await.problem(422, "validation_failed");

        assert_eq!(titles(&listed("mine=true").await), Vec::<String>::new());
        let id = id_of(&listed("phase=upcoming").await["items"][2]);
        member.act(&format!("/activities/{id}/sign-up")).await.ok(200);
        let town = app.town(Town::A);
        publish(&app, Town::A, 5, 10, json!({"title": "我管签到", "steward_id": town.members.member})).await;
        let mine = listed("mine=true&phase=upcoming").await;
        assert_eq!(titles(&mine)[0], "我管签到");
        let may = offered(&mine["items"][0]["may"]);
        assert_eq!((&may["get_check_in_code"], &may["update_activity"]), (&json!(true), &json!("forbidden")));
        assert_eq!(mine["items"][1]["mine"]["state"], "signed_up");
        assert_eq!(mine["items"].as_array().unwrap().len(), 2);
        member.act(&format!("/activities/{id}/withdraw")).await.ok(200);
        assert_eq!(titles(&listed("mine=true").await), ["我管签到"]);
        assert_eq!(titles(&app.client(Who::Clerk, Town::A).await.get("/activities?mine=true").await.ok(200)), Vec::<String>::new());
    }

    /// Only the steward, the office and who reads everybody's points see who is there.
    async fn who_sees_the_participants(app: TestApp) {
        let town = app.town(Town::A);
        let made = publish(&app, Town::A, 20, 120, json!({"steward_id": town.members.worker})).await;
        let path = format!("/activities/{}/participants", id_of(&made));
        for (who, allowed) in [
            (Who::Clerk, true), (Who::Leader, true), (Who::Worker, true), (Who::Integrator, true),
            (Who::Member, false), (Who::SubHead, false),
        ] {
            let answer = app.client(who, Town::A).await.get(&path).await;
            if allowed { answer.ok(200); } else { answer.problem(403, "not_steward"); }
        }
        app.client(Who::Administrator, Town::A).await.get(&path).await.problem(403, "forbidden");
        app.anonymous().get(&path).await.problem(401, "unauthenticated");
    }

    /// Another township's activity is answered exactly as one that does not exist.
    async fn foreign_activities_do_not_exist(app: TestApp) {
        let foreign = id_of(&publish(&app, Town::B, 20, 120, json!({})).await);
        let absent = ActivityId::new().to_string();
        let clerk = app.client(Who::Clerk, Town::A).await;
        let member = app.client(Who::Member, Town::A).await;
        let mut answers = Vec::new();
        for id in [&foreign, &absent] {
            let path = format!("/activities/{id}");
            answers.push(vec![
                clerk.get(&path).await,
                clerk.patch(&path, 1, &json!({"title": "改"})).await,
                clerk.post(&format!("{path}/cancel"), &json!({"reason": "改"})).await,
                member.act(&format!("{path}/sign-up")).await,
                member.act(&format!("{path}/withdraw")).await,
                clerk.get(&format!("{path}/participants")).await,
                clerk.get(&format!("{path}/check-in-code")).await,
            ]);
        }
        for (foreign, absent) in answers[0].iter().zip(&answers[1]) {
            foreign.problem(404, "not_found");
            assert_eq!(foreign.without_trace(), absent.without_trace());
        }
        assert_eq!(clerk.get("/activities").await.ok(200)["items"], json!([]));
        clerk.get("/activities/no-id").await.problem(404, "not_found");
    }

    /// An account without a person behind it has nobody to sign up.
    async fn an_account_without_a_member_cannot_sign_up(app: TestApp) {
        let id: ActivityId = id_of(&publish(&app, Town::A, 20, 120, json!({})).await).parse().unwrap();
        let scope = app.scope(Town::A).acting_as(app.town(Town::A).accounts[&Who::Clerk].id, None);
        let code = |error: ApiError| error.code();
        assert_eq!(activity::sign_up(&scope, IdempotencyKey(None), id).await.map_err(code).err(), Some(Code::NO_MEMBER));
        assert_eq!(activity::withdraw(&scope, id).await.map_err(code).err(), Some(Code::NO_MEMBER));
        // The office publishes; it does not serve in its own name.
        app.client(Who::Clerk, Town::A).await.act(&format!("/activities/{id}/sign-up")).await.problem(403, "forbidden");
    }
}
