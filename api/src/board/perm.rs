//! What roles may do here.

use crate::auth::permissions;

permissions! {
    HOME_READ HomeRead = "home.read", "查看今日", "See today",
        [Leader, Clerk, GridHead];
}
