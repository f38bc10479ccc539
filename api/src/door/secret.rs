//! Passwords, tokens and codes on their way in.

use serde::Deserialize;
use zeroize::Zeroizing;

/// A secret: overwritten when it is dropped, shown as stars, and without a way to be written out, so that no record of a request,
/// no log and no fingerprint can hold it.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Typed")]
pub struct Secret(Zeroizing<String>);

/// As it comes in.
#[derive(Deserialize)]
#[serde(rename = "door::Secret")]
struct Typed(String);

impl From<Typed> for Secret {
    fn from(Typed(text): Typed) -> Self {
        Self::from(text)
    }
}

impl Secret {
    /// The name by which the door knows that the text is taken as it is.
    pub(super) const NAME: &'static str = "door::Secret";

    /// The secret, for whoever checks or hashes it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl garde::rules::length::chars::HasChars for Secret {
    fn num_chars(&self) -> usize {
        self.0.chars().count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_not_shown() {
        let secret = Secret::from("correct horse");
        assert_eq!(format!("{secret:?} {:#?}", Some(&secret)), "*** Some(\n    ***,\n)");
        assert_eq!(secret.reveal(), "correct horse");
    }
}
