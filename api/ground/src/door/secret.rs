//! Passwords, tokens and codes on their way in.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A secret: overwritten when it is dropped, shown as stars, and without a way to be written out, so that no record of a request,
/// no log and no fingerprint can hold it. (The request's own bytes are not overwritten.)
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Typed;
        fn refused<T, E: de::Error>() -> Result<T, E> {
            Err(E::custom(super::both("应为文字", "must be text")))
        }
        impl<'de> Visitor<'de> for Typed {
            type Value = Secret;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }
            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                inner: D,
            ) -> Result<Secret, D::Error> {
                // And not `deserialize_string`: a format refuses what is no text in its own words.
                inner.deserialize_any(self)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Secret, E> {
                Ok(Secret::from(text))
            }
            fn visit_string<E: de::Error>(self, text: String) -> Result<Secret, E> {
                Ok(Secret::from(text))
            }
            // A refusal would quote what was typed.
            fn visit_bool<E: de::Error>(self, _: bool) -> Result<Secret, E> {
                refused()
            }
            fn visit_i64<E: de::Error>(self, _: i64) -> Result<Secret, E> {
                refused()
            }
            fn visit_u64<E: de::Error>(self, _: u64) -> Result<Secret, E> {
                refused()
            }
            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Secret, E> {
                refused()
            }
        }
        deserializer.deserialize_newtype_struct(Self::NAME, Typed)
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

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
        for typed in ["987654321012", "-5", "1.5", "true"] {
            let refused = serde_json::from_str::<Secret>(typed).unwrap_err().to_string();
            assert!(!refused.contains(typed), "{refused}");
        }
    }
}
