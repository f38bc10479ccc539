//! Passwords: argon2id, a few at a time, strangers' apart from users'.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::config::PasswordCost;
use crate::door::Secret;
use crate::http::{ApiError, Code, Result};
use crate::tenancy::StartError;

/// Seconds after which somebody who found the queue full may try again.
const RETRY_SECONDS: u64 = 2;

/// Whose password is worked on. Each has places and a queue of its own, so that what strangers ask for never stands
/// before what users ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Somebody who is signed in, or signs in from a device where this account did so before.
    User,
    /// Anybody else.
    Stranger,
}

struct Queue {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// How many may wait. One takes some 40 ms, so this many wait for two or three seconds.
    room: usize,
    done: AtomicU64,
}

/// Somebody in a queue, until dropped.
struct Turn<'a>(&'a AtomicUsize);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Queue {
    fn new(places: usize, room: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            waiting: AtomicUsize::new(0),
            room,
            done: AtomicU64::new(0),
        }
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let turn = Turn(&self.waiting);
        if self.waiting.fetch_add(1, Ordering::SeqCst) >= self.room {
            return Err(ApiError::new(Code::UNAVAILABLE).retry_after(RETRY_SECONDS));
        }
        let place = self.places.clone().acquire_owned().await.map_err(ApiError::internal)?;
        drop(turn);
        self.done.fetch_add(1, Ordering::Relaxed);
        // The place goes along: a client that hangs up does not end the work, nor free its place before the end.
        actix_web::web::block(move || {
            let _place = place;
            work()
        })
        .await
        .map_err(ApiError::internal)
    }
}

/// Hashes and verifies passwords. No more run at once than there are places: each takes tens of megabytes.
#[derive(Clone)]
pub struct Passwords {
    params: Params,
    users: Arc<Queue>,
    strangers: Arc<Queue>,
}

impl Passwords {
    /// With the configured cost. Users have as many places as there are cores, strangers half of that.
    pub fn new(cost: PasswordCost) -> Result<Self, StartError> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None)
            .map_err(|error| StartError::Config(format!("password_cost: {error}")))?;
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let strangers = (cores / 2).max(1);
        Ok(Self {
            params,
            users: Arc::new(Queue::new(cores, 64 * cores)),
            strangers: Arc::new(Queue::new(strangers, 64 * strangers)),
        })
    }

    fn queue(&self, lane: Lane) -> &Queue {
        match lane {
            Lane::User => &self.users,
            Lane::Stranger => &self.strangers,
        }
    }

    /// How many passwords were worked on since the start.
    #[must_use]
    pub fn worked_on(&self, lane: Lane) -> u64 {
        self.queue(lane).done.load(Ordering::Relaxed)
    }

    /// The hash of a password that a user gives, in PHC form.
    pub async fn hash(&self, password: Secret) -> Result<String> {
        self.hash_for(Lane::User, password).await
    }

    /// The hash of a password, in PHC form. 503 at once where too many wait.
    pub async fn hash_for(&self, lane: Lane, password: Secret) -> Result<String> {
        let params = self.params.clone();
        self.queue(lane).run(move || hash(&params, &password)).await?
    }

    /// Whether a password is the one of a hash; without a hash, takes as long and says no. 503 at once where too many
    /// wait.
    pub async fn verify(
        &self,
        lane: Lane,
        password: Secret,
        stored: Option<String>,
    ) -> Result<bool> {
        let params = self.params.clone();
        self.queue(lane)
            .run(move || match stored {
                Some(stored) => PasswordHash::new(&stored).is_ok_and(|parsed| {
                    Argon2::default().verify_password(password.reveal().as_bytes(), &parsed).is_ok()
                }),
                None => {
                    // An unknown user name costs the same as a wrong password.
                    let _ = hash(&params, &password);
                    false
                }
            })
            .await
    }
}

fn hash(params: &Params, password: &Secret) -> Result<String> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password(password.reveal().as_bytes())
        .map(|hash| hash.to_string())
        .map_err(ApiError::internal)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[actix_web::test]
    async fn a_full_queue_refuses_at_once_and_holds_up_nobody_elses() {
        let strangers = Arc::new(Queue::new(1, 3));
        let users = Queue::new(1, 3);
        let (release, held) = mpsc::channel::<()>();
        let (started, starts) = mpsc::channel::<()>();
        // One holds the place, three wait, the next is refused.
        let first = actix_web::rt::spawn({
            let strangers = strangers.clone();
            async move {
                strangers
                    .run(move || {
                        started.send(()).unwrap();
                        held.recv().unwrap();
                    })
                    .await
            }
        });
        actix_web::web::block(move || starts.recv().unwrap()).await.unwrap();
        let waiting: Vec<_> = (0..3)
            .map(|_| {
                let strangers = strangers.clone();
                actix_web::rt::spawn(async move { strangers.run(|| ()).await })
            })
            .collect();
        while strangers.waiting.load(Ordering::SeqCst) < 3 {
            tokio::task::yield_now().await;
        }
        let refused = strangers.run(|| ()).await.unwrap_err();
        assert_eq!(refused.code(), Code::UNAVAILABLE);
        assert!(users.run(|| true).await.unwrap(), "users have places of their own");
        // Who hangs up while waiting makes room; who hangs up at work keeps the place until the work is done.
        waiting.first().unwrap().abort();
        while strangers.waiting.load(Ordering::SeqCst) == 3 {
            tokio::task::yield_now().await;
        }
        first.abort();
        assert!(first.await.is_err());
        assert_eq!(strangers.places.available_permits(), 0);
        release.send(()).unwrap();
        for one in waiting.into_iter().skip(1) {
            one.await.unwrap().unwrap();
        }
        assert_eq!(strangers.waiting.load(Ordering::SeqCst), 0);
    }
}
