//! How long somebody has for a task: a policy, from which the deadline follows.

use std::fmt;
use std::str::FromStr;

use sea_orm::DeriveValueType;

/// How long somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, DeriveValueType)]
#[sea_orm(value_type = "String")]
pub enum ClockPolicy {
    /// So many working days of the official calendar, the first day included.
    WorkingDays(i32),
    /// So many days, whatever the calendar says, the first day included.
    Days(i32),
    /// So many hours from when it was given.
    Hours(i32),
    /// Until a moment that the source names.
    Moment,
}

/// Text that is no policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPolicy;

impl fmt::Display for NotAPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected working_days:5, days:3, hours:48 or moment")
    }
}

impl std::error::Error for NotAPolicy {}

impl fmt::Display for ClockPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WorkingDays(days) => write!(f, "working_days:{days}"),
            Self::Days(days) => write!(f, "days:{days}"),
            Self::Hours(hours) => write!(f, "hours:{hours}"),
            Self::Moment => f.write_str("moment"),
        }
    }
}

impl FromStr for ClockPolicy {
    type Err = NotAPolicy;

    fn from_str(text: &str) -> Result<Self, NotAPolicy> {
        if text == "moment" {
            return Ok(Self::Moment);
        }
        let (unit, count) = text.split_once(':').ok_or(NotAPolicy)?;
        let count = count.parse().map_err(|_| NotAPolicy)?;
        match unit {
            "working_days" => Ok(Self::WorkingDays(count)),
            "days" => Ok(Self::Days(count)),
            "hours" => Ok(Self::Hours(count)),
            _ => Err(NotAPolicy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_as_it_was_written() {
        use ClockPolicy::{Days, Hours, Moment, WorkingDays};
        for policy in [WorkingDays(5), Days(3), Hours(48), Moment] {
            assert_eq!(policy.to_string().parse(), Ok(policy));
        }
        for wrong in ["", "days", "days:", "weeks:1", "days:x"] {
            assert_eq!(wrong.parse::<ClockPolicy>(), Err(NotAPolicy));
        }
    }
}
