//! What roles may do here.

use crate::auth::permissions;

permissions! {
    POINTS_READ PointsRead = "points.read", "查看积分", "See points",
        [Leader, Clerk, GridHead, Worker, Member, Integrator];
    POINTS_READ_ALL PointsReadAll = "points.read_all", "查看全部人员积分", "See the points of everybody",
        [Leader, Clerk, Integrator];
}
