//! What this room records.

use crate::audit::Act;

/// A grid was renamed.
pub(crate) const UPDATE: Act =
    Act::new("update_grid", "修改网格", "Changed a grid", &["update_grid"]);
/// Somebody was appointed to a post.
pub(crate) const APPOINT: Act =
    Act::new("appoint", "任命网格岗位", "Appointed somebody", &["appoint"]);
/// A post was ended.
pub(crate) const END_POST: Act =
    Act::new("end_grid_post", "免去网格岗位", "Ended a post", &["end_grid_post"]);

/// All of them.
pub(crate) const ACTS: &[&Act] = &[&UPDATE, &APPOINT, &END_POST];
