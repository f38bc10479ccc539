//! What roles may do here.

use crate::auth::permissions;

permissions! {
    TASK_READ TaskRead = "task.read", "查看相关任务", "See tasks that concern one",
        [Leader, Clerk, GridHead, Worker, Integrator];
    TASK_READ_ALL TaskReadAll = "task.read_all", "查看全部任务", "See all tasks",
        [Leader, Clerk, Integrator];
    TASK_SUBMIT TaskSubmit = "task.submit", "签收和提交任务", "Accept tasks and hand them in",
        [GridHead, Worker];
    TASK_VERIFY TaskVerify = "task.verify", "核验任务", "Verify tasks",
        [Clerk, GridHead];
    TASK_VERIFY_ALL TaskVerifyAll = "task.verify_all", "核验全镇街的任务", "Verify the tasks of the whole township",
        [Clerk];
}
