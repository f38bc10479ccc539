//! Which reads answer otherwise after which operation, beyond those at and above its path and the log of what is recorded.

use crate::feature::Changes;

/// All that this room knows.
pub(super) const CHANGES: Changes = &[
    ("appoint", &["get_notice", "list_notice_readers", "list_notices"]),
    ("create_account", &["list_notice_readers"]),
    ("end_grid_post", &["get_notice", "list_notice_readers", "list_notices"]),
    ("import_grids", &["get_notice", "list_notices"]),
    ("import_members", &["get_notice", "list_notice_readers", "list_notices"]),
    ("read_notice", &["list_notice_readers"]),
    ("update_account", &["get_notice", "list_notice_readers", "list_notices"]),
    ("update_grid", &["get_notice", "list_notices"]),
    ("update_member", &["list_notice_readers"]),
    ("update_notice", &["list_notice_readers"]),
];
