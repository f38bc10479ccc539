//! Which reads answer otherwise after which operation, beyond those at and above its path and the log of what is recorded.

use crate::feature::Changes;

/// All that this room knows.
pub(super) const CHANGES: Changes = &[
    ("import_grids", &["preview_checklist"]),
    ("publish_checklist", &["get_task", "list_inbox", "list_tasks", "preview_checklist"]),
    ("save_draft", &["preview_checklist"]),
    ("update_grid", &["preview_checklist"]),
    ("verify_task", &["get_leaderboard", "get_my_purse", "list_points_entries"]),
    ("verify_tasks", &["get_leaderboard", "get_my_purse", "list_points_entries"]),
];
