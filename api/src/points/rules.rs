//! Pure rules of the ledger: how minutes become points, which quarter a moment belongs to, who shares a rank.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use entity::ids::Points;

/// Code of the rule for measured service time.
pub const ACTIVITY_HOUR: &str = "activity_hour";
/// Code of the rule for a verified checklist item.
pub const TASK_ITEM: &str = "task_item";

/// What a number of minutes is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earned {
    /// What is posted.
    pub amount: Points,
    /// Whether the cap of one activity cut it.
    pub capped: bool,
}

/// Points for measured minutes: `floor(minutes × per_hour ÷ 60)` hundredths, at most `cap`.
///
/// Rounding down is the usual practice of the townships: a remainder below 0.01 point is dropped.
/// Negative minutes count as none.
#[must_use]
pub fn for_minutes(minutes: i32, per_hour: Points, cap: Option<Points>) -> Earned {
    let earned = i64::from(minutes.max(0)).saturating_mul(per_hour.hundredths().max(0)) / 60;
    match cap {
        Some(cap) if earned > cap.hundredths() => Earned { amount: cap, capped: true },
        _ => Earned { amount: Points::from_hundredths(earned), capped: false },
    }
}

/// A quarter of the calendar year in Beijing, written `2026Q4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarter {
    year: i32,
    number: u32,
}

impl Quarter {
    /// The quarter in which this moment falls in Beijing.
    #[must_use]
    pub fn of(moment: DateTime<Utc>) -> Self {
        Self::of_day(crate::clock::beijing(moment).date_naive())
    }

    /// The quarter of a Beijing date.
    #[must_use]
    pub fn of_day(day: NaiveDate) -> Self {
        Self { year: day.year(), number: day.month0() / 3 + 1 }
    }

    /// The quarter after it.
    #[must_use]
    pub fn next(self) -> Self {
        match self.number {
            4 => Self { year: self.year + 1, number: 1 },
            number => Self { number: number + 1, ..self },
        }
    }

    /// Its first moment in Beijing.
    #[must_use]
    pub fn start(self) -> DateTime<Utc> {
        let first = NaiveDate::from_ymd_opt(self.year, self.number * 3 - 2, 1);
        crate::clock::day(first.unwrap_or_default()).0
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}Q{}", self.year, self.number)
    }
}

impl FromStr for Quarter {
    type Err = NotAQuarter;

    fn from_str(text: &str) -> Result<Self, NotAQuarter> {
        let (year, number) = text.split_once('Q').ok_or(NotAQuarter)?;
        if year.len() != 4
            || number.len() != 1
            || !text.bytes().all(|b| b.is_ascii_digit() || b == b'Q')
        {
            return Err(NotAQuarter);
        }
        let (year, number) =
            (year.parse().map_err(|_| NotAQuarter)?, number.parse().map_err(|_| NotAQuarter)?);
        if (1..=4).contains(&number) { Ok(Self { year, number }) } else { Err(NotAQuarter) }
    }
}

/// The text is not of the form `2026Q4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAQuarter;

/// Ranks of scores that are sorted from high to low: equal scores share a rank, and the next rank skips
/// as many places (1, 1, 3), which is how a public notice (公示) is read.
#[must_use]
pub fn ranks(sorted: &[Points]) -> Vec<u64> {
    let mut last: Option<(Points, u64)> = None;
    (1_u64..)
        .zip(sorted)
        .map(|(place, score)| match last {
            Some((same, rank)) if same == *score => rank,
            _ => {
                last = Some((*score, place));
                place
            }
        })
        .collect()
}

/// The two sides of one posting: what the holder's purse gets and what the issue purse gives. They sum to zero.
#[must_use]
pub fn sides(amount: Points) -> (Points, Points) {
    (amount, -amount)
}

/// The sentence under a posting for service time, with every fact from which the amount follows.
#[must_use]
pub fn service_reason(activity: &str, minutes: i32, per_hour: Points, earned: Earned) -> String {
    let start = format!("参加“{activity}”，服务 {minutes} 分钟，按 1 小时 {} 分计", per_hour);
    let amount = earned.amount;
    if earned.capped {
        format!("{start}，超过每次活动上限，按 {amount} 分计")
    } else {
        format!("{start} {amount} 分")
    }
}

/// The sentence that explains a rule to whoever earns by it.
#[must_use]
pub fn formula(code: &str, per_hour: bool, points: Points, cap: Option<Points>) -> String {
    if code == TASK_ITEM {
        return "完成清单任务并经核验，按该条目载明的分值计分，一项一计".to_owned();
    }
    let cap = cap.map_or_else(String::new, |cap| format!("，每次活动最多 {} 分", cap));
    if per_hour {
        format!(
            "活动期间签到至签退的时间，每满 1 小时计 {} 分，不足 1 小时按分钟折算（不足 0.01 分舍去）{cap}",
            points
        )
    } else {
        format!("每项计 {} 分{cap}", points)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    const HOUR: Points = Points::from_hundredths(100);
    const CAP: Option<Points> = Some(Points::from_hundredths(200));

    const fn points(hundredths: i64) -> Points {
        Points::from_hundredths(hundredths)
    }

    fn moment(text: &str) -> Option<DateTime<Utc>> {
        text.parse().ok()
    }

    #[test]
    fn minutes_of_the_usual_rule() {
        let amount = |minutes| for_minutes(minutes, HOUR, CAP).amount;
        assert_eq!(amount(95), points(158));
        assert_eq!(amount(60), points(100));
        assert_eq!(amount(0), points(0));
        assert_eq!(amount(-5), points(0));
        assert_eq!(for_minutes(120, HOUR, CAP), Earned { amount: points(200), capped: false });
        assert_eq!(for_minutes(180, HOUR, CAP), Earned { amount: points(200), capped: true });
    }

    #[test]
    fn sentences_carry_every_fact() {
        assert_eq!(
            service_reason("水库村河道清理", 95, HOUR, for_minutes(95, HOUR, CAP)),
            "参加“水库村河道清理”，服务 95 分钟，按 1 小时 1 分计 1.58 分"
        );
        assert_eq!(
            service_reason("水库村河道清理", 180, HOUR, for_minutes(180, HOUR, CAP)),
            "参加“水库村河道清理”，服务 180 分钟，按 1 小时 1 分计，超过每次活动上限，按 2 分计"
        );
        assert!(formula(ACTIVITY_HOUR, true, HOUR, CAP).contains("每次活动最多 2 分"));
        assert!(!formula(TASK_ITEM, false, points(0), None).contains('0'));
    }

    #[test]
    fn quarter_turns_at_midnight_in_beijing() {
        let of = |text| moment(text).map(|at| Quarter::of(at).to_string());
        assert_eq!(of("2026-12-31T15:59:59Z").as_deref(), Some("2026Q4"));
        assert_eq!(of("2026-12-31T16:00:00Z").as_deref(), Some("2027Q1"));
        assert_eq!(of("2026-06-30T15:59:59.999Z").as_deref(), Some("2026Q2"));
        assert_eq!(of("2026-06-30T16:00:00Z").as_deref(), Some("2026Q3"));
    }

    #[test]
    fn a_quarter_begins_with_its_first_moment() {
        for text in ["2026Q1", "2026Q2", "2026Q3", "2026Q4"] {
            let quarter: Quarter = text.parse().unwrap_or(Quarter { year: 0, number: 1 });
            assert_eq!(quarter.to_string(), text);
            assert_eq!(Quarter::of(quarter.start()), quarter);
            let before = Quarter::of(quarter.start() - TimeDelta::milliseconds(1));
            assert_eq!(before.next(), quarter);
        }
    }

    #[test]
    fn only_quarters_are_read_as_quarters() {
        for wrong in [
            "", "2026", "2026Q0", "2026Q5", "2026q4", "26Q1", "2026Q04", "+026Q1", "2026Q", "Q1",
            "2026Q1Q",
        ] {
            assert_eq!(wrong.parse::<Quarter>(), Err(NotAQuarter), "{wrong}");
        }
    }

    #[test]
    fn equal_scores_share_a_rank() {
        assert_eq!(ranks(&[900, 900, 700, 700, 700, 100].map(points)), [1, 1, 3, 3, 3, 6]);
        assert_eq!(ranks(&[]), Vec::<u64>::new());
    }

    proptest! {
        #[test]
        fn never_above_the_cap_and_never_falling(a in 0..100_000_i32, more in 0..100_000_i32, per_hour in 0..10_000_i64, cap in 0..10_000_i64) {
            let (less, more) = (for_minutes(a, points(per_hour), Some(points(cap))), for_minutes(a + more, points(per_hour), Some(points(cap))));
            prop_assert!(less.amount <= more.amount);
            prop_assert!(more.amount <= points(cap));
            prop_assert!(less.amount >= points(0));
            let free = for_minutes(a, points(per_hour), None);
            prop_assert_eq!(less.capped, free.amount > points(cap));
            // Rounded down by less than one hundredth.
            let exact = i64::from(a) * per_hour;
            prop_assert!(free.amount.hundredths() * 60 <= exact && exact < (free.amount.hundredths() + 1) * 60);
        }

        #[test]
        fn both_sides_sum_to_zero(amount in -1_000_000_000_i64..1_000_000_000) {
            let (member, issue) = sides(points(amount));
            prop_assert_eq!(member + issue, Points::ZERO);
            prop_assert_eq!(member, points(amount));
        }

        #[test]
        fn a_quarter_survives_being_written(seconds in 0..4_000_000_000_i64) {
            if let Some(at) = DateTime::from_timestamp(seconds, 0) {
                let quarter = Quarter::of(at);
                prop_assert_eq!(quarter.to_string().parse::<Quarter>(), Ok(quarter));
                // A later moment is never in an earlier quarter.
                prop_assert!(Quarter::of(at + TimeDelta::days(1)) >= quarter);
                prop_assert!(Quarter::of(at + TimeDelta::days(93)) > quarter);
            }
        }

        #[test]
        fn a_rank_is_one_more_than_the_number_of_better_scores(mut scores in prop::collection::vec(0..20_i64, 0..60)) {
            scores.sort_unstable_by(|a, b| b.cmp(a));
            let sorted: Vec<Points> = scores.iter().copied().map(points).collect();
            for (score, rank) in sorted.iter().zip(ranks(&sorted)) {
                let better = (0_u64..).zip(sorted.iter().filter(|other| *other > score)).count();
                prop_assert_eq!(u64::try_from(better), Ok(rank - 1));
            }
        }
    }
}
