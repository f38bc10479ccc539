//! The `sort` parameter of a list: a key, falling where a `-` stands before it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use super::error::{ApiError, Result};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

/// What a list may be ordered by; [`crate::sort_keys`] makes one.
pub trait SortKey: Copy + Default + PartialEq + 'static {
    /// The keys, as the contract has them.
    const ALL: &'static [(Self, &'static str)];
}

/// Makes the keys that a list may be ordered by, the usual one first.
#[macro_export]
macro_rules! sort_keys {
    ($(#[$doc:meta])* $name:ident { $first:ident = $first_key:literal $(, $key:ident = $word:literal)* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum $name {
            #[doc = $first_key]
            #[default]
            $first,
            $(#[doc = $word] $key,)*
        }

        impl $crate::http::SortKey for $name {
            const ALL: &'static [(Self, &'static str)] =
                &[(Self::$first, $first_key) $(, (Self::$key, $word))*];
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::http::orders::<Self>()
            }
        }
    };
}

/// An order: by what, and which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort<K> {
    /// By what.
    pub key: K,
    /// Whether the greatest comes first.
    pub falling: bool,
}

impl<K: SortKey> Sort<K> {
    /// The smallest first.
    #[must_use]
    pub fn rising(key: K) -> Self {
        Self { key, falling: false }
    }

    /// The greatest first.
    #[must_use]
    pub fn falling(key: K) -> Self {
        Self { key, falling: true }
    }

    fn word(self) -> Cow<'static, str> {
        let word = K::ALL.iter().find(|(key, _)| *key == self.key).map_or("", |(_, word)| *word);
        if self.falling { format!("-{word}").into() } else { word.into() }
    }

    fn of(word: &str) -> Option<Self> {
        let (falling, name) = word.strip_prefix('-').map_or((false, word), |name| (true, name));
        let key = K::ALL.iter().find(|(_, one)| *one == name)?.0;
        Some(Self { key, falling })
    }
}

impl<K: SortKey> Serialize for Sort<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.word())
    }
}

impl<'de, K: SortKey> Deserialize<'de> for Sort<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Word<K>(PhantomData<K>);
        impl<K: SortKey> Visitor<'_> for Word<K> {
            type Value = Sort<K>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an order")
            }
            fn visit_str<E: Error>(self, word: &str) -> std::result::Result<Sort<K>, E> {
                Sort::of(word).ok_or_else(|| E::custom("no such order"))
            }
        }
        deserializer.deserialize_str(Word(PhantomData))
    }
}

/// The words of all orders by these keys, as the contract has them.
#[must_use]
pub fn orders<K: SortKey>() -> RefOr<Schema> {
    let words = K::ALL.iter().flat_map(|(_, word)| [(*word).to_owned(), format!("-{word}")]);
    let schema = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .enum_values(Some(words.collect::<Vec<_>>()));
    RefOr::T(Schema::Object(schema.build()))
}

/// Refuses an order beside `changed_since`.
///
/// # Errors
/// 422 for an order.
pub fn unsorted<K>(sort: Option<Sort<K>>) -> Result<()> {
    match sort {
        None => Ok(()),
        Some(_) => Err(ApiError::invalid(
            "sort",
            "按变更查询时不能另选排序",
            "what has changed comes in the order of the changes",
        )),
    }
}

#[cfg(test)]
mod tests {
    #![expect(unreachable_pub, reason = "the macro makes what rooms give out")]

    use super::*;

    crate::sort_keys! {
        /// Two.
        Two { One = "one", Other = "other" }
    }

    #[test]
    fn a_minus_turns_it_round() -> std::result::Result<(), serde_json::Error> {
        for (sort, word) in
            [(Sort::rising(Two::One), r#""one""#), (Sort::falling(Two::Other), r#""-other""#)]
        {
            assert_eq!(serde_json::to_string(&sort)?, word);
            assert_eq!(serde_json::from_str::<Sort<Two>>(word)?, sort);
        }
        for word in ["", "-", "--one", "One", "one "] {
            assert_eq!(Sort::<Two>::of(word), None, "{word}");
        }
        assert_eq!(Sort::<Two>::default(), Sort::rising(Two::One));
        Ok(())
    }
}
