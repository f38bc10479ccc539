//! What the home page shows.

use std::collections::HashMap;

use entity::ids::GridId;
use entity::kinds::TaskState;
use entity::{activity, task};
use sea_orm::sea_query::{CaseStatement, Condition, Func, SimpleExpr};
use sea_orm::{ColumnTrait, FromQueryResult, QueryFilter, QuerySelect};

use super::dto::{Home, HomeGridLate, HomeVacancy};
use super::rules::{self, Node};
use crate::clock;
use crate::http::{ApiError, Result};
use crate::task::perm;
use crate::task::rules::OWED;
use crate::task::{self as tasks, Visibility};
use crate::tenancy::{Scope, Tx, nothing};

const VACANCIES: usize = 20;
const MOST_LATE: u64 = 10;

#[derive(Debug, FromQueryResult)]
struct GridCounts {
    grid_id: Option<GridId>,
    late: i64,
    due_today: i64,
    to_verify: i64,
}

fn count_if(condition: Condition) -> SimpleExpr {
    Func::sum(CaseStatement::new().case(condition, 1_i32).finally(0_i32)).into()
}

/// What needs a decision today, for this account.
pub async fn home(scope: &Scope) -> Result<Home> {
    scope
        .read(async |tx: &Tx| {
            let sight = Visibility::of(tx).await?;
            let counts = counts(tx, &sight).await?;
            let tree = crate::grid::tree(tx).await?;
            let nodes: Vec<Node> = tree
                .iter()
                .map(|node| Node { id: node.id, parent_id: node.parent_id, kind: node.kind })
                .collect();
            let seen: Vec<_> =
                tree.iter().filter(|node| sight.sees_grid(&node.path)).cloned().collect();
            let vacancies = crate::grid::vacancies(tx, &seen).await?;
            let names: HashMap<GridId, String> =
                tree.into_iter().map(|node| (node.id, node.name)).collect();
            let late: HashMap<GridId, i64> =
                counts.iter().filter_map(|row| Some((row.grid_id?, row.late))).collect();
            Ok(Home {
                tasks_late: counts.iter().map(|row| row.late).sum(),
                tasks_due_today: counts.iter().map(|row| row.due_today).sum(),
                tasks_to_verify: counts.iter().map(|row| row.to_verify).sum(),
                vacancy_count: i64::try_from(vacancies.len()).map_err(ApiError::internal)?,
                vacancies: vacancies
                    .into_iter()
                    .take(VACANCIES)
                    .map(|vacancy| HomeVacancy {
                        grid_id: vacancy.grid_id,
                        grid_name: vacancy.grid_name,
                        kind: vacancy.kind,
                    })
                    .collect(),
                activities_today: activities_today(tx).await?,
                late: tasks::first(
                    tx,
                    &sight,
                    Condition::all().add(sight.visible()).add(tasks::late(tx.now())),
                    MOST_LATE,
                )
                .await?,
                late_by_grid: rules::by_general_grid(&nodes, &late)
                    .into_iter()
                    .map(|(grid_id, late)| HomeGridLate {
                        grid_name: names.get(&grid_id).cloned().unwrap_or_default(),
                        grid_id,
                        late,
                    })
                    .collect(),
            })
        })
        .await
}

/// The tasks that the account sees and that count for something today, by grid; one statement. What is owed later is not read, nor what is
/// done.
async fn counts(tx: &Tx, sight: &Visibility) -> Result<Vec<GridCounts>> {
    use task::Column;
    let (today, tomorrow) = clock::day(tx.today());
    let due_today = Condition::all()
        .add(Column::State.is_in(OWED))
        .add(Column::DueAt.gte(today))
        .add(Column::DueAt.lt(tomorrow));
    let to_verify = if tx.has(perm::TASK_VERIFY) { sight.to_verify() } else { nothing() };
    tx.find::<task::Entity>()
        .select_only()
        .column(Column::GridId)
        .column_as(count_if(tasks::late(tx.now())), "late")
        .column_as(count_if(due_today), "due_today")
        .column_as(count_if(to_verify), "to_verify")
        .filter(
            Condition::any().add(Column::State.eq(TaskState::Submitted)).add(
                Condition::all().add(Column::State.is_in(OWED)).add(Column::DueAt.lt(tomorrow)),
            ),
        )
        .filter(sight.visible())
        .group_by(Column::GridId)
        .into_model::<GridCounts>()
        .all()
        .await
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
