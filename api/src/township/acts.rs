//! What this room records.

use crate::audit::Act;

/// The township was founded.
pub(crate) const FOUND: Act =
    Act::new("found_township", "开通镇街", "Founded the township", &["set_up"]);

/// All of them.
pub(crate) const ACTS: &[&Act] = &[&FOUND];
