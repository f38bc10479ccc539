//! Which reads answer otherwise after which operation, beyond those at and above its path and the log of what is recorded.

use crate::feature::Changes;

/// All that this room knows.
pub(super) const CHANGES: Changes = &[(
    "import_members",
    &["get_grid", "get_member", "get_party_org", "list_grids", "list_members", "list_party_orgs"],
)];
