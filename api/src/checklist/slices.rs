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
use super::plan::{Periods, Ready, asked, cancel, in_force, in_force_on, lapsed, open, owed, plan};
use super::rules::opening::Missed;
use super::rules::slices::{PEOPLE, counted, fitting, most_of_a_post};
use crate::grid::{count_people_with_posts, people_with_posts};
use crate::http::{ApiError, Result};
use crate::jobs::{self, Job, Next, Plan, plant};
use crate::tenancy::Tx;

/// The name of the job that goes on where a transaction stopped.
pub(super) const BRING_UP: &str = "checklist.bring_up";

/// How much one transaction does, as it was set at start.
#[derive(Debug, Clone, Copy)]
pub struct Slices {
    /// Tasks that it opens, about.
    pub tasks: usize,
}

impl Slices {
    pub(super) fn of(tx: &Tx) -> Result<Self> {
        tx.shared::<Self>().copied().ok_or_else(|| ApiError::internal("no size of slices is set"))
    }
}

/// A walk through everybody who holds a post or has held one, or through some of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Walk {
    /// The day that it is done for; later than that when the server stood still.
    day: NaiveDate,
    /// Of which periods that are over by then the tasks are opened as well.
    missed: Option<Over>,
    /// These people alone, where some are named.
    people: Option<Vec<MemberId>>,
    /// Behind whom it goes on; from the first where there is nobody.
    after: Option<MemberId>,
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
    /// People whom it brought up to date.
    pub(super) people: usize,
    /// What is left of the walk.
    pub(super) rest: Option<Walk>,
    /// The versions in force on the day that it is done for.
    pub(super) then: Vec<Ready>,
    /// Those in force now.
    pub(super) versions: Vec<Ready>,
}

impl Walk {
    /// That of the day on which periods begin.
    pub(super) fn of_periods(day: NaiveDate) -> Self {
        Self { day, missed: Some(Over::Began), people: None, after: None }
    }

    /// That of a publication.
    pub(super) fn of_publication(day: NaiveDate) -> Self {
        Self { day, missed: Some(Over::Ran), people: None, after: None }
    }

    /// That of a change of posts: of what runs alone, late since this day.
    pub(super) fn of_posts(day: NaiveDate) -> Self {
        Self { day, missed: None, people: None, after: None }
    }

    /// The same through these people alone.
    pub(super) fn among(self, people: &[MemberId]) -> Self {
        Self { people: Some(people.to_vec()), ..self }
    }

    /// The walk of a job on which it was planted, or which wrote it down when it stopped.
    pub(super) fn read(payload: &Value) -> Option<Self> {
        Walk::deserialize(payload).ok()
    }

    /// The day that it is done for.
    pub(super) fn day(&self) -> NaiveDate {
        self.day
    }

    /// Brings the next people up to date: so many as have about [`Slices::tasks`] tasks by the versions in force then and now, however
    /// many posts each has. The lists are to be locked ([`lock`]).
    pub(super) async fn slice(self, tx: &Tx) -> Result<Slice> {
        let now = in_force(tx).await?;
        let past = self.day < tx.today();
        let then = if past { in_force_on(tx, self.day).await? } else { now.clone() };
        let missed = self.missed.filter(|_| past);
        let of_missed = missed.map_or(0, |_| most_of_a_post(then.iter().map(Ready::duties)));
        let each = most_of_a_post(now.iter().map(Ready::duties)) + of_missed;
        let found = people_with_posts(tx, self.people.as_deref(), self.after, PEOPLE + 1).await?;
        let posts = found.iter().map(|(_, posts)| usize::try_from(*posts).unwrap_or(usize::MAX));
        let fit = fitting(posts, each, Slices::of(tx)?.tasks);
        let people: Vec<MemberId> = found.iter().take(fit).map(|(person, _)| *person).collect();
        let more = found.len() > people.len();
        if let Some(missed) = missed {
            let missed = match missed {
                Over::Began => Missed::Began(self.day),
                Over::Ran => Missed::Ran(self.day),
            };
            let missed = plan(tx, &then, Periods::Missed(missed), Some(&people)).await?;
            open(tx, &then, &missed).await?;
        }
        let versions = bring_up(tx, &people, self.day).await?;
        let rest = Self { after: people.last().copied(), ..self };
        Ok(Slice { people: people.len(), rest: more.then_some(rest), then, versions })
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

    /// Leaves what posts have changed for everybody to a job. Where one of the same day has not begun and comes by all of these people, it
    /// does that for both.
    pub(super) async fn plant_once(&self, tx: &Tx) -> Result<()> {
        let first = format!("{BRING_UP}:{}", self.day);
        let second = format!("{first}:again");
        for key in [first, second] {
            let Some(job) = jobs::pending(tx, &key).await? else {
                return self.plant(tx, Some(key)).await;
            };
            let walk = Walk::read(&job.payload).filter(|_| job.done.is_none());
            if walk.is_some_and(|walk| walk.after <= self.after) {
                return Ok(());
            }
        }
        self.plant(tx, None).await
    }

    /// How many people are left of it; one statement.
    async fn left(&self, tx: &Tx) -> Result<i64> {
        count_people_with_posts(tx, self.people.as_deref(), self.after).await
    }

    /// What a job that has done a slice is told: the rest. One statement.
    pub(super) async fn next(self, tx: &Tx, job: &Job, people: usize) -> Result<Next> {
        let done = counted(job.done, people);
        let left = usize::try_from(self.left(tx).await?).map_err(ApiError::internal)?;
        Ok(Next::More { payload: json!(self), done, total: Some(counted(done, left)) })
    }
}

/// Goes on with a walk.
pub(super) async fn go_on(tx: &Tx, job: &Job) -> Result<Next> {
    lock(tx).await?;
    let walk = Walk::read(&job.payload).ok_or_else(|| ApiError::internal("a walk of nobody"))?;
    let slice = walk.slice(tx).await?;
    match slice.rest {
        Some(rest) => rest.next(tx, job, slice.people).await,
        None => Ok(Next::Done),
    }
}

/// The key of the job that opens the tasks of a version.
pub(super) fn key_of(list: ChecklistId, number: i32) -> String {
    format!("{BRING_UP}:{list}:{number}")
}

/// Whom the tasks of a version have reached, while they are opened; two statements.
pub(super) async fn opening(tx: &Tx, list: ChecklistId, number: i32) -> Result<Option<Opening>> {
    let Some(job) = jobs::pending(tx, &key_of(list, number)).await? else { return Ok(None) };
    let left = match Walk::read(&job.payload) {
        Some(walk) => walk.left(tx).await?,
        None => count_people_with_posts(tx, None, None).await?,
    };
    let done = i64::from(job.done.unwrap_or(0));
    Ok(Some(Opening { done, total: done.saturating_add(left), failing: job.failing }))
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

/// Opens what these people owe in the running periods and have not been asked, and cancels what they owe no longer, also of the periods
/// that ran on the day that it is done for. Since then, if that is past, the server stood still or went through the others. Says which
/// versions are in force.
pub(super) async fn bring_up(tx: &Tx, people: &[MemberId], day: NaiveDate) -> Result<Vec<Ready>> {
    // In this order: see `lapsed`.
    let owed = owed(tx, people).await?;
    let versions = in_force(tx).await?;
    if versions.is_empty() {
        return Ok(versions);
    }
    let asked = asked(tx, &versions, Some(day)).await?;
    let cancelled = cancel(tx, lapsed(tx, &owed, &asked, Some(people)).await?).await?;
    let plan = plan(tx, &versions, Periods::Running(Some(day)), Some(people)).await?;
    let opened = open(tx, &versions, &plan).await?;
    if opened + cancelled > 0 {
        tracing::info!(tenant = %tx.tenant(), opened, cancelled, "tasks brought up to date");
    }
    Ok(versions)
}
