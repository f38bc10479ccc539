//! What this room records.

use crate::audit::Act;

/// A job was set going again.
pub const RUN: Act = Act::new("run_job", "重新执行后台作业", "Ran a job again", &["run_job"]);
/// A job was cancelled.
pub const CANCEL: Act = Act::new("cancel_job", "取消后台作业", "Cancelled a job", &["cancel_job"]);

/// All of them.
pub const ACTS: &[&Act] = &[&RUN, &CANCEL];
