//! Ed25519 of the library that TLS brings along (ring), given to the token library: its own choices would each build a
//! second cryptographic library for the one algorithm used here.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{Error, Signer, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey};
use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Ok(Box::new(OurSigner::new(*algorithm, key)?)),
    verifier_factory: |algorithm, key| Ok(Box::new(OurVerifier::new(*algorithm, key)?)),
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes the token library sign and verify with it; any number of times.
pub(super) fn install() {
    // The second time says that the first one holds.
    let _ = PROVIDER.install_default();
}

fn only_ed25519(algorithm: Algorithm, family: AlgorithmFamily) -> Result<()> {
    if algorithm == Algorithm::EdDSA && family == AlgorithmFamily::Ed {
        Ok(())
    } else {
        Err(ErrorKind::InvalidAlgorithm.into())
    }
}

struct OurSigner(Ed25519KeyPair);

impl OurSigner {
    fn new(algorithm: Algorithm, key: &EncodingKey) -> Result<Self> {
        only_ed25519(algorithm, key.family())?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(key.as_bytes())
            .map_err(|_| ErrorKind::InvalidEddsaKey)?;
        Ok(Self(pair))
    }
}

impl Signer<Vec<u8>> for OurSigner {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        Ok(self.0.sign(message).as_ref().to_vec())
    }
}

impl JwtSigner for OurSigner {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

struct OurVerifier(UnparsedPublicKey<Vec<u8>>);

impl OurVerifier {
    fn new(algorithm: Algorithm, key: &DecodingKey) -> Result<Self> {
        only_ed25519(algorithm, key.family())?;
        Ok(Self(UnparsedPublicKey::new(&ED25519, key.try_get_as_bytes()?.to_vec())))
    }
}

impl Verifier<Vec<u8>> for OurVerifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        self.0.verify(message, signature).map_err(|_| Error::new())
    }
}

impl JwtVerifier for OurVerifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}
