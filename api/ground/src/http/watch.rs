//! For whoever keeps the server running: alive, ready, figures.

use std::sync::OnceLock;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::code::Code;
use super::error::{ApiError, Result};
use crate::state::AppState;

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Seconds by which answers are sorted.
const STEPS: [f64; 9] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];
/// Seconds between two rounds of sorting: until then every measurement is kept by itself, asked for or not.
const ROUND: std::time::Duration = std::time::Duration::from_secs(5);

/// Installs the recorder of this process, once however many servers it runs.
pub fn recorder() -> &'static PrometheusHandle {
    RECORDER.get_or_init(|| {
        let recorder = match PrometheusBuilder::new().set_buckets(&STEPS) {
            Ok(builder) => builder.build_recorder(),
            Err(_) => PrometheusBuilder::new().build_recorder(),
        };
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another metrics recorder is installed; /metrics stays empty");
        }
        let sorted = handle.clone();
        let rounds = std::thread::Builder::new().name("figures".to_owned()).spawn(move || {
            loop {
                std::thread::sleep(ROUND);
                sorted.run_upkeep();
            }
        });
        if let Err(error) = rounds {
            tracing::warn!(%error, "measurements are sorted only when /metrics is read");
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

/// Prometheus text, for the bearer of `metrics_token`. Without one there is no such page: who asks cannot be told by his
/// address, since a proxy on this machine asks for everybody.
async fn metrics(req: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse> {
    use sha2::{Digest, Sha256};
    let given = req
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let allowed = match (&state.config().metrics_token, given) {
        (Some(token), Some(given)) => {
            !token.is_empty() && Sha256::digest(given) == Sha256::digest(token)
        }
        _ => false,
    };
    if !allowed {
        return Err(ApiError::new(Code::NOT_FOUND));
    }
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(recorder().render()))
}
