//! What crosses HTTP about points.

use chrono::NaiveDate;
use entity::ids::{MemberId, Points, PointsEntryId};
use entity::kinds::{PostingSourceKind, RulePer};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::clock::Time;
use crate::door::{Moment, left_out};
use crate::http::Sort;
use crate::member::dto::{MemberRef, PartyOrgRef};

/// What somebody has earned.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Purse {
    /// Whose purse.
    pub member: MemberRef,
    /// All points ever earned.
    pub balance: Points,
    /// The running quarter.
    #[schema(example = "2026Q4")]
    pub quarter: String,
    /// Points earned in the running quarter.
    pub quarter_score: Points,
    /// Place among all who earned points in the running quarter; null before the first.
    #[schema(required = true)]
    pub rank: Option<u64>,
    /// How many people earned points in the running quarter.
    pub of: u64,
}

/// One line of a purse. What is posted stays as it is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PointsEntry {
    /// Id of the line.
    pub id: PointsEntryId,
    /// Whose it is.
    pub member: MemberRef,
    /// When it was earned.
    pub at: Time,
    /// What it gave (or took).
    pub amount: Points,
    /// The balance after it.
    pub balance_after: Points,
    /// Why, with all facts, in Chinese.
    #[schema(example = "参加“水库村河道清理”，服务 95 分钟，按 1 小时 1 分计 1.58 分")]
    pub reason: String,
    /// Code of the rule.
    #[schema(example = "activity_hour")]
    pub rule: String,
    /// What it was earned by.
    pub source: PointsSource,
}

/// What points were earned by.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PointsSource {
    /// Kind of the source.
    pub kind: PostingSourceKind,
    /// Id of the check-in or the task.
    pub id: Uuid,
}

crate::page!(PointsEntryPage, PointsEntry, as_of);

crate::sort_keys! {
    /// What the lines of purses may be ordered by.
    EntryKey {
        PostedAt = "posted_at",
        At = "at",
        Amount = "amount",
    }
}

/// Which lines to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListPointsEntries {
    /// Whose lines; one's own when absent. Others' need `points.read_all`.
    #[garde(skip)]
    pub member_id: Option<MemberId>,
    /// `true`: the lines of everybody, for `points.read_all`; with `member_id` that person's alone.
    #[garde(skip)]
    pub everybody: Option<bool>,
    /// Only what has been posted since this moment: `as_of` of the reading before; in the order of posting.
    #[garde(skip)]
    #[param(value_type = Option<chrono::DateTime<chrono::FixedOffset>>, example = "2026-11-23T09:00:00+08:00")]
    pub changed_since: Option<Moment>,
    /// Rows on a page.
    #[garde(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    #[serde(serialize_with = "left_out")]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[garde(length(chars, max = 200))]
    #[serde(serialize_with = "left_out")]
    pub cursor: Option<String>,
    /// The order: by `posted_at`, falling unless asked otherwise, `at` or `amount`; none beside `changed_since`; a `-` turns it round.
    #[garde(skip)]
    #[param(inline, value_type = Option<EntryKey>)]
    pub sort: Option<Sort<EntryKey>>,
    /// Count the rows on all pages: `total` beside them.
    #[garde(skip)]
    #[serde(serialize_with = "left_out")]
    pub total: Option<bool>,
}

crate::paged!(ListPointsEntries);

/// One rule by which points are earned.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PointsRule {
    /// Stable code of the rule.
    #[schema(example = "activity_hour")]
    pub code: String,
    /// Its name.
    #[schema(example = "参加活动")]
    pub name: String,
    /// What is counted.
    pub per: RulePer,
    /// Points for one of it; 0 where the item itself names its points.
    pub points: Points,
    /// The most that one activity gives; null without a cap.
    #[schema(required = true)]
    pub cap_per_activity: Option<Points>,
    /// First day (Beijing) on which it applies.
    pub effective_from: NaiveDate,
    /// The rule as a Chinese sentence.
    #[schema(
        example = "活动期间签到至签退的时间，每满 1 小时计 1 分，不足 1 小时按分钟折算（不足 0.01 分舍去），每次活动最多 2 分"
    )]
    pub formula: String,
}

/// All rules, those in force and those before them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PointsRuleList {
    /// By code, the newest first.
    pub items: Vec<PointsRule>,
}

/// Which quarter, and how many places.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GetLeaderboard {
    /// The quarter; the running one when absent.
    #[garde(length(chars, max = 10))]
    #[param(example = "2026Q4", pattern = "^[0-9]{4}Q[1-4]$")]
    pub quarter: Option<String>,
    /// How many people.
    #[garde(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u16>,
}

/// Who earned most in a quarter.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Leaderboard {
    /// The quarter.
    #[schema(example = "2026Q4")]
    pub quarter: String,
    /// From the highest score down.
    pub items: Vec<LeaderboardPlace>,
}

/// One place of the leaderboard.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeaderboardPlace {
    /// Equal scores share a rank; the next one skips as many.
    #[schema(example = 1)]
    pub rank: u64,
    /// Who.
    pub member: MemberRef,
    /// Where in the party's tree; null for those outside it.
    #[schema(required = true)]
    pub party_org: Option<PartyOrgRef>,
    /// Points of the quarter.
    pub score: Points,
}
