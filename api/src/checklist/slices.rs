//! Everybody is brought up to date in slices: so many people at a time, in the order of their ids, each slice a transaction of its own.
//! Whoever waits for the writer meanwhile waits for one slice. A slice follows the posts and the versions as they are then, and may be
//! done any number of times: so neither a server that dies between two, nor posts that change, nor another publication leaves anything
//! undone or does it twice.

use chrono::NaiveDate;
use entity::checklist;
use entity::ids::{ChecklistId, MemberId};
use sea_orm::{QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::dto::Opening;
use super::plan::{Periods, Ready, cancel, in_force, in_force_on, lapsed, open, owed, plan};
use super::rules::opening::Missed;
use super::rules::slices::{people_at_once, tasks};
use crate::grid::people_with_posts;
use crate::http::{ApiError, Result};
use crate::jobs::{self, Job, Next, Plan, plant};
use crate::tenancy::Tx;

/// The name of the job that goes on where a transaction stopped.
pub(super) const BRING_UP: &str = "checklist.bring_up";

/// A walk through everybody who holds a post or has held one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Walk {
    /// The day that it is done for; later than that when the server stood still.
    day: NaiveDate,
    /// Of which periods that are over by then the tasks are opened as well.
    missed: Option<Over>,
    /// Behind whom it goes on; from the first where there is nobody.
    after: Option<MemberId>,
    /// Tasks that it will open and cancel, where that is known.
    total: Option<i32>,
}

/// See [`Missed`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Over {
    Began,
    Ran,
}

/// What a slice came to.
#[derive(Debug)]
pub(super) struct Slice {
    /// Tasks that it opened and cancelled.
    pub(super) count: usize,
    /// What is left of the walk.
    pub(super) rest: Option<Walk>,
    /// The versions in force on the day that it is done for.
    pub(super) then: Vec<Ready>,
    /// Those in force now.
    pub(super) versions: Vec<Ready>,
}

/// What some were brought up to date by.
#[derive(Debug)]
pub(super) struct Brought {
    /// Tasks that were opened and cancelled.
    pub(super) count: usize,
    /// The versions in force.
    pub(super) versions: Vec<Ready>,
}

impl Walk {
    /// That of the day on which periods begin.
    pub(super) fn of_periods(day: NaiveDate) -> Self {
        Self { day, missed: Some(Over::Began), after: None, total: None }
    }

    /// That of a publication, which opens and cancels so many tasks.
    pub(super) fn of_publication(day: NaiveDate, total: usize) -> Result<Self> {
        let total = Some(i32::try_from(total).map_err(ApiError::internal)?);
        Ok(Self { day, missed: Some(Over::Ran), after: None, total })
    }

    /// That of a change of posts: of what runs alone, late since this day.
    pub(super) fn of_posts(day: NaiveDate) -> Self {
        Self { day, missed: None, after: None, total: None }
    }

    /// The walk of a job on which it was planted, or which wrote it down when it stopped.
    pub(super) fn read(payload: &Value) -> Option<Self> {
        Walk::deserialize(payload).ok()
    }

    /// The day that it is done for.
    pub(super) fn day(&self) -> NaiveDate {
        self.day
    }

    /// Brings the next people up to date, with about [`super::rules::slices::TASKS`] tasks. The lists are to be locked ([`lock`]).
    pub(super) async fn slice(self, tx: &Tx) -> Result<Slice> {
        let then = in_force_on(tx, self.day).await?;
        let most = people_at_once(then.iter().map(Ready::duties));
        let mut people = people_with_posts(tx, self.after, most + 1).await?;
        let more = people.len() > most;
        people.truncate(most);
        let mut count = 0;
        if let Some(missed) = self.missed.filter(|_| self.day < tx.today()) {
            let missed = match missed {
                Over::Began => Missed::Began(self.day),
                Over::Ran => Missed::Ran(self.day),
            };
            let missed = plan(tx, &then, Periods::Missed(missed), Some(&people)).await?;
            count += open(tx, &then, &missed).await?;
        }
        let brought = bring_up(tx, &people, Some(self.day)).await?;
        let rest = Self { after: people.last().copied(), ..self };
        Ok(Slice {
            count: count + brought.count,
            rest: more.then_some(rest),
            then,
            versions: brought.versions,
        })
    }

    /// Leaves it to a job, which begins at once; among those that are not finished there is one of a key.
    pub(super) async fn plant(&self, tx: &Tx, key: Option<String>) -> Result<()> {
        let plan = Plan::of(BRING_UP).with(json!(self));
        plant(
            tx,
            match key {
                Some(key) => plan.keyed(key),
                None => plan,
            },
        )
        .await
        .map(|_| ())
    }

    /// What a job that has done a slice is told: the rest.
    pub(super) fn next(self, job: &Job, count: usize) -> Result<Next> {
        Ok(Next::More { payload: json!(self), done: tasks(job.done, count), total: self.total })
    }
}

/// Goes on with a walk.
pub(super) async fn go_on(tx: &Tx, job: &Job) -> Result<Next> {
    lock(tx).await?;
    let walk = Walk::read(&job.payload).ok_or_else(|| ApiError::internal("a walk of nobody"))?;
    let slice = walk.slice(tx).await?;
    match slice.rest {
        Some(rest) => rest.next(job, slice.count),
        None => Ok(Next::Done),
    }
}

/// The key of the job that opens the tasks of a version.
pub(super) fn key_of(list: ChecklistId, number: i32) -> String {
    format!("{BRING_UP}:{list}:{number}")
}

/// How far the tasks of a version are opened, while they are; one statement.
pub(super) async fn opening(tx: &Tx, list: ChecklistId, number: i32) -> Result<Option<Opening>> {
    let Some(job) = jobs::pending(tx, &key_of(list, number)).await? else { return Ok(None) };
    let total = Walk::read(&job.payload).and_then(|walk| walk.total).unwrap_or_default();
    Ok(Some(Opening { done: job.done.unwrap_or(0).min(total).into(), total: total.into() }))
}

/// Locks all lists until the end of this transaction, as publishing locks its own: whoever comes second sees what the first has opened.
/// One statement.
pub(super) async fn lock(tx: &Tx) -> Result<()> {
    let _locked: Vec<ChecklistId> = tx
        .find::<checklist::Entity>()
        .select_only()
        .column(checklist::Column::Id)
        .order_by_asc(checklist::Column::Id)
        .locked()
        .into_tuple()
        .all()
        .await?;
    Ok(())
}

/// Opens what these people owe in the running periods and have not been asked, and cancels what they owe no longer. Since a day, if
/// any, the server stood still.
pub(super) async fn bring_up(
    tx: &Tx,
    people: &[MemberId],
    stood_still: Option<NaiveDate>,
) -> Result<Brought> {
    // In this order: see `lapsed`.
    let owed = owed(tx, people).await?;
    let versions = in_force(tx).await?;
    if versions.is_empty() {
        return Ok(Brought { count: 0, versions });
    }
    let cancelled = cancel(tx, lapsed(tx, &owed, &versions, Some(people)).await?).await?;
    let plan = plan(tx, &versions, Periods::Running(stood_still), Some(people)).await?;
    let opened = open(tx, &versions, &plan).await?;
    if opened + cancelled > 0 {
        tracing::info!(tenant = %tx.tenant(), opened, cancelled, "tasks brought up to date");
    }
    Ok(Brought { count: opened + cancelled, versions })
}
