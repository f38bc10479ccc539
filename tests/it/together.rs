//! Rules that span rows, broken by two at the same moment: each pair is held before its first row until both wait, and then let go
//! together. SQLite has one writer and could not break them; PostgreSQL can, unless what a rule reads is locked.

use std::time::{Duration, Instant};

use api::task::Assignee;
use api::tenancy::Tx;
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use support::prelude::*;
use support::{Answer, Furnished};

use crate::activity::{id_of, in_minutes, publish};
use crate::presence::{as_all_see, check_in, shown};
use crate::task_source::{errand, open};

const ROUNDS: usize = 6;
/// Less than whoever waits for a lock waits for it.
const PATIENCE: Duration = Duration::from_millis(3000);

/// Holds a table's rows, so that whoever changes one of them waits.
async fn hold(outside: &DatabaseConnection, tables: &[&str]) {
    outside.execute_unprepared("BEGIN").await.unwrap();
    for table in tables {
        outside.execute_unprepared(&format!("SELECT 1 FROM {table} FOR UPDATE")).await.unwrap();
    }
}

async fn waiting(outside: &DatabaseConnection) -> i64 {
    let sql = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let row = outside.query_one_raw(Statement::from_string(outside.get_database_backend(), sql));
    row.await.unwrap().unwrap().try_get("", "n").unwrap()
}

/// Looks until so many wait, and says how many do.
async fn stand(outside: &DatabaseConnection, many: i64) -> i64 {
    // Each look is a trip to the database, which is wait enough between two.
    let began = Instant::now();
    let mut stood = waiting(outside).await;
    while stood < many && began.elapsed() < PATIENCE {
        stood = waiting(outside).await;
    }
    stood
}

/// Both at once: on PostgreSQL behind a gate of locks on these tables, which opens when both stand before it.
async fn together(
    app: &TestApp,
    gate: &[&str],
    one: impl Future<Output = Answer>,
    other: impl Future<Output = Answer>,
) -> [Answer; 2] {
    if app.db == Db::Sqlite {
        let (one, other) = tokio::join!(one, other);
        return [one, other];
    }
    let (outside, watcher) = (app.outside().await, app.outside().await);
    hold(&outside, gate).await;
    let open = async {
        let both = stand(&watcher, 2).await;
        outside.execute_unprepared("ROLLBACK").await.unwrap();
        both
    };
    let (one, other, stood) = tokio::join!(one, other, open);
    assert_eq!(stood, 2, "both stood before the gate");
    outside.close().await.unwrap();
    watcher.close().await.unwrap();
    [one, other]
}

/// Both at once, and on PostgreSQL `one` is the first before the gate, and so the first through it.
async fn in_turn(
    app: &TestApp,
    gate: &[&str],
    one: impl Future<Output = Answer>,
    other: impl Future<Output = Answer>,
) -> [Answer; 2] {
    let watcher = app.outside().await;
    let after = async {
        if app.db == Db::Postgres {
            stand(&watcher, 1).await;
        }
        other.await
    };
    let answers = together(app, gate, one, after).await;
    watcher.close().await.unwrap();
    answers
}

fn good(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.status < 300).count()
}

/// Nobody may be refused for another reason than the rule.
fn expected(answers: &[Answer], codes: &[&str]) {
    for answer in answers.iter().filter(|answer| answer.status >= 300) {
        let code = answer.json["code"].as_str().unwrap_or_default();
        assert!(codes.contains(&code), "{} {}", answer.status, answer.json);
    }
}

async fn count(app: &TestApp, sql: &str) -> i64 {
    let outside = app.outside().await;
    let row = outside.query_one_raw(Statement::from_string(outside.get_database_backend(), sql));
    let count = row.await.unwrap().unwrap().try_get("", "n").unwrap();
    outside.close().await.unwrap();
    count
}

fn on_both(test: impl AsyncFn(TestApp)) {
    for db in [Db::Sqlite, Db::Postgres] {
        support::run(db, Furnished::One, |app| test(app));
    }
}

const ABLE: &str = "SELECT count(*) AS n FROM account a JOIN account_role r ON r.tenant_id = a.tenant_id AND r.account_id = a.id \
                    WHERE r.role = 'administrator' AND NOT a.disabled";

/// Two administrators take each other, or themselves, out.
#[test]
fn the_last_administrator_stays() {
    on_both(async |app: TestApp| {
        let first = app.client(Who::Administrator, Town::A).await;
        let first_id = app.town(Town::A).accounts[&Who::Administrator].id.to_string();
        let second = json!({"username": "second", "password": "another horse with 3 batteries", "display_name": "乙", "roles": ["administrator"]});
        let second =
            first.post("/accounts", &second).await.ok(201)["id"].as_str().unwrap().to_owned();
        let changes = [json!({"disabled": true}), json!({"roles": ["leader"]})];
        let version = async |id: &str| {
            first.get(&format!("/accounts/{id}")).await.ok(200)["version"].as_i64().unwrap()
        };
        for one in &changes {
            for other in &changes {
                for _ in 0..ROUNDS.div_ceil(3) {
                    let (a, b) = (version(&first_id).await, version(&second).await);
                    // Each by a client of its own: the first to be taken out is signed out with it.
                    let (x, y) = (
                        app.client(Who::Administrator, Town::A).await,
                        app.client(Who::Administrator, Town::A).await,
                    );
                    let (to_first, to_second) =
                        (format!("/accounts/{first_id}"), format!("/accounts/{second}"));
                    let answers = together(
                        &app,
                        &["account", "account_role"],
                        x.patch(&to_first, a, one),
                        y.patch(&to_second, b, other),
                    )
                    .await;
                    assert_eq!(count(&app, ABLE).await, 1, "{one} and {other}");
                    assert_eq!(good(&answers), 1, "{answers:?}");
                    match app.db {
                        // Both were let in before the gate.
                        Db::Postgres => expected(&answers, &["in_use"]),
                        // There is no gate: who takes himself out ends the other request's session too, and may do so before
                        // that is let in.
                        Db::Sqlite => expected(&answers, &["in_use", "session_ended"]),
                    }
                    // Everybody back, past the server.
                    let outside = app.outside().await;
                    for sql in [
                        "DELETE FROM account_role WHERE account_id IN (SELECT id FROM account WHERE username IN ('administrator', 'second'))",
                        "UPDATE account SET disabled = false, must_change_password = false, sphere = 'administration' WHERE username IN ('administrator', 'second')",
                        "INSERT INTO account_role (tenant_id, account_id, role, sphere) SELECT tenant_id, id, 'administrator', 'administration' \
                         FROM account WHERE username IN ('administrator', 'second')",
                        "UPDATE session SET revoked_at = NULL",
                    ] {
                        outside.execute_unprepared(sql).await.unwrap();
                    }
                    outside.close().await.unwrap();
                    app.state.tokens().forget_all();
                }
            }
        }
    });
}

/// A group is made under a branch that becomes a mere household.
#[test]
fn a_party_organisation_stands_under_a_higher_one() {
    on_both(async |app: TestApp| {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let committee = app.town(Town::A).orgs.committee;
        for round in 0..ROUNDS {
            let branch = json!({"parent_id": committee, "kind": "branch", "code": format!("T{round}"), "name": "支部"});
            let branch =
                clerk.post("/party-orgs", &branch).await.ok(201)["id"].as_str().unwrap().to_owned();
            let group = json!({"parent_id": branch, "kind": "group", "code": format!("T{round}G"), "name": "小组"});
            let path = format!("/party-orgs/{branch}");
            let lower = json!({"kind": "household"});
            let answers = together(
                &app,
                &["party_org"],
                clerk.post("/party-orgs", &group),
                clerk.patch(&path, 1, &lower),
            )
            .await;
            assert_eq!(good(&answers), 1, "{answers:?}");
            expected(&answers, &["validation_failed"]);
            app.keeps_its_promises().await;
        }
    });
}

/// Two organisations are put under each other.
#[test]
fn no_circle_is_closed() {
    on_both(async |app: TestApp| {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let committee = app.town(Town::A).orgs.committee;
        for round in 0..ROUNDS {
            let mut ids = Vec::new();
            for name in ["a", "b"] {
                let org = json!({"parent_id": committee, "kind": "branch", "code": format!("C{round}{name}"), "name": "支部"});
                ids.push(
                    clerk.post("/party-orgs", &org).await.ok(201)["id"]
                        .as_str()
                        .unwrap()
                        .to_owned(),
                );
            }
            let [a, b] = [&ids[0], &ids[1]].map(|id| format!("/party-orgs/{id}"));
            let (under_b, under_a) = (json!({"parent_id": ids[1]}), json!({"parent_id": ids[0]}));
            let answers = together(
                &app,
                &["party_org"],
                clerk.patch(&a, 1, &under_b),
                clerk.patch(&b, 1, &under_a),
            )
            .await;
            assert!(good(&answers) <= 1, "{answers:?}");
            app.keeps_its_promises().await;
        }
    });
}

/// Two people are appointed to the one post.
#[test]
fn a_post_has_one_holder() {
    on_both(async |app: TestApp| {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let town = app.town(Town::A);
        for _ in 0..ROUNDS {
            let post = |member| json!({"grid_id": town.grids.other_sub, "member_id": member, "kind": "sub_head"});
            let (one, other) = (post(town.members.spare), post(town.members.member));
            let answers = together(
                &app,
                &["grid"],
                clerk.post("/grid-posts", &one),
                clerk.post("/grid-posts", &other),
            )
            .await;
            assert_eq!(good(&answers), 1, "{answers:?}");
            expected(&answers, &["post_taken"]);
            app.keeps_its_promises().await;
            let kept = answers.iter().find(|answer| answer.status < 300).unwrap();
            let outside = app.outside().await;
            let sql = format!(
                "DELETE FROM grid_post WHERE kind = 'sub_head' AND grid_id IN (SELECT grid_id FROM grid_post) AND member_id IN \
                 (SELECT id FROM member WHERE name = '{}') AND until IS NULL",
                kept.json["member"]["name"].as_str().unwrap()
            );
            outside.execute_unprepared(&sql).await.unwrap();
            outside.close().await.unwrap();
        }
    });
}

/// Two accept what nobody has accepted, and then take it over, both from the one who has it.
#[test]
fn a_task_is_taken_over_once() {
    on_both(async |app: TestApp| {
        let town = app.town(Town::A);
        let branch = Assignee::Organisation(town.orgs.branch);
        open(&app, vec![errand("走访", branch, app.clock.now() + TimeDelta::hours(48))])
            .await
            .unwrap();
        let mut people = Vec::new();
        for (who, member) in [
            (Who::GridHead, town.members.head),
            (Who::SubHead, town.members.sub_head),
            (Who::Worker, town.members.worker),
        ] {
            people.push((app.client(who, Town::A).await, member));
        }
        let page = people[0].0.get("/tasks?owed=true").await.ok(200);
        let task = format!("/tasks/{}", page["items"][0]["id"].as_str().unwrap());
        let accept = format!("{task}/accept");
        let mut holder = None;
        for round in 1..=ROUNDS {
            let others = people.iter().filter(|(_, member)| Some(*member) != holder);
            let [(one, first), (other, second)] = others.take(2).collect::<Vec<_>>()[..] else {
                panic!("two of three are left")
            };
            let from = json!({"from": holder});
            let answers =
                together(&app, &["task"], one.post(&accept, &from), other.post(&accept, &from))
                    .await;
            assert_eq!(good(&answers), 1, "{answers:?}");
            expected(&answers, &["task_taken"]);
            holder = Some(if answers[0].status < 300 { *first } else { *second });
            let shown = one.get(&task).await.ok(200);
            assert_eq!(shown["assignee"]["member"]["id"], json!(holder));
            let accepted = shown["log"].as_array().unwrap().iter();
            assert_eq!(accepted.filter(|line| line["kind"] == "accepted").count(), round);
        }
    });
}

/// The same draft is published twice.
#[test]
fn a_draft_is_published_once() {
    on_both(async |app: TestApp| {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let list = json!({"kind": "responsibility", "title": "清单", "items": [
            {"what": "巡查", "role": "sub_head", "frequency": "once", "evidence": "none", "limit_working_days": 3, "points": 1}]});
        for _ in 0..ROUNDS.div_ceil(2) {
            let made = clerk.post("/checklists", &list).await.ok(201);
            let path = format!("/checklists/{}/publish", made["id"].as_str().unwrap());
            let publish = || async {
                let request = clerk
                    .request(Method::POST, &path)
                    .header("if-match", "\"v1\"")
                    .json(&json!({}));
                clerk.send(request).await
            };
            let answers = together(&app, &["checklist"], publish(), publish()).await;
            assert_eq!(good(&answers), 1, "{answers:?}");
        }
        app.keeps_its_promises().await;
    });
}

/// An activity is called off while somebody comes to it, each of them first in turn.
#[test]
fn nobody_is_in_at_what_is_called_off() {
    on_both(async |app: TestApp| {
        for round in 0..ROUNDS {
            let id = id_of(&publish(&app, Town::A, 5, 95, json!({})).await);
            let (scanned, reason) =
                (json!({"code": shown(&app, Town::A, &id).await}), json!({"reason": "暴雨"}));
            let path = format!("/activities/{id}/cancel");
            let clerk = app.client(Who::Clerk, Town::A).await;
            let member = app.client(Who::Member, Town::A).await;
            let (cancel, come) = (clerk.post(&path, &reason), member.post("/check-ins", &scanned));
            let answers = if round % 2 == 0 {
                in_turn(&app, &["activity"], cancel, come).await
            } else {
                in_turn(&app, &["activity"], come, cancel).await
            };
            assert_eq!(good(&answers), 1, "{answers:?}");
            expected(&answers, &["activity_cancelled", "activity_attended"]);
            if app.db == Db::Postgres {
                assert_eq!(good(&answers[..1]), 1, "{answers:?}");
            }
            app.keeps_its_promises().await;
        }
    });
}

/// The person checks out at the very moment at which the office closes the check-in for them, each of them first in turn: one of them
/// does it, and it is posted once.
#[test]
fn a_check_in_is_closed_once() {
    on_both(async |app: TestApp| {
        let mut activities = Vec::new();
        for _ in 0..ROUNDS {
            activities.push(id_of(&publish(&app, Town::A, 5, 95, json!({})).await));
        }
        app.clock.advance(TimeDelta::minutes(5));
        let mut inside = Vec::new();
        for id in activities {
            let arrived = check_in(&app, Who::Member, &id).await.ok(201);
            inside.push((id, id_of(&arrived)));
        }
        app.clock.advance(TimeDelta::minutes(60));
        let given = json!({"checked_out_at": in_minutes(&app, -30), "reason": "忘记签退"});
        // Who would not wait for the activity waits for what is written.
        let gate = ["activity", "check_in"];
        for (round, (activity, id)) in inside.iter().enumerate() {
            let scanned = json!({"code": shown(&app, Town::A, activity).await});
            let (out, complete) =
                (format!("/check-ins/{id}/check-out"), format!("/check-ins/{id}/complete"));
            let clerk = app.client(Who::Clerk, Town::A).await;
            let member = app.client(Who::Member, Town::A).await;
            let (leave, close) = (member.post(&out, &scanned), clerk.post(&complete, &given));
            let office_first = round % 2 == 1;
            let [left, completed] = if office_first {
                let [completed, left] = in_turn(&app, &gate, close, leave).await;
                [left, completed]
            } else {
                in_turn(&app, &gate, leave, close).await
            };
            // Who leaves is told how it ended, whoever closed it; the office is told that it came too late.
            let left = left.ok(200);
            if completed.status == 200 {
                assert_eq!(as_all_see(&left), as_all_see(&completed.json));
                assert_eq!(left["minutes"], 30);
            } else {
                completed.problem(409, "state_conflict");
                assert_eq!(left["minutes"], 60);
            }
            if app.db == Db::Postgres {
                assert_eq!(completed.status == 200, office_first);
            }
        }
        let scope = app.scope(Town::A);
        let posted =
            scope.read(async |tx: &Tx| tx.find::<entity::posting::Entity>().count().await).await;
        assert_eq!(usize::try_from(posted.unwrap()).unwrap(), ROUNDS);
        app.keeps_its_promises().await;
    });
}
