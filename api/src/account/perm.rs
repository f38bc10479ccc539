//! What roles may do here.

use crate::auth::permissions;

permissions! {
    ACCOUNT_READ AccountRead = "account.read", "查看账号", "See accounts",
        [Administrator];
    ACCOUNT_MANAGE AccountManage = "account.manage", "管理账号", "Manage accounts",
        [Administrator];
}
