//! The moment, asked for in one place so that tests can set it, and Beijing time: one zone, UTC+8, without
//! summer time since 1991.

mod guard;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, TimeDelta, Utc};

pub use guard::{Guard, Look, is_doubtful};

/// A moment as it crosses HTTP: RFC 3339; answers carry Beijing's offset.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
)]
#[serde(transparent)]
#[schema(value_type = String, format = DateTime, example = "2026-11-23T09:30:00+08:00")]
pub struct Time(DateTime<FixedOffset>);

impl std::ops::Deref for Time {
    type Target = DateTime<FixedOffset>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<DateTime<FixedOffset>> for Time {
    fn from(moment: DateTime<FixedOffset>) -> Self {
        Self(moment)
    }
}

/// Where the present moment comes from.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    /// The machine.
    Machine,
    /// Milliseconds since 1970, until they are set to others.
    Fixed(Arc<AtomicI64>),
    /// The moment it was set to, and when that was.
    Running(DateTime<Utc>, Instant),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::Machine)
    }

    /// A clock that stands until it is set.
    #[must_use]
    pub fn fixed(now: DateTime<Utc>) -> Self {
        Self(Source::Fixed(Arc::new(AtomicI64::new(now.timestamp_millis()))))
    }

    /// A clock that shows `now` now and goes on from there with the speed of any other, whatever the machine's is set to
    /// meanwhile.
    #[must_use]
    pub fn running_from(now: DateTime<Utc>) -> Self {
        Self(Source::Running(now, Instant::now()))
    }

    /// Sets a fixed clock; no other can be set.
    pub fn set(&self, now: DateTime<Utc>) {
        if let Source::Fixed(fixed) = &self.0 {
            fixed.store(now.timestamp_millis(), Ordering::SeqCst);
        }
    }

    /// Moves a fixed clock.
    pub fn advance(&self, by: TimeDelta) {
        if let Source::Fixed(fixed) = &self.0 {
            fixed.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
        }
    }

    /// The present moment, to the millisecond: what both databases keep exactly.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let millis = match &self.0 {
            Source::Machine => machine().timestamp_millis(),
            Source::Fixed(fixed) => fixed.load(Ordering::SeqCst),
            Source::Running(start, since) => {
                let passed = TimeDelta::from_std(since.elapsed()).unwrap_or_default();
                (*start + passed).timestamp_millis()
            }
        };
        DateTime::from_timestamp_millis(millis).unwrap_or_default()
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
fn machine() -> DateTime<Utc> {
    Utc::now()
}

const BEIJING_SECONDS: i32 = 8 * 3600;

fn zone() -> FixedOffset {
    use chrono::Offset;
    // Eight hours are a valid offset, so the alternative is never taken.
    FixedOffset::east_opt(BEIJING_SECONDS).unwrap_or_else(|| Utc.fix())
}

/// A moment in Beijing time.
#[must_use]
pub fn beijing(moment: DateTime<Utc>) -> Time {
    Time(moment.with_timezone(&zone()))
}

/// The moment of a Beijing date and time of day.
#[must_use]
pub fn from_beijing(local: NaiveDateTime) -> DateTime<Utc> {
    (local - TimeDelta::seconds(i64::from(BEIJING_SECONDS))).and_utc()
}

/// The moments at which a date begins and ends in Beijing; the second belongs to the next day.
#[must_use]
pub fn day(date: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
    let start = from_beijing(date.and_time(chrono::NaiveTime::MIN));
    (start, start + TimeDelta::days(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beijing_is_eight_hours_ahead() {
        let moment = DateTime::parse_from_rfc3339("2026-11-22T16:30:00Z").unwrap().to_utc();
        assert_eq!(beijing(moment).to_rfc3339(), "2026-11-23T00:30:00+08:00");
        assert_eq!(from_beijing(beijing(moment).naive_local()), moment);
        let (start, end) = day(beijing(moment).date_naive());
        assert_eq!(start.to_rfc3339(), "2026-11-22T16:00:00+00:00");
        assert_eq!(end.to_rfc3339(), "2026-11-23T16:00:00+00:00");
    }

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let start = DateTime::parse_from_rfc3339("2026-11-23T01:00:00Z").unwrap().to_utc();
        let clock = Clock::fixed(start);
        assert_eq!(clock.now(), start);
        clock.advance(TimeDelta::minutes(95));
        assert_eq!(clock.now(), start + TimeDelta::minutes(95));
    }

    #[test]
    fn a_clock_set_to_another_year_goes_on_from_there() {
        let start = DateTime::parse_from_rfc3339("2028-02-29T15:59:59.250Z").unwrap().to_utc();
        let before = Instant::now();
        let clock = Clock::running_from(start);
        let mut last = clock.now();
        assert!(last >= start);
        // Awaits the clock, not time: it must move by itself, and never back.
        while last < start + TimeDelta::milliseconds(20) {
            let now = clock.now();
            assert!(now >= last);
            last = now;
        }
        let passed = TimeDelta::from_std(before.elapsed()).unwrap();
        assert!(last - start <= passed + TimeDelta::milliseconds(1), "faster than time itself");
        clock.set(start - TimeDelta::days(1));
        assert!(clock.now() >= last, "it cannot be set back");
    }
}
