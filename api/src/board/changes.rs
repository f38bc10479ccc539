//! Which reads answer otherwise after which operation, beyond those at and above its path and the log of what is recorded.

use crate::feature::Changes;

/// All that this room knows.
pub(super) const CHANGES: Changes = &[
    ("accept_task", &["get_home"]),
    ("appoint", &["get_home"]),
    ("cancel_activity", &["get_home"]),
    ("create_activity", &["get_home"]),
    ("end_grid_post", &["get_home"]),
    ("import_grids", &["get_home"]),
    ("import_members", &["get_home"]),
    ("publish_checklist", &["get_home"]),
    ("return_task", &["get_home"]),
    ("submit_task", &["get_home"]),
    ("update_activity", &["get_home"]),
    ("update_grid", &["get_home"]),
    ("update_member", &["get_home"]),
    ("update_party_org", &["get_home"]),
    ("verify_task", &["get_home"]),
    ("verify_tasks", &["get_home"]),
];
