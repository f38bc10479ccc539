//! What roles may do here.

use crate::auth::permissions;

permissions! {
    NOTICE_READ NoticeRead = "notice.read", "查看发给本人的通知", "See the notices addressed to one",
        [Leader, Clerk, GridHead, Worker, Member, Integrator];
    NOTICE_READ_ALL NoticeReadAll = "notice.read_all", "查看全部通知和阅读情况", "See all notices and who has read them",
        [Leader, Clerk, Integrator];
    NOTICE_MANAGE NoticeManage = "notice.manage", "发布、修改和撤回通知", "Publish, change and withdraw notices",
        [Clerk];
}
