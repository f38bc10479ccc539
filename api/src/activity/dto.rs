//! What crosses HTTP about activities.

use entity::ids::{ActivityId, GridId, MemberId, Points};
use entity::kinds::SignupState;
use entity::kinds::Vocabulary;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rules::Moment;
use crate::clock::Time;
use crate::door::{self, Day, Lines, left_out};
use crate::grid::dto::GridRef;
use crate::http::{May, Sort, Versioned, given, not_blank};
use crate::member::dto::MemberRef;
use crate::presence::dto::CheckIn;

/// What an activity is at present, by its times and whether it was called off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActivityPhase {
    /// 未开始
    Upcoming,
    /// 进行中
    Running,
    /// 已结束
    Ended,
    /// 已取消
    Cancelled,
}

/// What the phases are called.
pub(super) const PHASES: Vocabulary = Vocabulary {
    name: "ActivityPhase",
    words: &[
        ("upcoming", "未开始", "Upcoming"),
        ("running", "进行中", "Running"),
        ("ended", "已结束", "Ended"),
        ("cancelled", "已取消", "Cancelled"),
    ],
};

impl From<Moment> for ActivityPhase {
    fn from(moment: Moment) -> Self {
        match moment {
            Moment::Upcoming => Self::Upcoming,
            Moment::Running => Self::Running,
            Moment::Ended => Self::Ended,
            Moment::Cancelled => Self::Cancelled,
        }
    }
}

/// A dated piece of service.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Activity {
    /// Its id.
    pub id: ActivityId,
    /// Its title.
    #[schema(example = "水库村河道清理")]
    pub title: String,
    /// What will be done; may be empty.
    #[schema(example = "清理村内河道两侧垃圾，请自带手套。")]
    pub description: String,
    /// The grid it belongs to; null for one of the whole township.
    #[schema(required = true)]
    pub grid: Option<GridRef>,
    /// Where people meet.
    #[schema(example = "水库村党群服务站门口")]
    pub place: String,
    /// Its start.
    pub starts_at: Time,
    /// Its end.
    pub ends_at: Time,
    /// Places; null without a limit.
    #[schema(required = true, example = 20)]
    pub capacity: Option<i32>,
    /// Who shows the check-in code; null when only the office does.
    #[schema(required = true)]
    pub steward: Option<MemberRef>,
    /// What it is at present.
    pub phase: ActivityPhase,
    /// Why it was cancelled; null unless it was.
    #[schema(required = true)]
    pub cancel_reason: Option<String>,
    /// People who have a place.
    pub signed_up: u64,
    /// People on the waiting list.
    pub waiting: u64,
    /// People who have checked in.
    pub checked_in: u64,
    /// What staying from start to end is worth.
    pub points_to_come: Points,
    /// Where the caller stands.
    pub mine: MyActivity,
    /// What the caller may do now.
    pub may: ActivityMay,
    /// Counts up with every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i32,
}

impl Versioned for Activity {
    fn version(&self) -> i32 {
        self.version
    }
}

/// Where the caller stands with an activity.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MyActivity {
    /// Signed up, waiting, or neither.
    pub state: MySignup,
    /// The caller's check-in; null before it.
    #[schema(required = true)]
    pub check_in: Option<CheckIn>,
}

/// Whether the caller has a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MySignup {
    /// 未报名
    None,
    /// 已报名
    SignedUp,
    /// 候补
    Waiting,
}

/// What these are called.
pub(super) const SIGNUPS: Vocabulary = Vocabulary {
    name: "MySignup",
    words: &[
        ("none", "未报名", "Not signed up"),
        ("signed_up", "已报名", "Signed up"),
        ("waiting", "候补", "Waiting list"),
    ],
};

/// What the caller may do in an activity now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActivityMay {
    /// Change it.
    pub update_activity: May,
    /// Call it off. Nothing is left to do where it was called off.
    pub cancel_activity: May,
    /// Sign up for it, or for its waiting list. Nothing is left to do for who is on either.
    pub sign_up: May,
    /// Withdraw from it, or from its waiting list. Nothing is left to do for who is on neither.
    pub withdraw: May,
    /// Check in, with a code that is good. Nothing is left to do for who has come. Others may take the last place meanwhile.
    pub check_in: May,
    /// Show the code to check in and out with.
    pub get_check_in_code: May,
    /// See who signed up and who came.
    pub list_participants: May,
}

/// One person at an activity.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Participant {
    /// Who.
    pub member: MemberRef,
    /// Has a place, or waits for one.
    pub state: SignupState,
    /// Presence; null before it. What the caller may do for them stands there.
    #[schema(required = true)]
    pub check_in: Option<CheckIn>,
}

crate::page!(ActivityPage, Activity, as_of);
crate::page!(ParticipantPage, Participant);

/// Which phase to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListedPhase {
    /// Not yet begun, the next first.
    Upcoming,
    /// Going on now, the earliest begun first.
    Running,
    /// Over, the latest first.
    Ended,
}

crate::sort_keys! {
    /// What activities may be ordered by.
    ActivityKey {
        StartsAt = "starts_at",
        Title = "title",
    }
}

/// Which activities to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListActivities {
    /// Only those of one phase; without it all, cancelled ones too, the latest first.
    #[garde(skip)]
    #[param(inline)]
    pub phase: Option<ListedPhase>,
    /// Only those that take place on this day in Beijing, the earliest first; cancelled ones do not.
    #[garde(skip)]
    #[param(value_type = Option<chrono::NaiveDate>, example = "2026-11-28")]
    pub on: Option<Day>,
    /// `true`: only those the caller signed up for, waits for, or is steward of.
    #[garde(skip)]
    pub mine: Option<bool>,
    /// Only what has changed since this moment: `as_of` of the reading before.
    #[garde(skip)]
    #[param(value_type = Option<chrono::DateTime<chrono::FixedOffset>>, example = "2026-11-23T09:00:00+08:00")]
    pub changed_since: Option<door::Moment>,
    /// Rows on a page.
    #[garde(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    #[serde(serialize_with = "left_out")]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[garde(length(chars, max = 200))]
    #[serde(serialize_with = "left_out")]
    pub cursor: Option<String>,
    /// The order: by `starts_at` or `title`; the usual one is by `starts_at`, the next first of those to come and the last first otherwise; a `-` turns it round.
    #[garde(skip)]
    #[param(inline, value_type = Option<ActivityKey>)]
    pub sort: Option<Sort<ActivityKey>>,
    /// Count the rows on all pages: `total` beside them.
    #[garde(skip)]
    #[serde(serialize_with = "left_out")]
    pub total: Option<bool>,
}

crate::paged!(ListActivities);

crate::sort_keys! {
    /// What the people at an activity may be ordered by.
    ParticipantKey {
        SignedUp = "signed_up",
        Name = "name",
    }
}

/// Which page of the people at an activity.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParticipants {
    /// Rows on a page.
    #[garde(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[garde(length(chars, max = 200))]
    pub cursor: Option<String>,
    /// The order: by `signed_up`, places before those who wait, which is the usual one, or `name`; a `-` turns it round.
    #[garde(skip)]
    #[param(inline, value_type = Option<ParticipantKey>)]
    pub sort: Option<Sort<ParticipantKey>>,
    /// Count the rows on all pages: `total` beside them.
    #[garde(skip)]
    #[serde(serialize_with = "left_out")]
    pub total: Option<bool>,
}

crate::paged!(ListParticipants);

/// A new activity.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateActivity {
    /// Its title.
    #[garde(length(chars, min = 1, max = 100), custom(not_blank))]
    #[schema(min_length = 1, max_length = 100, example = "水库村河道清理")]
    pub title: String,
    /// What will be done.
    #[serde(default)]
    #[garde(length(chars, max = 2000))]
    #[schema(value_type = Option<String>, max_length = 2000, example = "清理村内河道两侧垃圾，请自带手套。")]
    pub description: Option<Lines>,
    /// The grid it belongs to.
    #[serde(default)]
    #[garde(skip)]
    pub grid_id: Option<GridId>,
    /// Where people meet.
    #[garde(length(chars, min = 1, max = 100), custom(not_blank))]
    #[schema(min_length = 1, max_length = 100, example = "水库村党群服务站门口")]
    pub place: String,
    /// Its start.
    #[garde(skip)]
    #[schema(value_type = chrono::DateTime<chrono::FixedOffset>, example = "2026-11-28T09:00:00+08:00")]
    pub starts_at: door::Moment,
    /// Its end: after the start, at most seven days later.
    #[garde(skip)]
    #[schema(value_type = chrono::DateTime<chrono::FixedOffset>, example = "2026-11-28T11:00:00+08:00")]
    pub ends_at: door::Moment,
    /// Places; without a limit when absent.
    #[serde(default)]
    #[garde(range(min = 1, max = 100_000))]
    #[schema(minimum = 1, maximum = 100_000, example = 20)]
    pub capacity: Option<i32>,
    /// Who shows the check-in code.
    #[serde(default)]
    #[garde(skip)]
    pub steward_id: Option<MemberId>,
}

/// What to change. What is absent stays; `null` takes a capacity or a steward away.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateActivity {
    /// Its title.
    #[serde(default, deserialize_with = "crate::http::present")]
    #[garde(length(chars, min = 1, max = 100), inner(custom(not_blank)))]
    #[schema(min_length = 1, max_length = 100, nullable = false)]
    pub title: Option<String>,
    /// What will be done.
    #[serde(default, deserialize_with = "crate::http::present")]
    #[garde(length(chars, max = 2000))]
    #[schema(value_type = Option<String>, max_length = 2000, nullable = false)]
    pub description: Option<Lines>,
    /// Where people meet.
    #[serde(default, deserialize_with = "crate::http::present")]
    #[garde(length(chars, min = 1, max = 100), inner(custom(not_blank)))]
    #[schema(min_length = 1, max_length = 100, nullable = false)]
    pub place: Option<String>,
    /// Its start; only before it has begun.
    #[serde(default, deserialize_with = "crate::http::present")]
    #[garde(skip)]
    #[schema(value_type = Option<chrono::DateTime<chrono::FixedOffset>>, nullable = false, example = "2026-11-28T09:00:00+08:00")]
    pub starts_at: Option<door::Moment>,
    /// Its end, not in the past.
    #[serde(default, deserialize_with = "crate::http::present")]
    #[garde(skip)]
    #[schema(value_type = Option<chrono::DateTime<chrono::FixedOffset>>, nullable = false, example = "2026-11-28T11:00:00+08:00")]
    pub ends_at: Option<door::Moment>,
    /// Places; null for no limit.
    #[serde(default, deserialize_with = "given")]
    #[garde(range(min = 1, max = 100_000))]
    #[schema(value_type = Option<i32>, minimum = 1, maximum = 100_000)]
    pub capacity: Option<Option<i32>>,
    /// Who shows the check-in code; null for nobody.
    #[serde(default, deserialize_with = "given")]
    #[garde(skip)]
    #[schema(value_type = Option<MemberId>)]
    pub steward_id: Option<Option<MemberId>>,
}

/// Why an activity is called off.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelActivity {
    /// The reason, for those who signed up.
    #[garde(length(chars, min = 1, max = 200), custom(not_blank))]
    #[schema(value_type = String, min_length = 1, max_length = 200, example = "台风预警，择日另行通知")]
    pub reason: Lines,
}
