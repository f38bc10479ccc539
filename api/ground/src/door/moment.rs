//! Dates and moments that a record may name.

use std::fmt;

use chrono::{DateTime, Datelike, DurationRound, FixedOffset, NaiveDate, TimeDelta, Utc};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// The first year of both.
const FIRST: i32 = 1900;
/// The first year after both.
const END: i32 = 2200;

/// Whether the text is a date and nothing else: the library takes signs, blanks and single digits as well.
fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// Whether a day lies in reach: from 1 January 1900 to 31 December 2199.
#[must_use]
pub fn in_reach(day: NaiveDate) -> bool {
    (FIRST..END).contains(&day.year())
}

fn out_of_reach<E: de::Error>() -> E {
    E::custom(super::both(
        &format!("应在 {FIRST} 年至 {} 年之间", END - 1),
        &format!("must lie between {FIRST} and {}", END - 1),
    ))
}

/// A date, as in `2026-11-28`, in reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Day(NaiveDate);

impl Day {
    /// The date.
    #[must_use]
    pub fn date(self) -> NaiveDate {
        self.0
    }
}

impl From<NaiveDate> for Day {
    fn from(date: NaiveDate) -> Self {
        Self(date)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Date;
        impl Visitor<'_> for Date {
            type Value = Day;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date such as 2026-11-28")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Day, E> {
                let date = is_date(text).then(|| text.parse::<NaiveDate>().ok()).flatten();
                let date = date.ok_or_else(|| {
                    E::custom(super::both(
                        "应为日期，如 2026-11-28",
                        "must be a date such as 2026-11-28",
                    ))
                })?;
                if in_reach(date) { Ok(Day(date)) } else { Err(out_of_reach()) }
            }
        }
        deserializer.deserialize_str(Date)
    }
}

/// A moment of RFC 3339, as in `2026-11-28T09:00:00+08:00`, in reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Moment(DateTime<FixedOffset>);

impl Moment {
    /// The moment, to the millisecond, as all that is kept.
    #[must_use]
    pub fn utc(self) -> DateTime<Utc> {
        let moment = self.0.to_utc();
        moment.duration_trunc(TimeDelta::milliseconds(1)).unwrap_or(moment)
    }
}

impl From<DateTime<FixedOffset>> for Moment {
    fn from(moment: DateTime<FixedOffset>) -> Self {
        Self(moment)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Time;
        impl Visitor<'_> for Time {
            type Value = Moment;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a moment such as 2026-11-28T09:00:00+08:00")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Moment, E> {
                let moment = DateTime::parse_from_rfc3339(text).ok().filter(|moment| {
                    // A leap second: the databases do not agree when it is.
                    moment.timestamp_subsec_nanos() < 1_000_000_000
                });
                let moment = moment.ok_or_else(|| {
                    E::custom(super::both(
                        "应为时刻，如 2026-11-28T09:00:00+08:00",
                        "must be a moment such as 2026-11-28T09:00:00+08:00",
                    ))
                })?;
                // The day in Beijing, where there is one: at the ends of what the library can hold there is not.
                let day = moment.naive_utc().checked_add_signed(TimeDelta::hours(8));
                if day.is_some_and(|moment| in_reach(moment.date())) {
                    Ok(Moment(moment))
                } else {
                    Err(out_of_reach())
                }
            }
        }
        deserializer.deserialize_str(Time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Result<Day, String> {
        serde_json::from_value(serde_json::json!(text)).map_err(|error| error.to_string())
    }

    fn moment(text: &str) -> Result<Moment, String> {
        serde_json::from_value(serde_json::json!(text)).map_err(|error| error.to_string())
    }

    #[test]
    fn what_lies_out_of_reach_is_refused() {
        for text in ["1900-01-01", "2028-02-29", "2199-12-31"] {
            assert_eq!(day(text).unwrap().date().to_string(), text);
        }
        for text in [
            "1899-12-31",
            "2200-01-01",
            "-4713-01-01",
            "-262143-01-01",
            "+262142-12-31",
            "100000-01-01",
            "0000-01-01",
        ] {
            assert!(day(text).is_err(), "{text}");
        }
        for text in ["2026-1-5", "+2026-11-28", "2026 - 11 - 28", "2026-11-28 ", "２０２６-11-28"]
        {
            assert!(day(text).is_err(), "{text}");
        }
        for text in ["", "2027-02-29", "2026-13-01", "26-11-28", "today", "2026-11-28T00:00:00Z"] {
            assert!(day(text).is_err(), "{text}");
        }
        assert!(moment("2026-11-28T09:00:00+08:00").is_ok());
        assert!(moment("1900-01-01T00:00:00+08:00").is_ok());
        assert!(moment("2199-12-31T23:59:59+08:00").is_ok());
        let fine = moment("2026-11-28T09:00:00.123456789+08:00").unwrap();
        assert_eq!(fine.utc().timestamp_subsec_nanos(), 123_000_000);
        for text in [
            "+262142-12-31T20:00:00Z",
            "-262143-01-01T00:00:00Z",
            "+262142-12-31T23:59:59-23:59",
            "2200-01-01T00:00:00Z",
            "2200-01-01T00:00:00+08:00",
            "2026-11-28T09:00:60+08:00",
            "2026-11-28T23:59:60Z",
            "1899-12-31T15:59:59Z",
            "2026-11-28",
            "2026-11-28T09:00:00",
            "2026-11-28T25:00:00Z",
        ] {
            assert!(moment(text).is_err(), "{text}");
        }
        assert!(serde_json::from_str::<Day>("20261128").is_err());
    }
}
