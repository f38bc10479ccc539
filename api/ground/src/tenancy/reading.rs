//! [`Reading`]: a list read page by page in an order of its own, counted where that is asked for, and the moment from which the next reading
//! asks what has changed.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::TenantEntity;
use sea_orm::sea_query::{Expr, ExprTrait, Func, SimpleExpr};
use sea_orm::{
    ColumnTrait, FromQueryResult, IntoSimpleExpr, Order, QueryFilter, QueryOrder, QuerySelect,
    Value,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::find::Find;
use super::scope::{LONG, Scope};
use crate::clock::{Time, beijing};
use crate::http::{ApiError, Page, Paged, Result};

/// Beyond the deadline of a write: for the answer to its commit, and for the clocks of nodes that are apart.
const MARGIN: TimeDelta = TimeDelta::minutes(2);

/// A value that rows are ordered by, as a cursor keeps it. Nothing absent: what may be is ordered by `COALESCE`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// Text or a word.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A moment.
    Moment(DateTime<Utc>),
    /// A day.
    Day(NaiveDate),
    /// An id.
    Id(Uuid),
}

impl Part {
    /// An id of whatever kind.
    pub fn id(id: impl Into<Uuid>) -> Self {
        Self::Id(id.into())
    }
}

impl From<Part> for Value {
    fn from(part: Part) -> Self {
        match part {
            Part::Text(text) => text.into(),
            Part::Number(number) => number.into(),
            Part::Moment(moment) => moment.into(),
            Part::Day(day) => day.into(),
            Part::Id(id) => id.into(),
        }
    }
}

impl From<String> for Part {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Option<String>> for Part {
    /// As [`or_blank`] has it.
    fn from(text: Option<String>) -> Self {
        Self::Text(text.unwrap_or_default())
    }
}

impl From<&str> for Part {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Part {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<DateTime<Utc>> for Part {
    fn from(moment: DateTime<Utc>) -> Self {
        Self::Moment(moment)
    }
}

impl From<NaiveDate> for Part {
    fn from(day: NaiveDate) -> Self {
        Self::Day(day)
    }
}

/// A column of text that may be absent, to order by.
pub fn or_blank(column: impl ColumnTrait) -> SimpleExpr {
    Func::coalesce([column.into_expr(), Expr::val("")]).into()
}

/// Where a row has its value of a column.
type ValueOf<M> = fn(&M) -> Part;

/// The order of a list: by these columns one after the other, all of them rising or all falling, the last one different in every row. With
/// each column goes where a row that was read has its value.
pub struct Sorting<M> {
    columns: Vec<(SimpleExpr, ValueOf<M>)>,
    order: Order,
}

impl<M> Sorting<M> {
    /// The smallest first.
    #[must_use]
    pub fn rising() -> Self {
        Self { columns: Vec::new(), order: Order::Asc }
    }

    /// The greatest first.
    #[must_use]
    pub fn falling() -> Self {
        Self { columns: Vec::new(), order: Order::Desc }
    }

    /// One or the other.
    #[must_use]
    pub fn which(falling: bool) -> Self {
        if falling { Self::falling() } else { Self::rising() }
    }

    /// By one column more.
    #[must_use]
    pub fn by(mut self, column: impl IntoSimpleExpr, value: ValueOf<M>) -> Self {
        self.columns.push((column.into_simple_expr(), value));
        self
    }

    fn key(&self, row: &M) -> Vec<Part> {
        self.columns.iter().map(|(_, value)| value(row)).collect()
    }

    /// The rows behind a key: `(a, b) > (x, y)`, or `<` in a falling order. Said as one comparison it begins in the index, so that a page
    /// costs the same wherever it lies.
    fn beyond(&self, key: Vec<Part>) -> SimpleExpr {
        let here = Expr::tuple(self.columns.iter().map(|(column, _)| column.clone()));
        let there = Expr::tuple(key.into_iter().map(|part| Expr::val(Value::from(part))));
        match self.order {
            Order::Desc => here.lt(there),
            _ => here.gt(there),
        }
    }
}

/// One page of rows.
pub struct Rows<M> {
    /// The rows.
    pub items: Vec<M>,
    /// Where the next page begins; none behind the last.
    pub next_cursor: Option<String>,
    /// Rows on all pages together, where that was asked for.
    pub total: Option<u64>,
}

impl<M> Rows<M> {
    /// The same page of something else.
    pub fn map<T>(self, of: impl FnMut(M) -> T) -> Rows<T> {
        let Self { items, next_cursor, total } = self;
        Rows { items: items.into_iter().map(of).collect(), next_cursor, total }
    }
}

/// A list read page by page.
pub struct Reading {
    page: Page,
    as_of: DateTime<Utc>,
    after: Option<Vec<Part>>,
    counts: bool,
}

impl Reading {
    /// What the next reading gives as `changed_since` to miss nothing: every write that was stamped earlier has ended by the moment at which
    /// this reading began, so that this reading has it (`changed_since::what_was_under_way_is_found_by_the_next_reading`). The same on all its
    /// pages, whenever they are asked for: the cursor carries it along.
    #[must_use]
    pub fn as_of(&self) -> Time {
        beijing(self.as_of)
    }

    /// The page of what a select finds; one statement, and one before it where it is to be counted.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn rows<E, M>(&self, find: Find<'_, E>, sorting: &Sorting<M>) -> Result<Rows<M>>
    where
        E: TenantEntity,
        E::Model: Send + Sync,
        M: FromQueryResult + Send + Sync,
    {
        let total = if self.counts { Some(find.clone().count().await?) } else { None };
        let mut find = find.limit(self.page.fetch());
        if let Some(key) = self.after.clone() {
            find = find.filter(sorting.beyond(key));
        }
        for (column, _) in &sorting.columns {
            find = find.order_by(column.clone(), sorting.order.clone());
        }
        let rows = find.into_model::<M>().all().await?;
        let (items, next_cursor) = self.page.cut(rows, |row| (self.as_of, sorting.key(row)))?;
        Ok(Rows { items, next_cursor, total })
    }

    /// The page of a list without rows.
    #[must_use]
    pub fn nothing<M>(&self) -> Rows<M> {
        Rows { items: Vec::new(), next_cursor: None, total: self.counts.then_some(0) }
    }
}

impl Scope {
    /// Begins to read a list with a filter, or goes on where the cursor says.
    ///
    /// # Errors
    /// 400 `invalid_cursor` when it was not made for this list, this filter and this township.
    pub fn reading<F: Serialize>(
        &self,
        list: &'static str,
        filter: &F,
        paged: &impl Paged,
    ) -> Result<Reading> {
        let page = Page::of(self.seal(list, filter)?, paged.limit());
        let (as_of, after) = match page.after(paged.cursor())? {
            Some((as_of, key)) => (as_of, Some(key)),
            None => (self.settled()?, None),
        };
        Ok(Reading { page, as_of, after, counts: paged.counts() })
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
