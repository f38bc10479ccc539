//! Which reads answer otherwise after which operation, beyond those at and above its path and the log of what is recorded.

use crate::feature::Changes;

/// All that this room knows.
pub(super) const CHANGES: Changes = &[
    ("import_members", &["get_leaderboard", "get_my_purse", "list_points_entries"]),
    ("update_member", &["get_leaderboard", "get_my_purse", "list_points_entries"]),
    ("update_party_org", &["get_leaderboard"]),
];
