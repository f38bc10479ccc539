//! Pure rules of presence: when one may check in and out, which minutes count, when somebody else may close what was forgotten.

use chrono::{DateTime, TimeDelta, Utc};

/// Check-in opens this many minutes before the start: people arrive early and queue.
pub const CHECK_IN_BEFORE_MINUTES: i64 = 30;
/// Check-out stays open this many hours after the end, for those who forgot; the time after the end never counts.
pub const CHECK_OUT_AFTER_HOURS: i64 = 12;
/// For this many days after the end somebody else may close what stayed open: time enough for the list of a month to be gone through.
pub const COMPLETE_AFTER_DAYS: i64 = 30;

/// When an occasion takes place: from its start (inclusive) to its end (exclusive).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its start.
    pub starts_at: DateTime<Utc>,
    /// Its end.
    pub ends_at: DateTime<Utc>,
}

/// Whether people may check in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckInWindow {
    /// Opens at this moment.
    NotYet(DateTime<Utc>),
    /// They may.
    Open,
    /// It has ended.
    Over,
}

impl Window {
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

    /// Whether somebody else may close what stayed open: from the start to 30 days after the end.
    #[must_use]
    pub fn completion_open(self, now: DateTime<Utc>) -> bool {
        self.starts_at <= now && now < self.ends_at + TimeDelta::days(COMPLETE_AFTER_DAYS)
    }

    /// The latest moment that somebody else may give for the leaving of one who came at `came`: the end, or now while it runs. An end
    /// that was moved before the coming leaves the coming itself.
    #[must_use]
    pub fn latest_leaving(self, came: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
        self.ends_at.min(now).max(came)
    }

    /// Full minutes of presence that lie between start and end.
    #[must_use]
    pub fn counted_minutes(self, came: DateTime<Utc>, left: DateTime<Utc>) -> i32 {
        let minutes = (left.min(self.ends_at) - came.max(self.starts_at)).num_minutes();
        i32::try_from(minutes.max(0)).unwrap_or(i32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + minute * 60, 0).unwrap_or_default()
    }

    fn window(from: i64, to: i64) -> Window {
        Window { starts_at: at(from), ends_at: at(to) }
    }

    #[test]
    fn a_day_in_the_life() {
        let two_hours = window(0, 120);
        assert_eq!(two_hours.check_in(at(-31)), CheckInWindow::NotYet(at(-30)));
        assert_eq!(two_hours.check_in(at(-30)), CheckInWindow::Open);
        assert_eq!(two_hours.check_in(at(119)), CheckInWindow::Open);
        assert_eq!(two_hours.check_in(at(120)), CheckInWindow::Over);
        assert!(
            two_hours.check_out_open(at(120 + 719)) && !two_hours.check_out_open(at(120 + 720))
        );
        let month = 30 * 24 * 60;
        assert!(!two_hours.completion_open(at(-1)) && two_hours.completion_open(at(0)));
        assert!(two_hours.completion_open(at(120 + month - 1)));
        assert!(!two_hours.completion_open(at(120 + month)));
    }

    #[test]
    fn only_time_inside_the_occasion_counts() {
        let two_hours = window(0, 120);
        assert_eq!(two_hours.counted_minutes(at(-30), at(95)), 95);
        assert_eq!(two_hours.counted_minutes(at(10), at(105)), 95);
        assert_eq!(two_hours.counted_minutes(at(10), at(500)), 110);
        assert_eq!(two_hours.counted_minutes(at(-30), at(-10)), 0);
        assert_eq!(two_hours.counted_minutes(at(130), at(140)), 0);
    }

    #[test]
    fn nobody_is_said_to_have_left_later_than_could_be() {
        let two_hours = window(0, 120);
        assert_eq!(two_hours.latest_leaving(at(5), at(60)), at(60));
        assert_eq!(two_hours.latest_leaving(at(5), at(600)), at(120));
        // The end was moved before the coming.
        assert_eq!(two_hours.latest_leaving(at(130), at(600)), at(130));
    }

    proptest! {
        #[test]
        fn counted_minutes_fit_both_presence_and_occasion(start in -500..500_i64, length in 0..1000_i64, came in -1000..1000_i64, stayed in 0..2000_i64) {
            let window = window(start, start + length);
            let counted = i64::from(window.counted_minutes(at(came), at(came + stayed)));
            prop_assert!(counted >= 0 && counted <= length && counted <= stayed);
            // Coming earlier or leaving later never loses a minute.
            prop_assert!(i64::from(window.counted_minutes(at(came - 7), at(came + stayed + 7))) >= counted);
            // Two visits that follow each other count as much as one.
            let middle = came + stayed / 2;
            let parts = window.counted_minutes(at(came), at(middle)) + window.counted_minutes(at(middle), at(came + stayed));
            prop_assert_eq!(i64::from(parts), counted);
        }

        #[test]
        fn who_can_come_can_leave(start in -500..500_i64, length in 1..1000_i64, now in -2000..2000_i64) {
            let window = window(start, start + length);
            if window.check_in(at(now)) == CheckInWindow::Open {
                prop_assert!(window.check_out_open(at(now)));
            }
            prop_assert_eq!(window.check_in(at(now)) == CheckInWindow::Over, now >= start + length);
        }

        #[test]
        fn what_others_close_counts_no_more_than_staying_to_the_end(start in -500..500_i64, length in 1..1000_i64, came in -530..1500_i64, later in 0..3000_i64) {
            let (window, now) = (window(start, start + length), at(came + later));
            let latest = window.latest_leaving(at(came), now);
            prop_assert!(at(came) <= latest && latest <= now);
            prop_assert!(window.counted_minutes(at(came), latest) <= window.counted_minutes(at(came), window.ends_at));
        }
    }
}
