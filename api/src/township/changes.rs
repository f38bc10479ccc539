//! Which reads answer otherwise after which operation, beyond those at and above its path and the log of what is recorded.

use crate::feature::Changes;

/// All that this room knows.
pub(super) const CHANGES: Changes = &[
    ("appoint", &["get_township"]),
    ("create_member", &["get_township"]),
    ("end_grid_post", &["get_township"]),
    ("import_grids", &["get_township"]),
    ("import_members", &["get_township"]),
];
