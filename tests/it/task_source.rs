//! A source of tasks that is nothing like a list: what organisations and posts owe, without a grid, with several things to show,
//! runs through inbox, acceptance, submission and verification as any other.

use api::feature::Feature;
use api::task::{Assignee, New};
use api::tenancy::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use entity::clock_policy::ClockPolicy;
use entity::evidence::{Requirement, Requirements};
use entity::ids::Points;
use entity::kinds::{EvidenceKind, PostKind, TaskState};
use support::kinds::left;
use support::prelude::*;
use support::sources::ERRAND;
use uuid::Uuid;

use crate::task::photo;

pub(crate) fn errand(title: &str, assignee: Assignee, due_at: DateTime<Utc>) -> New {
    New {
        source_kind: ERRAND,
        source_id: Uuid::from_u128(7),
        source_title: "关于开展入户走访的函".to_owned(),
        source_item_id: Uuid::from_u128(8),
        source_detail: "区民政局".to_owned(),
        period: "once".to_owned(),
        title: title.to_owned(),
        grid_id: None,
        assignee,
        evidence: Requirements(vec![
            Requirement { count: 2, ..Requirement::one(EvidenceKind::Photo) },
            Requirement {
                unit: Some("户".to_owned()),
                least: Some(1.0),
                most: Some(40.0),
                ..Requirement::one(EvidenceKind::Number)
            },
        ]),
        points: Points::ZERO,
        clock_policy: ClockPolicy::Hours(48),
        due_at,
        late: false,
    }
}

pub(crate) async fn open(app: &TestApp, tasks: Vec<New>) -> api::http::Result<()> {
    app.scope(Town::A).write(async move |tx: &Tx| api::task::open(tx, tasks).await).await
}

async fn told(app: &TestApp) -> Vec<(String, usize)> {
    let told = left(&app.scope(Town::A)).await;
    let events = [
        "Opened",
        "Reopened",
        "Accepted",
        "Submitted",
        "Verified",
        "Returned",
        "Cancelled",
        "Late",
    ];
    told.into_iter()
        .filter(|(mark, _)| events.iter().any(|event| mark.starts_with(event)))
        .collect()
}

async fn titles(client: &Client, path: &str) -> Vec<String> {
    let page = client.get(path).await.ok(200);
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["title"].as_str().unwrap().to_owned())
        .collect()
}

on_both! {
    /// Accepted by one of the organisation, taken over by another, refused for want of evidence and by the source itself,
    /// handed in, sent back, handed in again, verified: the source is told each time, once, with what happened.
    async fn an_errand_of_an_organisation(app: TestApp) {
        let town = app.town(Town::A);
        let due = app.clock.now() + TimeDelta::hours(48);
        let branch = Assignee::Organisation(town.orgs.branch);
        let committee = Assignee::Organisation(town.orgs.committee);
        open(&app, vec![errand("走访困难户", branch, due), errand("镇党委的事", committee, due)]).await.unwrap();
        let [worker, head, clerk] = [
            app.client(Who::Worker, Town::A).await,
            app.client(Who::GridHead, Town::A).await,
            app.client(Who::Clerk, Town::A).await,
        ];
        // What is the branch's waits with everybody in it; what is the committee's with nobody of these.
        assert_eq!(titles(&worker, "/tasks/inbox").await, ["走访困难户"]);
        assert_eq!(titles(&head, "/tasks/inbox").await, ["走访困难户"]);
        assert_eq!(titles(&clerk, "/tasks").await.len(), 2);
        assert_eq!(titles(&clerk, "/tasks?q=水库").await, ["走访困难户"], "found by the organisation's name");
        let page = worker.get("/tasks/inbox").await.ok(200);
        let task = &page["items"][0];
        assert_eq!(task["grid"], Value::Null);
        assert_eq!(task["assignee"], json!({
            "kind": "organisation", "id": town.orgs.branch, "member": null, "post": null,
            "organisation": {"id": town.orgs.branch, "name": "水库村党支部"},
        }));
        assert_eq!(task["source"], json!({
            "kind": "errand", "id": Uuid::from_u128(7), "title": "关于开展入户走访的函", "link": null,
            "facts": [{"zh": "来文单位", "en": "Asked by", "text": "区民政局"}],
        }));
        assert_eq!(task["evidence"], json!([
            {"kind": "photo", "count": 2, "unit": null, "least": null, "most": null},
            {"kind": "number", "count": 1, "unit": "户", "least": 1.0, "most": 40.0},
        ]));
        let at = |tail: &str| format!("/tasks/{}{tail}", task["id"].as_str().unwrap());
        let may = async |client: &Client| offered(&client.get(&at("")).await.ok(200)["may"]);

        assert_eq!(may(&worker).await, json!({"accept_task": true, "submit_task": "state_conflict", "verify_task": "forbidden", "return_task": "forbidden"}));
        worker.post(&at("/submit"), &json!({"number": 3})).await.problem(409, "state_conflict");
        let accept = async || {
            let request = worker.request(Method::POST, &at("/accept")).header("idempotency-key", "mine");
            worker.send(request.json(&json!({"from": null}))).await.ok(200)
        };
        let colleagues = async |client: &Client| titles(client, "/tasks?held_by=colleagues").await;
        assert!(colleagues(&head).await.is_empty(), "nobody has accepted it");
        let accepted = accept().await;
        assert_eq!(accepted["assignee"]["member"]["name"], "陆小明");
        assert_eq!(accepted["accepted_at"], "2026-11-23T09:00:00+08:00");
        assert_eq!(offered(&accepted["may"]), json!({"accept_task": "state_conflict", "submit_task": true, "verify_task": "forbidden", "return_task": "forbidden"}));
        assert_eq!(accept().await, accepted);
        for from in [Value::Null, json!(town.members.worker), json!(town.members.head)] {
            worker.post(&at("/accept"), &json!({"from": from})).await.problem(409, "state_conflict");
        }
        assert!(titles(&head, "/tasks/inbox").await.is_empty(), "a colleague has it");
        clerk.post(&at("/accept"), &json!({})).await.problem(403, "forbidden");

        // The worker is away: a colleague finds it and takes it over, from whom it is by then.
        assert_eq!(colleagues(&head).await, ["走访困难户"]);
        assert!(colleagues(&worker).await.is_empty(), "it is one's own");
        clerk.get("/tasks?held_by=colleagues").await.problem(403, "forbidden");
        let before = head.get(&at("")).await.ok(200);
        for from in [json!({}), json!({"from": null}), json!({"from": town.members.sub_head})] {
            head.post(&at("/accept"), &from).await.problem(409, "task_taken");
        }
        assert_eq!(head.get(&at("")).await.ok(200), before, "nothing has changed");
        head.post(&at("/accept"), &json!({"from": town.members.worker})).await.ok(200);
        for from in [Value::Null, json!(town.members.worker)] {
            worker.post(&at("/accept"), &json!({"from": from})).await.problem(409, "task_taken");
        }
        assert!(titles(&worker, "/tasks/inbox").await.is_empty());
        assert_eq!((colleagues(&worker).await, colleagues(&head).await), (vec!["走访困难户".to_owned()], vec![]));
        worker.post(&at("/submit"), &json!({"number": 3})).await.problem(409, "state_conflict");

        let photos = [photo(&head).await, photo(&head).await];
        let problem = head.post(&at("/submit"), &json!({"attachment_ids": [photos[0]], "number": 41})).await;
        let problem = problem.problem(422, "evidence_missing");
        let fields: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|one| one["field"].clone()).collect();
        assert_eq!(fields, ["attachment_ids", "number"]);
        // The source itself does not take this number: nothing has happened.
        let refused = json!({"attachment_ids": photos, "number": support::sources::REFUSED});
        head.post(&at("/submit"), &refused).await.problem(422, "validation_failed");
        let still = head.get(&at("")).await.ok(200);
        assert_eq!((&still["state"], &still["submission"]), (&json!("open"), &Value::Null));

        let done = json!({"attachment_ids": photos, "number": 40});
        let submitted = head.post(&at("/submit"), &done).await.ok(200);
        assert_eq!(submitted["state"], "submitted");
        head.post(&at("/verify"), &json!({})).await.problem(403, "self_verification");
        assert_eq!(titles(&clerk, "/tasks/to-verify").await, ["走访困难户"]);
        assert!(colleagues(&worker).await.is_empty(), "it is handed in");
        clerk.post(&at("/return"), &json!({"reason": "请补充"})).await.ok(200);
        assert_eq!(titles(&head, "/tasks/inbox").await, ["走访困难户"], "back with who did it");
        assert_eq!(colleagues(&worker).await, ["走访困难户"]);
        head.post(&at("/submit"), &done).await.ok(200);
        let verified = clerk.post(&at("/verify"), &json!({})).await.ok(200);
        let log: Vec<_> = verified["log"].as_array().unwrap().iter().map(|line| line["kind"].as_str().unwrap()).collect();
        assert_eq!(log, ["opened", "accepted", "accepted", "submitted", "returned", "submitted", "verified"]);
        let expected = [
            ("Accepted 走访困难户", 2), ("Opened 走访困难户", 1), ("Opened 镇党委的事", 1), ("Returned 走访困难户", 1),
            ("Submitted 走访困难户", 2), ("Verified 走访困难户", 1),
        ];
        assert_eq!(told(&app).await, expected.map(|(mark, times)| (mark.to_owned(), times)));
        // What they did shows among what they did, and in nobody else's.
        assert_eq!(titles(&head, &format!("/tasks?member_id={}", town.members.head)).await, ["走访困难户"]);
        assert_eq!(titles(&clerk, &format!("/tasks?assignee_id={}", town.orgs.branch)).await, ["走访困难户"]);
        assert!(titles(&clerk, &format!("/tasks?member_id={}", town.members.worker)).await.is_empty());
    }

    /// Who sees and judges everything does his own all the same, and does not judge it; what somebody accepted who has left the
    /// organisation waits with his colleagues again.
    async fn the_office_has_work_of_its_own(app: TestApp) {
        let town = app.town(Town::A);
        let due = app.clock.now() + TimeDelta::hours(48);
        let post = errand("排查隐患", Assignee::Post(town.grids.sub, PostKind::SubHead), due);
        let branch = errand("走访", Assignee::Organisation(town.orgs.branch), due);
        let committee = errand("镇党委的事", Assignee::Organisation(town.orgs.committee), due);
        open(&app, vec![post, branch, committee]).await.unwrap();
        let clerk = town.accounts[&Who::Clerk].id;
        let office = |member| app.scope(Town::A).acting_as(clerk, Some(member));
        let named = async |title: &str| {
            let all = api::task::list(&office(town.members.spare), Default::default()).await.unwrap();
            all.items.into_iter().find(|one| one.title == title).unwrap().id
        };
        let (post, branch) = (named("排查隐患").await, named("走访").await);
        let may = async |member, task| api::task::get(&office(member), task).await.unwrap().may;
        assert!(may(town.members.sub_head, post).await.submit_task.allowed, "in whose post it is");
        assert!(!may(town.members.spare, post).await.submit_task.allowed);
        // A colleague hands in what is the organisation's: nobody of it judges that.
        let worker = app.client(Who::Worker, Town::A).await;
        worker.post(&format!("/tasks/{branch}/accept"), &json!({})).await.ok(200);
        let photos = [photo(&worker).await, photo(&worker).await];
        let done = json!({"attachment_ids": photos, "number": 2});
        worker.post(&format!("/tasks/{branch}/submit"), &done).await.ok(200);
        assert!(!may(town.members.spare, branch).await.verify_task.allowed);
        let refused = api::task::verify(&office(town.members.spare), Default::default(), branch, Default::default()).await;
        assert_eq!(refused.err().unwrap().code(), api::task::codes::SELF_VERIFICATION);
        let office = app.client(Who::Clerk, Town::A).await;
        office.post(&format!("/tasks/{branch}/return"), &json!({"reason": "请补充"})).await.ok(200);

        // They move to another organisation: it waits with those who stayed, and is no colleague's any more.
        let head = app.client(Who::GridHead, Town::A).await;
        assert!(titles(&head, "/tasks/inbox").await.is_empty());
        assert_eq!(titles(&head, "/tasks?held_by=colleagues").await, ["走访"]);
        let path = format!("/members/{}", town.members.worker);
        let version = office.get(&path).await.ok(200)["version"].as_i64().unwrap();
        office.patch(&path, version, &json!({"party_org_id": town.orgs.committee})).await.ok(200);
        assert_eq!(titles(&head, "/tasks/inbox").await, ["走访"]);
        assert_eq!(titles(&worker, "/tasks/inbox").await, ["镇党委的事"]);
        worker.post(&format!("/tasks/{branch}/submit"), &done).await.problem(403, "forbidden");
        // What the committee's people accept is nothing to the branch's, and the other way round.
        worker.post(&format!("/tasks/{}/accept", named("镇党委的事").await), &json!({})).await.ok(200);
        assert!(titles(&head, "/tasks?held_by=colleagues").await.is_empty());
        head.post(&format!("/tasks/{branch}/accept"), &json!({"from": town.members.worker})).await.ok(200);
        assert!(titles(&worker, "/tasks?held_by=colleagues").await.is_empty());
    }

    /// What was handed in in time and is sent back after its deadline is late from then on: its source is told so, once.
    async fn what_comes_back_too_late_is_told(app: TestApp) {
        let post = Assignee::Post(app.town(Town::A).grids.sub, PostKind::SubHead);
        let due = app.clock.now() + TimeDelta::hours(4);
        open(&app, vec![errand("排查隐患", post, due)]).await.unwrap();
        let late = async || told(&app).await.into_iter().find(|(mark, _)| mark.starts_with("Late"));
        let hand_in = async || {
            let sub_head = app.client(Who::SubHead, Town::A).await;
            let id = sub_head.get("/tasks/inbox").await.ok(200)["items"][0]["id"].as_str().unwrap().to_owned();
            let photos = [photo(&sub_head).await, photo(&sub_head).await];
            let done = json!({"attachment_ids": photos, "number": 2});
            sub_head.post(&format!("/tasks/{id}/submit"), &done).await.ok(200);
            id
        };
        let id = hand_in().await;
        app.clock.set(due + TimeDelta::hours(1));
        api::jobs::round(&app.state).await.unwrap();
        assert_eq!(late().await, None);
        for _ in 0..2 {
            let clerk = app.client(Who::Clerk, Town::A).await;
            clerk.post(&format!("/tasks/{id}/return"), &json!({"reason": "请补充"})).await.ok(200);
            assert_eq!(late().await, Some(("Late 排查隐患".to_owned(), 1)));
            assert_eq!(hand_in().await, id);
        }
    }

    /// What a post owes is done by who holds it on the day, and goes to who holds it next.
    async fn an_errand_of_a_post(app: TestApp) {
        let town = app.town(Town::A);
        let post = Assignee::Post(town.grids.sub, PostKind::SubHead);
        open(&app, vec![errand("排查隐患", post, app.clock.now() + TimeDelta::hours(48))]).await.unwrap();
        let [sub_head, worker, head, clerk] = [
            app.client(Who::SubHead, Town::A).await,
            app.client(Who::Worker, Town::A).await,
            app.client(Who::GridHead, Town::A).await,
            app.client(Who::Clerk, Town::A).await,
        ];
        assert_eq!(titles(&sub_head, "/tasks/inbox").await, ["排查隐患"]);
        assert!(titles(&worker, "/tasks/inbox").await.is_empty());
        let page = head.get("/tasks").await.ok(200);
        let task = &page["items"][0];
        assert_eq!(task["grid"]["id"], json!(town.grids.sub), "a post is owed where it is");
        assert_eq!((&task["assignee"]["post"], &task["assignee"]["member"]), (&json!("sub_head"), &Value::Null));
        let at = |tail: &str| format!("/tasks/{}{tail}", task["id"].as_str().unwrap());
        worker.get(&at("")).await.problem(404, "not_found");

        let photos = [photo(&sub_head).await, photo(&sub_head).await];
        let done = json!({"attachment_ids": photos, "number": 2});
        assert_eq!(sub_head.post(&at("/submit"), &done).await.ok(200)["assignee"]["member"]["name"], "沈秀英");
        sub_head.post(&at("/verify"), &json!({})).await.problem(403, "self_verification");
        head.post(&at("/return"), &json!({"reason": "请补充"})).await.ok(200);

        // The post goes to the worker: what is owed in it goes with it, and what was done stays who did it.
        let held = clerk.get(&format!("/grids/{}", town.grids.sub)).await.ok(200);
        let held = held["posts"].as_array().unwrap().iter().find(|post| post["kind"] == "sub_head").unwrap();
        clerk.post(&format!("/grid-posts/{}/end", held["id"].as_str().unwrap()), &json!({})).await.ok(200);
        clerk.post("/grid-posts", &json!({
            "grid_id": town.grids.sub, "member_id": town.members.worker, "kind": "sub_head",
        })).await.ok(201);
        assert!(titles(&sub_head, "/tasks/inbox").await.is_empty());
        sub_head.post(&at("/submit"), &done).await.problem(403, "forbidden");
        assert_eq!(titles(&worker, "/tasks/inbox").await, ["排查隐患"]);
        let photos = [photo(&worker).await, photo(&worker).await];
        let again = worker.post(&at("/submit"), &json!({"attachment_ids": photos, "number": 3})).await.ok(200);
        assert_eq!(again["assignee"]["member"]["name"], "陆小明");
    }

    /// Of one obligation there is one task: opened twice it is refused; cancelled and owed again it is the same, as if new. A deadline
    /// that passes is told once, of what is still owed.
    async fn one_task_of_an_obligation(app: TestApp) {
        let town = app.town(Town::A);
        let due = app.clock.now() + TimeDelta::hours(48);
        let branch = Assignee::Organisation(town.orgs.branch);
        let worker = app.client(Who::Worker, Town::A).await;
        open(&app, vec![errand("走访", branch, due)]).await.unwrap();
        open(&app, vec![errand("再走访", branch, due)]).await.unwrap_err();
        let twice = errand("两次", Assignee::Organisation(town.orgs.committee), due);
        open(&app, vec![twice.clone(), twice]).await.unwrap_err();
        let page = worker.get("/tasks/inbox").await.ok(200);
        let id = page["items"][0]["id"].as_str().unwrap().to_owned();
        worker.post(&format!("/tasks/{id}/accept"), &json!({})).await.ok(200);
        let scope = app.scope(Town::A);
        let task = id.parse().unwrap();
        let cancelled =
            scope.write(async move |tx: &Tx| api::task::cancel(tx, &[task], "不再需要").await).await.unwrap();
        assert_eq!(cancelled, 1);
        let many = (0..450_u128).map(|n| New {
            source_item_id: Uuid::from_u128(1000 + n),
            ..errand("批量走访", branch, due)
        });
        open(&app, many.collect()).await.unwrap();

        app.clock.advance(chrono::Duration::hours(1));
        let later = due + TimeDelta::hours(1);
        open(&app, vec![errand("重新走访", branch, later)]).await.unwrap();
        let worker = app.client(Who::Worker, Town::A).await;
        let again = worker.get(&format!("/tasks/{id}")).await.ok(200);
        assert_eq!((&again["title"], &again["state"]), (&json!("重新走访"), &json!("open")));
        assert_eq!((&again["assignee"]["member"], &again["accepted_at"]), (&Value::Null, &Value::Null));
        assert_eq!(again["version"], 4);

        app.clock.set(due);
        api::jobs::round(&app.state).await.unwrap();
        app.clock.advance(chrono::Duration::minutes(62));
        for _ in 0..2 {
            api::jobs::round(&app.state).await.unwrap();
        }
        let expected = [
            ("Accepted 走访", 1), ("Cancelled 走访", 1), ("Late 批量走访", 450), ("Late 重新走访", 1), ("Opened 批量走访", 450),
            ("Opened 走访", 1), ("Reopened 重新走访", 1),
        ];
        assert_eq!(told(&app).await, expected.map(|(mark, times)| (mark.to_owned(), times)));

        // Cancelled and owed again by the hundred, each with what is asked of it now.
        let ids = scope.read(async |tx: &Tx| tx.find::<entity::task::Entity>().all().await).await.unwrap();
        let ids: Vec<_> = ids.into_iter().filter(|task| task.state == TaskState::Open).map(|task| task.id).collect();
        assert_eq!(ids.len(), 451);
        let all = ids.clone();
        scope.write(async move |tx: &Tx| api::task::cancel(tx, &all, "不再需要").await).await.unwrap();
        let many = (0..450_u128).map(|n| New {
            source_item_id: Uuid::from_u128(1000 + n),
            ..errand(&format!("第 {n} 户"), branch, later + TimeDelta::days(1))
        });
        open(&app, many.collect()).await.unwrap();
        let rows = scope
            .read(async |tx: &Tx| tx.find::<entity::task::Entity>().all().await)
            .await
            .unwrap();
        let open: Vec<_> = rows.iter().filter(|row| row.state == entity::kinds::TaskState::Open).collect();
        assert_eq!(open.len(), 450);
        for row in open {
            let n = row.source_item_id.as_u128() - 1000;
            assert_eq!((row.title.clone(), row.version, row.closed_at), (format!("第 {n} 户"), 3, None));
            assert!(ids.contains(&row.id), "the same task");
        }
    }

    /// Two sources of one name would share their tasks: the server does not start.
    async fn two_sources_of_one_name_are_refused(app: TestApp) {
        const AGAIN: Feature = Feature { name: "again", ..support::sources::FEATURE };
        let twice = &[support::sources::FEATURE, AGAIN];
        let config = app.state.config().clone();
        let refused = api::start_with(config, app.clock.clone(), twice).await;
        assert!(refused.err().unwrap().to_string().contains("errand"));
    }
}
