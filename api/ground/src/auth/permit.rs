//! The permission in the handler's type.

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::middleware::Identity;
use super::perm::Needs;
use crate::http::{ApiError, Code, Result};
use crate::tenancy::Scope;

/// The caller has permission `P`, and a password of his own choice; it is the way to the [`Scope`]. First among a handler's arguments, so that
/// nobody learns anything of a body's faults without having it.
pub struct Permit<P: Needs> {
    scope: Scope,
    permission: PhantomData<P>,
}

impl<P: Needs> Deref for Permit<P> {
    type Target = Scope;
    fn deref(&self) -> &Scope {
        &self.scope
    }
}

impl<P: Needs> FromRequest for Permit<P> {
    type Error = ApiError;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(identified(req).and_then(|scope| match scope.permits(P::PERMISSION) {
            Ok(()) => Ok(Self { scope, permission: PhantomData }),
            Err(refusal) if refusal.code() == Code::FORBIDDEN => {
                Err(ApiError::from(refusal).detail(
                    format!("需要权限 {}", P::PERMISSION.name()),
                    format!("This needs the permission {}", P::PERMISSION.name()),
                ))
            }
            Err(refusal) => Err(refusal.into()),
        }))
    }
}

/// The caller is signed in; whatever the roles, and whoever chose the password: for what concerns the caller's own account.
pub struct SignedIn {
    scope: Scope,
}

impl Deref for SignedIn {
    type Target = Scope;
    fn deref(&self) -> &Scope {
        &self.scope
    }
}

impl FromRequest for SignedIn {
    type Error = ApiError;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(identified(req).map(|scope| Self { scope }))
    }
}

fn identified(req: &HttpRequest) -> Result<Scope> {
    match req.extensions().get::<Identity>() {
        Some(Identity::Known(scope)) => Ok(scope.clone()),
        Some(Identity::Refused(error)) => Err(error.clone()),
        None => Err(ApiError::new(Code::UNAUTHENTICATED)),
    }
}
