//! Access tokens (JWT, EdDSA) and the secrets of refresh tokens.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use entity::ids::{AccountId, SessionId, TenantId};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ed25519;
use crate::files;
use crate::http::{ApiError, Code, Result};
use crate::tenancy::StartError;

/// Seconds an access token lives.
pub const ACCESS_SECONDS: i64 = 600;
/// The `iss` of our tokens: a key that somebody uses twice does not make theirs ours.
const ISSUER: &str = "gezhi";

/// What an access token says. Roles are not in it: they are read from the database, so that a change of
/// them does not wait for the token to expire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The account.
    pub sub: AccountId,
    /// Its township.
    pub tid: TenantId,
    /// The session.
    pub sid: SessionId,
    /// Who made it.
    pub iss: String,
    /// Seconds since 1970 when it was made.
    pub iat: i64,
    /// Seconds since 1970 when it expires.
    pub exp: i64,
}

impl Claims {
    /// Claims for a session, from now on.
    #[must_use]
    pub fn new(
        account: AccountId,
        tenant: TenantId,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Self {
        let iat = now.timestamp();
        Self {
            sub: account,
            tid: tenant,
            sid: session,
            iss: ISSUER.to_owned(),
            iat,
            exp: iat.saturating_add(ACCESS_SECONDS),
        }
    }

    /// 401 `token_expired` from the moment of expiry on.
    pub fn check_expiry(&self, now: DateTime<Utc>) -> Result<()> {
        if now.timestamp() < self.exp { Ok(()) } else { Err(ApiError::new(Code::TOKEN_EXPIRED)) }
    }
}

/// The key pair that signs access tokens, and the origin of the server's other keys.
#[derive(Clone)]
pub struct TokenKey {
    encoding: EncodingKey,
    decoding: DecodingKey,
    origin: Hmac<Sha256>,
}

/// The head of a token as this server writes it. The library passes over what it does not know, `crit` included, which
/// says that nobody may (RFC 7515, 4.1.11); so what is not ours is no token of ours.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    alg: String,
    typ: String,
}

fn is_our_head(token: &str) -> bool {
    token
        .split('.')
        .next()
        .and_then(|head| URL_SAFE_NO_PAD.decode(head).ok())
        .and_then(|head| serde_json::from_slice::<Head>(&head).ok())
        .is_some_and(|head| head.alg == "EdDSA" && head.typ == "JWT")
}

impl TokenKey {
    /// Reads the key file, or makes it. Nodes that serve the same database share the file.
    pub fn load(path: &Path) -> Result<Self, StartError> {
        Self::from_pkcs8(&key_file(path)?)
    }

    /// A key of its own, kept nowhere.
    pub fn ephemeral() -> Result<Self, StartError> {
        Self::from_pkcs8(&new_key()?)
    }

    fn from_pkcs8(document: &[u8]) -> Result<Self, StartError> {
        ed25519::install();
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(document)
            .map_err(|_| StartError::Config("the token key is not an Ed25519 key".to_owned()))?;
        Ok(Self {
            encoding: EncodingKey::from_ed_der(document),
            decoding: DecodingKey::from_ed_der(pair.public_key().as_ref()),
            origin: <Hmac<Sha256> as KeyInit>::new_from_slice(document)
                .map_err(|_| StartError::Config("the token key is no key".to_owned()))?,
        })
    }

    /// A key for one purpose, the same on every node that shares the file, and nothing to be learned from about another.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut mac = self.origin.clone();
        mac.update(b"gezhi/");
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Signs a token.
    pub fn sign(&self, claims: &Claims) -> Result<String> {
        jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), claims, &self.encoding)
            .map_err(ApiError::internal)
    }

    /// Verifies signature, issuer and expiry (by the server's clock, without leeway).
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims> {
        if !is_our_head(token) {
            return Err(ApiError::new(Code::UNAUTHENTICATED));
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        // The library reads the machine's clock; ours is the one that tests can set.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &validation)
            .map_err(|_| ApiError::new(Code::UNAUTHENTICATED))?
            .claims;
        claims.check_expiry(now)?;
        Ok(claims)
    }
}

fn new_key() -> Result<Vec<u8>, StartError> {
    let pair = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new())
        .map_err(|_| StartError::Config("no key could be generated".to_owned()))?;
    Ok(pair.as_ref().to_vec())
}

/// The Ed25519 key (PKCS#8, DER) of a file, which is made when there is none.
///
/// # Errors
/// [`StartError::File`] when it can be neither read nor made.
pub fn key_file(path: &Path) -> Result<Vec<u8>, StartError> {
    files::read_or_make(path, new_key)
}

/// A new secret of 256 bits, as it goes to the client.
#[must_use]
pub fn new_secret() -> String {
    let bytes: [u8; 32] = rand::random();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is kept of a secret. A fast hash is right here: the secret is random, not chosen by a person.
#[must_use]
pub fn hash_secret(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_with_anything_in_its_head_that_is_not_ours_is_refused() {
        let key = TokenKey::ephemeral().unwrap();
        let now = DateTime::UNIX_EPOCH;
        let claims = Claims::new(AccountId::new(), TenantId::new(), SessionId::new(), now);
        assert_eq!(key.verify(&key.sign(&claims).unwrap(), now).unwrap(), claims);
        let headed = |change: fn(&mut Header)| {
            let mut head = Header::new(Algorithm::EdDSA);
            change(&mut head);
            jsonwebtoken::encode(&head, &claims, &key.encoding).unwrap()
        };
        for token in [
            headed(|head| head.crit = Some(vec!["exp".to_owned()])),
            headed(|head| head.crit = Some(Vec::new())),
            headed(|head| head.extras.insert("b64", false)),
            headed(|head| head.kid = Some("1".to_owned())),
            headed(|head| head.jku = Some("https://example.org/keys".to_owned())),
            headed(|head| head.cty = Some("JWT".to_owned())),
            headed(|head| head.typ = Some("at+jwt".to_owned())),
            headed(|head| head.typ = None),
        ] {
            let refused = key.verify(&token, now).unwrap_err();
            assert_eq!(refused.code(), Code::UNAUTHENTICATED, "{token}");
        }
    }

    #[test]
    fn keys_for_two_purposes_differ_and_stay() {
        let key = TokenKey::ephemeral().unwrap();
        assert_ne!(key.derive("refresh"), key.derive("device"));
        assert_eq!(key.derive("refresh"), key.clone().derive("refresh"));
        assert_ne!(key.derive("refresh"), TokenKey::ephemeral().unwrap().derive("refresh"));
    }
}
