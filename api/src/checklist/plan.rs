//! What versions bring: which tasks are to be opened, which are owed no longer, where nobody is in a post.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use entity::clock_policy::ClockPolicy;
use entity::evidence::{Requirement, Requirements};
use entity::ids::{ChecklistId, ChecklistItemId, ChecklistVersionId, MemberId, TaskId};
use entity::kinds::{ChecklistKind, ChecklistState, Evidence, EvidenceKind, PostKind};
use entity::{checklist, checklist_item, checklist_version};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::query::items_of;
use super::rules::duty::{self, Duty};
use super::rules::lapse::{self, Asked, Lapse};
use super::rules::opening::{self, Holder, Missed, Opening, When};
use super::rules::period::{over, running};
use super::rules::publish::drafted;
use crate::calendar::Calendar;
use crate::grid;
use crate::http::{ApiError, Result};
use crate::task::{self, New, Owed};
use crate::tenancy::Tx;

/// A version with its items, ready to become tasks.
#[derive(Debug, Clone)]
pub(super) struct Ready {
    pub(super) list: checklist::Model,
    pub(super) number: i32,
    pub(super) effective_from: NaiveDate,
    pub(super) items: Vec<checklist_item::Model>,
}

impl Ready {
    pub(super) fn duties(&self) -> Vec<Duty> {
        self.items
            .iter()
            .map(|item| Duty {
                item_id: item.id,
                duty_id: duty::duty_id(self.list.id, &item.what, item.role, item.frequency),
                role: item.role,
                frequency: item.frequency,
                limit_working_days: item.limit_working_days,
            })
            .collect()
    }
}

/// The draft of a list, as it would come into force today.
pub(super) async fn draft(tx: &Tx, list: checklist::Model) -> Result<(ChecklistVersionId, Ready)> {
    let version = drafted(version_of(tx, &list, ChecklistState::Draft).await?)?;
    let id = version.id;
    let ready = with_items(tx, list, version).await?;
    Ok((id, Ready { effective_from: tx.today(), ..ready }))
}

/// The versions in force of all lists, with their items; three statements.
pub(super) async fn in_force(tx: &Tx) -> Result<Vec<Ready>> {
    ready(tx, &[ChecklistState::Published], None).await
}

/// The versions that were in force on a day, each the last to come into force until then; three statements.
pub(super) async fn in_force_on(tx: &Tx, day: NaiveDate) -> Result<Vec<Ready>> {
    ready(tx, &[ChecklistState::Published, ChecklistState::Superseded], Some(day)).await
}

/// The version of a list in force, if there is one; two statements.
pub(super) async fn in_force_of(tx: &Tx, list: &checklist::Model) -> Result<Option<Ready>> {
    let version = version_of(tx, list, ChecklistState::Published).await?;
    match version {
        Some(version) => Ok(Some(with_items(tx, list.clone(), version).await?)),
        None => Ok(None),
    }
}

async fn version_of(
    tx: &Tx,
    list: &checklist::Model,
    state: ChecklistState,
) -> Result<Option<checklist_version::Model>> {
    tx.find::<checklist_version::Entity>()
        .filter(checklist_version::Column::ChecklistId.eq(list.id))
        .filter(checklist_version::Column::State.eq(state))
        .one()
        .await
}

async fn with_items(
    tx: &Tx,
    list: checklist::Model,
    version: checklist_version::Model,
) -> Result<Ready> {
    let mut items = items_of(tx, std::iter::once(version.id)).await?;
    Ok(Ready {
        list,
        number: version.number,
        effective_from: version.effective_from.unwrap_or_else(|| tx.today()),
        items: items.remove(&version.id).unwrap_or_default(),
    })
}

async fn ready(tx: &Tx, states: &[ChecklistState], until: Option<NaiveDate>) -> Result<Vec<Ready>> {
    let lists = tx
        .find::<checklist::Entity>()
        .filter(checklist::Column::Kind.eq(ChecklistKind::Responsibility))
        .all()
        .await?;
    let mut lists: HashMap<ChecklistId, checklist::Model> =
        lists.into_iter().map(|list| (list.id, list)).collect();
    let mut find = tx
        .find::<checklist_version::Entity>()
        .filter(checklist_version::Column::ChecklistId.is_in(lists.keys().copied()))
        .filter(checklist_version::Column::State.is_in(states.iter().copied()));
    if let Some(day) = until {
        find = find.filter(checklist_version::Column::EffectiveFrom.lte(day));
    }
    // The newest of each list: it takes the list, and the older ones find none.
    let versions = find.order_by_desc(checklist_version::Column::Number).all().await?;
    let newest: Vec<(checklist::Model, checklist_version::Model)> = versions
        .into_iter()
        .filter_map(|version| Some((lists.remove(&version.checklist_id)?, version)))
        .collect();
    let mut items = items_of(tx, newest.iter().map(|(_, version)| version.id)).await?;
    let mut ready: Vec<Ready> = newest
        .into_iter()
        .map(|(list, version)| Ready {
            list,
            number: version.number,
            effective_from: version.effective_from.unwrap_or_else(|| tx.today()),
            items: items.remove(&version.id).unwrap_or_default(),
        })
        .collect();
    ready.sort_by_key(|version| version.list.id);
    Ok(ready)
}

/// What versions bring now.
pub(super) struct Plan {
    /// For each version: the tasks that do not exist yet.
    pub(super) openings: Vec<Vec<Opening>>,
    /// Everybody in a post.
    pub(super) holders: Vec<Holder>,
}

impl Plan {
    /// How many tasks are to be opened.
    pub(super) fn len(&self) -> usize {
        self.openings.iter().map(Vec::len).sum()
    }
}

/// Of which periods something is to be opened.
#[derive(Clone, Copy)]
pub(super) enum Periods {
    /// Those that run today. Since this day, if any, the server stood still.
    Running(Option<NaiveDate>),
    /// Those that are over.
    Missed(Missed),
}

/// What these versions bring now, to these people alone where some are named; two statements, however many versions, items and
/// people.
pub(super) async fn plan(
    tx: &Tx,
    versions: &[Ready],
    periods: Periods,
    people: Option<&[MemberId]>,
) -> Result<Plan> {
    let duties: Vec<Vec<Duty>> = versions.iter().map(Ready::duties).collect();
    let all: Vec<Duty> = duties.iter().flatten().cloned().collect();
    let roles: BTreeSet<PostKind> = all.iter().map(|duty| duty.role).collect();
    let roles: Vec<PostKind> = roles.into_iter().collect();
    let holders = holders(tx, &roles, people).await?;
    let wanted: Vec<Vec<Opening>> = versions
        .iter()
        .zip(&duties)
        .map(|(version, duties)| {
            let stood_still = match periods {
                Periods::Running(since) => since,
                Periods::Missed(Missed::Began(day) | Missed::Ran(day)) => Some(day),
            };
            let when = When {
                now: tx.now(),
                today: tx.today(),
                effective_from: version.effective_from,
                stood_still,
            };
            match periods {
                Periods::Running(_) => opening::openings(duties, &holders, when, Calendar::china()),
                Periods::Missed(missed) => {
                    opening::missed_openings(duties, &holders, missed, when, Calendar::china())
                }
            }
        })
        .collect();
    let sources: HashSet<_> = wanted.iter().flatten().map(|opening| opening.duty_id).collect();
    let periods: BTreeSet<_> =
        wanted.iter().flatten().map(|opening| opening.period.clone()).collect();
    let existing = task::existing(tx, duty::SOURCE, sources, periods, people).await?;
    let openings = wanted
        .into_iter()
        .map(|openings| {
            openings
                .into_iter()
                .filter(|opening| !existing.contains(&opening.obligation_id()))
                .collect()
        })
        .collect();

    Ok(Plan { openings, holders })
}

/// Who is in these posts today, of these people alone where some are named; nobody where no post is named.
async fn holders(tx: &Tx, roles: &[PostKind], people: Option<&[MemberId]>) -> Result<Vec<Holder>> {
    if roles.is_empty() {
        return Ok(Vec::new());
    }
    let held = match people {
        Some(people) => grid::holders_among(tx, roles, people).await?,
        None => grid::holders(tx, roles).await?,
    };
    Ok(held
        .into_iter()
        .map(|holder| Holder {
            kind: holder.kind,
            since: holder.since,
            grid_id: holder.grid_id,
            member_id: holder.member_id,
        })
        .collect())
}

/// Where a duty of the version finds nobody, by the grids' codes. One statement, which looks at the grids that have such a post alone.
pub(super) async fn vacancies(tx: &Tx, version: &Ready) -> Result<Vec<grid::Vacancy>> {
    grid::vacancies(tx, &lapse::needed(&version.duties()), &Condition::all(), None).await
}

/// In how many grids it finds nobody. One statement.
pub(super) async fn vacancy_count(tx: &Tx, version: &Ready) -> Result<i64> {
    grid::vacancy_count(tx, &lapse::needed(&version.duties()), &Condition::all()).await
}

/// Opens the tasks of a plan; says how many.
pub(super) async fn open(tx: &Tx, versions: &[Ready], plan: &Plan) -> Result<usize> {
    let mut new = Vec::new();
    for (version, openings) in versions.iter().zip(&plan.openings) {
        let items: HashMap<ChecklistItemId, &checklist_item::Model> =
            version.items.iter().map(|item| (item.id, item)).collect();
        for opening in openings {
            let Some(item) = items.get(&opening.item_id) else {
                continue;
            };
            new.push(New {
                source_kind: duty::SOURCE,
                source_id: version.list.id.into(),
                source_title: version.list.title.clone(),
                source_item_id: opening.duty_id,
                source_detail: version.number.to_string(),
                period: opening.period.clone(),
                title: item.what.clone(),
                grid_id: Some(opening.grid_id),
                assignee: opening.assignee(),
                evidence: wanted(item.evidence),
                points: item.points,
                clock_policy: ClockPolicy::WorkingDays(item.limit_working_days),
                due_at: opening.due_at,
                late: opening.late,
            });
        }
    }
    let count = new.len();
    task::open(tx, new).await?;
    Ok(count)
}

/// What must be shown for an item.
fn wanted(evidence: Evidence) -> Requirements {
    let kind = match evidence {
        Evidence::None => return Requirements::default(),
        Evidence::Text => EvidenceKind::Text,
        Evidence::Photo => EvidenceKind::Photo,
        Evidence::Number => EvidenceKind::Number,
    };
    Requirements(vec![Requirement::one(kind)])
}

/// What these people owe under lists; one statement.
pub(super) async fn owed(tx: &Tx, people: &[MemberId]) -> Result<Vec<Owed>> {
    task::owed(tx, duty::SOURCE, people).await
}

/// What lapses when one version takes the place of another: what is owed in the running periods of duties that the new one and the
/// other versions in force do not have. Three statements, and none where there is no such duty.
pub(super) async fn dropped(
    tx: &Tx,
    before: Option<&Ready>,
    in_force: &[Ready],
) -> Result<Vec<(TaskId, Lapse)>> {
    let kept = duty_ids(in_force);
    let dropped: Vec<_> = before
        .into_iter()
        .flat_map(Ready::duties)
        .map(|duty| duty.duty_id)
        .filter(|duty| !kept.contains(duty))
        .collect();
    if dropped.is_empty() {
        return Ok(Vec::new());
    }
    let owed = task::owed_of(tx, duty::SOURCE, dropped, running(tx.today())).await?;
    lapsed(tx, &owed, &asked(tx, in_force, None).await?, None).await
}

/// What is asked for in the periods that run, by the versions in force; and in those that ran on a day and are over, if any day is
/// named: by the versions in force on the last day of each, since what was dropped later stays owed. Three statements for each of
/// these.
pub(super) async fn asked(tx: &Tx, in_force: &[Ready], ran_on: Option<NaiveDate>) -> Result<Asked> {
    let now = duty_ids(in_force);
    let mut asked: Asked =
        running(tx.today()).into_iter().map(|period| (period, now.clone())).collect();
    let over = ran_on.map(|day| over(day, tx.today())).unwrap_or_default();
    for (period, last_day) in over {
        asked.insert(period, duty_ids(&in_force_on(tx, last_day).await?));
    }
    Ok(asked)
}

fn duty_ids(versions: &[Ready]) -> HashSet<Uuid> {
    versions.iter().flat_map(Ready::duties).map(|duty| duty.duty_id).collect()
}

/// The tasks among those owed that are owed no longer by what is asked; one statement. What is owed is read first, then what is asked:
/// whoever publishes meanwhile opens tasks that are not among what is owed, under a version that may be missing in what is asked.
pub(super) async fn lapsed(
    tx: &Tx,
    owed: &[Owed],
    asked: &Asked,
    people: Option<&[MemberId]>,
) -> Result<Vec<(TaskId, Lapse)>> {
    if owed.is_empty() {
        return Ok(Vec::new());
    }
    let roles: BTreeSet<PostKind> = owed.iter().filter_map(|task| task.post).collect();
    let roles: Vec<PostKind> = roles.into_iter().collect();
    Ok(lapse::lapsed(owed, asked, &holders(tx, &roles, people).await?))
}

/// Cancels them; says how many.
pub(super) async fn cancel(tx: &Tx, lapsed: Vec<(TaskId, Lapse)>) -> Result<usize> {
    let mut by_reason: BTreeMap<&str, Vec<TaskId>> = BTreeMap::new();
    for (task, lapse) in lapsed {
        let reason = match lapse {
            Lapse::PostEnded => "任职已结束",
            Lapse::DutyDropped => "清单新版本不再要求",
        };
        by_reason.entry(reason).or_default().push(task);
    }
    let mut count = 0;
    for (reason, mut ids) in by_reason {
        // Everybody locks in the same order.
        ids.sort_unstable();
        count += task::cancel(tx, &ids, reason).await?;
    }
    Ok(count)
}

/// A number of rows as it is answered.
pub(super) fn number(count: usize) -> Result<i64> {
    i64::try_from(count).map_err(ApiError::internal)
}
