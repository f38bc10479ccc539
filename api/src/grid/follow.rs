//! What follows when posts change: now, or on the day that was said.

use chrono::{NaiveDate, TimeDelta};
use entity::grid_post;
use sea_orm::{ColumnTrait, Condition, QueryFilter, QuerySelect};

use super::{PostsChanged, Touched};
use crate::clock;
use crate::http::Result;
use crate::jobs::{Act, Job, Kind, Next, Plan, plant};
use crate::tenancy::Tx;

/// Lets upper floors follow a change of posts; once for all changes of a transaction. What it costs goes with those whose posts
/// have changed, not with the township.
pub async fn posts_changed(tx: &Tx, touched: &Touched) -> Result<()> {
    for PostsChanged(hook) in tx.all() {
        hook(tx, touched).await?;
    }
    plant_next_day(tx).await
}

/// What is done when it is due.
pub(super) const JOBS: &[Kind] = &[Kind {
    name: FOLLOW,
    zh: "任职到期或生效",
    en: "Follows posts that begin or end today",
    schedule: true,
    kept: true,
    act: Act::Inside(|tx, job| Box::pin(follow(tx, job))),
}];
const FOLLOW: &str = "grid.follow_posts";

/// Sees to it that posts which begin or end on a later day are followed on that day.
async fn plant_next_day(tx: &Tx) -> Result<()> {
    let today = tx.today();
    let ahead: Vec<(NaiveDate, Option<NaiveDate>)> = tx
        .find::<grid_post::Entity>()
        .select_only()
        .columns([grid_post::Column::Since, grid_post::Column::Until])
        .filter(
            Condition::any()
                .add(grid_post::Column::Since.gt(today))
                .add(grid_post::Column::Until.gt(today)),
        )
        .into_tuple()
        .all()
        .await?;
    let days = ahead.into_iter().flat_map(|(since, until)| [Some(since), until]).flatten();
    match days.filter(|day| *day > today).min() {
        Some(day) => {
            let at = clock::day(day).0 + TimeDelta::minutes(1);
            plant(tx, Plan::of(FOLLOW).keyed(FOLLOW).at(at)).await.map(|_| ())
        }
        None => Ok(()),
    }
}

/// Follows what the calendar has changed; the day after is planted by the way.
async fn follow(tx: &Tx, _: &Job) -> Result<Next> {
    posts_changed(tx, &Touched::Anybody).await?;
    Ok(Next::Done)
}
