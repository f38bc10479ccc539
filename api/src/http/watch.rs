//! For whoever keeps the server running: alive, ready, figures.

use std::sync::OnceLock;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::code::Code;
use super::error::{ApiError, Result};
use crate::state::AppState;

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Installs the recorder of this process, once however many servers it runs.
pub fn recorder() -> &'static PrometheusHandle {
    RECORDER.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another metrics recorder is installed; /metrics stays empty");
        }
        handle
    })
}

/// `/healthz`, `/readyz`, `/metrics`: outside the contract, since no client of the API calls them.
pub fn health_routes(cfg: &mut web::ServiceConfig) {
    cfg.route("/healthz", web::get().to(healthz))
        .route("/readyz", web::get().to(readyz))
        .route("/metrics", web::get().to(metrics));
}

/// The process answers.
async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// A write was kept within the last second, so requests can be served.
async fn readyz(state: web::Data<AppState>) -> Result<HttpResponse> {
    state.ready().await?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"))
}

/// Prometheus text. With `metrics_token` set, for its bearer only; without, for this machine only and
/// never through a proxy.
async fn metrics(req: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse> {
    let allowed = match &state.config().metrics_token {
        Some(token) => req
            .headers()
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .is_some_and(|given| {
                use sha2::{Digest, Sha256};
                Sha256::digest(given) == Sha256::digest(token)
            }),
        None => {
            req.peer_addr().is_some_and(|peer| peer.ip().is_loopback())
                && !req.headers().contains_key("x-forwarded-for")
                && !req.headers().contains_key(header::FORWARDED)
        }
    };
    if !allowed {
        return Err(ApiError::new(Code::NotFound));
    }
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(recorder().render()))
}
