//! Pure rules of notices: whether one stands, which receipts count, what may be done with it.

use chrono::NaiveDate;

use super::codes;
use crate::http::{Does, Refusal};

/// What a notice is on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It stands.
    Current,
    /// Its last day is over.
    Ended,
    /// It was withdrawn.
    Withdrawn,
}

/// What a notice is on this day, whose last day is `until`.
#[must_use]
pub(super) fn phase(withdrawn: bool, until: Option<NaiveDate>, today: NaiveDate) -> Phase {
    match until {
        _ if withdrawn => Phase::Withdrawn,
        Some(last) if last < today => Phase::Ended,
        _ => Phase::Current,
    }
}

/// Whether a receipt for the version that was read counts: since `read_since` was published everybody is asked anew.
#[must_use]
pub(super) fn counts(read: Option<i32>, read_since: i32) -> bool {
    read.is_some_and(|version| version >= read_since)
}

/// Whether a notice may be changed.
///
/// # Errors
/// `notice_withdrawn`.
pub(super) fn update(phase: Phase) -> Result<(), Refusal> {
    match phase {
        Phase::Current | Phase::Ended => Ok(()),
        Phase::Withdrawn => Err(codes::NOTICE_WITHDRAWN.into()),
    }
}

/// What withdrawing comes to: once is as good as twice.
#[must_use]
pub(super) fn withdraw(phase: Phase) -> Does {
    Does::when(phase != Phase::Withdrawn)
}

/// What putting up again comes to: nothing for one that was not withdrawn.
#[must_use]
pub(super) fn restore(phase: Phase) -> Does {
    Does::when(phase == Phase::Withdrawn)
}

/// Whether somebody may sign for a notice now, whose receipt counts already or does not.
///
/// # Errors
/// `not_addressed` where it does not go to them, `notice_withdrawn`.
pub(super) fn read(phase: Phase, addressed: bool, has_read: bool) -> Result<Does, Refusal> {
    match phase {
        _ if has_read => Ok(Does::Nothing),
        _ if !addressed => Err(codes::NOT_ADDRESSED.into()),
        Phase::Withdrawn => Err(codes::NOTICE_WITHDRAWN.into()),
        Phase::Current | Phase::Ended => Ok(Does::Something),
    }
}

#[cfg(test)]
mod tests {
    use chrono::Days;
    use proptest::prelude::*;

    use super::*;

    fn day(number: u64) -> NaiveDate {
        NaiveDate::default() + Days::new(number)
    }

    #[test]
    fn it_stands_through_its_last_day() {
        assert_eq!(phase(false, Some(day(3)), day(3)), Phase::Current);
        assert_eq!(phase(false, Some(day(3)), day(4)), Phase::Ended);
        assert_eq!(phase(false, None, day(4000)), Phase::Current);
        assert_eq!(phase(true, None, day(0)), Phase::Withdrawn);
    }

    #[test]
    fn a_receipt_is_given_once_and_by_those_it_goes_to() {
        assert_eq!(read(Phase::Current, true, false), Ok(Does::Something));
        assert_eq!(read(Phase::Ended, true, false), Ok(Does::Something));
        assert_eq!(read(Phase::Withdrawn, true, true), Ok(Does::Nothing));
        assert_eq!(read(Phase::Withdrawn, true, false), Err(codes::NOTICE_WITHDRAWN.into()));
        assert_eq!(read(Phase::Current, false, false), Err(codes::NOT_ADDRESSED.into()));
    }

    proptest! {
        /// Beside a naive count: a notice read at some versions and re-asked at others is unread exactly since the last asking.
        #[test]
        fn asking_again_makes_earlier_receipts_void(steps in proptest::collection::vec(any::<bool>(), 1..40)) {
            let (mut version, mut since, mut receipt) = (1, 1, None);
            for asks in steps {
                if asks {
                    version += 1;
                    since = version;
                } else {
                    receipt = Some(version);
                }
                prop_assert_eq!(counts(receipt, since), !asks);
            }
        }
    }
}
