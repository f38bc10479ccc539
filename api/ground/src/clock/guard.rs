//! Clocks that jump. The installation writes down about once a minute when it was last seen at work. A clock that is more than a day
//! ahead of that, or behind it, may be wrong, or nobody was there for a while: that only the operator can know. Until he says so
//! (`gezhi admin confirm-clock`) nothing is opened, cancelled, deleted or purged by the clock; people go on working.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// How far the clock may be from the moment at which the installation was seen last.
const BELIEVED: TimeDelta = TimeDelta::days(1);
/// How often that moment is written down.
const WRITTEN: TimeDelta = TimeDelta::minutes(1);

/// Whether a clock is more than a day from when the installation was seen last; where it never was, any clock is believed.
#[must_use]
pub fn is_doubtful(seen: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    seen.is_some_and(|seen| (now - seen).abs() > BELIEVED)
}

/// What this process knows of the clock. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Guard(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// The latest moment at which the installation was at work, as far as it is known here.
    seen: Option<DateTime<Utc>>,
    /// The clock is in doubt.
    held: bool,
    /// The latest moment that was given to a record.
    recorded: Option<DateTime<Utc>>,
}

/// What is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Nothing: it was written down a moment ago.
    Fine,
    /// Write the moment down.
    Write,
    /// Ask the database when the installation was seen last: another node, or the operator, may know better.
    Ask,
}

impl Guard {
    fn with<T>(&self, f: impl FnOnce(&mut Known) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What a look at the clock asks for.
    #[must_use]
    pub fn look(&self, now: DateTime<Utc>) -> Look {
        self.with(|known| match known.seen {
            // Somewhat behind: the operator, who may lower it, is listened to.
            Some(seen) if seen - now > WRITTEN => Look::Ask,
            Some(seen) if !is_doubtful(Some(seen), now) && !known.held => {
                if now - seen >= WRITTEN {
                    Look::Write
                } else {
                    Look::Fine
                }
            }
            _ => Look::Ask,
        })
    }

    /// The database says when the installation was seen last; whether the clock can be believed.
    pub fn learn(&self, seen: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
        self.with(|known| {
            known.held = is_doubtful(seen, now);
            known.seen = seen;
            known.recorded = known.recorded.max(seen);
            !known.held
        })
    }

    /// It was written down.
    pub fn written(&self, now: DateTime<Utc>) {
        self.with(|known| known.seen = known.seen.max(Some(now)));
    }

    /// Whether a moment is in doubt: the clock may have jumped since somebody looked at it last.
    #[must_use]
    pub fn doubts(&self, now: DateTime<Utc>) -> bool {
        self.with(|known| known.held || is_doubtful(known.seen, now))
    }

    /// Whether the clock was in doubt when somebody looked at it last.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.with(|known| known.held)
    }

    /// When the installation was seen last, as far as it is known here.
    #[must_use]
    pub fn seen(&self) -> Option<DateTime<Utc>> {
        self.with(|known| known.seen)
    }

    /// The moment to be given to a record: now, or the latest that was given where the clock was set back since, so that the order of
    /// records stays that of the acts. A clock that goes back by more than a day was wrong before, and is followed.
    pub fn in_order(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.with(|known| {
            let at = match known.recorded {
                Some(last) if last > now && last - now <= BELIEVED => last,
                _ => now,
            };
            known.recorded = Some(at);
            at
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_395_600 + 60 * minute, 0).unwrap_or_default()
    }

    #[test]
    fn a_year_ahead_is_held_until_somebody_says_so() {
        let guard = Guard::default();
        assert_eq!(guard.look(at(0)), Look::Ask);
        assert!(guard.learn(None, at(0)), "the very first start believes its clock");
        guard.written(at(0));
        assert_eq!(guard.look(at(0)), Look::Fine);
        assert_eq!(guard.look(at(1)), Look::Write);
        guard.written(at(1));
        let ahead = at(370 * 24 * 60);
        assert_eq!(guard.look(ahead), Look::Ask);
        assert!(!guard.learn(Some(at(1)), ahead));
        assert!(guard.is_held());
        assert_eq!(guard.look(ahead), Look::Ask, "it asks again each time");
        // The clock is put right.
        assert!(guard.learn(Some(at(1)), at(3)));
        assert!(!guard.is_held());
        // Or the operator says that it is right.
        assert!(!guard.learn(Some(at(1)), ahead));
        assert!(guard.learn(Some(ahead), ahead));
        assert_eq!(guard.look(ahead), Look::Fine);
        assert!(!guard.doubts(ahead) && guard.doubts(ahead + TimeDelta::days(2)));
        // It was not, and is put right: that is a jump too, until he says so again.
        assert_eq!(guard.look(at(5)), Look::Ask);
        assert!(!guard.learn(Some(ahead), at(5)));
        assert!(guard.learn(Some(at(5)), at(5)));
    }

    proptest! {
        #[test]
        fn records_stay_in_order_while_a_clock_goes_back_within_a_day(
            steps in prop::collection::vec(-1_400_i64..1_400, 1..50),
        ) {
            let guard = Guard::default();
            let mut last = guard.in_order(at(0));
            for step in steps {
                // Never more than a day behind the latest.
                let now = last + TimeDelta::minutes(step);
                let given = guard.in_order(now);
                prop_assert!(given >= last && given == last.max(now));
                last = given;
            }
            let corrected = last - TimeDelta::days(400);
            prop_assert_eq!(guard.in_order(corrected), corrected);
        }
    }
}
