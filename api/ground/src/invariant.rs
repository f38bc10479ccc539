//! Invariants: promises of the rooms that hold in every township at every moment.
//!
//! - An invariant has an id, `PT1`, which the room's `mod.rs` cites beside the promise, and one query that finds the rows which break
//!   it. The tests ask it after everything they do, `gezhi verify` asks it of real data, and a running server asks it by night of
//!   what has happened lately (room `verify`).
//! - The query reads within [`Tx`] and finds at most [`SOUGHT`] rows, of which [`MOST`] are named: a broken promise is seen by a few of
//!   them, and that there are more is said.
//! - What the database itself refuses (a key, a reference, a check) needs no invariant; what depends on several rows or on the code does.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::LocalBoxFuture;
use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

use crate::http::Result;
use crate::tenancy::Tx;

/// Rows that are named of one broken promise.
pub const MOST: usize = 20;

/// Rows that a query looks for: one more than are named tells that there are more.
pub const SOUGHT: u64 = 21;

/// Rows that a query which cannot be put to the database as a whole reads at a time.
pub const CHUNK: u64 = 5_000;

/// A promise that always holds.
#[derive(Clone, Copy)]
pub struct Invariant {
    /// By what it is cited: two letters of the room and a number.
    pub id: &'static str,
    /// What it says, in Chinese.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// Finds the rows that break it, one line for each: what it is, which one, and what is wrong with it. The lines go into the log of
    /// the server: of rows they give ids, kinds and states, and neither personal data nor amounts.
    pub broken: for<'a> fn(&'a Tx, Span) -> LocalBoxFuture<'a, Result<Vec<String>>>,
}

/// How far back is looked: at everything, or at what has happened lately. A row that came into being long ago may have been changed
/// lately; so what bounds a query is what happened to its rows (a line of a log, an entry, a moment), and only of rows that stay as they
/// were made their own ids. Where nothing tells what happened the whole is asked.
#[derive(Debug, Clone, Copy)]
pub struct Span(Option<Since>);

/// From when on.
#[derive(Debug, Clone, Copy)]
struct Since {
    /// Ids are made in the order of time, by the machine's clock.
    id: Uuid,
    /// By the server's clock.
    at: DateTime<Utc>,
}

impl Span {
    /// At everything.
    pub const WHOLE: Self = Self(None);

    /// At what happened in so many days before this id was made, which was at that moment by the server's clock, and since.
    #[must_use]
    pub fn before(id: impl Into<Uuid>, at: DateTime<Utc>, days: u32) -> Self {
        let millis = u128::from(days) * 24 * 60 * 60 * 1000;
        Self(Some(Since {
            id: Uuid::from_u128(id.into().as_u128().saturating_sub(millis << 80)),
            at: at - TimeDelta::days(i64::from(days)),
        }))
    }

    /// Whether it is everything.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.0.is_none()
    }

    /// The rows that came into being in it, by the column of an id: of rows that are never changed, such as the lines of a log.
    #[must_use]
    pub fn of(self, column: impl ColumnTrait) -> Condition {
        Condition::all().add_option(self.0.map(|since| column.gte(since.id)))
    }

    /// The rows in which this moment lies in it, or after it.
    #[must_use]
    pub fn since(self, column: impl ColumnTrait) -> Condition {
        Condition::all().add_option(self.0.map(|since| column.gte(since.at)))
    }

    /// The moment from which on is looked, where it is not everything.
    #[must_use]
    pub fn moment(self) -> Option<DateTime<Utc>> {
        self.0.map(|since| since.at)
    }
}

/// A promise that is broken, and by which rows.
pub struct Broken {
    /// Which promise.
    pub promise: Invariant,
    /// The rows, as they are named; at most [`MOST`].
    pub rows: Vec<String>,
    /// Whether there are more.
    pub more: bool,
}

impl Broken {
    /// One line for each row, with the promise before it, and one that says so where there are more.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let Invariant { id, zh, en, .. } = self.promise;
        let more = format!(
            "只列出前 {MOST} 行，此外还有 / these are the first {MOST}, and there are more"
        );
        let rows = self.rows.iter().cloned().chain(self.more.then_some(more));
        rows.map(move |row| format!("{id} ({zh} / {en}): {row}"))
    }
}

/// The rows that break this promise, if any do.
///
/// # Errors
/// Those of the database.
pub async fn broken(tx: &Tx, promise: Invariant, span: Span) -> Result<Option<Broken>> {
    let mut rows = (promise.broken)(tx, span).await?;
    let more = rows.len() > MOST;
    rows.truncate(MOST);
    Ok((!rows.is_empty()).then_some(Broken { promise, rows, more }))
}

/// Every promise that is broken.
///
/// # Errors
/// Those of the database.
pub async fn all_broken(tx: &Tx) -> Result<Vec<Broken>> {
    let mut found = Vec::new();
    for one in tx.all::<Invariant>() {
        found.extend(broken(tx, *one, Span::WHOLE).await?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::{NoContext, Timestamp};

    use super::*;

    fn made_at(seconds: u64) -> Uuid {
        Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, 0))
    }

    const NOTHING: Invariant = Invariant {
        id: "ZZ1",
        zh: "无",
        en: "none",
        broken: |_, _| Box::pin(async { Ok(Vec::new()) }),
    };

    #[test]
    fn more_than_are_named_are_sought() {
        assert_eq!(u64::try_from(MOST + 1), Ok(SOUGHT));
        let of =
            |more| Broken { promise: NOTHING, rows: vec!["a".to_owned(), "b".to_owned()], more };
        assert_eq!(of(false).lines().count(), 2);
        let lines: Vec<String> = of(true).lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.starts_with("ZZ1 (无 / none): ")), "{lines:?}");
        assert!(lines.last().is_some_and(|line| line.ends_with("and there are more")), "{lines:?}");
    }

    proptest! {
        #[test]
        fn a_span_begins_so_many_days_before(now in 1_000_000_000..4_000_000_000_u64, back in 0..30_u64, days in 1..20_u32) {
            let at = |seconds: u64| {
                i64::try_from(seconds).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0)).unwrap_or_default()
            };
            let span = Span::before(made_at(now), at(now), days);
            // A minute more or less, whatever the chance in an id.
            let since = |seconds| span.0.is_some_and(|since| since.id <= made_at(seconds));
            let day = 24 * 60 * 60;
            prop_assert_eq!(since(now - back * day + 60), back <= u64::from(days));
            prop_assert!(!since(now - u64::from(days) * day - 60));
            prop_assert_eq!(span.moment(), Some(at(now - u64::from(days) * day)));
        }
    }
}
