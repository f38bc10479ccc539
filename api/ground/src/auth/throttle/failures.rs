//! How failures slow down whoever makes them: pure reckoning, in milliseconds.

/// How failures slow down. Times in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Policy {
    /// Failures that cost nothing.
    pub(super) free: u32,
    /// The longest wait.
    pub(super) cap: i64,
    /// One failure is forgiven in this time.
    pub(super) forgiven: i64,
}

/// One source, device or session at one account.
pub(super) const ONE: Policy = Policy { free: 10, cap: 900_000, forgiven: 600_000 };

/// All strangers together at one account.
pub(super) const ACCOUNT: Policy = Policy { free: 100, cap: 900_000, forgiven: 300_000 };

/// One source at all accounts.
pub(super) const SOURCE: Policy = Policy { free: 300, cap: 60_000, forgiven: 20_000 };

/// Random secrets, of one source or account.
pub(super) const SECRET: Policy = Policy { free: 100, cap: 900_000, forgiven: 30_000 };

impl Policy {
    /// The wait after `level` failures.
    fn delay(self, level: u32) -> i64 {
        let steps = level.saturating_sub(self.free).min(30);
        (1000_i64 << steps).min(self.cap)
    }
}

/// Failures of one key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Failures {
    /// How many count now.
    pub(super) level: u32,
    /// When forgiving was last reckoned up.
    pub(super) at: i64,
    /// Before this moment nothing is heard, once the free ones are used up.
    pub(super) next: i64,
    /// Attempts under way: each may still fail.
    pub(super) pending: u32,
}

/// What an attempt may do now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It is under way.
    Go,
    /// Until one under way is settled.
    Wait,
    /// For so many milliseconds.
    Refused(i64),
}

impl Failures {
    /// Takes back what is forgiven by now.
    fn forgive(&mut self, policy: Policy, now: i64) {
        // A clock that was put back.
        self.at = self.at.min(now);
        self.next = self.next.min(now + policy.cap);
        let gone = (now - self.at) / policy.forgiven;
        self.level = self.level.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX));
        self.at = if self.level == 0 { now } else { self.at + gone * policy.forgiven };
    }

    /// An attempt wants to begin; if it may, it is under way.
    pub(super) fn begin(&mut self, policy: Policy, now: i64) -> Step {
        self.forgive(policy, now);
        if self.level < policy.free {
            if self.level + self.pending >= policy.free {
                return Step::Wait;
            }
        } else if now < self.next {
            return Step::Refused(self.next - now);
        } else if self.pending > 0 {
            return Step::Wait;
        }
        self.pending += 1;
        Step::Go
    }

    /// One more failure.
    pub(super) fn fail(&mut self, policy: Policy, now: i64) {
        self.forgive(policy, now);
        self.level = self.level.saturating_add(1).min(policy.free.saturating_add(40));
        if self.level >= policy.free {
            self.next = now + policy.delay(self.level);
        }
    }
}
