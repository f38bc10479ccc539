//! What roles may do here.

use crate::auth::permissions;

permissions! {
    JOB_MANAGE JobManage = "job.manage", "查看和处置后台作业", "See and manage background jobs",
        [Administrator];
}
