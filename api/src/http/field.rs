//! What several inputs have in common: fields left out, given as null, blank.

use serde::{Deserialize, Deserializer};

/// For a field that may be left out but not be null: `#[serde(default, deserialize_with = "crate::http::present")]`.
///
/// # Errors
/// What the type says to a null.
pub fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Tells a field given as `null` (clear it) from a field left out (leave it): for `Option<Option<T>>` with
/// `#[serde(default, deserialize_with = "crate::http::given")]`.
///
/// # Errors
/// What the type says to the value.
pub fn given<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// For `garde(custom(not_blank))`: words, not spaces alone.
///
/// # Errors
/// A text of nothing but spaces.
pub fn not_blank(text: &str, _: &()) -> garde::Result {
    if text.trim().is_empty() {
        return Err(garde::Error::new("不能为空|must not be blank"));
    }
    Ok(())
}
