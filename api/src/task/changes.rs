//! Which reads answer otherwise after which operation, beyond those at and above its path and the log of what is recorded.

use crate::feature::Changes;

/// All that this room knows.
pub(super) const CHANGES: Changes = &[
    ("accept_task", &["list_inbox"]),
    ("appoint", &["list_inbox", "list_tasks"]),
    ("end_grid_post", &["get_task", "list_inbox", "list_tasks"]),
    ("import_grids", &["get_task", "list_inbox", "list_tasks", "list_to_verify"]),
    ("import_members", &["get_task", "list_inbox", "list_tasks", "list_to_verify"]),
    ("return_task", &["get_to_verify", "list_inbox", "list_to_verify"]),
    ("submit_task", &["get_to_verify", "list_inbox", "list_to_verify"]),
    ("update_account", &["get_task", "list_tasks"]),
    ("update_grid", &["get_task", "list_inbox", "list_tasks", "list_to_verify"]),
    ("update_member", &["get_task", "list_inbox", "list_tasks", "list_to_verify"]),
    ("update_party_org", &["get_task", "list_inbox", "list_tasks"]),
    ("verify_task", &["get_to_verify", "list_to_verify"]),
    ("verify_tasks", &["get_task", "get_to_verify", "list_to_verify"]),
];
