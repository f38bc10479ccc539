//! Which reads answer otherwise after which operation, beyond those at and above its path and the log of what is recorded.

use crate::feature::Changes;

/// All that this room knows.
pub(super) const CHANGES: Changes = &[
    ("appoint", &["get_me"]),
    ("change_password", &["get_account", "list_accounts"]),
    ("create_account", &["list_account_candidates"]),
    ("create_member", &["list_account_candidates"]),
    ("end_grid_post", &["get_me"]),
    ("import_grids", &["get_me"]),
    ("import_members", &["get_account", "get_me", "list_account_candidates", "list_accounts"]),
    ("restore_administrator", &["get_account", "list_accounts"]),
    ("update_account", &["get_me", "list_account_candidates"]),
    ("update_grid", &["get_me"]),
    ("update_member", &["get_account", "get_me", "list_account_candidates", "list_accounts"]),
];
