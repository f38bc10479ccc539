//! The memory of verified tokens: what spares the database a question with every request, and nothing more.
//!
//! It may be wrong in two ways, and is kept from both. An entry read before its account was ended must not come in
//! afterwards: every reading begins by taking a stamp ([`Tokens::stamp`]), and what was forgotten under a later stamp
//! is not believed, however late the entry is put in. And another node may have ended it: nothing is believed unless
//! the news in the database ([`super::revoke`]) was read through less than a second ago.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use entity::ids::AccountId;

use super::principal::Principal;
use super::token::Claims;

/// How long a verified token is remembered at most. Shorter than news are kept.
pub(super) const REMEMBERED: Duration = Duration::from_secs(60);
/// Verified tokens remembered at most.
const TOKENS: u64 = 20_000;
/// Accounts whose forgetting is remembered one by one; beyond that everything is forgotten.
const ACCOUNTS: usize = 10_000;
/// How old the last reading of the news may be for anything to be believed.
const BELIEVED: Duration = Duration::from_millis(1000);

/// A token that was verified, and who it belongs to.
#[derive(Clone)]
pub struct Verified {
    /// What it says.
    pub claims: Claims,
    /// Who it is.
    pub principal: Arc<Principal>,
}

/// When something was read, in the order of what was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(u64);

#[derive(Default)]
struct Forgotten {
    /// What was read under a stamp before this one is not believed, whoever it is about.
    all: u64,
    /// The same for one account, and when that may be dropped: when nothing remembered is older.
    accounts: HashMap<AccountId, (u64, Instant)>,
}

/// The bounded memory of verified tokens; cheap to clone.
#[derive(Clone)]
pub struct Tokens {
    inner: Arc<Inner>,
}

struct Inner {
    cache: moka::sync::Cache<String, (Stamp, Verified)>,
    /// Grows with every forgetting.
    stamp: AtomicU64,
    forgotten: RwLock<Forgotten>,
    /// When the last complete reading of the news began.
    news: RwLock<Option<Instant>>,
}

impl Default for Tokens {
    fn default() -> Self {
        let cache = moka::sync::Cache::builder()
            .max_capacity(TOKENS)
            .time_to_live(REMEMBERED)
            .eviction_policy(moka::policy::EvictionPolicy::lru())
            .build();
        Self {
            inner: Arc::new(Inner {
                cache,
                stamp: AtomicU64::new(0),
                forgotten: RwLock::default(),
                news: RwLock::new(None),
            }),
        }
    }
}

impl Tokens {
    /// To be taken before the database is read for what is then put in.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        Stamp(self.inner.stamp.load(Ordering::SeqCst))
    }

    /// A remembered token, where the memory may be believed.
    #[must_use]
    pub fn get(&self, token: &str) -> Option<Verified> {
        self.get_at(token, Instant::now())
    }

    fn get_at(&self, token: &str, now: Instant) -> Option<Verified> {
        let news = *self.inner.news.read().unwrap_or_else(PoisonError::into_inner);
        if news.is_none_or(|began| now.saturating_duration_since(began) >= BELIEVED) {
            return None;
        }
        let (Stamp(read), verified) = self.inner.cache.get(token)?;
        let forgotten = self.inner.forgotten.read().unwrap_or_else(PoisonError::into_inner);
        let own = forgotten.accounts.get(&verified.principal.account).map_or(0, |(at, _)| *at);
        (read >= forgotten.all && read >= own).then_some(verified)
    }

    /// Remembers what was read after `stamp` was taken.
    pub fn insert(&self, stamp: Stamp, token: String, verified: Verified) {
        self.inner.cache.insert(token, (stamp, verified));
    }

    /// Forgets an account's tokens, at once, and what is being read about it at this moment.
    pub fn forget(&self, account: AccountId) {
        self.forget_at(account, Instant::now());
    }

    fn forget_at(&self, account: AccountId, now: Instant) {
        let mut forgotten = self.inner.forgotten.write().unwrap_or_else(PoisonError::into_inner);
        let stamp = self.inner.stamp.fetch_add(1, Ordering::SeqCst) + 1;
        if forgotten.accounts.len() >= ACCOUNTS {
            forgotten.accounts.retain(|_, (_, until)| *until > now);
        }
        if forgotten.accounts.len() >= ACCOUNTS {
            forgotten.all = stamp;
            forgotten.accounts.clear();
            return;
        }
        // Twice the time: what began to be read just before is remembered from its end on.
        forgotten.accounts.insert(account, (stamp, now + 2 * REMEMBERED));
    }

    /// Forgets all tokens.
    pub fn forget_all(&self) {
        let mut forgotten = self.inner.forgotten.write().unwrap_or_else(PoisonError::into_inner);
        forgotten.all = self.inner.stamp.fetch_add(1, Ordering::SeqCst) + 1;
        forgotten.accounts.clear();
    }

    /// The news were read through, in a reading that began then.
    pub(super) fn heard(&self, began: Instant) {
        *self.inner.news.write().unwrap_or_else(PoisonError::into_inner) = Some(began);
    }

    /// Whether the memory may be believed at this moment.
    #[must_use]
    pub fn believed(&self) -> bool {
        let news = *self.inner.news.read().unwrap_or_else(PoisonError::into_inner);
        news.is_some_and(|began| began.elapsed() < BELIEVED)
    }
}

#[cfg(test)]
mod tests {
    use entity::ids::{SessionId, TenantId};

    use super::*;

    fn verified(account: AccountId) -> Verified {
        let (tenant, session) = (TenantId::new(), SessionId::new());
        let claims = Claims::new(account, tenant, session, chrono::DateTime::UNIX_EPOCH);
        Verified { claims, principal: Arc::new(Principal::acting(account, tenant, None)) }
    }

    fn tokens() -> Tokens {
        let tokens = Tokens::default();
        tokens.heard(Instant::now());
        tokens
    }

    #[test]
    fn a_reading_that_began_before_the_forgetting_is_not_believed_after_it() {
        let tokens = tokens();
        let (account, other) = (AccountId::new(), AccountId::new());
        let (before, before_other) = (tokens.stamp(), tokens.stamp());
        tokens.forget(account);
        tokens.insert(before, "late".to_owned(), verified(account));
        tokens.insert(before_other, "other".to_owned(), verified(other));
        assert!(tokens.get("late").is_none(), "it came in after the account was forgotten");
        assert!(tokens.get("other").is_some(), "another account's entry is believed");
        tokens.insert(tokens.stamp(), "later".to_owned(), verified(account));
        assert!(tokens.get("later").is_some(), "what was read afterwards is believed");
        tokens.forget_all();
        assert!(tokens.get("later").is_none() && tokens.get("other").is_none());
    }

    #[test]
    fn without_news_for_a_second_nothing_is_believed() {
        let tokens = Tokens::default();
        let account = AccountId::new();
        let start = Instant::now();
        tokens.insert(tokens.stamp(), "token".to_owned(), verified(account));
        assert!(tokens.get_at("token", start).is_none(), "before the first reading");
        tokens.heard(start);
        assert!(tokens.get_at("token", start + Duration::from_millis(999)).is_some());
        assert!(tokens.get_at("token", start + Duration::from_millis(1000)).is_none());
        tokens.heard(start + Duration::from_millis(1100));
        assert!(tokens.get_at("token", start + Duration::from_millis(1200)).is_some());
    }

    #[test]
    fn however_many_are_forgotten_none_comes_back_and_the_list_is_bounded() {
        let tokens = tokens();
        let first = AccountId::new();
        let stamp = tokens.stamp();
        let now = Instant::now();
        tokens.forget_at(first, now);
        for _ in 0..ACCOUNTS + 10 {
            tokens.forget_at(AccountId::new(), now);
        }
        tokens.insert(stamp, "first".to_owned(), verified(first));
        assert!(tokens.get("first").is_none());
        let kept = tokens.inner.forgotten.read().unwrap().accounts.len();
        assert!(kept <= ACCOUNTS, "{kept}");
        // Long after, single accounts are dropped from the list instead.
        let all = tokens.inner.forgotten.read().unwrap().all;
        for _ in 0..2 * ACCOUNTS {
            tokens.forget_at(AccountId::new(), now + 3 * REMEMBERED);
            if tokens.inner.forgotten.read().unwrap().accounts.len() < 20 {
                break;
            }
        }
        assert!(all <= tokens.inner.forgotten.read().unwrap().all);
    }
}
