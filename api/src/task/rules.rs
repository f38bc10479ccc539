//! Deadlines, states and who may do what: pure functions of facts.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use entity::ids::{GridId, MemberId, TaskId};
use entity::kinds::{Evidence, PostKind, TaskState};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::calendar::Calendar;
use crate::clock::from_beijing;

/// What makes a task of a source the same task: the thing it arose from, the period, the grid, the person.
pub type Key = (Uuid, String, GridId, MemberId);

/// A task that somebody still owes.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Owed {
    /// The task.
    pub id: TaskId,
    /// What it arose from.
    pub source_id: Uuid,
    /// The key of its period.
    pub period: String,
    /// Where.
    pub grid_id: GridId,
    /// Who owes it.
    pub member_id: MemberId,
    /// In which post.
    pub role: PostKind,
}

/// The end of the working day in Beijing, 17:30, from midnight.
const CLOSING: TimeDelta = TimeDelta::minutes(17 * 60 + 30);

/// The states in which the person still has to do something.
pub const OWED: [TaskState; 2] = [TaskState::Open, TaskState::Returned];

/// How far the clock of a phone may run ahead of the server's before it is taken to claim the future.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(2);

/// The moment something is due: 17:30 Beijing of the `limit_working_days`-th working day, the first working day on or
/// after `first_day` being day 1. A limit below 1 is taken as 1.
#[must_use]
pub fn due_at(first_day: NaiveDate, limit_working_days: i32, calendar: &Calendar) -> DateTime<Utc> {
    let last = calendar.nth_working_day(first_day, limit_working_days);
    from_beijing(last.and_time(NaiveTime::MIN) + CLOSING)
}

/// The moment a task that opens `now` is due. Normally [`due_at`]; but nobody is handed a task whose time has run out
/// already: where the count from `first_day` ends before `now`, it begins anew `today`, or tomorrow when today is over.
#[must_use]
pub fn due_when_opened(
    first_day: NaiveDate,
    limit_working_days: i32,
    today: NaiveDate,
    now: DateTime<Utc>,
    calendar: &Calendar,
) -> DateTime<Utc> {
    let tomorrow = today.succ_opt().unwrap_or(today);
    [first_day, first_day.max(today)]
        .into_iter()
        .map(|start| due_at(start, limit_working_days, calendar))
        .find(|due| *due > now)
        .unwrap_or_else(|| due_at(first_day.max(tomorrow), limit_working_days, calendar))
}

/// Whether a task is late at `now`: owed and past its deadline, or handed in after the deadline and not yet verified.
/// A return does not stop the clock. Nothing stores the answer.
#[must_use]
pub fn late(
    state: TaskState,
    due_at: DateTime<Utc>,
    submitted_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> bool {
    match state {
        TaskState::Open | TaskState::Returned => now > due_at,
        TaskState::Submitted => submitted_at.is_some_and(|at| at > due_at),
        TaskState::Verified | TaskState::Cancelled => false,
    }
}

/// Whether a task looks right to whoever verifies: handed in, and in time. The evidence that it asks for is there, or it
/// had not been taken; what came late is opened first. The one rule for what is verified without a look at each.
#[must_use]
pub fn looks_right(
    state: TaskState,
    due_at: DateTime<Utc>,
    submitted_at: Option<DateTime<Utc>>,
) -> bool {
    state == TaskState::Submitted && submitted_at.is_some_and(|at| at <= due_at)
}

/// What can be done to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The assignee hands it in 提交.
    Submit,
    /// Somebody above confirms it 核验.
    Verify,
    /// Somebody above sends it back with a reason 退回.
    Return,
}

/// The state that follows, or nothing when the act does not fit the state.
#[must_use]
pub fn next(state: TaskState, act: Act) -> Option<TaskState> {
    match (state, act) {
        (TaskState::Open | TaskState::Returned, Act::Submit) => Some(TaskState::Submitted),
        (TaskState::Submitted, Act::Verify) => Some(TaskState::Verified),
        (TaskState::Submitted, Act::Return) => Some(TaskState::Returned),
        _ => None,
    }
}

/// What is known of an account and a task it can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The state of the task.
    pub state: TaskState,
    /// The task is owed by the account's own member.
    pub own: bool,
    /// The account's roles let it hand in tasks.
    pub submits: bool,
    /// The account's roles let it verify tasks.
    pub verifies: bool,
    /// The account verifies for the township as a whole, not for grids.
    pub verifies_all: bool,
    /// The task's grid lies beneath one where the account's member is supervisor or general head.
    pub verifying_head: bool,
}

/// Why an act is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not somebody who may do this to this task.
    Forbidden,
    /// Nobody confirms what he did himself.
    OwnTask,
    /// The task is not in a state for it.
    WrongState,
}

/// Why these facts forbid the act; nothing when it is allowed. Who one is comes before the state of the task.
#[must_use]
pub fn refusal(act: Act, facts: &Facts) -> Option<Refusal> {
    let who = match act {
        Act::Submit if facts.submits && facts.own => None,
        Act::Submit => Some(Refusal::Forbidden),
        Act::Verify | Act::Return if !facts.verifies => Some(Refusal::Forbidden),
        Act::Verify | Act::Return if facts.own => Some(Refusal::OwnTask),
        Act::Verify | Act::Return if facts.verifies_all || facts.verifying_head => None,
        Act::Verify | Act::Return => Some(Refusal::Forbidden),
    };
    who.or_else(|| next(facts.state, act).is_none().then_some(Refusal::WrongState))
}

/// Whether what is handed in lacks the evidence that the duty asks for.
#[must_use]
pub fn evidence_missing(
    wanted: Evidence,
    text: Option<&str>,
    number: Option<f64>,
    photos: usize,
) -> bool {
    match wanted {
        Evidence::None => false,
        Evidence::Text => text.is_none_or(|t| t.trim().is_empty()),
        Evidence::Photo => photos == 0,
        Evidence::Number => number.is_none(),
    }
}

/// The moment of an act reported with its own time (done without a network, sent later). It cannot lie before the
/// task was handed to the person, whatever the phone's clock said. A clock that runs a little ahead counts as now;
/// nothing when it claims to lie further in the future than clocks differ.
#[must_use]
pub fn moment(
    done_at: Option<DateTime<Utc>>,
    handed_over_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    match done_at {
        None => Some(now),
        Some(at) if at > now + CLOCKS_DIFFER => None,
        Some(at) => Some(at.max(handed_over_at).min(now)),
    }
}

/// The grids beneath `roots`, these included, of a tree given as (grid, parent), parents before their children.
#[must_use]
pub fn beneath(tree: &[(GridId, Option<GridId>)], roots: &[GridId]) -> Vec<GridId> {
    let mut inside: HashSet<GridId> = HashSet::new();
    let mut found = Vec::new();
    for (grid, parent) in tree {
        if roots.contains(grid) || parent.is_some_and(|p| inside.contains(&p)) {
            inside.insert(*grid);
            found.push(*grid);
        }
    }
    found
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
    fn three_working_days_from_monday_end_on_wednesday() {
        let due = due_at(day("2026-11-23"), 3, Calendar::china());
        assert_eq!(due, at("2026-11-25T17:30:00+08:00"));
    }

    #[test]
    fn a_first_day_off_is_counted_from_the_next_working_day() {
        assert_eq!(
            due_at(day("2026-11-21"), 1, Calendar::china()),
            at("2026-11-23T17:30:00+08:00")
        );
    }

    #[test]
    fn around_national_day() {
        let china = Calendar::china();
        // 9月20日 is a Sunday that is worked, 25日 to 27日 is Mid-Autumn.
        assert_eq!(due_at(day("2026-09-18"), 3, china), at("2026-09-21T17:30:00+08:00"));
        assert_eq!(due_at(day("2026-09-24"), 2, china), at("2026-09-28T17:30:00+08:00"));
        // October's duties: the first working day is the 8th, Saturday the 10th counts.
        assert_eq!(due_at(day("2026-10-01"), 3, china), at("2026-10-10T17:30:00+08:00"));
        assert_eq!(due_at(day("2026-10-01"), 4, china), at("2026-10-12T17:30:00+08:00"));
    }

    #[test]
    fn a_task_opened_after_hours_begins_the_next_day() {
        let china = Calendar::china();
        let (monday, evening) = (day("2026-11-23"), at("2026-11-23T20:00:00+08:00"));
        assert_eq!(
            due_when_opened(monday, 1, monday, evening, china),
            at("2026-11-24T17:30:00+08:00")
        );
        assert_eq!(
            due_when_opened(monday, 3, monday, evening, china),
            at("2026-11-25T17:30:00+08:00")
        );
    }

    #[test]
    fn a_holder_who_comes_late_in_the_period_is_counted_from_today() {
        let (today, now) = (day("2026-11-23"), at("2026-11-23T09:00:00+08:00"));
        let due = due_when_opened(day("2026-11-01"), 3, today, now, Calendar::china());
        assert_eq!(due, at("2026-11-25T17:30:00+08:00"));
    }

    #[test]
    fn lateness() {
        let due = at("2026-11-25T17:30:00+08:00");
        let after = at("2026-11-25T17:30:01+08:00");
        assert!(!late(TaskState::Open, due, None, due));
        assert!(late(TaskState::Open, due, None, after));
        assert!(late(TaskState::Returned, due, Some(due), after));
        assert!(!late(TaskState::Submitted, due, Some(due), after));
        assert!(late(TaskState::Submitted, due, Some(after), after));
        assert!(!late(TaskState::Verified, due, Some(after), after));
        assert!(!late(TaskState::Cancelled, due, None, after));
    }

    #[test]
    fn what_came_in_time_looks_right() {
        let due = at("2026-11-25T17:30:00+08:00");
        let after = at("2026-11-25T17:30:01+08:00");
        assert!(looks_right(TaskState::Submitted, due, Some(due)));
        assert!(!looks_right(TaskState::Submitted, due, Some(after)));
        for state in
            [TaskState::Open, TaskState::Returned, TaskState::Verified, TaskState::Cancelled]
        {
            assert!(!looks_right(state, due, Some(due)), "{state}");
        }
    }

    #[test]
    fn evidence() {
        assert!(!evidence_missing(Evidence::None, None, None, 0));
        assert!(evidence_missing(Evidence::Text, Some("  "), None, 1));
        assert!(!evidence_missing(Evidence::Text, Some("已巡查"), None, 0));
        assert!(evidence_missing(Evidence::Photo, Some("已巡查"), Some(1.0), 0));
        assert!(!evidence_missing(Evidence::Photo, None, None, 1));
        assert!(evidence_missing(Evidence::Number, Some("3"), None, 1));
        assert!(!evidence_missing(Evidence::Number, None, Some(0.0), 0));
    }

    #[test]
    fn a_subtree_is_the_root_and_all_beneath() {
        let [township, general, sub, other] = [(); 4].map(|()| GridId::new());
        let tree = [
            (township, None),
            (general, Some(township)),
            (sub, Some(general)),
            (other, Some(township)),
        ];
        assert_eq!(beneath(&tree, &[general]), vec![general, sub]);
        assert_eq!(beneath(&tree, &[township, sub]), vec![township, general, sub, other]);
        assert_eq!(beneath(&tree, &[]), vec![]);
    }

    fn any_moment() -> impl Strategy<Value = DateTime<Utc>> {
        (1_700_000_000_i64..1_900_000_000)
            .prop_map(|s| DateTime::from_timestamp(s, 0).unwrap_or_default())
    }

    fn any_facts() -> impl Strategy<Value = Facts> {
        let state = prop_oneof![
            Just(TaskState::Open),
            Just(TaskState::Submitted),
            Just(TaskState::Returned),
            Just(TaskState::Verified),
            Just(TaskState::Cancelled)
        ];
        (state, any::<[bool; 5]>()).prop_map(
            |(state, [own, submits, verifies, verifies_all, verifying_head])| Facts {
                state,
                own,
                submits,
                verifies,
                verifies_all,
                verifying_head,
            },
        )
    }

    proptest! {
        #[test]
        fn no_task_is_born_late(
            now in any_moment(), first in -400_i64..40, limit in 1_i32..=60,
        ) {
            let today = (now + TimeDelta::hours(8)).date_naive();
            let first_day = today + TimeDelta::days(first);
            let due = due_when_opened(first_day, limit, today, now, Calendar::china());
            prop_assert!(due > now);
            prop_assert!(!late(TaskState::Open, due, None, now));
            let plain = due_at(first_day, limit, Calendar::china());
            prop_assert!(due >= plain);
            prop_assert!(plain <= now || due == plain);
        }

        #[test]
        fn due_is_half_past_five_of_a_working_day(now in any_moment(), limit in 1_i32..=60) {
            let due = due_at(now.date_naive(), limit, Calendar::china());
            let beijing = due + TimeDelta::hours(8);
            prop_assert_eq!(beijing.time(), NaiveTime::MIN + TimeDelta::minutes(17 * 60 + 30));
            prop_assert!(Calendar::china().is_working(beijing.date_naive()));
        }

        #[test]
        fn of_what_is_handed_in_either_it_is_late_or_it_looks_right(
            due in any_moment(), handed in any_moment(), now in any_moment(), facts in any_facts(),
        ) {
            let right = looks_right(facts.state, due, Some(handed));
            let is_late = late(facts.state, due, Some(handed), now);
            prop_assert!(!(right && is_late));
            prop_assert_eq!(facts.state == TaskState::Submitted, right || (is_late && facts.state == TaskState::Submitted));
        }

        #[test]
        fn nobody_verifies_or_returns_his_own_task(mut facts in any_facts()) {
            facts.own = true;
            prop_assert!(refusal(Act::Verify, &facts).is_some());
            prop_assert!(refusal(Act::Return, &facts).is_some());
        }

        #[test]
        fn only_the_assignee_submits_and_nothing_moves_a_settled_task(facts in any_facts()) {
            if refusal(Act::Submit, &facts).is_none() {
                prop_assert!(facts.own && facts.submits);
            }
            for act in [Act::Submit, Act::Verify, Act::Return] {
                for state in [TaskState::Verified, TaskState::Cancelled] {
                    let settled = Facts { state, ..facts };
                    prop_assert!(refusal(act, &settled).is_some());
                }
                if refusal(act, &facts).is_none() {
                    prop_assert!(next(facts.state, act).is_some());
                }
            }
        }

        #[test]
        fn an_act_lies_between_the_hand_over_and_now(
            ago in -600_i64..10_000_000, handed in any_moment(), wait in 0_i64..10_000_000,
        ) {
            let now = handed + TimeDelta::seconds(wait);
            let done = now - TimeDelta::seconds(ago);
            match moment(Some(done), handed, now) {
                Some(at) => prop_assert!(handed <= at && at <= now && ago >= -120),
                None => prop_assert!(ago < -120),
            }
        }
    }
}
