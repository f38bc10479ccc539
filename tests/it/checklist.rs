//! Checklists over HTTP: drafts, versions, publication, and the tasks that come of it.

use std::collections::BTreeMap;

use api::tenancy::Tx;
use chrono::{DateTime, Duration, Utc};
use entity::ids::MemberId;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use support::prelude::*;

use crate::furniture::kind;
use crate::rooms::Open::To;
use crate::rooms::{Room, op, violation};

fn patrol() -> Value {
    item("巡查", "worker", "once", "none", 3, 1)
}

/// What the room's tests bring.
pub(crate) const ROOM: Room = Room {
    rights: &[
        op("list_checklists", To("lcgwi")),
        op("create_checklist", To("c"))
            .with(|_| json!({"kind": "responsibility", "title": "新清单", "items": [patrol()]})),
        op("get_checklist", To("lcgwi")).on("checklist"),
        op("save_draft", To("c"))
            .on("draft")
            .with(|_| json!({"title": "改名", "items": [patrol()]})),
        op("preview_checklist", To("c")).on("draft"),
        op("publish_checklist", To("c")).on("draft").with(|_| json!({})),
    ],
    kinds: &[kind("checklist"), kind("draft")],
    furnish: |app, town, furniture| {
        Box::pin(async move {
            let clerk = app.client(Who::Clerk, town).await;
            let monthly = |what, role, evidence| item(what, role, "monthly", evidence, 5, 2);
            let duties = json!([
                monthly("召开一次网格会议", "general_head", "text"),
                monthly("走访一次党员中心户", "sub_head", "photo"),
                monthly("巡查一次网格", "worker", "none"),
            ]);
            furniture.put_answer(
                "checklist",
                &published(&clerk, "网格责任清单", &duties).await["checklist"],
            );
            let tidy = json!([monthly("整理台账", "sub_head", "none")]);
            furniture.put_answer("draft", &draft(&clerk, "待发布的清单", &tidy).await);
        })
    },
    reads: &["/checklists/{draft}", "/checklists?changed_since=2026-01-01T00:00:00Z"],
    provoke: |app, sweep| {
        Box::pin(async move {
            use api::checklist::codes;
            let clerk = app.client(Who::Clerk, Town::A).await;
            let publish = async |list: &Value| {
                clerk.change(Method::POST, &path(list, "/publish"), version(list), &json!({})).await
            };
            let empty = draft(&clerk, "空清单", &json!([])).await;
            sweep.saw(codes::CHECKLIST_EMPTY, &publish(&empty).await);
            let made = published(&clerk, "清单", &json!([patrol()])).await;
            sweep.saw(codes::NOTHING_TO_PUBLISH, &publish(&made["checklist"]).await);
        })
    },
    tables: &["checklist", "checklist_item", "checklist_version"],
    // A task as its source is told of it.
    foreign: &["task"],
    violations: &[
        violation(
            "CL1",
            "INSERT INTO checklist_version (tenant_id, id, checklist_id, number, state, effective_from, published_at, published_by, created_at) \
             SELECT tenant_id, NEW_ID, checklist_id, number + 7, state, effective_from, published_at, published_by, created_at \
             FROM checklist_version",
            "DELETE FROM checklist_version WHERE number > 7",
        ),
        violation(
            "CL2",
            "UPDATE checklist_version SET effective_from = NULL WHERE state = 'published'",
            "UPDATE checklist_version SET effective_from = '2026-11-23' WHERE state = 'published'",
        ),
        violation(
            "CL3",
            "UPDATE posting SET source_kind = 'check_in' WHERE source_kind = 'task'",
            "UPDATE posting SET source_kind = 'task' WHERE source_id IN (SELECT id FROM task)",
        ),
    ],
    ..Room::of("checklist")
};

/// A duty as the office writes it.
pub fn item(
    what: &str,
    role: &str,
    frequency: &str,
    evidence: &str,
    limit: i64,
    points: i64,
) -> Value {
    json!({
        "what": what, "role": role, "frequency": frequency, "evidence": evidence,
        "limit_working_days": limit, "points": points,
    })
}

/// A duty for each of the three posts that are held in the fixture.
pub fn three_duties() -> Value {
    json!([
        item("每周巡查一次网格", "general_head", "weekly", "photo", 3, 2),
        item("每月召开一次网格例会", "sub_head", "monthly", "text", 5, 3),
        item("每周入户走访", "worker", "weekly", "number", 3, 1),
    ])
}

/// A list with its first draft.
pub async fn draft(clerk: &Client, title: &str, items: &Value) -> Value {
    clerk
        .post("/checklists", &json!({"kind": "responsibility", "title": title, "items": items}))
        .await
        .ok(201)
}

fn path(list: &Value, tail: &str) -> String {
    format!("/checklists/{}{tail}", list["id"].as_str().unwrap())
}

fn version(list: &Value) -> i64 {
    list["version"].as_i64().unwrap()
}

/// Publishes the draft of a list.
pub async fn publish(clerk: &Client, list: &Value) -> Value {
    clerk.change(Method::POST, &path(list, "/publish"), version(list), &json!({})).await.ok(200)
}

/// A list published at once.
pub async fn published(clerk: &Client, title: &str, items: &Value) -> Value {
    let list = draft(clerk, title, items).await;
    publish(clerk, &list).await
}

/// Everything on the first page of tasks.
pub async fn tasks(client: &Client, query: &str) -> Vec<Value> {
    let page = client.get(&format!("/tasks?limit=200{query}")).await.ok(200);
    assert_eq!(page["next_cursor"], Value::Null);
    page["items"].as_array().unwrap().clone()
}

fn of<'a>(tasks: &'a [Value], role: &str) -> &'a Value {
    let mut found = tasks.iter().filter(|task| task["assignee"]["post"] == role);
    let first = found.next().unwrap();
    assert!(found.next().is_none(), "one task of {role}");
    first
}

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

on_both! {
    /// Monday 2026-11-23: each holder of a post receives a task, due at 17:30 of the last working day.
    async fn publishing_creates_a_task_for_every_holder(app: TestApp) {
        let (clerk, town) = (app.client(Who::Clerk, Town::A).await, app.town(Town::A));
        let list = draft(&clerk, "网格长责任清单", &three_duties()).await;
        assert_eq!(list["versions"][0]["state"], "draft");
        assert_eq!(list["versions"][0]["number"], 1);
        assert_eq!(list["versions"][0]["items"][2]["position"], 3);
        assert_eq!(list["versions"][0]["items"][0]["points"], 2);

        let preview = clerk.get(&path(&list, "/preview")).await.ok(200);
        assert_eq!(preview["tasks"], 3);
        assert_eq!(preview["holders"], 3);
        assert_eq!(preview["first_due"], "2026-11-25T17:30:00+08:00");
        assert_eq!(preview["by_item"][1]["due_at"], "2026-11-27T17:30:00+08:00");
        assert_eq!(preview["by_item"][0]["holders"], 1);
        // 沙积村 has no head, the second sub grid neither; a grid without a worker lacks nobody.
        assert_eq!(preview["vacancy_count"], 2);
        assert_eq!(preview["vacancies"], json!([
            {"grid_id": town.grids.other_sub, "grid_name": "水库村第2子网格", "kind": "sub_head"},
            {"grid_id": town.grids.other_general, "grid_name": "沙积村", "kind": "general_head"},
        ]));
        assert_eq!(tasks(&clerk, "").await.len(), 0, "a preview opens nothing");

        let answer = clerk.change(Method::POST, &path(&list, "/publish"), version(&list), &json!({})).await;
        let outcome = answer.ok(200);
        assert_eq!(answer.etag(), "\"v2\"");
        assert_eq!(outcome["tasks_created"], 3);
        assert_eq!(outcome["vacancy_count"], 2);
        assert_eq!(outcome["checklist"]["version"], 2);
        let first = &outcome["checklist"]["versions"][0];
        assert_eq!((&first["state"], &first["effective_from"]), (&json!("published"), &json!("2026-11-23")));
        assert_eq!(first["published_at"], "2026-11-23T09:00:00+08:00");

        let tasks = tasks(&clerk, "").await;
        assert_eq!(tasks.len(), 3);
        let head = of(&tasks, "general_head");
        assert_eq!(head["title"], "每周巡查一次网格");
        assert_eq!(head["due_at"], "2026-11-25T17:30:00+08:00");
        assert_eq!(head["period"], "2026-W48");
        assert_eq!(head["state"], "open");
        assert_eq!(head["late"], false);
        assert_eq!(head["points"], 2);
        assert_eq!(head["grid"], json!({"id": town.grids.general, "name": "水库村"}));
        assert_eq!(head["assignee"], json!({
            "kind": "person", "id": town.members.head, "member": {"id": town.members.head, "name": "顾建国"},
            "post": "general_head", "organisation": null,
        }));
        let version = json!({"zh": "清单版本", "en": "Version of the list", "text": "1"});
        assert_eq!(head["source"], json!({
            "kind": "checklist", "id": list["id"], "title": "网格长责任清单",
            "link": format!("/checklists/{}", list["id"].as_str().unwrap()), "facts": [version],
        }));
        let sub_head = of(&tasks, "sub_head");
        assert_eq!((&sub_head["period"], &sub_head["due_at"]), (&json!("2026-11"), &json!("2026-11-27T17:30:00+08:00")));

        // The neighbour received nothing.
        let neighbour = app.client(Who::Clerk, Town::B).await;
        assert_eq!(neighbour.get("/tasks").await.ok(200)["items"], json!([]));
        assert_eq!(neighbour.get("/checklists").await.ok(200)["items"], json!([]));
    }

    async fn a_version_is_published_once(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let list = draft(&clerk, "网格长责任清单", &three_duties()).await;
        let publish_with = |key: &'static str, etag: Option<&'static str>| {
            let mut request = clerk.request(Method::POST, &path(&list, "/publish")).json(&json!({}));
            request = request.header("idempotency-key", key);
            if let Some(etag) = etag {
                request = request.header("if-match", etag);
            }
            let clerk = clerk.clone();
            async move { clerk.send(request).await }
        };
        publish_with("a", None).await.problem(428, "precondition_required");
        publish_with("a", Some("\"v7\"")).await.problem(412, "precondition_failed");
        let first = publish_with("a", Some("\"v1\"")).await.ok(200);
        assert_eq!(publish_with("a", Some("\"v1\"")).await.ok(200), first, "a repetition gets the first answer");
        publish_with("b", Some("\"v1\"")).await.problem(412, "precondition_failed");
        publish_with("c", Some("\"v2\"")).await.problem(409, "nothing_to_publish");
        clerk.get(&path(&list, "/preview")).await.problem(409, "nothing_to_publish");
        assert_eq!(tasks(&clerk, "").await.len(), 3);
    }

    /// Whatever is saved, published and taken back after it: the rows of a version that was published stay as they were, but for the
    /// word that another is in force.
    async fn a_published_version_stays_as_it_was(app: TestApp) {
        use entity::kinds::ChecklistState::{Published, Superseded};
        let rows = async |number: i32| {
            app.scope(Town::A).read(async |tx: &Tx| {
                use entity::{checklist_item, checklist_version};
                let version = tx.find::<checklist_version::Entity>()
                    .filter(checklist_version::Column::Number.eq(number)).one().await?.unwrap();
                let items = tx.find::<checklist_item::Entity>()
                    .filter(checklist_item::Column::ChecklistVersionId.eq(version.id))
                    .order_by_asc(checklist_item::Column::Id).all().await?;
                Ok((version, items))
            }).await.unwrap()
        };
        let clerk = app.client(Who::Clerk, Town::A).await;
        let mut list = published(&clerk, "网格长责任清单", &three_duties()).await["checklist"].clone();
        let (mut before, items) = rows(1).await;
        assert_eq!((before.state, items.len()), (Published, 3));
        for what in ["每周巡查两次", "每周巡查三次"] {
            app.clock.advance(Duration::days(1));
            let clerk = app.client(Who::Clerk, Town::A).await;
            let again = json!([item(what, "worker", "weekly", "none", 3, 1)]);
            for title in ["改", "又改"] {
                let body = json!({"title": title, "items": again});
                list = clerk.put(&path(&list, "/draft"), version(&list), &body).await.ok(200);
                assert_eq!(rows(1).await, (before.clone(), items.clone()), "a draft of the next stands beside it");
            }
            list = publish(&clerk, &list).await["checklist"].clone();
            before.state = Superseded;
            assert_eq!(rows(1).await, (before.clone(), items.clone()));
        }
        let (second, _) = rows(2).await;
        assert_eq!(second.state, Superseded);
    }

    async fn of_two_who_publish_at_once_one_wins(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let list = draft(&clerk, "网格长责任清单", &three_duties()).await;
        let publish_path = path(&list, "/publish");
        let one = || async { clerk.change(Method::POST, &publish_path, 1, &json!({})).await.status };
        let (a, b) = (clerk.clone(), clerk.clone());
        let body = json!({});
        let mut found = {
            let (p, q) = (publish_path.clone(), publish_path.clone());
            let (x, y) = (body.clone(), body.clone());
            let first = actix_web::rt::spawn(async move { a.change(Method::POST, &p, 1, &x).await.status });
            let second = actix_web::rt::spawn(async move { b.change(Method::POST, &q, 1, &y).await.status });
            vec![first.await.unwrap(), second.await.unwrap()]
        };
        found.sort_unstable();
        assert_eq!(found, vec![200, 412]);
        assert_eq!(one().await, 412);
        assert_eq!(tasks(&clerk, "").await.len(), 3);
    }

    /// What is the same duty is not asked for twice in a period; what is new is asked for at once.
    async fn a_second_version_asks_only_for_what_is_new(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let first = published(&clerk, "网格长责任清单", &three_duties()).await;
        let list = &first["checklist"];

        // The head's duty brings more points, the sub head's is gone, the worker's stays, one is new.
        let items = json!([
            item("每周巡查一次网格", "general_head", "weekly", "photo", 4, 5),
            item("每周入户走访", "worker", "weekly", "number", 3, 1),
            item("每季度排查一次消防隐患", "sub_head", "quarterly", "photo", 10, 4),
        ]);
        let saved = clerk
            .put(&path(list, "/draft"), version(list), &json!({"title": "网格长责任清单(修订)", "items": items}))
            .await
            .ok(200);
        let states: Vec<_> = saved["versions"].as_array().unwrap().iter()
            .map(|v| (v["number"].as_i64().unwrap(), v["state"].as_str().unwrap())).collect();
        assert_eq!(states, vec![(2, "draft"), (1, "published")]);
        let brief = &clerk.get("/checklists").await.ok(200)["items"][0];
        assert_eq!((&brief["draft"], &brief["published_number"], &brief["item_count"]), (&json!(true), &json!(1), &json!(3)));

        let preview = clerk.get(&path(list, "/preview")).await.ok(200);
        assert_eq!((&preview["tasks"], &preview["tasks_cancelled"]), (&json!(1), &json!(1)));
        assert_eq!(preview["by_item"][0]["due_at"], Value::Null);
        assert_eq!(preview["by_item"][0]["holders"], 1);

        app.clock.advance(Duration::minutes(5));
        let second = publish(&clerk, &saved).await;
        assert_eq!((&second["tasks_created"], &second["tasks_cancelled"]), (&json!(1), &json!(1)));
        let states: Vec<_> = second["checklist"]["versions"].as_array().unwrap().iter()
            .map(|v| v["state"].as_str().unwrap()).collect();
        assert_eq!(states, vec!["published", "superseded"]);

        let open = tasks(&clerk, "").await;
        assert_eq!(open.len(), 4);
        let head = of(&open, "general_head");
        assert_eq!((&head["source"]["facts"][0]["text"], &head["points"]), (&json!("1"), &json!(2)), "it keeps its version");
        assert_eq!(head["source"]["title"], "网格长责任清单");
        let states: BTreeMap<_, _> = open.iter().filter(|task| task["assignee"]["post"] == "sub_head")
            .map(|task| (task["title"].as_str().unwrap(), task["state"].as_str().unwrap())).collect();
        assert_eq!(states, BTreeMap::from([("每月召开一次网格例会", "cancelled"), ("每季度排查一次消防隐患", "open")]));

        // Next Monday only the version in force asks: the head and the worker by the week; the quarter goes on.
        app.clock.set(moment("2026-11-30T00:40:00+08:00"));
        api::jobs::township(&app.scope(Town::A)).await.unwrap();
        let clerk = app.client(Who::Clerk, Town::A).await;
        let next: Vec<_> = tasks(&clerk, "").await.into_iter().filter(|task| task["period"] == "2026-W49").collect();
        assert_eq!(next.len(), 2);
        let head = of(&next, "general_head");
        assert_eq!((&head["source"]["facts"][0]["text"], &head["points"]), (&json!("2"), &json!(5)));
        assert_eq!(head["due_at"], "2026-12-03T17:30:00+08:00");
        assert_eq!(tasks(&clerk, "").await.len(), 6);
    }

    /// What a new version no longer asks for is taken back for the running period alone, unless it was handed in;
    /// what comes back into the list is the same task.
    async fn a_dropped_duty_lapses(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let three = three_duties();
        let first = published(&clerk, "网格长责任清单", &three).await;
        // A week later nobody has done anything: last week's are late, this week's are open.
        app.clock.set(moment("2026-11-30T09:00:00+08:00"));
        api::jobs::township(&app.scope(Town::A)).await.unwrap();
        let worker = app.client(Who::Worker, Town::A).await;
        let this_week = |tasks: Vec<Value>| {
            tasks.into_iter().find(|task| task["assignee"]["post"] == "worker" && task["period"] == "2026-W49").unwrap()
        };
        let walk = this_week(tasks(&worker, "").await);
        worker.post(&format!("/tasks/{}/submit", walk["id"].as_str().unwrap()), &json!({"number": 3})).await.ok(200);

        let clerk = app.client(Who::Clerk, Town::A).await;
        let list = &first["checklist"];
        let mut second = list.clone();
        for (items, cancelled) in [(json!([three[1]]), 1), (three.clone(), 0)] {
            let saved = clerk
                .put(&path(list, "/draft"), version(&second), &json!({"title": "网格长责任清单", "items": items}))
                .await
                .ok(200);
            assert_eq!(clerk.get(&path(list, "/preview")).await.ok(200)["tasks_cancelled"], cancelled);
            let done = publish(&clerk, &saved).await;
            assert_eq!(done["tasks_cancelled"], cancelled);
            second = done["checklist"].clone();
            let all = tasks(&clerk, "").await;
            assert_eq!(all.len(), 5);
            assert_eq!(this_week(all.clone())["state"], "submitted", "what was handed in stays");
            let heads: BTreeMap<_, _> = all.iter().filter(|task| task["assignee"]["post"] == "general_head")
                .map(|task| (task["period"].as_str().unwrap(), task["state"].as_str().unwrap())).collect();
            let this = if cancelled == 1 { "cancelled" } else { "open" };
            assert_eq!(heads, BTreeMap::from([("2026-W48", "open"), ("2026-W49", this)]), "last week's is still owed");
        }
        let all = tasks(&clerk, "").await;
        let again = all.iter().find(|task| task["assignee"]["post"] == "general_head" && task["period"] == "2026-W49").unwrap();
        assert_eq!(again["source"]["facts"][0]["text"], "3");
        let again = clerk.get(&format!("/tasks/{}", again["id"].as_str().unwrap())).await.ok(200);
        let log: Vec<_> = again["log"].as_array().unwrap().iter()
            .map(|line| (line["kind"].as_str().unwrap(), line["note"].as_str())).collect();
        assert_eq!(log, vec![("opened", None), ("cancelled", Some("清单新版本不再要求")), ("opened", None)]);
    }

    /// A change of posts brings up to date what it touched, and that is all there is to bring up to date: after each of many random acts
    /// the whole township has nothing left to open or to cancel.
    async fn a_change_of_posts_touches_all_that_it_must(app: TestApp) {
        use rand::rngs::StdRng;
        use rand::seq::IndexedRandom;
        use rand::{RngExt, SeedableRng};

        let mut random = StdRng::seed_from_u64(support::seed());
        let (town, scope) = (app.town(Town::A), app.scope(Town::A));
        published(&app.client(Who::Clerk, Town::A).await, "网格长责任清单", &three_duties()).await;
        let m = &town.members;
        let people = [m.head, m.sub_head, m.worker, m.member, m.spare];
        let places = [
            (town.grids.general, "general_head"), (town.grids.other_general, "general_head"), (town.grids.sub, "sub_head"),
            (town.grids.other_sub, "sub_head"), (town.grids.sub, "worker"), (town.grids.other_sub, "worker"),
        ];
        let all = async || {
            let found = scope.read(async |tx| tx.find::<entity::task::Entity>().all().await).await.unwrap();
            let mut rows: Vec<_> = found.into_iter().map(|row| (row.obligation_id, row.state, row.version)).collect();
            rows.sort_unstable();
            rows
        };
        let (mut ended, mut begun) = (0, 0);
        for turn in 0..if support::soak() { 400 } else { 40 } {
            if turn % 8 == 7 {
                // A day on: announced ends and beginnings come, and new periods.
                app.clock.advance(Duration::hours(24));
                api::jobs::township(&scope).await.unwrap();
            }
            let clerk = app.client(Who::Clerk, Town::A).await;
            let (grid, kind) = *places.choose(&mut random).unwrap();
            let held = clerk.get(&format!("/grids/{grid}")).await.ok(200)["posts"].clone();
            let held = held.as_array().unwrap().iter().find(|post| post["kind"] == kind).cloned();
            let later = (app.clock.now() + Duration::hours(8 + 24 * random.random_range(1..5))).date_naive();
            let body = |field: &str, now: bool| if now { json!({}) } else { json!({field: later}) };
            if let (Some(post), true) = (held, random.random_bool(0.6)) {
                let end = format!("/grid-posts/{}/end", post["id"].as_str().unwrap());
                ended += u32::from(clerk.post(&end, &body("until", random.random_bool(0.7))).await.status == 200);
            } else {
                let mut post = body("since", random.random_bool(0.7));
                post["grid_id"] = json!(grid);
                post["member_id"] = json!(people.choose(&mut random).unwrap());
                post["kind"] = json!(kind);
                begun += u32::from(clerk.post("/grid-posts", &post).await.status == 201);
            }
            let before = all().await;
            let whole = async |tx: &api::tenancy::Tx| {
                api::checklist::posts_changed(tx, &api::grid::Touched::Anybody).await
            };
            scope.write(whole).await.unwrap();
            assert_eq!(all().await, before, "turn {turn}: something was left to be done");
            app.keeps_its_promises().await;
        }
        assert!(ended > 0 && begun > 0, "{ended} ended, {begun} begun");
    }

    /// Who leaves a post owes nothing in it any more, at once; who comes into it owes from then on.
    async fn duties_follow_the_post(app: TestApp) {
        let (clerk, town) = (app.client(Who::Clerk, Town::A).await, app.town(Town::A));
        published(&clerk, "网格长责任清单", &three_duties()).await;
        app.clock.set(moment("2026-11-27T09:00:00+08:00"));
        let head = app.client(Who::GridHead, Town::A).await;
        let inbox = async |head: &Client| head.get("/tasks/inbox").await.ok(200)["items"].as_array().unwrap().len();
        assert_eq!(inbox(&head).await, 1);

        let clerk = app.client(Who::Clerk, Town::A).await;
        let end = async |until: Value| {
            let grid = clerk.get(&format!("/grids/{}", town.grids.general)).await.ok(200);
            let post = grid["posts"].as_array().unwrap().iter().find(|post| post["kind"] == "general_head").unwrap();
            clerk.post(&format!("/grid-posts/{}/end", post["id"].as_str().unwrap()), &until).await.ok(200);
        };
        let appoint = async |member: MemberId| {
            let post = json!({"grid_id": town.grids.general, "member_id": member, "kind": "general_head"});
            clerk.post("/grid-posts", &post).await.ok(201);
        };
        let owed_by = async |member: MemberId| tasks(&clerk, &format!("&assignee_id={member}")).await;

        assert_eq!(tasks(&clerk, "&late=true").await.len(), 2);
        end(json!({})).await;
        assert_eq!(inbox(&head).await, 0);
        assert_eq!(tasks(&clerk, "&late=true").await.len(), 1, "nobody is late in a post he has left");
        let left = of(&tasks(&clerk, "&state=cancelled").await, "general_head").clone();
        let path = format!("/tasks/{}", left["id"].as_str().unwrap());
        let log = clerk.get(&path).await.ok(200)["log"].clone();
        assert_eq!((&log[1]["kind"], &log[1]["note"]), (&json!("cancelled"), &json!("任职已结束")));
        head.post(&format!("{path}/submit"), &json!({})).await.problem(409, "state_conflict");

        // The successor has the week's task the moment he is appointed.
        appoint(town.members.spare).await;
        let new = owed_by(town.members.spare).await;
        assert_eq!(new.len(), 1);
        assert_eq!((&new[0]["period"], &new[0]["due_at"]), (&json!("2026-W48"), &json!("2026-12-01T17:30:00+08:00")));

        // Ended by mistake and appointed again: the same task opens again, with a deadline that lies ahead.
        end(json!({})).await;
        appoint(town.members.head).await;
        let back = owed_by(town.members.head).await;
        assert_eq!(back.len(), 1);
        assert_eq!((&back[0]["id"], &back[0]["state"], &back[0]["late"]), (&left["id"], &json!("open"), &json!(false)));

        // An end announced for later takes effect on its day.
        end(json!({"until": "2026-12-01"})).await;
        assert_eq!(inbox(&head).await, 1);
        app.clock.set(moment("2026-12-01T00:40:00+08:00"));
        api::jobs::township(&app.scope(Town::A)).await.unwrap();
        assert_eq!(inbox(&app.client(Who::GridHead, Town::A).await).await, 0);
    }

    /// The daily round opens what falls due, once, and for whoever is in the post then.
    async fn the_daily_round_opens_each_period_once(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        published(&clerk, "网格长责任清单", &three_duties()).await;
        let scope = app.scope(Town::A);
        api::jobs::township(&scope).await.unwrap();
        assert_eq!(tasks(&clerk, "").await.len(), 3, "the running period is open already");

        app.clock.set(moment("2026-12-01T00:40:00+08:00"));
        for _ in 0..3 {
            api::jobs::township(&scope).await.unwrap();
        }
        let clerk = app.client(Who::Clerk, Town::A).await;
        let all = tasks(&clerk, "").await;
        assert_eq!(all.len(), 6, "two of the week, one of the month");
        let december: Vec<_> = all.iter().filter(|task| task["period"] == "2026-12").collect();
        assert_eq!(december.len(), 1);
        assert_eq!(december[0]["due_at"], "2026-12-07T17:30:00+08:00");
        // The week began on Monday the 30th; three working days end on Wednesday.
        let week: Vec<_> = all.iter().filter(|task| task["period"] == "2026-W49").collect();
        assert_eq!(week.len(), 2);
        assert!(week.iter().all(|task| task["due_at"] == "2026-12-02T17:30:00+08:00"));

        // Somebody who comes into a post receives its duties, counted from that day.
        let town = app.town(Town::A);
        clerk.post("/grid-posts", &json!({
            "grid_id": town.grids.other_general, "member_id": town.members.spare, "kind": "general_head",
        })).await.ok(201);
        let new = tasks(&clerk, &format!("&assignee_id={}", town.members.spare)).await;
        assert_eq!(new.len(), 1);
        assert_eq!(new[0]["due_at"], "2026-12-03T17:30:00+08:00");
        api::jobs::township(&scope).await.unwrap();
        assert_eq!(tasks(&clerk, &format!("&assignee_id={}", town.members.spare)).await, new);
    }

    /// Publishing and the daily round at the same moment ask nobody twice.
    async fn publishing_and_the_daily_round_do_not_collide(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let first = published(&clerk, "网格长责任清单", &three_duties()).await;
        let list = first["checklist"].clone();
        app.clock.set(moment("2026-12-01T08:00:00+08:00"));
        let clerk = app.client(Who::Clerk, Town::A).await;
        let body = json!({"title": "网格长责任清单", "items": three_duties()});
        let saved = clerk.put(&path(&list, "/draft"), version(&list), &body).await.ok(200);
        let rounds: Vec<_> = (0..3)
            .map(|_| {
                let scope = app.scope(Town::A);
                actix_web::rt::spawn(async move { api::jobs::township(&scope).await })
            })
            .collect();
        publish(&clerk, &saved).await;
        for round in rounds {
            round.await.unwrap().unwrap();
        }
        assert_eq!(tasks(&clerk, "").await.len(), 6);
    }

    /// A one-off duty is asked once of everybody, also after its list has a new version.
    async fn a_duty_once_is_asked_once(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let once = json!([item("建立网格底册", "worker", "once", "none", 10, 0)]);
        let list = published(&clerk, "专项任务", &once).await;
        assert_eq!(list["tasks_created"], 1);
        app.clock.set(moment("2027-01-04T09:00:00+08:00"));
        api::jobs::township(&app.scope(Town::A)).await.unwrap();
        let clerk = app.client(Who::Clerk, Town::A).await;
        let list = &list["checklist"];
        let saved = clerk.put(&path(list, "/draft"), version(list), &json!({"title": "专项任务", "items": once})).await.ok(200);
        assert_eq!(publish(&clerk, &saved).await["tasks_created"], 0);
        let all = tasks(&clerk, "").await;
        assert_eq!(all.len(), 1);
        assert_eq!(all[0]["period"], "once");
    }

    /// After half past five the last moment of today is past: nobody is handed a late task.
    async fn nothing_is_late_when_it_opens(app: TestApp) {
        app.clock.set(moment("2026-11-23T20:00:00+08:00"));
        let clerk = app.client(Who::Clerk, Town::A).await;
        let list = draft(&clerk, "当日事项", &json!([item("报送当日情况", "worker", "once", "none", 1, 0)])).await;
        let preview = clerk.get(&path(&list, "/preview")).await.ok(200);
        assert_eq!(preview["first_due"], "2026-11-24T17:30:00+08:00");
        publish(&clerk, &list).await;
        let all = tasks(&clerk, "").await;
        assert_eq!((&all[0]["due_at"], &all[0]["late"]), (&json!("2026-11-24T17:30:00+08:00"), &json!(false)));
    }

    async fn drafts_are_saved_against_the_version_seen(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let list = draft(&clerk, "  网格长责任清单 ", &json!([])).await;
        assert_eq!(list["title"], "网格长责任清单");
        clerk.change(Method::POST, &path(&list, "/publish"), 1, &json!({})).await.problem(409, "checklist_empty");

        let body = json!({"title": "网格长责任清单", "items": three_duties()});
        let draft_path = path(&list, "/draft");
        clerk.put_plain(&draft_path, &body).await.problem(428, "precondition_required");
        let answer = clerk.put(&draft_path, 1, &body).await;
        let saved = answer.ok(200);
        assert_eq!((answer.etag().as_str(), &saved["version"]), ("\"v2\"", &json!(2)));
        assert_eq!(saved["versions"].as_array().unwrap().len(), 1, "the same draft");
        clerk.put(&draft_path, 1, &body).await.problem(412, "precondition_failed");

        let read = clerk.get(&path(&list, "")).await;
        assert_eq!(read.etag(), "\"v2\"");
        assert_eq!(read.ok(200), saved);

        let tomorrow = json!({"effective_from": "2026-11-24"});
        let problem = clerk.change(Method::POST, &path(&list, "/publish"), 2, &tomorrow).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], "effective_from");
        let today = json!({"effective_from": "2026-11-23"});
        clerk.change(Method::POST, &path(&list, "/publish"), 2, &today).await.ok(200);
    }

    async fn what_cannot_stand_in_a_list_is_named(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let try_items = async |items: Value| {
            clerk.post("/checklists", &json!({"kind": "responsibility", "title": "清单", "items": items})).await
        };
        let fields = |problem: Value| -> Vec<String> {
            problem["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap().to_owned()).collect()
        };
        let twice = json!([
            item("每周巡查", "worker", "weekly", "none", 3, 0),
            item("每周巡查", "sub_head", "weekly", "none", 3, 0),
            item(" 每周巡查 ", "worker", "weekly", "photo", 5, 1),
        ]);
        let problem = try_items(twice).await.problem(422, "validation_failed");
        assert_eq!(fields(problem), vec!["items[2].what"]);
        let wrong = json!([
            item("", "worker", "weekly", "none", 0, 0),
            item("可以", "worker", "weekly", "none", 61, 21),
            item("   ", "worker", "weekly", "none", 1, 0),
        ]);
        let mut found = fields(try_items(wrong).await.problem(422, "validation_failed"));
        found.dedup();
        assert_eq!(found, vec![
            "items[0].limit_working_days", "items[0].what",
            "items[1].limit_working_days", "items[1].points",
            "items[2].what",
        ].into_iter().map(str::to_owned).collect::<Vec<_>>());
        try_items(json!([{"what": "x", "role": "mayor", "frequency": "weekly", "evidence": "none", "limit_working_days": 1, "points": 0}]))
            .await.problem(422, "validation_failed");
        let many: Vec<Value> = (0..201).map(|n| item(&format!("第{n}项"), "worker", "weekly", "none", 1, 0)).collect();
        try_items(json!(many)).await.problem(422, "validation_failed");

        let other_kind = json!({"kind": "procedure", "title": "程序清单", "items": []});
        let problem = clerk.post("/checklists", &other_kind).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], "kind");
        let unknown = json!({"kind": "responsibility", "title": "清单", "items": [], "state": "published"});
        clerk.post("/checklists", &unknown).await.problem(422, "validation_failed");
        assert_eq!(clerk.get("/checklists").await.ok(200)["items"], json!([]));
    }

    async fn who_may_do_what_to_lists(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let list = draft(&clerk, "网格长责任清单", &three_duties()).await;
        let body = json!({"title": "网格长责任清单", "items": []});
        for who in [Who::Leader, Who::GridHead, Who::Worker] {
            let client = app.client(who, Town::A).await;
            client.get(&path(&list, "")).await.ok(200);
            client.get(&path(&list, "/preview")).await.problem(403, "forbidden");
            client.put(&path(&list, "/draft"), 1, &body).await.problem(403, "forbidden");
            client.change(Method::POST, &path(&list, "/publish"), 1, &json!({})).await.problem(403, "forbidden");
        }
        app.client(Who::Member, Town::A).await.get("/checklists").await.problem(403, "forbidden");

        // The neighbour's list is as absent as none.
        let neighbour = app.client(Who::Clerk, Town::B).await;
        let absent = "/checklists/00000000-0000-7000-8000-000000000000";
        let foreign = neighbour.get(&path(&list, "")).await;
        foreign.problem(404, "not_found");
        assert_eq!(foreign.without_trace(), neighbour.get(absent).await.without_trace());
        neighbour.get(&path(&list, "/preview")).await.problem(404, "not_found");
        neighbour.put(&path(&list, "/draft"), 1, &body).await.problem(404, "not_found");
        neighbour.change(Method::POST, &path(&list, "/publish"), 1, &json!({})).await.problem(404, "not_found");
    }

    async fn lists_come_in_pages(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        for number in 1..=5 {
            draft(&clerk, &format!("清单{number}"), &json!([item("事项", "worker", "once", "none", 1, 0)])).await;
            app.clock.advance(Duration::milliseconds(1));
        }
        let mut titles = Vec::new();
        let mut next = String::new();
        loop {
            let page = clerk.get(&format!("/checklists?limit=2{next}")).await.ok(200);
            for list in page["items"].as_array().unwrap() {
                assert_eq!((&list["item_count"], &list["published_number"]), (&json!(1), &Value::Null));
                titles.push(list["title"].as_str().unwrap().to_owned());
            }
            match page["next_cursor"].as_str() {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(titles, vec!["清单5", "清单4", "清单3", "清单2", "清单1"]);
        clerk.get("/checklists?cursor=x").await.problem(400, "invalid_cursor");
        clerk.get("/checklists?limit=0").await.problem(422, "validation_failed");
        clerk.get("/checklists?state=draft").await.problem(422, "validation_failed");
    }
}
