//! What sources build on: opening, looking up and cancelling tasks.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use entity::clock_policy::ClockPolicy;
use entity::evidence::Requirements;
use entity::ids::{GridId, MemberId, Points, TaskId, TaskLogId};
use entity::kinds::{PostKind, TaskLogKind, TaskState};
use entity::{task, task_log};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Condition, ExprTrait};
use sea_orm::{ColumnTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use uuid::Uuid;

use super::rules::{self, Assignee};
use super::source::{Event, heeding, source_of};
use crate::door::Lines;
use crate::http::{ApiError, Code, Result};
use crate::jobs::{Act, Job, Kind, Next, Plan, believe_clock, plant};
use crate::tenancy::Tx;

/// Tasks changed or told of by one statement.
const AT_ONCE: usize = 500;

/// A task that a source opens.
#[derive(Debug, Clone)]
pub struct New {
    /// Whose task it is: the kind of a registered source.
    pub source_kind: &'static str,
    /// The thing it arises from.
    pub source_id: Uuid,
    /// The thing's title now.
    pub source_title: String,
    /// What of the thing asks for it: stays the same for the same obligation, through all versions of the thing and all periods.
    pub source_item_id: Uuid,
    /// What the source keeps with it, in a form of its own ([`super::Source::facts`]); no personal data.
    pub source_detail: String,
    /// The key of the period; `once` for what is asked once.
    pub period: String,
    /// What is to be done.
    pub title: String,
    /// Where, if anywhere in particular. What is given to a post is owed in the post's grid.
    pub grid_id: Option<GridId>,
    /// Who owes it.
    pub assignee: Assignee,
    /// What must be shown.
    pub evidence: Requirements,
    /// What verification brings, as the source will say when it is told.
    pub points: Points,
    /// How long it may take.
    pub clock_policy: ClockPolicy,
    /// The deadline that follows ([`rules::due_when_opened`]).
    pub due_at: DateTime<Utc>,
    /// It ought to have been opened on an earlier day.
    pub late: bool,
}

impl New {
    /// What makes it the same obligation as another.
    #[must_use]
    pub fn obligation_id(&self) -> Uuid {
        rules::obligation_id(
            self.source_kind,
            self.source_item_id,
            &self.period,
            self.grid(),
            &self.assignee,
        )
    }

    fn grid(&self) -> Option<GridId> {
        match self.assignee {
            Assignee::Post(grid, _) => Some(grid),
            Assignee::Person(..) | Assignee::Organisation(_) => self.grid_id,
        }
    }

    fn into_row(self, now: DateTime<Utc>) -> task::ActiveModel {
        let (member, post, organisation) = match self.assignee {
            Assignee::Person(member, post) => (Some(member), post, None),
            Assignee::Post(_, post) => (None, Some(post), None),
            Assignee::Organisation(organisation) => (None, None, Some(organisation)),
        };
        task::ActiveModel {
            obligation_id: Set(self.obligation_id()),
            grid_id: Set(self.grid()),
            assignee_kind: Set(self.assignee.kind()),
            assignee_id: Set(self.assignee.id()),
            member_id: Set(member),
            post: Set(post),
            party_org_id: Set(organisation),
            source_kind: Set(self.source_kind.to_owned()),
            source_id: Set(self.source_id),
            source_title: Set(self.source_title),
            source_item_id: Set(self.source_item_id),
            source_detail: Set(self.source_detail),
            period: Set(self.period),
            title: Set(self.title),
            evidence: Set(self.evidence),
            points: Set(self.points),
            clock_policy: Set(self.clock_policy),
            state: Set(TaskState::Open),
            opened_at: Set(now),
            opened_late: Set(self.late),
            due_at: Set(self.due_at),
            accepted_at: Set(None),
            submitted_at: Set(None),
            closed_at: Set(None),
            ..Default::default()
        }
    }
}

/// What changes when a task that was cancelled is owed again.
const REOPENED: [task::Column; 16] = {
    use task::Column::*;
    [
        SourceId,
        SourceTitle,
        SourceDetail,
        Title,
        MemberId,
        Post,
        Evidence,
        Points,
        ClockPolicy,
        State,
        OpenedAt,
        OpenedLate,
        DueAt,
        AcceptedAt,
        SubmittedAt,
        ClosedAt,
    ]
};

/// Which obligations of these items and periods have a task that was not cancelled, of these people alone where some are named; one
/// statement.
pub async fn existing(
    tx: &Tx,
    source_kind: &str,
    source_item_ids: impl IntoIterator<Item = Uuid>,
    periods: impl IntoIterator<Item = String>,
    people: Option<&[MemberId]>,
) -> Result<HashSet<Uuid>> {
    use task::Column;
    let found = tx
        .find::<task::Entity>()
        .select_only()
        .column(Column::ObligationId)
        .filter(Column::SourceKind.eq(source_kind))
        .filter(Column::SourceItemId.is_in(source_item_ids))
        .filter(Column::Period.is_in(periods))
        .filter(Column::State.ne(TaskState::Cancelled))
        .filter(of(people))
        .into_tuple::<Uuid>()
        .all()
        .await?;
    Ok(found.into_iter().collect())
}

fn of(people: Option<&[MemberId]>) -> Condition {
    let theirs = people.map(|people| task::Column::MemberId.is_in(people.iter().copied()));
    Condition::all().add_option(theirs)
}

/// Opens tasks. Each must be new ([`existing`], under a lock of the source's own); 409 when one is not. One that was
/// cancelled comes back as the same task, with what is asked now and the new deadline.
pub async fn open(tx: &Tx, tasks: Vec<New>) -> Result<()> {
    if tasks.is_empty() {
        return Ok(());
    }
    believe_clock(tx)?;
    let now = tx.now();
    let ids: Vec<Uuid> = tasks.iter().map(New::obligation_id).collect();
    if ids.iter().collect::<HashSet<_>>().len() < ids.len() {
        return Err(ApiError::new(Code::ALREADY_EXISTS));
    }
    let cancelled = cancelled(tx, &ids).await?;
    let late = heeding(tx, Event::Late);
    let deadlines: BTreeSet<(&str, DateTime<Utc>)> = tasks
        .iter()
        .filter(|new| late.contains(&new.source_kind))
        .map(|new| (new.source_kind, new.due_at))
        .collect();
    let (mut rows, mut again) = (Vec::new(), Vec::new());
    let (mut opened, mut reopened) = (Vec::new(), Vec::new());
    for (new, obligation) in tasks.into_iter().zip(ids) {
        let known = cancelled.get(&obligation);
        let row = new.into_row(now);
        if let Some(id) = known {
            reopened.push(*id);
            again.push(task::ActiveModel { id: Set(*id), ..row });
        } else {
            let id = TaskId::new();
            opened.push(id);
            rows.push(task::ActiveModel { id: Set(id), version: Set(1), ..row });
        }
    }
    tx.insert_many(rows).await?;
    tx.update_each(again, &REOPENED).await?;
    note_all(tx, opened.iter().chain(&reopened).copied().collect(), TaskLogKind::Opened, None)
        .await?;
    for (kind, due_at) in deadlines {
        let moment = due_at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let plan = Plan::of(LATE).keyed(format!("{LATE}:{kind}:{moment}")).at(due_at + JUST_AFTER);
        plant(tx, plan.with(json!({ "kind": kind, "due_at": due_at }))).await?;
    }
    tell_all(tx, Event::Opened, &opened).await?;
    tell_all(tx, Event::Reopened, &reopened).await
}

/// The cancelled ones among these obligations; one statement for every 500 of them.
async fn cancelled(tx: &Tx, obligations: &[Uuid]) -> Result<HashMap<Uuid, TaskId>> {
    use task::Column;
    let mut found = HashMap::new();
    for obligations in obligations.chunks(AT_ONCE) {
        let rows = tx
            .find::<task::Entity>()
            .select_only()
            .columns([Column::ObligationId, Column::Id])
            .filter(Column::ObligationId.is_in(obligations.iter().copied()))
            .filter(Column::State.eq(TaskState::Cancelled))
            .into_tuple::<(Uuid, TaskId)>()
            .all()
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// A task that somebody still owes.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Owed {
    /// The task.
    pub id: TaskId,
    /// What of the thing it arose from asks for it.
    pub source_item_id: Uuid,
    /// The key of its period.
    pub period: String,
    /// Where.
    pub grid_id: Option<GridId>,
    /// The person who owes it, or has accepted it.
    pub member_id: Option<MemberId>,
    /// In which post it is owed.
    pub post: Option<PostKind>,
}

/// What these people owe to sources of a kind; one statement.
pub async fn owed(tx: &Tx, source_kind: &str, people: &[MemberId]) -> Result<Vec<Owed>> {
    owed_where(tx, source_kind, of(Some(people))).await
}

/// What anybody owes of these items and periods; one statement.
pub async fn owed_of(
    tx: &Tx,
    source_kind: &str,
    source_item_ids: impl IntoIterator<Item = Uuid>,
    periods: impl IntoIterator<Item = String>,
) -> Result<Vec<Owed>> {
    let of_these = Condition::all()
        .add(task::Column::SourceItemId.is_in(source_item_ids))
        .add(task::Column::Period.is_in(periods));
    owed_where(tx, source_kind, of_these).await
}

async fn owed_where(tx: &Tx, source_kind: &str, wanted: Condition) -> Result<Vec<Owed>> {
    use task::Column;
    tx.find::<task::Entity>()
        .select_only()
        .columns([
            Column::Id,
            Column::SourceItemId,
            Column::Period,
            Column::GridId,
            Column::MemberId,
            Column::Post,
        ])
        .filter(Column::SourceKind.eq(source_kind))
        .filter(Column::State.is_in(rules::OWED))
        .filter(wanted)
        .into_model::<Owed>()
        .all()
        .await
}

/// Takes tasks back that nobody owes any more, for a reason given in words. Those handed in meanwhile stay. Says how
/// many.
pub async fn cancel(tx: &Tx, ids: &[TaskId], reason: &str) -> Result<usize> {
    use task::Column;
    believe_clock(tx)?;
    let mut count = 0;
    for ids in ids.chunks(AT_ONCE) {
        let still_owed = tx
            .find::<task::Entity>()
            .select_only()
            .column(Column::Id)
            .filter(Column::Id.is_in(ids.iter().copied()))
            .filter(Column::State.is_in(rules::OWED))
            .order_by_asc(Column::Id)
            .locked()
            .into_tuple::<TaskId>()
            .all()
            .await?;
        tx.update_many::<task::Entity>()
            .col_expr(Column::Version, Column::Version.into_expr().add(1))
            .set(task::ActiveModel {
                state: Set(TaskState::Cancelled),
                closed_at: Set(Some(tx.now())),
                ..Default::default()
            })
            .filter(Column::Id.is_in(still_owed.iter().copied()))
            .exec()
            .await?;
        count += still_owed.len();
        note_all(tx, still_owed.clone(), TaskLogKind::Cancelled, Some(reason)).await?;
        tell_all(tx, Event::Cancelled, &still_owed).await?;
    }
    Ok(count)
}

/// Tells the sources of tasks what happened to them, if they want to know it.
async fn tell_all(tx: &Tx, event: Event, ids: &[TaskId]) -> Result<()> {
    let heeding = heeding(tx, event);
    if heeding.is_empty() {
        return Ok(());
    }
    for ids in ids.chunks(AT_ONCE) {
        let tasks = tx
            .find::<task::Entity>()
            .filter(task::Column::Id.is_in(ids.iter().copied()))
            .filter(task::Column::SourceKind.is_in(heeding.iter().copied()))
            .order_by_asc(task::Column::Id)
            .all()
            .await?;
        tell_each_source(tx, event, tasks).await?;
    }
    Ok(())
}

async fn tell_each_source(tx: &Tx, event: Event, tasks: Vec<task::Model>) -> Result<()> {
    let mut by_kind: HashMap<String, Vec<task::Model>> = HashMap::new();
    for task in tasks {
        by_kind.entry(task.source_kind.clone()).or_default().push(task);
    }
    for (kind, tasks) in by_kind {
        source_of(tx, &kind)?.happened(tx, event, &tasks).await?;
    }
    Ok(())
}

/// What is done when it is due.
pub const JOBS: &[Kind] = &[Kind {
    name: LATE,
    zh: "通知任务来源已逾期",
    en: "Tells the sources of tasks that a deadline has passed",
    schedule: true,
    kept: false,
    act: Act::Inside(|tx, job| Box::pin(tell_late(tx, job))),
}];
const LATE: &str = "task.late";
/// A deadline has passed a moment after it.
const JUST_AFTER: TimeDelta = TimeDelta::seconds(1);

/// Tells a source which of its tasks of a deadline are still owed; each source has a job of its own, so that one that fails holds up no
/// other.
async fn tell_late(tx: &Tx, job: &Job) -> Result<Next> {
    use task::Column;
    let read = |name: &str| job.payload.get(name).cloned().unwrap_or_default();
    let due_at: DateTime<Utc> =
        serde_json::from_value(read("due_at")).map_err(ApiError::internal)?;
    let after: Option<TaskId> =
        serde_json::from_value(read("after")).map_err(ApiError::internal)?;
    let kind: String = serde_json::from_value(read("kind")).map_err(ApiError::internal)?;
    let tasks = tx
        .find::<task::Entity>()
        .filter(Column::DueAt.eq(due_at))
        .filter(Column::State.is_in(rules::OWED))
        .filter(Column::SourceKind.eq(kind.as_str()))
        .filter(Condition::all().add_option(after.map(|id| Column::Id.gt(id))))
        .order_by_asc(Column::Id)
        .limit(u64::try_from(AT_ONCE).map_err(ApiError::internal)?)
        .all()
        .await?;
    let (count, last) = (tasks.len(), tasks.last().map(|task| task.id));
    tell_each_source(tx, Event::Late, tasks).await?;
    if count < AT_ONCE {
        return Ok(Next::Done);
    }
    Ok(Next::More {
        payload: json!({ "kind": kind, "due_at": due_at, "after": last }),
        done: job.done.saturating_add(i32::try_from(count).map_err(ApiError::internal)?),
        total: None,
    })
}

/// Writes a line into a task's log.
pub(super) async fn note(
    tx: &Tx,
    task: TaskId,
    kind: TaskLogKind,
    note: Option<String>,
) -> Result<()> {
    note_all(tx, vec![task], kind, note.as_deref()).await
}

/// A text, if there is anything in it.
pub(super) fn filled(text: Option<Lines>) -> Option<String> {
    text.map(String::from).filter(|text| !text.is_empty())
}

async fn note_all(
    tx: &Tx,
    tasks: Vec<TaskId>,
    kind: TaskLogKind,
    note: Option<&str>,
) -> Result<()> {
    let lines = tasks
        .into_iter()
        .map(|task| task_log::ActiveModel {
            id: Set(TaskLogId::new()),
            task_id: Set(task),
            at: Set(tx.now()),
            kind: Set(kind),
            account_id: Set(tx.actor()),
            note: Set(note.map(str::to_owned)),
            ..Default::default()
        })
        .collect();
    tx.insert_many(lines).await
}
