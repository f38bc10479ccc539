//! Where a request comes from, for the record.

use std::sync::Arc;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use std::future::{Ready, ready};
use tracing_actix_web::RequestId;

use crate::http::Result;
use crate::state::AppState;
use crate::tenancy::Origin;

const AGENT_MAX: usize = 200;

/// Where a request comes from, as a handler's argument where nobody need be signed in; with a permission it is in the scope.
pub struct From(pub Arc<Origin>);

impl FromRequest for From {
    type Error = crate::http::ApiError;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(req.extensions().get::<Arc<Origin>>().cloned().unwrap_or_default())))
    }
}

/// Reads it off a request, and leaves it there for [`From`].
pub(super) fn of(req: &ServiceRequest) -> Arc<Origin> {
    let agent = req.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let origin = Arc::new(Origin {
        address: req
            .app_data::<web::Data<AppState>>()
            .map(|state| address(req.request(), state))
            .unwrap_or_default(),
        agent: agent.unwrap_or_default().chars().take(AGENT_MAX).collect(),
        request: req.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default(),
        operator: None,
    });
    req.extensions_mut().insert(origin.clone());
    origin
}

/// The client's address, as [`super::source`] finds it.
pub fn address(req: &HttpRequest, state: &AppState) -> String {
    state.proxies().source(req).to_string()
}
