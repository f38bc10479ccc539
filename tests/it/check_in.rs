//! Check-in and check-out by the rotating code, and the points that follow.

use api::check_in::code;
use api::check_in::dto::ScannedCode;
use api::check_in::service;
use api::http::{Code, IdempotencyKey};
use api::tenancy::Tx;
use chrono::TimeDelta;
use entity::ids::{ActivityId, CheckInId};
use support::prelude::*;

use crate::activity::{acting, enter_members, id_of, publish, together};

/// The code that the steward's screen shows now.
async fn shown(app: &TestApp, town: Town, activity: &str) -> String {
    let clerk = app.client(Who::Clerk, town).await;
    let answer = clerk.get(&format!("/activities/{activity}/check-in-code")).await.ok(200);
    answer["code"].as_str().unwrap().to_owned()
}

async fn check_in(app: &TestApp, who: Who, activity: &str) -> Answer {
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

async fn assert_sound(app: &TestApp) {
    for town in [Town::A, Town::B] {
        let differences = app.scope(town).read(api::points::audit).await.unwrap();
        assert_eq!(differences, []);
    }
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
        assert_eq!(reading["activity"]["id"], id);
        let arrived = member.post_key("/check-ins", "arrival", &json!({"code": code})).await.ok(201);
        assert_eq!(arrived["activity_title"], "水库村河道清理");
        assert_eq!(arrived["checked_in_at"], "2026-11-23T09:05:00+08:00");
        for open in ["checked_out_at", "minutes", "points"] {
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
        assert_eq!(reading["activity"]["mine"]["check_in"], left);

        let lines = entries(&app, Who::Member).await;
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["reason"], "参加『水库村河道清理』，服务 95 分钟，按 1 小时 1 分计 1.58 分");
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
        assert_eq!(listed["items"][0]["check_in"], left);
        assert_sound(&app).await;
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
        assert_eq!(lines[0]["reason"], "参加『水库村河道清理』，服务 180 分钟，按 1 小时 1 分计，超过每次活动上限，按 2 分计");
        assert_sound(&app).await;
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
        assert_sound(&app).await;
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
        let forged = code::make(&[0; 32], a, uuid(&id), now);
        let refused = member.post("/check-ins", &json!({"code": forged})).await;
        refused.problem(422, "check_in_code_invalid");
        let nowhere = code::make(&[0; 32], a, uuid::Uuid::now_v7(), now);

        // Another township's: genuine there, and here the very answer that a forged one gets.
        let genuine = shown(&app, Town::B, &foreign).await;
        app.client(Who::Member, Town::B).await.get(&format!("/check-in-codes/{genuine}")).await.ok(200);
        let borrowed = code::make(&[0; 32], b, uuid(&id), now);
        let renamed = code::make(&[0; 32], a, uuid(&foreign), now);
        for code in [genuine.as_str(), &nowhere, &borrowed, &renamed, "x", "水库村"] {
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
        assert_sound(&app).await;
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
            async move { (service::check_in(&scope, IdempotencyKey(None), input).await, scope) }
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
            async move { service::check_out(&scope, id, input).await.map(|closed| closed.points) }
        });
        let half = Some(entity::ids::Points::from_hundredths(50));
        assert!(together(all.collect()).await.iter().all(|points| points.as_ref().ok() == Some(&half)));
        let posted = app.scope(Town::A)
            .read(async |tx: &Tx| tx.find::<entity::posting::Entity>().count().await).await.unwrap();
        assert_eq!(posted, 15);
        let board = app.client(Who::Leader, Town::A).await.get("/leaderboard?limit=200").await.ok(200);
        assert!(board["items"].as_array().unwrap().iter().all(|one| one["rank"] == 1 && one["score"] == 0.5));
        assert_eq!(board["items"].as_array().unwrap().len(), 15);
        assert_sound(&app).await;
    }

    /// An account without a person behind it cannot check in.
    async fn an_account_without_a_member_cannot_check_in(app: TestApp) {
        let id = id_of(&publish(&app, Town::A, 5, 120, json!({})).await);
        let code = shown(&app, Town::A, &id).await;
        let scope = app.scope(Town::A).acting_as(app.town(Town::A).accounts[&Who::Clerk].id, None);
        let error = service::read(&scope, &code).await.err().map(|error| error.code());
        assert_eq!(error, Some(Code::NO_MEMBER));
        let refused = service::check_in(&scope, IdempotencyKey(None), ScannedCode { code }).await;
        assert_eq!(refused.err().map(|error| error.code()), Some(Code::NO_MEMBER));
    }
}
