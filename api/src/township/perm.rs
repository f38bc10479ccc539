//! What roles may do here.

use crate::auth::permissions;

permissions! {
    TOWNSHIP_READ TownshipRead = "township.read", "查看镇街信息", "See the township",
        [Administrator, Auditor, Leader, Clerk, GridHead, Worker, Member, Integrator];
}
