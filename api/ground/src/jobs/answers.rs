//! The answers that are kept for whoever asks again are forgotten, some days later.

use entity::idempotency_key;
use sea_orm::{ColumnTrait, QueryFilter};

use super::{Act, Job, Kind, Next, Plan, night_after, plant, plant_ahead};
use crate::http::Result;
use crate::tenancy::{KEPT_HOURS, Tx};

/// A kind of job that is done too in a night in which a township is cleaned up: one of those after days on which somebody worked in it.
/// Each has a transaction of its own, so that one which fails holds nobody up.
pub struct CleaningNight(pub &'static str);

const FORGET: &str = "idempotency_key.forget";

/// What is done when it is due.
pub(crate) const JOBS: &[Kind] = &[Kind {
    name: FORGET,
    zh: "清理防重复提交记录",
    en: "Forgets the kept answers of old requests",
    schedule: false,
    kept: true,
    act: Act::Inside(|tx, job| Box::pin(forget(tx, job))),
}];

/// Sees to it that what is kept today is forgotten in the first night after its time.
pub(crate) async fn forget_later(tx: &Tx) -> Result<()> {
    let (night, at) = night_after(tx.now(), KEPT_HOURS / 24);
    plant_ahead(tx, Plan::of(FORGET).keyed(format!("{FORGET}:{night}")).at(at)).await
}

async fn forget(tx: &Tx, _: &Job) -> Result<Next> {
    tx.delete_many::<idempotency_key::Entity>()
        .filter(
            idempotency_key::Column::CreatedAt.lt(tx.now() - chrono::TimeDelta::hours(KEPT_HOURS)),
        )
        .exec()
        .await?;
    for CleaningNight(kind) in tx.all() {
        plant(tx, Plan::of(kind).keyed(*kind)).await?;
    }
    Ok(Next::Done)
}
