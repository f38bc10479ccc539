//! Attempts at secrets are counted, and slow down whoever makes them; nobody is locked out by somebody else.
//!
//! Rules:
//! - An attempt at a password is counted before anything is hashed, and given back when the password was right. However
//!   many come at once, no more are under way than may fail.
//! - What is counted is the account that was found, whatever was typed to find it, together with where the attempt comes
//!   from. The first ten failures cost nothing; then the next attempt has to wait one second, two, four, up to a quarter
//!   of an hour, and what comes earlier is refused unheard (429 with `Retry-After`) and not counted. One failure is
//!   forgiven every ten minutes.
//! - Strangers are counted twice more, each time more generously: all of them together for one account (a hundred
//!   failures, one forgiven every five minutes: one source alone, slowed down as above, never gets there), and one
//!   source for all accounts (three hundred, one forgiven every twenty seconds, a minute's wait at most). An address
//!   that everybody has (this machine's own, as behind a proxy that is not configured) is not counted as one source.
//! - A known device ([`super::device`]) is counted for itself alone, so that a right password from it gets in whatever
//!   strangers do. A change of password is counted for the session that asks.
//! - Names that nobody has are counted like accounts, by their text, in a memory of their own: inventing names does not
//!   push out what is known of real ones. Both memories are bounded.
//! - Where the secret is random (a set-up token, a refresh token, a check-in code) a look at it is cheap: the right one
//!   always passes, and only wrong ones are counted and slowed down ([`Throttle::wrong_secret`]).
//! - With Redis, nodes share what failed; without it each counts for itself. A burst at one instant may pass once on
//!   each node.

mod failures;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::ids::{AccountId, SessionId, TenantId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::sync::Notify;

use super::device::Device;
use super::source::Source;
use crate::clock::Clock;
use crate::helper::Helper;
use crate::http::{ApiError, Code, Result};
use failures::{ACCOUNT, Failures, ONE, Policy, SECRET, SOURCE, Step};

/// Counters of accounts and sources kept in this process at most.
const KNOWN: u64 = 100_000;
/// Counters of names that nobody has.
const UNKNOWN: u64 = 20_000;
/// A counter that nobody touched for so long has forgiven everything.
const IDLE: Duration = Duration::from_secs(12 * 3600);
/// How long an attempt waits for others under way before it is refused.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Default)]
struct Counter {
    failures: Mutex<Failures>,
    settled: Notify,
}

impl Counter {
    fn lock(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Key = [u8; 16];
type Memory = moka::sync::Cache<Key, Arc<Counter>>;

/// Whose password is tried.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// An account that was found.
    Account(AccountId),
    /// A name that nobody has, in a township or in none.
    Nobody {
        /// The township, where there is one of that name.
        tenant: Option<TenantId>,
        /// What was typed for the township.
        township: &'a str,
        /// What was typed for the user name.
        username: &'a str,
    },
}

/// Who tries.
#[derive(Debug, Clone, Copy)]
pub enum By {
    /// Anybody, from there.
    Stranger(Source),
    /// A device where the account signed in before.
    Known(Device),
    /// The account itself, signed in.
    Session(SessionId),
}

/// Somebody who shows a random secret.
#[derive(Debug, Clone, Copy)]
pub enum Shower {
    /// Anybody, from there.
    Source(Source),
    /// Who is signed in.
    Account(AccountId),
}

struct Held {
    key: Key,
    policy: Policy,
    counter: Arc<Counter>,
    /// A success clears it: the others count many people's failures.
    own: bool,
}

/// An attempt under way. Dropped unsettled, as when the client hangs up, it has failed.
#[must_use]
pub struct Attempt {
    throttle: Throttle,
    held: Vec<Held>,
}

impl Attempt {
    fn settle(&mut self, outcome: impl Fn(&Held, &mut Failures)) -> Vec<Held> {
        let held = std::mem::take(&mut self.held);
        for one in held.iter().rev() {
            {
                let mut failures = one.counter.lock();
                failures.pending = failures.pending.saturating_sub(1);
                outcome(one, &mut failures);
            }
            one.counter.settled.notify_waiters();
        }
        held
    }

    /// The secret was right.
    pub fn succeeded(mut self) {
        let held = self.settle(|one, failures| {
            if one.own {
                (failures.level, failures.next) = (0, 0);
            }
        });
        let own: Vec<Held> = held.into_iter().filter(|one| one.own).collect();
        self.throttle.tell("clear", own);
    }

    /// It was wrong.
    pub fn failed(self) {
        drop(self);
    }

    /// Nobody looked at it.
    pub fn given_back(mut self) {
        self.settle(|_, _| ());
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let now = self.throttle.now();
        let held = self.settle(|one, failures| failures.fail(one.policy, now));
        self.throttle.tell("fail", held);
    }
}

/// Counts failures and slows down who makes them; cheap to clone.
#[derive(Clone)]
pub struct Throttle {
    inner: Arc<Inner>,
}

struct Inner {
    known: Memory,
    unknown: Memory,
    key: Hmac<Sha256>,
    clock: Clock,
    helper: Helper,
}

fn memory(counters: u64) -> Memory {
    moka::sync::Cache::builder()
        .max_capacity(counters)
        .time_to_idle(IDLE)
        // What came last is kept: by frequency, as by default, a full memory would take no new counter in.
        .eviction_policy(moka::policy::EvictionPolicy::lru())
        .build()
}

impl Throttle {
    /// With a key that names what is counted alike on every node.
    #[must_use]
    pub fn new(key: &[u8; 32], clock: Clock, helper: Helper) -> Self {
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        for (place, byte) in block.iter_mut().zip(key) {
            *place = *byte;
        }
        Self {
            inner: Arc::new(Inner {
                known: memory(KNOWN),
                unknown: memory(UNKNOWN),
                key: <Hmac<Sha256> as KeyInit>::new(&block),
                clock,
                helper,
            }),
        }
    }

    fn now(&self) -> i64 {
        self.inner.clock.now().timestamp_millis()
    }

    /// Names of people have no business in a memory that is shared: keys say nothing.
    fn key(&self, parts: &[&[u8]]) -> Key {
        let mut mac = self.inner.key.clone();
        for part in parts {
            // With its length, so that no two lists of parts read alike.
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        let mut key = Key::default();
        for (place, byte) in key.iter_mut().zip(mac.finalize().into_bytes()) {
            *place = byte;
        }
        key
    }

    fn target(&self, target: Target<'_>) -> Key {
        match target {
            Target::Account(account) => self.key(&[b"account", account.uuid().as_bytes()]),
            Target::Nobody { tenant: Some(tenant), username, .. } => {
                self.key(&[b"nobody", tenant.uuid().as_bytes(), username.as_bytes()])
            }
            Target::Nobody { tenant: None, township, username } => {
                self.key(&[b"nowhere", township.as_bytes(), username.as_bytes()])
            }
        }
    }

    fn network(source: Source) -> [u8; 16] {
        match source.network() {
            IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
            IpAddr::V6(address) => address.octets(),
        }
    }

    /// Begins an attempt at a password, before anything is hashed. It waits while as many are under way as may fail.
    ///
    /// # Errors
    /// 429 with `Retry-After` while whoever tries has to wait; nothing is then counted.
    pub async fn attempt(&self, target: Target<'_>, from: By) -> Result<Attempt> {
        let whose = self.target(target);
        let memory = match target {
            Target::Account(_) => &self.inner.known,
            Target::Nobody { .. } => &self.inner.unknown,
        };
        let mut wanted: Vec<(Key, Policy, bool, &Memory)> = Vec::new();
        match from {
            By::Stranger(source) => {
                let network = Self::network(source);
                wanted.push((self.key(&[b"from", &whose, &network]), ONE, true, memory));
                wanted.push((self.key(&[b"strangers", &whose]), ACCOUNT, false, memory));
                if !source.is_everybody() {
                    let key = self.key(&[b"source", &network]);
                    wanted.push((key, SOURCE, false, &self.inner.known));
                }
            }
            By::Known(device) => {
                let key = self.key(&[b"device", &whose, &device.bytes()]);
                wanted.push((key, ONE, true, memory));
            }
            By::Session(session) => {
                let key = self.key(&[b"session", &whose, session.uuid().as_bytes()]);
                wanted.push((key, ONE, true, memory));
            }
        }
        let mut attempt = Attempt { throttle: self.clone(), held: Vec::new() };
        let began = tokio::time::Instant::now();
        for (key, policy, own, memory) in wanted {
            let counter = memory.get_with(key, Arc::default);
            if let Err(wait) = self.begin(&counter, policy, began).await {
                attempt.given_back();
                return Err(refused(wait));
            }
            attempt.held.push(Held { key, policy, counter, own });
        }
        if let Some(wait) = self.elsewhere(&attempt.held).await {
            attempt.given_back();
            return Err(refused(wait));
        }
        Ok(attempt)
    }

    async fn begin(
        &self,
        counter: &Counter,
        policy: Policy,
        began: tokio::time::Instant,
    ) -> std::result::Result<(), i64> {
        loop {
            // Listening before looking, so that nothing is settled unheard in between.
            let settled = counter.settled.notified();
            let step = counter.lock().begin(policy, self.now());
            match step {
                Step::Go => return Ok(()),
                Step::Refused(wait) => return Err(wait),
                Step::Wait => {
                    if tokio::time::timeout_at(began + PATIENCE, settled).await.is_err() {
                        return Err(1000);
                    }
                }
            }
        }
    }

    /// One more wrong random secret of a kind; right ones are never asked about.
    ///
    /// # Errors
    /// 429 with `Retry-After` beyond the free ones; the caller's own refusal comes before.
    pub fn wrong_secret(&self, kind: &'static str, shower: Shower) -> Result<()> {
        let key = match shower {
            Shower::Source(source) => {
                self.key(&[b"secret", kind.as_bytes(), &Self::network(source)])
            }
            Shower::Account(account) => {
                self.key(&[b"secret", kind.as_bytes(), account.uuid().as_bytes()])
            }
        };
        let counter = self.inner.known.get_with(key, Arc::default);
        let now = self.now();
        let mut failures = counter.lock();
        failures.fail(SECRET, now);
        if failures.level > SECRET.free { Err(refused(failures.next - now)) } else { Ok(()) }
    }

    /// What other nodes know: how long to wait.
    async fn elsewhere(&self, held: &[Held]) -> Option<i64> {
        if !self.inner.helper.is_asked() {
            return None;
        }
        let wait: i64 = self.inner.helper.ask(&self.command("ask", held)).await?;
        (wait > 0).then_some(wait)
    }

    /// Tells other nodes, without waiting for it.
    fn tell(&self, mode: &'static str, held: Vec<Held>) {
        if !held.is_empty() && self.inner.helper.is_asked() {
            let command = self.command(mode, &held);
            let helper = self.inner.helper.clone();
            actix_web::rt::spawn(async move { helper.ask::<i64>(&command).await });
        }
    }

    fn command(&self, mode: &str, held: &[Held]) -> redis::Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(SHARED).arg(held.len());
        for one in held {
            command.arg(format!("gezhi:attempts:{}", URL_SAFE_NO_PAD.encode(one.key)));
        }
        command.arg(self.now()).arg(mode);
        for one in held {
            command.arg(one.policy.free).arg(one.policy.cap).arg(one.policy.forgiven);
        }
        command
    }
}

fn refused(wait: i64) -> ApiError {
    let seconds = u64::try_from(wait).unwrap_or(0).div_ceil(1000).max(1);
    let minutes = seconds.div_ceil(60);
    let (zh, en) = if seconds <= 90 {
        (format!("{seconds} 秒"), format!("{seconds} seconds"))
    } else {
        (format!("{minutes} 分钟"), format!("{minutes} minutes"))
    };
    ApiError::new(Code::TOO_MANY_REQUESTS)
        .detail(
            format!("尝试次数过多，请 {zh}后再试"),
            format!("Too many attempts: try again in {en}"),
        )
        .retry_after(seconds)
}

/// [`Failures`] in Redis, reckoned in the same way, but for attempts under way.
const SHARED: &str = "
local now, mode, wait = tonumber(ARGV[1]), ARGV[2], 0
for i, key in ipairs(KEYS) do
  local free, cap, forgiven = tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1]), tonumber(ARGV[3 * i + 2])
  if mode == 'clear' then
    redis.call('DEL', key)
  else
    local kept = redis.call('HMGET', key, 'level', 'at', 'next')
    local level, at, next = tonumber(kept[1] or 0), tonumber(kept[2] or now), tonumber(kept[3] or 0)
    at, next = math.min(at, now), math.min(next, now + cap)
    local gone = math.floor((now - at) / forgiven)
    level = math.max(0, level - gone)
    if level == 0 then at = now else at = at + gone * forgiven end
    if mode == 'fail' then
      level = math.min(level + 1, free + 40)
      if level >= free then next = now + math.min(cap, 1000 * 2 ^ math.min(level - free, 30)) end
      redis.call('HSET', key, 'level', level, 'at', at, 'next', next)
      redis.call('PEXPIRE', key, level * forgiven + cap)
    end
    if level >= free and next > now then wait = math.max(wait, next - now) end
  end
end
return wait
";

#[cfg(test)]
mod tests;
