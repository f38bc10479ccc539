//! What this room records.

use crate::audit::Act;

/// A task was found well done.
pub(crate) const VERIFY: Act =
    Act::new("verify_task", "核验任务", "Verified a task", &["verify_task", "verify_tasks"]);
/// A task was sent back.
pub(crate) const RETURN: Act =
    Act::new("return_task", "退回任务", "Returned a task", &["return_task"]);

/// All of them.
pub(crate) const ACTS: &[&Act] = &[&VERIFY, &RETURN];
