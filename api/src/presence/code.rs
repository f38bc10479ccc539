//! The rotating code behind the QR picture at the place of an occasion.
//!
//! `letter | base64url(township 16 bytes | occasion 16 bytes | window 4 bytes | first 16 bytes of HMAC-SHA256)`. The letter says
//! which kind of occasion it is; all that stands before the signature is signed, with a secret that every occasion has for itself. A window lasts 30 seconds; the current one and the two before it are
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

/// What is signed: the letter, township, occasion and window.
const BODY: usize = 37;
const MAC: usize = 16;
/// Length of the text: the letter, and 52 bytes in base64url without padding.
pub const TEXT_LENGTH: usize = 71;

/// Why a code does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Not made by us for this occasion and township, or altered.
    Forged,
    /// Made by us, but its time is over (or, between servers whose clocks differ, has not come).
    Expired,
}

/// A code that has been taken apart; whether it is genuine only [`Parsed::check`] tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// Township that the code says it belongs to.
    pub tenant: Uuid,
    /// Letter of the kind of occasion that the code says it belongs to.
    pub letter: char,
    /// Occasion that the code says it belongs to.
    pub occasion: Uuid,
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

/// The code of this occasion at this moment. `letter` is that of its kind, an ASCII letter.
#[must_use]
pub fn make(
    secret: &[u8],
    letter: char,
    tenant: Uuid,
    occasion: Uuid,
    now: DateTime<Utc>,
) -> String {
    let body = body(letter, tenant, occasion, window_at(now));
    let mut bytes = body.get(1..).unwrap_or_default().to_vec();
    bytes.extend(signer(secret, &body).finalize().into_bytes().iter().take(MAC));
    let mut text = String::with_capacity(TEXT_LENGTH);
    text.push(letter);
    URL_SAFE_NO_PAD.encode_string(bytes, &mut text);
    text
}

/// Takes a code apart.
///
/// # Errors
/// [`Refused::Forged`] when the text has not the form of a code.
pub fn parse(text: &str) -> Result<Parsed, Refused> {
    if text.len() != TEXT_LENGTH {
        return Err(Refused::Forged);
    }
    let letter = text.chars().next().filter(char::is_ascii_alphabetic).ok_or(Refused::Forged)?;
    let bytes = URL_SAFE_NO_PAD.decode(text.get(1..).unwrap_or_default());
    let bytes = bytes.map_err(|_| Refused::Forged)?;
    let (tenant, rest) = bytes.split_first_chunk::<16>().ok_or(Refused::Forged)?;
    let (occasion, rest) = rest.split_first_chunk::<16>().ok_or(Refused::Forged)?;
    let (window, rest) = rest.split_first_chunk::<4>().ok_or(Refused::Forged)?;
    let mac = <[u8; MAC]>::try_from(rest).map_err(|_| Refused::Forged)?;
    let (tenant, occasion) = (Uuid::from_bytes(*tenant), Uuid::from_bytes(*occasion));
    let window = u32::from_be_bytes(*window);
    Ok(Parsed {
        tenant,
        letter,
        occasion,
        window,
        body: body(letter, tenant, occasion, window),
        mac,
    })
}

impl Parsed {
    /// Whether the occasion with this secret made the code, and whether its time is not over.
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

fn body(letter: char, tenant: Uuid, occasion: Uuid, window: u32) -> [u8; BODY] {
    let mut body = [0_u8; BODY];
    // What is no ASCII letter never comes from a registered kind, and is told apart from all that are.
    let parts = std::iter::once(u8::try_from(letter).unwrap_or(0))
        .chain(tenant.into_bytes())
        .chain(occasion.into_bytes())
        .chain(window.to_be_bytes());
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

    const LETTER: char = 'a';

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap_or_default()
    }

    fn check(text: &str, secret: &[u8], now: DateTime<Utc>) -> Result<(), Refused> {
        parse(text)?.check(secret, now)
    }

    prop_compose! {
        fn case()(secret in any::<[u8; 32]>(), tenant in any::<u128>(), occasion in any::<u128>(), now in 1_700_000_000..4_000_000_000_i64)
            -> ([u8; 32], Uuid, Uuid, DateTime<Utc>) {
            (secret, Uuid::from_u128(tenant), Uuid::from_u128(occasion), at(now))
        }
    }

    proptest! {
        #[test]
        fn a_fresh_code_passes_and_names_its_place((secret, tenant, occasion, now) in case()) {
            let text = make(&secret, LETTER, tenant, occasion, now);
            prop_assert_eq!(text.len(), TEXT_LENGTH);
            let parsed = parse(&text);
            prop_assert_eq!(parsed.as_ref().map(|p| (p.tenant, p.letter, p.occasion)), Ok((tenant, LETTER, occasion)));
            prop_assert_eq!(check(&text, &secret, now), Ok(()));
        }

        #[test]
        fn any_flipped_bit_is_refused((secret, tenant, occasion, now) in case(), bit in 0..416_usize) {
            let text = make(&secret, LETTER, tenant, occasion, now);
            let mut bytes = URL_SAFE_NO_PAD.decode(&text[1..]).unwrap_or_default();
            if let Some(byte) = bytes.get_mut(bit / 8) {
                *byte ^= 1 << (bit % 8);
            }
            prop_assert_eq!(check(&format!("{LETTER}{}", URL_SAFE_NO_PAD.encode(bytes)), &secret, now), Err(Refused::Forged));
        }

        #[test]
        fn any_other_letter_is_refused((secret, tenant, occasion, now) in case(), place in 0..TEXT_LENGTH, letter in "[A-Za-z0-9_=+/ -]") {
            let text = make(&secret, LETTER, tenant, occasion, now);
            let other: String = text.chars().take(place).chain(letter.chars()).chain(text.chars().skip(place + 1)).collect();
            prop_assert_eq!(check(&other, &secret, now).is_ok(), other == text);
        }

        #[test]
        fn the_code_of_another_occasion_is_refused((secret, tenant, occasion, now) in case(), other in any::<[u8; 32]>()) {
            prop_assume!(other != secret);
            prop_assert_eq!(check(&make(&other, LETTER, tenant, occasion, now), &secret, now), Err(Refused::Forged));
        }

        #[test]
        fn three_windows_pass_and_later_it_has_expired((secret, tenant, occasion, now) in case(), later in 0..100_000_i64) {
            let text = make(&secret, LETTER, tenant, occasion, now);
            let then = now + TimeDelta::seconds(later);
            let expected = if window_at(then) - window_at(now) <= WINDOWS_BACK { Ok(()) } else { Err(Refused::Expired) };
            prop_assert_eq!(check(&text, &secret, then), expected);
            // At least a minute, less than a minute and a half.
            if later <= 60 { prop_assert_eq!(expected, Ok(())); }
            if later >= 90 { prop_assert_eq!(expected, Err(Refused::Expired)); }
        }

        #[test]
        fn a_code_from_the_future_does_not_pass((secret, tenant, occasion, now) in case(), ahead in 30..100_000_i64) {
            prop_assert_eq!(check(&make(&secret, LETTER, tenant, occasion, now + TimeDelta::seconds(ahead)), &secret, now), Err(Refused::Expired));
        }

        #[test]
        fn an_expired_forgery_is_a_forgery((secret, tenant, occasion, now) in case(), other in any::<[u8; 32]>()) {
            prop_assume!(other != secret);
            prop_assert_eq!(check(&make(&other, LETTER, tenant, occasion, at(0)), &secret, now), Err(Refused::Forged));
        }

        #[test]
        fn the_code_of_another_kind_is_refused((secret, tenant, occasion, now) in case(), other in "[A-Zb-z]") {
            let text = make(&secret, LETTER, tenant, occasion, now);
            prop_assert_eq!(check(&format!("{other}{}", &text[1..]), &secret, now), Err(Refused::Forged));
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
