//! Planting: a job comes into being with the act that makes it due, in its transaction.

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::JobId;
use entity::job;
use entity::kinds::JobState;
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{ColumnTrait, QueryFilter};
use serde_json::{Value, json};

use super::kind::kind_of;
use super::node::{MARGIN, Node};
use super::rules::Standing;
use crate::http::{ApiError, Code, Result};
use crate::tenancy::{Find, Tx};

/// How often a job that others keep finishing is looked for.
const TRIES: usize = 8;

/// A job in the making.
#[derive(Debug, Clone)]
#[must_use = "a job comes into being by `plant`"]
pub struct Plan {
    kind: &'static str,
    key: Option<String>,
    at: Option<DateTime<Utc>>,
    payload: Value,
}

impl Plan {
    /// A job of a kind, due at once.
    pub fn of(kind: &'static str) -> Self {
        Self { kind, key: None, at: None, payload: json!({}) }
    }

    /// Among those that are not finished there is one of this key in a township.
    pub fn keyed(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// Due at this moment.
    pub fn at(self, at: DateTime<Utc>) -> Self {
        Self { at: Some(at), ..self }
    }

    /// What it is to be done with: ids and numbers, no names of people.
    pub fn with(self, payload: Value) -> Self {
        Self { payload, ..self }
    }
}

/// Plants a job in the caller's transaction. Where one of its key is there already, that is done at the earlier of both moments,
/// once more if it is running; who plants the same key meanwhile waits for this transaction.
///
/// # Errors
/// Those of the database; a kind that no room has registered is an error of the program.
pub async fn plant(tx: &Tx, plan: Plan) -> Result<JobId> {
    let at = plan.at.unwrap_or_else(|| tx.now());
    for _ in 0..TRIES {
        if let Some(key) = &plan.key
            && let Some(there) = of_key(tx, key).locked().one().await?
        {
            let now = Standing::of(&there).rung(at);
            put(tx, there.id, &now, job::ActiveModel::default()).await?;
            wake(tx, at);
            return Ok(there.id);
        }
        if let Some(id) = insert(tx, &plan, at).await? {
            wake(tx, at);
            return Ok(id);
        }
        // It came into being this moment: it is there to be locked now, unless it is finished again.
    }
    Err(ApiError::new(Code::CONFLICT))
}

/// Plants a job that is due in more than ten minutes, longer than any transaction lives: so whoever would plant it again on this node
/// until ten minutes before (by its key, or by its kind where it has none) does nothing at all. Nobody waits for anybody: of two who
/// are the first at the same moment, or on two nodes, each plants one, and what is to be done twice has nothing to do the
/// second time.
///
/// # Errors
/// As [`plant`]; a job that is due earlier is an error of the program.
pub async fn plant_ahead(tx: &Tx, plan: Plan) -> Result<()> {
    let at = plan.at.filter(|at| *at > tx.now() + MARGIN);
    let at = at.ok_or_else(|| ApiError::internal("a job planted ahead is due too soon"))?;
    let node = node(tx)?;
    let key = plan.key.clone().unwrap_or_else(|| plan.kind.to_owned());
    if node.has_planted(tx.tenant(), &key, tx.now()) {
        return Ok(());
    }
    insert(tx, &Plan { key: None, ..plan }, at).await?;
    let (tenant, now) = (tx.tenant(), tx.now());
    tx.after_commit(move || node.planted(tenant, key, at, now));
    Ok(())
}

/// A job that is not finished.
#[derive(Debug, Clone)]
pub struct Pending {
    /// The moment it was planned for.
    pub planned_at: DateTime<Utc>,
    /// What is left of it is to be done with this.
    pub payload: Value,
    /// How much of it is done; none where it has not been begun.
    pub done: Option<i32>,
    /// The last attempt failed; it is tried again by itself, unless it was given up.
    pub failing: bool,
}

/// The job of a key, if there is one that is not finished; one statement.
///
/// # Errors
/// Those of the database.
pub async fn pending(tx: &Tx, key: &str) -> Result<Option<Pending>> {
    let job = of_key(tx, key).one().await?;
    Ok(job.map(|job| Pending {
        planned_at: job.planned_at,
        payload: serde_json::from_str(&job.payload).unwrap_or_default(),
        done: job.progress_done,
        failing: job.last_error.is_some(),
    }))
}

/// The one of this key that is not finished.
fn of_key<'a>(tx: &'a Tx, key: &str) -> Find<'a, job::Entity> {
    tx.find::<job::Entity>()
        .filter(job::Column::UniqueKey.eq(key))
        .filter(job::Column::State.is_in([JobState::Waiting, JobState::Running, JobState::Failed]))
}

/// Three in the morning after a day: when a township's cleaning is done.
#[must_use]
pub fn night_after(moment: DateTime<Utc>, days: i64) -> (String, DateTime<Utc>) {
    let day = crate::clock::beijing(moment).date_naive() + TimeDelta::days(days + 1);
    (day.to_string(), crate::clock::day(day).0 + TimeDelta::hours(3))
}

fn node(tx: &Tx) -> Result<Node> {
    tx.shared::<Node>().cloned().ok_or_else(|| ApiError::internal("no node is registered"))
}

/// A new row and its bell; none where one of its key is there.
async fn insert(tx: &Tx, plan: &Plan, at: DateTime<Utc>) -> Result<Option<JobId>> {
    if kind_of(tx.scope(), plan.kind).is_none() {
        return Err(ApiError::internal(format!("no room does {}", plan.kind)));
    }
    let id = JobId::new();
    let row = job::ActiveModel {
        id: Set(id),
        kind: Set(plan.kind.to_owned()),
        payload: Set(plan.payload.to_string()),
        unique_key: Set(plan.key.clone()),
        state: Set(JobState::Waiting),
        planned_at: Set(at),
        run_at: Set(at),
        rung_at: Set(None),
        attempts: Set(0),
        fence: Set(0),
        lease_until: Set(None),
        lease_holder: Set(None),
        progress_done: Set(None),
        progress_total: Set(None),
        last_error: Set(None),
        created_at: Set(tx.now()),
        created_by: Set(tx.actor()),
        finished_at: Set(None),
        ..Default::default()
    };
    if plan.key.is_none() {
        tx.insert_many(vec![row]).await?;
    } else if !tx.insert_if_absent(row).await? {
        return Ok(None);
    }
    tx.ring(id, at).await?;
    Ok(Some(id))
}

/// Writes where a job stands now, with what else has changed of it, and rings accordingly; two statements. Its row is locked by
/// this transaction.
pub(super) async fn put(
    tx: &Tx,
    id: JobId,
    now: &Standing,
    changed: job::ActiveModel,
) -> Result<()> {
    let mut row = job::ActiveModel {
        id: Unchanged(id),
        state: Set(now.state),
        planned_at: Set(now.planned_at),
        run_at: Set(now.run_at),
        rung_at: Set(now.rung_at),
        attempts: Set(now.attempts),
        lease_until: Set(now.lease_until),
        ..changed
    };
    if now.state != JobState::Running {
        row.lease_holder = Set(None);
    }
    row.finished_at = Set(match now.state {
        JobState::Waiting | JobState::Running => None,
        JobState::Done | JobState::Failed | JobState::Cancelled => Some(tx.now()),
    });
    tx.update(row).await?;
    match now.due_at() {
        Some(at) => tx.ring(id, at).await,
        None => tx.silence(id).await,
    }
}

/// Tells the workers of this process, when what is due is due now.
pub(super) fn wake(tx: &Tx, at: DateTime<Utc>) {
    if at <= tx.now()
        && let Some(node) = tx.shared::<Node>().cloned()
    {
        tx.after_commit(move || node.wake());
    }
}

/// Rings for everything that a told story has left to be done.
pub async fn ring_all(tx: &Tx) -> Result<()> {
    let open = tx
        .find::<job::Entity>()
        .filter(job::Column::State.is_in([JobState::Waiting, JobState::Running]))
        .all()
        .await?;
    for job in open {
        if let Some(at) = Standing::of(&job).due_at() {
            tx.ring(job.id, at).await?;
        }
    }
    Ok(())
}

impl Standing {
    /// Where a row stands.
    pub(super) fn of(row: &job::Model) -> Self {
        Self {
            state: row.state,
            planned_at: row.planned_at,
            run_at: row.run_at,
            rung_at: row.rung_at,
            attempts: row.attempts,
            lease_until: row.lease_until,
        }
    }
}
