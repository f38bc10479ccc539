//! Addresses at which one photo can be read without a sign-in, for a few minutes: for what shows pictures by their address alone and
//! sends no token, such as a mini-program's picture or a mail.
//!
//! What an address says (township, photo, end) is in it, behind a seal by a key of the server: nothing is stored, and nobody makes one up
//! or makes one of another township's out of his own.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{AttachmentId, TenantId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Minutes for which an address is good.
pub const MINUTES: i64 = 5;
/// Bytes of township, photo and end.
const SAID: usize = 16 + 16 + 8;
/// Bytes of the seal: enough that nobody guesses one.
const SEAL: usize = 16;

/// What a genuine address says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The township.
    pub tenant: TenantId,
    /// The photo.
    pub photo: AttachmentId,
}

/// The moment after which an address made now is good for nothing, to the second.
#[must_use]
pub fn end(now: DateTime<Utc>) -> DateTime<Utc> {
    let end = now + TimeDelta::minutes(MINUTES);
    DateTime::from_timestamp(end.timestamp(), 0).unwrap_or(end)
}

fn seal(key: &[u8; 32], said: &[u8]) -> Hmac<Sha256> {
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    block.iter_mut().zip(key).for_each(|(place, byte)| *place = *byte);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block);
    mac.update(said);
    mac
}

/// The last part of the address.
#[must_use]
pub fn write(key: &[u8; 32], shown: Shown, end: DateTime<Utc>) -> String {
    let mut said = Vec::with_capacity(SAID + SEAL);
    said.extend_from_slice(shown.tenant.uuid().as_bytes());
    said.extend_from_slice(shown.photo.uuid().as_bytes());
    said.extend_from_slice(&end.timestamp().to_be_bytes());
    let seal = seal(key, &said).finalize().into_bytes();
    said.extend(seal.iter().take(SEAL));
    URL_SAFE_NO_PAD.encode(said)
}

/// What an address says, if this server made it and it is still good.
#[must_use]
pub fn read(key: &[u8; 32], text: &str, now: DateTime<Utc>) -> Option<Shown> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (said, proof) = bytes.split_at_checked(SAID)?;
    if proof.len() != SEAL {
        return None;
    }
    seal(key, said).verify_truncated_left(proof).ok()?;
    let (tenant, rest) = said.split_first_chunk::<16>()?;
    let (photo, end) = rest.split_first_chunk::<16>()?;
    let end = i64::from_be_bytes(end.try_into().ok()?);
    (now.timestamp() <= end).then(|| Shown {
        tenant: uuid::Uuid::from_bytes(*tenant).into(),
        photo: uuid::Uuid::from_bytes(*photo).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_good_for_what_and_when_it_was_made_for() {
        let now: DateTime<Utc> = "2026-11-23T01:00:00Z".parse().unwrap();
        let shown = Shown { tenant: TenantId::new(), photo: AttachmentId::new() };
        let key = [7; 32];
        let text = write(&key, shown, end(now));
        assert_eq!(read(&key, &text, now), Some(shown));
        assert_eq!(read(&key, &text, now + TimeDelta::minutes(MINUTES)), Some(shown));
        assert_eq!(read(&key, &text, now + TimeDelta::seconds(MINUTES * 60 + 1)), None);
        assert_eq!(read(&[8; 32], &text, now), None);
        // No letter of it may be another, none missing, none added.
        for at in 0..text.len() {
            for letter in ["A", "B", "_", ""] {
                let mut changed = text.clone();
                changed.replace_range(at..=at, letter);
                assert!(changed == text || read(&key, &changed, now).is_none(), "{changed}");
            }
        }
        for bad in ["", "A", &format!("{text}AAAA"), "%%%"] {
            assert_eq!(read(&key, bad, now), None, "{bad}");
        }
    }
}
