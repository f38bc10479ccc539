//! Which reads answer otherwise after which operation, beyond those at and above its path and the log of what is recorded.

use crate::feature::Changes;

/// All that this room knows.
pub(super) const CHANGES: Changes = &[
    ("check_in", &["read_check_in_code"]),
    ("check_out", &["read_check_in_code"]),
    ("update_account", &["list_check_ins"]),
];
