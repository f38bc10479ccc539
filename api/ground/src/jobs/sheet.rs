//! Jobs as a table.

use entity::kinds::JobState;

use super::dto::Job;
use crate::sheet::{Cell, Column, Sheet, Told};

pub(super) const SHEETS: &[&dyn Told] = &[&JOBS];

pub(super) const JOBS: Sheet<Job> = Sheet {
    operation: "list_jobs",
    zh: "后台作业",
    en: "Jobs",
    columns: &[
        Column::new("kind", ("作业", "Job"), 28, |one, _| (&one.kind).into()),
        Column::new("state", ("状态", "State"), 10, |one, language| {
            Cell::word(JobState::VOCABULARY, one.state.as_str(), language)
        }),
        Column::new("run_at", ("执行时间", "Due"), 18, |one, _| one.run_at.into()),
        Column::new("attempts", ("尝试次数", "Attempts"), 10, |one, _| one.attempts.into()),
        Column::new("finished_at", ("完成时间", "Finished"), 18, |one, _| {
            one.finished_at.into()
        }),
        Column::new("last_error", ("最近错误", "Last error"), 48, |one, _| {
            one.last_error.as_ref().into()
        }),
    ],
};
