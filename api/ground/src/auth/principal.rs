//! Who acts: read from the database when a token is first seen.

use entity::ids::{AccountId, MemberId, SessionId, TenantId};
use entity::{account, account_role, session};
use sea_orm::{ColumnTrait, QueryFilter};

use entity::kinds::Role;

use super::perm::Permission;
use super::token::Claims;
use crate::http::{ApiError, Code, Result};
use crate::tenancy::Scope;

/// An account in a session, with what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The account.
    pub account: AccountId,
    /// Its township.
    pub tenant: TenantId,
    /// The session the token belongs to.
    pub session: SessionId,
    /// The member the account is linked to.
    pub member: Option<MemberId>,
    /// Its roles.
    pub roles: Vec<Role>,
    /// The system acts for it, which may do everything.
    pub everything: bool,
    /// Somebody else chose the password: nothing else is permitted before it is changed.
    pub must_change_password: bool,
}

impl Principal {
    /// Somebody the system acts for, with every permission and no session.
    #[must_use]
    pub fn acting(account: AccountId, tenant: TenantId, member: Option<MemberId>) -> Self {
        Self {
            account,
            tenant,
            session: SessionId::new(),
            member,
            roles: Vec::new(),
            everything: true,
            must_change_password: false,
        }
    }

    /// Whether it has a permission: one of its roles holds it.
    #[must_use]
    pub fn has(&self, permission: Permission) -> bool {
        self.everything || permission.is_held_by(&self.roles)
    }

    /// Reads the session, the account and its roles; refuses an ended session and a disabled account.
    pub(crate) async fn load(scope: &Scope, claims: &Claims) -> Result<Self> {
        scope
            .read(async |tx| {
                let session = tx
                    .try_get::<session::Entity>(claims.sid)
                    .await?
                    .filter(|session| {
                        session.account_id == claims.sub
                            && session.revoked_at.is_none()
                            && session.expires_at > tx.now()
                    })
                    .ok_or_else(|| ApiError::new(Code::SESSION_ENDED))?;
                let account = tx
                    .try_get::<account::Entity>(claims.sub)
                    .await?
                    .ok_or_else(|| ApiError::new(Code::SESSION_ENDED))?;
                if account.disabled {
                    return Err(ApiError::new(Code::ACCOUNT_DISABLED));
                }
                let roles: Vec<Role> = tx
                    .find::<account_role::Entity>()
                    .filter(account_role::Column::AccountId.eq(account.id))
                    .all()
                    .await?
                    .iter()
                    .map(|row| row.role)
                    .collect();
                Ok(Self {
                    account: account.id,
                    tenant: tx.tenant(),
                    session: session.id,
                    member: account.member_id,
                    roles,
                    everything: false,
                    must_change_password: account.must_change_password,
                })
            })
            .await
    }
}
