//! Known devices: a browser in which an account once signed in carries a sign of it, and is not slowed down by what
//! strangers do to the account.
//!
//! The sign is a cookie of its own (HttpOnly, for the session paths only), made with the server's key and kept nowhere
//! else: for each account that signed in here the account, a name for this device, when it was last renewed, and an
//! HMAC over them. It opens nothing: the password is asked for as ever. Failures from a known device are counted for
//! that device alone.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::AccountId;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// Days a device is known from its last sign-in.
pub const KNOWN_DAYS: i64 = 180;
/// Accounts that one browser is remembered for; the earliest gives way.
const ACCOUNTS: usize = 8;

const BODY: usize = 16 + 8 + 4;
const MAC: usize = 16;
/// One account's part of the cookie: 44 bytes in base64url.
const LENGTH: usize = 59;

/// A device's name, as it is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Device([u8; 8]);

impl Device {
    pub(super) fn bytes(self) -> [u8; 8] {
        self.0
    }
}

/// Makes and reads the signs.
#[derive(Clone)]
pub struct Devices {
    origin: Hmac<Sha256>,
}

struct Sign {
    account: AccountId,
    device: Device,
    /// Hours since 1970.
    renewed: u32,
}

fn hours(now: DateTime<Utc>) -> u32 {
    u32::try_from(now.timestamp().max(0) / 3600).unwrap_or(u32::MAX)
}

impl Devices {
    /// With a key that nothing else is made with.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        for (place, byte) in block.iter_mut().zip(key) {
            *place = *byte;
        }
        Self { origin: <Hmac<Sha256> as KeyInit>::new(&block) }
    }

    fn mac(&self, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.origin.clone();
        mac.update(body);
        mac
    }

    fn write(&self, sign: &Sign) -> String {
        let mut bytes = sign.account.uuid().as_bytes().to_vec();
        bytes.extend(sign.device.0);
        bytes.extend(sign.renewed.to_be_bytes());
        let mac = self.mac(&bytes).finalize().into_bytes();
        bytes.extend(mac.iter().take(MAC));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn read(&self, text: &str) -> Option<Sign> {
        if text.len() != LENGTH {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (body, mac) = bytes.split_first_chunk::<BODY>()?;
        self.mac(body).verify_truncated_left(mac).ok()?;
        let (account, rest) = body.split_first_chunk::<16>()?;
        let (device, rest) = rest.split_first_chunk::<8>()?;
        let renewed = <[u8; 4]>::try_from(rest).ok()?;
        Some(Sign {
            account: AccountId::from_uuid(Uuid::from_bytes(*account)),
            device: Device(*device),
            renewed: u32::from_be_bytes(renewed),
        })
    }

    fn signs(&self, cookie: &str) -> Vec<Sign> {
        cookie.split('.').take(ACCOUNTS).filter_map(|text| self.read(text)).collect()
    }

    /// The device that a cookie shows for an account, while it is known.
    #[must_use]
    pub fn known(
        &self,
        cookie: Option<&str>,
        account: AccountId,
        now: DateTime<Utc>,
    ) -> Option<Device> {
        let oldest = hours(now - TimeDelta::days(KNOWN_DAYS));
        self.signs(cookie?)
            .into_iter()
            .find(|sign| sign.account == account && sign.renewed >= oldest)
            .map(|sign| sign.device)
    }

    /// The cookie after an account signed in here: with its sign renewed, or a new one.
    #[must_use]
    pub fn after_sign_in(
        &self,
        cookie: Option<&str>,
        account: AccountId,
        now: DateTime<Utc>,
    ) -> String {
        let device =
            self.known(cookie, account, now).unwrap_or_else(|| Device(rand::random::<[u8; 8]>()));
        let own = Sign { account, device, renewed: hours(now) };
        let others = cookie.map_or_else(Vec::new, |cookie| self.signs(cookie));
        std::iter::once(&own)
            .chain(others.iter().filter(|sign| sign.account != account))
            .take(ACCOUNTS)
            .map(|sign| self.write(sign))
            .collect::<Vec<_>>()
            .join(".")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_395_600, 0).unwrap_or_default()
    }

    #[test]
    fn a_device_is_known_to_the_accounts_that_signed_in_there() {
        let devices = Devices::new(&[7; 32]);
        let (one, two) = (AccountId::new(), AccountId::new());
        let cookie = devices.after_sign_in(None, one, now());
        let device = devices.known(Some(&cookie), one, now()).unwrap();
        assert_eq!(devices.known(Some(&cookie), two, now()), None);
        let both = devices.after_sign_in(Some(&cookie), two, now());
        assert_eq!(devices.known(Some(&both), one, now()), Some(device), "the first one is kept");
        assert!(devices.known(Some(&both), two, now()).is_some());
        let renewed = devices.after_sign_in(Some(&both), one, now() + TimeDelta::days(100));
        let later = now() + TimeDelta::days(250);
        assert_eq!(devices.known(Some(&renewed), one, later), Some(device));
        assert_eq!(devices.known(Some(&renewed), two, later), None, "not seen for half a year");
    }

    #[test]
    fn a_cookie_is_bounded_and_nobody_makes_one_up() {
        let devices = Devices::new(&[7; 32]);
        let accounts: Vec<AccountId> = (0..20).map(|_| AccountId::new()).collect();
        let mut cookie = devices.after_sign_in(None, accounts[0], now());
        for account in &accounts {
            cookie = devices.after_sign_in(Some(&cookie), *account, now());
        }
        assert!(cookie.len() < 500, "{}", cookie.len());
        assert_eq!(devices.known(Some(&cookie), accounts[11], now()), None);
        assert!(devices.known(Some(&cookie), accounts[12], now()).is_some());
        let others = Devices::new(&[8; 32]);
        assert_eq!(others.known(Some(&cookie), accounts[19], now()), None);
        let mut altered = 0;
        for (place, _) in cookie.char_indices().take(LENGTH) {
            let mut letters: Vec<char> = cookie.chars().collect();
            letters[place] = if letters[place] == 'A' { 'B' } else { 'A' };
            let text: String = letters.into_iter().collect();
            altered += usize::from(devices.known(Some(&text), accounts[19], now()).is_some());
        }
        assert_eq!(altered, 0);
        for text in ["", ".", "....", "not a cookie", &"A".repeat(LENGTH)] {
            assert_eq!(devices.known(Some(text), accounts[19], now()), None, "{text}");
        }
    }
}
