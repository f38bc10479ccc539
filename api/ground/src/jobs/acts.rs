//! What this room records.

use crate::audit::Act;

/// A job was set going again.
pub(crate) const RUN: Act =
    Act::new("run_job", "重新执行后台作业", "Ran a job again", &["run_job"]);
/// A job was cancelled.
pub(crate) const CANCEL: Act =
    Act::new("cancel_job", "取消后台作业", "Cancelled a job", &["cancel_job"]);

/// All of them.
pub(crate) const ACTS: &[&Act] = &[&RUN, &CANCEL];
