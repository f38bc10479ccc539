//! Jobs over HTTP.

use entity::ids::JobId;
use entity::kinds::JobState;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::clock::Time;
use crate::door::left_out;
use crate::http::{May, Sort};
use crate::page;

crate::sort_keys! {
    /// What jobs may be ordered by.
    JobKey {
        RunAt = "run_at",
    }
}

/// Which jobs.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListJobs {
    /// In this state.
    #[garde(skip)]
    pub state: Option<JobState>,
    /// Of this kind, as in the summary.
    #[garde(length(max = 64))]
    #[param(max_length = 64, example = "checklist.open_periods")]
    pub kind: Option<String>,
    /// Rows on a page, 1 to 200; 50 when absent.
    #[garde(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, example = 50)]
    #[serde(serialize_with = "left_out")]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[garde(length(max = 512))]
    #[param(max_length = 512)]
    #[serde(serialize_with = "left_out")]
    pub cursor: Option<String>,
    /// The order: by `run_at`, falling unless asked otherwise; a `-` turns it round.
    #[garde(skip)]
    #[param(inline, value_type = Option<JobKey>)]
    pub sort: Option<Sort<JobKey>>,
    /// Count the rows on all pages: `total` beside them.
    #[garde(skip)]
    #[serde(serialize_with = "left_out")]
    pub total: Option<bool>,
}

crate::paged!(ListJobs);

/// What the caller may do with a job now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobMay {
    /// Set it going: it failed, was cancelled, or waits for its next attempt.
    pub run_job: May,
    /// Cancel it.
    pub cancel_job: May,
}

/// Something that the server does by itself when it is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Job {
    /// Its id; what it asks of others carries it as the key by which they tell a repetition.
    pub id: JobId,
    /// What is done; the summary says it in words.
    #[schema(example = "checklist.open_periods")]
    pub kind: String,
    /// What has become of it.
    pub state: JobState,
    /// The moment it was planned for.
    pub planned_at: Time,
    /// When it is tried next, or was last due.
    pub run_at: Time,
    /// How often it was begun since it last succeeded.
    #[schema(minimum = 0, example = 1)]
    pub attempts: i32,
    /// How much of it is done; null where it is done in one piece.
    #[schema(required = true, example = 1500)]
    pub progress_done: Option<i32>,
    /// Of how much; null where that is not known.
    #[schema(required = true, example = 3000)]
    pub progress_total: Option<i32>,
    /// Why the last attempt failed, in Chinese; null when it did not.
    #[schema(required = true)]
    pub last_error: Option<String>,
    /// When it came into being.
    pub created_at: Time,
    /// When it was done, given up or cancelled.
    #[schema(required = true)]
    pub finished_at: Option<Time>,
    /// What the caller may do with it.
    pub may: JobMay,
}

page!(JobPage, Job);

/// A kind of jobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobKind {
    /// Its name.
    #[schema(example = "checklist.open_periods")]
    pub name: String,
    /// What it is called, in Chinese.
    #[schema(example = "按清单下发新一期任务")]
    pub zh: String,
    /// What it is called, in English.
    pub en: String,
    /// The township's work depends on it: it is tried until it succeeds, and cannot be cancelled.
    pub schedule: bool,
}

/// How the township's jobs stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobSummary {
    /// Planned for later, or waiting for their next attempt.
    #[schema(minimum = 0)]
    pub waiting: i64,
    /// Under way now.
    #[schema(minimum = 0)]
    pub running: i64,
    /// Given up: somebody has to look after them.
    #[schema(minimum = 0)]
    pub failed: i64,
    /// Done within the last thirty days.
    #[schema(minimum = 0)]
    pub done: i64,
    /// Cancelled within the last thirty days.
    #[schema(minimum = 0)]
    pub cancelled: i64,
    /// Of those that wait: due already.
    #[schema(minimum = 0)]
    pub overdue: i64,
    /// The clock is more than a day from when the system was at work last: nothing that is due is done until the operator
    /// confirms it.
    pub clock_in_doubt: bool,
    /// The kinds there are.
    pub kinds: Vec<JobKind>,
}
