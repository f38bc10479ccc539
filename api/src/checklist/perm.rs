//! What roles may do here.

use crate::auth::permissions;

permissions! {
    CHECKLIST_READ ChecklistRead = "checklist.read", "查看清单", "See checklists",
        [Leader, Clerk, GridHead, Worker, Integrator];
    CHECKLIST_MANAGE ChecklistManage = "checklist.manage", "编写清单", "Write checklists",
        [Clerk];
    CHECKLIST_PUBLISH ChecklistPublish = "checklist.publish", "发布清单", "Publish checklists",
        [Clerk];
}
