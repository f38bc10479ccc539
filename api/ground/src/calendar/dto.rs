//! The calendar over HTTP.

use chrono::NaiveDate;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rules::DayKind;
use crate::door;

/// The days to list.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListDays {
    /// The first day.
    #[garde(skip)]
    #[param(value_type = chrono::NaiveDate, example = "2026-10-01")]
    pub from: door::Day,
    /// The last day; at most 400 days in all.
    #[garde(skip)]
    #[param(value_type = chrono::NaiveDate, example = "2026-10-31")]
    pub to: door::Day,
}

/// One day of the working calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Day {
    /// The day.
    #[schema(example = "2026-10-10")]
    pub date: NaiveDate,
    /// Whether people work.
    pub working: bool,
    /// Why.
    pub kind: DayKind,
    /// The festival that a holiday or make-up day belongs to.
    #[schema(required = true, example = "国庆节")]
    pub name: Option<String>,
    /// False where the notice for the year is not published: weekends alone are known.
    pub official: bool,
}

/// The days asked for, in order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DayList {
    /// The days.
    pub items: Vec<Day>,
}
