//! Lists of tasks.

use entity::ids::TaskId;
use entity::{grid, member, task};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::dto::{
    HeldBy, ListTasks, SeenTask, TaskBrief, TaskInclude, TaskKey, TaskPage, TaskPaging, ToVerify,
};
use super::perm;
use super::row::{Row, rows};
use super::rules;
use super::search::found;
use super::submissions::submissions;
use super::visibility::{Visibility, late, looking_right, owed};
use crate::clock;
use crate::grid::Subtrees;
use crate::http::{ApiError, Code, Result, Sort, unsorted};
use crate::tenancy::{Part, Reading, Rows, Scope, Sorting, Tx, or_blank};

/// Tasks that can be verified by one request: what [`super::dto::VerifyTasks`] takes.
const VERIFIED_AT_ONCE: u64 = 500;

/// The first `limit` tasks of a condition, the earliest deadline first, as an account that sees so far is shown them.
pub async fn first(
    tx: &Tx,
    sight: &Visibility,
    condition: Condition,
    limit: u64,
) -> Result<Vec<TaskBrief>> {
    let found = rows(tx)
        .filter(condition)
        .order_by_asc(task::Column::DueAt)
        .order_by_asc(task::Column::Id)
        .limit(limit)
        .into_model::<Row>()
        .all()
        .await?;
    found.into_iter().map(|row| row.brief(tx, sight)).collect()
}

/// In which order tasks are read.
#[derive(Debug, Clone, Copy)]
enum By {
    Asked(Sort<TaskKey>),
    Change,
}

impl By {
    fn sorting(self) -> Sorting<Row> {
        use task::Column::{ChangedAt, DueAt, Id, Title};
        let sorting = match self {
            Self::Change => Sorting::rising().by(ChangedAt, |row: &Row| row.changed_at.into()),
            Self::Asked(sort) => {
                let sorting = Sorting::which(sort.falling);
                let sorting = match sort.key {
                    TaskKey::DueAt => sorting,
                    TaskKey::Title => sorting.by(Title, |row: &Row| row.title.clone().into()),
                    TaskKey::Grid => {
                        sorting.by(or_blank(grid::Column::Name), |row| row.grid_name.clone().into())
                    }
                    TaskKey::Assignee => sorting
                        .by(or_blank(member::Column::Name), |row| row.member_name.clone().into()),
                };
                sorting.by(DueAt, |row| row.due_at.into())
            }
        };
        sorting.by(Id, |row| Part::id(row.id))
    }
}

/// A page of the tasks of a condition; three statements at most with what was handed in, and one without.
async fn page(
    tx: &Tx,
    sight: &Visibility,
    condition: Condition,
    by: By,
    reading: &Reading,
    include: Option<TaskInclude>,
) -> Result<TaskPage> {
    let Rows { items, next_cursor, total } =
        reading.rows(rows(tx).filter(condition), &by.sorting()).await?;
    let mut items: Vec<TaskBrief> =
        items.into_iter().map(|row| row.brief(tx, sight)).collect::<Result<_>>()?;
    if let Some(TaskInclude::Submissions) = include {
        let ids: Vec<TaskId> = items.iter().map(|task| task.id).collect();
        let mut handed_in = submissions(tx, &ids).await?;
        for task in &mut items {
            task.submissions = Some(handed_in.remove(&task.id).unwrap_or_default());
        }
    }
    Ok(TaskPage { items, next_cursor, total, as_of: reading.as_of() })
}

/// Tasks that the account sees.
///
/// # Errors
/// `forbidden` when what colleagues have accepted is asked for by who may not take it over; 422 for an order beside `changed_since`.
pub async fn list(scope: &Scope, query: ListTasks) -> Result<TaskPage> {
    if query.held_by.is_some() && !scope.has(perm::TASK_SUBMIT) {
        return Err(ApiError::new(Code::FORBIDDEN));
    }
    if query.changed_since.is_some() {
        unsorted(query.sort)?;
    }
    let reading = scope.reading("tasks", &query, &query)?;
    scope
        .read(async |tx: &Tx| {
            let sight = Visibility::of(tx).await?;
            let mut wanted = Condition::all().add(sight.visible());
            if let Some(state) = query.state {
                wanted = wanted.add(task::Column::State.eq(state));
            }
            if let Some(is_owed) = query.owed {
                wanted = wanted.add(if is_owed {
                    owed()
                } else {
                    Condition::all().add(task::Column::State.is_not_in(rules::OWED))
                });
            }
            if let Some(day) = query.due_on {
                let (from, to) = clock::day(day.date());
                wanted = wanted.add(task::Column::DueAt.gte(from)).add(task::Column::DueAt.lt(to));
            }
            if let Some(is_late) = query.late {
                let late = late(tx.now());
                wanted = wanted.add(if is_late { late } else { late.not() });
            }
            if let Some(grid) = query.grid_id {
                wanted = wanted.add(Subtrees::under(tx, grid).await?.rows(task::Column::GridId));
            }
            if let Some(assignee) = query.assignee_id {
                wanted = wanted.add(task::Column::AssigneeId.eq(assignee));
            }
            if let Some(member) = query.member_id {
                wanted = wanted.add(task::Column::MemberId.eq(member));
            }
            if let Some(HeldBy::Colleagues) = query.held_by {
                wanted = wanted.add(sight.with_colleagues());
            }
            if let Some(text) = query.q.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
                wanted = wanted.add(found(tx, text).await?);
            }
            let mut by = By::Asked(query.sort.unwrap_or_default());
            if let Some(since) = query.changed_since {
                wanted = wanted.add(task::Column::ChangedAt.gte(since.utc()));
                by = By::Change;
            }
            page(tx, &sight, wanted, by, &reading, query.include).await
        })
        .await
}

/// What the account's own person still owes, the most late first.
pub async fn inbox(scope: &Scope, paging: TaskPaging) -> Result<TaskPage> {
    let reading = scope.reading("inbox", &(scope.member(), paging.sort), &paging)?;
    scope
        .read(async |tx: &Tx| {
            // What one owes one does not judge, whatever one heads.
            let sight = Visibility::own(tx).await?;
            let by = By::Asked(paging.sort.unwrap_or_default());
            page(tx, &sight, sight.owed(), by, &reading, None).await
        })
        .await
}

/// What waits for this account's verification, the earliest deadline first.
pub async fn to_verify(scope: &Scope, paging: TaskPaging) -> Result<TaskPage> {
    let reading = scope.reading("to_verify", &(scope.actor(), paging.sort), &paging)?;
    scope
        .read(async |tx: &Tx| {
            let sight = Visibility::of(tx).await?;
            let by = By::Asked(paging.sort.unwrap_or_default());
            page(tx, &sight, sight.to_verify(), by, &reading, None).await
        })
        .await
}

/// How much waits for this account's verification, and what of it looks right, as it is now.
pub async fn waiting(scope: &Scope) -> Result<ToVerify> {
    use task::Column;
    scope
        .read(async |tx: &Tx| {
            let sight = Visibility::of(tx).await?;
            let right = sight.to_verify().add(looking_right());
            let count = async |wanted: Condition| {
                let count = tx.find::<task::Entity>().filter(wanted).count().await?;
                i64::try_from(count).map_err(ApiError::internal)
            };
            let tasks = tx
                .find::<task::Entity>()
                .select_only()
                .columns([Column::Id, Column::Version])
                .filter(right.clone())
                .order_by_asc(Column::DueAt)
                .order_by_asc(Column::Id)
                .limit(VERIFIED_AT_ONCE)
                .into_tuple::<(TaskId, i32)>()
                .all()
                .await?;
            Ok(ToVerify {
                total: count(sight.to_verify()).await?,
                right: count(right).await?,
                tasks: tasks.into_iter().map(|(id, version)| SeenTask { id, version }).collect(),
            })
        })
        .await
}
