//! Pure rules of activities: what a moment means for them, who moves up, what staying is worth.

use chrono::{DateTime, Utc};
use entity::ids::Points;

use crate::points::rules::{Earned, for_minutes};
use crate::presence::rules::Window;

/// Longest activity, in days.
pub const LONGEST_DAYS: i64 = 7;

/// When an activity takes place, and whether it was called off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Its start and end.
    pub window: Window,
    /// Whether it was called off.
    pub cancelled: bool,
}

/// What an activity is at a moment. It runs from its start (inclusive) to its end (exclusive).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It has not begun.
    Upcoming,
    /// It is going on.
    Running,
    /// It is over.
    Ended,
    /// It was called off.
    Cancelled,
}

/// The rule by which the minutes of an activity are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Points for one hour.
    pub per_hour: Points,
    /// The most that one activity gives.
    pub cap: Option<Points>,
}

impl Rate {
    /// What so many minutes are worth.
    #[must_use]
    pub fn of(self, minutes: i32) -> Earned {
        for_minutes(minutes, self.per_hour, self.cap)
    }
}

impl Times {
    /// What the activity is now.
    #[must_use]
    pub fn moment(self, now: DateTime<Utc>) -> Moment {
        if self.cancelled {
            Moment::Cancelled
        } else if now < self.window.starts_at {
            Moment::Upcoming
        } else if now < self.window.ends_at {
            Moment::Running
        } else {
            Moment::Ended
        }
    }

    /// One may sign up and withdraw until the end: a free place may be taken while the activity runs.
    #[must_use]
    pub fn sign_up_open(self, now: DateTime<Utc>) -> bool {
        matches!(self.moment(now), Moment::Upcoming | Moment::Running)
    }

    /// What one gets who is there from `came` and leaves at `left`.
    #[must_use]
    pub fn earned(self, came: DateTime<Utc>, left: DateTime<Utc>, rate: Rate) -> Earned {
        rate.of(self.window.counted_minutes(came, left))
    }

    /// What the whole activity is worth to one who stays from start to end.
    #[must_use]
    pub fn worth(self, rate: Rate) -> Earned {
        self.earned(self.window.starts_at, self.window.ends_at, rate)
    }
}

/// How many people there is room for beside those who have a place. No capacity means room for everyone.
#[must_use]
pub fn free_places(capacity: Option<i32>, taken: u64) -> u64 {
    capacity.map_or(u64::MAX, |capacity| u64::try_from(capacity).unwrap_or(0).saturating_sub(taken))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::presence::rules::CheckInWindow;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + minute * 60, 0).unwrap_or_default()
    }

    fn times(from: i64, to: i64) -> Times {
        Times { window: Window { starts_at: at(from), ends_at: at(to) }, cancelled: false }
    }

    #[test]
    fn a_day_in_the_life() {
        let two_hours = times(0, 120);
        assert_eq!(two_hours.moment(at(-1)), Moment::Upcoming);
        assert_eq!(two_hours.moment(at(0)), Moment::Running);
        assert_eq!(two_hours.moment(at(119)), Moment::Running);
        assert_eq!(two_hours.moment(at(120)), Moment::Ended);
        assert_eq!(Times { cancelled: true, ..two_hours }.moment(at(5)), Moment::Cancelled);
        assert!(two_hours.sign_up_open(at(119)) && !two_hours.sign_up_open(at(120)));
    }

    #[test]
    fn worth_is_capped() {
        let (per_hour, cap) = (Points::from_hundredths(100), Some(Points::from_hundredths(200)));
        let rate = Rate { per_hour, cap };
        assert_eq!(times(0, 90).worth(rate).amount, Points::from_hundredths(150));
        assert_eq!(times(0, 180).worth(rate).amount, Points::from_hundredths(200));
        let stay = times(0, 120).earned(at(-30), at(95), rate);
        assert_eq!(stay.amount, Points::from_hundredths(158));
    }

    #[test]
    fn places() {
        assert_eq!(free_places(None, 1_000_000), u64::MAX);
        assert_eq!(free_places(Some(3), 1), 2);
        assert_eq!(free_places(Some(3), 3), 0);
        assert_eq!(free_places(Some(2), 3), 0);
        assert_eq!(free_places(Some(-1), 0), 0);
    }

    proptest! {
        #[test]
        fn who_can_check_in_finds_it_not_over(start in -500..500_i64, length in 1..1000_i64, now in -2000..2000_i64) {
            let times = times(start, start + length);
            let check_in = times.window.check_in(at(now));
            if check_in == CheckInWindow::Open {
                prop_assert!(times.sign_up_open(at(now)));
            }
            prop_assert_eq!(check_in == CheckInWindow::Over, times.moment(at(now)) == Moment::Ended);
        }

        #[test]
        fn never_more_people_than_places(capacity in prop::option::of(1..50_i32), arrivals in 0..100_u64) {
            let mut taken = 0;
            for _ in 0..arrivals {
                if free_places(capacity, taken) > 0 { taken += 1; }
            }
            prop_assert_eq!(taken, capacity.map_or(arrivals, |c| arrivals.min(u64::try_from(c).unwrap_or(0))));
        }
    }
}
