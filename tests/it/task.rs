//! Tasks, their evidence and the home page over HTTP.

use api::http::Code;
use api::task::Assignee;
use chrono::{DateTime, Duration, Utc};
use entity::points_entry;
use support::prelude::*;

use crate::checklist::{item, published, tasks, three_duties};
use crate::furniture::{kind, text};
use crate::rooms::Open::To;
use crate::rooms::{Room, beside, op, violation};
use crate::task_source::{errand, open};

/// What is first in an account's inbox.
async fn first(client: &Client) -> String {
    text(&client.get("/tasks/inbox").await.ok(200)["items"][0]["id"])
}

/// What the room's tests bring.
pub(crate) const ROOM: Room = Room {
    rights: &[
        op("list_tasks", To("lcgwi")),
        op("list_inbox", To("lcgwi")),
        op("list_to_verify", To("cg")),
        op("get_to_verify", To("cg")),
        op("get_task", To("lcgwi")).on("task"),
        op("accept_task", To("gw")).on("task").with(|_| json!({"from": null})),
        op("submit_task", To("gw")).on("task").with(|_| json!({"text": "已办"})),
        op("verify_task", To("cg")).on("task").with(|_| json!({})),
        op("verify_tasks", To("cg"))
            .with(|f| json!({"tasks": [{"id": f.id("task"), "version": 1}]})),
        op("return_task", To("cg")).on("task").with(|_| json!({"reason": "请补充"})),
    ],
    kinds: &[kind("task")],
    // One that is open, one that was verified; `attachment` hands one in.
    furnish: |app, town, furniture| {
        Box::pin(async move {
            let head = app.client(Who::GridHead, town).await;
            furniture.put("task", first(&head).await);
            let (worker, clerk) =
                (app.client(Who::Worker, town).await, app.client(Who::Clerk, town).await);
            let patrol = first(&worker).await;
            worker.post(&format!("/tasks/{patrol}/submit"), &json!({})).await.ok(200);
            clerk.post(&format!("/tasks/{patrol}/verify"), &json!({})).await.ok(200);
        })
    },
    reads: &[
        "/tasks?late=false&sort=-due_at&limit=1",
        "/tasks?state=verified",
        "/tasks?held_by=colleagues",
        "/tasks?include=submissions&changed_since=2026-01-01T00:00:00Z",
    ],
    beside: &[
        beside(Who::GridHead, "POST", |own, foreign| {
            let body = json!({"text": "已办", "attachment_ids": [foreign.id("attachment")]});
            (own.path("/tasks/{task}/submit"), body)
        }),
        beside(Who::Leader, "GET", |_, foreign| {
            (foreign.path("/tasks?grid_id={grid}"), Value::Null)
        }),
        beside(Who::Leader, "GET", |_, foreign| {
            (foreign.path("/tasks?assignee_id={member}"), Value::Null)
        }),
    ],
    provoke: |app, sweep| {
        Box::pin(async move {
            use api::task::codes;
            let (clerk, head) =
                (app.client(Who::Clerk, Town::A).await, app.client(Who::GridHead, Town::A).await);
            let meeting = json!([item("开会", "general_head", "once", "text", 3, 1)]);
            published(&clerk, "会议清单", &meeting).await;
            let task = format!("/tasks/{}", first(&head).await);
            let submit = format!("{task}/submit");
            sweep.saw(codes::EVIDENCE_MISSING, &head.post(&submit, &json!({})).await);
            let early = clerk.post(&format!("{task}/verify"), &json!({})).await;
            sweep.saw(Code::STATE_CONFLICT, &early);
            head.post(&submit, &json!({"text": "已开会"})).await.ok(200);
            let own = head.post(&format!("{task}/verify"), &json!({})).await;
            sweep.saw(codes::SELF_VERIFICATION, &own);

            let branch = Assignee::Organisation(app.town(Town::A).orgs.branch);
            let due = app.clock.now() + Duration::hours(48);
            open(app, vec![errand("走访", branch, due)]).await.unwrap();
            let accept = format!("/tasks/{}/accept", first(&head).await);
            head.post(&accept, &json!({})).await.ok(200);
            let worker = app.client(Who::Worker, Town::A).await;
            sweep.saw(codes::TASK_TAKEN, &worker.post(&accept, &json!({})).await);
        })
    },
    unrecorded: &[
        ("accept_task", "the task's own log says who and when, and is never changed"),
        ("submit_task", "the submission itself says who and when, and is never changed"),
    ],
    tables: &["submission_attachment", "task", "task_log", "task_submission"],
    // Names beside a task, and the photos of its submission.
    foreign: &["account", "attachment", "grid", "member", "party_org"],
    violations: &[
        violation(
            "TK1",
            "UPDATE task SET period = period || 'x'",
            "UPDATE task SET period = substr(period, 1, length(period) - 1)",
        ),
        violation(
            "TK2",
            "UPDATE task SET closed_at = due_at WHERE state = 'open'",
            "UPDATE task SET closed_at = NULL WHERE state = 'open'",
        ),
        violation(
            "TK3",
            "UPDATE task_log SET account_id = (SELECT s.account_id FROM task_submission s WHERE s.tenant_id = task_log.tenant_id \
             AND s.task_id = task_log.task_id) WHERE kind = 'verified'",
            "UPDATE task_log SET account_id = (SELECT a.id FROM account a WHERE a.tenant_id = task_log.tenant_id AND a.username = 'clerk') \
             WHERE kind = 'verified'",
        ),
        violation(
            "TK4",
            "UPDATE task SET opened_at = due_at, due_at = opened_at",
            "UPDATE task SET opened_at = due_at, due_at = opened_at",
        ),
    ],
    ..Room::of("task")
};

/// 96 × 48 pixels, lying on its side (orientation 6), taken at a place that is written in it.
const PHOTO: &[u8] = include_bytes!("photo-with-place.jpg");

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn path(task: &Value, tail: &str) -> String {
    format!("/tasks/{}{tail}", task["id"].as_str().unwrap())
}

/// The one task that the account owes.
async fn own(client: &Client) -> Value {
    let page = client.get("/tasks/inbox").await.ok(200);
    let items = page["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    items[0].clone()
}

pub(crate) async fn photo(client: &Client) -> String {
    let photo = client
        .upload("/attachments", "file", "IMG_0001.jpg", "image/jpeg", PHOTO.to_vec())
        .await
        .ok(201);
    photo["id"].as_str().unwrap().to_owned()
}

async fn entries(app: &TestApp, town: Town) -> Vec<points_entry::Model> {
    app.scope(town).read(async |tx| tx.find::<points_entry::Entity>().all().await).await.unwrap()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// As many duties of the worker, published and handed in with words; says how many there are.
async fn handed_in(app: &TestApp, clerk: &Client, count: usize) -> usize {
    const ITEMS: usize = 100;
    let mut left = count;
    while left > 0 {
        let items: Vec<Value> = (0..left.min(ITEMS))
            .map(|n| item(&format!("入户走访第 {left}-{n} 户"), "worker", "once", "text", 20, 1))
            .collect();
        left -= items.len();
        published(clerk, &format!("走访清单 {left}"), &json!(items)).await;
    }
    let town = app.town(Town::A);
    let account = &town.accounts[&Who::Worker];
    let scope = app.scope(Town::A).acting_as(account.id, Some(town.members.worker));
    let paging = api::task::dto::TaskPaging { limit: Some(200), ..Default::default() };
    let mut handed = 0;
    loop {
        let inbox = api::task::inbox(&scope, paging.clone()).await.unwrap();
        if inbox.items.is_empty() {
            return handed;
        }
        for task in inbox.items {
            let input =
                api::task::dto::SubmitTask { text: Some("已走访".into()), ..Default::default() };
            api::task::submit(&scope, Default::default(), task.id, input).await.unwrap();
            handed += 1;
        }
    }
}

async fn worker_may_not(app: &TestApp, task: &Value) {
    let worker = app.client(Who::Worker, Town::A).await;
    worker.get("/tasks/to-verify/summary").await.problem(403, "forbidden");
    let body = json!({"tasks": [{"id": task["id"], "version": 1}]});
    worker.post("/tasks/verify", &body).await.problem(403, "forbidden");
}

on_both! {
    /// Open, submitted, returned, submitted, verified: with a photo, and the points at the end.
    async fn a_task_from_end_to_end(app: TestApp) {
        let (clerk, town) = (app.client(Who::Clerk, Town::A).await, app.town(Town::A));
        published(&clerk, "网格长责任清单", &three_duties()).await;
        let head = app.client(Who::GridHead, Town::A).await;
        let task = own(&head).await;
        let open = head.get(&path(&task, "")).await;
        assert_eq!(open.etag(), "\"v1\"");
        let open = open.ok(200);
        assert_eq!(offered(&open["may"]), json!({"accept_task": true, "submit_task": true, "verify_task": "self_verification", "return_task": "self_verification"}));
        assert_eq!(open["submission"], Value::Null);
        assert_eq!(open["log"].as_array().unwrap().len(), 1);
        assert_eq!(open["log"][0]["kind"], "opened");

        // Without the photo it asks for it is not taken.
        let problem = head.post(&path(&task, "/submit"), &json!({"text": "已巡查"})).await.problem(422, "evidence_missing");
        assert_eq!(problem["errors"][0]["field"], "attachment_ids");
        clerk.post(&path(&task, "/verify"), &json!({})).await.problem(409, "state_conflict");

        let first = photo(&head).await;
        let done = json!({
            "text": " 已巡查东片 ", "attachment_ids": [first, first], "place": {"lng": 121.4118234, "lat": 30.7832416},
        });
        let answer = head.post(&path(&task, "/submit"), &done).await;
        assert_eq!(answer.etag(), "\"v2\"");
        let submitted = answer.ok(200);
        assert_eq!(submitted["state"], "submitted");
        assert_eq!(offered(&submitted["may"]), json!({"accept_task": "state_conflict", "submit_task": "state_conflict", "verify_task": "self_verification", "return_task": "self_verification"}));
        let submission = &submitted["submission"];
        assert_eq!(submission["text"], "已巡查东片");
        assert_eq!(submission["at"], "2026-11-23T09:00:00+08:00");
        assert_eq!(submission["place"], json!({"lng": 121.411823, "lat": 30.783242}));
        assert_eq!(submission["by"]["id"], json!(town.accounts[&Who::GridHead].id));
        assert_eq!(submission["attachments"].as_array().unwrap().len(), 1, "each photo once");
        assert_eq!((&submission["attachments"][0]["width"], &submission["attachments"][0]["height"]), (&json!(48), &json!(96)));
        head.post(&path(&task, "/submit"), &done).await.problem(409, "state_conflict");

        // Sent back with a reason, handed in again.
        app.clock.advance(Duration::minutes(2));
        clerk.post(&path(&task, "/return"), &json!({"reason": " "})).await.problem(422, "validation_failed");
        let returned = clerk.post(&path(&task, "/return"), &json!({"reason": "照片看不清"})).await.ok(200);
        assert_eq!((&returned["state"], &returned["due_at"]), (&json!("returned"), &task["due_at"]));
        assert_eq!(own(&head).await["state"], "returned");
        app.clock.advance(Duration::minutes(2));
        let second = photo(&head).await;
        head.post(&path(&task, "/submit"), &json!({"attachment_ids": [second]})).await.ok(200);
        let waiting = clerk.get("/tasks/to-verify").await.ok(200);
        assert_eq!(waiting["items"].as_array().unwrap().len(), 1);

        app.clock.advance(Duration::minutes(2));
        let verified = clerk.post(&path(&task, "/verify"), &json!({"note": "情况属实"})).await.ok(200);
        assert_eq!(verified["state"], "verified");
        assert_eq!(verified["submission"]["attachments"][0]["id"], json!(second), "the newest counts");
        let log: Vec<_> = verified["log"].as_array().unwrap().iter().map(|line| line["kind"].as_str().unwrap()).collect();
        assert_eq!(log, vec!["opened", "submitted", "returned", "submitted", "verified"]);
        assert_eq!(verified["log"][2]["note"], "照片看不清");
        assert_eq!(verified["log"][4]["note"], "情况属实");
        assert_eq!(verified["log"][4]["by"]["account_id"], json!(town.accounts[&Who::Clerk].id));
        clerk.post(&path(&task, "/verify"), &json!({})).await.problem(409, "state_conflict");
        clerk.post(&path(&task, "/return"), &json!({"reason": "晚了"})).await.problem(409, "state_conflict");
        assert_eq!(clerk.get("/tasks/to-verify").await.ok(200)["items"], json!([]));

        let purse = head.get("/purses/mine").await.ok(200);
        assert_eq!((&purse["balance"], &purse["quarter_score"]), (&json!(2), &json!(2)));
        let lines = head.get("/points-entries").await.ok(200);
        assert_eq!(lines["items"].as_array().unwrap().len(), 1);
        assert_eq!(lines["items"][0]["reason"], "完成“每周巡查一次网格”（2026年第48周），经核验得 2 分");
        assert_eq!(lines["items"][0]["source"], json!({"kind": "task", "id": task["id"]}));
        assert_eq!(entries(&app, Town::B).await.len(), 0);
    }

    /// All that look right are verified in one request, exactly as they were seen: what came late, what was handed in anew
    /// and what is one's own are not among them; asked again under the same key nothing is done twice.
    async fn what_looks_right_is_verified_together(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let many = handed_in(&app, &clerk, 24).await;
        let waiting = clerk.get("/tasks/to-verify/summary").await.ok(200);
        assert_eq!((&waiting["total"], &waiting["right"]), (&json!(24), &json!(24)));
        let mut seen = waiting["tasks"].as_array().unwrap().clone();
        assert_eq!(seen.len(), 24);
        let rows = clerk.get("/tasks/to-verify?limit=3").await.ok(200);
        assert!(rows["items"].as_array().unwrap().iter().all(|row| row["looks_right"] == true));
        assert_eq!(rows["items"][0]["id"], seen[0]["id"], "in the order of the list");
        assert_eq!(rows["items"][0]["version"], seen[0]["version"]);

        // Since then: one is sent back and handed in anew, one is verified by somebody else, another township's is named.
        let worker = app.client(Who::Worker, Town::A).await;
        clerk.post(&path(&seen[0], "/return"), &json!({"reason": "请补充"})).await.ok(200);
        worker.post(&path(&seen[0], "/submit"), &json!({"text": "已补充"})).await.ok(200);
        clerk.post(&path(&seen[1], "/verify"), &json!({})).await.ok(200);
        seen.push(json!({"id": uuid::Uuid::now_v7(), "version": 1}));
        seen.push(seen[3].clone());
        let body = json!({"tasks": seen});
        let answer = clerk.post_key("/tasks/verify", "all", &body).await.ok(200);
        assert_eq!(answer["verified"], 22);
        let results = answer["results"].as_array().unwrap();
        assert_eq!(results.len(), 25, "one named twice is taken once");
        let code = |index: usize| results[index]["code"].as_str();
        assert_eq!([code(0), code(1), code(2), code(24)], [
            Some("state_conflict"), Some("state_conflict"), None, Some("not_found"),
        ]);
        assert!(results[0]["reason"].as_str().unwrap().contains("已经改变"));
        assert!(results.iter().all(|one| one["verified"] == (one["code"] == Value::Null)));
        // The answer was lost: the same request tells the same and posts nothing.
        let lines = entries(&app, Town::A).await.len();
        assert_eq!(lines, 2 * 23);
        assert_eq!(clerk.post_key("/tasks/verify", "all", &body).await.ok(200), answer);
        assert_eq!(entries(&app, Town::A).await.len(), lines);
        // Without the key each is told that it is verified already.
        assert_eq!(clerk.post("/tasks/verify", &body).await.ok(200)["verified"], 0);
        let other = json!({"tasks": [seen[2]], "note": "另一件事"});
        clerk.post_key("/tasks/verify", "all", &other).await.problem(422, "idempotency_mismatch");
        // What was handed in anew is still there, for a look.
        let left = clerk.get("/tasks/to-verify").await.ok(200);
        assert_eq!((left["items"].as_array().unwrap().len(), &left["items"][0]["id"]), (1, &seen[0]["id"]));
        // Late: it waits, but does not look right.
        app.clock.set(moment("2027-06-01T09:00:00+08:00"));
        let late = app.client(Who::Clerk, Town::A).await;
        late.post(&path(&seen[0], "/return"), &json!({"reason": "再补充"})).await.ok(200);
        app.client(Who::Worker, Town::A).await.post(&path(&seen[0], "/submit"), &json!({"text": "晚了"})).await.ok(200);
        let waiting = late.get("/tasks/to-verify/summary").await.ok(200);
        assert_eq!((&waiting["right"], &waiting["tasks"]), (&json!(0), &json!([])));
        assert_eq!(many, 24);
        late.post("/tasks/verify", &json!({"tasks": []})).await.problem(422, "validation_failed");
        worker_may_not(&app, &seen[0]).await;
    }

    /// Two verify the same at once, in opposite order: each task is verified by one of them, and paid once.
    async fn two_verify_the_same_together(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let count = handed_in(&app, &clerk, if support::soak() { 500 } else { 60 }).await;
        let seen = clerk.get("/tasks/to-verify/summary").await.ok(200)["tasks"].as_array().unwrap().clone();
        assert_eq!(seen.len(), count);
        let head = app.client(Who::GridHead, Town::A).await;
        let verify = |client: Client, tasks: Vec<Value>| {
            actix_web::rt::spawn(async move { client.post("/tasks/verify", &json!({"tasks": tasks})).await.ok(200) })
        };
        let started = std::time::Instant::now();
        let backwards = seen.iter().rev().cloned().collect();
        let (first, second) = (verify(clerk.clone(), seen.clone()), verify(head, backwards));
        let answers = [first.await.unwrap(), second.await.unwrap()];
        eprintln!("two clerks, {count} tasks each: {:?}", started.elapsed());
        let verified: u64 = answers.iter().map(|answer| answer["verified"].as_u64().unwrap()).sum();
        assert_eq!(verified, u64::try_from(count).unwrap());
        for answer in &answers {
            let refused = answer["results"].as_array().unwrap().iter().filter(|one| one["verified"] == false);
            assert!(refused.clone().all(|one| one["code"] == "state_conflict"), "{answer}");
        }
        assert_eq!(entries(&app, Town::A).await.len(), 2 * count);
        assert_eq!(clerk.get("/tasks/to-verify/summary").await.ok(200)["total"], 0);
        app.keeps_its_promises().await;
    }

    /// The most that one request takes, in one request.
    async fn five_hundred_at_once(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let count = handed_in(&app, &clerk, 510).await;
        let waiting = clerk.get("/tasks/to-verify/summary").await.ok(200);
        assert_eq!((&waiting["total"], &waiting["right"]), (&json!(count), &json!(count)));
        let seen = waiting["tasks"].as_array().unwrap();
        assert_eq!(seen.len(), 500);
        let started = std::time::Instant::now();
        let answer = clerk.post_key("/tasks/verify", "many", &json!({"tasks": seen})).await.ok(200);
        eprintln!("500 verified in one request: {:?}", started.elapsed());
        assert_eq!(answer["verified"], 500);
        let rest = clerk.get("/tasks/to-verify/summary").await.ok(200);
        assert_eq!((&rest["total"], rest["tasks"].as_array().unwrap().len()), (&json!(10), 10));
        let mut more = seen.clone();
        more.push(rest["tasks"][0].clone());
        clerk.post("/tasks/verify", &json!({"tasks": more})).await.problem(422, "validation_failed");
    }

    /// Two at once: one wins, the other is told; the points are posted once.
    async fn of_two_who_verify_at_once_one_wins(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        published(&clerk, "网格员责任清单", &json!([item("每周入户走访", "worker", "weekly", "number", 3, 2)])).await;
        let worker = app.client(Who::Worker, Town::A).await;
        let task = own(&worker).await;
        worker.post(&path(&task, "/submit"), &json!({"number": 12})).await.ok(200);
        let verify = |client: Client| {
            let path = path(&task, "/verify");
            actix_web::rt::spawn(async move { client.post(&path, &json!({})).await })
        };
        let head = app.client(Who::GridHead, Town::A).await;
        let (first, second) = (verify(clerk.clone()), verify(head));
        let answers = [first.await.unwrap(), second.await.unwrap()];
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, vec![200, 409]);
        answers.iter().find(|answer| answer.status == 409).unwrap().problem(409, "state_conflict");
        // One posting: a line for the worker's purse and its counterpart.
        let lines = entries(&app, Town::A).await;
        assert_eq!(lines.len(), 2);
        assert_eq!(lines.iter().map(|line| line.amount.hundredths()).sum::<i64>(), 0);
        assert_eq!(worker.get("/purses/mine").await.ok(200)["balance"], 2);
    }

    async fn a_repeated_request_does_nothing_twice(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        published(&clerk, "网格员责任清单", &json!([item("每周入户走访", "worker", "weekly", "number", 3, 2)])).await;
        let worker = app.client(Who::Worker, Town::A).await;
        let task = own(&worker).await;
        let submit = path(&task, "/submit");
        let first = worker.post_key(&submit, "k1", &json!({"number": 3})).await.ok(200);
        assert_eq!(worker.post_key(&submit, "k1", &json!({"number": 3})).await.ok(200), first);
        worker.post_key(&submit, "k1", &json!({"number": 4})).await.problem(422, "idempotency_mismatch");
        let verify = path(&task, "/verify");
        let first = clerk.post_key(&verify, "k2", &json!({})).await.ok(200);
        assert_eq!(clerk.post_key(&verify, "k2", &json!({})).await.ok(200), first);
        assert_eq!(entries(&app, Town::A).await.len(), 2);

        let upload = |bytes: &[u8]| {
            let part = reqwest::multipart::Part::bytes(bytes.to_vec()).file_name("a.jpg");
            let form = reqwest::multipart::Form::new().part("file", part);
            worker.request(Method::POST, "/attachments").header("idempotency-key", "k3").multipart(form)
        };
        let first = worker.send(upload(PHOTO)).await.ok(201);
        assert_eq!(worker.send(upload(PHOTO)).await.ok(201), first);
    }

    async fn nobody_verifies_his_own_task(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        published(&clerk, "总网格长责任清单", &json!([item("每周巡查", "general_head", "weekly", "none", 3, 2)])).await;
        let head = app.client(Who::GridHead, Town::A).await;
        let task = own(&head).await;
        head.post(&path(&task, "/submit"), &json!({})).await.ok(200);
        head.post(&path(&task, "/verify"), &json!({})).await.problem(403, "self_verification");
        head.post(&path(&task, "/return"), &json!({"reason": "重做"})).await.problem(403, "self_verification");
        assert_eq!(head.get("/tasks/to-verify").await.ok(200)["items"], json!([]));
        assert_eq!(entries(&app, Town::A).await.len(), 0);
    }

    /// A head sees his subtree and no further; a sub head sees but does not verify; a worker sees his own.
    async fn everybody_sees_as_far_as_his_grids(app: TestApp) {
        let (clerk, town) = (app.client(Who::Clerk, Town::A).await, app.town(Town::A));
        clerk.post("/grid-posts", &json!({
            "grid_id": town.grids.other_general, "member_id": town.members.spare, "kind": "general_head",
        })).await.ok(201);
        clerk.post("/grid-posts", &json!({
            "grid_id": town.grids.other_sub, "member_id": town.members.member, "kind": "worker",
        })).await.ok(201);
        assert_eq!(published(&clerk, "责任清单", &three_duties()).await["tasks_created"], 5);
        let assignees = |tasks: &[Value]| {
            let mut names: Vec<_> = tasks.iter().map(|t| t["assignee"]["member"]["name"].as_str().unwrap().to_owned()).collect();
            names.sort_unstable();
            names
        };
        let sorted = |names: &[&str]| {
            let mut names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            names.sort_unstable();
            names
        };
        let head = app.client(Who::GridHead, Town::A).await;
        let sub_head = app.client(Who::SubHead, Town::A).await;
        let worker = app.client(Who::Worker, Town::A).await;
        let leader = app.client(Who::Leader, Town::A).await;
        assert_eq!(tasks(&leader, "").await.len(), 5);
        assert_eq!(assignees(&tasks(&head, "").await), sorted(&["顾建国", "沈秀英", "陆小明", "周敏"]));
        assert_eq!(assignees(&tasks(&sub_head, "").await), sorted(&["沈秀英", "陆小明"]));
        assert_eq!(assignees(&tasks(&worker, "").await), sorted(&["陆小明"]));
        app.client(Who::Member, Town::A).await.get("/tasks").await.problem(403, "forbidden");

        // What one does not see does not exist.
        let all = tasks(&clerk, "").await;
        let of = |member: &Value| all.iter().find(|t| t["assignee"]["id"] == *member).unwrap().clone();
        let (spares, workers) = (of(&json!(town.members.spare)), of(&json!(town.members.worker)));
        for client in [&head, &sub_head, &worker] {
            client.get(&path(&spares, "")).await.problem(404, "not_found");
            client.post(&path(&spares, "/submit"), &json!({})).await.problem(404, "not_found");
        }
        head.post(&path(&spares, "/verify"), &json!({})).await.problem(404, "not_found");
        sub_head.post(&path(&of(&json!(town.members.head)), "/return"), &json!({"reason": "重做"})).await.problem(404, "not_found");

        // Seeing is not doing.
        head.post(&path(&workers, "/submit"), &json!({"number": 1})).await.problem(403, "forbidden");
        leader.post(&path(&workers, "/verify"), &json!({})).await.problem(403, "forbidden");
        worker.post(&path(&workers, "/submit"), &json!({"number": 1})).await.ok(200);
        sub_head.post(&path(&workers, "/verify"), &json!({})).await.problem(403, "forbidden");
        assert_eq!(sub_head.get("/tasks/to-verify").await.ok(200)["items"], json!([]));
        assert_eq!(sub_head.get(&path(&workers, "")).await.ok(200)["may"]["verify_task"], json!({"allowed": false, "code": "forbidden"}));
        assert_eq!(offered(&head.get(&path(&workers, "")).await.ok(200)["may"]), json!({"accept_task": "forbidden", "submit_task": "forbidden", "verify_task": true, "return_task": true}));
        assert_eq!(head.get("/tasks/to-verify").await.ok(200)["items"].as_array().unwrap().len(), 1);
        head.post(&path(&workers, "/verify"), &json!({})).await.ok(200);
    }

    async fn another_townships_tasks_do_not_exist(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        published(&clerk, "责任清单", &three_duties()).await;
        let worker = app.client(Who::Worker, Town::A).await;
        let task = own(&worker).await;
        let photo = photo(&worker).await;
        let neighbour = app.client(Who::Clerk, Town::B).await;
        let absent = "/tasks/00000000-0000-7000-8000-000000000000";
        assert_eq!(neighbour.get(&path(&task, "")).await.without_trace(), neighbour.get(absent).await.without_trace());
        neighbour.get(&path(&task, "")).await.problem(404, "not_found");
        neighbour.get("/tasks/x").await.problem(404, "not_found");
        neighbour.post(&path(&task, "/verify"), &json!({})).await.problem(404, "not_found");
        neighbour.post(&path(&task, "/return"), &json!({"reason": "重做"})).await.problem(404, "not_found");
        neighbour.get(&format!("/attachments/{photo}")).await.problem(404, "not_found");
        let grid = app.town(Town::A).grids.general;
        neighbour.get(&format!("/tasks?grid_id={grid}")).await.problem(404, "not_found");
        let member = app.town(Town::A).members.worker;
        assert_eq!(neighbour.get(&format!("/tasks?assignee_id={member}")).await.ok(200)["items"], json!([]));
        // A photo of the neighbour's cannot be handed in.
        published(&neighbour, "责任清单", &three_duties()).await;
        let head = app.client(Who::GridHead, Town::B).await;
        let theirs = own(&head).await;
        head.post(&path(&theirs, "/submit"), &json!({"attachment_ids": [photo]})).await.problem(422, "validation_failed");
    }

    /// Late follows from the clock; the list filters, sorts and pages by it.
    async fn lateness_and_lists(app: TestApp) {
        let (clerk, town) = (app.client(Who::Clerk, Town::A).await, app.town(Town::A));
        published(&clerk, "责任清单", &three_duties()).await;
        assert_eq!(tasks(&clerk, "&late=true").await.len(), 0);
        // Wednesday, half past five and a second: the two of three days are late, the one of five is not.
        app.clock.set(moment("2026-11-25T17:30:00+08:00"));
        let clerk = app.client(Who::Clerk, Town::A).await;
        assert_eq!(tasks(&clerk, "&late=true").await.len(), 0, "the last moment counts");
        app.clock.advance(Duration::seconds(1));
        let late = tasks(&clerk, "&late=true").await;
        assert_eq!(late.len(), 2);
        assert!(late.iter().all(|task| task["late"] == true));
        assert_eq!(tasks(&clerk, "&late=false").await.len(), 1);

        // Handed in late is late until it is verified; done in time without a network is not.
        let worker = app.client(Who::Worker, Town::A).await;
        let task = own(&worker).await;
        worker.post(&path(&task, "/submit"), &json!({"number": 1, "done_at": "2026-11-25T17:40:00+08:00"}))
            .await.problem(422, "validation_failed");
        // A phone whose clock is a minute ahead has done it now.
        let done = json!({"number": 1, "done_at": "2026-11-25T17:31:01+08:00"});
        let submitted = worker.post(&path(&task, "/submit"), &done).await.ok(200);
        assert_eq!(submitted["submission"]["at"], "2026-11-25T17:30:01+08:00");
        assert_eq!(submitted["late"], true);
        assert_eq!(tasks(&clerk, "&late=true").await.len(), 2);
        clerk.post(&path(&task, "/verify"), &json!({})).await.ok(200);
        assert_eq!(tasks(&clerk, "&late=true").await.len(), 1);
        let head = app.client(Who::GridHead, Town::A).await;
        let task = own(&head).await;
        let photo = photo(&head).await;
        let done = json!({"attachment_ids": [photo], "done_at": "2026-11-25T17:20:00+08:00"});
        let submitted = head.post(&path(&task, "/submit"), &done).await.ok(200);
        assert_eq!((&submitted["late"], &submitted["submission"]["at"]), (&json!(false), &json!("2026-11-25T17:20:00+08:00")));
        assert_eq!(submitted["log"][1]["at"], "2026-11-25T17:30:01+08:00", "when the system learned of it");

        // Filters.
        assert_eq!(tasks(&clerk, "&state=submitted").await.len(), 1);
        assert_eq!(tasks(&clerk, &format!("&grid_id={}", town.grids.general)).await.len(), 3, "with what is beneath");
        assert_eq!(tasks(&clerk, &format!("&grid_id={}", town.grids.sub)).await.len(), 2);
        assert_eq!(tasks(&clerk, &format!("&assignee_id={}", town.members.worker)).await.len(), 1);
        assert_eq!(tasks(&clerk, "&owed=true").await.len(), 1, "one is verified, one waits");
        assert_eq!(tasks(&clerk, "&owed=false").await.len(), 2);
        assert_eq!(tasks(&clerk, "&due_on=2026-11-25").await.len(), 2);
        assert_eq!(tasks(&clerk, "&due_on=2026-11-24").await.len(), 0);
        assert_eq!(tasks(&clerk, "&due_on=2026-11-25&owed=true").await.len(), 0);
        clerk.get("/tasks?due_on=yesterday").await.problem(422, "validation_failed");
        for wrong in ["1899-12-31", "2200-01-01", "%2B262142-12-31"] {
            clerk.get(&format!("/tasks?due_on={wrong}")).await.problem(422, "validation_failed");
        }
        assert_eq!(tasks(&clerk, "&q=巡查").await.len(), 1);
        assert_eq!(tasks(&clerk, "&q=沈").await.len(), 1);
        assert_eq!(tasks(&clerk, "&q=%25").await.len(), 0, "a wildcard stands for itself");
        clerk.get("/tasks?state=late").await.problem(422, "validation_failed");
        clerk.get("/tasks?colour=red").await.problem(422, "validation_failed");

        // Pages, in both directions.
        for (sort, reverse) in [("due_at", false), ("-due_at", true)] {
            let mut seen: Vec<(String, String)> = Vec::new();
            let mut next = String::new();
            loop {
                let page = clerk.get(&format!("/tasks?limit=1&sort={sort}{next}")).await.ok(200);
                for task in page["items"].as_array().unwrap() {
                    seen.push((task["due_at"].as_str().unwrap().to_owned(), task["id"].as_str().unwrap().to_owned()));
                }
                match page["next_cursor"].as_str() {
                    Some(cursor) => next = format!("&cursor={cursor}"),
                    None => break,
                }
            }
            let mut ordered = seen.clone();
            ordered.sort_unstable();
            if reverse {
                ordered.reverse();
            }
            assert_eq!(seen, ordered);
            assert_eq!(seen.len(), 3);
        }
    }

    /// A photo that was never submitted goes after thirty days; evidence stays.
    async fn photos_taken_in_vain_are_forgotten(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        published(&clerk, "责任清单", &json!([item("每周巡查", "worker", "weekly", "photo", 3, 0)])).await;
        let worker = app.client(Who::Worker, Town::A).await;
        let (used, unused) = (photo(&worker).await, photo(&worker).await);
        worker.post(&path(&own(&worker).await, "/submit"), &json!({"attachment_ids": [used]})).await.ok(200);
        for (days, left) in [(29, 200), (2, 404)] {
            app.clock.advance(Duration::days(days));
            api::jobs::township(&app.scope(Town::A)).await.unwrap();
            let worker = app.client(Who::Worker, Town::A).await;
            assert_eq!(worker.get(&format!("/attachments/{unused}")).await.status, left);
            assert_eq!(worker.get(&format!("/attachments/{used}")).await.status, 200);
        }
    }

    /// What the camera embedded does not survive, and only who may see the task sees its photo.
    async fn photos_lose_their_place_and_stay_among_those_concerned(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        published(&clerk, "责任清单", &json!([item("每周巡查", "worker", "weekly", "photo", 3, 0)])).await;
        let worker = app.client(Who::Worker, Town::A).await;
        assert!(contains(PHOTO, b"Exif") && contains(PHOTO, b"GezhiPhone"));
        let uploaded = worker.upload("/attachments", "file", "IMG.png", "text/html", PHOTO.to_vec()).await.ok(201);
        assert_eq!((&uploaded["media_type"], &uploaded["width"], &uploaded["height"]), (&json!("image/jpeg"), &json!(48), &json!(96)));
        let id = uploaded["id"].as_str().unwrap();
        let there = format!("/attachments/{id}");
        let answer = worker.get(&there).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("image/jpeg"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert!(answer.header("cache-control").unwrap().starts_with("private"));
        assert!(answer.bytes.starts_with(&[0xff, 0xd8, 0xff]));
        assert_eq!(uploaded["size"], json!(answer.bytes.len()));
        assert!(!contains(&answer.bytes, b"Exif") && !contains(&answer.bytes, b"GezhiPhone"));

        let (head, sub_head) = (app.client(Who::GridHead, Town::A).await, app.client(Who::SubHead, Town::A).await);
        for client in [&clerk, &head, &sub_head] {
            client.get(&there).await.problem(404, "not_found");
        }
        let task = own(&worker).await;
        worker.post(&path(&task, "/submit"), &json!({"attachment_ids": [id]})).await.ok(200);
        for client in [&clerk, &head, &sub_head] {
            assert_eq!(client.get(&there).await.status, 200);
        }
        let town = app.town(Town::A);
        let second = json!({"grid_id": town.grids.other_general, "member_id": town.members.head, "kind": "general_head"});
        clerk.post("/grid-posts", &second).await.ok(201);
        app.client(Who::Member, Town::A).await.get(&there).await.problem(403, "forbidden");
        app.anonymous().get(&there).await.problem(401, "unauthenticated");

        // Somebody else's photo is no evidence of one's own.
        let other = photo(&head).await;
        let problem = worker.post(&path(&task, "/submit"), &json!({"attachment_ids": [other]})).await;
        problem.problem(409, "state_conflict");
        clerk.post(&path(&task, "/return"), &json!({"reason": "重拍"})).await.ok(200);
        let problem = worker.post(&path(&task, "/submit"), &json!({"attachment_ids": [id, other]})).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], "attachment_ids[1]");
    }

    /// Whoever sees a photo gets an address that shows it without a sign-in, for five minutes; nobody makes one up, and none is good for
    /// another photo or another township's.
    async fn a_photo_has_an_address_for_a_while(app: TestApp) {
        let worker = app.client(Who::Worker, Town::A).await;
        let id = photo(&worker).await;
        let link = format!("/attachments/{}/link", id);
        let anonymous = app.anonymous();
        let open = async |url: &str| anonymous.send(anonymous.outside(Method::GET, url)).await;
        // Who may not see the photo gets no address.
        app.client(Who::Clerk, Town::A).await.get(&link).await.problem(404, "not_found");
        app.client(Who::Worker, Town::B).await.get(&link).await.problem(404, "not_found");
        app.client(Who::Member, Town::A).await.get(&link).await.problem(403, "forbidden");
        anonymous.get(&link).await.problem(401, "unauthenticated");

        let given = worker.get(&link).await.ok(200);
        let (url, end) = (given["url"].as_str().unwrap(), given["valid_until"].as_str().unwrap());
        assert_eq!(moment(end), app.clock.now() + chrono::TimeDelta::minutes(5));
        let there = format!("/attachments/{}", id);
        let shown = open(url).await;
        assert_eq!((shown.status, &shown.bytes), (200, &worker.get(&there).await.bytes));
        assert_eq!(shown.header("content-type"), Some("image/jpeg"));
        assert_eq!(shown.header("cache-control"), Some("private, no-store"));

        // Another photo's place, another township's, another end: the seal fits none of them.
        use base64::Engine;
        let coding = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let (before, last) = url.rsplit_once('/').unwrap();
        let bytes = coding.decode(last).unwrap();
        for at in 0..bytes.len() {
            let mut forged = bytes.clone();
            forged[at] ^= 1;
            open(&format!("{before}/{}", coding.encode(&forged))).await.problem(404, "not_found");
        }
        let neighbour = app.client(Who::Worker, Town::B).await;
        let other = photo(&neighbour).await;
        let other = neighbour.get(&format!("/attachments/{}/link", other)).await.ok(200);
        let other = coding.decode(other["url"].as_str().unwrap().rsplit_once('/').unwrap().1).unwrap();
        let spliced = [&other[..16], &bytes[16..]].concat();
        open(&format!("{before}/{}", coding.encode(spliced))).await.problem(404, "not_found");
        for bad in ["x", &"A".repeat(75), "%00"] {
            open(&format!("{before}/{bad}")).await.problem(404, "not_found");
        }

        app.clock.advance(chrono::TimeDelta::minutes(5));
        assert_eq!(open(url).await.status, 200);
        app.clock.advance(chrono::TimeDelta::seconds(1));
        open(url).await.problem(404, "not_found");
    }

    async fn what_is_no_photo_is_not_kept(app: TestApp) {
        let worker = app.client(Who::Worker, Town::A).await;
        let send = async |bytes: Vec<u8>| worker.upload("/attachments", "file", "a.jpg", "image/jpeg", bytes).await;
        send(b"<script>alert(1)</script>".to_vec()).await.problem(422, "file_unreadable");
        send(Vec::new()).await.problem(422, "file_unreadable");
        send(PHOTO[..120].to_vec()).await.problem(422, "file_unreadable");
        send(vec![0xff; 8 * 1024 * 1024 + 1]).await.problem(413, "payload_too_large");
        let named = worker.upload("/attachments", "picture", "a.jpg", "image/jpeg", PHOTO.to_vec()).await;
        assert_eq!(named.problem(422, "validation_failed")["errors"][0]["field"], "file");
        worker.post("/attachments", &json!({})).await.problem(415, "unsupported_media_type");
        app.client(Who::Leader, Town::A).await
            .upload("/attachments", "file", "a.jpg", "image/jpeg", PHOTO.to_vec()).await.problem(403, "forbidden");
    }

    /// The numbers of the home page, for the office and for a grid head.
    async fn the_home_page_says_what_needs_a_decision(app: TestApp) {
        let (clerk, town) = (app.client(Who::Clerk, Town::A).await, app.town(Town::A));
        clerk.post("/grid-posts", &json!({
            "grid_id": town.grids.other_general, "member_id": town.members.spare, "kind": "general_head",
        })).await.ok(201);
        published(&clerk, "责任清单", &three_duties()).await;
        let worker = app.client(Who::Worker, Town::A).await;
        worker.post(&path(&own(&worker).await, "/submit"), &json!({"number": 2})).await.ok(200);
        app.clock.set(moment("2026-11-27T08:00:00+08:00"));

        let home = app.client(Who::Clerk, Town::A).await.get("/home").await.ok(200);
        assert_eq!(home["tasks_late"], 2);
        assert_eq!(home["tasks_due_today"], 1);
        let due = tasks(&app.client(Who::Clerk, Town::A).await, "&owed=true&due_on=2026-11-27").await;
        assert_eq!(due.len(), 1, "the number opens what it counts");
        assert_eq!(home["tasks_to_verify"], 1);
        assert_eq!(home["vacancy_count"], 1);
        assert_eq!(home["vacancies"], json!([{"grid_id": town.grids.other_sub, "grid_name": "水库村第2子网格", "kind": "sub_head"}]));
        assert_eq!(home["activities_today"], 0);
        assert_eq!(home["late"].as_array().unwrap().len(), 2);
        assert_eq!(home["late_by_grid"], json!([
            {"grid_id": town.grids.general, "grid_name": "水库村", "late": 1},
            {"grid_id": town.grids.other_general, "grid_name": "沙积村", "late": 1},
        ]));

        let home = app.client(Who::GridHead, Town::A).await.get("/home").await.ok(200);
        assert_eq!((&home["tasks_late"], &home["tasks_due_today"], &home["tasks_to_verify"]), (&json!(1), &json!(1), &json!(1)));
        assert_eq!(home["late_by_grid"].as_array().unwrap().len(), 1);
        let home = app.client(Who::SubHead, Town::A).await.get("/home").await.ok(200);
        assert_eq!((&home["tasks_late"], &home["tasks_to_verify"], &home["vacancy_count"]), (&json!(0), &json!(0), &json!(0)));
        let home = app.client(Who::Leader, Town::A).await.get("/home").await.ok(200);
        assert_eq!((&home["tasks_late"], &home["tasks_to_verify"]), (&json!(2), &json!(0)));
        app.client(Who::Worker, Town::A).await.get("/home").await.problem(403, "forbidden");

        let neighbour = app.client(Who::Clerk, Town::B).await.get("/home").await.ok(200);
        assert_eq!((&neighbour["tasks_late"], &neighbour["late"]), (&json!(0), &json!([])));
    }
}
