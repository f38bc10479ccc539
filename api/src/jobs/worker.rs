//! Whoever does what is due: listens to the bell, goes where it rings, and nowhere else.

use std::time::Duration;

use entity::ids::TenantId;
use futures_util::StreamExt;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::node::Node;
use super::turn;
use crate::http::Result;
use crate::state::AppState;
use crate::tenancy::Scope;

/// Between two looks at the bell: what other nodes have planted is begun so much later at most.
const PAUSE: Duration = Duration::from_secs(1);
/// After a look that failed.
const LONG_PAUSE: Duration = Duration::from_secs(5);
/// Townships heard at one look.
const HEARD: u64 = 64;
/// Townships worked for at the same time.
const SIDE_BY_SIDE: usize = 4;
/// Seconds that whoever has something in hand when the server stops gets to finish it; what is only claimed is handed back.
const STOP_SECONDS: u64 = 15;

/// The worker of this process, to be stopped.
pub struct Worker {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Worker {
    /// Starts it.
    #[must_use]
    pub fn start(state: AppState) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { stop, task: actix_web::rt::spawn(run(state, stopped)) }
    }

    /// Takes nothing up any more, finishes what is in hand and hands back what is only claimed.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let patience = Duration::from_secs(STOP_SECONDS);
        if tokio::time::timeout(patience, self.task).await.is_err() {
            tracing::warn!("a job did not end in time: its lease ends by itself");
        }
    }
}

async fn run(state: AppState, stopped: watch::Receiver<bool>) {
    let Some(node) = state.shared::<Node>().cloned() else { return };
    while !*stopped.borrow() {
        match look(&state, &stopped).await {
            // Somewhere more may be due.
            Ok(true) => {}
            Ok(false) => idle(&node, PAUSE, &stopped).await,
            Err(error) => {
                tracing::warn!(%error, "the bell cannot be heard");
                idle(&node, LONG_PAUSE, &stopped).await;
            }
        }
    }
}

async fn idle(node: &Node, most: Duration, stopped: &watch::Receiver<bool>) {
    let mut stopped = stopped.clone();
    tokio::select! {
        () = node.sleep(most) => {}
        _ = stopped.wait_for(|stop| *stop) => {}
    }
}

/// Goes once to every township for which the bell rings, some side by side; says whether anything was done anywhere.
async fn look(state: &AppState, stopped: &watch::Receiver<bool>) -> Result<bool> {
    let now = state.clock().now();
    let due = state.platform().due_townships(now, HEARD).await?;
    let done = futures_util::stream::iter(due)
        .map(async |tenant| visit(&state.scope_of(tenant), tenant, stopped).await)
        .buffer_unordered(SIDE_BY_SIDE)
        .collect::<Vec<bool>>()
        .await;
    Ok(done.contains(&true))
}

/// A township that fails does not stop the others.
async fn visit(scope: &Scope, tenant: TenantId, stopped: &watch::Receiver<bool>) -> bool {
    if *stopped.borrow() {
        return false;
    }
    match once(scope, stopped).await {
        Ok(count) => count > 0,
        Err(error) => {
            tracing::warn!(%error, %tenant, "a township's jobs could not be claimed");
            false
        }
    }
}

/// Claims what is due and does it, one after the other; says how many were claimed.
async fn once(scope: &Scope, stopped: &watch::Receiver<bool>) -> Result<usize> {
    let claimed = turn::claim(scope).await?;
    let count = claimed.len();
    for job in claimed {
        if *stopped.borrow() {
            if let Err(error) = job.hand_back(scope).await {
                tracing::warn!(%error, "a job was not handed back: its lease ends by itself");
            }
        } else {
            job.run(scope).await;
        }
    }
    Ok(count)
}

/// Does all that is due in a township now, until nothing is; says how many attempts that took.
///
/// # Errors
/// Those of the database. What a job fails of is written down with the job.
pub async fn township(scope: &Scope) -> Result<usize> {
    let (_stop, stopped) = watch::channel(false);
    let mut all = 0;
    loop {
        match once(scope, &stopped).await? {
            0 => return Ok(all),
            count => all += count,
        }
    }
}

/// Does all that is due in all townships now, until nothing is; says how many attempts that took.
///
/// # Errors
/// As [`township`].
pub async fn round(state: &AppState) -> Result<usize> {
    let mut all = 0;
    loop {
        let due = state.platform().due_townships(state.clock().now(), HEARD).await?;
        let mut count = 0;
        for tenant in due {
            count += township(&state.scope_of(tenant)).await?;
        }
        if count == 0 {
            return Ok(all);
        }
        all += count;
    }
}
