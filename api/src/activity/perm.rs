//! What roles may do here.

use crate::auth::permissions;

permissions! {
    ACTIVITY_READ ActivityRead = "activity.read", "查看活动", "See activities",
        [Leader, Clerk, GridHead, Worker, Member, Integrator];
    ACTIVITY_MANAGE ActivityManage = "activity.manage", "管理活动", "Manage activities",
        [Clerk];
    ACTIVITY_SIGN_UP ActivitySignUp = "activity.sign_up", "报名参加活动", "Sign up for activities",
        [GridHead, Worker, Member];
    ACTIVITY_READ_PEOPLE ActivityReadPeople = "activity.read_people", "查看活动的报名和签到人员", "See who signed up and checked in",
        [Leader, Clerk, Integrator];
}
