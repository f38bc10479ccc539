//! What a running server looks at by night.

use std::time::Duration;

use actix_web::rt::time::Instant;

use crate::http::Result;
use crate::invariant::{Invariant, Span, broken};
use crate::jobs::{Act, Kind, Next, Turn};
use crate::tenancy::Tx;

/// Days back of which a night looks: more than lie between what somebody did and the night that cleans up after it.
pub const DAYS: u32 = 7;

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

/// Looks at one promise after the other, each in a snapshot of its own.
async fn look(turn: Turn) -> Result<Next> {
    let scope = turn.scope().at_length();
    // The night's own id tells when it was planned.
    let span = Span::before(turn.job().id, DAYS);
    let mut alive = Instant::now();
    for one in scope.all::<Invariant>() {
        let rows = scope.read(async |tx: &Tx| broken(tx, one, span).await).await?;
        let counter = metrics::counter!("gezhi_invariant_broken_total", "id" => one.id);
        counter.increment(u64::try_from(rows.len()).unwrap_or(u64::MAX));
        if !rows.is_empty() {
            tracing::error!(tenant = %scope.tenant(), id = one.id, promise = one.en, ?rows, "a promise is broken");
        }
        if alive.elapsed() > ALIVE {
            turn.progress(0, None).await?;
            alive = Instant::now();
        }
    }
    Ok(Next::Done)
}
