//! What this room records.

use crate::audit::Act;

/// Somebody closed a check-in that its person had forgotten.
pub(super) const COMPLETE: Act =
    Act::new("complete_check_in", "补办签退", "Completed a check-in", &["complete_check_in"]);

/// All of them.
pub(super) const ACTS: &[&Act] = &[&COMPLETE];
