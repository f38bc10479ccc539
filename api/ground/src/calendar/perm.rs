//! What roles may do here.

use crate::auth::permissions;

permissions! {
    CALENDAR_READ CalendarRead = "calendar.read", "查看工作日历", "See the working calendar",
        [Leader, Clerk, GridHead, Worker, Integrator];
}
