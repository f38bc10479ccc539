//! What follows while nobody publishes: periods begin, and posts change.

use chrono::{DateTime, NaiveDate, Utc};
use entity::checklist;
use entity::ids::{ChecklistId, MemberId};
use sea_orm::{QueryOrder, QuerySelect};

use super::plan::{Periods, Ready, cancel, in_force, in_force_on, lapsed, open, owed, plan};
use super::rules::period::next_first_day;
use crate::clock::{self, beijing};
use crate::grid::Touched;
use crate::http::Result;
use crate::jobs::{self, Act, Job, Kind, Next, Plan as JobPlan, plant};
use crate::task::Owed;
use crate::tenancy::Tx;

/// What is done when it is due.
pub const JOBS: &[Kind] = &[Kind {
    name: OPEN,
    zh: "按清单下发新一期任务",
    en: "Opens the tasks of the periods that begin",
    schedule: true,
    kept: true,
    act: Act::Inside(|tx, job| Box::pin(open_periods(tx, job))),
}];

const OPEN: &str = "checklist.open_periods";

/// When the tasks of the periods are opened that begin after `day`: some minutes into the first day of the next one.
fn next_opening(tx: &Tx, versions: &[Ready], day: NaiveDate) -> Option<DateTime<Utc>> {
    let frequencies = versions.iter().flat_map(|version| &version.items).map(|item| item.frequency);
    next_first_day(frequencies, day)
        .map(|day| clock::day(day).0 + jobs::rules::spread(tx.tenant(), OPEN))
}

/// Sees to it that the periods which begin next are opened.
pub(super) async fn plant_next(tx: &Tx, versions: &[Ready]) -> Result<()> {
    match next_opening(tx, versions, tx.today()) {
        Some(at) => plant(tx, JobPlan::of(OPEN).keyed(OPEN).at(at)).await.map(|_| ()),
        None => Ok(()),
    }
}

/// Opens the tasks of the periods that began on the day this was planned for. Long after that day, since the server stood still:
/// those of the periods that are over too, under the versions then in force; then the same for the day on which the next
/// ones began, until today is reached.
async fn open_periods(tx: &Tx, job: &Job) -> Result<Next> {
    lock(tx).await?;
    let day = beijing(job.planned_at).date_naive();
    let mut then = in_force_on(tx, day).await?;
    let missed = plan(tx, &then, Periods::Missed(day), None).await?;
    let made_up = open(tx, &then, &missed).await?;
    if made_up > 0 {
        tracing::info!(tenant = %tx.tenant(), %day, made_up, "tasks of a time in which the server stood still");
    }
    let owed = owed(tx, None).await?;
    let versions = in_force(tx).await?;
    bring_up(tx, &owed, &versions, Some(day), None).await?;
    // What was asked then goes on being made up for, whatever is asked now.
    then.extend(versions);
    Ok(next_opening(tx, &then, day).map_or(Next::Done, Next::Again))
}

/// The lock that publishing takes too: whoever comes second sees what the first has opened.
async fn lock(tx: &Tx) -> Result<()> {
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

/// Posts have changed: opens the tasks of the running periods for whoever of these is now in a post, and cancels theirs of posts that
/// have ended. Idempotent; needs a transaction for writing.
///
/// # Errors
/// `unavailable` while the clock is doubted.
pub async fn posts_changed(tx: &Tx, touched: &Touched) -> Result<()> {
    jobs::believe_clock(tx)?;
    lock(tx).await?;
    let stood_still = jobs::overdue_since(tx, OPEN).await?.map(|at| beijing(at).date_naive());
    // The posts change before it was made up for what the server slept through: then everybody's periods that run are opened first, under
    // the version in force until now.
    let people = touched.only().filter(|_| stood_still.is_none());
    let owed = owed(tx, people).await?;
    let versions = in_force(tx).await?;
    bring_up(tx, &owed, &versions, stood_still, people).await?;
    plant_next(tx, &versions).await
}

/// Cancels what these versions do not ask any more, and opens what they do.
async fn bring_up(
    tx: &Tx,
    owed: &[Owed],
    versions: &[Ready],
    stood_still: Option<NaiveDate>,
    people: Option<&[MemberId]>,
) -> Result<()> {
    if versions.is_empty() {
        return Ok(());
    }
    let lapsed = lapsed(tx, owed, versions, people).await?;
    let cancelled = cancel(tx, lapsed).await?;
    let plan = plan(tx, versions, Periods::Running(stood_still), people).await?;
    let opened = open(tx, versions, &plan).await?;
    if opened + cancelled > 0 {
        tracing::info!(tenant = %tx.tenant(), opened, cancelled, "tasks brought up to date");
    }
    Ok(())
}
