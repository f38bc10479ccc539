//! What crosses HTTP about check-ins.

use actix_web::body::BoxBody;
use actix_web::{HttpRequest, HttpResponse, Responder};
use entity::ids::Points;
use entity::kinds::Vocabulary;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::activity::dto::Activity;
pub use crate::activity::dto::CheckIn;
use crate::clock::Time;

crate::page!(CheckInPage, CheckIn);

/// What the steward's screen shows.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CheckInCode {
    /// Where the picture leads, relative to this server.
    #[schema(example = "/c/AZqlwno-fEGdKz9rHA5ad...")]
    pub url: String,
    /// The code alone.
    #[schema(example = "AZqlwno-fEGdKz9rHA5ad...")]
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
    /// The activity.
    pub activity: Activity,
    /// What is to be done next.
    pub action: CodeAction,
    /// Before check-in: for staying to the end. Before check-out: for leaving now. Then 0.
    pub points_to_come: Points,
}

/// A scanned code.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScannedCode {
    /// The last part of the address in the picture.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "AZqlwno-fEGdKz9rHA5ad...")]
    pub code: String,
}

/// Which page of one's own check-ins.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
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
}

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
