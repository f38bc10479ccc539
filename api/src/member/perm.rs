//! What roles may do here.

use crate::auth::permissions;

permissions! {
    MEMBER_READ MemberRead = "member.read", "查看人员", "See people",
        [Leader, Clerk, GridHead, Integrator];
    MEMBER_MANAGE MemberManage = "member.manage", "管理人员和党组织", "Manage people and party organisations",
        [Clerk];
}
