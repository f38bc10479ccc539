//! What roles may do here.

use crate::auth::permissions;

permissions! {
    ACTIVITY_READ ActivityRead = "activity.read", "查看活动", "See activities",
        [Leader, Clerk, GridHead, Worker, Member, Integrator];
    ACTIVITY_MANAGE ActivityManage = "activity.manage", "管理活动", "Manage activities",
        [Clerk];
    ACTIVITY_SIGN_UP ActivitySignUp = "activity.sign_up", "报名和签到", "Sign up and check in",
        [GridHead, Worker, Member];
    ACTIVITY_STEWARD ActivitySteward = "activity.steward", "出示签到码", "Show the check-in code",
        [Clerk, GridHead, Worker, Member];
    ACTIVITY_READ_PEOPLE ActivityReadPeople = "activity.read_people", "查看活动的报名和签到人员", "See who signed up and checked in",
        [Leader, Clerk, Integrator];
}
