//! What is more than a transaction should hold goes on in slices: publication, the beginning of a period, a change of many posts.
//! Whoever is killed between two of them leaves nothing undone, and what changes meanwhile is followed.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Child;
use std::time::{Duration, Instant};

use api::grid::Touched;
use api::tenancy::Tx;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::ids::{GridPostId, MemberId};
use entity::kinds::{JobState, MemberCategory, PostKind, TaskState};
use entity::{grid_post, job, member, task};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};
use support::prelude::*;

use crate::checklist::{draft, item, publish};
use crate::jobs::worker;

/// Tasks of a slice, in all these tests. The product's thousand would prove the same with a hundred times as many rows.
const SLICE: usize = 48;
/// Duties of a worker.
const DUTIES: usize = 6;
/// People of a slice then, each with one post.
const AT_ONCE: usize = SLICE / DUTIES;
/// People who come: enough for eight slices, since what takes time is a slice, not its rows.
const CROWD: usize = 60;
/// All who owe something then: the fixture has a worker of its own.
const ALL: usize = CROWD + 1;

/// A node that goes in small slices.
async fn node(app: &TestApp) -> TestApp {
    app.node(|config| config.slice_tasks = SLICE).await
}

/// So many more workers in a sub-grid, by number from `first`; their posts are not followed yet.
async fn crowd(app: &TestApp, first: usize, count: usize) -> Vec<MemberId> {
    let grid = app.town(Town::A).grids.other_sub;
    app.scope(Town::A)
        .write(async move |tx: &Tx| {
            let people: Vec<MemberId> = (0..count).map(|_| MemberId::new()).collect();
            let rows = people.iter().zip(first..).map(|(id, number)| member::ActiveModel {
                id: Set(*id),
                number: Set(format!("S{number:05}")),
                name: Set(format!("网格员{number}")),
                name_initials: Set(format!("wgy{number}")),
                category: Set(MemberCategory::GridWorker),
                phone: Set(None),
                phone_tail: Set(None),
                party_org_id: Set(None),
                created_at: Set(tx.now()),
                version: Set(1),
                ..Default::default()
            });
            tx.insert_many::<member::ActiveModel>(rows.collect()).await?;
            let posts = people.iter().map(|member| grid_post::ActiveModel {
                id: Set(GridPostId::new()),
                grid_id: Set(grid),
                member_id: Set(*member),
                kind: Set(PostKind::Worker),
                since: Set(NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()),
                until: Set(None),
                created_at: Set(tx.now()),
                ..Default::default()
            });
            tx.insert_many::<grid_post::ActiveModel>(posts.collect()).await?;
            Ok(people)
        })
        .await
        .unwrap()
}

fn duties(from: usize, to: usize) -> Value {
    (from..to).map(|n| item(&format!("第 {n} 项"), "worker", "weekly", "none", 3, 1)).collect()
}

/// How many open tasks of a period each person has.
async fn owed(app: &TestApp, period: &str) -> BTreeMap<MemberId, usize> {
    let scope = app.scope(Town::A);
    let rows = scope.read(async |tx: &Tx| tx.find::<task::Entity>().all().await).await.unwrap();
    let mut owed = BTreeMap::new();
    for row in rows {
        if row.state == TaskState::Open && row.period == period {
            *owed.entry(row.member_id.unwrap()).or_default() += 1;
        }
    }
    owed
}

/// Who has an open task of this title.
async fn asked(app: &TestApp, title: &str) -> BTreeSet<MemberId> {
    let scope = app.scope(Town::A);
    let rows = scope.read(async |tx: &Tx| tx.find::<task::Entity>().all().await).await.unwrap();
    let open = rows.iter().filter(|row| row.title == title && row.state == TaskState::Open);
    open.map(|row| row.member_id.unwrap()).collect()
}

/// Everybody who has a post or had one, by id: in this order a walk goes.
async fn everybody(app: &TestApp) -> BTreeSet<MemberId> {
    let posts = async |tx: &Tx| tx.find::<grid_post::Entity>().all().await;
    let posts = app.scope(Town::A).read(posts).await.unwrap();
    posts.into_iter().map(|post| post.member_id).collect()
}

/// The jobs of lists that are not finished.
async fn walks(app: &TestApp) -> Vec<job::Model> {
    use job::Column::{Kind, State};
    let unfinished = async |tx: &Tx| {
        tx.find::<job::Entity>()
            .filter(Kind.is_in(["checklist.bring_up", "checklist.open_periods"]))
            .filter(State.is_in([JobState::Waiting, JobState::Running]))
            .all()
            .await
    };
    app.scope(Town::A).read(unfinished).await.unwrap()
}

/// A worker goes on until it has done a slice, and is killed then. What it had in hand is somebody else's when its lease is over.
async fn killed_half_way(app: &TestApp) {
    let mut program: Child = worker(app, app.clock.now());
    let began = Instant::now();
    while !walks(app).await.iter().any(|job| job.progress_done > Some(0)) {
        assert!(began.elapsed() < Duration::from_secs(60), "the worker does nothing");
    }
    program.kill().unwrap();
    program.wait().unwrap();
    assert!(walks(app).await.iter().any(|job| job.progress_done > Some(0)), "killed too late");
    app.clock.advance(TimeDelta::minutes(6));
}

/// The same, where a period's tasks are opened: whom it has reached, each of them whole.
async fn reached(app: &TestApp, period: &str) -> BTreeMap<MemberId, usize> {
    killed_half_way(app).await;
    let reached = owed(app, period).await;
    assert!(reached.values().all(|count| *count == DUTIES), "{reached:?}");
    reached
}

/// Saves another draft of a list and publishes it.
async fn publish_again(clerk: &Client, done: &Value, items: Value) {
    let list = list_of(clerk, done).await;
    let body = json!({"title": "网格员责任清单", "items": items});
    let path = format!("/checklists/{}/draft", list["id"].as_str().unwrap());
    let saved = clerk.put(&path, list["version"].as_i64().unwrap(), &body).await.ok(200);
    publish(clerk, &saved).await;
}

async fn follow(app: &TestApp, touched: Touched) {
    let change = async move |tx: &Tx| api::checklist::posts_changed(tx, &touched).await;
    app.scope(Town::A).write(change).await.unwrap();
}

async fn go_on(app: &TestApp) {
    api::jobs::township(&app.scope(Town::A)).await.unwrap();
}

async fn list_of(clerk: &Client, published: &Value) -> Value {
    clerk
        .get(&format!("/checklists/{}", published["checklist"]["id"].as_str().unwrap()))
        .await
        .ok(200)
}

on_both! {
    /// A publication of more tasks than a slice has comes into force at once and says how many it will be. The worker is killed between two
    /// slices; posts change and the list is published once more before it goes on. In the end everybody owes what the version in force
    /// asks of the post that he holds, once.
    async fn a_publication_in_slices_loses_nothing(first: TestApp) {
        let app = node(&first).await;
        let (clerk, town) = (app.client(Who::Clerk, Town::A).await, app.town(Town::A));
        let people = crowd(&app, 0, CROWD).await;
        let list = draft(&clerk, "网格员责任清单", &duties(0, DUTIES)).await;
        let preview = clerk.get(&format!("/checklists/{}/preview", list["id"].as_str().unwrap())).await.ok(200);
        let total = ALL * DUTIES;
        assert_eq!(preview["tasks"], total);
        let done = publish(&clerk, &list).await;
        assert_eq!((&done["tasks_created"], &done["tasks_cancelled"]), (&json!(total), &json!(0)));
        let everybody = everybody(&app).await;
        assert_eq!(done["checklist"]["opening"], json!({"done": 0, "total": everybody.len(), "failing": false}));
        assert_eq!(owed(&app, "2026-W48").await.len(), 0);

        let reached = reached(&app, "2026-W48").await;
        let clerk = app.client(Who::Clerk, Town::A).await;
        let opening = list_of(&clerk, &done).await["opening"].clone();
        assert_eq!(opening["total"], everybody.len());
        let walked = usize::try_from(opening["done"].as_u64().unwrap()).unwrap();
        let workers = |one: &&MemberId| people.contains(one) || **one == town.members.worker;
        let expected: Vec<&MemberId> = everybody.iter().take(walked).filter(workers).collect();
        assert_eq!(reached.keys().collect::<Vec<_>>(), expected);
        // One whom it has reached and one whom it has not leave their posts; somebody comes.
        let [gone, never] = [true, false].map(|is| *people.iter().find(|one| reached.contains_key(one) == is).unwrap());
        let grid = clerk.get(&format!("/grids/{}", town.grids.other_sub)).await.ok(200);
        for one in [gone, never] {
            let post = grid["posts"].as_array().unwrap().iter().find(|post| post["member"]["id"] == json!(one)).unwrap();
            clerk.post(&format!("/grid-posts/{}/end", post["id"].as_str().unwrap()), &json!({})).await.ok(200);
        }
        let spare = town.members.spare;
        clerk.post("/grid-posts", &json!({
            "grid_id": town.grids.other_sub, "member_id": spare, "kind": "worker",
        })).await.ok(201);
        let now = owed(&app, "2026-W48").await;
        assert_eq!((now.get(&gone), now.get(&never), now.get(&spare)), (None, None, Some(&DUTIES)));
        // Another version, which drops a duty and has a new one.
        publish_again(&clerk, &done, duties(1, DUTIES + 1)).await;

        go_on(&app).await;
        let wanted: BTreeMap<MemberId, usize> = people.iter().copied()
            .filter(|one| ![gone, never].contains(one))
            .chain([spare, town.members.worker])
            .map(|one| (one, DUTIES))
            .collect();
        assert_eq!(owed(&app, "2026-W48").await, wanted);
        let list = list_of(&clerk, &done).await;
        assert_eq!(list["opening"], Value::Null);
        assert_eq!(asked(&app, "第 0 项").await, BTreeSet::new());
        assert_eq!(asked(&app, &format!("第 {DUTIES} 项")).await.len(), wanted.len());
        // The hook has nothing left to do.
        follow(&app, Touched::Anybody).await;
        go_on(&app).await;
        assert_eq!(owed(&app, "2026-W48").await, wanted);
        app.leave().await;
    }

    /// The week ends between two slices of a publication that drops a duty and has a new one. Whom it had not reached by then owes the dropped
    /// one no longer, of that week either, as he would had it been his turn on the day of publication; the new one he owes of both
    /// weeks.
    async fn a_publication_cancels_in_a_week_that_ends_meanwhile(first: TestApp) {
        let app = node(&first).await;
        let clerk = app.client(Who::Clerk, Town::A).await;
        crowd(&app, 0, CROWD).await;
        let done = publish(&clerk, &draft(&clerk, "网格员责任清单", &duties(0, DUTIES)).await).await;
        go_on(&app).await;
        let (old, new) = ("第 0 项".to_owned(), format!("第 {DUTIES} 项"));
        assert_eq!(asked(&app, &old).await.len(), ALL);
        publish_again(&clerk, &done, duties(1, DUTIES + 1)).await;
        killed_half_way(&app).await;
        let (still, reached) = (asked(&app, &old).await, asked(&app, &new).await);
        assert!(still.is_disjoint(&reached) && still.len() + reached.len() == ALL, "a slice is there whole or not at all");
        assert!(!still.is_empty() && !reached.is_empty());

        app.clock.set("2026-11-30T09:00:00+08:00".parse::<DateTime<Utc>>().unwrap());
        go_on(&app).await;
        assert_eq!(asked(&app, &old).await, BTreeSet::new());
        for week in ["2026-W48", "2026-W49"] {
            let owed = owed(&app, week).await;
            assert_eq!((owed.len(), owed.values().sum::<usize>()), (ALL, ALL * DUTIES), "{week}");
        }
        // What another version drops now stays owed of the week that is over.
        let clerk = app.client(Who::Clerk, Town::A).await;
        publish_again(&clerk, &done, duties(1, DUTIES)).await;
        go_on(&app).await;
        let owed = [owed(&app, "2026-W48").await, owed(&app, "2026-W49").await].map(|owed| owed.values().sum::<usize>());
        assert_eq!(owed, [ALL * DUTIES, ALL * (DUTIES - 1)]);
        app.leave().await;
    }

    /// The week begins for some sixty people; the worker is killed between two slices, and somebody leaves and somebody comes
    /// meanwhile, without waiting for all.
    async fn a_period_begins_in_slices(first: TestApp) {
        let app = node(&first).await;
        let (clerk, town) = (app.client(Who::Clerk, Town::A).await, app.town(Town::A));
        let people = crowd(&app, 0, CROWD).await;
        publish(&clerk, &draft(&clerk, "网格员责任清单", &duties(0, DUTIES)).await).await;
        go_on(&app).await;
        assert_eq!(owed(&app, "2026-W48").await.len(), ALL);

        app.clock.set("2026-11-30T09:00:00+08:00".parse::<DateTime<Utc>>().unwrap());
        let reached = reached(&app, "2026-W49").await;
        let clerk = app.client(Who::Clerk, Town::A).await;
        let never = *people.iter().find(|one| !reached.contains_key(one)).unwrap();
        let grid = clerk.get(&format!("/grids/{}", town.grids.other_sub)).await.ok(200);
        let post = grid["posts"].as_array().unwrap().iter().find(|post| post["member"]["id"] == json!(never)).unwrap();
        clerk.post(&format!("/grid-posts/{}/end", post["id"].as_str().unwrap()), &json!({})).await.ok(200);
        assert_eq!(owed(&app, "2026-W49").await.len(), reached.len(), "the others wait for their slice");
        go_on(&app).await;
        let wanted: BTreeMap<MemberId, usize> = people.iter().copied().filter(|one| *one != never)
            .chain([town.members.worker]).map(|one| (one, DUTIES)).collect();
        assert_eq!(owed(&app, "2026-W49").await, wanted);
        app.leave().await;
    }

    /// A week that was over before a publication reached everybody is made up for, for those whom it had not reached.
    async fn a_publication_goes_on_after_its_week(first: TestApp) {
        let app = node(&first).await;
        let clerk = app.client(Who::Clerk, Town::A).await;
        crowd(&app, 0, 20).await;
        publish(&clerk, &draft(&clerk, "网格员责任清单", &duties(0, DUTIES)).await).await;
        app.clock.set("2026-12-02T09:00:00+08:00".parse::<DateTime<Utc>>().unwrap());
        go_on(&app).await;
        for week in ["2026-W48", "2026-W49"] {
            let owed = owed(&app, week).await;
            assert_eq!((owed.len(), owed.values().sum::<usize>()), (21, 21 * DUTIES), "{week}");
        }
        let rows = app.scope(Town::A).read(async |tx: &Tx| tx.find::<task::Entity>().all().await).await.unwrap();
        assert!(rows.iter().all(|row| row.opened_late && row.due_at > app.clock.now()));
        app.leave().await;
    }

    /// Many come into posts at once, be they named or not: the first slice is done with that, and a job does the rest.
    async fn many_new_posts_are_followed_in_slices(first: TestApp) {
        let app = node(&first).await;
        let clerk = app.client(Who::Clerk, Town::A).await;
        publish(&clerk, &draft(&clerk, "网格员责任清单", &duties(0, DUTIES)).await).await;
        assert_eq!(owed(&app, "2026-W48").await.len(), 1, "as many as fit are opened with the publication");
        let mut all = 1;
        for named in [false, true] {
            let people = crowd(&app, all, 30).await;
            follow(&app, if named { Touched::People(people) } else { Touched::Anybody }).await;
            let more = owed(&app, "2026-W48").await.len() - all;
            assert!((1..=AT_ONCE).contains(&more), "{more}");
            go_on(&app).await;
            all += 30;
            let owed = owed(&app, "2026-W48").await;
            assert_eq!((owed.len(), owed.values().sum::<usize>()), (all, all * DUTIES));
        }
        app.leave().await;
    }

    /// Who changes many posts while the job of another such change has not begun leaves them to that one; once it has begun, to one more.
    async fn changes_of_a_day_share_their_walk(first: TestApp) {
        let app = node(&first).await;
        let clerk = app.client(Who::Clerk, Town::A).await;
        publish(&clerk, &draft(&clerk, "网格员责任清单", &duties(0, DUTIES)).await).await;
        let walks = async || walks(&app).await.iter().filter(|job| job.kind == "checklist.bring_up").count();
        for round in 0..3 {
            crowd(&app, round * 12, 12).await;
            follow(&app, Touched::Anybody).await;
            assert_eq!(walks().await, 1);
        }
        let outside = app.outside().await;
        outside.execute_unprepared("UPDATE job SET progress_done = 8 WHERE kind = 'checklist.bring_up'").await.unwrap();
        outside.close().await.unwrap();
        for round in 3..6 {
            crowd(&app, round * 12, 12).await;
            follow(&app, Touched::Anybody).await;
            assert_eq!(walks().await, 2);
        }
        go_on(&app).await;
        assert_eq!((owed(&app, "2026-W48").await.len(), walks().await), (73, 0));
        app.leave().await;
    }

    /// A publication that cannot go on says so where the list is looked at, and goes on by itself when it can.
    async fn a_publication_that_fails_is_seen(first: TestApp) {
        let app = node(&first).await;
        let clerk = app.client(Who::Clerk, Town::A).await;
        crowd(&app, 0, 20).await;
        let done = publish(&clerk, &draft(&clerk, "网格员责任清单", &duties(0, DUTIES)).await).await;
        let walk = walks(&app).await.into_iter().find(|job| job.kind == "checklist.bring_up").unwrap();
        let outside = app.outside().await;
        let with = async |payload: &str| {
            let sql = format!("UPDATE job SET payload = '{payload}' WHERE kind = 'checklist.bring_up'");
            outside.execute_unprepared(&sql).await.unwrap();
            go_on(&app).await;
            list_of(&clerk, &done).await["opening"].clone()
        };
        let total = everybody(&app).await.len();
        assert_eq!(with("{}").await, json!({"done": 0, "total": total, "failing": true}));
        app.clock.advance(TimeDelta::minutes(1));
        assert_eq!(with(&walk.payload).await, Value::Null);
        outside.close().await.unwrap();
        assert_eq!(owed(&app, "2026-W48").await.len(), 21);
        app.leave().await;
    }
}
