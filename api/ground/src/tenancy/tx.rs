//! [`Tx`]: one transaction in one township. Whatever is found is filtered, whatever is written is stamped: with the township, and with
//! the moment where its table keeps that.

use std::cell::RefCell;

use chrono::{DateTime, NaiveDate, Utc};
use entity::ids::{AccountId, MemberId, TenantId};
use entity::{KeyedEntity, TenantEntity, VersionedEntity};
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, Insert, IntoActiveModel, QueryFilter,
    TryInsertResult, Update, Value,
};
use uuid::Uuid;

use super::bulk;
use super::find::{DeleteMany, Find, UpdateMany};
use super::scope::Scope;
use super::txn::Txn;
use crate::auth::Permission;
use crate::http::{ApiError, Code, Refusal, Result};

/// Rows written by one statement: far below what either database takes as bound values, and short enough
/// that one statement does not hold the writer for long.
const CHUNK: usize = 500;

type AfterCommit = Box<dyn FnOnce()>;

/// One transaction in one township.
pub struct Tx {
    txn: Txn,
    scope: Scope,
    after_commit: RefCell<Vec<AfterCommit>>,
}

impl Tx {
    pub(super) fn new(txn: Txn, scope: Scope) -> Self {
        Self { txn, scope, after_commit: RefCell::new(Vec::new()) }
    }

    pub(super) async fn commit(self) -> Result<()> {
        self.txn.commit().await?;
        for effect in self.after_commit.take() {
            effect();
        }
        Ok(())
    }

    pub(super) async fn rollback(self) {
        self.txn.rollback().await;
    }

    pub(super) async fn abandon(self) {
        self.txn.abandon().await;
    }

    pub(super) fn txn(&self) -> &Txn {
        &self.txn
    }

    /// Runs after the commit, in the same task, whether or not the client is still there.
    pub fn after_commit(&self, effect: impl FnOnce() + 'static) {
        self.after_commit.borrow_mut().push(Box::new(effect));
    }

    /// The township.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.scope.tenant()
    }

    /// The account that acts; none for the system itself.
    #[must_use]
    pub fn actor(&self) -> Option<AccountId> {
        self.scope.actor()
    }

    /// The member the account is linked to.
    #[must_use]
    pub fn member(&self) -> Option<MemberId> {
        self.scope.member()
    }

    /// The member the account is linked to, for what only people on the roster do.
    ///
    /// # Errors
    /// `no_member`.
    pub fn acting_member(&self) -> Result<MemberId, Refusal> {
        self.scope.acting_member()
    }

    /// Who acts and from where, for the record.
    #[must_use]
    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Whether the principal has a permission.
    #[must_use]
    pub fn has(&self, permission: Permission) -> bool {
        self.scope.has(permission)
    }

    /// Whether the principal may ask for an operation of this permission at all ([`Scope::permits`]).
    ///
    /// # Errors
    /// `password_change_required`, `forbidden`.
    pub fn permits(&self, permission: Permission) -> Result<(), Refusal> {
        self.scope.permits(permission)
    }

    /// The present moment, to the millisecond.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.scope.now()
    }

    /// Today's date in Beijing.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        crate::clock::beijing(self.now()).date_naive()
    }

    /// All that upper floors added of a type at start.
    #[must_use]
    pub fn all<T: std::any::Any + Send + Sync>(&self) -> &[T] {
        self.scope.all()
    }

    /// What an upper floor registered at start.
    #[must_use]
    pub fn shared<T: std::any::Any + Send + Sync>(&self) -> Option<&T> {
        self.scope.shared()
    }

    /// The township's rows of a table. Filters, orders and joins are sea-orm's own; joins follow the
    /// entities' relations, which carry the tenant.
    #[must_use]
    pub fn find<E: TenantEntity>(&self) -> Find<'_, E> {
        Find::new(self, E::find().filter(E::tenant_column().eq(self.tenant())))
    }

    /// One row by its id; 404 when the township has none such.
    pub async fn get<E: KeyedEntity>(&self, id: impl Into<Uuid>) -> Result<E::Model> {
        self.try_get::<E>(id).await?.ok_or_else(|| ApiError::new(Code::NOT_FOUND))
    }

    /// One row by its id.
    pub async fn try_get<E: KeyedEntity>(&self, id: impl Into<Uuid>) -> Result<Option<E::Model>> {
        let id: Uuid = id.into();
        self.find::<E>().filter(E::id_column().eq(id)).one().await
    }

    /// One row by its id, locked as [`Find::locked`] does; 404 when the township has none such.
    pub async fn get_locked<E: KeyedEntity>(&self, id: impl Into<Uuid>) -> Result<E::Model> {
        let id: Uuid = id.into();
        self.find::<E>()
            .filter(E::id_column().eq(id))
            .locked()
            .one()
            .await?
            .ok_or_else(|| ApiError::new(Code::NOT_FOUND))
    }

    /// The moment with which rows are stamped that say when they were changed.
    pub(super) fn stamped_at(&self) -> DateTime<Utc> {
        self.scope.stamp()
    }

    fn stamp<A>(&self, mut row: A) -> A
    where
        A: ActiveModelTrait,
        A::Entity: TenantEntity,
    {
        row.set(A::Entity::tenant_column(), self.tenant().into());
        if let Some(changed) = A::Entity::changed_column() {
            row.set(changed, self.stamped_at().into());
        }
        row
    }

    /// Inserts a row and gives it back as stored. 409 `already_exists` on a taken unique key.
    pub async fn insert<A>(&self, row: A) -> Result<<A::Entity as EntityTrait>::Model>
    where
        A: ActiveModelTrait,
        A::Entity: TenantEntity,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        Ok(Insert::one(self.stamp(row)).exec_with_returning(self.txn()).await?)
    }

    /// Inserts many rows, in statements of 500. All rows set the same columns.
    pub async fn insert_many<A>(&self, rows: Vec<A>) -> Result<()>
    where
        A: ActiveModelTrait,
        A::Entity: TenantEntity,
    {
        let mut rows = rows.into_iter().map(|row| self.stamp(row)).peekable();
        while rows.peek().is_some() {
            let chunk: Vec<A> = rows.by_ref().take(CHUNK).collect();
            Insert::many(chunk).exec_without_returning(self.txn()).await?;
        }
        Ok(())
    }

    /// Inserts many rows, passing over those whose unique key is taken; says how many went in.
    pub async fn insert_many_if_absent<A>(&self, rows: Vec<A>) -> Result<u64>
    where
        A: ActiveModelTrait,
        A::Entity: TenantEntity,
    {
        let mut written = 0;
        let mut rows = rows.into_iter().map(|row| self.stamp(row)).peekable();
        while rows.peek().is_some() {
            let chunk: Vec<A> = rows.by_ref().take(CHUNK).collect();
            let outcome = Insert::many(chunk)
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .try_insert()
                .exec_without_returning(self.txn())
                .await?;
            if let TryInsertResult::Inserted(rows) = outcome {
                written += rows;
            }
        }
        Ok(written)
    }

    /// Inserts a row unless one of its unique keys is taken; says whether it did.
    pub async fn insert_if_absent<A>(&self, row: A) -> Result<bool>
    where
        A: ActiveModelTrait,
        A::Entity: TenantEntity,
    {
        Ok(self.insert_many_if_absent(vec![row]).await? > 0)
    }

    /// Changes a row, found by its primary key; 404 when the township has none such.
    pub async fn update<A>(&self, row: A) -> Result<<A::Entity as EntityTrait>::Model>
    where
        A: ActiveModelTrait,
        A::Entity: TenantEntity,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        match Update::one(self.stamp(row)).validate()?.exec(self.txn()).await {
            Ok(model) => Ok(model),
            Err(sea_orm::DbErr::RecordNotUpdated) => Err(ApiError::new(Code::NOT_FOUND)),
            Err(error) => Err(error.into()),
        }
    }

    /// Changes many rows, each to values of its own, which stand in these columns of theirs, and counts their versions up; one
    /// statement for every [`bulk::CHUNK`] of them.
    pub async fn update_each<A>(
        &self,
        rows: Vec<A>,
        columns: &[<A::Entity as EntityTrait>::Column],
    ) -> Result<()>
    where
        A: ActiveModelTrait,
        A::Entity: VersionedEntity,
    {
        let (id, version) = (A::Entity::id_column(), A::Entity::version_column());
        for rows in rows.chunks(bulk::CHUNK) {
            let mut ids: Vec<(Uuid, &A)> = Vec::with_capacity(rows.len());
            for row in rows {
                match row.get(id).into_value() {
                    Some(Value::Uuid(Some(id))) => ids.push((id, row)),
                    _ => return Err(ApiError::internal("a row without an id")),
                }
            }
            let mut update = self.update_many::<A::Entity>();
            for column in columns {
                let value = |row: &A| {
                    let value = row.get(*column).into_value();
                    value.ok_or_else(|| ApiError::internal("a row without a column it changes"))
                };
                let values: Vec<(Uuid, Value)> =
                    ids.iter().map(|(id, row)| Ok((*id, value(row)?))).collect::<Result<_>>()?;
                update = update.col_expr(*column, bulk::by_id(id, *column, values.into_iter()));
            }
            update
                .col_expr(version, version.into_expr().add(1))
                .filter(id.is_in(ids.iter().map(|(id, _)| *id)))
                .exec()
                .await?;
        }
        Ok(())
    }

    /// Changes the township's rows that a filter names.
    #[must_use]
    pub fn update_many<E: TenantEntity>(&self) -> UpdateMany<'_, E> {
        UpdateMany::new(self, E::update_many().filter(E::tenant_column().eq(self.tenant())))
    }

    /// Deletes the township's rows that a filter names.
    #[must_use]
    pub fn delete_many<E: TenantEntity>(&self) -> DeleteMany<'_, E> {
        DeleteMany::new(self, E::delete_many().filter(E::tenant_column().eq(self.tenant())))
    }

    /// Enters the township itself into the national directory, in the transaction that gives it its
    /// standing data.
    ///
    /// # Errors
    /// 409 `already_exists` when its code is taken.
    pub async fn insert_tenant(
        &self,
        code: &str,
        name: &str,
        demo: bool,
    ) -> Result<entity::tenant::Model> {
        use sea_orm::ActiveValue::Set;
        let row = entity::tenant::ActiveModel {
            id: Set(self.tenant()),
            code: Set(code.to_owned()),
            name: Set(name.to_owned()),
            demo: Set(demo),
            created_at: Set(self.now()),
        };
        Ok(Insert::one(row).exec_with_returning(self.txn()).await?)
    }

    /// The township itself.
    pub async fn township(&self) -> Result<entity::tenant::Model> {
        entity::tenant::Entity::find_by_id(self.tenant())
            .one(self.txn())
            .await?
            .ok_or_else(|| ApiError::new(Code::NOT_FOUND))
    }

    /// Says to every node, with this transaction, that what is remembered of an account is out of date. Called by
    /// `auth::revoke` alone, which forgets on this node too.
    pub(crate) async fn insert_revocation(&self, account: AccountId) -> Result<()> {
        use sea_orm::ActiveValue::Set;
        let row = entity::revocation::ActiveModel {
            id: Set(entity::ids::RevocationId::new()),
            account_id: Set(account),
        };
        Insert::one(row).exec_without_returning(self.txn()).await?;
        Ok(())
    }

    /// Uses the one-time set-up token up, if it was made after `oldest`; says whether it was good.
    pub async fn use_setup_token(&self, hash: &str, oldest: DateTime<Utc>) -> Result<bool> {
        use entity::setup_token::{Column, Entity};
        let outcome = Entity::update_many()
            .col_expr(Column::UsedAt, sea_orm::sea_query::Expr::value(self.now()))
            .filter(Column::TokenHash.eq(hash))
            .filter(Column::UsedAt.is_null())
            .filter(Column::CreatedAt.gt(oldest))
            .exec(self.txn())
            .await?;
        Ok(outcome.rows_affected == 1)
    }
}
