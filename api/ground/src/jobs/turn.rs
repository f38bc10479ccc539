//! One attempt at a job: claimed with a lease, done, and its end written down by whoever still holds it.

use chrono::TimeDelta;
use entity::ids::JobId;
use entity::job;
use entity::kinds::JobState;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;

use super::doubt::doubts_clock;
use super::kind::{Act, Job, Kind, Next, kind_of};
use super::node::Node;
use super::plant::put;
use super::rules::{self, Ended, INSIDE_LEASE, LEASE, Standing};
use super::worker::Stopped;
use crate::http::{ApiError, Code, Result};
use crate::tenancy::{Scope, Tx};

/// Jobs looked at for one that nobody else has claimed meanwhile.
const LOOKED_AT: u64 = 8;
/// Days that a job which is done or cancelled is kept.
const KEPT_DAYS: i64 = 30;
/// Characters of a failure's reason that are kept.
const REASON_MAX: usize = 500;

/// A claimed job.
#[derive(Debug, Clone)]
pub(super) struct Claimed {
    kind: String,
    job: Job,
    fence: i32,
}

/// What can be claimed now.
fn due(now: chrono::DateTime<chrono::Utc>) -> Condition {
    Condition::any()
        .add(
            Condition::all()
                .add(job::Column::State.eq(JobState::Waiting))
                .add(job::Column::RunAt.lte(now)),
        )
        .add(
            Condition::all()
                .add(job::Column::State.eq(JobState::Running))
                .add(job::Column::LeaseUntil.lte(now)),
        )
}

/// Claims what has been due for longest in a township. Of two who claim the same one comes second and takes the next.
pub(super) async fn claim(scope: &Scope) -> Result<Option<Claimed>> {
    scope
        .write(async |tx: &Tx| {
            if doubts_clock(tx) {
                return Ok(None);
            }
            // What only a newer program can do is left to it.
            let kinds = tx.all::<Kind>();
            let found: Vec<JobId> = tx
                .find::<job::Entity>()
                .select_only()
                .column(job::Column::Id)
                .filter(due(tx.now()))
                .filter(job::Column::Kind.is_in(kinds.iter().map(|kind| kind.name)))
                .order_by_asc(job::Column::RunAt)
                .order_by_asc(job::Column::Id)
                .limit(LOOKED_AT)
                .into_tuple()
                .all()
                .await?;
            for id in found {
                // Locked and looked at again: somebody may have been faster.
                let row = tx
                    .find::<job::Entity>()
                    .filter(job::Column::Id.eq(id))
                    .filter(due(tx.now()))
                    .locked()
                    .one()
                    .await?;
                if let Some(row) = row
                    && let Some(claimed) = take(tx, row).await?
                {
                    return Ok(Some(claimed));
                }
            }
            Ok(None)
        })
        .await
}

async fn take(tx: &Tx, row: job::Model) -> Result<Option<Claimed>> {
    let kind = kind_of(tx.scope(), &row.kind);
    let schedule = kind.is_some_and(|kind| kind.schedule);
    let lease = match kind.map(|kind| kind.act) {
        Some(Act::Outside(_)) => LEASE,
        // One transaction, which cannot say that it is alive.
        _ => INSIDE_LEASE,
    };
    let standing = Standing::of(&row).claimed(tx.now(), lease, schedule);
    if standing.state != JobState::Running {
        let silent = "每次执行都中断，没有留下原因 / every attempt ended without a word";
        let changed =
            job::ActiveModel { last_error: Set(Some(silent.to_owned())), ..Default::default() };
        put(tx, row.id, &standing, changed).await?;
        tracing::error!(job = %row.id, kind = %row.kind, "a job is given up: its attempts end without a word");
        return Ok(None);
    }
    let fence = row.fence.wrapping_add(1);
    let holder = tx.shared::<Node>().map(|node| node.name().to_owned());
    let changed =
        job::ActiveModel { fence: Set(fence), lease_holder: Set(holder), ..Default::default() };
    put(tx, row.id, &standing, changed).await?;
    // Written by this room: what is no JSON is for the kind to refuse, not a reason to stop the township's other jobs.
    let payload = serde_json::from_str(&row.payload).unwrap_or(Value::Null);
    let job = Job {
        id: row.id,
        payload,
        planned_at: row.planned_at,
        attempt: standing.attempts,
        done: row.progress_done.unwrap_or(0),
    };
    Ok(Some(Claimed { kind: row.kind, job, fence }))
}

impl Claimed {
    /// Does it and writes down how it ended. Nothing is left to the caller: what cannot be written down now is claimed again when
    /// the lease is over.
    pub(super) async fn run(self, scope: &Scope, stopped: &Stopped) {
        let Some(kind) = kind_of(scope, &self.kind).copied() else {
            // Only what is registered is claimed.
            let unknown = ApiError::internal(format!("no room does {}", self.kind));
            return self.failed(scope, true, &unknown).await;
        };
        let (job, fence) = (self.job.clone(), self.fence);
        let outcome = match kind.act {
            Act::Inside(act) => {
                let at_length = scope.at_length();
                let inside = at_length.write(async move |tx: &Tx| {
                    let next = act(tx, &job).await?;
                    end(tx, &kind, job.id, fence, next).await
                });
                // A panic of the room is a failure of the job, not of whoever does jobs.
                catch(inside).await
            }
            Act::Outside(act) => {
                let turn = Turn { scope: scope.clone(), job: job.clone(), fence };
                let ended = tokio::select! {
                    ended = catch(act(turn)) => ended,
                    () = grace(stopped) => return self.hand_back(scope).await,
                };
                match ended {
                    Ok(next) => {
                        scope
                            .write(async move |tx: &Tx| end(tx, &kind, job.id, fence, next).await)
                            .await
                    }
                    Err(error) => Err(error),
                }
            }
        };
        if let Err(error) = outcome {
            self.failed(scope, kind.schedule, &error).await;
        }
    }

    async fn failed(self, scope: &Scope, schedule: bool, error: &ApiError) {
        tracing::warn!(job = %self.job.id, kind = %self.kind, attempt = self.job.attempt, %error, cause = error.cause(), "a job failed");
        metrics::counter!("gezhi_jobs_failed_total", "kind" => self.kind.clone()).increment(1);
        let reason = reason(error);
        // What only the storage stands in the way of is no fault of the job: it is tried for as long as it takes.
        let storage = matches!(error.code(), Code::UNAVAILABLE | Code::STORAGE_FULL);
        let (id, fence) = (self.job.id, self.fence);
        let written = scope
            .write(async move |tx: &Tx| {
                // Somebody else has it by now, or it was cancelled: it is no failure of theirs.
                let Some(row) = held(tx, id, fence).await? else { return Ok(()) };
                let chance = rules::chance(id, row.attempts);
                let next =
                    Standing::of(&row).ended(&Ended::Failed, tx.now(), schedule || storage, chance);
                let changed =
                    job::ActiveModel { last_error: Set(Some(reason)), ..Default::default() };
                put(tx, id, &next, changed).await
            })
            .await;
        if let Err(error) = written {
            tracing::warn!(job = %id, %error, "the failure was not written down: the job is tried when its lease is over");
        }
    }

    /// Gives it back as it was, for another node to take at once.
    async fn hand_back(self, scope: &Scope) {
        let (id, fence) = (self.job.id, self.fence);
        let given = scope
            .write(async move |tx: &Tx| {
                let Some(row) = held(tx, id, fence).await? else { return Ok(()) };
                let next = Standing::of(&row).ended(&Ended::HandedBack, tx.now(), true, 0);
                put(tx, id, &next, job::ActiveModel::default()).await
            })
            .await;
        if let Err(error) = given {
            tracing::warn!(job = %id, %error, "a job was not handed back: its lease ends by itself");
        }
    }
}

/// Told to stop, and the time that was given has passed.
async fn grace(stopped: &Stopped) {
    let mut stopped = stopped.clone();
    match stopped.wait_for(Option::is_some).await.map(|given| *given) {
        Ok(given) => tokio::time::sleep(given.unwrap_or_default()).await,
        // Nobody is there who could say so.
        Err(_) => std::future::pending().await,
    }
}

/// A failure in the words that are shown: of the implementation none.
fn reason(error: &ApiError) -> String {
    let shown = error.problem(crate::http::Language::Chinese, "");
    let text = match shown.detail {
        Some(detail) if !detail.is_empty() => format!("{}：{detail}", shown.title),
        _ => shown.title,
    };
    text.chars().take(REASON_MAX).collect()
}

/// A panic becomes an error.
async fn catch<T>(act: impl Future<Output = Result<T>>) -> Result<T> {
    use futures_util::FutureExt;
    match std::panic::AssertUnwindSafe(act).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(_) => Err(ApiError::internal("a job panicked")),
    }
}

/// The row of a job, locked, if it still runs with this fence.
async fn held(tx: &Tx, id: JobId, fence: i32) -> Result<Option<job::Model>> {
    tx.find::<job::Entity>()
        .filter(job::Column::Id.eq(id))
        .filter(job::Column::State.eq(JobState::Running))
        .filter(job::Column::Fence.eq(fence))
        .locked()
        .one()
        .await
}

/// What whoever has lost a job is told: nothing that he has done counts.
fn lost() -> ApiError {
    ApiError::new(Code::STATE_CONFLICT)
        .detail("作业已由其他节点接手或已取消", "Another node has the job now, or it was cancelled")
}

/// Writes down that an attempt succeeded, in the transaction of what it did.
async fn end(tx: &Tx, kind: &Kind, id: JobId, fence: i32, next: Next) -> Result<()> {
    let row = held(tx, id, fence).await?.ok_or_else(lost)?;
    let (how, progress) = match next {
        Next::Done => (Ended::Done, None),
        Next::Again(at) => (Ended::Again(at), None),
        Next::More { payload, done, total } => (Ended::More, Some((payload, done, total))),
    };
    let standing = Standing::of(&row).ended(&how, tx.now(), kind.schedule, 0);
    if standing.state == JobState::Done && !kind.kept {
        tx.delete_many::<job::Entity>().filter(job::Column::Id.eq(id)).exec().await?;
        tx.silence(id).await?;
    } else {
        let mut changed = job::ActiveModel { last_error: Set(None), ..Default::default() };
        if let Some((payload, done, total)) = progress {
            changed.payload = Set(payload.to_string());
            changed.progress_done = Set(Some(done));
            changed.progress_total = Set(total);
        } else if how != Ended::Done {
            changed.progress_done = Set(None);
            changed.progress_total = Set(None);
        }
        put(tx, id, &standing, changed).await?;
    }
    if let Some(at) = standing.due_at() {
        super::plant::wake(tx, at);
    }
    tx.delete_many::<job::Entity>()
        .filter(job::Column::FinishedAt.lt(tx.now() - TimeDelta::days(KEPT_DAYS)))
        .filter(job::Column::State.ne(JobState::Failed))
        .exec()
        .await?;
    Ok(())
}

/// An attempt at something that has effects outside.
#[derive(Clone)]
pub struct Turn {
    scope: Scope,
    job: Job,
    fence: i32,
}

impl Turn {
    /// The township.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The job.
    #[must_use]
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// What tells others that it is the same thing that is asked of them again.
    #[must_use]
    pub fn key(&self) -> String {
        self.job.id.to_string()
    }

    /// What it is to be done with.
    #[must_use]
    pub fn payload(&self) -> &Value {
        &self.job.payload
    }

    /// Says how far it is, and that it is alive: the lease begins anew. To be called at least every half minute.
    ///
    /// # Errors
    /// `state_conflict` when somebody else has the job by now, or it was cancelled: then nothing more is to be done.
    pub async fn progress(&self, done: i32, total: Option<i32>) -> Result<()> {
        let (id, fence) = (self.job.id, self.fence);
        self.scope
            .write(async move |tx: &Tx| {
                let until = tx.now() + LEASE;
                let renewed = tx
                    .update_many::<job::Entity>()
                    .col_expr(job::Column::LeaseUntil, Expr::value(until))
                    .col_expr(job::Column::ProgressDone, Expr::value(done))
                    .col_expr(job::Column::ProgressTotal, Expr::value(total))
                    .filter(job::Column::Id.into_expr().eq(id))
                    .filter(job::Column::State.eq(JobState::Running))
                    .filter(job::Column::Fence.eq(fence))
                    .exec()
                    .await?;
                if renewed == 0 {
                    return Err(lost());
                }
                tx.ring(id, until).await
            })
            .await
    }
}
