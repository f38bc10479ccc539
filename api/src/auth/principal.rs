//! Who acts: read from the database when a token is first seen.

use entity::ids::{AccountId, MemberId, SessionId, TenantId};
use entity::{account, account_role, session};
use sea_orm::{ColumnTrait, QueryFilter};

use entity::kinds::Role;

use super::perm::{PermissionSet, permissions_of};
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
    /// The union of its roles' permissions.
    pub permissions: PermissionSet,
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
            permissions: PermissionSet::all(),
            must_change_password: false,
        }
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
                    .ok_or_else(|| ApiError::new(Code::SessionEnded))?;
                let account = tx
                    .try_get::<account::Entity>(claims.sub)
                    .await?
                    .ok_or_else(|| ApiError::new(Code::SessionEnded))?;
                if account.disabled {
                    return Err(ApiError::new(Code::AccountDisabled));
                }
                let roles: Vec<Role> = tx
                    .find::<account_role::Entity>()
                    .filter(account_role::Column::AccountId.eq(account.id))
                    .all()
                    .await?
                    .iter()
                    .map(|row| row.role)
                    .collect();
                let permissions = roles
                    .iter()
                    .fold(PermissionSet::default(), |set, role| set.union(permissions_of(*role)));
                Ok(Self {
                    account: account.id,
                    tenant: tx.tenant(),
                    session: session.id,
                    member: account.member_id,
                    roles,
                    permissions,
                    must_change_password: account.must_change_password,
                })
            })
            .await
    }
}
