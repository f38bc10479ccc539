//! What roles may do here.

use crate::auth::permissions;

permissions! {
    PRESENCE_CHECK_IN PresenceCheckIn = "presence.check_in", "签到、签退", "Check in and out",
        [GridHead, Worker, Member];
    PRESENCE_STEWARD PresenceSteward = "presence.steward", "出示签到码、补办签退", "Show the check-in code, complete check-ins",
        [Clerk, GridHead, Worker, Member];
}
