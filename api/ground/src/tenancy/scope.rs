//! [`Scope`]: one township's data, seen by one principal.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::ids::{AccountId, MemberId, TenantId};

use super::db::Db;
use super::origin::Origin;
use super::shared::Shared;
use super::tx::Tx;
use super::txn::{Txn, no_answer};
use crate::auth::{Permission, Principal};
use crate::clock::Clock;
use crate::http::{ApiError, Code, Refusal, Result};

/// How long a read may take: whoever waits longer is gone, and the connection is another's to use.
const READ: Duration = Duration::from_secs(10);
/// How long a write may take.
const WRITE: Duration = Duration::from_secs(30);
/// How long either may take that is known to take long.
pub(super) const LONG: Duration = Duration::from_secs(10 * 60);

/// One township's data, seen by one principal, or by the system itself when there is none.
#[derive(Clone)]
pub struct Scope {
    db: Arc<Db>,
    tenant: TenantId,
    principal: Option<Arc<Principal>>,
    clock: Clock,
    /// What rows are stamped by, whatever moments a story is told at.
    stamps: Clock,
    shared: Arc<Shared>,
    origin: Option<Arc<Origin>>,
    told: bool,
    long: bool,
}

impl Scope {
    pub(crate) fn new(
        db: Arc<Db>,
        tenant: TenantId,
        principal: Option<Arc<Principal>>,
        clock: Clock,
        shared: Arc<Shared>,
    ) -> Self {
        let stamps = clock.clone();
        let (origin, told, long) = (None, false, false);
        Self { db, tenant, principal, clock, stamps, shared, origin, told, long }
    }

    /// The township.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The account that acts; none for the system itself.
    #[must_use]
    pub fn actor(&self) -> Option<AccountId> {
        self.principal.as_ref().map(|principal| principal.account)
    }

    /// The member the account is linked to.
    #[must_use]
    pub fn member(&self) -> Option<MemberId> {
        self.principal.as_ref().and_then(|principal| principal.member)
    }

    /// The member the account is linked to, for what only people on the roster do.
    ///
    /// # Errors
    /// `no_member`.
    pub fn acting_member(&self) -> Result<MemberId, Refusal> {
        self.member().ok_or_else(|| Code::NO_MEMBER.into())
    }

    /// Who acts; none for the system itself.
    #[must_use]
    pub fn principal(&self) -> Option<&Principal> {
        self.principal.as_deref()
    }

    /// Whether the principal has a permission. The system has all of them.
    #[must_use]
    pub fn has(&self, permission: Permission) -> bool {
        self.principal.as_ref().is_none_or(|principal| principal.has(permission))
    }

    /// What [`crate::auth::Permit`] asks before an operation, and what may be done asks beforehand.
    ///
    /// # Errors
    /// `password_change_required`, `forbidden`.
    pub fn permits(&self, permission: Permission) -> Result<(), Refusal> {
        if self.principal().is_some_and(|principal| principal.must_change_password) {
            Err(Code::PASSWORD_CHANGE_REQUIRED.into())
        } else if self.has(permission) {
            Ok(())
        } else {
            Err(Code::FORBIDDEN.into())
        }
    }

    /// The present moment, to the millisecond.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The moment at which a row that is written now was changed.
    pub(super) fn stamp(&self) -> DateTime<Utc> {
        self.stamps.now()
    }

    /// All that upper floors added of a type at start.
    #[must_use]
    pub fn all<T: std::any::Any + Send + Sync>(&self) -> &[T] {
        self.shared.all()
    }

    /// What an upper floor registered at start.
    #[must_use]
    pub fn shared<T: std::any::Any + Send + Sync>(&self) -> Option<&T> {
        self.shared.get()
    }

    /// Where the acts in it come from; nowhere for the system itself.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_deref()
    }

    /// The same, for acts that come from there.
    #[must_use]
    pub fn from_origin(&self, origin: Arc<Origin>) -> Self {
        Self { origin: Some(origin), ..self.clone() }
    }

    /// The same township, seen by an account: for the demonstration and for tests that act as somebody.
    #[must_use]
    pub fn acting_as(&self, account: AccountId, member: Option<MemberId>) -> Self {
        Self {
            principal: Some(Arc::new(Principal::acting(account, self.tenant, member))),
            ..self.clone()
        }
    }

    /// The same township at other moments: the demonstration lives through a month in a few seconds. What is due in it
    /// meanwhile is nobody else's to do.
    #[must_use]
    pub fn told_by(&self, clock: Clock) -> Self {
        Self { clock, told: true, ..self.clone() }
    }

    /// The same, for what goes with the size of the township: a publication, an import, an operator's check. It has ten minutes, and on
    /// SQLite nobody's commit waits for it.
    #[must_use]
    pub fn at_length(&self) -> Self {
        Self { long: true, ..self.clone() }
    }

    fn deadline(&self, usual: Duration) -> Duration {
        if self.long { LONG } else { usual }
    }

    /// Whether its moments are a story's.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.told
    }

    /// Reads in one snapshot.
    ///
    /// # Errors
    /// `unavailable` when it takes longer than ten seconds, or ten minutes [`Scope::at_length`].
    pub async fn read<T>(&self, f: impl AsyncFnOnce(&Tx) -> Result<T>) -> Result<T> {
        self.read_in(self.db.begin_read(Some(self.tenant)), f).await
    }

    /// Reads by one statement: one round trip, nothing to hold. A second statement is refused, so [`Scope::read`] is for whatever
    /// may ask twice.
    ///
    /// # Errors
    /// As [`Scope::read`].
    pub async fn read_single<T>(&self, f: impl AsyncFnOnce(&Tx) -> Result<T>) -> Result<T> {
        self.read_in(self.db.begin_single(Some(self.tenant)), f).await
    }

    async fn read_in<T>(&self, txn: Txn, f: impl AsyncFnOnce(&Tx) -> Result<T>) -> Result<T> {
        let tx = Tx::new(txn, self.clone());
        match tokio::time::timeout(self.deadline(READ), f(&tx)).await {
            Ok(outcome) => outcome,
            Err(_) => {
                tx.abandon().await;
                Err(no_answer().into())
            }
        }
    }

    /// Writes in one transaction, in a task of its own: it is finished, one way or the other, even when the
    /// caller is gone. `Err` rolls back.
    ///
    /// # Errors
    /// `unavailable` when it takes longer than thirty seconds, or ten minutes [`Scope::at_length`].
    pub async fn write<T, F>(&self, f: F) -> Result<T>
    where
        T: 'static,
        F: AsyncFnOnce(&Tx) -> Result<T> + 'static,
    {
        let scope = self.clone();
        let task = actix_web::rt::spawn(async move {
            let txn = scope.db.begin_write(Some(scope.tenant), scope.long).await?;
            let deadline = scope.deadline(WRITE);
            let tx = Tx::new(txn, scope);
            match tokio::time::timeout(deadline, f(&tx)).await {
                Ok(Ok(value)) => {
                    tx.commit().await?;
                    Ok(value)
                }
                Ok(Err(error)) => {
                    tx.rollback().await;
                    Err(error)
                }
                Err(_) => {
                    tx.abandon().await;
                    Err(no_answer().into())
                }
            }
        });
        match task.await {
            Ok(result) => result,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(error) => Err(ApiError::internal(error)),
        }
    }
}
