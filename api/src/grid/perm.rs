//! What roles may do here.

use crate::auth::permissions;

permissions! {
    GRID_READ GridRead = "grid.read", "查看网格", "See grids",
        [Leader, Clerk, GridHead, Worker, Integrator];
    GRID_MANAGE GridManage = "grid.manage", "管理网格和岗位", "Manage grids and posts",
        [Clerk];
}
