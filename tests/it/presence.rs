//! Check-in and check-out by the rotating code, what somebody else completes, and the points that follow.

use api::http::{Code, IdempotencyKey};
use api::presence::dto::ScannedCode;
use api::presence::{self, code};
use api::tenancy::Tx;
use chrono::TimeDelta;
use entity::ids::{ActivityId, CheckInId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, QueryFilter};
use support::kinds::left;
use support::patrols::PATROL;
use support::prelude::*;

use crate::activity::{acting, enter_members, id_of, in_minutes, publish, together};
use crate::furniture::{kind, sealed, text};
use crate::rooms::Open::To;
use crate::rooms::{Room, op, violation};

/// What the room's tests bring.
pub(crate) const ROOM: Room = Room {
    rights: &[
        op("get_check_in_code", To("cgwm")).on("activity"),
        op("read_check_in_code", To("gwm")).on("code"),
        op("check_in", To("gwm")).with(|f| json!({"code": f.id("code")})),
        op("check_out", To("gwm")).on("check_in").with(|f| json!({"code": f.id("code")})),
        op("complete_check_in", To("cgwm"))
            .on("check_in")
            .with(|_| json!({"checked_out_at": "2026-11-23T09:00:00+08:00", "reason": "忘记签退"})),
        op("list_check_ins", To("gwm")),
    ],
    kinds: &[sealed("code", 422), kind("check_in")],
    furnish: |app, town, furniture| {
        Box::pin(async move {
            let (steward, member) =
                (app.client(Who::Worker, town).await, app.client(Who::Member, town).await);
            let code = furniture.path("/activities/{activity}/check-in-code");
            let code = steward.get(&code).await.ok(200)["code"].clone();
            let arrived = member.post("/check-ins", &json!({"code": code})).await.ok(201);
            furniture.put("code", text(&code));
            furniture.put_answer("check_in", &arrived);
        })
    },
    provoke: |app, sweep| {
        Box::pin(async move {
            use api::presence::codes;
            let steward = json!({"steward_id": app.town(Town::A).members.worker});
            let now = id_of(&publish(app, Town::A, 0, 120, steward).await);
            let member = app.client(Who::Member, Town::A).await;
            let refused = member.get(&format!("/activities/{now}/check-in-code")).await;
            sweep.saw(codes::NOT_STEWARD, &refused);
            let tomorrow = id_of(&publish(app, Town::A, 24 * 60, 26 * 60, json!({})).await);
            sweep.saw(codes::CHECK_IN_CLOSED, &check_in(app, Who::Member, &tomorrow).await);
            let made_up = member.post("/check-ins", &json!({"code": "nonsense"})).await;
            sweep.saw(codes::CHECK_IN_CODE_INVALID, &made_up);
            let own = id_of(&check_in(app, Who::Worker, &now).await.ok(201));
            let worker = app.client(Who::Worker, Town::A).await;
            let leaving = json!({"checked_out_at": in_minutes(app, 0), "reason": "忘记签退"});
            let own = worker.post(&format!("/check-ins/{own}/complete"), &leaving).await;
            sweep.saw(codes::OWN_CHECK_IN, &own);
            let scanned = json!({"code": shown(app, Town::A, &now).await});
            app.clock.advance(TimeDelta::minutes(5));
            sweep.saw(codes::CHECK_IN_CODE_EXPIRED, &member.post("/check-ins", &scanned).await);
        })
    },
    unrecorded: &[
        ("check_in", "one's own; the check-in's row says who and when"),
        ("check_out", "one's own; the check-in's row says who and when"),
    ],
    tables: &["check_in"],
    // Who closed a check-in in another's stead.
    foreign: &["account"],
    violations: &[violation(
        "PR1",
        "UPDATE check_in SET minutes = 5 WHERE checked_out_at IS NULL",
        "UPDATE check_in SET minutes = NULL WHERE checked_out_at IS NULL",
    )],
    ..Room::of("presence")
};

/// The code that the steward's screen shows now.
pub(crate) async fn shown(app: &TestApp, town: Town, activity: &str) -> String {
    let clerk = app.client(Who::Clerk, town).await;
    let answer = clerk.get(&format!("/activities/{activity}/check-in-code")).await.ok(200);
    answer["code"].as_str().unwrap().to_owned()
}

pub(crate) async fn check_in(app: &TestApp, who: Who, activity: &str) -> Answer {
    let code = shown(app, Town::A, activity).await;
    app.client(who, Town::A).await.post("/check-ins", &json!({ "code": code })).await
}

async fn check_out(app: &TestApp, who: Who, activity: &str, check_in: &str) -> Answer {
    let code = shown(app, Town::A, activity).await;
    let client = app.client(who, Town::A).await;
    client.post(&format!("/check-ins/{check_in}/check-out"), &json!({ "code": code })).await
}

async fn entries(app: &TestApp, who: Who) -> Vec<Value> {
    let page = app.client(who, Town::A).await.get("/points-entries").await.ok(200);
    page["items"].as_array().unwrap().clone()
}

/// A check-in as everybody sees it: what may be done to it is each reader's own.
pub(crate) fn as_all_see(check_in: &Value) -> Value {
    let mut seen = check_in.clone();
    seen.as_object_mut().unwrap().remove("may").expect("what may be done");
    seen
}

on_both! {
    /// The journey: sign up, check in, stay 95 minutes, check out: 1.58 points and the sentence that says why.
    async fn ninety_five_minutes_are_one_point_fifty_eight(app: TestApp) {
        let town = app.town(Town::A);
        let made = publish(&app, Town::A, 5, 150, json!({"steward_id": town.members.worker})).await;
        let id = id_of(&made);
        let member = app.client(Who::Member, Town::A).await;
        member.act(&format!("/activities/{id}/sign-up")).await.ok(200);
        app.clock.advance(TimeDelta::minutes(5));

        let steward = app.client(Who::Worker, Town::A).await;
        let shown = steward.get(&format!("/activities/{id}/check-in-code")).await.ok(200);
        let code = shown["code"].as_str().unwrap();
        assert_eq!(shown["url"], format!("/c/{code}"));
        assert_eq!(shown["rotates_every"], 30);
        assert_eq!(shown["valid_until"], "2026-11-23T09:05:30+08:00");
        assert!(shown["svg"].as_str().unwrap().starts_with("<svg"));

        let reading = member.get(&format!("/check-in-codes/{code}")).await.ok(200);
        assert_eq!(reading["action"], "check_in");
        assert_eq!(reading["points_to_come"], 2);
        assert_eq!(reading["occasion"]["id"], id);
        let arrived = member.post_key("/check-ins", "arrival", &json!({"code": code})).await.ok(201);
        assert_eq!(arrived["occasion"], json!({
            "kind": "activity", "id": id, "title": "水库村河道清理", "place": "水库村党群服务站门口", "link": format!("/activities/{id}"),
        }));
        assert_eq!(reading["occasion"], arrived["occasion"]);
        assert_eq!((&reading["starts_at"], &reading["check_in"]), (&made["starts_at"], &Value::Null));
        assert_eq!(arrived["checked_in_at"], "2026-11-23T09:05:00+08:00");
        for open in ["checked_out_at", "minutes", "points", "completion"] {
            assert_eq!(arrived[open], Value::Null);
        }
        // Again, with the key and without: the same check-in.
        assert_eq!(member.post_key("/check-ins", "arrival", &json!({"code": code})).await.ok(201), arrived);
        assert_eq!(member.post("/check-ins", &json!({"code": code})).await.ok(200), arrived);
        assert_eq!(member.get(&format!("/activities/{id}")).await.ok(200)["checked_in"], 1);

        app.clock.advance(TimeDelta::minutes(95));
        let member = app.client(Who::Member, Town::A).await;
        let code = self::shown(&app, Town::A, &id).await;
        let reading = member.get(&format!("/check-in-codes/{code}")).await.ok(200);
        assert_eq!((&reading["action"], &reading["points_to_come"]), (&json!("check_out"), &json!(1.58)));
        let path = format!("/check-ins/{}/check-out", id_of(&arrived));
        let left = member.post(&path, &json!({"code": code})).await.ok(200);
        assert_eq!((&left["minutes"], &left["points"]), (&json!(95), &json!(1.58)));
        assert_eq!(left["checked_out_at"], "2026-11-23T10:40:00+08:00");

        // Out again, now or later, even with a stale code: the same answer, and nothing posted.
        app.clock.advance(TimeDelta::minutes(9));
        assert_eq!(member.post(&path, &json!({"code": code})).await.ok(200), left);
        let member = app.client(Who::Member, Town::A).await;
        let reading = member.get(&format!("/check-in-codes/{}", self::shown(&app, Town::A, &id).await)).await.ok(200);
        assert_eq!((&reading["action"], &reading["points_to_come"]), (&json!("done"), &json!(0)));
        assert_eq!(reading["check_in"], left);

        let lines = entries(&app, Who::Member).await;
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["reason"], "参加“水库村河道清理”，服务 95 分钟，按 1 小时 1 分计 1.58 分");
        assert_eq!(lines[0]["rule"], "activity_hour");
        assert_eq!(lines[0]["amount"], 1.58);
        assert_eq!(lines[0]["balance_after"], 1.58);
        assert_eq!(lines[0]["source"], json!({"kind": "check_in", "id": id_of(&arrived)}));
        let purse = member.get("/purses/mine").await.ok(200);
        assert_eq!(purse["balance"], 1.58);
        assert_eq!((&purse["quarter"], &purse["quarter_score"]), (&json!("2026Q4"), &json!(1.58)));
        assert_eq!((&purse["rank"], &purse["of"]), (&json!(1), &json!(1)));
        assert_eq!(member.get("/check-ins").await.ok(200)["items"], json!([left]));

        let listed = app.client(Who::Leader, Town::A).await.get(&format!("/activities/{id}/participants")).await.ok(200);
        assert_eq!(as_all_see(&listed["items"][0]["check_in"]), as_all_see(&left));
        app.keeps_its_promises().await;
    }

    /// Three hours are two points: the cap, and the sentence says so.
    async fn three_hours_are_capped_at_two(app: TestApp) {
        let id = id_of(&publish(&app, Town::A, 5, 300, json!({})).await);
        app.clock.advance(TimeDelta::minutes(5));
        let arrived = check_in(&app, Who::Worker, &id).await.ok(201);
        app.clock.advance(TimeDelta::hours(3));
        let left = check_out(&app, Who::Worker, &id, &id_of(&arrived)).await.ok(200);
        assert_eq!((&left["minutes"], &left["points"]), (&json!(180), &json!(2)));
        let lines = entries(&app, Who::Worker).await;
        assert_eq!(lines[0]["reason"], "参加“水库村河道清理”，服务 180 分钟，按 1 小时 1 分计，超过每次活动上限，按 2 分计");
        app.keeps_its_promises().await;
    }

    /// Only time between start and end counts; who leaves before the start gets nothing, and no line.
    async fn time_outside_the_activity_does_not_count(app: TestApp) {
        let id = id_of(&publish(&app, Town::A, 20, 80, json!({})).await);
        let early = check_in(&app, Who::Worker, &id).await.ok(201);
        let brief = check_in(&app, Who::Member, &id).await.ok(201);
        app.clock.advance(TimeDelta::minutes(15));
        let left = check_out(&app, Who::Member, &id, &id_of(&brief)).await.ok(200);
        assert_eq!((&left["minutes"], &left["points"]), (&json!(0), &json!(0)));
        assert_eq!(entries(&app, Who::Member).await, Vec::<Value>::new());
        // Forgotten until long after the end: the hour counts, no more.
        app.clock.advance(TimeDelta::hours(11));
        let left = check_out(&app, Who::Worker, &id, &id_of(&early)).await.ok(200);
        assert_eq!((&left["minutes"], &left["points"]), (&json!(60), &json!(1)));
        app.keeps_its_promises().await;
    }

    /// Check-in opens 30 minutes before the start and closes with the end; check-out closes 12 hours later.
    async fn check_in_has_its_hours(app: TestApp) {
        let id = id_of(&publish(&app, Town::A, 40, 100, json!({})).await);
        let problem = check_in(&app, Who::Worker, &id).await.problem(409, "check_in_closed");
        assert_eq!(problem["detail"], "签到从 11-23 09:10 开始");
        app.clock.advance(TimeDelta::minutes(10));
        let arrived = check_in(&app, Who::Worker, &id).await.ok(201);
        app.clock.advance(TimeDelta::minutes(90));
        check_in(&app, Who::Member, &id).await.problem(409, "check_in_closed");
        // Whoever is in still finds the same check-in.
        assert_eq!(check_in(&app, Who::Worker, &id).await.ok(200), arrived);
        let code = shown(&app, Town::A, &id).await;
        let reading = app.client(Who::Member, Town::A).await.get(&format!("/check-in-codes/{code}")).await;
        reading.problem(409, "check_in_closed");
        app.clock.advance(TimeDelta::hours(12) - TimeDelta::seconds(30));
        let code = shown(&app, Town::A, &id).await;
        app.clock.advance(TimeDelta::seconds(30));
        let worker = app.client(Who::Worker, Town::A).await;
        let path = format!("/check-ins/{}/check-out", id_of(&arrived));
        worker.post(&path, &json!({"code": code})).await.problem(409, "check_in_closed");
        let clerk = app.client(Who::Clerk, Town::A).await;
        clerk.get(&format!("/activities/{id}/check-in-code")).await.problem(409, "check_in_closed");
    }

    /// A code lives a minute beyond the picture, and is good for its activity and its township alone.
    async fn codes_expire_and_are_not_forged(app: TestApp) {
        let id = id_of(&publish(&app, Town::A, 5, 120, json!({})).await);
        let other = id_of(&publish(&app, Town::A, 5, 120, json!({})).await);
        let foreign = id_of(&publish(&app, Town::B, 5, 120, json!({})).await);
        let member = app.client(Who::Member, Town::A).await;
        let code = shown(&app, Town::A, &id).await;
        app.clock.advance(TimeDelta::seconds(89));
        member.get(&format!("/check-in-codes/{code}")).await.ok(200);
        app.clock.advance(TimeDelta::seconds(1));
        member.get(&format!("/check-in-codes/{code}")).await.problem(422, "check_in_code_expired");
        member.post("/check-ins", &json!({"code": code})).await.problem(422, "check_in_code_expired");

        // Forged in every letter.
        let code = shown(&app, Town::A, &id).await;
        for place in 0..code.len() {
            let mut forged: Vec<char> = code.chars().collect();
            forged[place] = if forged[place] == 'A' { 'B' } else { 'A' };
            let forged: String = forged.into_iter().collect();
            member.post("/check-ins", &json!({"code": forged})).await.problem(422, "check_in_code_invalid");
        }
        // Signed with another activity's secret, or naming an activity that is not there.
        let (a, b) = (app.town(Town::A).tenant.uuid(), app.town(Town::B).tenant.uuid());
        let now = app.clock.now();
        let uuid = |id: &str| id.parse::<uuid::Uuid>().unwrap();
        let forged = code::make(&[0; 32], 'a', a, uuid(&id), now);
        let refused = member.post("/check-ins", &json!({"code": forged})).await;
        refused.problem(422, "check_in_code_invalid");
        let nowhere = code::make(&[0; 32], 'a', a, uuid::Uuid::now_v7(), now);

        // Another township's: genuine there, and here the very answer that a forged one gets.
        let genuine = shown(&app, Town::B, &foreign).await;
        app.client(Who::Member, Town::B).await.get(&format!("/check-in-codes/{genuine}")).await.ok(200);
        let borrowed = code::make(&[0; 32], 'a', b, uuid(&id), now);
        let renamed = code::make(&[0; 32], 'a', a, uuid(&foreign), now);
        // Of a kind that there is none of, and of another kind that has no such occasion.
        let shown_here = shown(&app, Town::A, &id).await;
        let (unknown, mistaken) = (format!("z{}", &shown_here[1..]), format!("P{}", &shown_here[1..]));
        for code in [genuine.as_str(), &nowhere, &borrowed, &renamed, &unknown, &mistaken, "x", "水库村"] {
            let answer = member.post("/check-ins", &json!({"code": code})).await;
            assert_eq!(answer.without_trace(), refused.without_trace(), "{code}");
            let reading = member.get(&format!("/check-in-codes/{code}")).await;
            reading.problem(422, "check_in_code_invalid");
        }
        // An expired code of another township is no different.
        app.clock.advance(TimeDelta::seconds(120));
        let answer = member.post("/check-ins", &json!({"code": genuine})).await;
        assert_eq!(answer.without_trace(), refused.without_trace());
        assert_eq!(member.get("/check-ins").await.ok(200)["items"], json!([]));

        // Out with the code of another activity.
        let arrived = check_in(&app, Who::Member, &id).await.ok(201);
        let wrong = shown(&app, Town::A, &other).await;
        let path = format!("/check-ins/{}/check-out", id_of(&arrived));
        member.post(&path, &json!({"code": wrong})).await.problem(422, "check_in_code_invalid");
        member.post(&path, &json!({"code": code})).await.problem(422, "check_in_code_expired");
    }

    /// Whoever comes without having signed up gets a free place on the spot, and none that is not there.
    async fn walk_ins_take_free_places(app: TestApp) {
        let id = id_of(&publish(&app, Town::A, 5, 120, json!({"capacity": 2})).await);
        let head = app.client(Who::GridHead, Town::A).await;
        head.act(&format!("/activities/{id}/sign-up")).await.ok(200);
        check_in(&app, Who::Worker, &id).await.ok(201);
        let mine = app.client(Who::Worker, Town::A).await.get(&format!("/activities/{id}")).await.ok(200);
        assert_eq!((&mine["mine"]["state"], &mine["signed_up"]), (&json!("signed_up"), &json!(2)));
        check_in(&app, Who::Member, &id).await.problem(409, "activity_full");
        let member = app.client(Who::Member, Town::A).await;
        assert_eq!(member.act(&format!("/activities/{id}/sign-up")).await.ok(200)["mine"]["state"], "waiting");
        check_in(&app, Who::Member, &id).await.problem(409, "activity_full");
        // The refused arrival left nothing behind.
        assert_eq!(member.get("/check-ins").await.ok(200)["items"], json!([]));
        head.act(&format!("/activities/{id}/withdraw")).await.ok(200);
        check_in(&app, Who::Member, &id).await.ok(201);
    }

    /// Only the steward of an activity and the office show its code.
    async fn only_the_steward_shows_the_code(app: TestApp) {
        let town = app.town(Town::A);
        let made = publish(&app, Town::A, 5, 120, json!({"steward_id": town.members.member})).await;
        let path = format!("/activities/{}/check-in-code", id_of(&made));
        app.client(Who::Clerk, Town::A).await.get(&path).await.ok(200);
        app.client(Who::Member, Town::A).await.get(&path).await.ok(200);
        app.client(Who::Worker, Town::A).await.get(&path).await.problem(403, "not_steward");
        app.client(Who::Leader, Town::A).await.get(&path).await.problem(403, "forbidden");
        app.anonymous().get(&path).await.problem(401, "unauthenticated");
    }

    /// Nobody's check-in but one's own can be closed: another's, in this township or elsewhere, does not exist.
    async fn nobody_checks_out_for_another(app: TestApp) {
        let id = id_of(&publish(&app, Town::A, 5, 120, json!({})).await);
        let arrived = id_of(&check_in(&app, Who::Worker, &id).await.ok(201));
        let there = id_of(&publish(&app, Town::B, 5, 120, json!({})).await);
        let code = shown(&app, Town::B, &there).await;
        let worker_there = app.client(Who::Worker, Town::B).await;
        let foreign = id_of(&worker_there.post("/check-ins", &json!({"code": code})).await.ok(201));
        let absent = CheckInId::new().to_string();
        let mut answers = Vec::new();
        for check_in in [&arrived, &foreign, &absent] {
            answers.push(check_out(&app, Who::Member, &id, check_in).await);
        }
        for answer in &answers {
            answer.problem(404, "not_found");
            assert_eq!(answer.without_trace(), answers[0].without_trace());
        }
        let member = app.client(Who::Member, Town::A).await;
        member.post(&format!("/check-ins/{arrived}/check-out"), &json!({})).await.problem(422, "validation_failed");
    }

    /// However many say goodbye at one moment, the points are posted once.
    async fn simultaneous_check_outs_post_once(app: TestApp) {
        let id = id_of(&publish(&app, Town::A, 5, 120, json!({})).await);
        app.clock.advance(TimeDelta::minutes(5));
        let arrived = id_of(&check_in(&app, Who::Member, &id).await.ok(201));
        app.clock.advance(TimeDelta::minutes(60));
        let code = shown(&app, Town::A, &id).await;
        let member = app.client(Who::Member, Town::A).await;
        let path = format!("/check-ins/{arrived}/check-out");
        let all = (0..12).map(|_| {
            let (member, path, code) = (member.clone(), path.clone(), code.clone());
            async move { member.post(&path, &json!({"code": code})).await.ok(200) }
        });
        let answers = together(all.collect()).await;
        assert!(answers.iter().all(|one| *one == answers[0] && one["points"] == 1));
        assert_eq!(entries(&app, Who::Member).await.len(), 1);
        assert_eq!(member.get("/purses/mine").await.ok(200)["balance"], 1);
        app.keeps_its_promises().await;
    }

    /// Many people at one door at one moment: each gets one check-in and one posting.
    async fn a_crowd_comes_and_goes(app: TestApp) {
        let made = publish(&app, Town::A, 5, 120, json!({"capacity": 15})).await;
        let id: ActivityId = id_of(&made).parse().unwrap();
        let members = enter_members(&app.scope(Town::A), 20).await;
        app.clock.advance(TimeDelta::minutes(5));
        let code = shown(&app, Town::A, &id.to_string()).await;
        // Everybody's phone sends twice.
        let all = acting(&app, Town::A, &members).into_iter().flat_map(|scope| [scope.clone(), scope]).map(|scope| {
            let input = ScannedCode { code: code.clone() };
            async move { (presence::check_in(&scope, IdempotencyKey(None), input).await, scope) }
        });
        let mut inside = Vec::new();
        for (arrival, scope) in together(all.collect()).await {
            match arrival {
                Ok(arrival) if arrival.fresh => inside.push((scope, arrival.check_in.id)),
                Ok(_) => {}
                Err(error) => assert_eq!(error.code(), api::activity::codes::ACTIVITY_FULL),
            }
        }
        assert_eq!(inside.len(), 15);
        app.clock.advance(TimeDelta::minutes(30));
        let code = shown(&app, Town::A, &id.to_string()).await;
        let all = inside.into_iter().flat_map(|one| [one.clone(), one]).map(|(scope, id)| {
            let input = ScannedCode { code: code.clone() };
            async move { presence::check_out(&scope, id, input).await.map(|closed| closed.points) }
        });
        let half = Some(entity::ids::Points::from_hundredths(50));
        assert!(together(all.collect()).await.iter().all(|points| points.as_ref().ok() == Some(&half)));
        let posted = app.scope(Town::A)
            .read(async |tx: &Tx| tx.find::<entity::posting::Entity>().count().await).await.unwrap();
        assert_eq!(posted, 15);
        let board = app.client(Who::Leader, Town::A).await.get("/leaderboard?limit=200").await.ok(200);
        assert!(board["items"].as_array().unwrap().iter().all(|one| one["rank"] == 1 && one["score"] == 0.5));
        assert_eq!(board["items"].as_array().unwrap().len(), 15);
        app.keeps_its_promises().await;
    }

    /// An account without a person behind it cannot check in.
    async fn an_account_without_a_member_cannot_check_in(app: TestApp) {
        let id = id_of(&publish(&app, Town::A, 5, 120, json!({})).await);
        let code = shown(&app, Town::A, &id).await;
        let scope = app.scope(Town::A).acting_as(app.town(Town::A).accounts[&Who::Clerk].id, None);
        let error = presence::read(&scope, &code).await.err().map(|error| error.code());
        assert_eq!(error, Some(Code::NO_MEMBER));
        let refused = presence::check_in(&scope, IdempotencyKey(None), ScannedCode { code }).await;
        assert_eq!(refused.err().map(|error| error.code()), Some(Code::NO_MEMBER));
    }

    /// Forgotten, and closed by the steward with the moment and the reason: the points are those of that stay, posted once, in the
    /// quarter of that moment; the check-in, the log and the page say who did it and why.
    async fn what_was_forgotten_is_completed(app: TestApp) {
        let town = app.town(Town::A);
        let id = id_of(&publish(&app, Town::A, 5, 95, json!({"steward_id": town.members.worker})).await);
        app.clock.advance(TimeDelta::minutes(5));
        let arrived = check_in(&app, Who::Member, &id).await.ok(201);
        let path = format!("/check-ins/{}/complete", id_of(&arrived));
        app.clock.advance(TimeDelta::days(2));
        let people = format!("/activities/{id}/participants");
        let may = async |who: Who| {
            let page = app.client(who, Town::A).await.get(&people).await.ok(200);
            offered(&page["items"][0]["check_in"]["may"])["complete_check_in"].clone()
        };
        assert_eq!((may(Who::Clerk).await, may(Who::Worker).await, may(Who::Leader).await), (json!(true), json!(true), json!("forbidden")));

        let steward = app.client(Who::Worker, Town::A).await;
        let given = json!({"checked_out_at": "2026-11-23T10:20:00+08:00", "reason": " 手机没电，其全程参加 "});
        let done = steward.post(&path, &given).await.ok(200);
        assert_eq!((&done["minutes"], &done["points"]), (&json!(75), &json!(1.25)));
        assert_eq!((&done["checked_in_at"], &done["checked_out_at"]), (&arrived["checked_in_at"], &given["checked_out_at"]));
        let account = town.accounts[&Who::Worker].id;
        assert_eq!(done["completion"], json!({
            "account_id": account, "name": Who::Worker.role().zh(), "reason": "手机没电，其全程参加",
        }));
        // Twice, by the same or by the office: it is closed.
        steward.post(&path, &given).await.problem(409, "state_conflict");
        let clerk = app.client(Who::Clerk, Town::A).await;
        clerk.post(&path, &given).await.problem(409, "state_conflict");
        assert_eq!(may(Who::Clerk).await, "state_conflict");

        let member = app.client(Who::Member, Town::A).await;
        let own = member.get("/check-ins").await.ok(200)["items"].clone();
        assert_eq!((own.as_array().unwrap().len(), as_all_see(&own[0])), (1, as_all_see(&done)));
        assert_eq!(member.get(&format!("/activities/{id}")).await.ok(200)["mine"]["check_in"], own[0]);
        let listed = clerk.get(&people).await.ok(200)["items"][0]["check_in"].clone();
        assert_eq!(as_all_see(&listed), as_all_see(&done));
        let lines = entries(&app, Who::Member).await;
        assert_eq!(lines.len(), 1);
        assert_eq!((&lines[0]["amount"], &lines[0]["at"]), (&json!(1.25), &given["checked_out_at"]));
        let auditor = app.client(Who::Auditor, Town::A).await;
        let log = auditor.get("/audit-entries?act=complete_check_in").await.ok(200);
        let log = log["items"].as_array().unwrap();
        assert_eq!(log.len(), 1);
        assert_eq!(log[0]["purpose"], "手机没电，其全程参加");
        app.keeps_its_promises().await;
    }

    /// What was earned earlier and is posted later stands where it was posted: the balance of the first line is the purse's.
    async fn the_lines_of_a_purse_follow_its_balance(app: TestApp) {
        let forgotten = id_of(&publish(&app, Town::A, 5, 95, json!({})).await);
        app.clock.advance(TimeDelta::minutes(5));
        let open = id_of(&check_in(&app, Who::Member, &forgotten).await.ok(201));
        app.clock.advance(TimeDelta::days(1));
        let other = id_of(&publish(&app, Town::A, 5, 95, json!({})).await);
        app.clock.advance(TimeDelta::minutes(5));
        let there = id_of(&check_in(&app, Who::Member, &other).await.ok(201));
        app.clock.advance(TimeDelta::minutes(60));
        check_out(&app, Who::Member, &other, &there).await.ok(200);
        app.clock.advance(TimeDelta::days(1));
        let clerk = app.client(Who::Clerk, Town::A).await;
        let given = json!({"checked_out_at": "2026-11-23T10:20:00+08:00", "reason": "忘记签退"});
        clerk.post(&format!("/check-ins/{open}/complete"), &given).await.ok(200);
        let lines = entries(&app, Who::Member).await;
        let of = |name: &str| lines.iter().map(|line| line[name].clone()).collect::<Vec<_>>();
        assert_eq!(of("amount"), [json!(1.25), json!(1)]);
        assert_eq!(of("balance_after"), [json!(2.25), json!(1)]);
        // Page by page it is the same.
        let member = app.client(Who::Member, Town::A).await;
        let first = member.get("/points-entries?limit=1").await.ok(200);
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = member.get(&format!("/points-entries?limit=1&cursor={cursor}")).await.ok(200);
        assert_eq!([&first["items"][0], &second["items"][0]], [&lines[0], &lines[1]]);
        app.keeps_its_promises().await;
    }

    /// A completion stays inside what can have been: from the check-in to the end, not in the future, for a while only, with a reason.
    async fn a_completion_has_its_bounds(app: TestApp) {
        let id = id_of(&publish(&app, Town::A, 10, 100, json!({})).await);
        let arrived = check_in(&app, Who::Member, &id).await.ok(201);
        let path = format!("/check-ins/{}/complete", id_of(&arrived));
        let at = |moment: &str| json!({"checked_out_at": format!("2026-11-23T{moment}+08:00"), "reason": "忘记签退"});
        let clerk = app.client(Who::Clerk, Town::A).await;
        let early = clerk.post(&path, &at("09:00:00")).await.problem(409, "check_in_closed");
        assert_eq!(early["detail"], "开始之后、结束 30 天内才能补办签退");
        app.clock.advance(TimeDelta::minutes(40));
        let clerk = app.client(Who::Clerk, Town::A).await;
        // While it runs: not after now.
        for wrong in ["08:59:59", "09:40:01", "10:40:00"] {
            let problem = clerk.post(&path, &at(wrong)).await.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["field"], "checked_out_at", "{wrong}");
        }
        for reason in ["", "忘", " 忘 ", &"忘".repeat(201)] {
            let body = json!({"checked_out_at": "2026-11-23T09:30:00+08:00", "reason": reason});
            let problem = clerk.post(&path, &body).await.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["field"], "reason", "{reason}");
        }
        app.clock.advance(TimeDelta::minutes(60) + TimeDelta::days(30) - TimeDelta::seconds(1));
        let clerk = app.client(Who::Clerk, Town::A).await;
        clerk.post(&path, &at("10:40:01")).await.problem(422, "validation_failed");
        app.clock.advance(TimeDelta::seconds(1));
        clerk.post(&path, &at("10:40:00")).await.problem(409, "check_in_closed");
        assert_eq!(entries(&app, Who::Member).await, Vec::<Value>::new());
        app.clock.set(app.clock.now() - TimeDelta::seconds(1));
        let done = clerk.post(&path, &at("10:40:00")).await.ok(200);
        assert_eq!((&done["minutes"], &done["points"]), (&json!(90), &json!(1.5)));
        app.keeps_its_promises().await;
    }

    /// Only the steward and the office complete, and nobody what is their own.
    async fn nobody_completes_their_own(app: TestApp) {
        let town = app.town(Town::A);
        let made = publish(&app, Town::A, 5, 95, json!({"steward_id": town.members.worker})).await;
        app.clock.advance(TimeDelta::minutes(5));
        let own = check_in(&app, Who::Worker, &id_of(&made)).await.ok(201);
        let other = check_in(&app, Who::Member, &id_of(&made)).await.ok(201);
        app.clock.advance(TimeDelta::hours(3));
        let given = json!({"checked_out_at": "2026-11-23T10:00:00+08:00", "reason": "忘记签退"});
        let complete = async |who: Who, check_in: &Value| {
            app.client(who, Town::A).await.post(&format!("/check-ins/{}/complete", id_of(check_in)), &given).await
        };
        complete(Who::Worker, &own).await.problem(403, "own_check_in");
        complete(Who::Member, &own).await.problem(403, "not_steward");
        complete(Who::Member, &other).await.problem(403, "not_steward");
        complete(Who::GridHead, &other).await.problem(403, "not_steward");
        complete(Who::Leader, &other).await.problem(403, "forbidden");
        let there = app.client(Who::Clerk, Town::B).await;
        let foreign = there.post(&format!("/check-ins/{}/complete", id_of(&other)), &given).await;
        foreign.problem(404, "not_found");
        let page = app.client(Who::Worker, Town::A).await.get(&format!("/activities/{}/participants", id_of(&made))).await.ok(200);
        let may: Vec<_> = page["items"].as_array().unwrap().iter().map(|one| (one["member"]["id"] == json!(town.members.worker), offered(&one["check_in"]["may"])["complete_check_in"].clone())).collect();
        assert_eq!(may.len(), 2);
        assert!(may.iter().all(|(own, may)| *may == if *own { json!("own_check_in") } else { json!(true) }));
        // The office closes the steward's, though it may not close its own either.
        complete(Who::Clerk, &own).await.ok(200);
        complete(Who::Worker, &other).await.ok(200);
        app.keeps_its_promises().await;
    }

    /// A kind of occasion that is nothing like an activity goes the same way: codes, the list, the completion.
    async fn a_patrol_is_an_occasion(app: TestApp) {
        let grid = app.town(Town::A).grids.general;
        let activity = id_of(&publish(&app, Town::A, 5, 95, json!({})).await);
        let clerk = app.town(Town::A).accounts[&Who::Clerk].id;
        let office = app.scope(Town::A).acting_as(clerk, None);
        let patrol_code = async || presence::show(&office, PATROL, grid, "").await.unwrap().code;
        let code = patrol_code().await;
        assert_eq!((&code[..1], &shown(&app, Town::A, &activity).await[..1]), ("P", "a"));
        let worker = app.client(Who::Worker, Town::A).await;
        let reading = worker.get(&format!("/check-in-codes/{code}")).await.ok(200);
        assert_eq!((&reading["action"], &reading["points_to_come"]), (&json!("check_in"), &json!(0)));
        assert_eq!((&reading["occasion"]["kind"], &reading["occasion"]["link"]), (&json!(PATROL), &Value::Null));
        let patrol = worker.post("/check-ins", &json!({"code": code})).await.ok(201);
        app.clock.advance(TimeDelta::minutes(1));
        let other = check_in(&app, Who::Worker, &activity).await.ok(201);
        let listed = worker.get("/check-ins").await.ok(200);
        assert_eq!(listed["items"], json!([other, patrol]));
        // Nobody was counted at the activity who was on patrol.
        assert_eq!(worker.get(&format!("/activities/{activity}")).await.ok(200)["checked_in"], 1);

        // Not out with the code of an activity. The office completes it, and then any code is answered how it ended; the source is told once.
        let out = format!("/check-ins/{}/check-out", id_of(&patrol));
        let wrong = shown(&app, Town::A, &activity).await;
        worker.post(&out, &json!({"code": wrong})).await.problem(422, "check_in_code_invalid");
        let left_at = |minutes| (app.clock.now() + TimeDelta::minutes(minutes)).to_rfc3339();
        app.clock.advance(TimeDelta::minutes(9));
        let given = json!({"checked_out_at": left_at(-5), "reason": "忘记签退"});
        let path = format!("/check-ins/{}/complete", id_of(&patrol));
        let clerk = app.client(Who::Clerk, Town::A).await;
        let done = clerk.post(&path, &given).await.ok(200);
        assert_eq!((&done["minutes"], &done["points"]), (&json!(5), &json!(0)));
        let worker = app.client(Who::Worker, Town::A).await;
        assert_eq!(as_all_see(&worker.post(&out, &json!({"code": wrong})).await.ok(200)), as_all_see(&done));
        let told = left(&app.scope(Town::A)).await;
        assert_eq!(told.get("patrolled for 5 minutes"), Some(&1));
        assert_eq!(told.get("came to a patrol"), Some(&1));
        assert_eq!(entries(&app, Who::Worker).await, Vec::<Value>::new());

        // Whoever stays to the end of theirs leaves by its own code.
        let member = app.client(Who::Member, Town::A).await;
        let came = member.post("/check-ins", &json!({"code": patrol_code().await})).await.ok(201);
        app.clock.advance(TimeDelta::minutes(7));
        let (out, code) = (format!("/check-ins/{}/check-out", id_of(&came)), patrol_code().await);
        let reading = member.get(&format!("/check-in-codes/{code}")).await.ok(200);
        assert_eq!(reading["action"], "check_out");
        let gone = member.post(&out, &json!({"code": code})).await.ok(200);
        assert_eq!((&gone["minutes"], &gone["points"], &gone["completion"]), (&json!(7), &json!(0), &Value::Null));
        assert_eq!(member.post(&out, &json!({"code": code})).await.ok(200), gone);
        assert_eq!(left(&app.scope(Town::A)).await.get("patrolled for 7 minutes"), Some(&1));
        assert_eq!(entries(&app, Who::Member).await, Vec::<Value>::new());
    }

    /// An occasion is known by its kind and its id together: rows of two kinds may have the same id.
    async fn two_kinds_may_share_an_id(app: TestApp) {
        use entity::activity::{Column, Entity};
        let grid = app.town(Town::A).grids.general;
        let made: ActivityId = id_of(&publish(&app, Town::A, 5, 95, json!({})).await).parse().unwrap();
        app.scope(Town::A).write(async move |tx: &Tx| {
            let rename = tx.update_many::<Entity>().col_expr(Column::Id, Expr::value(grid.uuid()));
            rename.filter(Column::Id.eq(made)).exec().await
        }).await.unwrap();
        let id = grid.to_string();
        let clerk = app.town(Town::A).accounts[&Who::Clerk].id;
        let office = app.scope(Town::A).acting_as(clerk, None);
        let code = presence::show(&office, PATROL, grid, "").await.unwrap().code;
        let worker = app.client(Who::Worker, Town::A).await;
        let patrol = worker.post("/check-ins", &json!({"code": code})).await.ok(201);
        app.clock.advance(TimeDelta::minutes(1));
        let activity = check_in(&app, Who::Worker, &id).await.ok(201);
        assert_eq!((&patrol["occasion"]["id"], &patrol["occasion"]["kind"]), (&json!(id), &json!(PATROL)));
        assert_eq!((&activity["occasion"]["id"], &activity["occasion"]["kind"]), (&json!(id), &json!("activity")));
        assert_eq!(worker.get("/check-ins").await.ok(200)["items"], json!([activity, patrol]));
        let read = worker.get(&format!("/activities/{id}")).await.ok(200);
        assert_eq!((&read["checked_in"], &read["mine"]["check_in"]), (&json!(1), &activity));
    }
}
