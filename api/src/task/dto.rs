//! Tasks over HTTP.

use entity::evidence::Requirement;
use entity::ids::{AccountId, AttachmentId, GridId, MemberId, Points, TaskId};
use entity::kinds::{AssigneeKind, PostKind, TaskLogKind, TaskState};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::clock::Time;
use crate::door::{Day, Lines, Moment, left_out};
use crate::grid::dto::GridRef;
use crate::http::{May, Sort, Versioned, not_blank};
use crate::member::dto::{MemberRef, PartyOrgRef};

/// Something that the source of a task says about it, to be shown as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskFact {
    /// What it is, in Chinese.
    #[schema(example = "清单版本")]
    pub zh: String,
    /// What it is, in English.
    #[schema(example = "Version of the list")]
    pub en: String,
    /// The fact.
    #[schema(example = "1")]
    pub text: String,
}

/// What a task arose from, as it was then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskSource {
    /// What kind of thing: `checklist` today. Further kinds come with further features; show title and facts of a kind that you
    /// do not know.
    #[schema(example = "checklist")]
    pub kind: String,
    /// The thing.
    pub id: Uuid,
    /// Its title when the task arose.
    #[schema(example = "总网格长责任清单")]
    pub title: String,
    /// The path under which the account that asks can read the thing; null where it cannot.
    #[schema(required = true, example = "/checklists/019aa5c2-7a3e-7c41-9d2b-3f6b1c0e5a77")]
    pub link: Option<String>,
    /// What else there is to know of it.
    pub facts: Vec<TaskFact>,
}

/// Whom a task is given to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskAssignee {
    /// A person, whoever holds a post in the task's grid, or an organisation.
    pub kind: AssigneeKind,
    /// The person, the post in its grid, or the organisation; `assignee_id` of the list finds its tasks.
    pub id: Uuid,
    /// Of a person: who. Of a post or an organisation: who has accepted it or did it last.
    #[schema(required = true)]
    pub member: Option<MemberRef>,
    /// Of a post: which. Of a person: in which post it is owed.
    #[schema(required = true)]
    pub post: Option<PostKind>,
    /// Of an organisation: which. Whoever belongs to it can accept the task.
    #[schema(required = true)]
    pub organisation: Option<PartyOrgRef>,
}

/// A task in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskBrief {
    /// The task.
    pub id: TaskId,
    /// What is to be done.
    #[schema(example = "每周巡查一次网格")]
    pub title: String,
    /// Where; null where it is owed nowhere in particular.
    #[schema(required = true)]
    pub grid: Option<GridRef>,
    /// Who owes it.
    pub assignee: TaskAssignee,
    /// Where it stands.
    pub state: TaskState,
    /// Owed and past its deadline, or handed in too late and not yet verified.
    pub late: bool,
    /// Handed in, and in time: what can be verified without opening it.
    pub looks_right: bool,
    /// The deadline.
    pub due_at: Time,
    /// What must be shown, each kind once; nothing where it is enough to say that it is done.
    pub evidence: Vec<Requirement>,
    /// What verification brings.
    pub points: Points,
    /// What it arose from.
    pub source: TaskSource,
    /// `2026-W47`, `2026-11`, `2026Q4` or `once`.
    #[schema(example = "2026-W47")]
    pub period: String,
    /// It fell due to be opened while the server stood still; its time counts from when it was opened.
    pub opened_late: bool,
    /// What was handed in for it, oldest first: the last one counts. Null unless `include` asks for it.
    #[schema(required = true)]
    pub submissions: Option<Vec<TaskSubmission>>,
    /// What the account that asks may do now.
    pub may: TaskMay,
    /// Counted up by every change.
    pub version: i32,
}

crate::page!(TaskPage, TaskBrief, as_of);

/// A task as somebody saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SeenTask {
    /// The task.
    #[garde(skip)]
    pub id: TaskId,
    /// Its version then: what was handed in anew since is another.
    #[garde(range(min = 1))]
    #[schema(minimum = 1, example = 2)]
    pub version: i32,
}

/// All that waits for one's verification, counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ToVerify {
    /// How many wait.
    #[schema(example = 137)]
    pub total: i64,
    /// How many of them look right: handed in in time.
    #[schema(example = 121)]
    pub right: i64,
    /// Those that look right, as they are now, the earliest deadline first: as many as `verify_tasks` takes at once.
    #[schema(max_items = 500)]
    pub tasks: Vec<SeenTask>,
}

/// A photo of a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskAttachment {
    /// Read it at `/attachments/{id}`.
    pub id: AttachmentId,
    /// Its media type.
    #[schema(example = "image/jpeg")]
    pub media_type: String,
    /// Bytes.
    pub size: i64,
    /// Pixels.
    pub width: i32,
    /// Pixels.
    pub height: i32,
}

/// A place in degrees (WGS 84).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// East positive.
    #[garde(range(min = -180.0, max = 180.0))]
    #[schema(minimum = -180, maximum = 180, example = 121.411823)]
    pub lng: f64,
    /// North positive.
    #[garde(range(min = -90.0, max = 90.0))]
    #[schema(minimum = -90, maximum = 90, example = 30.783241)]
    pub lat: f64,
}

/// Who handed a task in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskSubmitter {
    /// The account.
    pub id: AccountId,
    /// The name shown for it.
    #[schema(example = "张建国")]
    pub name: String,
}

/// Something handed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskSubmission {
    /// The moment of the act.
    pub at: Time,
    /// Who handed it in.
    pub by: TaskSubmitter,
    /// In words.
    #[schema(required = true)]
    pub text: Option<String>,
    /// In number.
    #[schema(required = true)]
    pub number: Option<f64>,
    /// In pictures.
    pub attachments: Vec<TaskAttachment>,
    /// Where, if the person gave it.
    #[schema(required = true)]
    pub place: Option<Place>,
}

/// Who did something to a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskActor {
    /// The account.
    pub account_id: AccountId,
    /// The name shown for it.
    #[schema(example = "党建办 王芳")]
    pub name: String,
}

/// One line of a task's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskLogEntry {
    /// When the system learned of it.
    pub at: Time,
    /// What happened.
    pub kind: TaskLogKind,
    /// By whom; null: the system itself.
    #[schema(required = true)]
    pub by: Option<TaskActor>,
    /// The reason of a return, a remark on verification.
    #[schema(required = true)]
    pub note: Option<String>,
}

/// What the account that asks may do to the task now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskMay {
    /// Accept it, or take it over from whom `assignee.member` names.
    pub accept_task: May,
    /// Hand it in, with the evidence that it asks for.
    pub submit_task: May,
    /// Verify it.
    pub verify_task: May,
    /// Send it back.
    pub return_task: May,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Task {
    /// The task.
    pub id: TaskId,
    /// What is to be done.
    #[schema(example = "每周巡查一次网格")]
    pub title: String,
    /// Where; null where it is owed nowhere in particular.
    #[schema(required = true)]
    pub grid: Option<GridRef>,
    /// Who owes it.
    pub assignee: TaskAssignee,
    /// Where it stands.
    pub state: TaskState,
    /// Owed and past its deadline, or handed in too late and not yet verified.
    pub late: bool,
    /// The deadline.
    pub due_at: Time,
    /// What must be shown, each kind once; nothing where it is enough to say that it is done.
    pub evidence: Vec<Requirement>,
    /// What verification brings.
    pub points: Points,
    /// What it arose from.
    pub source: TaskSource,
    /// `2026-W47`, `2026-11`, `2026Q4` or `once`.
    #[schema(example = "2026-W47")]
    pub period: String,
    /// When it arose.
    pub opened_at: Time,
    /// It fell due to be opened while the server stood still; its time counts from when it was opened.
    pub opened_late: bool,
    /// When somebody accepted it.
    #[schema(required = true)]
    pub accepted_at: Option<Time>,
    /// What was handed in last.
    #[schema(required = true)]
    pub submission: Option<TaskSubmission>,
    /// What happened, oldest first.
    pub log: Vec<TaskLogEntry>,
    /// What the account that asks may do now.
    pub may: TaskMay,
    /// Counted up by every change.
    pub version: i32,
}

impl Versioned for Task {
    fn version(&self) -> i32 {
        self.version
    }
}

crate::sort_keys! {
    /// What tasks may be ordered by.
    TaskKey {
        DueAt = "due_at",
        Title = "title",
        Grid = "grid",
        Assignee = "assignee",
    }
}

/// Who has accepted a task, as seen by whoever lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeldBy {
    /// Somebody else of one's organisation.
    Colleagues,
}

/// What to show of each task besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskInclude {
    /// What was handed in, with its evidence.
    Submissions,
}

/// Which tasks to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListTasks {
    /// In this state.
    #[garde(skip)]
    pub state: Option<TaskState>,
    /// Still to be done by the assignee (open or returned), or not.
    #[garde(skip)]
    pub owed: Option<bool>,
    /// Whose deadline falls on this day in Beijing.
    #[garde(skip)]
    #[param(value_type = Option<chrono::NaiveDate>, example = "2026-11-25")]
    pub due_on: Option<Day>,
    /// Late, or not late.
    #[garde(skip)]
    pub late: Option<bool>,
    /// In this grid or beneath it.
    #[garde(skip)]
    pub grid_id: Option<GridId>,
    /// Given to this person, post or organisation.
    #[garde(skip)]
    pub assignee_id: Option<Uuid>,
    /// Owed, accepted or done by this person.
    #[garde(skip)]
    pub member_id: Option<MemberId>,
    /// `colleagues`: what one's party organisation owes (open or returned) and a colleague has accepted. Whoever may not take it
    /// over, for want of `task.submit`, gets 403.
    #[garde(skip)]
    #[param(inline)]
    pub held_by: Option<HeldBy>,
    /// Part of the title, or the beginning of the name of the assignee.
    #[garde(length(chars, max = 50))]
    #[param(max_length = 50, example = "巡查")]
    pub q: Option<String>,
    /// Only what has changed since this moment: `as_of` of the reading before; in the order of the changes, without `sort`.
    #[garde(skip)]
    #[param(value_type = Option<chrono::DateTime<chrono::FixedOffset>>, example = "2026-11-23T09:00:00+08:00")]
    pub changed_since: Option<Moment>,
    /// `submissions`: with what was handed in for each, and its evidence.
    #[garde(skip)]
    #[param(inline)]
    pub include: Option<TaskInclude>,
    /// Rows on the page.
    #[garde(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, example = 50)]
    #[serde(serialize_with = "left_out")]
    pub limit: Option<u16>,
    /// Where the page before ended.
    #[garde(length(max = 500))]
    #[serde(serialize_with = "left_out")]
    pub cursor: Option<String>,
    /// The order: by `due_at`, the earliest first, which is the usual one, `title`, `grid` or `assignee`; a `-` turns it round. None beside
    /// `changed_since`.
    #[garde(skip)]
    #[param(inline, value_type = Option<TaskKey>)]
    pub sort: Option<Sort<TaskKey>>,
    /// Count the rows on all pages: `total` beside them.
    #[garde(skip)]
    #[serde(serialize_with = "left_out")]
    pub total: Option<bool>,
}

crate::paged!(ListTasks);

/// Which page.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TaskPaging {
    /// Rows on the page.
    #[garde(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, example = 50)]
    pub limit: Option<u16>,
    /// Where the page before ended.
    #[garde(length(max = 500))]
    pub cursor: Option<String>,
    /// The order: as of all tasks; the earliest `due_at` first unless asked otherwise.
    #[garde(skip)]
    #[param(inline, value_type = Option<TaskKey>)]
    pub sort: Option<Sort<TaskKey>>,
    /// Count the rows on all pages: `total` beside them.
    #[garde(skip)]
    pub total: Option<bool>,
}

crate::paged!(TaskPaging);

/// An acceptance.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AcceptTask {
    /// The colleague from whom it is taken over, as `assignee.member` told; null while nobody has accepted it.
    #[garde(skip)]
    pub from: Option<MemberId>,
}

/// What is handed in.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SubmitTask {
    /// In words.
    #[garde(length(chars, max = 2000))]
    #[schema(value_type = Option<String>, max_length = 2000, example = "已巡查东片 3 个村民小组，未发现隐患。")]
    pub text: Option<Lines>,
    /// In number.
    #[garde(range(min = -1e12, max = 1e12))]
    #[schema(minimum = -1_000_000_000_000_i64, maximum = 1_000_000_000_000_i64, example = 3)]
    pub number: Option<f64>,
    /// In pictures: photos uploaded before by the same account.
    #[serde(default)]
    #[garde(length(max = 9))]
    #[schema(max_items = 9)]
    pub attachment_ids: Vec<AttachmentId>,
    /// Where, if the person gives it.
    #[garde(dive)]
    pub place: Option<Place>,
    /// When it was done, where it is sent later than done; not in the future.
    #[garde(skip)]
    #[schema(value_type = Option<chrono::DateTime<chrono::FixedOffset>>, example = "2026-11-23T15:20:00+08:00")]
    pub done_at: Option<Moment>,
}

/// A verification.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct VerifyTask {
    /// A remark.
    #[garde(length(chars, max = 500))]
    #[schema(value_type = Option<String>, max_length = 500)]
    pub note: Option<Lines>,
}

/// Several verifications.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct VerifyTasks {
    /// Which, as they were seen. One that is named twice is taken once.
    #[garde(length(min = 1, max = 500), dive)]
    #[schema(min_items = 1, max_items = 500)]
    pub tasks: Vec<SeenTask>,
    /// A remark on each.
    #[garde(length(chars, max = 500))]
    #[schema(value_type = Option<String>, max_length = 500)]
    pub note: Option<Lines>,
}

/// What became of one of several tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Verdict {
    /// The task.
    pub id: TaskId,
    /// It is verified, its points are posted.
    pub verified: bool,
    /// Otherwise the code of the reason, as `verify_task` would answer it.
    #[schema(required = true, example = "state_conflict")]
    pub code: Option<String>,
    /// The reason in words.
    #[schema(required = true)]
    pub reason: Option<String>,
}

/// What became of several tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Verdicts {
    /// How many were verified.
    #[schema(example = 120)]
    pub verified: i64,
    /// Each, in the order asked for.
    pub results: Vec<Verdict>,
}

/// A return.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReturnTask {
    /// Why, so that the person knows what to do.
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(value_type = String, min_length = 1, max_length = 500, example = "照片看不清门牌，请补拍。")]
    pub reason: Lines,
}
