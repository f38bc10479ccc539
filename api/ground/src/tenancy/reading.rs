//! [`Reading`]: a list read page by page, and the moment from which the next reading asks what has changed.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::scope::{LONG, Scope};
use crate::clock::{Time, beijing};
use crate::http::{ApiError, Page, Result};

/// Beyond the deadline of a write: for the answer to its commit, and for the clocks of nodes that are apart.
const MARGIN: TimeDelta = TimeDelta::minutes(2);

/// A list read page by page.
pub struct Reading {
    page: Page,
    as_of: DateTime<Utc>,
}

impl Reading {
    /// What the next reading gives as `changed_since` to miss nothing: every write that was stamped earlier has ended by the moment at which
    /// this reading began, so that this reading has it (`changed_since::what_was_under_way_is_found_by_the_next_reading`). The same on all its
    /// pages, whenever they are asked for: the cursor carries it along.
    #[must_use]
    pub fn as_of(&self) -> Time {
        beijing(self.as_of)
    }

    /// Rows to fetch: one more than the page shows.
    #[must_use]
    pub fn fetch(&self) -> u64 {
        self.page.fetch()
    }

    /// Cuts the fetched rows to the page; `key` makes the next cursor from the last row shown.
    ///
    /// # Errors
    /// 500 for a key that does not serialise.
    pub fn cut<T, K: Serialize>(
        &self,
        rows: Vec<T>,
        key: impl FnOnce(&T) -> K,
    ) -> Result<(Vec<T>, Option<String>)> {
        self.page.cut(rows, |row| (self.as_of, key(row)))
    }
}

impl Scope {
    /// Begins to read a list with a filter, or goes on behind the key in the cursor.
    ///
    /// # Errors
    /// 400 `invalid_cursor` when it was not made for this list, this filter and this township.
    pub fn reading<F: Serialize, K: DeserializeOwned>(
        &self,
        list: &'static str,
        filter: &F,
        limit: Option<u16>,
        cursor: Option<&str>,
    ) -> Result<(Reading, Option<K>)> {
        let page = Page::of(self.seal(list, filter)?, limit);
        let (as_of, key) = match page.after(cursor)? {
            Some((as_of, key)) => (as_of, Some(key)),
            None => (self.settled()?, None),
        };
        Ok((Reading { page, as_of }, key))
    }

    /// A moment before which nothing is left to come: whatever was stamped earlier is there by now, or never will be.
    ///
    /// # Errors
    /// 500 where the clock stands at the beginning of time.
    pub fn settled(&self) -> Result<DateTime<Utc>> {
        let longest = TimeDelta::from_std(LONG).map_err(ApiError::internal)?;
        let settled = self.stamp().checked_sub_signed(longest + MARGIN);
        settled.ok_or_else(|| ApiError::internal("the clock stands at the beginning of time"))
    }
}
