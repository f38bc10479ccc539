//! Refresh tokens of one session: a family of generations, each derived from the server's key.
//!
//! A token is `township.session.generation.proof`, the proof an HMAC of the other three. So nothing secret is stored,
//! the successor that was given once can be given again, and every token that this server ever gave out is told from
//! what somebody made up, however old it is: no invented token can end a session, and no ancestor goes unrecognised.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{SessionId, TenantId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Seconds the token before the present one still gets the same successor: for a page opened twice, and for an answer
/// that got lost.
pub(crate) const GRACE_SECONDS: i64 = 30;

/// What a genuine token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The township.
    pub tenant: TenantId,
    /// The session.
    pub session: SessionId,
    /// How many renewals it stands after the first.
    pub generation: i32,
}

/// What a genuine token of a living session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The newest: this generation comes after it.
    Next(i32),
    /// The one before the newest, still within the grace: the newest is given again.
    Again,
    /// Used long ago, or by two: somebody has a copy.
    Copied,
}

/// Judges a token of generation `shown` where `current` is the newest, given out at `rotated_at`.
#[must_use]
pub(crate) fn judge(
    shown: i32,
    current: i32,
    rotated_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Verdict {
    // Newer than the newest: the database was restored from before. It was given out by us, so it goes on from there.
    if shown >= current {
        return Verdict::Next(shown.saturating_add(1));
    }
    let within = rotated_at.is_some_and(|at| now - at <= TimeDelta::seconds(GRACE_SECONDS));
    if shown.checked_add(1) == Some(current) && within { Verdict::Again } else { Verdict::Copied }
}

/// Makes and reads tokens.
#[derive(Clone)]
pub struct Family {
    key: [u8; 32],
}

impl Family {
    /// With a key that nothing else is made with.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    fn mac(&self, said: &str) -> Hmac<Sha256> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&self.key.into_block());
        mac.update(said.as_bytes());
        mac
    }

    /// The token.
    #[must_use]
    pub fn token(&self, shown: Shown) -> String {
        let said = format!("{}.{}.{}", shown.tenant, shown.session, shown.generation);
        let proof = URL_SAFE_NO_PAD.encode(self.mac(&said).finalize().into_bytes());
        format!("{said}.{proof}")
    }

    /// What a token says, if this server made it. Costs no question to the database.
    #[must_use]
    pub fn read(&self, token: &str) -> Option<Shown> {
        let (said, proof) = token.rsplit_once('.')?;
        let proof = URL_SAFE_NO_PAD.decode(proof).ok()?;
        self.mac(said).verify_slice(&proof).ok()?;
        let mut parts = said.split('.');
        let shown = Shown {
            tenant: parts.next()?.parse().ok()?,
            session: parts.next()?.parse().ok()?,
            generation: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(shown)
    }
}

/// A key of 32 bytes as the block that HMAC starts from.
trait IntoBlock {
    fn into_block(self) -> hmac::digest::Key<Hmac<Sha256>>;
}

impl IntoBlock for [u8; 32] {
    fn into_block(self) -> hmac::digest::Key<Hmac<Sha256>> {
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        for (place, byte) in block.iter_mut().zip(self) {
            *place = byte;
        }
        block
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap_or_default()
    }

    prop_compose! {
        fn shown()(tenant in any::<u128>(), session in any::<u128>(), generation in 0..i32::MAX) -> Shown {
            Shown {
                tenant: TenantId::from_uuid(Uuid::from_u128(tenant)),
                session: SessionId::from_uuid(Uuid::from_u128(session)),
                generation,
            }
        }
    }

    proptest! {
        #[test]
        fn a_token_is_read_as_it_was_made(key in any::<[u8; 32]>(), shown in shown()) {
            let family = Family::new(key);
            let token = family.token(shown);
            prop_assert!(token.len() <= 256);
            prop_assert_eq!(family.read(&token), Some(shown));
            prop_assert_eq!(&token, &family.token(shown), "the same successor each time");
        }

        #[test]
        fn nobody_makes_one_up(key in any::<[u8; 32]>(), other in any::<[u8; 32]>(), shown in shown(), place in 0..120_usize, letter in "[0-9a-zA-Z._-]") {
            prop_assume!(key != other);
            let family = Family::new(key);
            let token = family.token(shown);
            prop_assert_eq!(Family::new(other).read(&token), None);
            let altered: String = token.chars().take(place).chain(letter.chars()).chain(token.chars().skip(place + 1)).collect();
            prop_assert_eq!(family.read(&altered).is_some(), altered == token);
            prop_assert_eq!(family.read(&token.replacen(&shown.generation.to_string(), "0", 1)).is_some(), shown.generation == 0 || !token.contains(&shown.generation.to_string()));
        }

        #[test]
        fn any_text_is_no_token(text in ".{0,200}") {
            prop_assert_eq!(Family::new([7; 32]).read(&text), None);
        }

        /// Whatever is shown in whatever order: the newest goes on, the one before it within the grace gets the newest
        /// again, and everything else ends the family.
        #[test]
        fn every_ancestor_is_told(current in 0..1000_i32, back in -3..1000_i32, waited in 0..120_i64) {
            let verdict = judge(current - back, current, Some(at(1000)), at(1000 + waited));
            let expected = match back {
                ..=0 => Verdict::Next(current - back + 1),
                1 if waited <= GRACE_SECONDS => Verdict::Again,
                _ => Verdict::Copied,
            };
            prop_assert_eq!(verdict, expected);
        }
    }
}
