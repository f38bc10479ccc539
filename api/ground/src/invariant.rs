//! Invariants: promises of the rooms that hold in every township at every moment.
//!
//! - An invariant has an id, `PT1`, which the room's `mod.rs` cites beside the promise, and one query that finds the rows which break
//!   it. The tests ask it after everything they do, `gezhi verify` asks it of real data, and a running server asks it by night of
//!   what is new (room `verify`).
//! - The query reads within [`Tx`] and names at most [`MOST`] rows: a broken promise is seen by a few of them.
//! - What the database itself refuses (a key, a reference, a check) needs no invariant; what depends on several rows or on the code does.

use futures_util::future::LocalBoxFuture;
use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

use crate::http::Result;
use crate::tenancy::Tx;

/// Rows that are named of one broken promise.
pub const MOST: u64 = 20;

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
    /// Finds the rows that break it, one line for each: what it is, which one, and what is wrong with it. No personal data.
    pub broken: for<'a> fn(&'a Tx, Span) -> LocalBoxFuture<'a, Result<Vec<String>>>,
}

/// How far back is looked.
#[derive(Debug, Clone, Copy)]
pub struct Span(Option<Uuid>);

impl Span {
    /// At everything.
    pub const WHOLE: Self = Self(None);

    /// At what came into being in so many days before this id did, and since, and what that touches: ids are made in the order of time,
    /// by the machine's clock.
    #[must_use]
    pub fn before(id: impl Into<Uuid>, days: u32) -> Self {
        let millis = u128::from(days) * 24 * 60 * 60 * 1000;
        Self(Some(Uuid::from_u128(id.into().as_u128().saturating_sub(millis << 80))))
    }

    /// Whether it is everything.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.0.is_none()
    }

    /// The rows of it, by the column of their id, or of that of the row that they belong to.
    #[must_use]
    pub fn of(self, column: impl ColumnTrait) -> Condition {
        Condition::all().add_option(self.0.map(|first| column.gte(first)))
    }
}

/// The rows that break this promise, as they are named.
///
/// # Errors
/// Those of the database.
pub async fn broken(tx: &Tx, one: &Invariant, span: Span) -> Result<Vec<String>> {
    let mut rows = (one.broken)(tx, span).await?;
    rows.truncate(usize::try_from(MOST).unwrap_or(usize::MAX));
    Ok(rows)
}

/// Every row that breaks a promise, with the promise's id before it.
///
/// # Errors
/// Those of the database.
pub async fn all_broken(tx: &Tx, span: Span) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for one in tx.all::<Invariant>() {
        let rows = broken(tx, one, span).await?;
        found.extend(rows.into_iter().map(|row| format!("{}: {row}", one.id)));
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

    proptest! {
        #[test]
        fn a_span_begins_so_many_days_before(now in 1_000_000_000..4_000_000_000_u64, back in 0..30_u64, days in 1..20_u32) {
            let Span(first) = Span::before(made_at(now), days);
            // A minute more or less, whatever the chance in an id.
            let since = |seconds| first.is_some_and(|first| first <= made_at(seconds));
            let day = 24 * 60 * 60;
            prop_assert_eq!(since(now - back * day + 60), back <= u64::from(days));
            prop_assert!(!since(now - u64::from(days) * day - 60));
        }
    }
}
