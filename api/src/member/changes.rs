//! Which reads answer otherwise after which operation, beyond those at and above its path and the log of what is recorded.

use crate::feature::Changes;

/// All that this room knows.
pub(super) const CHANGES: Changes = &[
    ("create_member", &["get_party_org", "list_party_orgs"]),
    ("update_member", &["get_party_org", "list_party_orgs"]),
    ("update_party_org", &["get_member", "list_members"]),
];
