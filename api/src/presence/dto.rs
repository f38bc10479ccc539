//! What crosses HTTP about presence.

use actix_web::body::BoxBody;
use actix_web::{HttpRequest, HttpResponse, Responder};
use entity::ids::{AccountId, CheckInId, Points};
use entity::kinds::Vocabulary;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::clock::Time;
use crate::door::{self, Lines};
use crate::http::{FieldCode, May, Sort};

/// What somebody is present at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckInOccasion {
    /// What kind of thing: `activity` today. Further kinds come with further features; show title and place of a kind that you do
    /// not know.
    #[schema(example = "activity")]
    pub kind: String,
    /// The thing.
    pub id: Uuid,
    /// Its title.
    #[schema(example = "水库村河道清理")]
    pub title: String,
    /// Where it takes place.
    #[schema(example = "水库村党群服务站门口")]
    pub place: String,
    /// The path under which the account that asks can read the thing; null where it cannot.
    #[schema(required = true, example = "/activities/019aa5c2-7a3e-7c41-9d2b-3f6b1c0e5a77")]
    pub link: Option<String>,
}

/// That somebody else closed a check-in, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckInCompletion {
    /// The account that closed it.
    pub account_id: AccountId,
    /// The name shown for it.
    #[schema(example = "党建办 王芳")]
    pub name: String,
    /// Why.
    #[schema(example = "活动结束后忘记扫码，现场负责人确认其全程参加")]
    pub reason: String,
}

/// What the account that asks may do to a check-in now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckInMay {
    /// Close it as its own, with a code that is good. Nothing is left to do once it is closed.
    pub check_out: May,
    /// Close it in its person's stead.
    pub complete_check_in: May,
}

/// Somebody's presence at an occasion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckIn {
    /// Its id.
    pub id: CheckInId,
    /// What it was.
    pub occasion: CheckInOccasion,
    /// When the person checked in.
    pub checked_in_at: Time,
    /// When the person checked out, or is said to have left; null until then.
    #[schema(required = true)]
    pub checked_out_at: Option<Time>,
    /// Minutes between start and end of the occasion; null until checked out.
    #[schema(required = true, example = 95)]
    pub minutes: Option<i32>,
    /// Points they were worth; null until checked out.
    #[schema(required = true, example = 1.58)]
    pub points: Option<Points>,
    /// Who closed it in the person's stead, and why; null where nobody did.
    #[schema(required = true)]
    pub completion: Option<CheckInCompletion>,
    /// What the account that asks may do now.
    pub may: CheckInMay,
}

crate::page!(CheckInPage, CheckIn);

/// What the steward's screen shows.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CheckInCode {
    /// Where the picture leads, relative to this server.
    #[schema(
        example = "/c/aAZqlwlgPfEGdKz9rHA5aaQGapcJ6PnxBnSs_axwOWncDkWfCBhl4bhfyW-uUGhT_6OZ31w"
    )]
    pub url: String,
    /// The code alone.
    #[schema(example = "aAZqlwlgPfEGdKz9rHA5aaQGapcJ6PnxBnSs_axwOWncDkWfCBhl4bhfyW-uUGhT_6OZ31w")]
    pub code: String,
    /// The QR picture of the full address, as SVG.
    #[schema(example = "<svg xmlns=\"http://www.w3.org/2000/svg\">…</svg>")]
    pub svg: String,
    /// When the next code takes its place. Whoever scanned it in time has a minute more.
    pub valid_until: Time,
    /// Seconds from one code to the next.
    #[schema(example = 30)]
    pub rotates_every: u32,
}

/// What one who scanned a code can do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeAction {
    /// 签到
    CheckIn,
    /// 签退
    CheckOut,
    /// 已完成
    Done,
}

/// What these are called.
pub(super) const CODE_ACTIONS: Vocabulary = Vocabulary {
    name: "CodeAction",
    words: &[
        ("check_in", "签到", "Check in"),
        ("check_out", "签退", "Check out"),
        ("done", "已完成", "Done"),
    ],
};

/// What a scanned code says.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CodeReading {
    /// What the code is for.
    pub occasion: CheckInOccasion,
    /// Its start.
    pub starts_at: Time,
    /// Its end.
    pub ends_at: Time,
    /// What is to be done next.
    pub action: CodeAction,
    /// The caller's check-in; null before it.
    #[schema(required = true)]
    pub check_in: Option<CheckIn>,
    /// Before check-in: for staying to the end. Before check-out: for leaving now. Then 0.
    pub points_to_come: Points,
}

/// A scanned code.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScannedCode {
    /// The last part of the address in the picture.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(
        min_length = 1,
        max_length = 200,
        example = "aAZqlwlgPfEGdKz9rHA5aaQGapcJ6PnxBnSs_axwOWncDkWfCBhl4bhfyW-uUGhT_6OZ31w"
    )]
    pub code: String,
}

/// The check-out that somebody forgot.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompleteCheckIn {
    /// When the person left: from the check-in to the end of the occasion, and not after now.
    #[garde(skip)]
    #[schema(value_type = chrono::DateTime<chrono::FixedOffset>, example = "2026-11-28T11:00:00+08:00")]
    pub checked_out_at: door::Moment,
    /// Why it is closed for them: at least 2 characters besides the blanks around them, at most 200 in all.
    #[garde(length(chars, max = 200), custom(two_characters))]
    #[schema(value_type = String, min_length = 2, max_length = 200, example = "活动结束后忘记扫码，现场负责人确认其全程参加")]
    pub reason: Lines,
}

fn two_characters(text: &str, (): &()) -> garde::Result {
    if text.trim().chars().nth(1).is_some() {
        return Ok(());
    }
    Err(FieldCode::TooShort.because("请写明原因，至少 2 个字", "say why, in at least 2 characters"))
}

crate::sort_keys! {
    /// What check-ins may be ordered by.
    CheckInKey {
        CheckedInAt = "checked_in_at",
    }
}

/// Which page of one's own check-ins.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListCheckIns {
    /// Rows on a page.
    #[garde(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[garde(length(chars, max = 200))]
    pub cursor: Option<String>,
    /// The order: by `checked_in_at`, falling unless asked otherwise; a `-` turns it round.
    #[garde(skip)]
    #[param(inline, value_type = Option<CheckInKey>)]
    pub sort: Option<Sort<CheckInKey>>,
    /// Count the rows on all pages: `total` beside them.
    #[garde(skip)]
    pub total: Option<bool>,
}

crate::paged!(ListCheckIns);

/// The answer to checking in: 201, or 200 with the same check-in when one was there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Arrival {
    /// Whether this request made the check-in.
    pub fresh: bool,
    /// The check-in.
    pub check_in: CheckIn,
}

impl Responder for Arrival {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut answer = if self.fresh { HttpResponse::Created() } else { HttpResponse::Ok() };
        answer.json(self.check_in)
    }
}
