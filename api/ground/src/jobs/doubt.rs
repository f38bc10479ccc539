//! Clocks that jump: what is done by the clock is done only while it can be believed ([`crate::clock::Guard`]).

use crate::clock::{Guard, Look};
use crate::http::{ApiError, Code, Result};
use crate::state::AppState;
use crate::tenancy::Tx;

/// Refuses to go by a clock that is in doubt. (A story has a clock of its own.)
///
/// # Errors
/// 503 `unavailable` until the operator has confirmed the clock.
pub fn believe_clock(tx: &Tx) -> Result<()> {
    if !doubts_clock(tx) {
        return Ok(());
    }
    Err(ApiError::new(Code::UNAVAILABLE).retry_after(600).detail(
        "系统时钟与上次运行时间相差一天以上，确认前不按时钟办理，请联系运维人员核对时钟",
        "The clock is more than a day from when the system was at work last: nothing is done by it until the operator confirms it",
    ))
}

pub(super) fn doubts_clock(tx: &Tx) -> bool {
    !tx.scope().is_told() && tx.shared::<Guard>().is_some_and(|guard| guard.doubts(tx.now()))
}

/// Whether the clock can be believed; says so in the log when it cannot, or can again.
pub(super) async fn believes(state: &AppState, guard: &Guard) -> Result<bool> {
    let (now, before) = (state.clock().now(), guard.is_held());
    match guard.look(now) {
        Look::Fine => return Ok(true),
        Look::Write => {}
        Look::Ask => {
            let seen = state.platform().seen_at().await?;
            let believed = guard.learn(seen, now);
            metrics::gauge!("gezhi_clock_in_doubt").set(if believed { 0.0 } else { 1.0 });
            if !believed {
                if !before {
                    tracing::error!(%now, ?seen, "the clock is more than a day from when this installation was at work last: nothing that is due is done until `gezhi admin confirm-clock`");
                }
                return Ok(false);
            }
            if before {
                tracing::info!(%now, "the clock is believed again");
            }
        }
    }
    // Set back a little, there is nothing to write down before it is caught up with.
    if guard.seen().is_none_or(|seen| seen < now) {
        state.platform().see(now, false).await?;
        guard.written(now);
    }
    Ok(true)
}
