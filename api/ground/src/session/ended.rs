//! Sessions that have ended are forgotten: not before a month has passed, and at the latest two months after their last use.

use chrono::TimeDelta;
use entity::session;
use sea_orm::{ColumnTrait, Condition, QueryFilter};

use super::pair::SESSION_DAYS;
use crate::http::Result;
use crate::jobs::{Act, Job, Kind, Next, Plan, night_after, plant_ahead};
use crate::tenancy::Tx;

/// Days that an ended session stays.
const ENDED_DAYS: i64 = 30;
const FORGET: &str = "session.forget_ended";

/// What is done when it is due.
pub(crate) const JOBS: &[Kind] = &[Kind {
    name: FORGET,
    zh: "清理已结束的登录",
    en: "Forgets sessions that ended a month ago",
    schedule: false,
    kept: true,
    act: Act::Inside(|tx, job| Box::pin(forget(tx, job))),
}];

/// Sees to it that a session which is used now is forgotten, after it has ended by itself at the latest.
pub(super) async fn forget_later(tx: &Tx) -> Result<()> {
    let (night, at) = night_after(tx.now(), SESSION_DAYS + ENDED_DAYS);
    plant_ahead(tx, Plan::of(FORGET).keyed(format!("{FORGET}:{night}")).at(at)).await
}

async fn forget(tx: &Tx, _: &Job) -> Result<Next> {
    let long_ago = tx.now() - TimeDelta::days(ENDED_DAYS);
    tx.delete_many::<session::Entity>()
        .filter(
            Condition::any()
                .add(session::Column::RevokedAt.lt(long_ago))
                .add(session::Column::ExpiresAt.lt(long_ago)),
        )
        .exec()
        .await?;
    Ok(Next::Done)
}
