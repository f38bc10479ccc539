//! What roles may do here.

use crate::auth::permissions;

permissions! {
    AUDIT_READ AuditRead = "audit.read", "查看操作日志", "See the audit log",
        [Auditor];
}
