//! What this room records.

use crate::audit::Act;

/// A notice was published.
pub(super) const CREATE: Act =
    Act::new("create_notice", "发布通知", "Published a notice", &["create_notice"]);
/// A notice was changed.
pub(super) const UPDATE: Act =
    Act::new("update_notice", "修改通知", "Changed a notice", &["update_notice"]);
/// A notice was withdrawn.
pub(super) const WITHDRAW: Act =
    Act::new("withdraw_notice", "撤回通知", "Withdrew a notice", &["withdraw_notice"]);
/// A withdrawn notice was put up again.
pub(super) const RESTORE: Act = Act::new(
    "restore_notice",
    "重新发布通知",
    "Put a withdrawn notice up again",
    &["restore_notice"],
);

/// All of them.
pub(super) const ACTS: &[&Act] = &[&CREATE, &UPDATE, &WITHDRAW, &RESTORE];
