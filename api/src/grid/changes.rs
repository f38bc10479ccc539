//! Which reads answer otherwise after which operation, beyond those at and above its path and the log of what is recorded.

use crate::feature::Changes;

/// All that this room knows.
pub(super) const CHANGES: Changes = &[
    ("appoint", &["get_grid", "get_member", "list_grids", "list_members"]),
    ("end_grid_post", &["get_grid", "get_member", "list_grids", "list_members"]),
    (
        "import_grids",
        &["get_grid", "get_member", "list_grid_boundaries", "list_grids", "list_members"],
    ),
    ("update_grid", &["get_member", "list_grid_boundaries", "list_members"]),
    ("update_member", &["get_grid", "list_grids"]),
];
