//! The envelope around every request: request id, language, security headers, panics, problem bodies,
//! figures for the metrics page.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use futures_util::FutureExt;
use tracing_actix_web::RequestId;

use super::code::{Code, Language};
use super::error::ApiError;
use super::still::is_known;
use crate::state::AppState;

/// Everything the pages need and nothing else: no request leaves the origin.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; \
    connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; \
    form-action 'self'; frame-ancestors 'none'";

/// The span of a request: method and route pattern. The path itself and the query are left out, since
/// they hold names and numbers of people.
pub struct ApiRootSpan;

impl tracing_actix_web::RootSpanBuilder for ApiRootSpan {
    fn on_request_start(request: &ServiceRequest) -> tracing::Span {
        let id = request.extensions().get::<RequestId>().map(ToString::to_string);
        tracing::info_span!(
            "request",
            id = id.unwrap_or_default(),
            method = label(request.method()),
            route = request.match_pattern().unwrap_or_default(),
        )
    }

    fn on_request_end<B: MessageBody>(_: tracing::Span, _: &Result<ServiceResponse<B>, Error>) {}
}

/// A panic on its way out: the response is complete already, since no request is at hand any more.
#[derive(Debug)]
struct Panicked {
    language: Language,
    trace_id: String,
    secure: bool,
}

impl std::fmt::Display for Panicked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "panic in request {}", self.trace_id)
    }
}

impl ResponseError for Panicked {
    fn error_response(&self) -> HttpResponse {
        let mut response = ApiError::new(Code::INTERNAL).response(self.language, &self.trace_id);
        dress(response.headers_mut(), &self.trace_id, self.secure);
        response
    }
}

/// A method by its name, those that exist; the name of any other is whatever a stranger writes.
fn label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

/// The headers that every answer wears. `secure`: TLS stands in front, and browsers are told to come no other way.
pub(in crate::http) fn dress(headers: &mut HeaderMap, trace_id: &str, secure: bool) {
    if secure {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    let fixed = [
        (HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("x-frame-options"), HeaderValue::from_static("DENY")),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        ),
        (
            HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static("camera=(self), geolocation=(self), microphone=()"),
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, value);
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    }
    if let Ok(value) = HeaderValue::from_str(trace_id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
}

/// The language that a request asks for.
pub(crate) fn language_of(req: &HttpRequest) -> Language {
    Language::of_header(
        req.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()),
    )
}

/// The middleware.
pub async fn envelope<B: MessageBody + 'static>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let started = Instant::now();
    let language = language_of(req.request());
    let trace_id = req.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
    let asked = req.method().clone();
    let secure =
        req.app_data::<web::Data<AppState>>().is_some_and(|state| state.config().secure_cookies);
    let personal = req.path().starts_with("/api/");
    if *req.method() == Method::HEAD {
        // Answered as GET; that the body stays away is the connection's knowledge.
        req.head_mut().method = Method::GET;
    }
    let method_reads = *req.method() == Method::GET;

    let outcome = AssertUnwindSafe(next.call(req)).catch_unwind().await;
    let response = match outcome {
        Ok(outcome) => outcome?,
        Err(_) => {
            tracing::error!(trace_id, "the handler panicked");
            observe(label(&asked), "panic", 500, started);
            return Err(Panicked { language, trace_id, secure }.into());
        }
    };

    let route = response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let status = response.status();
    // As the method that was meant, where that stood in a header; HEAD, which was answered as GET, as HEAD.
    let meant = if asked == Method::HEAD { &asked } else { response.request().method() };
    observe(label(meant), &route, status.as_u16(), started);

    let mut response = if status.is_client_error() || status.is_server_error() {
        let error = response.response().extensions().get::<ApiError>().cloned();
        let error = error.unwrap_or_else(|| {
            let cause = response.response().error().map(ToString::to_string);
            of_status(status.as_u16(), cause)
        });
        if error.code().status() >= 500 {
            tracing::error!(trace_id, cause = error.cause(), "answered {}", error.code().as_str());
        }
        let (request, old) = response.into_parts();
        let mut fresh = error.response(language, &trace_id);
        // Cookies that were being cleared go out with the refusal too, and another origin's page may read it.
        for (name, value) in old.headers() {
            if *name == header::SET_COOKIE || *name == header::VARY || is_cors(name) {
                fresh.headers_mut().append(name.clone(), value.clone());
            }
        }
        ServiceResponse::new(request, fresh).map_into_right_body()
    } else {
        response.map_into_left_body()
    };
    if status == StatusCode::OK && method_reads {
        response = unchanged(response);
    }
    let headers = response.headers_mut();
    if personal && !headers.contains_key(header::CACHE_CONTROL) {
        // What the API says is about people, unless an operation knows better.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    dress(headers, &trace_id, secure);
    Ok(response)
}

/// What the client says that it has already is not sent again: 304 with the headers that say what it is (RFC 9110, 15.4.5).
fn unchanged<B: MessageBody>(
    response: ServiceResponse<EitherBody<B, BoxBody>>,
) -> ServiceResponse<EitherBody<B, BoxBody>> {
    let etag = response.headers().get(header::ETAG).and_then(|value| value.to_str().ok());
    if !etag.is_some_and(|etag| is_known(response.request().headers(), etag)) {
        return response;
    }
    let (request, old) = response.into_parts();
    let mut same = HttpResponse::NotModified().finish();
    let kept = [header::ETAG, header::CACHE_CONTROL, header::VARY, header::CONTENT_SECURITY_POLICY];
    for (name, value) in old.headers() {
        if kept.contains(name) || is_cors(name) {
            same.headers_mut().append(name.clone(), value.clone());
        }
    }
    ServiceResponse::new(request, same.map_into_right_body())
}

/// What tells a browser that another origin's page may read the answer.
fn is_cors(name: &HeaderName) -> bool {
    name.as_str().starts_with("access-control-")
}

/// Errors that the framework itself answered.
fn of_status(status: u16, cause: Option<String>) -> ApiError {
    match status {
        401 => ApiError::new(Code::UNAUTHENTICATED),
        403 => ApiError::new(Code::FORBIDDEN),
        404 => ApiError::new(Code::NOT_FOUND),
        405 => ApiError::new(Code::METHOD_NOT_ALLOWED),
        408 => ApiError::new(Code::REQUEST_TIMEOUT),
        413 => ApiError::new(Code::PAYLOAD_TOO_LARGE),
        415 => ApiError::new(Code::UNSUPPORTED_MEDIA_TYPE),
        429 => ApiError::new(Code::TOO_MANY_REQUESTS),
        431 => ApiError::new(Code::HEAD_TOO_LARGE),
        503 => ApiError::new(Code::UNAVAILABLE),
        400..=499 => ApiError::new(Code::BAD_REQUEST),
        _ => ApiError::internal(cause.unwrap_or_else(|| format!("status {status}"))),
    }
}

/// Every label is one of a few: methods that exist, patterns of routes, statuses.
fn observe(method: &'static str, route: &str, status: u16, started: Instant) {
    let route = route.to_owned();
    let labels =
        [("method", method.to_owned()), ("route", route.clone()), ("status", status.to_string())];
    metrics::counter!("gezhi_http_requests_total", &labels).increment(1);
    metrics::histogram!("gezhi_http_request_seconds", "method" => method, "route" => route)
        .record(started.elapsed().as_secs_f64());
}
