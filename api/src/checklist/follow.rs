//! What follows while nobody publishes: periods begin, and posts change.

use chrono::{DateTime, NaiveDate, Utc};

use super::plan::Ready;
use super::rules::period::next_first_day;
use super::slices::{BRING_UP, Walk, bring_up, go_on, lock};
use crate::clock::{self, beijing};
use crate::grid::Touched;
use crate::http::Result;
use crate::jobs::{self, Act, Job, Kind, Next, Plan as JobPlan, plant};
use crate::tenancy::Tx;

/// What is done when it is due.
pub(super) const JOBS: &[Kind] = &[
    Kind {
        name: OPEN,
        zh: "按清单下发新一期任务",
        en: "Opens the tasks of the periods that begin",
        schedule: true,
        kept: true,
        act: Act::Inside(|tx, job| Box::pin(open_periods(tx, job))),
    },
    Kind {
        name: BRING_UP,
        zh: "按清单分批下发任务",
        en: "Opens the tasks of lists in slices",
        schedule: true,
        kept: true,
        act: Act::Inside(|tx, job| Box::pin(go_on(tx, job))),
    },
];

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

/// Opens the tasks of the periods that began on the day this was planned for, so many people at a time. Long after that day, since the
/// server stood still: those of the periods that are over too, under the versions then in force; then the same for the day on
/// which the next ones began, until today is reached.
async fn open_periods(tx: &Tx, job: &Job) -> Result<Next> {
    lock(tx).await?;
    let day = beijing(job.planned_at).date_naive();
    // What another day's walk left behind is none of this one's.
    let begun = Walk::read(&job.payload).filter(|walk| walk.day() == day);
    let slice = begun.unwrap_or_else(|| Walk::of_periods(day)).slice(tx).await?;
    if let Some(rest) = slice.rest {
        return rest.next(tx, job, slice.people).await;
    }
    // What was asked then goes on being made up for, whatever is asked now.
    let asked = [slice.then, slice.versions].concat();
    Ok(next_opening(tx, &asked, day).map_or(Next::Done, Next::Again))
}

/// Posts have changed: opens the tasks of the running periods for whoever of these is now in a post, and cancels theirs of posts that
/// have ended. A job goes on with those who are more than a slice, be they named or anybody. Idempotent; needs a transaction for writing.
///
/// # Errors
/// `unavailable` while the clock is doubted.
pub async fn posts_changed(tx: &Tx, touched: &Touched) -> Result<()> {
    jobs::believe_clock(tx)?;
    lock(tx).await?;
    let periods = jobs::pending(tx, OPEN).await?.filter(|job| job.planned_at < tx.now());
    let stood_still = periods.as_ref().map(|job| beijing(job.planned_at).date_naive());
    let day = stood_still.unwrap_or_else(|| tx.today());
    // The posts change before it was made up for what the server slept through: then everybody's periods that run are opened first, under
    // the version in force until now, unless that goes on already.
    let others = periods.is_some_and(|job| job.done.is_none());
    let walk = Walk::of_posts(day);
    let versions = match touched.only() {
        // One is a slice.
        Some(one @ [_]) => Some(bring_up(tx, one, day).await?),
        Some(people) => {
            let slice = walk.clone().among(people).slice(tx).await?;
            if let Some(rest) = slice.rest {
                rest.plant(tx, None).await?;
            }
            Some(slice.versions)
        }
        None => None,
    };
    let versions = match versions.filter(|_| !others) {
        Some(versions) => versions,
        None => {
            let slice = walk.slice(tx).await?;
            if let Some(rest) = slice.rest {
                rest.plant_once(tx).await?;
            }
            slice.versions
        }
    };
    plant_next(tx, &versions).await
}
