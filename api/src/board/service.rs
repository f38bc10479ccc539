//! What the home page shows. The database counts, in indexes that hold nothing but what is not done yet; what is read are the few rows that
//! are shown.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::ids::GridId;
use entity::kinds::GridKind;
use entity::{activity, grid, task};
use sea_orm::sea_query::{Alias, CaseStatement, Condition, Expr, ExprTrait, SimpleExpr, UnionType};
use sea_orm::{ColumnTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect};

use super::dto::{Home, HomeGridLate, HomeVacancy};
use super::rules::{self, General};
use crate::clock;
use crate::grid as grids;
use crate::http::{ApiError, Result};
use crate::member::path;
use crate::task::rules::OWED;
use crate::task::{self as tasks, Visibility, perm};
use crate::tenancy::{Find, Scope, Tx, nothing};

const VACANCIES: usize = 20;
const MOST_LATE: u64 = 10;
/// General grids hang beneath the top of the tree (GR3).
const LEVEL_OF_GENERALS: usize = 2;

/// What needs a decision today, for this account.
pub async fn home(scope: &Scope) -> Result<Home> {
    scope
        .read(async |tx: &Tx| {
            let sight = Visibility::of(tx).await?;
            let within = in_grids(tx, &sight).await?;
            let beside = beside(tx, &sight).await?;
            let late = Condition::all().add(sight.visible()).add(tasks::late(tx.now()));
            let (vacancies, vacancy_count) = vacancies(tx, &sight.grids()).await?;
            Ok(Home {
                tasks_late: within.iter().map(|row| row.late).sum::<i64>() + beside.late,
                tasks_due_today: within.iter().map(|row| row.due_today).sum::<i64>()
                    + beside.due_today,
                tasks_to_verify: beside.to_verify,
                vacancies,
                vacancy_count,
                activities_today: activities_today(tx).await?,
                late: tasks::first(tx, &sight, late, MOST_LATE).await?,
                late_by_grid: late_by_grid(tx, &within).await?,
            })
        })
        .await
}

/// What counts today, in the grids beneath a node of the tree.
#[derive(Debug, FromQueryResult)]
struct Within {
    /// The path of the node.
    above: String,
    late: i64,
    due_today: i64,
}

/// The tasks that the account sees in grids, by the general grid or whatever else stands on its level; one statement, which reads no task
/// but counts in the index of those that are not done. What is due later is not counted through, nor what is done.
async fn in_grids(tx: &Tx, sight: &Visibility) -> Result<Vec<Within>> {
    const TASKS: &str = "undone";
    let mut parts = sight.parts().into_iter().map(|part| by_grid(tx, part).into_subquery());
    let mut counted = parts.next().unwrap_or_default();
    for part in parts {
        counted.union(UnionType::All, part);
    }
    let sum = |name: &'static str| -> SimpleExpr {
        Expr::col((TASKS, Alias::new(name))).sum().cast_as("bigint")
    };
    let mut find = tx
        .find::<grid::Entity>()
        .select_only()
        .expr_as(path::on_level(grid::Column::Path, LEVEL_OF_GENERALS), "above")
        .expr_as(sum("late"), "late")
        .expr_as(sum("due_today"), "due_today");
    let here = Expr::col((grid::Entity, grid::Column::Id));
    let of_grid = Expr::col((TASKS, task::Column::GridId)).eq(here);
    QuerySelect::query(&mut find)
        .join_subquery(JoinType::InnerJoin, counted, TASKS, of_grid)
        .add_group_by([Expr::col(Alias::new("above"))]);
    find.into_model::<Within>().all().await
}

fn by_grid(tx: &Tx, part: Condition) -> Find<'_, task::Entity> {
    use task::Column;
    let (today, tomorrow) = clock::day(tx.today());
    let count = |condition: Condition| -> SimpleExpr {
        Expr::expr(CaseStatement::new().case(condition, 1_i32)).count()
    };
    tx.find::<task::Entity>()
        .select_only()
        .column(Column::GridId)
        .expr_as(count(Column::DueAt.lt(tx.now()).into()), "late")
        .expr_as(count(due_since(today)), "due_today")
        .filter(tasks::late(tomorrow))
        .filter(part)
        .group_by(Column::GridId)
}

fn due_since(day: DateTime<Utc>) -> Condition {
    Condition::all().add(task::Column::DueAt.gte(day)).add(task::Column::State.is_in(OWED))
}

/// What counts today and lies in no grid, and what waits for this account.
#[derive(Debug, Default)]
struct Beside {
    late: i64,
    due_today: i64,
    to_verify: i64,
}

/// The tasks beside those of [`in_grids`]; one statement, in three parts, each with an index of its own.
async fn beside(tx: &Tx, sight: &Visibility) -> Result<Beside> {
    use task::Column;
    let (today, tomorrow) = clock::day(tx.today());
    let count = |what: i32, wanted: Condition| {
        tx.find::<task::Entity>()
            .select_only()
            .expr_as(Expr::val(what), "what")
            .expr_as(Column::Id.count(), "tasks")
            .filter(wanted)
            .filter(sight.visible())
    };
    let nowhere = |wanted: Condition| wanted.add(Column::GridId.is_null());
    let to_verify = if tx.has(perm::TASK_VERIFY) { sight.to_verify() } else { nothing() };
    let mut all = count(0, nowhere(tasks::late(tx.now())));
    let due_today = nowhere(tasks::late(tomorrow)).add(due_since(today));
    QuerySelect::query(&mut all)
        .union(UnionType::All, count(1, due_today).into_subquery())
        .union(UnionType::All, count(2, to_verify).into_subquery());
    let found: HashMap<i32, i64> =
        all.into_tuple::<(i32, i64)>().all().await?.into_iter().collect();
    let number = |what: i32| found.get(&what).copied().unwrap_or_default();
    Ok(Beside { late: number(0), due_today: number(1), to_verify: number(2) })
}

/// The general grids that are behind; one statement, and none where none can be.
async fn late_by_grid(tx: &Tx, within: &[Within]) -> Result<Vec<HomeGridLate>> {
    let late: HashMap<GridId, i64> = within
        .iter()
        .filter(|row| row.late > 0)
        .filter_map(|row| Some((path::nodes(&row.above).last()?.into(), row.late)))
        .collect();
    if late.is_empty() {
        return Ok(Vec::new());
    }
    let generals = tx
        .find::<grid::Entity>()
        .select_only()
        .columns([grid::Column::Id, grid::Column::Code, grid::Column::Name])
        .filter(grid::Column::Kind.eq(GridKind::General))
        .filter(grid::Column::Id.is_in(late.keys().copied()))
        .into_model::<General>()
        .all()
        .await?;
    Ok(rules::most_late(generals, &late)
        .into_iter()
        .map(|(general, late)| HomeGridLate { grid_id: general.id, grid_name: general.name, late })
        .collect())
}

/// The first vacancies among these grids, and how many there are; one statement where these are all of them.
async fn vacancies(tx: &Tx, among: &Condition) -> Result<(Vec<HomeVacancy>, i64)> {
    let heads = grids::heads();
    let mut found = grids::vacancies(tx, &heads, among, Some(VACANCIES + 1)).await?;
    let count = if found.len() > VACANCIES {
        grids::vacancy_count(tx, &heads, among).await?
    } else {
        i64::try_from(found.len()).map_err(ApiError::internal)?
    };
    found.truncate(VACANCIES);
    let shown = found.into_iter().map(|vacancy| HomeVacancy {
        grid_id: vacancy.grid_id,
        grid_name: vacancy.grid_name,
        kind: vacancy.kind,
    });
    Ok((shown.collect(), count))
}

/// Activities not cancelled that touch this day in Beijing: those that the list of the day shows.
async fn activities_today(tx: &Tx) -> Result<i64> {
    use activity::Column;
    let (today, tomorrow) = clock::day(tx.today());
    let count = tx
        .find::<activity::Entity>()
        .filter(Column::CancelledAt.is_null())
        .filter(Column::StartsAt.lt(tomorrow))
        .filter(Column::EndsAt.gt(today))
        .count()
        .await?;
    i64::try_from(count).map_err(ApiError::internal)
}
