//! Passwords: argon2id, a few at a time.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::config::PasswordCost;
use crate::http::{ApiError, Result};
use crate::tenancy::StartError;

/// Hashes and verifies passwords. No more run at once than there are cores: each takes tens of megabytes.
#[derive(Clone)]
pub struct Passwords {
    params: Params,
    turns: Arc<Semaphore>,
}

impl Passwords {
    /// With the configured cost.
    pub fn new(cost: PasswordCost) -> Result<Self, StartError> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None)
            .map_err(|error| StartError::Config(format!("password_cost: {error}")))?;
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Ok(Self { params, turns: Arc::new(Semaphore::new(cores)) })
    }

    /// The hash of a password, in PHC form.
    pub async fn hash(&self, password: String) -> Result<String> {
        let params = self.params.clone();
        self.run(move || hash(&params, &password)).await?
    }

    /// Whether a password is the one of a hash; without a hash, takes as long and says no.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool> {
        let params = self.params.clone();
        self.run(move || match stored {
            Some(stored) => PasswordHash::new(&stored).is_ok_and(|parsed| {
                Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok()
            }),
            None => {
                // An unknown user name costs the same as a wrong password.
                let _ = hash(&params, &password);
                false
            }
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let _turn = self.turns.acquire().await.map_err(ApiError::internal)?;
        actix_web::web::block(work).await.map_err(ApiError::internal)
    }
}

fn hash(params: &Params, password: &str) -> Result<String> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(ApiError::internal)
}
