//! What this room records.

use crate::audit::Act;

/// A person was entered on the roster.
pub(crate) const CREATE: Act =
    Act::new("create_member", "新增人员", "Entered a person", &["create_member"]);
/// A person's data were changed.
pub(crate) const UPDATE: Act =
    Act::new("update_member", "修改人员", "Changed a person", &["update_member"]);
/// A party organisation was made.
pub(crate) const CREATE_ORG: Act =
    Act::new("create_party_org", "新增党组织", "Made a party organisation", &["create_party_org"]);
/// A party organisation was changed or moved.
pub(crate) const UPDATE_ORG: Act = Act::new(
    "update_party_org",
    "修改党组织",
    "Changed a party organisation",
    &["update_party_org"],
);

/// All of them.
pub(crate) const ACTS: &[&Act] = &[&CREATE, &UPDATE, &CREATE_ORG, &UPDATE_ORG];
