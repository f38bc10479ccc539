//! What is more than a transaction should hold goes on in slices: publication, the beginning of a period, a change of many posts.
//! Whoever is killed between two of them leaves nothing undone, and what changes meanwhile is followed.

use std::collections::BTreeMap;
use std::process::Child;
use std::time::{Duration, Instant};

use api::grid::Touched;
use api::tenancy::Tx;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::ids::{GridPostId, MemberId};
use entity::kinds::{MemberCategory, PostKind, TaskState};
use entity::{grid_post, member, task};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter};
use support::prelude::*;

use crate::checklist::{draft, item, publish};
use crate::jobs::worker;

/// Duties of a worker: with so many a slice has sixteen people.
const DUTIES: usize = 60;

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

/// Whether somebody has a task of a period: asked so that the answer comes at once.
async fn has_begun(app: &TestApp, period: &str) -> bool {
    use task::Column::Period;
    let found = app
        .scope(Town::A)
        .read(async |tx: &Tx| tx.find::<task::Entity>().filter(Period.eq(period)).one().await)
        .await;
    found.unwrap().is_some()
}

/// A worker goes on until some have their tasks of a period, and is killed then.
async fn killed_half_way(app: &TestApp, period: &str, everybody: usize) {
    let mut program: Child = worker(app, app.clock.now());
    let began = Instant::now();
    while !has_begun(app, period).await {
        assert!(began.elapsed() < Duration::from_secs(60), "the worker does nothing");
    }
    program.kill().unwrap();
    program.wait().unwrap();
    let reached = owed(app, period).await;
    assert!(reached.len() < everybody, "killed too late: {}", reached.len());
    // A slice is there whole or not at all.
    assert!(reached.values().all(|count| *count == DUTIES), "{reached:?}");
    // What it had in hand is somebody else's when its lease is over.
    app.clock.advance(TimeDelta::minutes(6));
}

async fn list_of(clerk: &Client, published: &Value) -> Value {
    clerk
        .get(&format!("/checklists/{}", published["checklist"]["id"].as_str().unwrap()))
        .await
        .ok(200)
}

on_both! {
    /// A publication of more than a thousand tasks comes into force at once and says how many it will be. The worker is killed between two
    /// slices; posts change and the list is published once more before it goes on. In the end everybody owes what the version in force
    /// asks of the post that he holds, once.
    async fn a_publication_in_slices_loses_nothing(app: TestApp) {
        let (clerk, town) = (app.client(Who::Clerk, Town::A).await, app.town(Town::A));
        let people = crowd(&app, 0, 160).await;
        let list = draft(&clerk, "网格员责任清单", &duties(0, DUTIES)).await;
        let preview = clerk.get(&format!("/checklists/{}/preview", list["id"].as_str().unwrap())).await.ok(200);
        let total = 161 * DUTIES;
        assert_eq!(preview["tasks"], total);
        let done = publish(&clerk, &list).await;
        assert_eq!((&done["tasks_created"], &done["tasks_cancelled"]), (&json!(total), &json!(0)));
        assert_eq!(done["checklist"]["opening"], json!({"done": 0, "total": total}));
        assert_eq!(owed(&app, "2026-W48").await.len(), 0);

        killed_half_way(&app, "2026-W48", 161).await;
        let reached = owed(&app, "2026-W48").await;
        let clerk = app.client(Who::Clerk, Town::A).await;
        let opening = list_of(&clerk, &done).await["opening"].clone();
        assert_eq!(opening["done"], reached.len() * DUTIES);
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
        // Another version, which drops ten duties and has ten new ones.
        let list = list_of(&clerk, &done).await;
        let body = json!({"title": "网格员责任清单", "items": duties(10, DUTIES + 10)});
        let path = format!("/checklists/{}/draft", list["id"].as_str().unwrap());
        let saved = clerk.put(&path, list["version"].as_i64().unwrap(), &body).await.ok(200);
        publish(&clerk, &saved).await;

        api::jobs::township(&app.scope(Town::A)).await.unwrap();
        let wanted: BTreeMap<MemberId, usize> = people.iter().copied()
            .filter(|one| ![gone, never].contains(one))
            .chain([spare, town.members.worker])
            .map(|one| (one, DUTIES))
            .collect();
        assert_eq!(owed(&app, "2026-W48").await, wanted);
        let list = list_of(&clerk, &done).await;
        assert_eq!(list["opening"], Value::Null);
        let in_force: Vec<String> = (10..DUTIES + 10).map(|n| format!("第 {n} 项")).collect();
        let rows = app.scope(Town::A).read(async |tx: &Tx| tx.find::<task::Entity>().all().await).await.unwrap();
        assert!(rows.iter().filter(|row| row.state == TaskState::Open).all(|row| in_force.contains(&row.title)));
        // The hook has nothing left to do.
        let whole = async |tx: &Tx| api::checklist::posts_changed(tx, &Touched::Anybody).await;
        app.scope(Town::A).write(whole).await.unwrap();
        api::jobs::township(&app.scope(Town::A)).await.unwrap();
        assert_eq!(owed(&app, "2026-W48").await, wanted);
    }

    /// The week begins for a hundred and sixty people; the worker is killed between two slices, and somebody leaves and somebody comes
    /// meanwhile, without waiting for all.
    async fn a_period_begins_in_slices(app: TestApp) {
        let (clerk, town) = (app.client(Who::Clerk, Town::A).await, app.town(Town::A));
        let people = crowd(&app, 0, 160).await;
        publish(&clerk, &draft(&clerk, "网格员责任清单", &duties(0, DUTIES)).await).await;
        api::jobs::township(&app.scope(Town::A)).await.unwrap();
        assert_eq!(owed(&app, "2026-W48").await.len(), 161);

        app.clock.set("2026-11-30T09:00:00+08:00".parse::<DateTime<Utc>>().unwrap());
        killed_half_way(&app, "2026-W49", 161).await;
        let reached = owed(&app, "2026-W49").await;
        let clerk = app.client(Who::Clerk, Town::A).await;
        let never = *people.iter().find(|one| !reached.contains_key(one)).unwrap();
        let grid = clerk.get(&format!("/grids/{}", town.grids.other_sub)).await.ok(200);
        let post = grid["posts"].as_array().unwrap().iter().find(|post| post["member"]["id"] == json!(never)).unwrap();
        clerk.post(&format!("/grid-posts/{}/end", post["id"].as_str().unwrap()), &json!({})).await.ok(200);
        assert_eq!(owed(&app, "2026-W49").await.len(), reached.len(), "the others wait for their slice");
        api::jobs::township(&app.scope(Town::A)).await.unwrap();
        let wanted: BTreeMap<MemberId, usize> = people.iter().copied().filter(|one| *one != never)
            .chain([town.members.worker]).map(|one| (one, DUTIES)).collect();
        assert_eq!(owed(&app, "2026-W49").await, wanted);
    }

    /// A week that was over before a publication reached everybody is made up for, for those whom it had not reached.
    async fn a_publication_goes_on_after_its_week(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        crowd(&app, 0, 40).await;
        publish(&clerk, &draft(&clerk, "网格员责任清单", &duties(0, DUTIES)).await).await;
        app.clock.set("2026-12-02T09:00:00+08:00".parse::<DateTime<Utc>>().unwrap());
        api::jobs::township(&app.scope(Town::A)).await.unwrap();
        for week in ["2026-W48", "2026-W49"] {
            let owed = owed(&app, week).await;
            assert_eq!((owed.len(), owed.values().sum::<usize>()), (41, 41 * DUTIES), "{week}");
        }
        let rows = app.scope(Town::A).read(async |tx: &Tx| tx.find::<task::Entity>().all().await).await.unwrap();
        assert!(rows.iter().all(|row| row.opened_late && row.due_at > app.clock.now()));
    }

    /// Many come into posts at once: the first slice is done with that, and a job does the rest.
    async fn many_new_posts_are_followed_in_slices(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        publish(&clerk, &draft(&clerk, "网格员责任清单", &duties(0, DUTIES)).await).await;
        assert_eq!(owed(&app, "2026-W48").await.len(), 1, "as many as fit are opened with the publication");
        crowd(&app, 0, 60).await;
        let whole = async |tx: &Tx| api::checklist::posts_changed(tx, &Touched::Anybody).await;
        app.scope(Town::A).write(whole).await.unwrap();
        let first = owed(&app, "2026-W48").await.len();
        assert!((2..=16).contains(&first), "{first}");
        api::jobs::township(&app.scope(Town::A)).await.unwrap();
        let owed = owed(&app, "2026-W48").await;
        assert_eq!((owed.len(), owed.values().sum::<usize>()), (61, 61 * DUTIES));
    }
}
