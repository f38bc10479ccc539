//! Which reads answer otherwise after which operation, beyond those at and above its path and the log of what is recorded.

use crate::feature::Changes;

/// Where it is seen that somebody has left: that pays.
const LEFT: &[&str] = &[
    "get_activity",
    "get_leaderboard",
    "get_my_purse",
    "list_activities",
    "list_participants",
    "list_points_entries",
];

/// All that this room knows.
pub(super) const CHANGES: Changes = &[
    ("cancel_activity", &["get_check_in_code"]),
    ("check_in", &["get_activity", "list_activities", "list_participants"]),
    ("check_out", LEFT),
    ("complete_check_in", LEFT),
    ("import_grids", &["get_activity", "list_activities"]),
    ("import_members", &["get_activity", "list_activities", "list_participants"]),
    ("sign_up", &["list_participants"]),
    ("update_account", &["list_activities", "list_participants"]),
    ("update_activity", &["list_check_ins", "list_participants", "read_check_in_code"]),
    ("update_grid", &["get_activity", "list_activities"]),
    ("update_member", &["get_activity", "list_activities", "list_participants"]),
    ("withdraw", &["list_participants"]),
];
