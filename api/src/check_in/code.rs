//! The rotating code behind the QR picture at the place of an activity.
//!
//! `base64url(township 16 bytes | activity 16 bytes | window 4 bytes | first 16 bytes of HMAC-SHA256)`, signed with a
//! secret that every activity has for itself. A window lasts 30 seconds; the current one and the two before it are
//! accepted, so that a slow phone on a slow net still passes, while a photo sent to somebody at home does not help
//! for long. Nothing about a code is stored.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// How long one code is shown, in seconds.
pub const WINDOW_SECONDS: u32 = 30;
/// How many windows before the current one still pass.
pub const WINDOWS_BACK: u32 = 2;

const BODY: usize = 36;
const MAC: usize = 16;
/// Length of the text: 52 bytes in base64url without padding.
pub const TEXT_LENGTH: usize = 70;

/// Why a code does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Not made by us for this activity and township, or altered.
    Forged,
    /// Made by us, but its time is over (or, between servers whose clocks differ, has not come).
    Expired,
}

/// A code that has been taken apart; whether it is genuine only [`Parsed::check`] tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// Township that the code says it belongs to.
    pub tenant: Uuid,
    /// Activity that the code says it belongs to.
    pub activity: Uuid,
    window: u32,
    body: [u8; BODY],
    mac: [u8; MAC],
}

/// Number of the window in which the moment lies; moments before 1970 lie in the first.
#[must_use]
pub fn window_at(now: DateTime<Utc>) -> u32 {
    u32::try_from(now.timestamp().max(0) / i64::from(WINDOW_SECONDS)).unwrap_or(u32::MAX)
}

/// The moment at which the code shown now gives way to the next.
#[must_use]
pub fn shown_until(now: DateTime<Utc>) -> DateTime<Utc> {
    let end = (i64::from(window_at(now)) + 1) * i64::from(WINDOW_SECONDS);
    DateTime::from_timestamp(end, 0).unwrap_or(now)
}

/// The code of this activity at this moment.
#[must_use]
pub fn make(secret: &[u8], tenant: Uuid, activity: Uuid, now: DateTime<Utc>) -> String {
    let body = body(tenant, activity, window_at(now));
    let mut bytes = body.to_vec();
    bytes.extend(signer(secret, &body).finalize().into_bytes().iter().take(MAC));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Takes a code apart.
///
/// # Errors
/// [`Refused::Forged`] when the text has not the form of a code.
pub fn parse(text: &str) -> Result<Parsed, Refused> {
    if text.len() != TEXT_LENGTH {
        return Err(Refused::Forged);
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Refused::Forged)?;
    let (body, rest) = bytes.split_first_chunk::<BODY>().ok_or(Refused::Forged)?;
    let mac = <[u8; MAC]>::try_from(rest).map_err(|_| Refused::Forged)?;
    let (tenant, rest) = body.split_first_chunk::<16>().ok_or(Refused::Forged)?;
    let (activity, rest) = rest.split_first_chunk::<16>().ok_or(Refused::Forged)?;
    let window = <[u8; 4]>::try_from(rest).map_err(|_| Refused::Forged)?;
    Ok(Parsed {
        tenant: Uuid::from_bytes(*tenant),
        activity: Uuid::from_bytes(*activity),
        window: u32::from_be_bytes(window),
        body: *body,
        mac,
    })
}

impl Parsed {
    /// Whether the activity with this secret made the code, and whether its time is not over.
    ///
    /// The signature is compared in constant time and before the window: of a forged code nothing is told but that
    /// it is forged.
    ///
    /// # Errors
    /// [`Refused`] with the reason.
    pub fn check(&self, secret: &[u8], now: DateTime<Utc>) -> Result<(), Refused> {
        signer(secret, &self.body).verify_truncated_left(&self.mac).map_err(|_| Refused::Forged)?;
        let current = window_at(now);
        if (current.saturating_sub(WINDOWS_BACK)..=current).contains(&self.window) {
            Ok(())
        } else {
            Err(Refused::Expired)
        }
    }
}

fn body(tenant: Uuid, activity: Uuid, window: u32) -> [u8; BODY] {
    let mut body = [0_u8; BODY];
    let parts =
        tenant.into_bytes().into_iter().chain(activity.into_bytes()).chain(window.to_be_bytes());
    for (place, byte) in body.iter_mut().zip(parts) {
        *place = byte;
    }
    body
}

fn signer(secret: &[u8], body: &[u8]) -> Hmac<Sha256> {
    // HMAC takes keys of any length; were one refused, the empty key of a fresh instance would still not match.
    let mut signer = <Hmac<Sha256> as KeyInit>::new_from_slice(secret).unwrap_or_else(|_| {
        <Hmac<Sha256> as KeyInit>::new(&hmac::digest::Key::<Hmac<Sha256>>::default())
    });
    signer.update(body);
    signer
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap_or_default()
    }

    fn check(text: &str, secret: &[u8], now: DateTime<Utc>) -> Result<(), Refused> {
        parse(text)?.check(secret, now)
    }

    prop_compose! {
        fn case()(secret in any::<[u8; 32]>(), tenant in any::<u128>(), activity in any::<u128>(), now in 1_700_000_000..4_000_000_000_i64)
            -> ([u8; 32], Uuid, Uuid, DateTime<Utc>) {
            (secret, Uuid::from_u128(tenant), Uuid::from_u128(activity), at(now))
        }
    }

    proptest! {
        #[test]
        fn a_fresh_code_passes_and_names_its_place((secret, tenant, activity, now) in case()) {
            let text = make(&secret, tenant, activity, now);
            prop_assert_eq!(text.len(), TEXT_LENGTH);
            let parsed = parse(&text);
            prop_assert_eq!(parsed.as_ref().map(|p| (p.tenant, p.activity)), Ok((tenant, activity)));
            prop_assert_eq!(check(&text, &secret, now), Ok(()));
        }

        #[test]
        fn any_flipped_bit_is_refused((secret, tenant, activity, now) in case(), bit in 0..416_usize) {
            let mut bytes = URL_SAFE_NO_PAD.decode(make(&secret, tenant, activity, now)).unwrap_or_default();
            if let Some(byte) = bytes.get_mut(bit / 8) {
                *byte ^= 1 << (bit % 8);
            }
            prop_assert_eq!(check(&URL_SAFE_NO_PAD.encode(bytes), &secret, now), Err(Refused::Forged));
        }

        #[test]
        fn any_other_letter_is_refused((secret, tenant, activity, now) in case(), place in 0..TEXT_LENGTH, letter in "[A-Za-z0-9_=+/ -]") {
            let text = make(&secret, tenant, activity, now);
            let other: String = text.chars().take(place).chain(letter.chars()).chain(text.chars().skip(place + 1)).collect();
            prop_assert_eq!(check(&other, &secret, now).is_ok(), other == text);
        }

        #[test]
        fn the_code_of_another_activity_is_refused((secret, tenant, activity, now) in case(), other in any::<[u8; 32]>()) {
            prop_assume!(other != secret);
            prop_assert_eq!(check(&make(&other, tenant, activity, now), &secret, now), Err(Refused::Forged));
        }

        #[test]
        fn three_windows_pass_and_later_it_has_expired((secret, tenant, activity, now) in case(), later in 0..100_000_i64) {
            let text = make(&secret, tenant, activity, now);
            let then = now + TimeDelta::seconds(later);
            let expected = if window_at(then) - window_at(now) <= WINDOWS_BACK { Ok(()) } else { Err(Refused::Expired) };
            prop_assert_eq!(check(&text, &secret, then), expected);
            // At least a minute, less than a minute and a half.
            if later <= 60 { prop_assert_eq!(expected, Ok(())); }
            if later >= 90 { prop_assert_eq!(expected, Err(Refused::Expired)); }
        }

        #[test]
        fn a_code_from_the_future_does_not_pass((secret, tenant, activity, now) in case(), ahead in 30..100_000_i64) {
            prop_assert_eq!(check(&make(&secret, tenant, activity, now + TimeDelta::seconds(ahead)), &secret, now), Err(Refused::Expired));
        }

        #[test]
        fn an_expired_forgery_is_a_forgery((secret, tenant, activity, now) in case(), other in any::<[u8; 32]>()) {
            prop_assume!(other != secret);
            prop_assert_eq!(check(&make(&other, tenant, activity, at(0)), &secret, now), Err(Refused::Forged));
        }

        #[test]
        fn any_text_is_no_code(text in ".{0,100}") {
            prop_assert!(check(&text, &[7; 32], at(1_790_000_000)).is_err());
        }

        #[test]
        fn the_picture_changes_when_it_says(now in 0..4_000_000_000_i64) {
            let until = shown_until(at(now));
            prop_assert!(until > at(now) && until <= at(now) + TimeDelta::seconds(30));
            prop_assert_eq!(window_at(until), window_at(at(now)) + 1);
        }
    }
}
