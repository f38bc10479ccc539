//! Paging by cursor: a page is fetched with one row more than asked for; the cursor is the sort key of
//! the last row shown, so a page costs the same wherever it lies.
//!
//! A cursor is sealed: it is good for the list, the filter and the township that it was made for, and nothing else is one. So no
//! value reaches a statement by it that did not come from a row.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;

use super::code::Code;
use super::error::{ApiError, Result};

/// Rows on a page unless the client asks otherwise.
pub(crate) const DEFAULT_LIMIT: u16 = 50;
/// The most rows on a page that a client asks for; each query sees to it.
pub const MAX_LIMIT: u16 = 200;
/// The most rows that are read at once.
const MOST_READ: u16 = 1000;
/// Bytes of the seal in a cursor: enough that nobody guesses one.
const SEAL: usize = 16;

/// What a cursor is good for.
#[derive(Clone)]
pub struct Seal(Hmac<Sha256>);

impl Seal {
    /// Of a list with a filter: whatever serialises alike is the same filter.
    ///
    /// # Errors
    /// 500 for a filter that does not serialise.
    pub fn new<F: Serialize>(
        key: &[u8; 32],
        tenant: &[u8; 16],
        list: &str,
        filter: &F,
    ) -> Result<Self> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).map_err(ApiError::internal)?;
        let filter = serde_json::to_vec(filter).map_err(ApiError::internal)?;
        mac.update(tenant);
        for part in [list.as_bytes(), &filter] {
            mac.update(&part.len().to_be_bytes());
            mac.update(part);
        }
        Ok(Self(mac))
    }

    fn of(&self, key: &[u8]) -> [u8; SEAL] {
        let mut mac = self.0.clone();
        mac.update(key);
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        let mut seal = [0; SEAL];
        seal.iter_mut().zip(whole).for_each(|(place, byte)| *place = byte);
        seal
    }

    fn write<K: Serialize>(&self, key: &K) -> Result<String> {
        let key = serde_json::to_vec(key).map_err(ApiError::internal)?;
        let mut bytes = self.of(&key).to_vec();
        bytes.extend(key);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    fn read<K: DeserializeOwned>(&self, cursor: &str) -> Option<K> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (seal, key) = bytes.split_at_checked(SEAL)?;
        let mut mac = self.0.clone();
        mac.update(key);
        mac.verify_truncated_left(seal).ok()?;
        serde_json::from_slice(key).ok()
    }
}

/// Rows that a `limit` parameter asks for.
#[must_use]
pub fn rows(limit: Option<u16>) -> u16 {
    limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MOST_READ)
}

/// A page of a list.
#[derive(Clone)]
pub(crate) struct Page {
    limit: u16,
    seal: Seal,
}

impl Page {
    /// Of the `limit` parameter (1 to 200, 50 when absent); DTOs validate the range.
    #[must_use]
    pub(crate) fn of(seal: Seal, limit: Option<u16>) -> Self {
        Self { limit: rows(limit), seal }
    }

    /// Rows to fetch: one more than the page shows.
    #[must_use]
    pub(crate) fn fetch(&self) -> u64 {
        u64::from(self.limit) + 1
    }

    /// The sort key in the `cursor` parameter, behind which the page begins; an empty one is none, as forms send it.
    ///
    /// # Errors
    /// 400 `invalid_cursor` when it was not made for this list, this filter and this township.
    pub(crate) fn after<K: DeserializeOwned>(&self, cursor: Option<&str>) -> Result<Option<K>> {
        cursor
            .filter(|cursor| !cursor.is_empty())
            .map(|cursor| self.seal.read(cursor).ok_or_else(|| ApiError::new(Code::INVALID_CURSOR)))
            .transpose()
    }

    /// Cuts the fetched rows to the page; `key` makes the next cursor from the last row shown.
    ///
    /// # Errors
    /// 500 for a key that does not serialise.
    pub(crate) fn cut<T, K: Serialize>(
        &self,
        mut rows: Vec<T>,
        key: impl FnOnce(&T) -> K,
    ) -> Result<(Vec<T>, Option<String>)> {
        let limit = usize::from(self.limit);
        if rows.len() <= limit {
            return Ok((rows, None));
        }
        rows.truncate(limit);
        let next = rows.last().map(|row| self.seal.write(&key(row))).transpose()?;
        Ok((rows, next))
    }
}

/// What the query of every list has in common; [`crate::paged`] makes it of the fields of these names.
pub trait Paged: Clone {
    /// Rows on the page, where the client says.
    fn limit(&self) -> Option<u16>;
    /// Where the page before ended.
    fn cursor(&self) -> Option<&str>;
    /// Whether all rows are to be counted.
    fn counts(&self) -> bool;
    /// The same query for the page behind a cursor, with so many rows; counted on the first page.
    #[must_use]
    fn turned(&self, limit: u16, cursor: Option<String>) -> Self;
}

/// Rows that are read at a time for a file: more than a page shows, since nobody looks at them.
#[must_use]
pub(crate) const fn page_of_file() -> u16 {
    MOST_READ
}

/// A page of a list, whatever its rows are; [`crate::page`] makes it.
pub trait Paging {
    /// The type of a row.
    type Item;
    /// The rows, where the next page begins, and how many there are where they were counted.
    fn parted(self) -> (Vec<Self::Item>, Option<String>, Option<u64>);
}

/// `total` of a list that is given whole.
pub fn all<T>(items: &[T]) -> Option<u64> {
    u64::try_from(items.len()).ok()
}

/// Makes queries of lists [`Paged`](crate::http::Paged).
#[macro_export]
macro_rules! paged {
    ($($name:ident),+ $(,)?) => {$(
        impl $crate::http::Paged for $name {
            fn limit(&self) -> Option<u16> {
                self.limit
            }
            fn cursor(&self) -> Option<&str> {
                self.cursor.as_deref()
            }
            fn counts(&self) -> bool {
                self.total == Some(true)
            }
            fn turned(&self, limit: u16, cursor: Option<String>) -> Self {
                Self { limit: Some(limit), total: Some(cursor.is_none()), cursor, ..self.clone() }
            }
        }
    )+};
}

/// Makes the page type of a list of what its rows are, with `as_of` where it can be asked for what has changed: generators of clients trip
/// over generic pages.
#[macro_export]
macro_rules! page {
    ($name:ident, $item:ty $(, $(#[$doc:meta])* $more:ident: $kind:ty)* $(,)?) => {
        /// One page of the list.
        #[derive(Debug, Clone, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        pub struct $name {
            /// The rows of this page.
            pub items: Vec<$item>,
            /// Give it as `cursor` to read on; null at the end.
            #[schema(required = true)]
            pub next_cursor: Option<String>,
            /// Rows on all pages together; there where `total` was asked for.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub total: Option<u64>,
            $($(#[$doc])* pub $more: $kind,)*
        }

        impl $crate::http::Paging for $name {
            type Item = $item;
            fn parted(self) -> (Vec<$item>, Option<String>, Option<u64>) {
                (self.items, self.next_cursor, self.total)
            }
        }
    };
    ($name:ident, $item:ty, as_of) => {
        $crate::page!(
            $name,
            $item,
            /// Give it as `changed_since` the next time to read what has changed; the same on all pages of one reading. It lies some minutes
            /// before the reading began, so that nothing under way is missed.
            as_of: $crate::clock::Time,
        );
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(key: u8, tenant: u8, list: &str, filter: &str) -> Page {
        Page::of(Seal::new(&[key; 32], &[tenant; 16], list, &filter).unwrap(), Some(2))
    }

    #[test]
    fn a_cursor_is_good_for_what_it_was_made_for() {
        let made = page(1, 1, "members", "q");
        let (rows, cursor) = made.cut(vec![1, 2, 3], |row| *row).unwrap();
        assert_eq!(rows, [1, 2]);
        let cursor = cursor.unwrap();
        assert_eq!(made.after::<i32>(Some(&cursor)).unwrap(), Some(2));
        assert_eq!(made.after::<i32>(None).unwrap(), None);
        for other in [
            page(2, 1, "members", "q"),
            page(1, 2, "members", "q"),
            page(1, 1, "accounts", "q"),
            page(1, 1, "members", "p"),
            page(1, 1, "member", "sq"),
        ] {
            assert!(other.after::<i32>(Some(&cursor)).is_err());
        }
        // No letter of it may be another, none missing, none added.
        for at in 0..cursor.len() {
            for letter in ["A", "B", "_", ""] {
                let mut changed = cursor.clone();
                changed.replace_range(at..=at, letter);
                if changed != cursor {
                    assert!(made.after::<i32>(Some(&changed)).is_err(), "{changed}");
                }
            }
        }
        assert!(made.after::<i32>(Some(&format!("{cursor}A"))).is_err());
        assert_eq!(made.after::<i32>(Some("")).unwrap(), None);
    }
}
