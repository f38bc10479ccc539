//! Checklists over HTTP.

use chrono::NaiveDate;
use entity::ids::{ChecklistId, ChecklistItemId, ChecklistVersionId, GridId};
use entity::kinds::{ChecklistKind, ChecklistState, Evidence, Frequency, PostKind};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::clock::Time;
use crate::door::{Day, Moment, left_out};
use crate::http::{May, Sort, Versioned, not_blank};

/// One duty as the office writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ItemInput {
    /// What is to be done: countable, doable, checkable.
    #[garde(length(chars, min = 1, max = 200), custom(not_blank))]
    #[schema(min_length = 1, max_length = 200, example = "每周巡查一次网格")]
    pub what: String,
    /// Whose duty it is.
    #[garde(skip)]
    pub role: PostKind,
    /// How often.
    #[garde(skip)]
    pub frequency: Frequency,
    /// What must be shown.
    #[garde(skip)]
    pub evidence: Evidence,
    /// Working days from the first day of the period, that day included; due at 17:30 of the last.
    #[garde(range(min = 1, max = 60))]
    #[schema(minimum = 1, maximum = 60, example = 3)]
    pub limit_working_days: i32,
    /// Whole points for each verified task.
    #[garde(range(min = 0, max = 20))]
    #[schema(minimum = 0, maximum = 20, example = 2)]
    pub points: i64,
}

/// One duty of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Item {
    /// The item in this version.
    pub id: ChecklistItemId,
    /// Its place in the list, from 1.
    #[schema(example = 1)]
    pub position: i32,
    /// What is to be done.
    #[schema(example = "每周巡查一次网格")]
    pub what: String,
    /// Whose duty it is.
    pub role: PostKind,
    /// How often.
    pub frequency: Frequency,
    /// What must be shown.
    pub evidence: Evidence,
    /// Working days from the first day of the period, that day included; due at 17:30 of the last.
    #[schema(example = 3)]
    pub limit_working_days: i32,
    /// Whole points for each verified task.
    #[schema(example = 2)]
    pub points: i64,
}

/// One version of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChecklistVersion {
    /// The version.
    pub id: ChecklistVersionId,
    /// Counted from 1.
    #[schema(example = 1)]
    pub number: i32,
    /// Draft, in force, or replaced by a later one.
    pub state: ChecklistState,
    /// The first day in force.
    #[schema(required = true)]
    pub effective_from: Option<NaiveDate>,
    /// When it was published.
    #[schema(required = true)]
    pub published_at: Option<Time>,
    /// Its duties in order.
    pub items: Vec<Item>,
}

/// What the account that asks may do to a list now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChecklistMay {
    /// Replace the draft, or begin one.
    pub save_draft: May,
    /// See what publishing the draft would bring.
    pub preview_checklist: May,
    /// Bring the draft into force. While the server's clock is doubted it is 503 all the same.
    pub publish_checklist: May,
}

/// A list with all its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Checklist {
    /// The list.
    pub id: ChecklistId,
    /// Which of the four lists.
    pub kind: ChecklistKind,
    /// Its title.
    #[schema(example = "总网格长责任清单")]
    pub title: String,
    /// Counted up by every change; the `ETag`.
    pub version: i32,
    /// Newest first.
    pub versions: Vec<ChecklistVersion>,
    /// While the tasks of the version in force are being opened in slices, since they are many: how far that is.
    #[schema(required = true)]
    pub opening: Option<Opening>,
    /// What the account that asks may do now.
    pub may: ChecklistMay,
}

/// How far a publication is whose tasks are opened in slices: in people, since it goes through everybody who holds a post or has held
/// one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ChecklistOpening, example = json!({ "done": 96, "total": 180, "failing": false }))]
pub struct Opening {
    /// People who have been brought up to date.
    pub done: i64,
    /// Of so many, as posts are now.
    pub total: i64,
    /// The last attempt to go on failed. It is tried again by itself, until it succeeds.
    pub failing: bool,
}

impl Versioned for Checklist {
    fn version(&self) -> i32 {
        self.version
    }
}

/// A list in the list of lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChecklistBrief {
    /// The list.
    pub id: ChecklistId,
    /// Which of the four lists.
    pub kind: ChecklistKind,
    /// Its title.
    #[schema(example = "总网格长责任清单")]
    pub title: String,
    /// Whether changes wait to be published.
    pub draft: bool,
    /// The number of the version in force.
    #[schema(required = true)]
    pub published_number: Option<i32>,
    /// Since when it is in force.
    #[schema(required = true)]
    pub effective_from: Option<NaiveDate>,
    /// Duties of the version in force, or of the draft where none is in force yet.
    pub item_count: i64,
}

crate::page!(ChecklistPage, ChecklistBrief, as_of);

crate::sort_keys! {
    /// What lists may be ordered by.
    ChecklistKey {
        CreatedAt = "created_at",
        Title = "title",
    }
}

/// Which of the lists.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListChecklists {
    /// Only what has changed since this moment: `as_of` of the reading before.
    #[garde(skip)]
    #[param(value_type = Option<chrono::DateTime<chrono::FixedOffset>>, example = "2026-11-23T09:00:00+08:00")]
    pub changed_since: Option<Moment>,
    /// Rows on the page.
    #[garde(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, example = 50)]
    #[serde(serialize_with = "left_out")]
    pub limit: Option<u16>,
    /// Where the page before ended.
    #[garde(length(max = 500))]
    #[serde(serialize_with = "left_out")]
    pub cursor: Option<String>,
    /// The order: by `created_at`, falling unless asked otherwise, or `title`; a `-` turns it round.
    #[garde(skip)]
    #[param(inline, value_type = Option<ChecklistKey>)]
    pub sort: Option<Sort<ChecklistKey>>,
    /// Count the rows on all pages: `total` beside them.
    #[garde(skip)]
    #[serde(serialize_with = "left_out")]
    pub total: Option<bool>,
}

crate::paged!(ListChecklists);

/// A new list with its first draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateChecklist {
    /// `responsibility`; the other three kinds are refused.
    #[garde(skip)]
    pub kind: ChecklistKind,
    /// Its title.
    #[garde(length(chars, min = 1, max = 100), custom(not_blank))]
    #[schema(min_length = 1, max_length = 100, example = "总网格长责任清单")]
    pub title: String,
    /// Its duties in order.
    #[garde(length(max = 200), dive)]
    #[schema(max_items = 200)]
    pub items: Vec<ItemInput>,
}

/// The whole draft, in place of what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SaveDraft {
    /// Its title.
    #[garde(length(chars, min = 1, max = 100), custom(not_blank))]
    #[schema(min_length = 1, max_length = 100, example = "总网格长责任清单")]
    pub title: String,
    /// Its duties in order.
    #[garde(length(max = 200), dive)]
    #[schema(max_items = 200)]
    pub items: Vec<ItemInput>,
}

/// A publication.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PublishChecklist {
    /// The first day in force: today, which is also meant when it is left out.
    #[garde(skip)]
    #[schema(value_type = Option<chrono::NaiveDate>, example = "2026-11-23")]
    pub effective_from: Option<Day>,
}

/// What one item would bring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PreviewItem {
    /// The item.
    pub item_id: ChecklistItemId,
    /// What is to be done.
    #[schema(example = "每周巡查一次网格")]
    pub what: String,
    /// Whose duty it is.
    pub role: PostKind,
    /// People in the post.
    pub holders: i64,
    /// Until when the tasks opened now must be done; null where none is opened.
    #[schema(required = true)]
    pub due_at: Option<Time>,
}

/// A post with duties that nobody holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PreviewVacancy {
    /// Where.
    pub grid_id: GridId,
    /// Its name.
    #[schema(example = "水库村第2党小组子网格")]
    pub grid_name: String,
    /// The post.
    pub kind: PostKind,
}

/// What publishing the draft now would bring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Preview {
    /// Tasks that would open now.
    pub tasks: i64,
    /// Tasks of the running periods that would be cancelled: owed, not handed in, and asked for no longer.
    pub tasks_cancelled: i64,
    /// People with a duty from this list.
    pub holders: i64,
    /// The earliest deadline.
    #[schema(required = true)]
    pub first_due: Option<Time>,
    /// Item by item, in order.
    pub by_item: Vec<PreviewItem>,
    /// Posts with duties that nobody holds.
    pub vacancies: Vec<PreviewVacancy>,
    /// How many these are.
    pub vacancy_count: i64,
}

/// A publication that took place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Published {
    /// The list.
    pub checklist: Checklist,
    /// Tasks that opened, or that are opened from now on (`checklist.opening`).
    pub tasks_created: i64,
    /// Tasks that were cancelled, since nobody owes them any more; with the others, where these are opened from now on.
    pub tasks_cancelled: i64,
    /// Posts with duties that nobody holds.
    pub vacancy_count: i64,
}

impl Versioned for Published {
    fn version(&self) -> i32 {
        self.checklist.version
    }
}
