//! What a running server looks at by night.

use std::time::Duration;

use actix_web::rt::time::Instant;

use crate::http::{ApiError, Result};
use crate::invariant::{Broken, Invariant, Span, broken};
use crate::jobs::{Act, Kind, Next, Turn};
use crate::tenancy::Tx;

/// Days back of which a night looks: more than lie between what somebody did and the night that cleans up after it.
pub const DAYS: u32 = 7;

/// Promises that a slice looks at: few enough that a server which dies repeats little, and so many that a night writes little.
pub const AT_ONCE: usize = 8;

/// How often a long look says that it is alive: half of what a lease bears.
const ALIVE: Duration = Duration::from_secs(20);

pub(super) const LOOK: &str = "verify.look";

/// What is done when it is due.
pub(super) const JOBS: &[Kind] = &[Kind {
    name: LOOK,
    zh: "核对近日数据",
    en: "Looks whether what is promised holds of the last days",
    schedule: false,
    kept: false,
    // It only reads, and no writer waits for it.
    act: Act::Outside(|turn| Box::pin(look(turn))),
}];

/// Looks at the next promises, each in a snapshot of its own, and leaves the rest to another slice: a server that dies costs one.
async fn look(turn: Turn) -> Result<Next> {
    let scope = turn.scope().at_length();
    let job = turn.job();
    let promises = scope.all::<Invariant>();
    let total = i32::try_from(promises.len()).map_err(ApiError::internal)?;
    // The night's own id and moment tell when it was planned.
    let span = Span::before(job.id, job.planned_at, DAYS);
    let mut alive = Instant::now();
    for (done, one) in
        (0..total).zip(promises).skip(usize::try_from(job.done).unwrap_or(0)).take(AT_ONCE)
    {
        if alive.elapsed() > ALIVE {
            turn.progress(done, Some(total)).await?;
            alive = Instant::now();
        }
        let found = scope.read(async |tx: &Tx| broken(tx, *one, span).await).await;
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                // Tried again it begins here. Where that cannot be written down either, it begins with the slice.
                let _ = turn.progress(done, Some(total)).await;
                return Err(error);
            }
        };
        let rows = found.as_ref().map_or(0, |found| found.rows.len());
        let counter = metrics::counter!("gezhi_invariant_broken_total", "id" => one.id);
        counter.increment(u64::try_from(rows).unwrap_or(u64::MAX));
        if let Some(Broken { rows, more, .. }) = found {
            tracing::error!(tenant = %scope.tenant(), id = one.id, promise = one.en, ?rows, more, "a promise is broken");
        }
    }
    let done = job.done.saturating_add(i32::try_from(AT_ONCE).map_err(ApiError::internal)?);
    if done >= total {
        return Ok(Next::Done);
    }
    Ok(Next::More { payload: job.payload.clone(), done, total: Some(total) })
}
