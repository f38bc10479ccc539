//! Deadlines, states, evidence and who may do what: pure functions of facts.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use entity::clock_policy::ClockPolicy;
use entity::evidence::{Requirement, Requirements};
use entity::ids::{GridId, MemberId, PartyOrgId};
use entity::kinds::{AssigneeKind, EvidenceKind, PostKind, TaskState};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::codes;
use crate::calendar::Calendar;
use crate::clock::{beijing, from_beijing};
use crate::http::{Code, Refusal};

/// Whom a task is given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Assignee {
    /// A person, in this post where it is the post's duty. The person owes it still when the post is somebody else's: the source
    /// takes it back or not.
    Person(MemberId, Option<PostKind>),
    /// Whoever holds this post in this grid, on the day on which it is done.
    Post(GridId, PostKind),
    /// An organisation: whoever belongs to it can accept it, and then owes it.
    Organisation(PartyOrgId),
}

impl Assignee {
    /// What kind of assignee it is.
    #[must_use]
    pub const fn kind(&self) -> AssigneeKind {
        match self {
            Self::Person(..) => AssigneeKind::Person,
            Self::Post(..) => AssigneeKind::Post,
            Self::Organisation(_) => AssigneeKind::Organisation,
        }
    }

    /// The id by which its tasks are found: the person's, the organisation's, or one made of grid and post.
    #[must_use]
    pub fn id(&self) -> Uuid {
        match self {
            Self::Person(member, _) => member.uuid(),
            Self::Post(grid, post) => {
                derived_id([grid.uuid().as_bytes().as_slice(), post.as_str().as_bytes()])
            }
            Self::Organisation(organisation) => organisation.uuid(),
        }
    }
}

/// An id that is the same for the same parts, and another for others.
#[must_use]
pub fn derived_id<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(digest) {
        *to = from;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// What makes a task of a source the same obligation as another: the thing that asks for it, the period, the grid, the assignee.
/// There is one task for each.
#[must_use]
pub fn obligation_id(
    source_kind: &str,
    source_item_id: Uuid,
    period: &str,
    grid: Option<GridId>,
    assignee: &Assignee,
) -> Uuid {
    obligation_of(source_kind, source_item_id, period, grid, (assignee.kind(), assignee.id()))
}

/// The same from what is kept of the assignee: its kind and id.
#[must_use]
pub fn obligation_of(
    source_kind: &str,
    source_item_id: Uuid,
    period: &str,
    grid: Option<GridId>,
    (assignee_kind, assignee_id): (AssigneeKind, Uuid),
) -> Uuid {
    let grid = grid.map(GridId::uuid).unwrap_or_default();
    derived_id([
        source_kind.as_bytes(),
        source_item_id.as_bytes().as_slice(),
        period.as_bytes(),
        grid.as_bytes(),
        assignee_kind.as_str().as_bytes(),
        assignee_id.as_bytes(),
    ])
}

/// The end of the working day in Beijing, 17:30, from midnight.
const CLOSING: TimeDelta = TimeDelta::minutes(17 * 60 + 30);

/// The states in which the person still has to do something.
pub const OWED: [TaskState; 2] = [TaskState::Open, TaskState::Returned];

/// How far the clock of a phone may run ahead of the server's before it is taken to claim the future.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(2);

/// The moment something is due whose time is counted from `first_day`, and which is handed over `now`. Days end at 17:30 Beijing:
/// of working days the n-th, the first working day on or after `first_day` being day 1; of plain days the n-th, `first_day` being
/// day 1. Hours are counted from now. A count below 1 is taken as 1. Nothing for a moment that the source names.
#[must_use]
pub fn due_at(
    policy: ClockPolicy,
    first_day: NaiveDate,
    now: DateTime<Utc>,
    calendar: &Calendar,
) -> Option<DateTime<Utc>> {
    let end_of = |day: NaiveDate| from_beijing(day.and_time(NaiveTime::MIN) + CLOSING);
    match policy {
        ClockPolicy::WorkingDays(days) => Some(end_of(calendar.nth_working_day(first_day, days))),
        ClockPolicy::Days(days) => {
            let more = Days::new(u64::try_from(days.max(1) - 1).unwrap_or_default());
            Some(end_of(first_day.checked_add_days(more).unwrap_or(first_day)))
        }
        ClockPolicy::Hours(hours) => {
            Some(now.checked_add_signed(TimeDelta::hours(hours.max(1).into())).unwrap_or(now))
        }
        ClockPolicy::Moment => None,
    }
}

/// The moment a task that opens `now` is due. Normally [`due_at`]; but nobody is handed a task whose time has run out
/// already: where the count from `first_day` ends before `now`, it begins anew today in Beijing, or tomorrow when today is over.
/// Of a moment that the source names nothing is known here: it is now.
#[must_use]
pub fn due_when_opened(
    policy: ClockPolicy,
    first_day: NaiveDate,
    now: DateTime<Utc>,
    calendar: &Calendar,
) -> DateTime<Utc> {
    let today = beijing(now).date_naive();
    let tomorrow = today.succ_opt().unwrap_or(today);
    let due = |start: NaiveDate| due_at(policy, start, now, calendar).unwrap_or(now);
    [first_day, first_day.max(today)]
        .into_iter()
        .map(due)
        .find(|due| *due > now)
        .unwrap_or_else(|| due(first_day.max(tomorrow)))
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
    /// The assignee takes note of it; of an organisation, somebody takes it on 签收.
    Accept,
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
        (TaskState::Open | TaskState::Returned, Act::Accept) => Some(state),
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
    /// The task is the account's person's to do: given to the person, to a post that the person holds, or to the person's organisation.
    pub owes: bool,
    /// The person did it, or has accepted it.
    pub did: bool,
    /// It was accepted, by whom ever.
    pub accepted: bool,
    /// It is done by whoever has accepted it, and by nobody before.
    pub to_be_accepted: bool,
    /// The account's roles let it hand in tasks.
    pub submits: bool,
    /// The account's roles let it verify tasks.
    pub verifies: bool,
    /// The account verifies for the township as a whole, not for grids.
    pub verifies_all: bool,
    /// The task's grid lies beneath one where the account's member is supervisor or general head.
    pub verifying_head: bool,
}

/// The state that follows an act upon these facts. The one rule of what is done and of what is offered ([`super::dto::TaskMay`]). Who one
/// is comes before the state of the task.
///
/// # Errors
/// `forbidden` for somebody who may not do this to this task, `self_verification` for what one did oneself, `state_conflict` where the
/// task is not in a state for it or must be accepted first.
pub fn allowed(act: Act, facts: &Facts) -> Result<TaskState, Refusal> {
    match act {
        Act::Accept | Act::Submit if facts.submits && facts.owes => {}
        Act::Accept | Act::Submit => return Err(codes::NOT_ASSIGNEE),
        Act::Verify | Act::Return if !facts.verifies => return Err(codes::NOT_ABOVE),
        Act::Verify | Act::Return if facts.owes || facts.did => {
            return Err(codes::SELF_VERIFICATION.into());
        }
        Act::Verify | Act::Return if facts.verifies_all || facts.verifying_head => {}
        Act::Verify | Act::Return => return Err(codes::NOT_ABOVE),
    }
    let next = next(facts.state, act).ok_or(Code::STATE_CONFLICT)?;
    match act {
        // What a colleague has accepted can be taken over; what one has accepted oneself cannot be accepted again.
        Act::Accept if facts.accepted && (facts.did || !facts.to_be_accepted) => {
            Err(Code::STATE_CONFLICT.into())
        }
        Act::Submit if facts.to_be_accepted && !facts.did => Err(codes::NOT_ACCEPTED),
        _ => Ok(next),
    }
}

/// Whether the task is by now somebody's whom those who accept it do not name: it was accepted, or taken over, since they looked.
/// What nobody has accepted is taken from nobody.
#[must_use]
pub fn taken(accepted_by: Option<MemberId>, from: Option<MemberId>) -> bool {
    accepted_by.is_some() && accepted_by != from
}

/// What somebody hands in, as far as it is evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Given<'a> {
    /// In words.
    pub text: Option<&'a str>,
    /// In number.
    pub number: Option<f64>,
    /// How many photos.
    pub photos: usize,
}

/// What of the evidence asked for is not there, or not as asked for.
#[must_use]
pub fn lacking<'a>(wanted: &'a Requirements, given: Given<'_>) -> Vec<&'a Requirement> {
    let lacks = |one: &&Requirement| match one.kind {
        EvidenceKind::Text => given.text.is_none_or(|text| text.trim().is_empty()),
        EvidenceKind::Photo => {
            given.photos < usize::try_from(one.count.max(1)).unwrap_or(usize::MAX)
        }
        EvidenceKind::Number => given.number.is_none_or(|number| {
            one.least.is_some_and(|least| number < least)
                || one.most.is_some_and(|most| number > most)
        }),
    };
    wanted.0.iter().filter(lacks).collect()
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

#[cfg(test)]
mod tests;
