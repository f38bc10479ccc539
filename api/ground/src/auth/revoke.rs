//! What an account holds has ended or changed: said once, in the transaction of the act, and known on every node
//! within a second.
//!
//! The news are rows of a small table outside any township, ids alone, written in the very transaction that ends the
//! session, disables the account or changes its roles. Each node reads the whole table four times a second, with a
//! connection of its own; the node that acts forgets in the same moment. No clock is compared with another: what a
//! node has not seen yet is news, and what it has seen for two minutes it removes, which is longer than anybody
//! remembers a token. A node that cannot read the news believes its memory for no more than a second.

use std::collections::HashMap;
use std::sync::Weak;
use std::time::{Duration, Instant};

use entity::ids::{AccountId, RevocationId};

use super::memory::{REMEMBERED, Tokens};
use crate::http::{ApiError, Result};
use crate::tenancy::{News, Platform, Tx};

/// Between two readings of the news.
const PAUSE: Duration = Duration::from_millis(250);
/// How long one reading may take: after that it is of no use to anybody.
const PATIENCE: Duration = Duration::from_millis(900);
/// How long news are kept after a node has seen them: longer than a token is remembered anywhere.
const KEPT: Duration = REMEMBERED.saturating_mul(2);

/// Everything that is remembered of an account is out of date with this transaction: on this node when it commits, on
/// the others within a second. Every act that takes something away from an account calls this.
pub async fn revoke(tx: &Tx, account: AccountId) -> Result<()> {
    tx.insert_revocation(account).await?;
    let tokens = tx
        .shared::<Tokens>()
        .cloned()
        .ok_or_else(|| ApiError::internal("the memory of tokens is not registered"))?;
    tx.after_commit(move || tokens.forget(account));
    Ok(())
}

/// One node's reading of the news.
pub struct Watch {
    tokens: Tokens,
    news: News,
    platform: Platform,
    seen: HashMap<RevocationId, Instant>,
}

impl Watch {
    pub(crate) fn new(tokens: Tokens, news: News, platform: Platform) -> Self {
        Self { tokens, news, platform, seen: HashMap::new() }
    }

    /// Reads the news once and forgets whom they name.
    ///
    /// # Errors
    /// When the database does not answer in time: the memory is then not believed from a second after the last
    /// reading on.
    pub async fn look(&mut self) -> Result<()> {
        let began = Instant::now();
        let rows = tokio::time::timeout(PATIENCE, self.news.read())
            .await
            .map_err(|_| ApiError::new(crate::http::Code::UNAVAILABLE).retry_after(1))??;
        let Some(rows) = rows else {
            // More than a reading takes: nobody is believed until the heap is gone.
            self.tokens.forget_all();
            self.tokens.heard(began);
            return Ok(());
        };
        let mut present = HashMap::with_capacity(rows.len());
        for row in rows {
            let first = self.seen.get(&row.id).copied();
            if first.is_none() {
                self.tokens.forget(row.account_id);
            }
            present.insert(row.id, first.unwrap_or(began));
        }
        self.seen = present;
        self.tokens.heard(began);
        Ok(())
    }

    /// Removes what every node has seen long ago.
    async fn tidy(&self) -> Result<()> {
        let old: Vec<RevocationId> = self
            .seen
            .iter()
            .filter(|(_, first)| first.elapsed() > KEPT)
            .map(|(id, _)| *id)
            .collect();
        if old.is_empty() { Ok(()) } else { self.platform.remove_revocations(old).await }
    }

    /// Reads the news for as long as anybody holds `alive`.
    pub(crate) async fn run<T>(mut self, alive: Weak<T>) {
        let mut failed = false;
        let mut tidied = Instant::now();
        while alive.strong_count() > 0 {
            match self.look().await {
                Ok(()) => failed = false,
                Err(error) if failed => tracing::debug!(%error, "no news of ended sessions"),
                Err(error) => {
                    failed = true;
                    tracing::warn!(%error, "no news of ended sessions: tokens are not remembered");
                }
            }
            if tidied.elapsed() > KEPT {
                tidied = Instant::now();
                if let Err(error) = self.tidy().await {
                    tracing::warn!(%error, "old news of ended sessions stay for now");
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
