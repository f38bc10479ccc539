//! Statements bound to a transaction and a township: sea-orm's own syntax, without its connections.

use entity::TenantEntity;
use sea_orm::sea_query::{
    Condition, DeleteStatement, Expr, ExprTrait, IntoIden, LockType, SelectStatement, SimpleExpr,
    UnionType, UpdateStatement,
};
use sea_orm::{
    ActiveModelTrait, FromQueryResult, IdenStatic, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select, Selector, SelectorTrait, TryGetableMany,
};

use super::tx::Tx;
use crate::http::Result;

/// A select over a township's rows.
#[derive(Clone)]
pub struct Find<'a, E: TenantEntity> {
    tx: &'a Tx,
    select: Select<E>,
}

impl<'a, E: TenantEntity> Find<'a, E> {
    pub(super) fn new(tx: &'a Tx, select: Select<E>) -> Self {
        Self { tx, select }
    }

    /// Locks the rows against other writers until the end of this transaction. Keys never change, so rows that refer
    /// to a locked one may still be written. (SQLite has one writer, which is lock enough.)
    #[must_use]
    pub fn locked(self) -> Self {
        self.lock(LockType::NoKeyUpdate)
    }

    /// All rows.
    pub async fn all(self) -> Result<Vec<E::Model>> {
        Ok(self.select.all(self.tx.txn()).await?)
    }

    /// The first row.
    pub async fn one(self) -> Result<Option<E::Model>> {
        Ok(self.select.one(self.tx.txn()).await?)
    }

    /// How many rows.
    pub async fn count(self) -> Result<u64>
    where
        E::Model: Send + Sync,
    {
        Ok(self.select.count(self.tx.txn()).await?)
    }

    /// The select as part of another's filter (`in_subquery`); it has its township in it.
    #[must_use]
    pub fn into_subquery(self) -> SelectStatement {
        self.select.into_query()
    }

    /// Reads the selected columns into a struct.
    #[must_use]
    pub fn into_model<M: FromQueryResult>(self) -> Selected<'a, sea_orm::SelectModel<M>> {
        Selected { tx: self.tx, selector: self.select.into_model::<M>() }
    }

    /// Reads the selected columns into a tuple.
    #[must_use]
    pub fn into_tuple<T: TryGetableMany>(self) -> Selected<'a, sea_orm::SelectGetableTuple<T>> {
        Selected { tx: self.tx, selector: self.select.into_tuple::<T>() }
    }
}

impl<E: TenantEntity> QueryFilter for Find<'_, E> {
    type QueryStatement = SelectStatement;
    fn query(&mut self) -> &mut SelectStatement {
        QueryFilter::query(&mut self.select)
    }
}

impl<E: TenantEntity> QueryOrder for Find<'_, E> {
    type QueryStatement = SelectStatement;
    fn query(&mut self) -> &mut SelectStatement {
        QueryOrder::query(&mut self.select)
    }
}

impl<E: TenantEntity> QuerySelect for Find<'_, E> {
    type QueryStatement = SelectStatement;
    fn query(&mut self) -> &mut SelectStatement {
        QuerySelect::query(&mut self.select)
    }
}

/// What any of these selects finds, as part of another's filter: each of them may begin in an index of its own, as conditions joined by
/// `OR` may not.
#[must_use]
pub fn either(
    mut first: SelectStatement,
    others: impl IntoIterator<Item = SelectStatement>,
) -> SelectStatement {
    for other in others {
        first.union(UnionType::Distinct, other);
    }
    first
}

/// No row. (An empty condition would be every row.)
#[must_use]
pub fn nothing() -> Condition {
    Condition::all().add(ExprTrait::eq(Expr::val(1), 2))
}

/// A select whose rows are read into a type of the caller's.
pub struct Selected<'a, S: SelectorTrait> {
    tx: &'a Tx,
    selector: Selector<S>,
}

impl<S: SelectorTrait + Send + Sync> Selected<'_, S> {
    /// All rows.
    pub async fn all(self) -> Result<Vec<S::Item>> {
        Ok(self.selector.all(self.tx.txn()).await?)
    }

    /// The first row.
    pub async fn one(self) -> Result<Option<S::Item>> {
        Ok(self.selector.one(self.tx.txn()).await?)
    }
}

/// An update of a township's rows.
pub struct UpdateMany<'a, E: TenantEntity> {
    tx: &'a Tx,
    update: sea_orm::UpdateMany<E>,
}

impl<'a, E: TenantEntity> UpdateMany<'a, E> {
    pub(super) fn new(tx: &'a Tx, update: sea_orm::UpdateMany<E>) -> Self {
        Self { tx, update }
    }

    /// Sets a column to an expression. The tenant column stays as it is, and the moment of the change is not the caller's to say.
    #[must_use]
    pub fn col_expr(mut self, column: E::Column, expr: SimpleExpr) -> Self {
        let stamped = [Some(E::tenant_column()), E::changed_column()];
        if !stamped.iter().flatten().any(|one| one.as_str() == column.as_str()) {
            self.update = self.update.col_expr(column.into_iden(), expr);
        }
        self
    }

    /// Sets the columns of an active model, except those.
    #[must_use]
    pub fn set<A: ActiveModelTrait<Entity = E>>(mut self, mut row: A) -> Self {
        row.not_set(E::tenant_column());
        if let Some(changed) = E::changed_column() {
            row.not_set(changed);
        }
        self.update = self.update.set(row);
        self
    }

    /// Runs it; says how many rows changed.
    pub async fn exec(self) -> Result<u64> {
        let mut update = self.update;
        if let Some(changed) = E::changed_column() {
            update = update.col_expr(changed.into_iden(), Expr::value(self.tx.stamped_at()));
        }
        Ok(update.exec(self.tx.txn()).await?.rows_affected)
    }
}

impl<E: TenantEntity> QueryFilter for UpdateMany<'_, E> {
    type QueryStatement = UpdateStatement;
    fn query(&mut self) -> &mut UpdateStatement {
        QueryFilter::query(&mut self.update)
    }
}

/// A deletion of a township's rows.
pub struct DeleteMany<'a, E: TenantEntity> {
    tx: &'a Tx,
    delete: sea_orm::DeleteMany<E>,
}

impl<'a, E: TenantEntity> DeleteMany<'a, E> {
    pub(super) fn new(tx: &'a Tx, delete: sea_orm::DeleteMany<E>) -> Self {
        Self { tx, delete }
    }

    /// Runs it; says how many rows went.
    pub async fn exec(self) -> Result<u64> {
        Ok(self.delete.exec(self.tx.txn()).await?.rows_affected)
    }
}

impl<E: TenantEntity> QueryFilter for DeleteMany<'_, E> {
    type QueryStatement = DeleteStatement;
    fn query(&mut self) -> &mut DeleteStatement {
        QueryFilter::query(&mut self.delete)
    }
}
