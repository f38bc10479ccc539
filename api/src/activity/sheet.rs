//! Activities and the people at them as tables.

use entity::kinds::SignupState;

use super::dto::{Activity, ActivityPhase, PHASES, Participant};
use crate::sheet::{Cell, Column, Sheet, Told};

pub(super) const SHEETS: &[&dyn Told] = &[&ACTIVITIES, &PARTICIPANTS];

pub(super) const ACTIVITIES: Sheet<Activity> = Sheet {
    operation: "list_activities",
    zh: "活动",
    en: "Activities",
    columns: &[
        Column::new("title", ("活动", "Activity"), 32, |one, _| (&one.title).into()),
        Column::new("starts_at", ("开始时间", "Begins"), 18, |one, _| one.starts_at.into()),
        Column::new("ends_at", ("结束时间", "Ends"), 18, |one, _| one.ends_at.into()),
        Column::new("place", ("地点", "Place"), 24, |one, _| (&one.place).into()),
        Column::new("grid", ("网格", "Grid"), 24, |one, _| {
            one.grid.as_ref().map(|grid| &grid.name).into()
        }),
        Column::new("steward", ("负责人", "Steward"), 12, |one, _| {
            one.steward.as_ref().map(|steward| &steward.name).into()
        }),
        Column::new("phase", ("状态", "State"), 10, |one, language| {
            Cell::word(PHASES, phase(one.phase), language)
        }),
        Column::new("signed_up", ("报名", "Signed up"), 8, |one, _| one.signed_up.into()),
        Column::new("waiting", ("候补", "Waiting"), 8, |one, _| one.waiting.into()),
        Column::new("checked_in", ("签到", "Checked in"), 8, |one, _| one.checked_in.into()),
    ],
};

const fn phase(phase: ActivityPhase) -> &'static str {
    match phase {
        ActivityPhase::Upcoming => "upcoming",
        ActivityPhase::Running => "running",
        ActivityPhase::Ended => "ended",
        ActivityPhase::Cancelled => "cancelled",
    }
}

pub(super) const PARTICIPANTS: Sheet<Participant> = Sheet {
    operation: "list_participants",
    zh: "活动签到表",
    en: "Attendance",
    columns: &[
        Column::new("name", ("姓名", "Name"), 12, |one, _| (&one.member.name).into()),
        Column::new("signed_up", ("报名", "Sign-up"), 10, |one, language| {
            Cell::word(SignupState::VOCABULARY, one.state.as_str(), language)
        }),
        Column::new("checked_in_at", ("签到时间", "Checked in"), 18, |one, _| {
            one.check_in.as_ref().map(|here| here.checked_in_at).into()
        }),
        Column::new("checked_out_at", ("签退时间", "Checked out"), 18, |one, _| {
            one.check_in.as_ref().and_then(|here| here.checked_out_at).into()
        }),
        Column::new("minutes", ("时长（分钟）", "Minutes"), 12, |one, _| {
            one.check_in.as_ref().and_then(|here| here.minutes).into()
        }),
        Column::new("points", ("积分", "Points"), 8, |one, _| {
            one.check_in.as_ref().and_then(|here| here.points).into()
        }),
        Column::new("completion", ("补录说明", "Completed by"), 30, |one, _| {
            let completion = one.check_in.as_ref().and_then(|here| here.completion.as_ref());
            completion.map(|by| format!("{}：{}", by.name, by.reason)).into()
        }),
    ],
};
