//! Pure rules of activities: what a moment means for them, what may be done in it, who finds a place, what staying is worth.

use chrono::{DateTime, Utc};
use entity::ids::Points;
use entity::kinds::SignupState;

use super::codes;
use crate::http::{Does, Refusal};
use crate::points::rules::{Earned, for_minutes};
use crate::presence::rules::Window;

/// Longest activity, in days.
pub(super) const LONGEST_DAYS: i64 = 7;

/// When an activity takes place, and whether it was called off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
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
pub(super) struct Rate {
    /// Points for one hour.
    pub per_hour: Points,
    /// The most that one activity gives.
    pub cap: Option<Points>,
}

impl Rate {
    /// What so many minutes are worth.
    #[must_use]
    pub(super) fn of(self, minutes: i32) -> Earned {
        for_minutes(minutes, self.per_hour, self.cap)
    }
}

impl Times {
    /// What the activity is now.
    #[must_use]
    pub(super) fn moment(self, now: DateTime<Utc>) -> Moment {
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

    /// What one gets who is there from `came` and leaves at `left`.
    #[must_use]
    pub(super) fn earned(self, came: DateTime<Utc>, left: DateTime<Utc>, rate: Rate) -> Earned {
        rate.of(self.window.counted_minutes(came, left))
    }

    /// What the whole activity is worth to one who stays from start to end.
    #[must_use]
    pub(super) fn worth(self, rate: Rate) -> Earned {
        self.earned(self.window.starts_at, self.window.ends_at, rate)
    }
}

/// Whether an activity may still be changed.
///
/// # Errors
/// `activity_cancelled`, `state_conflict` after the end.
pub(super) fn update(moment: Moment) -> Result<(), Refusal> {
    match moment {
        Moment::Upcoming | Moment::Running => Ok(()),
        Moment::Cancelled => Err(codes::ACTIVITY_CANCELLED.into()),
        Moment::Ended => Err(codes::SETTLED),
    }
}

/// Whether an activity may be called off, to which so many have come. Once is as good as twice.
///
/// # Errors
/// `state_conflict` after the end, `activity_attended` when somebody has checked in.
pub(super) fn cancel(moment: Moment, present: u64) -> Result<Does, Refusal> {
    match moment {
        Moment::Cancelled => Ok(Does::Nothing),
        Moment::Ended => Err(codes::SETTLED),
        Moment::Upcoming | Moment::Running if present > 0 => Err(codes::ACTIVITY_ATTENDED.into()),
        Moment::Upcoming | Moment::Running => Ok(Does::Something),
    }
}

/// Whether people may sign up now: a free place may be taken while the activity runs.
///
/// # Errors
/// `activity_cancelled`, `state_conflict` after the end.
pub(super) fn sign_up(moment: Moment) -> Result<(), Refusal> {
    match moment {
        Moment::Upcoming | Moment::Running => Ok(()),
        Moment::Cancelled => Err(codes::ACTIVITY_CANCELLED.into()),
        Moment::Ended => Err(codes::ENDED),
    }
}

/// Whether somebody may withdraw now: as long as they may sign up, and have not come.
///
/// # Errors
/// `activity_cancelled`, `state_conflict` after the end or after checking in.
pub(super) fn withdraw(moment: Moment, has_come: bool) -> Result<(), Refusal> {
    sign_up(moment)?;
    if has_come { Err(codes::COME_ALREADY) } else { Ok(()) }
}

/// Whether somebody who stands so has a place or a number in the queue.
#[must_use]
pub(super) fn has_place(mine: Option<SignupState>) -> bool {
    mine.is_some_and(|state| state != SignupState::Withdrawn)
}

/// Whether somebody who stands so finds a place on coming, `taken` of them being others'.
///
/// # Errors
/// `activity_full`; also for who waits: nobody waits while a place is free.
pub(super) fn admit(
    mine: Option<SignupState>,
    capacity: Option<i32>,
    taken: u64,
) -> Result<Does, Refusal> {
    match mine {
        Some(SignupState::SignedUp) => Ok(Does::Nothing),
        None | Some(SignupState::Withdrawn) if free_places(capacity, taken) > 0 => {
            Ok(Does::Something)
        }
        None | Some(SignupState::Withdrawn | SignupState::Waiting) => {
            Err(codes::ACTIVITY_FULL.into())
        }
    }
}

/// How many people there is room for beside those who have a place. No capacity means room for everyone.
#[must_use]
pub(super) fn free_places(capacity: Option<i32>, taken: u64) -> u64 {
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
        assert!(sign_up(two_hours.moment(at(119))).is_ok());
        assert_eq!(sign_up(two_hours.moment(at(120))), Err(codes::ENDED));
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
                prop_assert!(sign_up(times.moment(at(now))).is_ok());
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
