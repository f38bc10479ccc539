//! What this room records.

use crate::audit::Act;

/// An activity was published.
pub(super) const CREATE: Act =
    Act::new("create_activity", "发布活动", "Published an activity", &["create_activity"]);
/// An activity was changed.
pub(super) const UPDATE: Act =
    Act::new("update_activity", "修改活动", "Changed an activity", &["update_activity"]);
/// An activity was called off.
pub(super) const CANCEL: Act =
    Act::new("cancel_activity", "取消活动", "Cancelled an activity", &["cancel_activity"]);

/// All of them.
pub(super) const ACTS: &[&Act] = &[&CREATE, &UPDATE, &CANCEL];
