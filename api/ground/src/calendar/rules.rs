//! Which day is worked: pure functions over the official data.

use entity::kinds::Vocabulary;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a day is worked or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// An ordinary day of work 工作日.
    Working,
    /// A Saturday or Sunday 周末.
    Weekend,
    /// A day off by the yearly notice, whatever day of the week 节假日.
    Holiday,
    /// A Saturday or Sunday worked by the yearly notice 调休上班.
    MakeUp,
}

/// What these are called.
pub(super) const DAY_KINDS: Vocabulary = Vocabulary {
    name: "DayKind",
    words: &[
        ("working", "工作日", "Working day"),
        ("weekend", "休息日", "Day off"),
        ("holiday", "节假日", "Holiday"),
        ("make_up", "调休上班", "Make-up day"),
    ],
};

impl DayKind {
    /// Whether people work on a day of this kind.
    #[must_use]
    pub fn works(self) -> bool {
        matches!(self, Self::Working | Self::MakeUp)
    }
}

/// What is known of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// Why it is worked or not.
    pub kind: DayKind,
    /// The festival that a holiday or make-up day belongs to.
    pub name: Option<&'a str>,
    /// Whether the notice for the year of this day is published.
    pub official: bool,
}

/// One year as the bundled file holds it: date → festival.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Year {
    holidays: BTreeMap<NaiveDate, String>,
    workdays: BTreeMap<NaiveDate, String>,
}

/// The official working calendar.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    years: BTreeSet<i32>,
    holidays: BTreeMap<NaiveDate, String>,
    make_up: BTreeMap<NaiveDate, String>,
}

static CHINA: LazyLock<Calendar> = LazyLock::new(|| {
    #[expect(
        clippy::expect_used,
        reason = "the file is part of the program and read by a unit test"
    )]
    Calendar::parse(include_str!("cn-workdays.json")).expect("cn-workdays.json")
});

impl Calendar {
    /// The calendar of China's mainland, from the yearly notices of the State Council bundled with the program.
    #[must_use]
    pub fn china() -> &'static Self {
        &CHINA
    }

    /// A calendar without any notice: weekends alone.
    #[must_use]
    pub fn weekends_only() -> Self {
        Self::default()
    }

    /// Reads `{"2026": {"holidays": {date: name}, "workdays": {date: name}}}`.
    ///
    /// # Errors
    /// Text that is not of this form.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let file: BTreeMap<i32, Year> = serde_json::from_str(text)?;
        let mut calendar = Self::default();
        for (number, year) in file {
            calendar.years.insert(number);
            calendar.holidays.extend(year.holidays);
            calendar.make_up.extend(year.workdays);
        }
        Ok(calendar)
    }

    /// What is known of a day.
    #[must_use]
    pub fn day(&self, date: NaiveDate) -> Verdict<'_> {
        let official = self.years.contains(&date.year());
        if let Some(name) = self.holidays.get(&date) {
            return Verdict { kind: DayKind::Holiday, name: Some(name), official };
        }
        if let Some(name) = self.make_up.get(&date) {
            return Verdict { kind: DayKind::MakeUp, name: Some(name), official };
        }
        let kind = match date.weekday() {
            Weekday::Sat | Weekday::Sun => DayKind::Weekend,
            _ => DayKind::Working,
        };
        Verdict { kind, name: None, official }
    }

    /// Whether people work on this day.
    #[must_use]
    pub fn is_working(&self, date: NaiveDate) -> bool {
        self.day(date).kind.works()
    }

    /// The `count`-th working day (1 = the first) on or after `from`; a count below 1 is taken as 1.
    /// At the end of representable time the last day there is.
    #[must_use]
    pub fn nth_working_day(&self, from: NaiveDate, count: i32) -> NaiveDate {
        let mut left = count.max(1);
        let mut day = from;
        loop {
            if self.is_working(day) {
                left -= 1;
                if left == 0 {
                    return day;
                }
            }
            match day.succ_opt() {
                Some(next) => day = next,
                None => return day,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn the_bundled_file_reads() {
        let calendar = Calendar::parse(include_str!("cn-workdays.json"));
        assert!(calendar.is_ok_and(|c| c.years.contains(&2004) && c.years.contains(&2026)));
    }

    #[test]
    fn national_day_2026() {
        let china = Calendar::china();
        assert_eq!(
            china.day(day("2026-10-01")),
            Verdict { kind: DayKind::Holiday, name: Some("国庆节"), official: true }
        );
        assert_eq!(
            china.day(day("2026-10-03")).kind,
            DayKind::Holiday,
            "a Saturday within the holiday"
        );
        assert_eq!(
            china.day(day("2026-10-10")),
            Verdict { kind: DayKind::MakeUp, name: Some("国庆节"), official: true }
        );
        assert_eq!(china.day(day("2026-09-20")).kind, DayKind::MakeUp);
        assert_eq!(china.day(day("2026-10-11")).kind, DayKind::Weekend);
        assert_eq!(china.day(day("2026-10-08")).kind, DayKind::Working);
    }

    #[test]
    fn a_year_without_notice_knows_weekends_only() {
        let china = Calendar::china();
        let may_day = china.day(day("2031-05-01"));
        assert_eq!(may_day, Verdict { kind: DayKind::Working, name: None, official: false });
        assert_eq!(china.day(day("2031-05-03")).kind, DayKind::Weekend);
    }

    #[test]
    fn working_days_are_counted_across_the_holiday() {
        let china = Calendar::china();
        // 9月30日 is the first, 10月8日 the second, 9日 the third, and Saturday the 10th (调休上班) the fourth.
        assert_eq!(china.nth_working_day(day("2026-09-30"), 1), day("2026-09-30"));
        assert_eq!(china.nth_working_day(day("2026-09-30"), 2), day("2026-10-08"));
        assert_eq!(china.nth_working_day(day("2026-09-30"), 4), day("2026-10-10"));
        assert_eq!(china.nth_working_day(day("2026-09-30"), 5), day("2026-10-12"));
        assert_eq!(china.nth_working_day(day("2026-10-01"), 1), day("2026-10-08"));
    }

    fn any_day() -> impl Strategy<Value = NaiveDate> {
        (0_i64..12_000).prop_map(|n| day("2003-01-01") + chrono::TimeDelta::days(n))
    }

    proptest! {
        #[test]
        fn the_nth_working_day_is_worked_and_the_count_is_right(from in any_day(), count in 1_i32..=60) {
            let china = Calendar::china();
            let last = china.nth_working_day(from, count);
            prop_assert!(china.is_working(last));
            let between = from.iter_days().take_while(|d| *d <= last).filter(|d| china.is_working(*d)).count();
            prop_assert_eq!(i32::try_from(between), Ok(count));
        }

        #[test]
        fn more_days_end_later_and_a_later_start_never_ends_earlier(from in any_day(), count in 1_i32..60) {
            let china = Calendar::china();
            let last = china.nth_working_day(from, count);
            prop_assert!(last < china.nth_working_day(from, count + 1));
            prop_assert!(last <= china.nth_working_day(from + chrono::TimeDelta::days(1), count));
        }

        #[test]
        fn without_notices_five_working_days_are_a_week(from in any_day()) {
            let plain = Calendar::weekends_only();
            let first = plain.nth_working_day(from, 1);
            prop_assert_eq!(plain.nth_working_day(from, 6), first + chrono::TimeDelta::days(7));
        }
    }
}
