//! What foreign front ends need that cannot speak as our pages do: pages of other origins, and clients without PATCH.
//!
//! Rules:
//! - Pages of other origins may call the API where the setting `allowed_origins` names them, and read what an answer says in its
//!   headers. They carry their token themselves: no cookie of this server goes out with a call of theirs, so nobody is led to act by a
//!   page that he only looks at.
//! - A POST that says `X-HTTP-Method-Override: PATCH` (or PUT, or DELETE) is that method, before anything is asked of it: rights,
//!   record and answer are those of the operation that it means. WeChat's mini-programs have no PATCH.

use actix_cors::Cors;
use actix_web::Error;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName};
use actix_web::http::{Method, Uri};
use actix_web::middleware::Next;

use super::code::Code;
use super::error::ApiError;

/// The header that names the method meant.
const OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");
/// Seconds for which a browser remembers what it was permitted.
const REMEMBERED_SECONDS: usize = 600;

/// What is not as an origin is written: scheme, host, port where it is not the usual one, and nothing else.
#[must_use]
pub fn not_an_origin(origins: &[String]) -> Option<&str> {
    let is_origin = |origin: &str| {
        let Ok(uri) = origin.parse::<Uri>() else { return false };
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return false;
        };
        let written = format!("{scheme}://{authority}");
        ["http", "https"].contains(&scheme)
            && written == origin
            && origin == origin.to_ascii_lowercase()
            && authority.host().chars().all(|c| c.is_ascii_alphanumeric() || ".-:[]".contains(c))
            && !origin.contains('@')
            // Browsers leave the usual port out.
            && authority.port_u16() != Some(if scheme == "https" { 443 } else { 80 })
    };
    origins.iter().map(String::as_str).find(|origin| !is_origin(origin))
}

/// What browsers are told about these origins.
pub fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
        .allowed_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT_LANGUAGE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            HeaderName::from_static("idempotency-key"),
            OVERRIDE,
        ])
        .expose_headers([
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            header::CONTENT_DISPOSITION,
            HeaderName::from_static("x-request-id"),
        ])
        .block_on_origin_mismatch(false)
        .max_age(REMEMBERED_SECONDS);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

/// The middleware that makes a POST what it says it means.
pub async fn overridden<B: MessageBody + 'static>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    if *req.method() == Method::POST
        && let Some(meant) = req.headers().get(OVERRIDE)
    {
        let meant = [Method::PATCH, Method::PUT, Method::DELETE]
            .into_iter()
            .find(|method| method.as_str().as_bytes() == meant.as_bytes());
        let Some(meant) = meant else {
            let refused = ApiError::new(Code::BAD_REQUEST).detail(
                "X-HTTP-Method-Override 只能是 PATCH、PUT 或 DELETE",
                "X-HTTP-Method-Override must be PATCH, PUT or DELETE",
            );
            return Ok(req.error_response(refused).map_into_right_body());
        };
        req.head_mut().method = meant;
    }
    next.call(req).await.map(ServiceResponse::map_into_left_body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_written_as_browsers_send_them() {
        let told = |origin: &str| not_an_origin(&[origin.to_owned()]).is_some();
        for good in [
            "https://portal.example.cn",
            "http://localhost:5173",
            "http://[::1]:8080",
            "https://10.1.2.3:8443",
        ] {
            assert!(!told(good), "{good}");
        }
        for bad in [
            "http://[::1]:80",
            "https://portal.example.cn:443",
            "*",
            "",
            "null",
            "portal.example.cn",
            "https://portal.example.cn/",
            "https://*.example.cn",
            "https://Portal.example.cn",
            "ftp://example.cn",
            "https://a@example.cn",
            "https://example.cn/path",
            "https://example.cn?x",
            "//example.cn",
        ] {
            assert!(told(bad), "{bad}");
        }
    }
}
