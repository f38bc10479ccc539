//! What the rules are tried on.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::ids::ChecklistItemId;
use entity::kinds::{Frequency, PostKind};
use proptest::prelude::*;
use uuid::Uuid;

use super::duty::Duty;
use super::opening::When;

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap_or_default()
}

pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_default()
}

pub(super) fn duty(role: PostKind, frequency: Frequency, limit: i32) -> Duty {
    Duty {
        item_id: ChecklistItemId::new(),
        duty_id: Uuid::now_v7(),
        role,
        frequency,
        limit_working_days: limit,
    }
}

pub(super) fn monday(hour: i64) -> When {
    When {
        now: at("2026-11-23T00:00:00+08:00") + TimeDelta::hours(hour),
        today: day("2026-11-23"),
        effective_from: day("2026-11-23"),
        stood_still: None,
    }
}

pub(super) fn any_role() -> impl Strategy<Value = PostKind> {
    prop_oneof![
        Just(PostKind::Supervisor),
        Just(PostKind::GeneralHead),
        Just(PostKind::Instructor),
        Just(PostKind::SubHead),
        Just(PostKind::Worker)
    ]
}

pub(super) fn any_frequency() -> impl Strategy<Value = Frequency> {
    prop_oneof![
        Just(Frequency::Once),
        Just(Frequency::Weekly),
        Just(Frequency::Monthly),
        Just(Frequency::Quarterly)
    ]
}

pub(super) fn any_day() -> impl Strategy<Value = NaiveDate> {
    (0_i64..12_000).prop_map(|n| day("2003-01-01") + TimeDelta::days(n))
}
