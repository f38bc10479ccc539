//! Use cases of checklists.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::clock_policy::ClockPolicy;
use entity::evidence::{Requirement, Requirements};
use entity::ids::{
    ChecklistId, ChecklistItemId, ChecklistVersionId, GridId, MemberId, Points, TaskId,
};
use entity::kinds::{
    ChecklistKind, ChecklistState, Evidence, EvidenceKind, PostKind, PostingSourceKind,
};
use entity::{checklist, checklist_item, checklist_version};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait, FromQueryResult, JoinType, Order, QueryFilter, QueryOrder, QuerySelect,
    RelationTrait,
};

use super::dto::{
    Checklist, ChecklistBrief, ChecklistPage, ChecklistVersion, CreateChecklist, Item, ItemInput,
    ListChecklists, Preview, PreviewItem, PreviewVacancy, PublishChecklist, Published, SaveDraft,
};
use super::rules::{self, Duty, Holder, Lapse, Opening, When};
use super::{acts, codes};
use crate::audit::{Record, record};
use crate::calendar::Calendar;
use crate::clock::{self, beijing};
use crate::grid::Touched;
use crate::http::{ApiError, IdempotencyKey, IfMatch, Page, Result};
use crate::jobs::{self, Act, Job, Kind, Next, Plan as JobPlan, plant};
use crate::points;
use crate::task::{self, New, Owed};
use crate::tenancy::{Scope, Tx, beyond};

#[derive(Debug, FromQueryResult)]
struct VersionRow {
    checklist_id: ChecklistId,
    number: i32,
    state: ChecklistState,
    effective_from: Option<NaiveDate>,
    item_count: i64,
}

/// The lists, newest first.
pub async fn list(scope: &Scope, query: ListChecklists) -> Result<ChecklistPage> {
    use checklist::Column::{CreatedAt, Id};
    let page = Page::of(scope.seal("checklists", &())?, query.limit);
    let after: Option<(DateTime<Utc>, ChecklistId)> = page.after(query.cursor.as_deref())?;
    scope
        .read(async |tx: &Tx| {
            let mut find = tx.find::<checklist::Entity>();
            if let Some(key) = after {
                find = find.filter(beyond([CreatedAt, Id], key, &Order::Desc));
            }
            let lists =
                find.order_by_desc(CreatedAt).order_by_desc(Id).limit(page.fetch()).all().await?;
            let (lists, next_cursor) = page.cut(lists, |list| (list.created_at, list.id))?;
            let mut versions = current_versions(tx, lists.iter().map(|list| list.id)).await?;
            let items = lists.into_iter().map(|list| brief(list, &mut versions)).collect();
            Ok(ChecklistPage { items, next_cursor })
        })
        .await
}

/// Draft and version in force of these lists, with their number of items; one statement.
async fn current_versions(
    tx: &Tx,
    lists: impl Iterator<Item = ChecklistId>,
) -> Result<HashMap<ChecklistId, Vec<VersionRow>>> {
    use checklist_version::Column;
    let rows = tx
        .find::<checklist_version::Entity>()
        .join(JoinType::LeftJoin, checklist_item::Relation::ChecklistVersion.def().rev())
        .select_only()
        .columns([Column::ChecklistId, Column::Number, Column::State, Column::EffectiveFrom])
        .column_as(checklist_item::Column::Id.count(), "item_count")
        .filter(Column::ChecklistId.is_in(lists))
        .filter(Column::State.is_in([ChecklistState::Draft, ChecklistState::Published]))
        .group_by(Column::ChecklistId)
        .group_by(Column::Number)
        .group_by(Column::State)
        .group_by(Column::EffectiveFrom)
        .into_model::<VersionRow>()
        .all()
        .await?;
    let mut found: HashMap<ChecklistId, Vec<VersionRow>> = HashMap::new();
    for row in rows {
        found.entry(row.checklist_id).or_default().push(row);
    }
    Ok(found)
}

fn brief(
    list: checklist::Model,
    versions: &mut HashMap<ChecklistId, Vec<VersionRow>>,
) -> ChecklistBrief {
    let versions = versions.remove(&list.id).unwrap_or_default();
    let of = |state| versions.iter().find(|version| version.state == state);
    let (draft, published) = (of(ChecklistState::Draft), of(ChecklistState::Published));
    ChecklistBrief {
        id: list.id,
        kind: list.kind,
        title: list.title,
        draft: draft.is_some(),
        published_number: published.map(|version| version.number),
        effective_from: published.and_then(|version| version.effective_from),
        item_count: published.or(draft).map_or(0, |version| version.item_count),
    }
}

/// A list with all its versions.
pub async fn get(scope: &Scope, id: ChecklistId) -> Result<Checklist> {
    scope
        .read(async |tx: &Tx| {
            let list = tx.get::<checklist::Entity>(id).await?;
            show(tx, list).await
        })
        .await
}

async fn show(tx: &Tx, list: checklist::Model) -> Result<Checklist> {
    let versions = tx
        .find::<checklist_version::Entity>()
        .filter(checklist_version::Column::ChecklistId.eq(list.id))
        .order_by_desc(checklist_version::Column::Number)
        .all()
        .await?;
    let mut items = items_of(tx, versions.iter().map(|version| version.id)).await?;
    Ok(Checklist {
        id: list.id,
        kind: list.kind,
        title: list.title,
        version: list.version,
        versions: versions
            .into_iter()
            .map(|version| ChecklistVersion {
                id: version.id,
                number: version.number,
                state: version.state,
                effective_from: version.effective_from,
                published_at: version.published_at.map(beijing),
                items: items
                    .remove(&version.id)
                    .unwrap_or_default()
                    .into_iter()
                    .map(item)
                    .collect(),
            })
            .collect(),
    })
}

fn item(row: checklist_item::Model) -> Item {
    Item {
        id: row.id,
        position: row.position,
        what: row.what,
        role: row.role,
        frequency: row.frequency,
        evidence: row.evidence,
        limit_working_days: row.limit_working_days,
        points: row.points.hundredths() / 100,
    }
}

/// The items of versions, in order; one statement.
async fn items_of(
    tx: &Tx,
    versions: impl Iterator<Item = ChecklistVersionId>,
) -> Result<HashMap<ChecklistVersionId, Vec<checklist_item::Model>>> {
    let rows = tx
        .find::<checklist_item::Entity>()
        .filter(checklist_item::Column::ChecklistVersionId.is_in(versions))
        .order_by_asc(checklist_item::Column::Position)
        .all()
        .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        found.entry(row.checklist_version_id).or_default().push(row);
    }
    Ok(found)
}

fn check_items(items: &[ItemInput]) -> Result<()> {
    let repeated =
        rules::repeated(items.iter().map(|item| (item.what.as_str(), item.role, item.frequency)));
    let mut problem: Option<ApiError> = None;
    for (index, earlier) in repeated {
        let field = format!("items[{index}].what");
        let zh = format!("与第 {} 条的事项、岗位、频次相同", earlier + 1);
        let en = format!("the same words, post and frequency as item {}", earlier + 1);
        problem = Some(match problem {
            None => ApiError::invalid(field, zh, en),
            Some(problem) => problem.and_invalid(field, zh, en),
        });
    }
    problem.map_or(Ok(()), Err)
}

async fn write_items(tx: &Tx, version: ChecklistVersionId, items: Vec<ItemInput>) -> Result<()> {
    let rows = (1_i32..)
        .zip(items)
        .map(|(position, item)| checklist_item::ActiveModel {
            id: Set(ChecklistItemId::new()),
            checklist_version_id: Set(version),
            position: Set(position),
            what: Set(item.what.trim().to_owned()),
            role: Set(item.role),
            frequency: Set(item.frequency),
            evidence: Set(item.evidence),
            limit_working_days: Set(item.limit_working_days),
            points: Set(Points::whole(item.points)),
            ..Default::default()
        })
        .collect();
    tx.insert_many::<checklist_item::ActiveModel>(rows).await
}

async fn new_draft(tx: &Tx, list: ChecklistId, number: i32) -> Result<ChecklistVersionId> {
    let id = ChecklistVersionId::new();
    tx.insert(checklist_version::ActiveModel {
        id: Set(id),
        checklist_id: Set(list),
        number: Set(number),
        state: Set(ChecklistState::Draft),
        effective_from: Set(None),
        published_at: Set(None),
        published_by: Set(None),
        created_at: Set(tx.now()),
        ..Default::default()
    })
    .await?;
    Ok(id)
}

/// A new list with its first draft.
pub async fn create(
    scope: &Scope,
    key: IdempotencyKey,
    input: CreateChecklist,
) -> Result<Checklist> {
    if input.kind != ChecklistKind::Responsibility {
        return Err(ApiError::invalid(
            "kind",
            "目前只支持责任清单",
            "only responsibility lists are kept",
        ));
    }
    check_items(&input.items)?;
    let fingerprint = input.clone();
    scope
        .write_once(key, "create_checklist", &fingerprint, async move |tx: &Tx| {
            let list = tx
                .insert(checklist::ActiveModel {
                    id: Set(ChecklistId::new()),
                    kind: Set(input.kind),
                    title: Set(input.title.trim().to_owned()),
                    created_at: Set(tx.now()),
                    version: Set(1),
                    ..Default::default()
                })
                .await?;
            let entry = Record::of(acts::CREATE).on("checklist", list.id);
            record(tx, entry.with("title", &list.title).with("items", input.items.len())).await?;
            let draft = new_draft(tx, list.id, 1).await?;
            write_items(tx, draft, input.items).await?;
            show(tx, list).await
        })
        .await
}

/// Replaces the draft; after a publication opens the next version's.
pub async fn save_draft(
    scope: &Scope,
    id: ChecklistId,
    seen: IfMatch,
    input: SaveDraft,
) -> Result<Checklist> {
    check_items(&input.items)?;
    scope
        .write(async move |tx: &Tx| {
            let list = tx.get_locked::<checklist::Entity>(id).await?;
            seen.check(list.version)?;
            let entry = Record::of(acts::SAVE)
                .on("checklist", id)
                .changed("title", Some(&list.title), Some(input.title.trim()))
                .with("items", input.items.len());
            record(tx, entry).await?;
            let newest = tx
                .find::<checklist_version::Entity>()
                .filter(checklist_version::Column::ChecklistId.eq(id))
                .order_by_desc(checklist_version::Column::Number)
                .one()
                .await?;
            let draft = match newest {
                Some(version) if version.state == ChecklistState::Draft => {
                    tx.delete_many::<checklist_item::Entity>()
                        .filter(checklist_item::Column::ChecklistVersionId.eq(version.id))
                        .exec()
                        .await?;
                    version.id
                }
                newest => new_draft(tx, id, newest.map_or(0, |version| version.number) + 1).await?,
            };
            write_items(tx, draft, input.items).await?;
            let list = tx
                .update(checklist::ActiveModel {
                    id: Set(id),
                    title: Set(input.title.trim().to_owned()),
                    version: Set(list.version + 1),
                    ..Default::default()
                })
                .await?;
            show(tx, list).await
        })
        .await
}

/// A version with its items, ready to become tasks.
#[derive(Debug, Clone)]
struct Ready {
    list: checklist::Model,
    number: i32,
    effective_from: NaiveDate,
    items: Vec<checklist_item::Model>,
}

impl Ready {
    fn duties(&self) -> Vec<Duty> {
        self.items
            .iter()
            .map(|item| Duty {
                item_id: item.id,
                duty_id: rules::duty_id(self.list.id, &item.what, item.role, item.frequency),
                role: item.role,
                frequency: item.frequency,
                limit_working_days: item.limit_working_days,
            })
            .collect()
    }
}

/// What versions bring now.
struct Plan {
    /// For each version: the tasks that do not exist yet.
    openings: Vec<Vec<Opening>>,
    /// Everybody in a post.
    holders: Vec<Holder>,
}

/// Who is in these posts today, of these people alone where some are named; nobody where no post is named.
async fn holders(tx: &Tx, roles: &[PostKind], people: Option<&[MemberId]>) -> Result<Vec<Holder>> {
    if roles.is_empty() {
        return Ok(Vec::new());
    }
    let held = match people {
        Some(people) => crate::grid::holders_among(tx, roles, people).await?,
        None => crate::grid::holders(tx, roles).await?,
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

/// Of which periods something is to be opened.
#[derive(Clone, Copy)]
enum Periods {
    /// Those that run today. Since this day, if any, the server stood still.
    Running(Option<NaiveDate>),
    /// Those that began on this day and are over.
    Missed(NaiveDate),
}

/// What these versions bring now, to these people alone where some are named; two statements, however many versions, items and
/// people.
async fn plan(
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
                Periods::Missed(day) => Some(day),
            };
            let when = When {
                now: tx.now(),
                today: tx.today(),
                effective_from: version.effective_from,
                stood_still,
            };
            match periods {
                Periods::Running(_) => rules::openings(duties, &holders, when, Calendar::china()),
                Periods::Missed(day) => {
                    rules::missed_openings(duties, &holders, day, when, Calendar::china())
                }
            }
        })
        .collect();
    let sources: HashSet<_> = wanted.iter().flatten().map(|opening| opening.duty_id).collect();
    let periods: BTreeSet<_> =
        wanted.iter().flatten().map(|opening| opening.period.clone()).collect();
    let existing = task::existing(tx, rules::SOURCE, sources, periods, people).await?;
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

/// Where a duty of one of the versions finds nobody among the holders: grid, its name, post. One statement.
async fn vacancies(
    tx: &Tx,
    versions: &[Ready],
    holders: &[Holder],
) -> Result<Vec<(GridId, String, PostKind)>> {
    let tree = crate::grid::tree(tx).await?;
    let duties: Vec<Duty> = versions.iter().flat_map(Ready::duties).collect();
    let grids: Vec<_> = tree.iter().map(|node| (node.id, node.kind)).collect();
    let names: HashMap<GridId, String> =
        tree.into_iter().map(|node| (node.id, node.name)).collect();
    Ok(rules::vacancies(&duties, holders, &grids)
        .into_iter()
        .map(|(grid, role)| (grid, names.get(&grid).cloned().unwrap_or_default(), role))
        .collect())
}

/// Opens the tasks of a plan; says how many.
async fn open(tx: &Tx, versions: &[Ready], plan: &Plan) -> Result<usize> {
    let mut new = Vec::new();
    for (version, openings) in versions.iter().zip(&plan.openings) {
        let items: HashMap<ChecklistItemId, &checklist_item::Model> =
            version.items.iter().map(|item| (item.id, item)).collect();
        for opening in openings {
            let Some(item) = items.get(&opening.item_id) else {
                continue;
            };
            new.push(New {
                source_kind: rules::SOURCE,
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

/// The tasks among those owed that are owed no longer while these versions are in force; one statement. What is owed is read first: whoever
/// publishes meanwhile opens tasks that are not among it, under a version that may be missing here.
async fn lapsed(
    tx: &Tx,
    owed: &[Owed],
    in_force: &[Ready],
    people: Option<&[MemberId]>,
) -> Result<Vec<(TaskId, Lapse)>> {
    if owed.is_empty() {
        return Ok(Vec::new());
    }
    let duties: HashSet<_> =
        in_force.iter().flat_map(Ready::duties).map(|duty| duty.duty_id).collect();
    let roles: BTreeSet<PostKind> = owed.iter().filter_map(|task| task.post).collect();
    let roles: Vec<PostKind> = roles.into_iter().collect();
    Ok(rules::lapsed(owed, &duties, &holders(tx, &roles, people).await?, tx.today()))
}

async fn owed(tx: &Tx, people: Option<&[MemberId]>) -> Result<Vec<Owed>> {
    task::owed(tx, rules::SOURCE, people).await
}

/// Cancels them; says how many.
async fn cancel(tx: &Tx, lapsed: Vec<(TaskId, Lapse)>) -> Result<usize> {
    let mut by_reason: BTreeMap<&str, Vec<TaskId>> = BTreeMap::new();
    for (task, lapse) in lapsed {
        let reason = match lapse {
            Lapse::PostEnded => "任职已结束",
            Lapse::DutyDropped => "清单新版本不再要求",
        };
        by_reason.entry(reason).or_default().push(task);
    }
    let mut count = 0;
    for (reason, ids) in by_reason {
        count += task::cancel(tx, &ids, reason).await?;
    }
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

fn number(count: usize) -> Result<i64> {
    i64::try_from(count).map_err(ApiError::internal)
}

/// The draft of a list, as it would come into force today.
async fn draft(tx: &Tx, list: checklist::Model) -> Result<(ChecklistVersionId, Ready)> {
    let version = tx
        .find::<checklist_version::Entity>()
        .filter(checklist_version::Column::ChecklistId.eq(list.id))
        .filter(checklist_version::Column::State.eq(ChecklistState::Draft))
        .one()
        .await?
        .ok_or_else(|| ApiError::new(codes::NOTHING_TO_PUBLISH))?;
    let items =
        items_of(tx, std::iter::once(version.id)).await?.remove(&version.id).unwrap_or_default();
    Ok((version.id, Ready { list, number: version.number, effective_from: tx.today(), items }))
}

/// What publishing the draft now would bring. 409 `nothing_to_publish` without a draft.
pub async fn preview(scope: &Scope, id: ChecklistId) -> Result<Preview> {
    scope
        .read(async |tx: &Tx| {
            let list = tx.get::<checklist::Entity>(id).await?;
            let (_, ready) = draft(tx, list).await?;
            let owed = owed(tx, None).await?;
            let mut to_be = in_force(tx).await?;
            to_be.retain(|version| version.list.id != id);
            to_be.push(ready.clone());
            let cancelled = lapsed(tx, &owed, &to_be, None).await?.len();
            let versions = [ready];
            let plan = plan(tx, &versions, Periods::Running(None), None).await?;
            let vacancies = vacancies(tx, &versions, &plan.holders).await?;
            let openings: Vec<&Opening> = plan.openings.iter().flatten().collect();
            let roles: HashSet<PostKind> =
                versions.iter().flat_map(|v| &v.items).map(|item| item.role).collect();
            let people = |wanted: &dyn Fn(PostKind) -> bool| -> Result<i64> {
                let found: HashSet<MemberId> =
                    plan.holders.iter().filter(|h| wanted(h.kind)).map(|h| h.member_id).collect();
                number(found.len())
            };
            let by_item = versions
                .iter()
                .flat_map(|version| &version.items)
                .map(|item| {
                    let due =
                        openings.iter().filter(|o| o.item_id == item.id).map(|o| o.due_at).min();
                    Ok(PreviewItem {
                        item_id: item.id,
                        what: item.what.clone(),
                        role: item.role,
                        holders: people(&|kind| kind == item.role)?,
                        due_at: due.map(beijing),
                    })
                })
                .collect::<Result<Vec<_>>>()?;
            Ok(Preview {
                tasks: number(openings.len())?,
                tasks_cancelled: number(cancelled)?,
                holders: people(&|kind| roles.contains(&kind))?,
                late_free: openings.iter().all(|opening| opening.due_at > tx.now()),
                first_due: openings.iter().map(|opening| opening.due_at).min().map(beijing),
                by_item,
                vacancy_count: number(vacancies.len())?,
                vacancies: vacancies
                    .into_iter()
                    .map(|(grid_id, grid_name, kind)| PreviewVacancy { grid_id, grid_name, kind })
                    .collect(),
            })
        })
        .await
}

/// Brings the draft into force and opens the tasks of the running periods.
pub async fn publish(
    scope: &Scope,
    key: IdempotencyKey,
    id: ChecklistId,
    seen: IfMatch,
    input: PublishChecklist,
) -> Result<Published> {
    let fingerprint = (id, input.clone());
    scope
        .write_once(key, "publish_checklist", &fingerprint, async move |tx: &Tx| {
            jobs::believe_clock(tx)?;
            let list = tx.get_locked::<checklist::Entity>(id).await?;
            seen.check(list.version)?;
            if input.effective_from.is_some_and(|day| day.date() != tx.today()) {
                return Err(ApiError::invalid(
                    "effective_from",
                    "只能自今日起施行",
                    "must be today",
                ));
            }
            let (version, mut ready) = draft(tx, list).await?;
            if ready.items.is_empty() {
                return Err(ApiError::new(codes::CHECKLIST_EMPTY));
            }
            tx.update_many::<checklist_version::Entity>()
                .set(checklist_version::ActiveModel {
                    state: Set(ChecklistState::Superseded),
                    ..Default::default()
                })
                .filter(checklist_version::Column::ChecklistId.eq(id))
                .filter(checklist_version::Column::State.eq(ChecklistState::Published))
                .exec()
                .await?;
            tx.update(checklist_version::ActiveModel {
                id: Set(version),
                state: Set(ChecklistState::Published),
                effective_from: Set(Some(ready.effective_from)),
                published_at: Set(Some(tx.now())),
                published_by: Set(tx.actor()),
                ..Default::default()
            })
            .await?;
            ready.list = tx
                .update(checklist::ActiveModel {
                    id: Set(id),
                    version: Set(ready.list.version + 1),
                    ..Default::default()
                })
                .await?;
            let list = ready.list.clone();
            let versions = [ready];
            let plan = plan(tx, &versions, Periods::Running(None), None).await?;
            let vacancies = vacancies(tx, &versions, &plan.holders).await?;
            let opened = open(tx, &versions, &plan).await?;
            let owed = owed(tx, None).await?;
            let in_force = in_force(tx).await?;
            let lapsed = lapsed(tx, &owed, &in_force, None).await?;
            let cancelled = cancel(tx, lapsed).await?;
            plant_next(tx, &in_force).await?;
            let entry = Record::of(acts::PUBLISH).on("checklist", id).with("title", &list.title);
            let entry = entry.with("tasks_created", opened).with("tasks_cancelled", cancelled);
            record(tx, entry).await?;
            Ok(Published {
                checklist: show(tx, list).await?,
                tasks_created: number(opened)?,
                tasks_cancelled: number(cancelled)?,
                vacancy_count: number(vacancies.len())?,
            })
        })
        .await
}

/// The versions in force of all lists, with their items; three statements.
async fn in_force(tx: &Tx) -> Result<Vec<Ready>> {
    ready(tx, &[ChecklistState::Published], None).await
}

/// The versions that were in force on a day, each the last to come into force until then; three statements.
async fn in_force_on(tx: &Tx, day: NaiveDate) -> Result<Vec<Ready>> {
    ready(tx, &[ChecklistState::Published, ChecklistState::Superseded], Some(day)).await
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

/// What is done when it is due.
pub const JOBS: &[Kind] = &[Kind {
    name: OPEN,
    zh: "按清单下发新一期任务",
    en: "Opens the tasks of the periods that begin",
    schedule: true,
    kept: true,
    act: Act::Inside(|tx, job| Box::pin(open_periods(tx, job))),
}];
const OPEN: &str = "checklist.open_periods";

/// When the tasks of the periods are opened that begin after `day`: some minutes into the first day of the next one.
fn next_opening(tx: &Tx, versions: &[Ready], day: NaiveDate) -> Option<DateTime<Utc>> {
    let frequencies = versions.iter().flat_map(|version| &version.items).map(|item| item.frequency);
    rules::next_first_day(frequencies, day)
        .map(|day| clock::day(day).0 + jobs::rules::spread(tx.tenant(), OPEN))
}

/// Sees to it that the periods which begin next are opened.
async fn plant_next(tx: &Tx, versions: &[Ready]) -> Result<()> {
    match next_opening(tx, versions, tx.today()) {
        Some(at) => plant(tx, JobPlan::of(OPEN).keyed(OPEN).at(at)).await.map(|_| ()),
        None => Ok(()),
    }
}

/// Opens the tasks of the periods that began on the day this was planned for. Long after that day, since the server stood still:
/// those of the periods that are over too, under the versions then in force; then the same for the day on which the next
/// ones began, until today is reached.
async fn open_periods(tx: &Tx, job: &Job) -> Result<Next> {
    lock(tx).await?;
    let day = beijing(job.planned_at).date_naive();
    let mut then = in_force_on(tx, day).await?;
    let missed = plan(tx, &then, Periods::Missed(day), None).await?;
    let made_up = open(tx, &then, &missed).await?;
    if made_up > 0 {
        tracing::info!(tenant = %tx.tenant(), %day, made_up, "tasks of a time in which the server stood still");
    }
    let owed = owed(tx, None).await?;
    let versions = in_force(tx).await?;
    bring_up(tx, &owed, &versions, Some(day), None).await?;
    // What was asked then goes on being made up for, whatever is asked now.
    then.extend(versions);
    Ok(next_opening(tx, &then, day).map_or(Next::Done, Next::Again))
}

/// The lock that publishing takes too: whoever comes second sees what the first has opened.
async fn lock(tx: &Tx) -> Result<()> {
    let _locked: Vec<ChecklistId> = tx
        .find::<checklist::Entity>()
        .select_only()
        .column(checklist::Column::Id)
        .order_by_asc(checklist::Column::Id)
        .locked()
        .into_tuple()
        .all()
        .await?;
    Ok(())
}

/// Posts have changed: opens the tasks of the running periods for whoever of these is now in a post, and cancels theirs of posts that
/// have ended. Idempotent; needs a transaction for writing.
pub async fn posts_changed(tx: &Tx, touched: &Touched) -> Result<()> {
    jobs::believe_clock(tx)?;
    lock(tx).await?;
    let stood_still = jobs::overdue_since(tx, OPEN).await?.map(|at| beijing(at).date_naive());
    // The posts change before it was made up for what the server slept through: then everybody's periods that run are opened first, under
    // the version in force until now.
    let people = touched.only().filter(|_| stood_still.is_none());
    let owed = owed(tx, people).await?;
    let versions = in_force(tx).await?;
    bring_up(tx, &owed, &versions, stood_still, people).await?;
    plant_next(tx, &versions).await
}

async fn bring_up(
    tx: &Tx,
    owed: &[Owed],
    versions: &[Ready],
    stood_still: Option<NaiveDate>,
    people: Option<&[MemberId]>,
) -> Result<()> {
    if versions.is_empty() {
        return Ok(());
    }
    let lapsed = lapsed(tx, owed, versions, people).await?;
    let cancelled = cancel(tx, lapsed).await?;
    let plan = plan(tx, versions, Periods::Running(stood_still), people).await?;
    let opened = open(tx, versions, &plan).await?;
    if opened + cancelled > 0 {
        tracing::info!(tenant = %tx.tenant(), opened, cancelled, "tasks brought up to date");
    }
    Ok(())
}

/// Posts the points of a verified duty to whoever owed it. They count for the quarter of the verification, so that the
/// ledger grows in one order.
pub(super) async fn reward(tx: &Tx, task: &entity::task::Model) -> Result<()> {
    let member_id =
        task.member_id.ok_or_else(|| ApiError::internal("a duty of a list that nobody owes"))?;
    let period = if task.period == "once" { "一次性" } else { task.period.as_str() };
    points::service::post(
        tx,
        points::service::Post {
            source_kind: PostingSourceKind::Task,
            source_id: task.id.into(),
            rule: points::rules::TASK_ITEM.to_owned(),
            reason: format!("完成『{}』({period})，经核验得 {} 分", task.title, task.points),
            member_id,
            amount: task.points,
            at: tx.now(),
        },
    )
    .await?;
    Ok(())
}
