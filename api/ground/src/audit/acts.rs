//! What this room records of itself.

use super::Act;

/// A sign-in that failed, or several folded into one entry.
pub const SIGN_IN_FAILED: Act =
    Act::new("sign_in_failed", "登录失败", "Sign-in failed", &["sign_in"]).when_refused();
/// Words of entries were erased with the person they spoke of.
pub const ERASE: Act = Act::new(
    "erase_audit_detail",
    "删除日志中的个人信息",
    "Erased personal data from the log",
    &[],
);
/// Old entries were removed.
pub const PURGE: Act = Act::new("purge_audit", "清理过期日志", "Removed old entries", &[]);

/// Another key's signature was added to a checkpoint.
pub const COSIGNED: Act = Act::new("keep_cosignature", "收存检查点联署", "Kept a cosignature", &[]);

/// All of them.
pub const ACTS: &[&Act] = &[&SIGN_IN_FAILED, &ERASE, &PURGE, &COSIGNED];
