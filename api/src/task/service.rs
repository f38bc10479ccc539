//! Use cases of tasks.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::ids::{
    AccountId, AttachmentId, ChecklistId, GridId, MemberId, Points, TaskId, TaskLogId,
    TaskSubmissionId,
};
use entity::kinds::{Evidence, PostKind, TaskLogKind, TaskSourceKind, TaskState};
use entity::{
    account, attachment, grid, member, submission_attachment, task, task_log, task_submission,
};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Condition, ExprTrait, LikeExpr};
use sea_orm::{
    ColumnTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
};
use uuid::Uuid;

use super::dto::{
    ListTasks, Place, ReturnTask, SeenTask, SubmitTask, Task, TaskActor, TaskAttachment, TaskBrief,
    TaskLogEntry, TaskMay, TaskPage, TaskPaging, TaskSort, TaskSource, TaskSubmission,
    TaskSubmitter, ToVerify, VerifyTask, VerifyTasks,
};
use super::rules::{self, Act, Facts, Key, Owed, Refusal};
use super::{Sources, acts};
use crate::audit::{Record, record};
use crate::auth::perm;
use crate::clock::{self, beijing};
use crate::door::{Lines, Moment};
use crate::grid::dto::GridRef;
use crate::http::{ApiError, Code, IdempotencyKey, Page, Result};
use crate::jobs::believe_clock;
use crate::member::dto::MemberRef;
use crate::tenancy::{Find, Scope, Tx};

/// Tasks that can be verified by one request: what [`VerifyTasks`] takes.
const VERIFIED_AT_ONCE: u64 = 500;

/// Tasks cancelled by one statement.
const CANCELLED_AT_ONCE: usize = 500;

/// How far an account sees into the township's tasks.
#[derive(Debug, Clone)]
pub struct Reach {
    /// The account's person.
    pub member: Option<MemberId>,
    /// Every task.
    pub whole: bool,
    /// Verifies for the township as a whole: the office. Seeing everything is not that.
    pub verifies_all: bool,
    /// Every task in these grids: the subtrees of those that the person heads.
    pub seeing: Vec<GridId>,
    /// The part of these in which the person verifies.
    pub verifying: Vec<GridId>,
}

impl Reach {
    /// The reach of the account that acts; at most two statements.
    pub async fn of(tx: &Tx) -> Result<Self> {
        let mut reach = Self {
            member: tx.member(),
            whole: tx.has(perm::TASK_READ_ALL),
            verifies_all: tx.has(perm::TASK_VERIFY_ALL),
            seeing: Vec::new(),
            verifying: Vec::new(),
        };
        let Some(member) = reach.member.filter(|_| !(reach.whole && reach.verifies_all)) else {
            return Ok(reach);
        };
        let posts = crate::grid::service::posts_of(tx, member).await?;
        let headed = |kinds: &[PostKind]| -> Vec<GridId> {
            posts
                .iter()
                .filter(|post| kinds.contains(&post.kind))
                .map(|post| post.grid_id)
                .collect()
        };
        let seen = headed(&[PostKind::Supervisor, PostKind::GeneralHead, PostKind::SubHead]);
        if !seen.is_empty() {
            let tree: Vec<_> = crate::grid::service::tree(tx)
                .await?
                .into_iter()
                .map(|node| (node.id, node.parent_id))
                .collect();
            reach.seeing = rules::beneath(&tree, &seen);
            reach.verifying =
                rules::beneath(&tree, &headed(&[PostKind::Supervisor, PostKind::GeneralHead]));
        }
        Ok(reach)
    }

    /// The tasks that exist for this account.
    #[must_use]
    pub fn visible(&self) -> Condition {
        if self.whole {
            return Condition::all();
        }
        // An empty `is_in` is false: who heads no grid sees nothing through it.
        let mut seen =
            Condition::any().add(task::Column::GridId.is_in(self.seeing.iter().copied()));
        if let Some(member) = self.member {
            seen = seen.add(task::Column::MemberId.eq(member));
        }
        seen
    }

    /// The submitted tasks that this account may verify, provided that its roles let it verify at all.
    #[must_use]
    pub fn to_verify(&self) -> Condition {
        let mut found = Condition::all().add(task::Column::State.eq(TaskState::Submitted));
        if !self.verifies_all {
            found = found.add(task::Column::GridId.is_in(self.verifying.iter().copied()));
        }
        if let Some(member) = self.member {
            found = found.add(task::Column::MemberId.ne(member));
        }
        found
    }

    fn sees(&self, task: &task::Model) -> bool {
        self.whole || self.member == Some(task.member_id) || self.seeing.contains(&task.grid_id)
    }

    fn facts(&self, tx: &Tx, state: TaskState, member: MemberId, grid: GridId) -> Facts {
        Facts {
            state,
            own: self.member == Some(member),
            submits: tx.has(perm::TASK_SUBMIT),
            verifies: tx.has(perm::TASK_VERIFY),
            verifies_all: self.verifies_all,
            verifying_head: self.verifying.contains(&grid),
        }
    }
}

/// Late tasks, as [`rules::late`] tells them.
#[must_use]
pub fn late(now: DateTime<Utc>) -> Condition {
    Condition::any()
        .add(
            Condition::all()
                .add(task::Column::State.is_in(rules::OWED))
                .add(task::Column::DueAt.lt(now)),
        )
        .add(
            Condition::all()
                .add(task::Column::State.eq(TaskState::Submitted))
                .add(task::Column::SubmittedAt.into_expr().gt(task::Column::DueAt.into_expr())),
        )
}

/// Tasks that look right, as [`rules::looks_right`] tells them.
fn looking_right() -> Condition {
    Condition::all()
        .add(task::Column::State.eq(TaskState::Submitted))
        .add(task::Column::SubmittedAt.into_expr().lte(task::Column::DueAt.into_expr()))
}

/// A task with the names of its grid and its assignee, in one statement.
#[derive(Debug, FromQueryResult)]
struct Row {
    id: TaskId,
    source_kind: TaskSourceKind,
    list_id: ChecklistId,
    list_title: String,
    list_number: i32,
    period: String,
    title: String,
    grid_id: GridId,
    grid_name: String,
    member_id: MemberId,
    member_name: String,
    role: PostKind,
    evidence: Evidence,
    points: Points,
    state: TaskState,
    opened_at: DateTime<Utc>,
    opened_late: bool,
    due_at: DateTime<Utc>,
    submitted_at: Option<DateTime<Utc>>,
    version: i32,
}

impl Row {
    fn late(&self, now: DateTime<Utc>) -> bool {
        rules::late(self.state, self.due_at, self.submitted_at, now)
    }

    fn brief(self, now: DateTime<Utc>) -> TaskBrief {
        TaskBrief {
            late: self.late(now),
            looks_right: rules::looks_right(self.state, self.due_at, self.submitted_at),
            id: self.id,
            title: self.title,
            grid: GridRef { id: self.grid_id, name: self.grid_name },
            assignee: MemberRef { id: self.member_id, name: self.member_name },
            role: self.role,
            state: self.state,
            due_at: beijing(self.due_at),
            evidence: self.evidence,
            points: self.points,
            source: TaskSource {
                kind: self.source_kind,
                checklist_id: self.list_id,
                checklist_title: self.list_title,
                version_number: self.list_number,
            },
            period: self.period,
            opened_late: self.opened_late,
            version: self.version,
        }
    }
}

fn rows(tx: &Tx) -> Find<'_, task::Entity> {
    use task::Column;
    tx.find::<task::Entity>()
        .join(JoinType::InnerJoin, task::Relation::Grid.def())
        .join(JoinType::InnerJoin, task::Relation::Member.def())
        .select_only()
        .columns([
            Column::Id,
            Column::SourceKind,
            Column::ListId,
            Column::ListTitle,
            Column::ListNumber,
            Column::Period,
            Column::Title,
            Column::GridId,
            Column::MemberId,
            Column::Role,
            Column::Evidence,
            Column::Points,
            Column::State,
            Column::OpenedAt,
            Column::OpenedLate,
            Column::DueAt,
            Column::SubmittedAt,
            Column::Version,
        ])
        .column_as(grid::Column::Name, "grid_name")
        .column_as(member::Column::Name, "member_name")
}

/// The first `limit` tasks of a condition, the earliest deadline first.
pub async fn first(tx: &Tx, condition: Condition, limit: u64) -> Result<Vec<TaskBrief>> {
    let now = tx.now();
    let found = rows(tx)
        .filter(condition)
        .order_by_asc(task::Column::DueAt)
        .order_by_asc(task::Column::Id)
        .limit(limit)
        .into_model::<Row>()
        .all()
        .await?;
    Ok(found.into_iter().map(|row| row.brief(now)).collect())
}

async fn page(
    tx: &Tx,
    condition: Condition,
    sort: TaskSort,
    page: &Page,
    cursor: Option<&str>,
) -> Result<TaskPage> {
    use task::Column::{DueAt, Id};
    let after: Option<(DateTime<Utc>, TaskId)> = page.after(cursor)?;
    let mut find = rows(tx).filter(condition);
    if let Some((due_at, id)) = after {
        let (beyond, next) = match sort {
            TaskSort::DueAt => (DueAt.gt(due_at), Id.gt(id)),
            TaskSort::DueAtDescending => (DueAt.lt(due_at), Id.lt(id)),
        };
        find = find.filter(
            Condition::any().add(beyond).add(Condition::all().add(DueAt.eq(due_at)).add(next)),
        );
    }
    find = match sort {
        TaskSort::DueAt => find.order_by_asc(DueAt).order_by_asc(Id),
        TaskSort::DueAtDescending => find.order_by_desc(DueAt).order_by_desc(Id),
    };
    let found = find.limit(page.fetch()).into_model::<Row>().all().await?;
    let (found, next_cursor) = page.cut(found, |row| (row.due_at, row.id))?;
    let now = tx.now();
    Ok(TaskPage { items: found.into_iter().map(|row| row.brief(now)).collect(), next_cursor })
}

/// The pattern of a LIKE in which `text` stands for itself.
fn literally(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// Tasks that the account sees.
pub async fn list(scope: &Scope, query: ListTasks) -> Result<TaskPage> {
    let shown = Page::of(scope.seal("tasks", &query)?, query.limit);
    scope
        .read(async |tx: &Tx| {
            let reach = Reach::of(tx).await?;
            let mut wanted = Condition::all().add(reach.visible());
            if let Some(state) = query.state {
                wanted = wanted.add(task::Column::State.eq(state));
            }
            if let Some(is_owed) = query.owed {
                wanted = wanted.add(if is_owed {
                    task::Column::State.is_in(rules::OWED)
                } else {
                    task::Column::State.is_not_in(rules::OWED)
                });
            }
            if let Some(day) = query.due_on {
                let (from, to) = clock::day(day.date());
                wanted = wanted.add(task::Column::DueAt.gte(from)).add(task::Column::DueAt.lt(to));
            }
            if let Some(is_late) = query.late {
                let late = late(tx.now());
                wanted = wanted.add(if is_late { late } else { late.not() });
            }
            if let Some(grid) = query.grid_id {
                let grids = crate::grid::service::subtree_ids(tx, grid).await?;
                wanted = wanted.add(task::Column::GridId.is_in(grids));
            }
            if let Some(member) = query.assignee_id {
                wanted = wanted.add(task::Column::MemberId.eq(member));
            }
            if let Some(text) = query.q.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
                let text = literally(text);
                wanted = wanted.add(
                    Condition::any()
                        .add(
                            task::Column::Title
                                .like(LikeExpr::new(format!("%{text}%")).escape('\\')),
                        )
                        .add(
                            member::Column::Name
                                .like(LikeExpr::new(format!("{text}%")).escape('\\')),
                        ),
                );
            }
            page(tx, wanted, query.sort.unwrap_or_default(), &shown, query.cursor.as_deref()).await
        })
        .await
}

/// What the account's own person still owes, the most late first.
pub async fn inbox(scope: &Scope, paging: TaskPaging) -> Result<TaskPage> {
    let shown = Page::of(scope.seal("inbox", &scope.member())?, paging.limit);
    scope
        .read(async |tx: &Tx| {
            let Some(member) = tx.member() else {
                return Ok(TaskPage { items: Vec::new(), next_cursor: None });
            };
            let own = Condition::all()
                .add(task::Column::MemberId.eq(member))
                .add(task::Column::State.is_in(rules::OWED));
            page(tx, own, TaskSort::DueAt, &shown, paging.cursor.as_deref()).await
        })
        .await
}

/// What waits for this account's verification, the earliest deadline first.
pub async fn to_verify(scope: &Scope, paging: TaskPaging) -> Result<TaskPage> {
    let shown = Page::of(scope.seal("to_verify", &scope.actor())?, paging.limit);
    scope
        .read(async |tx: &Tx| {
            let reach = Reach::of(tx).await?;
            page(tx, reach.to_verify(), TaskSort::DueAt, &shown, paging.cursor.as_deref()).await
        })
        .await
}

/// How much waits for this account's verification, and what of it looks right, as it is now.
pub async fn waiting(scope: &Scope) -> Result<ToVerify> {
    use task::Column;
    scope
        .read(async |tx: &Tx| {
            let reach = Reach::of(tx).await?;
            let right = reach.to_verify().add(looking_right());
            let count = async |wanted: Condition| {
                let count = tx.find::<task::Entity>().filter(wanted).count().await?;
                i64::try_from(count).map_err(ApiError::internal)
            };
            let tasks = tx
                .find::<task::Entity>()
                .select_only()
                .columns([Column::Id, Column::Version])
                .filter(right.clone())
                .order_by_asc(Column::DueAt)
                .order_by_asc(Column::Id)
                .limit(VERIFIED_AT_ONCE)
                .into_tuple::<(TaskId, i32)>()
                .all()
                .await?;
            Ok(ToVerify {
                total: count(reach.to_verify()).await?,
                right: count(right).await?,
                tasks: tasks.into_iter().map(|(id, version)| SeenTask { id, version }).collect(),
            })
        })
        .await
}

/// One task.
pub async fn get(scope: &Scope, id: TaskId) -> Result<Task> {
    scope
        .read(async |tx: &Tx| {
            let reach = Reach::of(tx).await?;
            show(tx, &reach, id).await
        })
        .await
}

#[derive(Debug, FromQueryResult)]
struct LogRow {
    at: DateTime<Utc>,
    kind: TaskLogKind,
    account_id: Option<AccountId>,
    account_name: Option<String>,
    note: Option<String>,
}

#[derive(Debug, FromQueryResult)]
struct SubmissionRow {
    id: TaskSubmissionId,
    at: DateTime<Utc>,
    account_id: AccountId,
    account_name: String,
    body: Option<String>,
    number_value: Option<f64>,
    lng: Option<i32>,
    lat: Option<i32>,
}

#[derive(Debug, FromQueryResult)]
struct AttachmentRow {
    id: AttachmentId,
    media_type: String,
    size_bytes: i64,
    width: i32,
    height: i32,
}

async fn show(tx: &Tx, reach: &Reach, id: TaskId) -> Result<Task> {
    let row = rows(tx)
        .filter(task::Column::Id.eq(id))
        .filter(reach.visible())
        .into_model::<Row>()
        .one()
        .await?
        .ok_or_else(|| ApiError::new(Code::NotFound))?;
    let submission = match row.submitted_at {
        Some(_) => newest_submission(tx, id).await?,
        None => None,
    };
    let log = log(tx, id).await?;
    let facts = reach.facts(tx, row.state, row.member_id, row.grid_id);
    let may = |act| rules::refusal(act, &facts).is_none();
    let (opened_at, version) = (beijing(row.opened_at), row.version);
    let brief = row.brief(tx.now());
    Ok(Task {
        id: brief.id,
        title: brief.title,
        grid: brief.grid,
        assignee: brief.assignee,
        role: brief.role,
        state: brief.state,
        late: brief.late,
        due_at: brief.due_at,
        evidence: brief.evidence,
        points: brief.points,
        source: brief.source,
        period: brief.period,
        opened_at,
        opened_late: brief.opened_late,
        submission,
        log,
        may: TaskMay {
            submit: may(Act::Submit),
            verify: may(Act::Verify),
            r#return: may(Act::Return),
        },
        version,
    })
}

async fn log(tx: &Tx, id: TaskId) -> Result<Vec<TaskLogEntry>> {
    use task_log::Column;
    let lines = tx
        .find::<task_log::Entity>()
        .join(JoinType::LeftJoin, task_log::Relation::Account.def())
        .select_only()
        .columns([Column::At, Column::Kind, Column::AccountId, Column::Note])
        .column_as(account::Column::DisplayName, "account_name")
        .filter(Column::TaskId.eq(id))
        .order_by_asc(Column::At)
        .order_by_asc(Column::Id)
        .into_model::<LogRow>()
        .all()
        .await?;
    Ok(lines
        .into_iter()
        .map(|line| TaskLogEntry {
            at: beijing(line.at),
            kind: line.kind,
            by: line
                .account_id
                .zip(line.account_name)
                .map(|(account_id, name)| TaskActor { account_id, name }),
            note: line.note,
        })
        .collect())
}

async fn newest_submission(tx: &Tx, id: TaskId) -> Result<Option<TaskSubmission>> {
    use task_submission::Column;
    // Ids sort by the time they were made; `at` may be the phone's earlier moment.
    let found = tx
        .find::<task_submission::Entity>()
        .join(JoinType::InnerJoin, task_submission::Relation::Account.def())
        .select_only()
        .columns([
            Column::Id,
            Column::At,
            Column::AccountId,
            Column::Body,
            Column::NumberValue,
            Column::Lng,
            Column::Lat,
        ])
        .column_as(account::Column::DisplayName, "account_name")
        .filter(Column::TaskId.eq(id))
        .order_by_desc(Column::Id)
        .limit(1)
        .into_model::<SubmissionRow>()
        .one()
        .await?;
    let Some(found) = found else {
        return Ok(None);
    };
    let attachments = tx
        .find::<submission_attachment::Entity>()
        .join(JoinType::InnerJoin, submission_attachment::Relation::Attachment.def())
        .select_only()
        .column(attachment::Column::Id)
        .column(attachment::Column::MediaType)
        .column(attachment::Column::SizeBytes)
        .column(attachment::Column::Width)
        .column(attachment::Column::Height)
        .filter(submission_attachment::Column::SubmissionId.eq(found.id))
        .order_by_asc(submission_attachment::Column::Position)
        .into_model::<AttachmentRow>()
        .all()
        .await?;
    Ok(Some(TaskSubmission {
        at: beijing(found.at),
        by: TaskSubmitter { id: found.account_id, name: found.account_name },
        text: found.body,
        number: found.number_value,
        attachments: attachments
            .into_iter()
            .map(|photo| TaskAttachment {
                id: photo.id,
                media_type: photo.media_type,
                size: photo.size_bytes,
                width: photo.width,
                height: photo.height,
            })
            .collect(),
        place: found
            .lng
            .zip(found.lat)
            .map(|(lng, lat)| Place { lng: f64::from(lng) / 1e6, lat: f64::from(lat) / 1e6 }),
    }))
}

/// The task, locked, if the account sees it.
async fn locked(tx: &Tx, reach: &Reach, id: TaskId) -> Result<task::Model> {
    let found = tx.get_locked::<task::Entity>(id).await?;
    if reach.sees(&found) { Ok(found) } else { Err(ApiError::new(Code::NotFound)) }
}

/// The state that follows the act, or the reason why it is refused.
fn allowed(tx: &Tx, reach: &Reach, task: &task::Model, act: Act) -> Result<TaskState> {
    let facts = reach.facts(tx, task.state, task.member_id, task.grid_id);
    match (rules::refusal(act, &facts), rules::next(task.state, act)) {
        (None, Some(next)) => Ok(next),
        (Some(Refusal::OwnTask), _) => Err(ApiError::new(Code::SelfVerification)),
        (Some(Refusal::Forbidden), _) if act == Act::Submit => Err(ApiError::new(Code::Forbidden)
            .detail("只有任务承办人本人可以提交", "Only the assignee hands a task in")),
        (Some(Refusal::Forbidden), _) => Err(ApiError::new(Code::Forbidden).detail(
            "只能核验本人任督导员或总网格长的网格内的任务",
            "You verify only where you are supervisor or general head",
        )),
        (Some(Refusal::WrongState) | None, _) => Err(ApiError::new(Code::StateConflict)),
    }
}

async fn note(tx: &Tx, task: TaskId, kind: TaskLogKind, note: Option<String>) -> Result<()> {
    note_all(tx, vec![task], kind, note.as_deref()).await
}

fn filled(text: Option<Lines>) -> Option<String> {
    text.map(String::from).filter(|text| !text.is_empty())
}

/// Degrees to micro-degrees; the input was checked to lie on the globe.
fn micro(degrees: f64) -> Result<i32> {
    format!("{:.0}", degrees * 1e6).parse().map_err(ApiError::internal)
}

/// The assignee hands a task in.
pub async fn submit(
    scope: &Scope,
    key: IdempotencyKey,
    id: TaskId,
    input: SubmitTask,
) -> Result<Task> {
    let fingerprint = (id, input.clone());
    scope
        .write_once(key, "submit_task", &fingerprint, async move |tx: &Tx| {
            let reach = Reach::of(tx).await?;
            let task = locked(tx, &reach, id).await?;
            let state = allowed(tx, &reach, &task, Act::Submit)?;
            let account = tx.actor().ok_or_else(|| ApiError::new(Code::Forbidden))?;

            let handed_over = match task.state {
                TaskState::Returned => returned_at(tx, id).await?.unwrap_or(task.opened_at),
                _ => task.opened_at,
            };
            let done_at = input.done_at.map(Moment::utc);
            let at = rules::moment(done_at, handed_over, tx.now()).ok_or_else(|| {
                ApiError::invalid("done_at", "不能晚于现在", "must not lie in the future")
            })?;
            let photos = own_photos(tx, account, &input.attachment_ids).await?;
            let body = filled(input.text);
            if rules::evidence_missing(task.evidence, body.as_deref(), input.number, photos.len()) {
                return Err(missing(task.evidence));
            }

            let submission = TaskSubmissionId::new();
            let place =
                input.place.map(|place| Ok::<_, ApiError>((micro(place.lng)?, micro(place.lat)?)));
            let place = place.transpose()?;
            tx.insert(task_submission::ActiveModel {
                id: Set(submission),
                task_id: Set(id),
                at: Set(at),
                account_id: Set(account),
                body: Set(body),
                number_value: Set(input.number),
                lng: Set(place.map(|(lng, _)| lng)),
                lat: Set(place.map(|(_, lat)| lat)),
                ..Default::default()
            })
            .await?;
            let attached = (0_i32..)
                .zip(photos)
                .map(|(position, photo)| submission_attachment::ActiveModel {
                    submission_id: Set(submission),
                    attachment_id: Set(photo),
                    position: Set(position),
                    ..Default::default()
                })
                .collect();
            tx.insert_many::<submission_attachment::ActiveModel>(attached).await?;
            tx.update(task::ActiveModel {
                id: Set(id),
                state: Set(state),
                submitted_at: Set(Some(at)),
                version: Set(task.version + 1),
                ..Default::default()
            })
            .await?;
            note(tx, id, TaskLogKind::Submitted, None).await?;
            show(tx, &reach, id).await
        })
        .await
}

async fn returned_at(tx: &Tx, id: TaskId) -> Result<Option<DateTime<Utc>>> {
    let found = tx
        .find::<task_log::Entity>()
        .filter(task_log::Column::TaskId.eq(id))
        .filter(task_log::Column::Kind.eq(TaskLogKind::Returned))
        .order_by_desc(task_log::Column::At)
        .one()
        .await?;
    Ok(found.map(|line| line.at))
}

/// The photos named, each once, in the order given; those of others do not exist.
async fn own_photos(
    tx: &Tx,
    account: AccountId,
    named: &[AttachmentId],
) -> Result<Vec<AttachmentId>> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let known: HashSet<AttachmentId> = tx
        .find::<attachment::Entity>()
        .select_only()
        .column(attachment::Column::Id)
        .filter(attachment::Column::Id.is_in(named.iter().copied()))
        .filter(attachment::Column::AccountId.eq(account))
        .into_tuple::<AttachmentId>()
        .all()
        .await?
        .into_iter()
        .collect();
    let mut problem: Option<ApiError> = None;
    let mut photos = Vec::new();
    for (index, id) in named.iter().enumerate() {
        if !known.contains(id) {
            let field = format!("attachment_ids[{index}]");
            let (zh, en) = ("没有找到本人上传的这张照片", "no such photo of yours");
            problem = Some(match problem {
                None => ApiError::invalid(field, zh, en),
                Some(problem) => problem.and_invalid(field, zh, en),
            });
        } else if !photos.contains(id) {
            photos.push(*id);
        }
    }
    problem.map_or(Ok(photos), Err)
}

fn missing(wanted: Evidence) -> ApiError {
    let problem = ApiError::new(Code::EvidenceMissing);
    match wanted {
        Evidence::Photo => problem
            .detail("本任务须上传至少一张照片", "This task needs at least one photo")
            .and_invalid("attachment_ids", "请拍照上传", "add a photo"),
        Evidence::Text => problem
            .detail("本任务须填写文字说明", "This task needs words")
            .and_invalid("text", "请填写说明", "say what was done"),
        Evidence::Number => problem
            .detail("本任务须填写数量", "This task needs a number")
            .and_invalid("number", "请填写数量", "give the number"),
        Evidence::None => problem,
    }
}

/// Somebody above confirms a task; its source posts what it brings, in the same transaction.
pub async fn verify(
    scope: &Scope,
    key: IdempotencyKey,
    id: TaskId,
    input: VerifyTask,
) -> Result<Task> {
    let fingerprint = (id, input.clone());
    scope
        .write_once(key, "verify_task", &fingerprint, async move |tx: &Tx| {
            let reach = Reach::of(tx).await?;
            pass(tx, &reach, id, None, input.note).await?;
            show(tx, &reach, id).await
        })
        .await
}

/// Verifies one task, unless it is another than the one that was seen.
async fn pass(
    tx: &Tx,
    reach: &Reach,
    id: TaskId,
    seen: Option<i32>,
    remark: Option<Lines>,
) -> Result<()> {
    let task = locked(tx, reach, id).await?;
    let state = allowed(tx, reach, &task, Act::Verify)?;
    if seen.is_some_and(|version| version != task.version) {
        return Err(ApiError::new(Code::StateConflict).detail(
            "提交的内容已经改变，请查看后再核验",
            "What was handed in has changed; look at it first",
        ));
    }
    let verified = tx
        .update(task::ActiveModel {
            id: Set(id),
            state: Set(state),
            closed_at: Set(Some(tx.now())),
            version: Set(task.version + 1),
            ..Default::default()
        })
        .await?;
    note(tx, id, TaskLogKind::Verified, filled(remark)).await?;
    let entry = Record::of(acts::VERIFY).on("task", id);
    record(tx, entry.changed("state", Some(task.state), Some(state))).await?;
    let source =
        tx.shared::<Sources>().and_then(|sources| sources.of(verified.source_kind)).ok_or_else(
            || ApiError::internal(format!("no source registered for {}", verified.source_kind)),
        )?;
    source.verified(tx, &verified).await
}

/// Somebody above confirms several tasks as they were seen, each in a transaction of its own and by the rules of
/// [`verify`]; one that is refused does not hold up the others. Under the same key what was verified stays told so.
///
/// # Errors
/// What is not about a single task (the database does not answer) ends the work; what was verified before stays, and
/// a repetition under the same key goes on from there.
pub async fn verify_many(
    scope: &Scope,
    key: IdempotencyKey,
    input: VerifyTasks,
) -> Result<Vec<(TaskId, Option<ApiError>)>> {
    let mut taken = HashSet::new();
    let mut verdicts = Vec::with_capacity(input.tasks.len());
    for seen in input.tasks {
        if !taken.insert(seen.id) {
            continue;
        }
        let once = IdempotencyKey(key.0.as_ref().map(|key| format!("{key}/{}", seen.id)));
        let remark = input.note.clone();
        let fingerprint = (seen, remark.clone());
        let passed = scope
            .write_once(once, "verify_tasks", &fingerprint, async move |tx: &Tx| {
                let reach = Reach::of(tx).await?;
                pass(tx, &reach, seen.id, Some(seen.version), remark).await
            })
            .await;
        match passed {
            Ok(()) => verdicts.push((seen.id, None)),
            Err(error) if about_the_task(error.code()) => verdicts.push((seen.id, Some(error))),
            Err(error) => return Err(error),
        }
    }
    Ok(verdicts)
}

/// Whether an error says something of one task, not of the request or the server.
fn about_the_task(code: Code) -> bool {
    matches!(code, Code::NotFound | Code::Forbidden | Code::SelfVerification | Code::StateConflict)
}

/// Somebody above sends a task back; its clock goes on.
pub async fn send_back(
    scope: &Scope,
    key: IdempotencyKey,
    id: TaskId,
    input: ReturnTask,
) -> Result<Task> {
    let fingerprint = (id, input.clone());
    scope
        .write_once(key, "return_task", &fingerprint, async move |tx: &Tx| {
            let reach = Reach::of(tx).await?;
            let task = locked(tx, &reach, id).await?;
            let state = allowed(tx, &reach, &task, Act::Return)?;
            tx.update(task::ActiveModel {
                id: Set(id),
                state: Set(state),
                version: Set(task.version + 1),
                ..Default::default()
            })
            .await?;
            note(tx, id, TaskLogKind::Returned, Some(input.reason.into_inner())).await?;
            let entry = Record::of(acts::RETURN).on("task", id);
            record(tx, entry.changed("state", Some(task.state), Some(state))).await?;
            show(tx, &reach, id).await
        })
        .await
}

/// A task that a source opens.
#[derive(Debug, Clone)]
pub struct New {
    /// Whose task it is to settle.
    pub source_kind: TaskSourceKind,
    /// What it arose from; stays the same for the same obligation.
    pub source_id: Uuid,
    /// The list that contains it.
    pub list_id: Uuid,
    /// The list's title now.
    pub list_title: String,
    /// The version of the list.
    pub list_number: i32,
    /// The key of the period.
    pub period: String,
    /// What is to be done.
    pub title: String,
    /// Where.
    pub grid_id: GridId,
    /// Who owes it.
    pub member_id: MemberId,
    /// In which post.
    pub role: PostKind,
    /// What must be shown.
    pub evidence: Evidence,
    /// What verification brings.
    pub points: Points,
    /// Working days.
    pub limit_working_days: i32,
    /// The deadline.
    pub due_at: DateTime<Utc>,
    /// It ought to have been opened on an earlier day.
    pub late: bool,
}

/// Which tasks of these things and periods exist and were not cancelled; one statement.
pub async fn existing(
    tx: &Tx,
    source_kind: TaskSourceKind,
    source_ids: impl IntoIterator<Item = Uuid>,
    periods: impl IntoIterator<Item = String>,
) -> Result<HashSet<Key>> {
    use task::Column;
    let found = tx
        .find::<task::Entity>()
        .select_only()
        .columns([Column::SourceId, Column::Period, Column::GridId, Column::MemberId])
        .filter(Column::SourceKind.eq(source_kind))
        .filter(Column::SourceId.is_in(source_ids))
        .filter(Column::Period.is_in(periods))
        .filter(Column::State.ne(TaskState::Cancelled))
        .into_tuple::<Key>()
        .all()
        .await?;
    Ok(found.into_iter().collect())
}

/// Opens tasks. Each must be new ([`existing`], under a lock of the source's own); 409 when one is not. One that was
/// cancelled comes back as the same task, with what is asked now and the new deadline.
pub async fn open(tx: &Tx, tasks: Vec<New>) -> Result<()> {
    if tasks.is_empty() {
        return Ok(());
    }
    believe_clock(tx)?;
    let now = tx.now();
    let cancelled = cancelled(tx, &tasks).await?;
    let mut rows = Vec::with_capacity(tasks.len());
    let mut opened = Vec::with_capacity(tasks.len());
    for new in tasks {
        let key = (new.source_id, new.period.clone(), new.grid_id, new.member_id);
        let row = task::ActiveModel {
            source_kind: Set(new.source_kind),
            source_id: Set(new.source_id),
            list_id: Set(new.list_id),
            list_title: Set(new.list_title),
            list_number: Set(new.list_number),
            period: Set(new.period),
            title: Set(new.title),
            grid_id: Set(new.grid_id),
            member_id: Set(new.member_id),
            role: Set(new.role),
            evidence: Set(new.evidence),
            points: Set(new.points),
            limit_working_days: Set(new.limit_working_days),
            state: Set(TaskState::Open),
            opened_at: Set(now),
            opened_late: Set(new.late),
            due_at: Set(new.due_at),
            submitted_at: Set(None),
            closed_at: Set(None),
            ..Default::default()
        };
        if let Some((id, version)) = cancelled.get(&key) {
            opened.push(*id);
            tx.update(task::ActiveModel { id: Set(*id), version: Set(version + 1), ..row }).await?;
        } else {
            let id = TaskId::new();
            opened.push(id);
            rows.push(task::ActiveModel { id: Set(id), version: Set(1), ..row });
        }
    }
    tx.insert_many(rows).await?;
    note_all(tx, opened, TaskLogKind::Opened, None).await
}

/// The cancelled ones among these, with their versions; one statement, over their periods alone.
async fn cancelled(tx: &Tx, tasks: &[New]) -> Result<HashMap<Key, (TaskId, i32)>> {
    use task::Column;
    let kinds: HashSet<&str> = tasks.iter().map(|new| new.source_kind.as_str()).collect();
    let sources: HashSet<Uuid> = tasks.iter().map(|new| new.source_id).collect();
    let periods: HashSet<&str> = tasks.iter().map(|new| new.period.as_str()).collect();
    let found = tx
        .find::<task::Entity>()
        .select_only()
        .columns([Column::SourceId, Column::Period, Column::GridId, Column::MemberId])
        .columns([Column::Id, Column::Version])
        .filter(Column::SourceKind.is_in(kinds))
        .filter(Column::SourceId.is_in(sources))
        .filter(Column::Period.is_in(periods))
        .filter(Column::State.eq(TaskState::Cancelled))
        .into_tuple::<(Uuid, String, GridId, MemberId, TaskId, i32)>()
        .all()
        .await?;
    Ok(found
        .into_iter()
        .map(|(source, period, grid, member, id, version)| {
            ((source, period, grid, member), (id, version))
        })
        .collect())
}

/// What is owed to sources of a kind; one statement.
pub async fn owed(tx: &Tx, source_kind: TaskSourceKind) -> Result<Vec<Owed>> {
    use task::Column;
    tx.find::<task::Entity>()
        .select_only()
        .columns([
            Column::Id,
            Column::SourceId,
            Column::Period,
            Column::GridId,
            Column::MemberId,
            Column::Role,
        ])
        .filter(Column::SourceKind.eq(source_kind))
        .filter(Column::State.is_in(rules::OWED))
        .order_by_asc(Column::Id)
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
    for ids in ids.chunks(CANCELLED_AT_ONCE) {
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
        note_all(tx, still_owed, TaskLogKind::Cancelled, Some(reason)).await?;
    }
    Ok(count)
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
