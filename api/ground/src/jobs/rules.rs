//! What becomes of a job: pure functions.

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{JobId, TenantId};
use entity::kinds::JobState;
use sha2::{Digest, Sha256};

use crate::http::{Code, Refusal};

/// How long whoever has claimed a job with effects outside may keep it without a sign of life.
pub const LEASE: TimeDelta = TimeDelta::seconds(60);
/// The same for one that is a single transaction, which gives no sign before its end.
pub const INSIDE_LEASE: TimeDelta = TimeDelta::minutes(5);
/// The wait after the first failure.
const FIRST_DELAY_SECONDS: i64 = 10;
/// The longest wait between two attempts.
const LONGEST_DELAY_SECONDS: i64 = 3600;
/// Attempts after which a job that is no schedule is given up: two to three and a half hours after the first.
pub const ATTEMPTS: i32 = 12;
/// What is due for every township at the same moment is spread over so many seconds.
const SPREAD_SECONDS: u64 = 1800;

/// Where a job stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What has become of it.
    pub state: JobState,
    /// The moment it was planned for.
    pub planned_at: DateTime<Utc>,
    /// Not before.
    pub run_at: DateTime<Utc>,
    /// While it runs: asked for again, for this moment.
    pub rung_at: Option<DateTime<Utc>>,
    /// How often it was begun since it last succeeded.
    pub attempts: i32,
    /// While it runs: until when nobody else takes it.
    pub lease_until: Option<DateTime<Utc>>,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Nothing is left to do.
    Done,
    /// It is to be done once more at a moment.
    Again(DateTime<Utc>),
    /// Part of it is done; the rest is due at once.
    More,
    /// It failed, for a reason that may pass.
    Failed,
    /// The storage did not let it: that is no fault of its own, and does not count.
    Hindered,
    /// It was not begun, or cut short by whoever stops the server.
    HandedBack,
}

impl Standing {
    /// A new one, planned for a moment.
    #[must_use]
    pub fn planned(at: DateTime<Utc>) -> Self {
        Self {
            state: JobState::Waiting,
            planned_at: at,
            run_at: at,
            rung_at: None,
            attempts: 0,
            lease_until: None,
        }
    }

    /// From when it can be claimed: never, when it is finished.
    #[must_use]
    pub fn due_at(&self) -> Option<DateTime<Utc>> {
        match self.state {
            JobState::Waiting => Some(self.run_at),
            JobState::Running => self.lease_until,
            JobState::Done | JobState::Failed | JobState::Cancelled => None,
        }
    }

    /// It is asked for again, for this moment: it is done at the earlier of both. (Whoever wants both asks for two jobs.) While it
    /// runs: once more afterwards, since the running attempt may not have seen what it is asked for now. What was given up is
    /// tried anew.
    #[must_use]
    pub fn rung(&self, at: DateTime<Utc>) -> Self {
        match self.state {
            JobState::Waiting if at < self.planned_at => {
                Self { planned_at: at, run_at: at.min(self.run_at), ..self.clone() }
            }
            JobState::Waiting => self.clone(),
            JobState::Running => {
                Self { rung_at: Some(self.rung_at.map_or(at, |rung| rung.min(at))), ..self.clone() }
            }
            JobState::Done | JobState::Failed | JobState::Cancelled => Self::planned(at),
        }
    }

    /// It is claimed. Who finds that its last attempts all ended without a word (the process died of it, perhaps)
    /// gives it up instead.
    #[must_use]
    pub fn claimed(&self, now: DateTime<Utc>, lease: TimeDelta, schedule: bool) -> Self {
        if self.state == JobState::Running && self.attempts >= ATTEMPTS && !schedule {
            return Self { state: JobState::Failed, lease_until: None, ..self.clone() };
        }
        Self {
            state: JobState::Running,
            attempts: self.attempts.saturating_add(1),
            lease_until: Some(now + lease),
            ..self.clone()
        }
    }

    /// An attempt has ended. A schedule is never given up: it is tried until it succeeds.
    #[must_use]
    pub fn ended(&self, how: &Ended, now: DateTime<Utc>, schedule: bool, chance: u64) -> Self {
        let rest = Self { lease_until: None, ..self.clone() };
        match how {
            Ended::Done => match self.rung_at {
                Some(at) => Self::planned(at),
                None => Self { state: JobState::Done, ..rest },
            },
            Ended::Again(at) => Self::planned(self.rung_at.map_or(*at, |rung| rung.min(*at))),
            Ended::More => Self { state: JobState::Waiting, run_at: now, attempts: 0, ..rest },
            Ended::Failed if self.attempts >= ATTEMPTS && !schedule => {
                Self { state: JobState::Failed, ..rest }
            }
            Ended::Failed => Self {
                state: JobState::Waiting,
                run_at: now + delay(self.attempts, chance),
                ..rest
            },
            Ended::Hindered => Self {
                state: JobState::Waiting,
                run_at: now + delay(self.attempts, chance),
                attempts: self.attempts.saturating_sub(1),
                ..rest
            },
            Ended::HandedBack => {
                Self { state: JobState::Waiting, attempts: self.attempts.saturating_sub(1), ..rest }
            }
        }
    }
}

/// Whether somebody may set it going: what failed, was cancelled, or waits for its next attempt. What is not due yet is not: it would
/// do too little, and not come again.
///
/// # Errors
/// `state_conflict`.
pub fn run(job: &Standing, now: DateTime<Utc>) -> Result<(), Refusal> {
    match job.state {
        JobState::Failed | JobState::Cancelled => Ok(()),
        JobState::Waiting if job.planned_at <= now && now < job.run_at => Ok(()),
        JobState::Waiting | JobState::Running | JobState::Done => Err(Code::STATE_CONFLICT.into()),
    }
}

/// Whether somebody may cancel it: never what is a schedule.
///
/// # Errors
/// `state_conflict`.
pub fn cancel(job: &Standing, schedule: bool) -> Result<(), Refusal> {
    match job.state {
        JobState::Waiting | JobState::Running | JobState::Failed if !schedule => Ok(()),
        _ => Err(Code::STATE_CONFLICT.into()),
    }
}

/// The wait after so many attempts: twice as long each time, at most an hour, and somewhere between half of that and all of it,
/// so that what failed together is not tried again together.
#[must_use]
pub fn delay(attempts: i32, chance: u64) -> TimeDelta {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(20);
    let whole = (FIRST_DELAY_SECONDS << doublings).min(LONGEST_DELAY_SECONDS) * 1000;
    let half = whole / 2;
    let part = i64::try_from(chance % u64::try_from(half + 1).unwrap_or(1)).unwrap_or(0);
    TimeDelta::milliseconds(half + part)
}

/// Chance, the same wherever it is asked for: of a job's attempt.
#[must_use]
pub fn chance(job: JobId, attempts: i32) -> u64 {
    number(&[job.uuid().as_bytes(), &attempts.to_be_bytes()])
}

/// How long after the moment at which something is due for everybody it is done for this township.
#[must_use]
pub fn spread(tenant: TenantId, kind: &str) -> TimeDelta {
    let seconds = number(&[tenant.uuid().as_bytes(), kind.as_bytes()]) % SPREAD_SECONDS;
    TimeDelta::seconds(i64::try_from(seconds).unwrap_or(0))
}

fn number(of: &[&[u8]]) -> u64 {
    let mut hash = Sha256::new();
    for part in of {
        hash.update(part);
    }
    hash.finalize().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_395_600 + second, 0).unwrap_or_default()
    }

    /// What can happen to a job, in any order.
    #[derive(Debug, Clone)]
    enum Event {
        /// Somebody asks for it, for a moment so many seconds from now.
        Ring(i64),
        /// Time passes.
        Pass(i64),
        /// A node looks whether it is due, and claims it then.
        Look,
        /// The attempt that runs ends so.
        End(Ended),
        /// Whoever runs it dies: nobody hears of it.
        Die,
    }

    fn event() -> impl Strategy<Value = Event> {
        let ended = prop_oneof![
            4 => Just(Ended::Done),
            1 => Just(Ended::More),
            2 => Just(Ended::Failed),
            1 => Just(Ended::HandedBack),
            1 => Just(Ended::Hindered),
            2 => (0_i64..4000).prop_map(|second| Ended::Again(at(second))),
        ];
        prop_oneof![
            3 => (-100_i64..4000).prop_map(Event::Ring),
            3 => (0_i64..4000).prop_map(Event::Pass),
            4 => Just(Event::Look),
            4 => ended.prop_map(Event::End),
            1 => Just(Event::Die),
        ]
    }

    /// A job of one key, with everything that was ever asked of it.
    struct Model {
        now: i64,
        job: Option<Standing>,
        /// Whether somebody has the job in hand who is alive.
        held: bool,
        /// The storage hindered the last attempt: it waits for that.
        hindered: bool,
        /// When the attempt that was begun last began.
        began: i64,
        /// Wishes that no attempt has begun for since they were uttered: for which moment.
        wishes: Vec<i64>,
        /// Those that the running attempt answers, if it succeeds.
        answered: Vec<i64>,
    }

    impl Model {
        fn happen(&mut self, event: &Event, schedule: bool) {
            match event {
                Event::Ring(second) => {
                    let wanted = self.now + second;
                    self.wishes.push(wanted);
                    self.job = Some(match &self.job {
                        Some(job) => job.rung(at(wanted)),
                        None => Standing::planned(at(wanted)),
                    });
                }
                Event::Pass(seconds) => self.now += seconds,
                Event::Look => {
                    let Some(job) = &self.job else { return };
                    if job.due_at().is_none_or(|due| due > at(self.now)) {
                        return;
                    }
                    let job = job.claimed(at(self.now), LEASE, schedule);
                    self.held = job.state == JobState::Running;
                    self.hindered = false;
                    if self.held {
                        self.began = self.now;
                        // An attempt that died answers nothing.
                        self.wishes.append(&mut self.answered);
                        self.answered = std::mem::take(&mut self.wishes);
                    }
                    self.job = Some(job);
                }
                Event::End(how) => {
                    let Some(job) = self.job.as_ref().filter(|_| self.held) else { return };
                    let how = match how {
                        Ended::Again(next) if *next <= at(self.now) => &Ended::More,
                        how => how,
                    };
                    let next = job.ended(how, at(self.now), schedule, 7);
                    if matches!(how, Ended::Done | Ended::Again(_)) {
                        self.answered.clear();
                    } else {
                        self.wishes.append(&mut self.answered);
                    }
                    self.held = false;
                    self.hindered = *how == Ended::Hindered;
                    self.job = (next.state != JobState::Done).then_some(next);
                }
                Event::Die => self.held = false,
            }
        }
    }

    proptest! {
        /// Whatever is asked for is done by an attempt that began after it was asked for and not later than its moment, whoever
        /// dies meanwhile. (A job that is no schedule may be given up: then it says so.)
        #[test]
        fn no_wish_is_lost(events in prop::collection::vec(event(), 0..80), schedule in any::<bool>()) {
            let mut model =
                Model { now: 0, job: None, held: false, hindered: false, began: 0, wishes: vec![], answered: vec![] };
            for event in &events {
                model.happen(event, schedule);
                // What is not finished can be heard.
                if let Some(job) = &model.job {
                    let silent = matches!(job.state, JobState::Done | JobState::Failed | JobState::Cancelled);
                    prop_assert_eq!(job.due_at().is_none(), silent);
                    if job.state == JobState::Running {
                        prop_assert!(job.lease_until <= Some(at(model.began) + LEASE));
                    }
                } else {
                    prop_assert!(model.wishes.is_empty() && model.answered.is_empty(), "{:?}", model.wishes);
                }
                // And in time: no wish waits for a moment later than its own, unless its job has failed since.
                if let Some(job) = &model.job && job.state == JobState::Waiting && job.attempts == 0 && !model.hindered {
                    for wanted in &model.wishes {
                        prop_assert!(job.run_at <= at((*wanted).max(model.now)), "{job:?} {wanted}");
                    }
                }
            }
            // From here on all goes well.
            for _ in 0..8 {
                let Some(job) = &model.job else { break };
                if job.state == JobState::Failed {
                    prop_assert!(!schedule);
                    return Ok(());
                }
                if !model.held {
                    let due = job.due_at().map_or(0, |due| (due - at(0)).num_seconds() + 1);
                    model.now = model.now.max(due);
                    model.happen(&Event::Look, schedule);
                }
                model.happen(&Event::End(Ended::Done), schedule);
            }
            prop_assert!(model.job.is_none_or(|job| job.state == JobState::Failed && !schedule));
            prop_assert!(model.wishes.is_empty() && model.answered.is_empty());
        }

        #[test]
        fn waits_grow_to_an_hour(attempts in 1_i32..1000, chance in any::<u64>()) {
            let wait = delay(attempts, chance);
            let whole = (FIRST_DELAY_SECONDS * 2_i64.pow((attempts - 1).min(10).unsigned_abs())).min(3600);
            prop_assert!(wait >= TimeDelta::milliseconds(whole * 500) && wait <= TimeDelta::seconds(whole));
        }
    }

    #[test]
    fn townships_are_spread_over_half_an_hour() {
        let mut minutes = [0_u32; 30];
        for _ in 0..3000 {
            let after = spread(TenantId::new(), "checklist.open_periods");
            minutes[usize::try_from(after.num_minutes()).unwrap_or(30)] += 1;
        }
        assert!(minutes.iter().all(|count| (40..200).contains(count)), "{minutes:?}");
    }

    #[test]
    fn what_always_fails_is_given_up_unless_it_is_a_schedule() {
        for (schedule, chance) in [(false, 0), (false, 1_799_999), (true, 0)] {
            let mut job = Standing::planned(at(0));
            let mut waited = TimeDelta::zero();
            for attempt in 1..=ATTEMPTS {
                let now = job.run_at;
                job =
                    job.claimed(now, LEASE, schedule).ended(&Ended::Failed, now, schedule, chance);
                assert_eq!(job.attempts, attempt);
                waited = job.run_at - at(0);
            }
            let given_up = job.state == JobState::Failed;
            assert_eq!(given_up, !schedule);
            assert!(
                waited > TimeDelta::minutes(95) && waited < TimeDelta::minutes(215),
                "{waited}"
            );
        }
    }
}
