//! Which tasks a list asks for: each duty of whoever holds its post, in the periods that run or were missed.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use entity::ids::{ChecklistItemId, GridId, MemberId};
use entity::kinds::PostKind;
use uuid::Uuid;

use super::duty::{Duty, SOURCE};
use super::period::{Period, next_first_day, period};
use crate::calendar::Calendar;
use crate::task::Assignee;
use crate::task::rules::{due_when_opened, obligation_id};

/// Somebody in a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    /// The post.
    pub kind: PostKind,
    /// The first day in the post.
    pub since: NaiveDate,
    /// Where.
    pub grid_id: GridId,
    /// Who.
    pub member_id: MemberId,
}

/// A task to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opening {
    /// The item it arises from.
    pub item_id: ChecklistItemId,
    /// See [`duty_id`].
    pub duty_id: Uuid,
    /// The key of the period.
    pub period: String,
    /// Where.
    pub grid_id: GridId,
    /// Who owes it.
    pub member_id: MemberId,
    /// In which post.
    pub role: PostKind,
    /// Until when.
    pub due_at: DateTime<Utc>,
    /// It ought to have been opened on an earlier day, on which the server stood still.
    pub late: bool,
}

impl Opening {
    /// Whose it is: of the person who holds the post, not of whoever will hold it.
    #[must_use]
    pub(crate) fn assignee(&self) -> Assignee {
        Assignee::Person(self.member_id, Some(self.role))
    }

    /// What makes it the same obligation as another.
    #[must_use]
    pub(crate) fn obligation_id(&self) -> Uuid {
        obligation_id(SOURCE, self.duty_id, &self.period, Some(self.grid_id), &self.assignee())
    }
}

/// The moment at which a plan is made, and since when the list is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct When {
    /// Now.
    pub now: DateTime<Utc>,
    /// The day in Beijing.
    pub today: NaiveDate,
    /// The first day of the version in force.
    pub effective_from: NaiveDate,
    /// Since this day, if any, the server stood still: what ought to have been opened on it or later, and before today, is opened
    /// late.
    pub stood_still: Option<NaiveDate>,
}

/// Every task of the running periods: each duty for each holder of its post. Time counts from the first day of the
/// period, but not from before the list was in force or the person in the post. Each task appears once, even where one
/// person is entered twice in the same post.
#[must_use]
pub(crate) fn openings(
    duties: &[Duty],
    holders: &[Holder],
    when: When,
    calendar: &Calendar,
) -> Vec<Opening> {
    let plan = duties.iter().flat_map(|duty| {
        let period = period(duty.frequency, when.today, when.effective_from);
        holders.iter().filter(|holder| holder.kind == duty.role).map(move |holder| {
            let start = period.first_day.max(when.effective_from).max(holder.since);
            let late = when.stood_still.is_some_and(|since| since <= start) && start < when.today;
            opening(duty, holder, &period, start, late, when, calendar)
        })
    });
    each_once(plan)
}

/// Periods that are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missed {
    /// Those that began on this day.
    Began(NaiveDate),
    /// Those that ran on this day.
    Ran(NaiveDate),
}

/// Every task of these periods, since the server stood still meanwhile: each duty for whoever held its post in the period and holds it
/// still. (Who has left it since owes nothing in it any more.) Time counts from today: nobody could have begun earlier.
#[must_use]
pub(crate) fn missed_openings(
    duties: &[Duty],
    holders: &[Holder],
    missed: Missed,
    when: When,
    calendar: &Calendar,
) -> Vec<Opening> {
    let (Missed::Began(day) | Missed::Ran(day)) = missed;
    let plan = duties.iter().flat_map(|duty| {
        let period = period(duty.frequency, day, when.effective_from);
        let over = next_first_day([duty.frequency], day).filter(|next| {
            *next <= when.today && (missed == Missed::Ran(day) || period.first_day == day)
        });
        holders
            .iter()
            .filter(move |holder| {
                holder.kind == duty.role && over.is_some_and(|over| holder.since < over)
            })
            .map(move |holder| opening(duty, holder, &period, when.today, true, when, calendar))
    });
    each_once(plan)
}

fn opening(
    duty: &Duty,
    holder: &Holder,
    period: &Period,
    start: NaiveDate,
    late: bool,
    when: When,
    calendar: &Calendar,
) -> Opening {
    Opening {
        item_id: duty.item_id,
        duty_id: duty.duty_id,
        period: period.key.clone(),
        grid_id: holder.grid_id,
        member_id: holder.member_id,
        role: duty.role,
        due_at: due_when_opened(duty.clock_policy(), start, when.now, calendar),
        late,
    }
}

fn each_once(plan: impl Iterator<Item = Opening>) -> Vec<Opening> {
    let mut seen: HashSet<Uuid> = HashSet::new();
    plan.filter(|opening| seen.insert(opening.obligation_id())).collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use entity::kinds::Frequency;
    use proptest::prelude::*;

    use super::super::samples::{any_frequency, any_role, at, day, duty, monday};
    use super::*;

    #[test]
    fn the_period_running_at_publication_counts_from_publication() {
        let duties = [duty(PostKind::GeneralHead, Frequency::Monthly, 3)];
        let holder = Holder {
            kind: PostKind::GeneralHead,
            since: day("2026-01-01"),
            grid_id: GridId::new(),
            member_id: MemberId::new(),
        };
        let plan = openings(&duties, std::slice::from_ref(&holder), monday(9), Calendar::china());
        assert_eq!(plan.first().map(|o| o.due_at), Some(at("2026-11-25T17:30:00+08:00")));

        let december = When {
            now: at("2026-12-01T00:10:00+08:00"),
            today: day("2026-12-01"),
            effective_from: day("2026-11-23"),
            stood_still: None,
        };
        let plan = openings(&duties, &[holder], december, Calendar::china());
        let found = plan.first().map(|o| (o.period.as_str(), o.due_at));
        assert_eq!(found, Some(("2026-12", at("2026-12-03T17:30:00+08:00"))));
    }

    #[test]
    fn who_comes_in_the_middle_of_a_period_is_counted_from_then() {
        let duties = [duty(PostKind::SubHead, Frequency::Monthly, 5)];
        let holder = Holder {
            kind: PostKind::SubHead,
            since: day("2026-12-10"),
            grid_id: GridId::new(),
            member_id: MemberId::new(),
        };
        let when = When {
            now: at("2026-12-10T00:10:00+08:00"),
            today: day("2026-12-10"),
            effective_from: day("2026-11-23"),
            stood_still: None,
        };
        let plan = openings(&duties, &[holder], when, Calendar::china());
        assert_eq!(plan.first().map(|o| o.due_at), Some(at("2026-12-16T17:30:00+08:00")));
    }

    proptest! {
        #[test]
        fn every_holder_gets_every_duty_of_the_post_once(
            roles in prop::collection::vec((any_role(), any_frequency(), 1_i32..=60), 0..6),
            posts in prop::collection::vec((any_role(), 0_i64..900), 0..12),
            hour in 0_i64..24,
        ) {
            let duties: Vec<Duty> = roles.iter().map(|(r, f, l)| duty(*r, *f, *l)).collect();
            let mut holders: Vec<Holder> = posts.iter().map(|(kind, ago)| Holder {
                kind: *kind,
                since: day("2026-11-23") - TimeDelta::days(*ago),
                grid_id: GridId::new(),
                member_id: MemberId::new(),
            }).collect();
            let wanted: usize = duties.iter()
                .map(|d| holders.iter().filter(|h| h.kind == d.role).count())
                .sum();
            // Entered twice, asked once.
            holders.extend(holders.clone());
            let when = monday(hour);
            let plan = openings(&duties, &holders, when, Calendar::china());
            prop_assert_eq!(plan.len(), wanted);
            prop_assert!(plan.iter().all(|o| o.due_at > when.now));
            let keys: HashSet<Uuid> = plan.iter().map(Opening::obligation_id).collect();
            prop_assert_eq!(keys.len(), plan.len());
        }
    }
}
