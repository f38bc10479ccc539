//! What a published list asks of whom in a period: pure functions.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, Utc};
use entity::clock_policy::ClockPolicy;
use entity::ids::{ChecklistId, ChecklistItemId, GridId, MemberId, TaskId};
use entity::kinds::{Frequency, GridKind, PostKind};
use uuid::Uuid;

use crate::calendar::Calendar;
use crate::task::rules::{derived_id, due_when_opened, obligation_id};
use crate::task::{Assignee, Owed};

/// The period of a duty: its key, as people and the interface see it, and its first day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// `once`, `2026-W47` (ISO week), `2026-11` or `2026Q4`.
    pub key: String,
    /// The first day of the period; of `once` the day from which the list is in force.
    pub first_day: NaiveDate,
}

/// The period of this frequency that contains `date`. Weeks are ISO weeks: they begin on Monday and the days around New
/// Year belong to the year that has most of the week.
#[must_use]
pub fn period(frequency: Frequency, date: NaiveDate, effective_from: NaiveDate) -> Period {
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

/// The first day on which one of these frequencies begins a new period after `day`; none for what is asked once.
#[must_use]
pub fn next_first_day(
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

/// Whether a grid of this kind must have somebody in this post for a duty of the post: a general grid its head, a sub
/// grid its head, the township and each general grid its supervisor. Instructors and workers have a duty where they
/// are; a grid without them lacks nobody.
#[must_use]
pub fn must_hold(role: PostKind, grid: GridKind) -> bool {
    match role {
        PostKind::GeneralHead => grid == GridKind::General,
        PostKind::SubHead => grid == GridKind::Sub,
        PostKind::Supervisor => matches!(grid, GridKind::Township | GridKind::General),
        PostKind::Instructor | PostKind::Worker => false,
    }
}

/// The identity of a duty through the versions of its list: the same words for the same post with the same frequency
/// are the same duty, whatever its position, evidence, limit or points. (The words of posts and frequencies enter as
/// they stand in the interface, where they never change.) It is what keeps a new version from asking a
/// second time in a period that has been asked for already.
#[must_use]
pub fn duty_id(list: ChecklistId, what: &str, role: PostKind, frequency: Frequency) -> Uuid {
    derived_id([
        list.uuid().as_bytes().as_slice(),
        role.as_str().as_bytes(),
        frequency.as_str().as_bytes(),
        what.trim().as_bytes(),
    ])
}

/// Positions (from 0) of items that repeat an earlier one: the same words, post and frequency.
#[must_use]
pub fn repeated<'a>(
    items: impl IntoIterator<Item = (&'a str, PostKind, Frequency)>,
) -> Vec<(usize, usize)> {
    let mut first: HashMap<(&str, PostKind, Frequency), usize> = HashMap::new();
    let mut found = Vec::new();
    for (index, (what, role, frequency)) in items.into_iter().enumerate() {
        let key = (what.trim(), role, frequency);
        match first.get(&key) {
            Some(earlier) => found.push((index, *earlier)),
            None => {
                first.insert(key, index);
            }
        }
    }
    found
}

/// What of an item decides about tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// The item in its version.
    pub item_id: ChecklistItemId,
    /// See [`duty_id`].
    pub duty_id: Uuid,
    /// Whose duty it is.
    pub role: PostKind,
    /// How often it falls due.
    pub frequency: Frequency,
    /// Working days, counted from the first day.
    pub limit_working_days: i32,
}

impl Duty {
    /// How long it may take.
    #[must_use]
    pub const fn clock_policy(&self) -> ClockPolicy {
        ClockPolicy::WorkingDays(self.limit_working_days)
    }
}

/// Somebody in a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The post.
    pub kind: PostKind,
    /// The first day in the post.
    pub since: NaiveDate,
    /// Where.
    pub grid_id: GridId,
    /// Who.
    pub member_id: MemberId,
}

/// The kind of the tasks that lists ask for.
pub const SOURCE: &str = "checklist";

/// A task to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
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
    pub fn assignee(&self) -> Assignee {
        Assignee::Person(self.member_id, Some(self.role))
    }

    /// What makes it the same obligation as another.
    #[must_use]
    pub fn obligation_id(&self) -> Uuid {
        obligation_id(SOURCE, self.duty_id, &self.period, Some(self.grid_id), &self.assignee())
    }
}

/// The moment at which a plan is made, and since when the list is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
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
pub fn openings(
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

/// Every task of the periods that began on `first_day` and are over, since the server stood still meanwhile: each duty for whoever held
/// its post in the period and holds it still. (Who has left it since owes nothing in it any more.) Time counts from today:
/// nobody could have begun earlier.
#[must_use]
pub fn missed_openings(
    duties: &[Duty],
    holders: &[Holder],
    first_day: NaiveDate,
    when: When,
    calendar: &Calendar,
) -> Vec<Opening> {
    let plan = duties.iter().flat_map(|duty| {
        let period = period(duty.frequency, first_day, when.effective_from);
        let over = next_first_day([duty.frequency], first_day)
            .filter(|next| period.first_day == first_day && *next <= when.today);
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

/// Why a task is owed no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lapse {
    /// The person is not in the post any more.
    PostEnded,
    /// No list in force asks for it any more, and its period is still running.
    DutyDropped,
}

/// The tasks that are owed no longer: what was owed in a post that the person has left, and the running period's part
/// of duties that no list in force contains. What an earlier period left undone under a duty since dropped stays owed:
/// a new version does not wipe out what the old one asked in its time.
#[must_use]
pub fn lapsed(
    owed: &[Owed],
    in_force: &HashSet<Uuid>,
    holders: &[Holder],
    today: NaiveDate,
) -> Vec<(TaskId, Lapse)> {
    let held: HashSet<(PostKind, GridId, MemberId)> =
        holders.iter().map(|h| (h.kind, h.grid_id, h.member_id)).collect();
    let running: HashSet<String> =
        Frequency::ALL.iter().map(|frequency| period(*frequency, today, today).key).collect();
    owed.iter()
        .filter_map(|task| {
            // A task of a list is a person's in a post of a grid: what lacks one of these is held by nobody.
            let is_held = task
                .post
                .zip(task.grid_id)
                .zip(task.member_id)
                .is_some_and(|((post, grid), member)| held.contains(&(post, grid, member)));
            let lapse = if !is_held {
                Lapse::PostEnded
            } else if !in_force.contains(&task.source_item_id) && running.contains(&task.period) {
                Lapse::DutyDropped
            } else {
                return None;
            };
            Some((task.id, lapse))
        })
        .collect()
}

/// Where nobody is in a post that has duties: (grid, post), grids in the order given, each pair once.
#[must_use]
pub fn vacancies(
    duties: &[Duty],
    holders: &[Holder],
    grids: &[(GridId, GridKind)],
) -> Vec<(GridId, PostKind)> {
    let roles: HashSet<PostKind> = duties.iter().map(|d| d.role).collect();
    let held: HashSet<(GridId, PostKind)> = holders.iter().map(|h| (h.grid_id, h.kind)).collect();
    let ordered = [PostKind::Supervisor, PostKind::GeneralHead, PostKind::SubHead];
    grids
        .iter()
        .flat_map(|(grid, kind)| ordered.into_iter().map(move |role| (*grid, *kind, role)))
        .filter(|(grid, kind, role)| {
            must_hold(*role, *kind) && roles.contains(role) && !held.contains(&(*grid, *role))
        })
        .map(|(grid, _, role)| (grid, role))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap_or_default()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap_or_default()
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

    fn duty(role: PostKind, frequency: Frequency, limit: i32) -> Duty {
        Duty {
            item_id: ChecklistItemId::new(),
            duty_id: Uuid::now_v7(),
            role,
            frequency,
            limit_working_days: limit,
        }
    }

    fn monday(hour: i64) -> When {
        When {
            now: at("2026-11-23T00:00:00+08:00") + TimeDelta::hours(hour),
            today: day("2026-11-23"),
            effective_from: day("2026-11-23"),
            stood_still: None,
        }
    }

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

    #[test]
    fn vacancies_are_where_a_duty_finds_nobody() {
        let (township, general, other, sub) =
            (GridId::new(), GridId::new(), GridId::new(), GridId::new());
        let grids = [
            (township, GridKind::Township),
            (general, GridKind::General),
            (sub, GridKind::Sub),
            (other, GridKind::General),
        ];
        let holders = [Holder {
            kind: PostKind::GeneralHead,
            since: day("2026-01-01"),
            grid_id: general,
            member_id: MemberId::new(),
        }];
        let duties = [
            duty(PostKind::GeneralHead, Frequency::Monthly, 3),
            duty(PostKind::GeneralHead, Frequency::Weekly, 3),
            duty(PostKind::SubHead, Frequency::Weekly, 3),
            duty(PostKind::Worker, Frequency::Weekly, 3),
        ];
        assert_eq!(
            vacancies(&duties, &holders, &grids),
            vec![(sub, PostKind::SubHead), (other, PostKind::GeneralHead)]
        );
        let supervised = [duty(PostKind::Supervisor, Frequency::Quarterly, 3)];
        assert_eq!(
            vacancies(&supervised, &holders, &grids),
            vec![
                (township, PostKind::Supervisor),
                (general, PostKind::Supervisor),
                (other, PostKind::Supervisor)
            ]
        );
    }

    #[test]
    fn repeated_items_are_found_whatever_the_spaces() {
        let items = [
            ("每周巡查一次网格", PostKind::Worker, Frequency::Weekly),
            ("每周巡查一次网格", PostKind::SubHead, Frequency::Weekly),
            (" 每周巡查一次网格 ", PostKind::Worker, Frequency::Weekly),
        ];
        assert_eq!(repeated(items), vec![(2, 0)]);
    }

    fn any_role() -> impl Strategy<Value = PostKind> {
        prop_oneof![
            Just(PostKind::Supervisor),
            Just(PostKind::GeneralHead),
            Just(PostKind::Instructor),
            Just(PostKind::SubHead),
            Just(PostKind::Worker)
        ]
    }

    fn any_frequency() -> impl Strategy<Value = Frequency> {
        prop_oneof![
            Just(Frequency::Once),
            Just(Frequency::Weekly),
            Just(Frequency::Monthly),
            Just(Frequency::Quarterly)
        ]
    }

    fn any_day() -> impl Strategy<Value = NaiveDate> {
        (0_i64..12_000).prop_map(|n| day("2003-01-01") + TimeDelta::days(n))
    }

    #[test]
    fn what_lapses_and_what_stays_owed() {
        let (grid, head, other) = (GridId::new(), MemberId::new(), MemberId::new());
        let (kept, dropped) = (Uuid::now_v7(), Uuid::now_v7());
        let owed = |source_id, period: &str, member_id| Owed {
            id: TaskId::new(),
            source_item_id: source_id,
            period: period.to_owned(),
            post: Some(PostKind::SubHead),
            grid_id: Some(grid),
            member_id: Some(member_id),
        };
        let tasks = [
            owed(kept, "2026-11", head),
            owed(kept, "2026-10", head),
            owed(dropped, "2026-11", head),
            owed(dropped, "2026-W47", head),
            owed(dropped, "once", head),
            owed(dropped, "2026-10", head),
            owed(kept, "2026-11", other),
            owed(dropped, "2026-10", other),
        ];
        let holder = Holder {
            kind: PostKind::SubHead,
            since: day("2026-01-01"),
            grid_id: grid,
            member_id: head,
        };
        let found = lapsed(&tasks, &HashSet::from([kept]), &[holder], day("2026-11-22"));
        let expected: Vec<(TaskId, Lapse)> = [
            (2, Lapse::DutyDropped),
            (3, Lapse::DutyDropped),
            (4, Lapse::DutyDropped),
            (6, Lapse::PostEnded),
            (7, Lapse::PostEnded),
        ]
        .into_iter()
        .map(|(index, lapse)| (tasks[index].id, lapse))
        .collect();
        assert_eq!(found, expected);
    }

    proptest! {
        #[test]
        fn nothing_that_would_be_opened_lapses(
            roles in prop::collection::vec((any_role(), any_frequency()), 0..6),
            posts in prop::collection::vec(any_role(), 0..12),
            later in 0_i64..400,
        ) {
            let duties: Vec<Duty> = roles.iter().map(|(r, f)| duty(*r, *f, 3)).collect();
            let holders: Vec<Holder> = posts.iter().map(|kind| Holder {
                kind: *kind,
                since: day("2026-01-01"),
                grid_id: GridId::new(),
                member_id: MemberId::new(),
            }).collect();
            let when = monday(9);
            let owed: Vec<Owed> = openings(&duties, &holders, when, Calendar::china()).into_iter()
                .map(|o| Owed {
                    id: TaskId::new(),
                    post: Some(o.role),
                    source_item_id: o.duty_id,
                    period: o.period,
                    grid_id: Some(o.grid_id),
                    member_id: Some(o.member_id),
                })
                .collect();
            let in_force: HashSet<Uuid> = duties.iter().map(|d| d.duty_id).collect();
            let day = when.today + TimeDelta::days(later);
            prop_assert_eq!(lapsed(&owed, &in_force, &holders, day), vec![]);
            let all = lapsed(&owed, &in_force, &[], day);
            prop_assert_eq!(all.len(), owed.len());
            prop_assert!(all.iter().all(|(_, lapse)| *lapse == Lapse::PostEnded));
        }

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

        #[test]
        fn a_duty_keeps_its_identity_only_with_words_post_and_frequency(
            a in "\\PC{1,12}", b in "\\PC{1,12}", role in any_role(), other in any_role(),
            frequency in any_frequency(), second in any_frequency(),
        ) {
            let list = ChecklistId::new();
            let id = duty_id(list, &a, role, frequency);
            prop_assert_eq!(duty_id(list, &format!(" {a} "), role, frequency), id);
            prop_assert_eq!(duty_id(list, &b, role, frequency) == id, a.trim() == b.trim());
            prop_assert_eq!(duty_id(list, &a, other, frequency) == id, role == other);
            prop_assert_eq!(duty_id(list, &a, role, second) == id, frequency == second);
            prop_assert_ne!(duty_id(ChecklistId::new(), &a, role, frequency), id);
        }

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
