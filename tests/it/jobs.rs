//! What is due happens: once, in time, whoever dies meanwhile, and nobody walks the townships for it.

use std::collections::BTreeMap;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use api::clock::Guard;
use api::jobs::{self, Plan, Worker};
use api::state::AppState;
use api::tenancy::{Scope, Tx};
use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::JobId;
use entity::job;
use entity::kinds::JobState;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseConnection, QueryFilter, Statement};
use support::kinds::{self, leave, left};
use support::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::checklist::{item, publish, published, tasks};
use crate::furniture::kind;
use crate::rooms::Open::To;
use crate::rooms::{Room, op, violation};

/// What the room's tests bring.
pub(crate) const ROOM: Room = Room {
    rights: &[
        op("list_jobs", To("a")),
        op("get_job_summary", To("a")),
        op("get_job", To("a")).on("job"),
        op("run_job", To("a")).on("job"),
        op("cancel_job", To("a")).on("job"),
    ],
    kinds: &[kind("job")],
    furnish: |app, town, furniture| {
        Box::pin(async move {
            let administrator = app.client(Who::Administrator, town).await;
            let jobs = administrator.get("/jobs?kind=session.forget_ended").await.ok(200);
            furniture.put_answer("job", &jobs["items"][0]);
        })
    },
    tables: &["job"],
    // Cleans kept answers.
    foreign: &["idempotency_key"],
    violations: &[
        violation(
            "JB1",
            "UPDATE job SET finished_at = run_at WHERE state = 'waiting'",
            "UPDATE job SET finished_at = NULL WHERE state = 'waiting'",
        ),
        violation(
            "JB2",
            "UPDATE bell SET due_at = (SELECT created_at FROM job WHERE job.id = bell.job_id)",
            "UPDATE bell SET due_at = (SELECT run_at FROM job WHERE job.id = bell.job_id)",
        ),
    ],
    ..Room::of("jobs")
};

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

async fn plant(scope: &Scope, plan: Plan) -> JobId {
    scope.write(async move |tx: &Tx| jobs::plant(tx, plan).await).await.unwrap()
}

async fn all(scope: &Scope, kind: &'static str) -> Vec<job::Model> {
    scope
        .read(async |tx: &Tx| {
            tx.find::<job::Entity>().filter(job::Column::Kind.eq(kind)).all().await
        })
        .await
        .unwrap()
}

async fn one(scope: &Scope, id: JobId) -> job::Model {
    scope.read(async |tx: &Tx| tx.get::<job::Entity>(id).await).await.unwrap()
}

/// Sees to it that the test leaves no failed job, which would be told at its end.
/// What failed is no fault of the test's.
pub(crate) async fn forgive(app: &TestApp) {
    let outside = app.outside().await;
    outside.execute_unprepared("UPDATE job SET last_error = NULL").await.unwrap();
    outside.close().await.unwrap();
}

on_both! {
    /// Weeks that nobody was there are made up for, each under the version then in force, for whoever held the post in it and
    /// holds it still; once, and marked.
    async fn what_was_slept_through_is_made_up_for(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let weekly = |head: &str| json!([
            item(head, "general_head", "weekly", "none", 3, 2),
            item("每月召开一次网格例会", "sub_head", "monthly", "text", 5, 3),
            item("每周入户走访", "worker", "weekly", "number", 3, 1),
        ]);
        let first = published(&clerk, "网格长责任清单", &weekly("巡查")).await["checklist"].clone();
        // Wednesday: the second version. Then nobody is there until Tuesday 15 December.
        app.clock.set(moment("2026-11-25T09:00:00+08:00"));
        let clerk = app.client(Who::Clerk, Town::A).await;
        let save = async |clerk: &Client, list: &Value, head: &str| {
            let body = json!({"title": "网格长责任清单", "items": weekly(head)});
            let path = format!("/checklists/{}/draft", list["id"].as_str().unwrap());
            clerk.put(&path, list["version"].as_i64().unwrap(), &body).await.ok(200)
        };
        let second = publish(&clerk, &save(&clerk, &first, "走遍网格").await).await["checklist"].clone();

        app.clock.set(moment("2026-12-15T09:00:00+08:00"));
        let clerk = app.client(Who::Clerk, Town::A).await;
        // The head leaves, and the third version is published, before anything was made up for.
        let town = app.town(Town::A);
        let grid = clerk.get(&format!("/grids/{}", town.grids.general)).await.ok(200);
        let post = grid["posts"].as_array().unwrap().iter().find(|post| post["kind"] == "general_head").unwrap();
        clerk.post(&format!("/grid-posts/{}/end", post["id"].as_str().unwrap()), &json!({})).await.ok(200);
        clerk.post("/grid-posts", &json!({
            "grid_id": town.grids.general, "member_id": town.members.spare, "kind": "general_head",
        })).await.ok(201);
        publish(&clerk, &save(&clerk, &second, "巡遍网格").await).await;

        jobs::round(&app.state).await.unwrap();
        let clerk = app.client(Who::Clerk, Town::A).await;
        let all = tasks(&clerk, "").await;
        let told = |role: &str| -> Vec<(String, i64, bool, String)> {
            let mut told: Vec<_> = all.iter()
                .filter(|task| task["assignee"]["post"] == role && task["state"] == "open")
                .map(|task| (
                    task["period"].as_str().unwrap().to_owned(),
                    task["source"]["facts"][0]["text"].as_str().unwrap().parse().unwrap(),
                    task["opened_late"].as_bool().unwrap(),
                    task["due_at"].as_str().unwrap()[..10].to_owned(),
                ))
                .collect();
            told.sort();
            told
        };
        let of = |period: &str, version, late, due: &str| (period.to_owned(), version, late, due.to_owned());
        // 2026-W48 was opened in its time. W49 and W50 are over; W51 runs.
        assert_eq!(told("worker"), vec![
            of("2026-W48", 1, false, "2026-11-25"),
            of("2026-W49", 2, true, "2026-12-17"),
            of("2026-W50", 2, true, "2026-12-17"),
            // Opened when the posts changed, under the version that was in force still.
            of("2026-W51", 2, true, "2026-12-16"),
        ]);
        // December runs still: it is late to open it, and it counts from today, on which the list came into force anew.
        let month = told("sub_head");
        assert_eq!(month.iter().map(|task| task.0.as_str()).collect::<Vec<_>>(), ["2026-11", "2026-12"]);
        // Who came into the post today owes nothing of the weeks before; who left it owes nothing at all.
        assert_eq!(told("general_head").iter().map(|task| task.0.as_str()).collect::<Vec<_>>(), ["2026-W51"]);

        jobs::round(&app.state).await.unwrap();
        assert_eq!(tasks(&clerk, "").await.len(), all.len(), "once");
        let next = self::all(&app.scope(Town::A), "checklist.open_periods").await;
        let next: Vec<_> = next.iter().filter(|job| job.state == JobState::Waiting).collect();
        assert_eq!(next.len(), 1);
        let monday = moment("2026-12-21T00:00:00+08:00");
        assert!(next[0].run_at >= monday && next[0].run_at < monday + TimeDelta::minutes(30), "{}", next[0].run_at);
    }

    /// The running period, opened some days late: its time counts from its first day, and it says that it came late.
    async fn a_late_start_of_a_running_period_is_marked(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        published(&clerk, "清单", &json!([item("巡查", "worker", "weekly", "none", 3, 1)])).await;
        app.clock.set(moment("2026-12-02T09:00:00+08:00"));
        jobs::round(&app.state).await.unwrap();
        let clerk = app.client(Who::Clerk, Town::A).await;
        let mut all = tasks(&clerk, "&state=open").await;
        all.sort_by_key(|task| task["period"].as_str().unwrap().to_owned());
        let told: Vec<_> = all.iter().map(|task| (task["period"].as_str().unwrap(), task["opened_late"].as_bool().unwrap())).collect();
        assert_eq!(told, [("2026-W48", false), ("2026-W49", true)]);
        assert_eq!(all[1]["due_at"], "2026-12-02T17:30:00+08:00");
    }

    /// Two programs at once do two hundred jobs, of which three in ten fail at each attempt after having done their part: each is done
    /// once.
    async fn each_job_is_done_once_on_however_many_nodes(app: TestApp) {
        let nodes = [app.state_with(kinds::MORE).await, app.state_with(kinds::MORE).await];
        let mut planted = Vec::new();
        for town in [Town::A, Town::B] {
            let tenant = app.town(town).tenant;
            for _ in 0..10 {
                let ids = nodes[0].scope_of(tenant).write(async |tx: &Tx| {
                    let mut ids = Vec::new();
                    for _ in 0..10 {
                        ids.push(jobs::plant(tx, Plan::of("test.count")).await?);
                    }
                    Ok(ids)
                }).await.unwrap();
                planted.extend(ids.into_iter().map(|id| (town, id)));
            }
        }
        app.keeps_its_promises().await;
        for _ in 0..14 {
            let (one, other) = tokio::join!(jobs::round(&nodes[0]), jobs::round(&nodes[1]));
            one.unwrap();
            other.unwrap();
            app.clock.advance(TimeDelta::hours(1));
        }
        for town in [Town::A, Town::B] {
            let scope = nodes[0].scope_of(app.town(town).tenant);
            let wanted: BTreeMap<String, usize> = planted.iter()
                .filter(|(of, _)| *of == town).map(|(_, id)| (id.to_string(), 1)).collect();
            assert_eq!(left(&scope).await, wanted);
            let done = all(&scope, "test.count").await;
            assert!(done.iter().all(|job| job.state == JobState::Done && job.last_error.is_none()));
        }
        app.keeps_its_promises().await;
    }

    /// Whatever is asked for under one key while the job runs, waits or ends is seen by an attempt: none is lost.
    async fn no_wish_is_lost(app: TestApp) {
        let seed = support::seed();
        let tenant = app.town(Town::A).tenant;
        let nodes = [app.state_with(kinds::MORE).await, app.state_with(kinds::MORE).await];
        let wishes = if support::soak() { 2000 } else { 150 };
        let asking: Vec<_> = (0..4_u64).map(|who| {
            let scope = nodes[usize::try_from(who % 2).unwrap()].scope_of(tenant);
            actix_web::rt::spawn(async move {
                let mut random = StdRng::seed_from_u64(seed ^ who);
                for _ in 0..wishes / 4 {
                    let first = random.random_bool(0.5);
                    scope.write(async move |tx: &Tx| {
                        // In either order: the promise is the transaction's.
                        if first { leave(tx, "wish").await?; }
                        jobs::plant(tx, Plan::of("test.fulfil").keyed("wishes")).await?;
                        if !first { leave(tx, "wish").await?; }
                        Ok(())
                    }).await.unwrap();
                }
            })
        }).collect();
        let ended = async {
            for one in asking {
                one.await.unwrap();
            }
        };
        let working = async |node: &AppState| {
            let scope = node.scope_of(tenant);
            let mut attempts = 0;
            // Until all have asked, and once more.
            for _ in 0..wishes {
                attempts += jobs::township(&scope).await.unwrap();
                tokio::task::yield_now().await;
            }
            attempts
        };
        let ((), one, other) = tokio::join!(ended, working(&nodes[0]), working(&nodes[1]));
        let last = jobs::township(&nodes[0].scope_of(tenant)).await.unwrap();
        eprintln!("{wishes} wishes in {one} + {other} + {last} attempts");
        assert_eq!(left(&nodes[0].scope_of(tenant)).await, BTreeMap::new());
        let open = all(&nodes[0].scope_of(tenant), "test.fulfil").await;
        assert!(open.iter().all(|job| job.state == JobState::Done));
        app.keeps_its_promises().await;
    }

    /// What fails is tried again later and later, given up with its reason, and run again by the administrator; another township's
    /// job does not exist for him.
    async fn what_fails_is_given_up_and_run_again(app: TestApp) {
        let node = app.state_with(kinds::MORE).await;
        let scope = node.scope_of(app.town(Town::A).tenant);
        let id = plant(&scope, Plan::of("test.fail")).await;
        let began = app.clock.now();
        let mut waits = Vec::new();
        while one(&scope, id).await.state != JobState::Failed {
            assert!(jobs::township(&scope).await.unwrap() >= 1);
            let row = one(&scope, id).await;
            if row.state == JobState::Waiting {
                waits.push((row.run_at - app.clock.now()).num_seconds());
                assert_eq!(jobs::township(&scope).await.unwrap(), 0, "not before its time");
                app.clock.set(row.run_at);
            }
            app.keeps_its_promises().await;
        }
        assert_eq!(waits.len(), 11);
        for (attempt, wait) in (0_u32..).zip(&waits) {
            let whole = (10 * 2_i64.pow(attempt)).min(3600);
            assert!((whole / 2..=whole).contains(wait), "{waits:?}");
        }
        eprintln!("given up after {}", app.clock.now() - began);

        let admin = app.client(Who::Administrator, Town::A).await;
        assert_eq!(admin.get("/jobs/summary").await.ok(200)["failed"], 1);
        let failed = admin.get("/jobs?state=failed").await.ok(200)["items"].clone();
        assert_eq!((&failed[0]["id"], &failed[0]["attempts"]), (&json!(id), &json!(12)));
        assert_eq!(failed[0]["last_error"], "与现有数据冲突");
        assert_eq!(offered(&failed[0]["may"]), json!({"run_job": true, "cancel_job": true}));
        let neighbour = app.client(Who::Administrator, Town::B).await;
        for act in ["run", "cancel"] {
            neighbour.act(&format!("/jobs/{id}/{act}")).await.problem(404, "not_found");
        }
        let again = admin.act(&format!("/jobs/{id}/run")).await.ok(200);
        assert_eq!((&again["state"], &again["attempts"], &again["finished_at"]), (&json!("waiting"), &json!(0), &Value::Null));
        admin.act(&format!("/jobs/{id}/run")).await.problem(409, "state_conflict");
        assert_eq!(jobs::township(&scope).await.unwrap(), 1);
        // It waits for its second attempt: it can be had at once, or not at all.
        admin.act(&format!("/jobs/{id}/run")).await.ok(200);
        let gone = admin.act(&format!("/jobs/{id}/cancel")).await.ok(200);
        assert_eq!(gone["state"], "cancelled");
        admin.act(&format!("/jobs/{id}/cancel")).await.problem(409, "state_conflict");
        assert_eq!(jobs::township(&scope).await.unwrap(), 0);
        app.keeps_its_promises().await;
        forgive(&app).await;
    }

    /// The township's work cannot be cancelled, nor had before its time.
    async fn schedules_stay(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        published(&clerk, "清单", &json!([item("巡查", "worker", "weekly", "none", 3, 1)])).await;
        let admin = app.client(Who::Administrator, Town::A).await;
        let planned = admin.get("/jobs?kind=checklist.open_periods").await.ok(200)["items"][0].clone();
        assert_eq!(planned["state"], "waiting");
        let neither = json!({"run_job": "state_conflict", "cancel_job": "state_conflict"});
        assert_eq!(offered(&planned["may"]), neither);
        let path = format!("/jobs/{}", planned["id"].as_str().unwrap());
        assert_eq!(admin.get(&path).await.ok(200), planned);
        for act in ["run", "cancel"] {
            admin.act(&format!("{path}/{act}")).await.problem(409, "state_conflict");
        }
        let kinds = admin.get("/jobs/summary").await.ok(200)["kinds"].clone();
        let words = kinds.as_array().unwrap().iter().find(|kind| kind["name"] == planned["kind"]).unwrap();
        assert_eq!((&words["zh"], &words["schedule"]), (&json!("按清单下发新一期任务"), &json!(true)));
        // Page by page one sees all, each once.
        let whole = admin.get("/jobs").await.ok(200)["items"].as_array().unwrap().len();
        let mut seen = Vec::new();
        let mut next = "/jobs?limit=1".to_owned();
        loop {
            let page = admin.get(&next).await.ok(200);
            seen.extend(page["items"].as_array().unwrap().iter().map(|job| job["id"].to_string()));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            next = format!("/jobs?limit=1&cursor={cursor}");
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), whole);
    }

    /// Long work is done in pieces, each seen when it is done; cancelled between two of them, it stops there.
    async fn long_work_shows_how_far_it_is(app: TestApp) {
        let node = app.state_with(kinds::MORE).await;
        let scope = node.scope_of(app.town(Town::A).tenant);
        let id = plant(&scope, Plan::of("test.pieces")).await;
        assert_eq!(jobs::township(&scope).await.unwrap(), 10);
        let row = one(&scope, id).await;
        assert_eq!((row.state, row.progress_done, row.progress_total), (JobState::Done, Some(9), Some(10)));
        assert_eq!(left(&scope).await.len(), 10);
    }

    /// A server that is told to stop hands back what does not end, and another node has it at once.
    async fn what_does_not_end_is_handed_back(app: TestApp) {
        let node = app.state_with(kinds::MORE).await;
        let scope = node.scope_of(app.town(Town::A).tenant);
        let worker = Worker::start(node.clone());
        let id = plant(&scope, Plan::of("test.hang")).await;
        let row = loop {
            let row = one(&scope, id).await;
            if row.progress_done.is_some() {
                break row;
            }
        };
        assert_eq!((row.state, row.attempts), (JobState::Running, 1));
        assert!(row.lease_holder.is_some() && row.lease_until > Some(app.clock.now()));
        app.keeps_its_promises().await;
        worker.stop(Duration::ZERO).await;
        let row = one(&scope, id).await;
        assert_eq!((row.state, row.attempts, row.lease_until, row.lease_holder), (JobState::Waiting, 0, None, None));
        app.keeps_its_promises().await;

        // Cancelled under way: whoever does it hears it at his next word.
        let other = app.state_with(kinds::MORE).await;
        let worker = Worker::start(other);
        while one(&scope, id).await.state != JobState::Running {}
        let admin = app.client(Who::Administrator, Town::A).await;
        admin.act(&format!("/jobs/{id}/cancel")).await.ok(200);
        worker.stop(Duration::ZERO).await;
        assert_eq!(one(&scope, id).await.state, JobState::Cancelled);
    }

    /// A clock that is a year ahead does nothing until the operator says that it is right; then it does all.
    async fn a_clock_a_year_ahead_waits_for_the_operator(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        published(&clerk, "清单", &json!([item("巡查", "worker", "weekly", "none", 3, 1)])).await;
        let guard = app.state.shared::<Guard>().unwrap().clone();
        let until = async |what: &str, there: &dyn Fn() -> bool| {
            let began = Instant::now();
            while !there() {
                assert!(began.elapsed() < Duration::from_secs(30), "{what}");
                tokio::task::yield_now().await;
            }
        };
        let worker = Worker::start(app.state.clone());
        until("it was never seen at work", &|| guard.seen().is_some()).await;
        worker.stop(Duration::ZERO).await;
        let (right, ahead) = (app.clock.now(), app.clock.now() + TimeDelta::days(370));

        app.clock.set(ahead);
        let worker = Worker::start(app.state.clone());
        until("it believes the clock", &|| guard.is_held()).await;
        worker.stop(Duration::ZERO).await;
        let admin = app.client(Who::Administrator, Town::A).await;
        let summary = admin.get("/jobs/summary").await.ok(200);
        assert_eq!((&summary["clock_in_doubt"], &summary["done"]), (&json!(true), &json!(0)));
        assert!(summary["overdue"].as_i64() > Some(0), "{summary}");
        let clerk = app.client(Who::Clerk, Town::A).await;
        assert_eq!(tasks(&clerk, "").await.len(), 1);
        let town = app.town(Town::A);
        let appointment = json!({"grid_id": town.grids.sub, "member_id": town.members.spare, "kind": "worker"});
        let refused = clerk.post("/grid-posts", &appointment).await;
        assert_eq!(refused.header("retry-after"), Some("600"));
        refused.problem(503, "unavailable");
        let gezhi = |arguments: &[&str]| {
            support::program::command(&app.database_url, &app.state.config().data_dir)
                .args(arguments)
                .env("GEZHI_CLOCK", app.clock.now().to_rfc3339())
                .output()
                .unwrap()
        };
        let purge = gezhi(&["admin", "purge-audit"]);
        assert!(!purge.status.success());
        assert!(String::from_utf8_lossy(&purge.stderr).contains("confirm-clock"));

        // It was wrong, and is put right.
        app.clock.set(right + TimeDelta::minutes(5));
        let worker = Worker::start(app.state.clone());
        until("it does not believe the right clock", &|| !guard.is_held()).await;
        worker.stop(Duration::ZERO).await;
        app.client(Who::Clerk, Town::A).await.post("/grid-posts", &appointment).await.ok(201);

        // It is right: a year has passed.
        app.clock.set(ahead);
        let worker = Worker::start(app.state.clone());
        until("it believes the clock", &|| guard.is_held()).await;
        let confirmed = gezhi(&["admin", "confirm-clock"]);
        assert!(confirmed.status.success(), "{}", String::from_utf8_lossy(&confirmed.stderr));
        until("it does not hear the operator", &|| !guard.is_held()).await;
        let scope = app.scope(Town::A);
        let began = Instant::now();
        while all(&scope, "checklist.open_periods").await.iter().all(|job| job.planned_at < ahead) {
            assert!(began.elapsed() < Duration::from_secs(120), "it does not make up for the year");
        }
        worker.stop(Duration::from_secs(5)).await;
        let clerk = app.client(Who::Clerk, Town::A).await;
        let late = clerk.get("/tasks?limit=200&state=open").await.ok(200)["items"].as_array().unwrap().iter()
            .filter(|task| task["opened_late"] == true).count();
        assert!(late > 100, "{late} tasks of a year for two people");
    }

    /// A clock that is set back by three hours leaves the log in the order of the acts.
    async fn a_clock_set_back_leaves_the_log_in_order(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let member = |number: &str| json!({"number": number, "name": "新人", "category": "resident"});
        let first = clerk.post("/members", &member("8001")).await.ok(201);
        app.clock.advance(TimeDelta::hours(-3));
        let clerk = app.client(Who::Clerk, Town::A).await;
        let second = clerk.post("/members", &member("8002")).await.ok(201);
        app.clock.advance(TimeDelta::hours(4));
        let clerk = app.client(Who::Clerk, Town::A).await;
        let third = clerk.post("/members", &member("8003")).await.ok(201);
        api::audit::seal(&app.scope(Town::A)).await.unwrap();
        let auditor = app.client(Who::Auditor, Town::A).await;
        let log = auditor.get("/audit-entries?act=create_member").await.ok(200);
        let rows: Vec<&Value> = log["items"].as_array().unwrap().iter().map(|entry| &entry["row"]["id"]).collect();
        assert_eq!(rows, [&third["id"], &second["id"], &first["id"]]);
        let numbers: Vec<i64> = log["items"].as_array().unwrap().iter().map(|entry| entry["number"].as_i64().unwrap()).collect();
        assert!(numbers.is_sorted_by(|one, next| one > next), "{numbers:?}");
    }

    /// A photo of long ago goes too, after a stop of months.
    async fn photos_of_long_ago_are_forgotten(app: TestApp) {
        let worker = app.client(Who::Worker, Town::A).await;
        let photo = worker.upload("/attachments", "file", "a.png", "image/png", support::picture()).await.ok(201);
        let path = format!("/attachments/{}", photo["id"].as_str().unwrap());
        app.clock.advance(TimeDelta::days(100));
        jobs::round(&app.state).await.unwrap();
        app.client(Who::Worker, Town::A).await.get(&path).await.problem(404, "not_found");
    }

    /// A township of before there were jobs is looked after like any other from the upgrade on: periods, announced posts, cleaning.
    async fn an_upgraded_township_is_looked_after(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        published(&clerk, "清单", &json!([item("巡查", "worker", "weekly", "none", 3, 1)])).await;
        let town = app.town(Town::A);
        let posts = clerk.get("/grids").await.ok(200);
        let of_worker = async |client: &Client| {
            for grid in posts["items"].as_array().unwrap() {
                let grid = client.get(&format!("/grids/{}", grid["id"].as_str().unwrap())).await.ok(200);
                if let Some(post) = grid["posts"].as_array().unwrap().iter().find(|post| post["member"]["id"] == json!(town.members.worker)) {
                    return post["id"].as_str().unwrap().to_owned();
                }
            }
            panic!("the worker has a post")
        };
        let post = of_worker(&clerk).await;
        clerk.post(&format!("/grid-posts/{post}/end"), &json!({"until": "2026-12-16"})).await.ok(200);
        let worker = app.client(Who::Worker, Town::A).await;
        let photo = worker.upload("/attachments", "file", "a.png", "image/png", support::picture()).await.ok(201);

        let outside = app.outside().await;
        for statement in [
            "DROP TABLE bell",
            "DROP TABLE job",
            "ALTER TABLE probe DROP COLUMN seen_at",
            "ALTER TABLE task DROP COLUMN opened_late",
            "DROP INDEX ix_attachment_created_at",
            "DELETE FROM seaql_migrations WHERE version = 'm20261126_000017_jobs'",
        ] {
            outside.execute_unprepared(statement).await.unwrap();
        }
        outside.close().await.unwrap();
        api::migrate(app.state.config()).await.unwrap();
        app.keeps_its_promises().await;
        // The step has asked the machine for the time: as if it had been the test's.
        let planted = all(&app.scope(Town::A), "checklist.open_periods").await[0].run_at;
        let since = planted - app.clock.now();
        for town in [Town::A, Town::B] {
            app.scope(town).write(async move |tx: &Tx| {
                for row in tx.find::<job::Entity>().all().await? {
                    let at = row.run_at - since;
                    tx.update(job::ActiveModel {
                        id: sea_orm::ActiveValue::Unchanged(row.id),
                        planned_at: Set(at),
                        run_at: Set(at),
                        ..Default::default()
                    }).await?;
                }
                jobs::ring_all(tx).await
            }).await.unwrap();
        }
        jobs::round(&app.state).await.unwrap();

        let last_monday = moment("2026-12-14T00:40:00+08:00");
        app.clock.set(last_monday);
        jobs::round(&app.state).await.unwrap();
        let clerk = app.client(Who::Clerk, Town::A).await;
        let open = tasks(&clerk, "&state=open").await;
        let week = open.iter().find(|task| task["period"] == "2026-W51").expect("the week that begins then");
        assert_eq!(week["opened_late"], false);
        app.clock.set(moment("2026-12-16T00:40:00+08:00"));
        jobs::round(&app.state).await.unwrap();
        let clerk = app.client(Who::Clerk, Town::A).await;
        assert_eq!(tasks(&clerk, "&state=open").await, Vec::<Value>::new(), "the post has ended on its day");
        app.clock.advance(TimeDelta::days(40));
        jobs::round(&app.state).await.unwrap();
        let worker = app.client(Who::Worker, Town::A).await;
        worker.get(&format!("/attachments/{}", photo["id"].as_str().unwrap())).await.problem(404, "not_found");
    }

    /// 41,352 townships with something planned for later: neither a look nor a round touches them.
    async fn sleeping_townships_cost_nothing(app: TestApp) {
        let townships = if support::soak() { 41_352 } else { 4_000 };
        let outside = app.outside().await;
        let later = (app.clock.now() + TimeDelta::days(3)).to_rfc3339();
        let (id, number) = match app.db {
            Db::Sqlite => ("randomblob(16)", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) "),
            Db::Postgres => ("gen_random_uuid()", "WITH n(i) AS (SELECT generate_series(1, {})) "),
        };
        let time = if app.db == Db::Postgres { format!("'{later}'::timestamptz") } else { format!("'{later}'") };
        let sql = format!(
            "INSERT INTO bell (job_id, tenant, due_at) {} SELECT {id}, {id}, {time} FROM n",
            number.replace("{}", &townships.to_string())
        );
        outside.execute_unprepared(&sql).await.unwrap();
        jobs::round(&app.state).await.unwrap();
        let mut looks = Vec::new();
        for _ in 0..20 {
            let began = Instant::now();
            assert_eq!(jobs::round(&app.state).await.unwrap(), 0);
            looks.push(began.elapsed());
        }
        looks.sort();
        eprintln!("{townships} sleep: a look takes {:?} (median of 20)", looks[10]);
        let plan = plan_of_a_look(&app, &outside).await;
        assert!(plan.contains("ix_bell_due_at"), "{plan}");
        outside.execute_unprepared("DELETE FROM bell WHERE job_id NOT IN (SELECT id FROM job)").await.unwrap();
    }
}

/// How the database finds where something is due.
async fn plan_of_a_look(app: &TestApp, outside: &DatabaseConnection) -> String {
    let (explain, column) = match app.db {
        Db::Sqlite => ("EXPLAIN QUERY PLAN", "detail"),
        Db::Postgres => ("EXPLAIN", "QUERY PLAN"),
    };
    if app.db == Db::Postgres {
        outside.execute_unprepared("ANALYZE bell").await.unwrap();
    }
    let now = app.clock.now().to_rfc3339();
    let sql = format!(
        "{explain} SELECT tenant FROM bell WHERE due_at <= '{now}' GROUP BY tenant ORDER BY min(due_at) LIMIT 64"
    );
    let rows = outside.query_all_raw(Statement::from_string(outside.get_database_backend(), sql));
    let rows = rows.await.unwrap();
    rows.iter().map(|row| row.try_get::<String>("", column).unwrap()).collect::<Vec<_>>().join("\n")
}

// ---- workers that are killed --------------------------------------------------------------------------------------------------

/// Somebody outside who is asked by jobs: three times in ten says no, every other time after having done it.
struct Receiver {
    address: String,
    asked: Arc<Mutex<BTreeMap<String, (usize, bool)>>>,
}

impl Receiver {
    async fn start(seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked: Arc<Mutex<BTreeMap<String, (usize, bool)>>> = Arc::default();
        let random = Arc::new(Mutex::new(StdRng::seed_from_u64(seed)));
        let book = asked.clone();
        actix_web::rt::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (book, random) = (book.clone(), random.clone());
                actix_web::rt::spawn(async move {
                    let mut key = Vec::new();
                    let mut byte = [0];
                    while stream.read_exact(&mut byte).await.is_ok() && byte != *b"\n" {
                        key.push(byte[0]);
                    }
                    if byte != *b"\n" {
                        // Whoever asked died over it.
                        return;
                    }
                    let key = String::from_utf8(key).unwrap();
                    let (refuses, silently) = {
                        let mut random = random.lock().unwrap();
                        (random.random_ratio(3, 10), random.random_bool(0.5))
                    };
                    {
                        let mut book = book.lock().unwrap();
                        let entry = book.entry(key).or_insert((0, false));
                        entry.0 += 1;
                        entry.1 |= !refuses || silently;
                    }
                    let _ = stream.write_all(if refuses { b"n" } else { b"y" }).await;
                });
            }
        });
        Self { address, asked }
    }
}

/// The program that is killed: its only work are jobs.
pub fn worker(app: &TestApp, now: DateTime<Utc>) -> Child {
    let config = app.state.config();
    let program = env!("CARGO_BIN_EXE_worker");
    support::program::environment(program, &app.database_url, &config.data_dir)
        .env("GEZHI_CLOCK", now.to_rfc3339())
        .env("GEZHI_SLICE_TASKS", config.slice_tasks.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Until so many more attempts have begun than before, or nothing is left that could be.
async fn until_begun(outside: &DatabaseConnection, more: i64) {
    let sql = "SELECT cast(coalesce(sum(fence), 0) AS bigint) AS begun, \
               cast(coalesce(sum(CASE WHEN state IN ('waiting', 'running') AND kind LIKE 'test.%' THEN 1 ELSE 0 END), 0) AS bigint) AS open \
               FROM job";
    let look = async || {
        let asked = Statement::from_string(outside.get_database_backend(), sql);
        let row = outside.query_one_raw(asked).await.unwrap().unwrap();
        let number = |name: &str| row.try_get::<i64>("", name).unwrap();
        (number("begun"), number("open"))
    };
    // Each look is a trip to the database, which is wait enough between two. What waits for a later hour is not begun: then the time is
    // what ends it.
    let (before, began) = (look().await.0, Instant::now());
    loop {
        let (begun, open) = look().await;
        if open == 0 || begun - before >= more || began.elapsed() > Duration::from_secs(2) {
            return;
        }
    }
}

/// Thousands of jobs, half with effects in the township and half outside, whose receivers fail three times of ten; their workers
/// are killed all the time. All are done, and what they do is done once.
fn workers_are_killed(db: Db) {
    support::run(db, Furnished::Two, async |app| {
        let seed = support::seed();
        let mut random = StdRng::seed_from_u64(seed);
        let receiver = Receiver::start(seed).await;
        let many: u32 = if support::soak() { 10_000 } else { 300 };
        let node = app.state_with(kinds::MORE).await;
        let scopes = [Town::A, Town::B].map(|town| node.scope_of(app.town(town).tenant));
        for scope in &scopes {
            let address = receiver.address.clone();
            scope
                .write(async move |tx: &Tx| {
                    for number in 0..many / 2 {
                        let plan = if number % 2 == 0 {
                            Plan::of("test.count")
                        } else {
                            Plan::of("test.call").with(json!({"receiver": address}))
                        };
                        jobs::plant(tx, plan).await?;
                    }
                    Ok(())
                })
                .await
                .unwrap();
        }
        let mut kills = 0;
        let mut now = app.clock.now();
        let open = async || {
            let mut open = 0;
            for scope in &scopes {
                for kind in ["test.count", "test.call"] {
                    let rows = all(scope, kind).await;
                    open += rows.iter().filter(|job| job.state != JobState::Done).count();
                    // As an operator would: what was given up is run again.
                    for job in rows.iter().filter(|job| job.state == JobState::Failed) {
                        let admin = if scope.tenant() == app.town(Town::A).tenant {
                            Town::A
                        } else {
                            Town::B
                        };
                        let admin = app.client(Who::Administrator, admin).await;
                        admin.act(&format!("/jobs/{}/run", job.id)).await.ok(200);
                        eprintln!("{} was given up and is run again", job.id);
                    }
                }
            }
            open
        };
        let outside = app.outside().await;
        let began = Instant::now();
        while open().await > 0 {
            assert!(
                began.elapsed() < Duration::from_secs(if support::soak() { 3000 } else { 240 }),
                "they come to no end"
            );
            // Leases of the dead have ended, and most waits.
            now += TimeDelta::minutes(20);
            app.clock.set(now);
            let mut child = worker(&app, now);
            until_begun(&outside, random.random_range(1..40)).await;
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
        }
        outside.close().await.unwrap();
        let mut inside = 0;
        for scope in &scopes {
            for (mark, times) in left(scope).await {
                assert_eq!(times, 1, "{mark} was done {times} times");
                inside += 1;
            }
        }
        assert_eq!(inside, many / 2);
        let asked = receiver.asked.lock().unwrap().clone();
        assert_eq!(asked.len(), usize::try_from(many / 2).unwrap(), "each was asked for");
        assert!(asked.values().all(|(_, done)| *done), "and each is done");
        let repeated = asked.values().filter(|(times, _)| *times > 1).count();
        assert!(repeated > 0, "some had to be asked again: by the same key");
        eprintln!(
            "{many} jobs, {kills} kills, {repeated} asked for more than once, {:?}",
            began.elapsed()
        );
        forgive(&app).await;
    });
}

#[test]
fn workers_are_killed_on_sqlite() {
    workers_are_killed(Db::Sqlite);
}

#[test]
fn workers_are_killed_on_postgres() {
    workers_are_killed(Db::Postgres);
}
