//! A township of any size: the fixture's, with grids, people, posts and tasks added to it by the product's own helpers.

use api::member::path;
use api::tenancy::{Scope, Tx};
use chrono::{NaiveDate, TimeDelta};
use entity::ids::{GridId, GridPostId, MemberId, TaskId};
use entity::kinds::{GridKind, MemberCategory, PostKind, Role, TaskState};
use entity::{account_role, grid, grid_post, member, task};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ConnectionTrait, IntoActiveModel};
use serde_json::{Value, json};
use support::{Db, TestApp, Town, Who};
use uuid::Uuid;

/// How much of everything.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// General grids; each has these.
    pub generals: usize,
    /// Sub-grids of a general grid.
    pub subs: usize,
    /// Sub-grids of a general grid with a head.
    pub heads: usize,
    /// Workers in a general grid's sub-grids.
    pub workers: usize,
    /// People on the roster.
    pub people: usize,
    /// Months before this one, of which the last five are still owed.
    pub months: u32,
}

impl Size {
    /// That of the demonstration: about 100 grids, 130 posts, 600 people, 3,000 tasks.
    pub const DEMONSTRATION: Self =
        Self { generals: 14, subs: 6, heads: 5, workers: 3, people: 600, months: 4 };
    /// A big subdistrict: 4,000 grids, 3,000 posts, 20,000 people, 200,000 tasks.
    pub const BIG: Self =
        Self { generals: 40, subs: 99, heads: 49, workers: 24, people: 20_000, months: 12 };
}

/// Who and what is asked for.
#[derive(Debug, Clone)]
pub struct Seeded {
    /// Tasks in all.
    pub tasks: usize,
    /// People without a post.
    pub free: Vec<MemberId>,
    /// A sub-grid that nobody heads.
    pub sub: GridId,
}

const BOUNDARY: &str = r#"{"type":"Polygon","coordinates":[[[121.400000,30.790000],[121.410000,30.790000],[121.415000,30.795000],[121.410000,30.800000],[121.400000,30.800000],[121.398000,30.795000],[121.400000,30.790000]]]}"#;

/// Fills the fixture's township. Its list is published as an office would, its past is made of the tasks that come of it.
pub async fn fill(app: &TestApp, size: Size) -> Seeded {
    let scope = app.scope(Town::A);
    let town = app.town(Town::A);
    let (grids, people) = {
        let (top, general) = (town.grids.township, town.grids.general);
        let supervisor = town.members.member;
        let account = town.accounts[&Who::Member].id;
        scope
            .at_length()
            .write(async move |tx: &Tx| {
                let people = people(tx, size.people).await?;
                let grids = grids(tx, size, top, general).await?;
                tx.insert(account_role::ActiveModel {
                    account_id: Set(account),
                    role: Set(Role::GridHead),
                    sphere: Set(Role::GridHead.sphere()),
                    ..Default::default()
                })
                .await?;
                posts(tx, size, (top, supervisor), &grids, &people).await?;
                Ok((grids, people))
            })
            .await
            .expect("grids and people")
    };
    publish(app).await;
    let tasks = past(&scope, size.months).await;
    let outside = app.outside().await;
    // What PostgreSQL's own housekeeping would have done by now, which the tests' server goes without.
    let tidy = if app.db == Db::Postgres { "VACUUM ANALYZE" } else { "ANALYZE" };
    outside.execute_unprepared(tidy).await.expect("statistics");
    outside.close().await.expect("it closes");
    let posts = size.generals * (2 + size.heads + size.workers);
    let free = people.into_iter().skip(posts).collect();
    let sub = grids.last().and_then(|(_, subs)| subs.last()).copied().expect("a sub-grid");
    Seeded { tasks, free, sub }
}

async fn people(tx: &Tx, count: usize) -> api::http::Result<Vec<MemberId>> {
    const FAMILIES: [&str; 10] = ["王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴"];
    let ids: Vec<MemberId> = (0..count).map(|_| MemberId::new()).collect();
    let rows = ids.iter().zip(0..).map(|(id, number): (_, usize)| member::ActiveModel {
        id: Set(*id),
        number: Set(format!("B{number:05}")),
        name: Set(format!("{}某{number}", FAMILIES[number % FAMILIES.len()])),
        name_initials: Set("mm".to_owned()),
        category: Set(MemberCategory::Resident),
        phone: Set(None),
        phone_tail: Set(None),
        party_org_id: Set(None),
        created_at: Set(tx.now()),
        version: Set(1),
        ..Default::default()
    });
    tx.insert_many::<member::ActiveModel>(rows.collect()).await?;
    Ok(ids)
}

type Generals = Vec<(GridId, Vec<GridId>)>;

async fn grids(tx: &Tx, size: Size, top: GridId, first: GridId) -> api::http::Result<Generals> {
    let above = path::path(None, top.into());
    let row = |id: GridId, parent: GridId, path: String, code: String, kind| grid::ActiveModel {
        id: Set(id),
        parent_id: Set(Some(parent)),
        path: Set(path),
        name: Set(format!("第{code}网格")),
        code: Set(code),
        kind: Set(kind),
        boundary: Set(BOUNDARY.to_owned()),
        centre_lng: Set(121_405_000),
        centre_lat: Set(30_795_000),
        area_m2: Set(1_000_000),
        created_at: Set(tx.now()),
        version: Set(1),
        ..Default::default()
    };
    let mut all = Vec::new();
    let mut rows = Vec::new();
    for number in 0..size.generals {
        let general = if number == 0 { first } else { GridId::new() };
        let own = path::path(Some(&above), general.into());
        if number > 0 {
            rows.push(row(general, top, own.clone(), format!("B{number:03}"), GridKind::General));
        }
        let subs: Vec<GridId> = (0..size.subs).map(|_| GridId::new()).collect();
        rows.extend(subs.iter().zip(0..).map(|(sub, place): (_, usize)| {
            let path = path::path(Some(&own), (*sub).into());
            row(*sub, general, path, format!("B{number:03}{place:03}"), GridKind::Sub)
        }));
        all.push((general, subs));
    }
    tx.insert_many::<grid::ActiveModel>(rows).await?;
    Ok(all)
}

async fn posts(
    tx: &Tx,
    size: Size,
    (top, supervisor): (GridId, MemberId),
    grids: &Generals,
    people: &[MemberId],
) -> api::http::Result<()> {
    let since = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a date");
    let row = |grid: GridId, member: MemberId, kind| grid_post::ActiveModel {
        id: Set(GridPostId::new()),
        grid_id: Set(grid),
        member_id: Set(member),
        kind: Set(kind),
        since: Set(since),
        until: Set(None),
        created_at: Set(tx.now()),
        ..Default::default()
    };
    let mut free = people.iter().copied();
    let mut next = || free.next().expect("people enough");
    let mut rows = vec![row(top, supervisor, PostKind::Supervisor)];
    for (number, (general, subs)) in grids.iter().enumerate() {
        rows.push(row(*general, next(), PostKind::Supervisor));
        if number > 0 {
            // The fixture's has its head.
            rows.push(row(*general, next(), PostKind::GeneralHead));
        }
        rows.extend(subs.iter().take(size.heads).map(|sub| row(*sub, next(), PostKind::SubHead)));
        rows.extend(subs.iter().take(size.workers).map(|sub| row(*sub, next(), PostKind::Worker)));
    }
    tx.insert_many::<grid_post::ActiveModel>(rows).await
}

fn duties() -> Value {
    let posts = [("sub_head", 5), ("worker", 5), ("general_head", 3), ("supervisor", 2)];
    let duties = posts.iter().flat_map(|(post, count)| {
        (0..*count).map(move |number| {
            json!({
                "what": format!("走访检查第{number}类事项"), "role": post, "frequency": "monthly",
                "evidence": "none", "limit_working_days": 5, "points": 1,
            })
        })
    });
    duties.collect()
}

async fn publish(app: &TestApp) {
    let clerk = app.client(Who::Clerk, Town::A).await;
    let list = json!({"kind": "responsibility", "title": "网格责任清单", "items": duties()});
    let list = clerk.post("/checklists", &list).await.ok(201);
    let path = format!("/checklists/{}/publish", list["id"].as_str().expect("an id"));
    clerk.change(reqwest::Method::POST, &path, 1, &json!({})).await.ok(200);
    api::jobs::township(&app.scope(Town::A)).await.expect("the slices");
}

/// The months before this one, month by month; says how many tasks there are in all. What is longer ago than five months is verified.
async fn past(scope: &Scope, months: u32) -> usize {
    let now: Vec<task::Model> = scope
        .at_length()
        .read(async |tx: &Tx| tx.find::<task::Entity>().all().await)
        .await
        .expect("the tasks of this month");
    for ago in 1..=months {
        let rows: Vec<task::ActiveModel> = now
            .iter()
            .map(|task| {
                let back = TimeDelta::days(30 * i64::from(ago));
                let closed = (ago > 4).then(|| task.due_at - back);
                let state = if ago > 4 { TaskState::Verified } else { TaskState::Open };
                task::Model {
                    id: TaskId::new(),
                    obligation_id: Uuid::now_v7(),
                    period: format!("2025-{:02}", 13 - ago),
                    state,
                    opened_at: task.opened_at - back,
                    due_at: task.due_at - back,
                    submitted_at: closed,
                    closed_at: closed,
                    ..task.clone()
                }
                .into_active_model()
                .reset_all()
            })
            .collect();
        scope
            .at_length()
            .write(async move |tx: &Tx| tx.insert_many::<task::ActiveModel>(rows).await)
            .await
            .expect("the tasks of a month");
    }
    now.len() * (usize::try_from(months).expect("a few") + 1)
}
