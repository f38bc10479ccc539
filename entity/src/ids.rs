//! A type of its own for every id, so that a person's id cannot be passed where a grid's is asked for, and [`Points`].

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};
use std::str::FromStr;

use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

macro_rules! ids {
    ($($(#[doc = $doc:literal])* $name:ident;)*) => {$(
        $(#[doc = $doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType, Serialize, Deserialize, ToSchema,
        )]
        #[serde(transparent)]
        #[schema(value_type = String, format = Uuid, example = "019aa5c2-7a3e-7c41-9d2b-3f6b1c0e5a77")]
        pub struct $name(Uuid);

        impl $name {
            /// A new id that sorts by the time it was made (UUID version 7).
            #[expect(clippy::new_without_default, reason = "a default id would be a different one every time")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// An id made elsewhere: read from a token, or derived for demonstration data.
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        // No key of ours is counted by the database; sea-orm asks for the conversion all the same.
        impl TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    )*};
}

ids! {
    /// Id of a township.
    TenantId;
    /// Id of a setup token.
    SetupTokenId;
    /// Id of a recovery token.
    RecoveryTokenId;
    /// Id of an account.
    AccountId;
    /// Id of a session.
    SessionId;
    /// Id of a job.
    JobId;
    /// Id of the news that something an account held has ended.
    RevocationId;
    /// Id of a party organisation.
    PartyOrgId;
    /// Id of a person on the roster.
    MemberId;
    /// Id of a grid.
    GridId;
    /// Id of a held post in a grid.
    GridPostId;
    /// Id of an import.
    ImportId;
    /// Id of a checklist.
    ChecklistId;
    /// Id of a version of a checklist.
    ChecklistVersionId;
    /// Id of an item of a checklist version.
    ChecklistItemId;
    /// Id of a task.
    TaskId;
    /// Id of a line in a task's log.
    TaskLogId;
    /// Id of a proof handed in for a task.
    TaskSubmissionId;
    /// Id of an attachment.
    AttachmentId;
    /// Id of an activity.
    ActivityId;
    /// Id of a sign-up for an activity.
    ActivitySignupId;
    /// Id of a check-in.
    CheckInId;
    /// Id of a notice.
    NoticeId;
    /// Id of a points rule.
    PointsRuleId;
    /// Id of a purse.
    PurseId;
    /// Id of a posting.
    PostingId;
    /// Id of a line of a posting.
    PointsEntryId;
    /// Id of an entry of the audit log.
    AuditEntryId;
}

/// Points, counted in hundredths: exact where fractions of an hour are not.
///
/// In JSON a number with at most two decimals (`1.5`); in the database the hundredths (`150`).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType, ToSchema,
)]
#[schema(value_type = f64, example = 1.5)]
pub struct Points(i64);

/// Text or a number that is no amount of points: not a number, too large, or with more than two decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotPoints;

impl fmt::Display for NotPoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a number with at most two decimals")
    }
}

impl std::error::Error for NotPoints {}

impl Points {
    pub const ZERO: Self = Self(0);

    pub const fn from_hundredths(hundredths: i64) -> Self {
        Self(hundredths)
    }

    /// `points` whole points. Amounts beyond the range of the ledger stop at its ends.
    pub const fn whole(points: i64) -> Self {
        Self(points.saturating_mul(100))
    }

    pub const fn hundredths(self) -> i64 {
        self.0
    }
}

impl Add for Points {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Points {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Points {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Points {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Points {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

/// `2`, `1.5`, `-0.25`: no more decimals than it takes.
impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let whole = self.0.unsigned_abs() / 100;
        let rest = self.0.unsigned_abs() % 100;
        match rest {
            0 => write!(f, "{sign}{whole}"),
            r if r % 10 == 0 => write!(f, "{sign}{whole}.{}", r / 10),
            r => write!(f, "{sign}{whole}.{r:02}"),
        }
    }
}

impl FromStr for Points {
    type Err = NotPoints;

    fn from_str(text: &str) -> Result<Self, NotPoints> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(decimals) || decimals.len() > 2 {
            return Err(NotPoints);
        }
        let whole: i64 = whole.parse().map_err(|_| NotPoints)?;
        let hundredths: i64 = format!("{decimals:0<2}").parse().map_err(|_| NotPoints)?;
        let amount =
            whole.checked_mul(100).and_then(|w| w.checked_add(hundredths)).ok_or(NotPoints)?;
        Ok(Self(if digits.len() == text.len() { amount } else { -amount }))
    }
}

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 100 == 0 {
            return serializer.serialize_i64(self.0 / 100);
        }
        // Through the decimal text, which gives the nearest binary fraction and so prints as the same decimals.
        let number: f64 = self.to_string().parse().map_err(serde::ser::Error::custom)?;
        serializer.serialize_f64(number)
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;

        impl Visitor<'_> for Number {
            type Value = Points;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number with at most two decimals")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Points, E> {
                number.checked_mul(100).map(Points).ok_or_else(|| E::custom(NotPoints))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Points, E> {
                i64::try_from(number).map_err(E::custom).and_then(|n| self.visit_i64(n))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Points, E> {
                // The shortest text that names this number has the decimals its author wrote.
                number.to_string().parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_keep_their_decimals_in_json() -> Result<(), serde_json::Error> {
        for (hundredths, json) in [
            (0, "0"),
            (200, "2"),
            (150, "1.5"),
            (133, "1.33"),
            (7, "0.07"),
            (-25, "-0.25"),
            (123_456_789_029, "1234567890.29"),
        ] {
            let points = Points::from_hundredths(hundredths);
            assert_eq!(serde_json::to_string(&points)?, json);
            assert_eq!(points.to_string(), json);
            assert_eq!(serde_json::from_str::<Points>(json)?, points);
        }
        assert_eq!(serde_json::from_str::<Points>("2.0")?, Points::whole(2));
        Ok(())
    }

    #[test]
    fn what_is_no_amount_of_points_is_refused() {
        for json in ["1.005", "\"1\"", "null", "1e300", "18446744073709551615", "true"] {
            assert!(serde_json::from_str::<Points>(json).is_err(), "{json}");
        }
        for text in ["", "-", ".5", "1.", "1.005", "+1", "1,5", "--1", "1.-5"] {
            assert_eq!(text.parse::<Points>(), Err(NotPoints), "{text}");
        }
    }

    #[test]
    fn ids_are_plain_uuid_strings() -> Result<(), Box<dyn std::error::Error>> {
        let id = MemberId::new();
        let json = serde_json::to_string(&id)?;
        assert_eq!(json, format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<MemberId>(&json)?, id);
        assert_eq!(id.to_string().parse::<MemberId>()?, id);
        assert_eq!(id.uuid().get_version_num(), 7);
        Ok(())
    }
}
