//! Paging by cursor: a page is fetched with one row more than asked for; the cursor is the sort key of
//! the last row shown, so a page costs the same wherever it lies.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::code::Code;
use super::error::{ApiError, Result};

/// Rows on a page unless the client asks otherwise.
pub const DEFAULT_LIMIT: u16 = 50;
/// The most rows on a page.
pub const MAX_LIMIT: u16 = 200;

/// The size of a page.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    limit: u16,
}

impl Page {
    /// From the `limit` parameter (1 to 200, 50 when absent); DTOs validate the range.
    #[must_use]
    pub fn of(limit: Option<u16>) -> Self {
        Self { limit: limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT) }
    }

    /// Rows to fetch: one more than the page shows.
    #[must_use]
    pub fn fetch(self) -> u64 {
        u64::from(self.limit) + 1
    }

    /// Cuts the fetched rows to the page; `key` makes the next cursor from the last row shown.
    pub fn cut<T, K: Serialize>(
        self,
        mut rows: Vec<T>,
        key: impl FnOnce(&T) -> K,
    ) -> Result<(Vec<T>, Option<String>)> {
        let limit = usize::from(self.limit);
        if rows.len() <= limit {
            return Ok((rows, None));
        }
        rows.truncate(limit);
        let next = rows.last().map(|row| Cursor::encode(&key(row))).transpose()?;
        Ok((rows, next))
    }
}

/// Opaque cursors.
pub struct Cursor;

impl Cursor {
    /// A cursor from a sort key.
    pub fn encode<K: Serialize>(key: &K) -> Result<String> {
        serde_json::to_vec(key)
            .map(|bytes| URL_SAFE_NO_PAD.encode(bytes))
            .map_err(ApiError::internal)
    }

    /// The sort key in a cursor; 400 `invalid_cursor` when it is not one of ours.
    pub fn decode<K: DeserializeOwned>(cursor: &str) -> Result<K> {
        URL_SAFE_NO_PAD
            .decode(cursor)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or_else(|| ApiError::new(Code::InvalidCursor))
    }

    /// The sort key of an optional cursor.
    pub fn decode_optional<K: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<K>> {
        cursor.map(Self::decode).transpose()
    }
}

/// Makes the page type of a list: generators of clients trip over generic pages.
#[macro_export]
macro_rules! page {
    ($name:ident, $item:ty) => {
        /// One page of the list.
        #[derive(Debug, Clone, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        pub struct $name {
            /// The rows of this page.
            pub items: Vec<$item>,
            /// Give it as `cursor` to read on; null at the end.
            #[schema(required = true)]
            pub next_cursor: Option<String>,
        }
    };
}
