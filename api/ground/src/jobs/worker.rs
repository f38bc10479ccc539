//! Whoever does what is due: listens to the bell, goes where it rings, and nowhere else.

use std::time::Duration;

use entity::ids::TenantId;
use futures_util::StreamExt;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::doubt::believes;
use super::node::Node;
use super::turn;
use crate::clock::Guard;
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
/// Jobs done at one visit, so that a township with thousands does not keep the others waiting.
const AT_ONE_VISIT: usize = 8;
/// How long the worker gets, beyond that, to write down how it ended.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Whether the worker was told to stop, and how long what has effects outside gets then to end; else it is handed back.
pub(super) type Stopped = watch::Receiver<Option<Duration>>;

/// The worker of this process, to be stopped.
pub struct Worker {
    stop: watch::Sender<Option<Duration>>,
    task: JoinHandle<()>,
}

impl Worker {
    /// Starts it.
    #[must_use]
    pub fn start(state: AppState) -> Self {
        let (stop, stopped) = watch::channel(None);
        Self { stop, task: actix_web::rt::spawn(run(state, stopped)) }
    }

    /// Takes nothing up any more and finishes what is in hand; what does not end in this time is handed back.
    pub async fn stop(self, grace: Duration) {
        let _ = self.stop.send(Some(grace));
        if tokio::time::timeout(grace + LAST_WORDS, self.task).await.is_err() {
            tracing::warn!("a job did not end in time: its lease ends by itself");
        }
    }
}

async fn run(state: AppState, stopped: Stopped) {
    let Some(node) = state.shared::<Node>().cloned() else { return };
    let guard = state.shared::<Guard>().cloned().unwrap_or_default();
    while stopped.borrow().is_none() {
        match believes(&state, &guard).await {
            Ok(true) => {}
            Ok(false) => {
                idle(&node, LONG_PAUSE, &stopped).await;
                continue;
            }
            Err(error) => {
                tracing::warn!(%error, "the installation's last moment is not known");
                idle(&node, LONG_PAUSE, &stopped).await;
                continue;
            }
        }
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

async fn idle(node: &Node, most: Duration, stopped: &Stopped) {
    let mut stopped = stopped.clone();
    tokio::select! {
        () = node.sleep(most) => {}
        _ = stopped.wait_for(Option::is_some) => {}
    }
}

/// Goes once to every township for which the bell rings, some side by side; says whether anything was done anywhere.
async fn look(state: &AppState, stopped: &Stopped) -> Result<bool> {
    let now = state.clock().now();
    let due = state.platform().due_townships(now, HEARD).await?;
    let done = futures_util::stream::iter(due)
        .map(async |tenant| visit(&state.scope_of(tenant), tenant, stopped).await)
        .buffer_unordered(SIDE_BY_SIDE)
        .collect::<Vec<bool>>()
        .await;
    Ok(done.contains(&true))
}

/// Does some of what is due in a township, one after the other; says whether there was anything. A township that fails does
/// not stop the others.
async fn visit(scope: &Scope, tenant: TenantId, stopped: &Stopped) -> bool {
    let mut any = false;
    for _ in 0..AT_ONE_VISIT {
        if stopped.borrow().is_some() {
            break;
        }
        match turn::claim(scope).await {
            Ok(Some(job)) => {
                any = true;
                job.run(scope, stopped).await;
            }
            Ok(None) => break,
            Err(error) => {
                tracing::warn!(%error, %tenant, "a township's jobs could not be claimed");
                return false;
            }
        }
    }
    any
}

/// Does all that is due in a township now, until nothing is; says how many attempts that took.
///
/// # Errors
/// Those of the database. What a job fails of is written down with the job.
pub async fn township(scope: &Scope) -> Result<usize> {
    let (_stop, stopped) = watch::channel(None);
    let mut all = 0;
    while let Some(job) = turn::claim(scope).await? {
        job.run(scope, &stopped).await;
        all += 1;
    }
    Ok(all)
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
