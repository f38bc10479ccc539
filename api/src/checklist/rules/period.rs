//! The periods of a duty: which one a day lies in, and when the next begins.

use std::collections::HashSet;

use chrono::{Datelike, Days, Months, NaiveDate, TimeDelta};
use entity::kinds::Frequency;

/// The period of a duty: its key, as people and the interface see it, and its first day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    /// `once`, `2026-W47` (ISO week), `2026-11` or `2026Q4`.
    pub key: String,
    /// The first day of the period; of `once` the day from which the list is in force.
    pub first_day: NaiveDate,
}

/// The period of this frequency that contains `date`. Weeks are ISO weeks: they begin on Monday and the days around New
/// Year belong to the year that has most of the week.
#[must_use]
pub(crate) fn period(frequency: Frequency, date: NaiveDate, effective_from: NaiveDate) -> Period {
    let first_of = |month: u32| NaiveDate::from_ymd_opt(date.year(), month, 1).unwrap_or(date);
    match frequency {
        Frequency::Once => Period { key: "once".to_owned(), first_day: effective_from },
        Frequency::Weekly => {
            let week = date.iso_week();
            let since_monday = TimeDelta::days(i64::from(date.weekday().num_days_from_monday()));
            Period {
                key: format!("{}-W{:02}", week.year(), week.week()),
                first_day: date.checked_sub_signed(since_monday).unwrap_or(date),
            }
        }
        Frequency::Monthly => Period {
            key: format!("{}-{:02}", date.year(), date.month()),
            first_day: first_of(date.month()),
        },
        Frequency::Quarterly => {
            let quarter = date.month0() / 3;
            Period {
                key: format!("{}Q{}", date.year(), quarter + 1),
                first_day: first_of(quarter * 3 + 1),
            }
        }
    }
}

/// A period as an official writes it: 2026年第48周, 2026年11月, 2026年第4季度.
#[must_use]
pub(crate) fn in_words(key: &str) -> String {
    let number = |text: &str| text.parse::<u32>().ok();
    let part = |between: &str| {
        let (year, part) = key.split_once(between)?;
        Some((number(year)?, number(part)?))
    };
    if key == "once" {
        "一次性".to_owned()
    } else if let Some((year, week)) = part("-W") {
        format!("{year}年第{week}周")
    } else if let Some((year, quarter)) = part("Q") {
        format!("{year}年第{quarter}季度")
    } else if let Some((year, month)) = part("-") {
        format!("{year}年{month}月")
    } else {
        key.to_owned()
    }
}

/// The keys of the periods that run on a day.
#[must_use]
pub(crate) fn running(day: NaiveDate) -> HashSet<String> {
    Frequency::ALL.iter().map(|frequency| period(*frequency, day, day).key).collect()
}

/// The periods that ran on a day and are over by `today`: the key and the last day of each.
#[must_use]
pub(crate) fn over(day: NaiveDate, today: NaiveDate) -> Vec<(String, NaiveDate)> {
    let last = |frequency: Frequency| {
        let next = next_first_day([frequency], day).filter(|next| *next <= today)?;
        Some((period(frequency, day, day).key, next.pred_opt()?))
    };
    Frequency::ALL.iter().copied().filter_map(last).collect()
}

/// The first day on which one of these frequencies begins a new period after `day`; none for what is asked once.
#[must_use]
pub(crate) fn next_first_day(
    frequencies: impl IntoIterator<Item = Frequency>,
    day: NaiveDate,
) -> Option<NaiveDate> {
    let next = |frequency| match frequency {
        Frequency::Once => None,
        Frequency::Weekly => period(frequency, day, day).first_day.checked_add_days(Days::new(7)),
        Frequency::Monthly => {
            period(frequency, day, day).first_day.checked_add_months(Months::new(1))
        }
        Frequency::Quarterly => {
            period(frequency, day, day).first_day.checked_add_months(Months::new(3))
        }
    };
    frequencies.into_iter().filter_map(next).min()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::{any_day, any_frequency, day};
    use super::*;

    #[test]
    fn what_is_over_has_its_last_day() {
        let [saturday, monday, tuesday] = ["2026-11-28", "2026-11-30", "2026-12-01"].map(day);
        assert_eq!(over(saturday, day("2026-11-29")), []);
        let week = ("2026-W48".to_owned(), day("2026-11-29"));
        assert_eq!(over(saturday, monday), std::slice::from_ref(&week));
        assert_eq!(over(saturday, tuesday), [week, ("2026-11".to_owned(), monday)]);
    }

    #[test]
    fn periods_are_said_as_officials_write_them() {
        let day = day("2026-03-02");
        let said: Vec<_> =
            Frequency::ALL.iter().map(|one| in_words(&period(*one, day, day).key)).collect();
        for expected in ["一次性", "2026年第10周", "2026年3月", "2026年第1季度"] {
            assert!(said.iter().any(|one| one == expected), "{expected}: {said:?}");
        }
    }

    #[test]
    fn periods_of_a_day() {
        let date = day("2026-11-23");
        let of = |frequency| {
            let p = period(frequency, date, day("2026-11-20"));
            (p.key, p.first_day)
        };
        assert_eq!(of(Frequency::Once), ("once".to_owned(), day("2026-11-20")));
        assert_eq!(of(Frequency::Weekly), ("2026-W48".to_owned(), day("2026-11-23")));
        assert_eq!(of(Frequency::Monthly), ("2026-11".to_owned(), day("2026-11-01")));
        assert_eq!(of(Frequency::Quarterly), ("2026Q4".to_owned(), day("2026-10-01")));
    }

    #[test]
    fn weeks_around_new_year_follow_iso() {
        let of = |text| period(Frequency::Weekly, day(text), day("2026-01-01"));
        assert_eq!(
            of("2027-01-01"),
            Period { key: "2026-W53".to_owned(), first_day: day("2026-12-28") }
        );
        assert_eq!(
            of("2024-12-31"),
            Period { key: "2025-W01".to_owned(), first_day: day("2024-12-30") }
        );
    }

    proptest! {
        #[test]
        fn a_period_contains_its_day_and_begins_with_itself(frequency in any_frequency(), date in any_day()) {
            let found = period(frequency, date, date);
            prop_assert!(found.first_day <= date);
            prop_assert!(date - found.first_day <= TimeDelta::days(91));
            prop_assert_eq!(&period(frequency, found.first_day, found.first_day), &found);
            if let Some(before) = found.first_day.pred_opt().filter(|_| frequency != Frequency::Once) {
                prop_assert_ne!(period(frequency, before, before).key, found.key);
            }
        }
    }
}
