//! The home page: what it counts is what there is, and what it costs does not grow with what is done. (What it says to whom is told in
//! `task` and `days`, too.)

use std::collections::HashMap;

use api::task::{Assignee, rules};
use api::tenancy::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{GridId, GridPostId, MemberId, PartyOrgId, TaskId};
use entity::kinds::{AssigneeKind, GridKind, PostKind, Role, TaskState};
use entity::{account_role, grid_post, member, task};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ConnectionTrait, IntoActiveModel, Statement};
use support::prelude::*;
use uuid::Uuid;

use crate::checklist::{published, three_duties};
use crate::grid::{collection, square};
use crate::rooms::Open::To;
use crate::rooms::{Room, op};

/// What the room's tests bring.
pub(crate) const ROOM: Room = Room { rights: &[op("get_home", To("lcg"))], ..Room::of("board") };

/// What an account's home is made of, told by looking at every row.
struct Eyes {
    all: bool,
    member: Option<MemberId>,
    organisation: Option<PartyOrgId>,
    posts: Vec<(GridId, PostKind)>,
    /// Paths of the grids in which everything is seen, and of those in which it is judged.
    seen: Vec<String>,
    judged: Vec<String>,
}

/// A township as it stands.
struct Place<'a> {
    tree: &'a [api::grid::Node],
    held: &'a [api::grid::Holder],
    now: DateTime<Utc>,
}

impl Place<'_> {
    fn path(&self, grid: Option<GridId>) -> Option<&str> {
        self.tree.iter().find(|node| Some(node.id) == grid).map(|node| node.path.as_str())
    }

    fn eyes(&self, all: bool, member: Option<&member::Model>) -> Eyes {
        let id = member.map(|member| member.id);
        let mine: Vec<_> = self.held.iter().filter(|post| Some(post.member_id) == id).collect();
        let of = |kinds: &[PostKind]| -> Vec<String> {
            let grids = mine.iter().filter(|post| kinds.contains(&post.kind));
            grids.filter_map(|post| self.path(Some(post.grid_id)).map(str::to_owned)).collect()
        };
        Eyes {
            all,
            member: id,
            organisation: member.and_then(|member| member.party_org_id),
            posts: mine.iter().map(|post| (post.grid_id, post.kind)).collect(),
            seen: of(&[PostKind::Supervisor, PostKind::GeneralHead, PostKind::SubHead]),
            judged: of(&[PostKind::Supervisor, PostKind::GeneralHead]),
        }
    }

    /// The general grid above a grid, or the grid itself.
    fn general(&self, mut grid: Option<GridId>) -> Option<&api::grid::Node> {
        loop {
            let node = self.tree.iter().find(|node| Some(node.id) == grid)?;
            if node.kind == GridKind::General {
                return Some(node);
            }
            grid = node.parent_id;
        }
    }

    fn home(&self, eyes: &Eyes, tasks: &[task::Model]) -> Value {
        let beneath = |roots: &[String], grid: Option<GridId>| {
            self.path(grid).is_some_and(|path| roots.iter().any(|root| path.starts_with(root)))
        };
        let given: Vec<Uuid> = eyes
            .posts
            .iter()
            .map(|(grid, post)| Assignee::Post(*grid, *post).id())
            .chain(eyes.member.map(Uuid::from))
            .chain(eyes.organisation.map(Uuid::from))
            .collect();
        let did = |task: &task::Model| task.member_id.is_some() && task.member_id == eyes.member;
        let mut seen: Vec<&task::Model> = tasks
            .iter()
            .filter(|task| {
                let own = did(task) || given.contains(&task.assignee_id);
                eyes.all || own || beneath(&eyes.seen, task.grid_id)
            })
            .collect();
        seen.sort_by_key(|task| (task.due_at, task.id));
        let late = |task: &&&task::Model| {
            rules::late(task.state, task.due_at, task.submitted_at, self.now)
        };
        let (today, tomorrow) = api::clock::day(api::clock::beijing(self.now).date_naive());
        let due_today = seen.iter().filter(|task| {
            rules::OWED.contains(&task.state) && task.due_at >= today && task.due_at < tomorrow
        });
        let to_verify = seen.iter().filter(|task| {
            task.state == TaskState::Submitted
                && (eyes.all || beneath(&eyes.judged, task.grid_id))
                && !did(task)
                && !given.contains(&task.assignee_id)
        });
        let mut by_general: HashMap<GridId, (&api::grid::Node, i64)> = HashMap::new();
        for node in seen.iter().filter(late).filter_map(|task| self.general(task.grid_id)) {
            by_general.entry(node.id).or_insert((node, 0)).1 += 1;
        }
        let mut by_general: Vec<_> = by_general.into_values().collect();
        by_general.sort_by_key(|(node, late)| (-late, node.code.clone()));
        let mut vacancies: Vec<(&api::grid::Node, PostKind)> = self
            .tree
            .iter()
            .filter(|node| eyes.all || beneath(&eyes.seen, Some(node.id)))
            .flat_map(|node| {
                let there = self.held.iter().filter(|post| post.grid_id == node.id);
                let there: Vec<PostKind> = there.map(|post| post.kind).collect();
                api::grid::rules::vacant(node.kind, &there)
                    .into_iter()
                    .map(move |post| (node, post))
            })
            .collect();
        vacancies.sort_by_key(|(node, _)| node.code.clone());
        let count = vacancies.len();
        let vacancies: Vec<Value> = vacancies
            .into_iter()
            .take(20)
            .map(|(node, post)| json!({"grid_id": node.id, "grid_name": node.name, "kind": post.as_str()}))
            .collect();
        json!({
            "tasks_late": seen.iter().filter(late).count(),
            "tasks_due_today": due_today.count(),
            "tasks_to_verify": to_verify.count(),
            "late": seen.iter().filter(late).take(10).map(|task| task.id).collect::<Vec<_>>(),
            "late_by_grid": by_general.into_iter()
                .map(|(node, late)| json!({"grid_id": node.id, "grid_name": node.name, "late": late}))
                .collect::<Vec<_>>(),
            "vacancies": vacancies,
            "vacancy_count": count,
        })
    }
}

/// Tasks in any state, of anybody, anywhere and nowhere, about a moment.
fn any_tasks(
    random: &mut StdRng,
    like: &task::Model,
    town: &Township,
    grids: &[GridId],
    now: DateTime<Utc>,
) -> Vec<task::ActiveModel> {
    let people = &town.members;
    let people = [people.head, people.sub_head, people.worker, people.member, people.spare];
    let (today, tomorrow) = api::clock::day(api::clock::beijing(now).date_naive());
    let moments =
        [today, tomorrow, now, today - TimeDelta::seconds(1), tomorrow - TimeDelta::seconds(1)];
    let mut all = Vec::new();
    for _ in 0..60 {
        let grid = random.random_bool(0.9).then(|| *grids.choose(random).unwrap());
        let person = *people.choose(random).unwrap();
        let post = *[PostKind::SubHead, PostKind::Worker].choose(random).unwrap();
        let assignee = match (random.random_range(0..3), grid) {
            (0, _) => Assignee::Organisation(town.orgs.branch),
            (1, Some(grid)) => Assignee::Post(grid, post),
            _ => Assignee::Person(person, Some(post)),
        };
        let kind = match assignee {
            Assignee::Organisation(_) => AssigneeKind::Organisation,
            Assignee::Post(..) => AssigneeKind::Post,
            Assignee::Person(..) => AssigneeKind::Person,
        };
        let done = random.random_bool(0.3).then_some(person);
        let state = *TaskState::ALL.choose(random).unwrap();
        let some_time =
            |random: &mut StdRng| now - TimeDelta::minutes(random.random_range(0..4000));
        let handed_in = !matches!(state, TaskState::Open | TaskState::Cancelled);
        let submitted_at = handed_in.then(|| some_time(random));
        let closed = matches!(state, TaskState::Verified | TaskState::Cancelled);
        let due_at = if random.random_bool(0.2) {
            *moments.choose(random).unwrap()
        } else {
            now + TimeDelta::minutes(random.random_range(-4000..4000))
        };
        let row = task::Model {
            id: TaskId::new(),
            obligation_id: Uuid::now_v7(),
            grid_id: grid,
            assignee_kind: kind,
            assignee_id: assignee.id(),
            member_id: if kind == AssigneeKind::Person { Some(person) } else { done },
            post: (kind != AssigneeKind::Organisation).then_some(post),
            party_org_id: (kind == AssigneeKind::Organisation).then_some(town.orgs.branch),
            state,
            due_at,
            submitted_at,
            closed_at: closed.then_some(now),
            ..like.clone()
        };
        all.push(row.into_active_model().reset_all());
    }
    all
}

on_both! {
    /// Whatever there is: each number is that of who looks at every row, for the office, for who heads a few grids, hundreds or all.
    async fn home_counts_what_there_is(app: TestApp) {
        let mut random = StdRng::seed_from_u64(support::seed());
        let town = app.town(Town::A);
        let scope = app.scope(Town::A);
        let clerk = app.client(Who::Clerk, Town::A).await;
        published(&clerk, "网格长责任清单", &three_duties()).await;
        let (top, supervisor, account) =
            (town.grids.township, town.members.member, town.accounts[&Who::Member].id);
        scope.write(async move |tx: &Tx| {
            tx.insert(account_role::ActiveModel {
                account_id: Set(account),
                role: Set(Role::GridHead),
                sphere: Set(Role::GridHead.sphere()),
                ..Default::default()
            }).await?;
            tx.insert(grid_post::ActiveModel {
                id: Set(GridPostId::new()),
                grid_id: Set(top),
                member_id: Set(supervisor),
                kind: Set(PostKind::Supervisor),
                since: Set(tx.today()),
                until: Set(None),
                created_at: Set(tx.now()),
                ..Default::default()
            }).await?;
            Ok(())
        }).await.unwrap();
        let code = town.code;
        let subs = |n: i32| square(&format!("{code}002{n:02}"), "sub", &format!("{code}002"));
        let micros = |n: i32| square(&format!("{code}001{n:03}X"), "micro", &format!("{code}00101"));
        // First a few grids; then hundreds beneath a general one; then one that hangs beside the township.
        let mut park = vec![square("PARK", "dedicated", "")];
        park[0]["properties"]["parent"] = Value::Null;
        park.push(square("PARK1", "sub", "PARK"));
        let turns: [Vec<Value>; 3] = [(10..40).map(subs).collect(), (0..210).map(micros).collect(), park];
        for (turn, more) in turns.iter().enumerate() {
            clerk.post("/imports/grids", &collection(more)).await.ok(200);
            let (tree, held, people) = scope.read(async |tx: &Tx| Ok((
                api::grid::tree(tx).await?, api::grid::holders(tx, &[]).await?, tx.find::<member::Entity>().all().await?,
            ))).await.unwrap();
            let like = scope.read(async |tx: &Tx| tx.find::<task::Entity>().one().await).await.unwrap().unwrap();
            let grids: Vec<GridId> = tree.iter().map(|node| node.id).collect();
            let now = app.clock.now();
            let rows = any_tasks(&mut random, &like, &town, &grids, now);
            scope.write(async move |tx: &Tx| tx.insert_many::<task::ActiveModel>(rows).await).await.unwrap();
            let tasks = scope.read(async |tx: &Tx| tx.find::<task::Entity>().all().await).await.unwrap();
            let there = Place { tree: &tree, held: &held, now };
            for (who, person) in [
                (Who::Clerk, None),
                (Who::GridHead, Some(town.members.head)),
                (Who::SubHead, Some(town.members.sub_head)),
                (Who::Member, Some(supervisor)),
            ] {
                let person = people.iter().find(|member| Some(member.id) == person);
                let wanted = there.home(&there.eyes(who == Who::Clerk, person), &tasks);
                let mut home = app.client(who, Town::A).await.get("/home").await.ok(200);
                let late: Vec<Value> = home["late"].as_array().unwrap().iter().map(|task| task["id"].clone()).collect();
                home["late"] = json!(late);
                home.as_object_mut().unwrap().remove("activities_today");
                assert_eq!(home, wanted, "{who:?} in turn {turn}");
            }
        }
        // Made up, they are none that keep what tasks promise.
        let outside = app.outside().await;
        outside.execute_unprepared("DELETE FROM task WHERE NOT EXISTS (SELECT 1 FROM task_log WHERE task_log.task_id = task.id)").await.unwrap();
        outside.close().await.unwrap();
    }

    /// What is done is not read for it: the indexes that it counts in hold nothing else than what is not, and all that it asks.
    async fn home_counts_in_the_indexes_of_what_is_not_done(app: TestApp) {
        let outside = app.outside().await;
        outside.execute_unprepared("ANALYZE").await.unwrap();
        let tenant = app.town(Town::A).tenant;
        let tenant = match app.db {
            Db::Sqlite => format!("x'{}'", tenant.uuid().simple()),
            Db::Postgres => format!("'{tenant}'"),
        };
        let undone = format!("FROM task WHERE tenant_id = {tenant} AND closed_at IS NULL AND due_at < '2026-11-24T00:00:00+00:00'");
        let late = "AND (state IN ('open', 'returned') OR state = 'submitted' AND submitted_at > due_at)";
        let (explain, column) = match app.db {
            Db::Sqlite => ("EXPLAIN QUERY PLAN", "detail"),
            Db::Postgres => {
                // The fixture has no tasks: PostgreSQL would read its empty table.
                outside.execute_unprepared("SET enable_seqscan = off").await.unwrap();
                ("EXPLAIN", "QUERY PLAN")
            }
        };
        for (sql, index) in [
            (format!("SELECT grid_id, count(*) {undone} {late} GROUP BY grid_id"), "ix_undone_task_grid_id_due_at"),
            (format!("SELECT id {undone} {late} ORDER BY due_at, id LIMIT 10"), "ix_undone_task_due_at_id"),
        ] {
            let asked = Statement::from_string(outside.get_database_backend(), format!("{explain} {sql}"));
            let rows = outside.query_all_raw(asked).await.unwrap();
            let plan: Vec<String> = rows.iter().map(|row| row.try_get("", column).unwrap()).collect();
            let plan = plan.join("\n");
            assert!(plan.contains(index), "{sql}\n{plan}");
            if app.db == Db::Sqlite {
                assert!(!plan.contains("TEMP B-TREE"), "{sql}\n{plan}");
                assert!(index.ends_with("_id") || plan.contains("COVERING INDEX"), "{sql}\n{plan}");
            }
        }
        outside.close().await.unwrap();
    }
}
