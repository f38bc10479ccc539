//! What an administrator asks of jobs.

use chrono::{DateTime, Utc};
use entity::ids::JobId;
use entity::job;
use entity::kinds::JobState;
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};

use super::dto::{Job, JobKey, JobKind, JobMay, JobPage, JobSummary, ListJobs};
use super::kind::kind_of;
use super::plant::{put, wake};
use super::rules::{self, Standing};
use super::{Kind, acts};
use crate::audit::{Act, Record, record};
use crate::clock::{Guard, beijing};
use crate::http::{ApiError, Refusal, Result, Sort};
use crate::tenancy::{Part, Rows, Scope, Sorting, Tx};

fn schedule(tx: &Tx, kind: &str) -> bool {
    kind_of(tx.scope(), kind).is_some_and(|kind| kind.schedule)
}

fn show(tx: &Tx, row: job::Model) -> Job {
    let standing = Standing::of(&row);
    let may = JobMay {
        run_job: rules::run(&standing, tx.now()).into(),
        cancel_job: rules::cancel(&standing, schedule(tx, &row.kind)).into(),
    };
    Job {
        id: row.id,
        kind: row.kind,
        state: row.state,
        planned_at: beijing(row.planned_at),
        run_at: beijing(row.run_at),
        attempts: row.attempts,
        progress_done: row.progress_done,
        progress_total: row.progress_total,
        last_error: row.last_error,
        created_at: beijing(row.created_at),
        finished_at: row.finished_at.map(beijing),
        may,
    }
}

/// The township's jobs, those that are tried latest first; one statement.
pub(crate) async fn list(scope: &Scope, query: ListJobs) -> Result<JobPage> {
    use job::Column::{Id, Kind, RunAt, State};
    let reading = scope.reading("jobs", &query, &query)?;
    scope
        .read(async |tx: &Tx| {
            let condition = Condition::all()
                .add_option(query.state.map(|state| State.eq(state)))
                .add_option(query.kind.as_deref().map(|kind| Kind.eq(kind)));
            let sort = query.sort.unwrap_or(Sort::falling(JobKey::RunAt));
            let sorting = Sorting::which(sort.falling)
                .by(RunAt, |row: &job::Model| row.run_at.into())
                .by(Id, |row| Part::id(row.id));
            let rows = reading.rows(tx.find::<job::Entity>().filter(condition), &sorting).await?;
            let Rows { items, next_cursor, total } = rows.map(|row| show(tx, row));
            Ok(JobPage { items, next_cursor, total })
        })
        .await
}

/// One job; 404 when the township has none such.
pub(crate) async fn get(scope: &Scope, id: JobId) -> Result<Job> {
    scope.read_single(async |tx: &Tx| Ok(show(tx, tx.get::<job::Entity>(id).await?))).await
}

/// How many there are of each state; two statements.
pub(crate) async fn summary(scope: &Scope) -> Result<JobSummary> {
    use job::Column::{Id, RunAt, State};
    scope
        .read(async |tx: &Tx| {
            let counts: Vec<(JobState, i64)> = tx
                .find::<job::Entity>()
                .select_only()
                .column(State)
                .column_as(Id.count(), "count")
                .group_by(State)
                .into_tuple()
                .all()
                .await?;
            let overdue = tx
                .find::<job::Entity>()
                .filter(State.eq(JobState::Waiting))
                .filter(RunAt.lte(tx.now()))
                .count()
                .await?;
            let of = |state| counts.iter().find(|(one, _)| *one == state).map_or(0, |(_, n)| *n);
            let kinds = tx.all::<Kind>().iter().map(|kind| JobKind {
                name: kind.name.to_owned(),
                zh: kind.zh.to_owned(),
                en: kind.en.to_owned(),
                schedule: kind.schedule,
            });
            Ok(JobSummary {
                waiting: of(JobState::Waiting),
                running: of(JobState::Running),
                failed: of(JobState::Failed),
                done: of(JobState::Done),
                cancelled: of(JobState::Cancelled),
                overdue: i64::try_from(overdue).map_err(ApiError::internal)?,
                clock_in_doubt: tx.shared::<Guard>().is_some_and(Guard::is_held),
                kinds: kinds.collect(),
            })
        })
        .await
}

/// Sets a job going: now, or when it was planned for, and as if it had never failed.
pub(crate) async fn run(scope: &Scope, id: JobId) -> Result<Job> {
    act(scope, id, acts::RUN, |standing, now, _| {
        let next = Standing {
            state: JobState::Waiting,
            // What was cancelled before its time has its time still before it.
            run_at: now.max(standing.planned_at),
            attempts: 0,
            lease_until: None,
            ..standing.clone()
        };
        rules::run(standing, now).map(|()| next)
    })
    .await
}

/// Cancels a job. An attempt under way loses it: what it does in the township's rows is undone.
pub(crate) async fn cancel(scope: &Scope, id: JobId) -> Result<Job> {
    act(scope, id, acts::CANCEL, |standing, _, schedule| {
        let next = Standing { state: JobState::Cancelled, lease_until: None, ..standing.clone() };
        rules::cancel(standing, schedule).map(|()| next)
    })
    .await
}

async fn act(
    scope: &Scope,
    id: JobId,
    act: Act,
    to: fn(&Standing, DateTime<Utc>, bool) -> Result<Standing, Refusal>,
) -> Result<Job> {
    scope
        .write(async move |tx: &Tx| {
            let row = tx.get_locked::<job::Entity>(id).await?;
            let standing = Standing::of(&row);
            let next = to(&standing, tx.now(), schedule(tx, &row.kind))?;
            put(tx, id, &next, job::ActiveModel::default()).await?;
            let entry = Record::of(act).on("job", id).with("kind", &row.kind);
            record(tx, entry.changed("state", Some(row.state), Some(next.state))).await?;
            if let Some(at) = next.due_at() {
                wake(tx, at);
            }
            Ok(show(tx, tx.get::<job::Entity>(id).await?))
        })
        .await
}
