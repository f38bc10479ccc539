//! One's own check-ins as a table.

use super::dto::CheckIn;
use crate::sheet::{Column, Sheet, Told};

pub(super) const SHEETS: &[&dyn Told] = &[&CHECK_INS];

pub(super) const CHECK_INS: Sheet<CheckIn> = Sheet {
    operation: "list_check_ins",
    zh: "我的签到",
    en: "My check-ins",
    columns: &[
        Column::new("occasion", ("事项", "Occasion"), 32, |one, _| (&one.occasion.title).into()),
        Column::new("place", ("地点", "Place"), 24, |one, _| (&one.occasion.place).into()),
        Column::new("checked_in_at", ("签到时间", "Checked in"), 18, |one, _| {
            one.checked_in_at.into()
        }),
        Column::new("checked_out_at", ("签退时间", "Checked out"), 18, |one, _| {
            one.checked_out_at.into()
        }),
        Column::new("minutes", ("时长（分钟）", "Minutes"), 12, |one, _| one.minutes.into()),
        Column::new("points", ("积分", "Points"), 8, |one, _| one.points.into()),
    ],
};
