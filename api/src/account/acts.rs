//! What this room records.

use crate::audit::Act;

/// An account was made.
pub(crate) const CREATE: Act =
    Act::new("create_account", "新建账号", "Made an account", &["create_account"]);
/// An account's name or person was changed.
pub(crate) const UPDATE: Act =
    Act::new("update_account", "修改账号", "Changed an account", &["update_account"]);
/// An account's roles were changed.
pub(crate) const CHANGE_ROLES: Act =
    Act::new("change_roles", "调整角色", "Changed roles", &["update_account"]);
/// Somebody else set an account's password.
pub(crate) const RESET_PASSWORD: Act =
    Act::new("reset_password", "重置密码", "Reset a password", &["update_account"]);
/// An account was disabled.
pub(crate) const DISABLE: Act =
    Act::new("disable_account", "停用账号", "Disabled an account", &["update_account"]);
/// A disabled account was enabled.
pub(crate) const ENABLE: Act =
    Act::new("enable_account", "启用账号", "Enabled an account", &["update_account"]);

/// The operator made a token by which an administrator comes back.
pub(crate) const MAKE_RECOVERY_TOKEN: Act = Act::new(
    "make_recovery_token",
    "生成恢复管理员口令",
    "Made a token to restore an administrator",
    &[],
);
/// An administrator came back by such a token.
pub(crate) const RESTORE: Act = Act::new(
    "restore_administrator",
    "恢复系统管理员",
    "Restored an administrator",
    &["restore_administrator"],
);

/// All of them.
pub(crate) const ACTS: &[&Act] = &[
    &CREATE,
    &UPDATE,
    &CHANGE_ROLES,
    &RESET_PASSWORD,
    &DISABLE,
    &ENABLE,
    &MAKE_RECOVERY_TOKEN,
    &RESTORE,
];
