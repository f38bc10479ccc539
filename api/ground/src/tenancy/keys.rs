//! Keys of this room: what clients carry back to us, and what is kept of what they sent.

use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;

use super::scope::Scope;
use crate::http::{ApiError, Result, Seal};

/// The keys; the same on every node of an installation.
#[derive(Clone)]
pub struct Keys {
    cursor: [u8; 32],
    fingerprint: [u8; 32],
}

impl Keys {
    /// Of keys made for these purposes.
    #[must_use]
    pub fn new(cursor: [u8; 32], fingerprint: [u8; 32]) -> Self {
        Self { cursor, fingerprint }
    }
}

impl Scope {
    fn keys(&self) -> Result<&Keys> {
        self.shared().ok_or_else(|| ApiError::internal("the keys are not registered"))
    }

    /// Seals the cursors of a list with a filter, in this township.
    ///
    /// # Errors
    /// 500 for a filter that does not serialise.
    pub fn seal<F: Serialize>(&self, list: &'static str, filter: &F) -> Result<Seal> {
        Seal::new(&self.keys()?.cursor, self.tenant().uuid().as_bytes(), list, filter)
    }

    /// What is kept of a request to know it again: keyed, so that who has the database alone can try no guesses at what was in it.
    pub(super) fn fingerprint<I: Serialize>(&self, operation: &str, input: &I) -> Result<Vec<u8>> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.keys()?.fingerprint)
            .map_err(ApiError::internal)?;
        mac.update(operation.as_bytes());
        mac.update(&[0]);
        mac.update(&serde_json::to_vec(input).map_err(ApiError::internal)?);
        Ok(mac.finalize().into_bytes().to_vec())
    }
}
