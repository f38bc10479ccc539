//! Pure rules of activities: what a moment means for them, who moves up, which minutes count.

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::Points;

use crate::points::rules::{Earned, for_minutes};

/// Check-in opens this many minutes before the start: people arrive early and queue.
pub const CHECK_IN_BEFORE_MINUTES: i64 = 30;
/// Check-out stays open this many hours after the end, for those who forgot; the time after the end never counts.
pub const CHECK_OUT_AFTER_HOURS: i64 = 12;
/// Longest activity, in days.
pub const LONGEST_DAYS: i64 = 7;

/// When an activity takes place, and whether it was called off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub cancelled: bool,
}

/// What an activity is at a moment. It runs from its start (inclusive) to its end (exclusive).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Upcoming,
    Running,
    Ended,
    Cancelled,
}

/// Whether people may check in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckInWindow {
    /// Opens at this moment.
    NotYet(DateTime<Utc>),
    Open,
    Over,
}

impl Times {
    /// What the activity is now.
    #[must_use]
    pub fn moment(self, now: DateTime<Utc>) -> Moment {
        if self.cancelled {
            Moment::Cancelled
        } else if now < self.starts_at {
            Moment::Upcoming
        } else if now < self.ends_at {
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

    /// The window for checking in: from 30 minutes before the start up to the end.
    #[must_use]
    pub fn check_in(self, now: DateTime<Utc>) -> CheckInWindow {
        let opens = self.starts_at - TimeDelta::minutes(CHECK_IN_BEFORE_MINUTES);
        if now < opens {
            CheckInWindow::NotYet(opens)
        } else if now < self.ends_at {
            CheckInWindow::Open
        } else {
            CheckInWindow::Over
        }
    }

    /// Whether one who is checked in may still check out.
    #[must_use]
    pub fn check_out_open(self, now: DateTime<Utc>) -> bool {
        now < self.ends_at + TimeDelta::hours(CHECK_OUT_AFTER_HOURS)
    }

    /// Full minutes of presence that lie between start and end.
    #[must_use]
    pub fn counted_minutes(self, came: DateTime<Utc>, left: DateTime<Utc>) -> i32 {
        let minutes = (left.min(self.ends_at) - came.max(self.starts_at)).num_minutes();
        i32::try_from(minutes.max(0)).unwrap_or(i32::MAX)
    }

    /// What the whole activity is worth to one who stays from start to end.
    #[must_use]
    pub fn worth(self, per_hour: Points, cap: Option<Points>) -> Earned {
        for_minutes(self.counted_minutes(self.starts_at, self.ends_at), per_hour, cap)
    }

    /// What one gets who is there from `came` and leaves at `left`.
    #[must_use]
    pub fn earned(
        self,
        came: DateTime<Utc>,
        left: DateTime<Utc>,
        per_hour: Points,
        cap: Option<Points>,
    ) -> Earned {
        for_minutes(self.counted_minutes(came, left), per_hour, cap)
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

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + minute * 60, 0).unwrap_or_default()
    }

    fn times(from: i64, to: i64) -> Times {
        Times { starts_at: at(from), ends_at: at(to), cancelled: false }
    }

    #[test]
    fn a_day_in_the_life() {
        let two_hours = times(0, 120);
        assert_eq!(two_hours.moment(at(-1)), Moment::Upcoming);
        assert_eq!(two_hours.moment(at(0)), Moment::Running);
        assert_eq!(two_hours.moment(at(119)), Moment::Running);
        assert_eq!(two_hours.moment(at(120)), Moment::Ended);
        assert_eq!(Times { cancelled: true, ..two_hours }.moment(at(5)), Moment::Cancelled);

        assert_eq!(two_hours.check_in(at(-31)), CheckInWindow::NotYet(at(-30)));
        assert_eq!(two_hours.check_in(at(-30)), CheckInWindow::Open);
        assert_eq!(two_hours.check_in(at(119)), CheckInWindow::Open);
        assert_eq!(two_hours.check_in(at(120)), CheckInWindow::Over);

        assert!(two_hours.sign_up_open(at(119)) && !two_hours.sign_up_open(at(120)));
        assert!(
            two_hours.check_out_open(at(120 + 719)) && !two_hours.check_out_open(at(120 + 720))
        );
    }

    #[test]
    fn only_time_inside_the_activity_counts() {
        let two_hours = times(0, 120);
        assert_eq!(two_hours.counted_minutes(at(-30), at(95)), 95);
        assert_eq!(two_hours.counted_minutes(at(10), at(105)), 95);
        assert_eq!(two_hours.counted_minutes(at(10), at(500)), 110);
        assert_eq!(two_hours.counted_minutes(at(-30), at(-10)), 0);
        assert_eq!(two_hours.counted_minutes(at(130), at(140)), 0);
    }

    #[test]
    fn worth_is_capped() {
        let (hour, cap) = (Points::from_hundredths(100), Some(Points::from_hundredths(200)));
        assert_eq!(times(0, 90).worth(hour, cap).amount, Points::from_hundredths(150));
        assert_eq!(times(0, 180).worth(hour, cap).amount, Points::from_hundredths(200));
        assert_eq!(
            times(0, 120).earned(at(-30), at(95), hour, cap).amount,
            Points::from_hundredths(158)
        );
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
        fn counted_minutes_fit_both_presence_and_activity(start in -500..500_i64, length in 0..1000_i64, came in -1000..1000_i64, stayed in 0..2000_i64) {
            let times = times(start, start + length);
            let counted = i64::from(times.counted_minutes(at(came), at(came + stayed)));
            prop_assert!(counted >= 0 && counted <= length && counted <= stayed);
            // Coming earlier or leaving later never loses a minute.
            prop_assert!(i64::from(times.counted_minutes(at(came - 7), at(came + stayed + 7))) >= counted);
            // Two visits that follow each other count as much as one.
            let middle = came + stayed / 2;
            let parts = times.counted_minutes(at(came), at(middle)) + times.counted_minutes(at(middle), at(came + stayed));
            prop_assert_eq!(i64::from(parts), counted);
        }

        #[test]
        fn who_can_check_in_finds_it_not_over(start in -500..500_i64, length in 1..1000_i64, now in -2000..2000_i64) {
            let times = times(start, start + length);
            if times.check_in(at(now)) == CheckInWindow::Open {
                prop_assert!(times.sign_up_open(at(now)) && times.check_out_open(at(now)));
            }
            prop_assert_eq!(times.check_in(at(now)) == CheckInWindow::Over, times.moment(at(now)) == Moment::Ended);
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
