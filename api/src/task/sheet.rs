//! Tasks as tables.

use entity::kinds::{PostKind, TaskState};

use super::dto::TaskBrief;
use crate::sheet::{Cell, Column, Sheet, Told};

pub(super) const SHEETS: &[&dyn Told] = &[&TASKS, &INBOX, &TO_VERIFY];

pub(super) const TASKS: Sheet<TaskBrief> =
    Sheet { operation: "list_tasks", zh: "任务台账", en: "Tasks", columns: COLUMNS };
pub(super) const INBOX: Sheet<TaskBrief> =
    Sheet { operation: "list_inbox", zh: "我的待办", en: "My tasks", columns: COLUMNS };
pub(super) const TO_VERIFY: Sheet<TaskBrief> = Sheet {
    operation: "list_to_verify",
    zh: "待核验任务",
    en: "Tasks to verify",
    columns: COLUMNS,
};

const COLUMNS: &[Column<TaskBrief>] = &[
    Column::new("title", ("任务", "Task"), 36, |one, _| (&one.title).into()),
    Column::new("grid", ("网格", "Grid"), 24, |one, _| {
        one.grid.as_ref().map(|grid| &grid.name).into()
    }),
    Column::new("assignee", ("责任人", "Assignee"), 16, |one, language| {
        let assignee = &one.assignee;
        let member = assignee.member.as_ref().map(|member| &member.name);
        let organisation = assignee.organisation.as_ref().map(|organisation| &organisation.name);
        let post =
            assignee.post.map(|post| Cell::word(PostKind::VOCABULARY, post.as_str(), language));
        member.or(organisation).map(Cell::from).or(post).unwrap_or(Cell::Blank)
    }),
    Column::new("state", ("状态", "State"), 10, |one, language| {
        Cell::word(TaskState::VOCABULARY, one.state.as_str(), language)
    }),
    Column::new("late", ("是否逾期", "Late"), 10, |one, language| {
        Cell::either(one.late, ("逾期", "late"), ("", ""), language)
    }),
    Column::new("due_at", ("完成期限", "Due"), 18, |one, _| one.due_at.into()),
    Column::new("points", ("积分", "Points"), 8, |one, _| one.points.into()),
    Column::new("source", ("来源", "Source"), 28, |one, _| (&one.source.title).into()),
    Column::new("period", ("期间", "Period"), 14, |one, _| (&one.period).into()),
];
