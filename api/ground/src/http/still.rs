//! What is the same for everybody: its bytes are shared by all who ask, plain and compressed.

use std::borrow::Cow;
use std::io::Write;

use actix_web::body::SizedStream;
use actix_web::http::header;
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use futures_util::stream;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use super::edge::SLICE_BYTES;
use super::error::{ApiError, Result};

/// Bytes from which compressing is worth it.
const WORTH_BYTES: usize = 1024;

/// A file that does not change while the program runs.
pub struct Still {
    media_type: Cow<'static, str>,
    cache: &'static str,
    policy: Option<&'static str>,
    bytes: Bytes,
    made: OnceCell<Made>,
}

/// What is made of a file at the first demand, once, beside the threads that serve.
struct Made {
    etag: String,
    /// None where compressing gains nothing.
    gzip: Option<Bytes>,
}

impl Made {
    fn of(bytes: &[u8], is_text: bool) -> Self {
        let hash = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(bytes));
        let gzip = (is_text && bytes.len() >= WORTH_BYTES)
            .then(|| gzip(bytes).ok())
            .flatten()
            .filter(|compressed| compressed.len() < bytes.len());
        // Weak: the compressed form is another sequence of bytes of the same content.
        Self { etag: format!("W/\"{hash}\""), gzip: gzip.map(Bytes::from) }
    }
}

impl Still {
    /// A file with its media type and its `Cache-Control`.
    pub fn new(
        bytes: impl Into<Bytes>,
        media_type: impl Into<Cow<'static, str>>,
        cache: &'static str,
    ) -> Self {
        Self {
            media_type: media_type.into(),
            cache,
            policy: None,
            bytes: bytes.into(),
            made: OnceCell::new(),
        }
    }

    /// With a content security policy of its own.
    #[must_use]
    pub fn policy(mut self, policy: &'static str) -> Self {
        self.policy = Some(policy);
        self
    }

    /// The answer to a request for it: 304 for who has it, otherwise its bytes, compressed where the client takes that.
    /// No bytes are copied but the slice that is being sent.
    pub async fn answer(&self, req: &HttpRequest) -> Result<HttpResponse> {
        let made = self.made.get_or_try_init(|| self.make()).await?;
        let known = is_known(req.headers(), &made.etag);
        let mut builder = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        builder
            .insert_header((header::ETAG, made.etag.as_str()))
            .insert_header((header::CACHE_CONTROL, self.cache))
            .insert_header((header::VARY, "accept-encoding"));
        if let Some(policy) = self.policy {
            builder.insert_header((header::CONTENT_SECURITY_POLICY, policy));
        }
        if known {
            return Ok(builder.finish());
        }
        builder.content_type(self.media_type.as_ref());
        if takes_gzip(req)
            && let Some(gzip) = &made.gzip
        {
            builder.insert_header((header::CONTENT_ENCODING, "gzip"));
            return Ok(builder.body(gzip.clone()));
        }
        if self.bytes.len() <= SLICE_BYTES {
            return Ok(builder.body(self.bytes.clone()));
        }
        // In slices, so that whatever else the client wants done to it is done piece by piece.
        let mut rest = self.bytes.clone();
        let length = u64::try_from(rest.len()).unwrap_or(u64::MAX);
        let slices = stream::iter(std::iter::from_fn(move || {
            let slice = rest.split_to(rest.len().min(SLICE_BYTES));
            (!slice.is_empty()).then_some(Ok::<_, std::convert::Infallible>(slice))
        }));
        Ok(builder.body(SizedStream::new(length, slices)))
    }

    async fn make(&self) -> Result<Made> {
        let (bytes, is_text) = (self.bytes.clone(), is_text(&self.media_type));
        web::block(move || Made::of(&bytes, is_text)).await.map_err(ApiError::internal)
    }
}

/// Whether a request says that it has what is marked so. Weak or strong is one: a mark is never used again for other content.
pub(super) fn is_known(headers: &header::HeaderMap, etag: &str) -> bool {
    let bare = |mark: &str| mark.trim().trim_start_matches("W/").to_owned();
    headers
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|one| bare(one) == bare(etag) || one.trim() == "*")
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Pictures and fonts are compressed by themselves.
fn is_text(media_type: &str) -> bool {
    media_type.starts_with("text/")
        || ["javascript", "json", "xml", "wasm"].iter().any(|part| media_type.contains(part))
}

fn takes_gzip(req: &HttpRequest) -> bool {
    req.headers()
        .get_all(header::ACCEPT_ENCODING)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|one| {
            let mut parts = one.split(';');
            let name = parts.next().unwrap_or_default().trim();
            let refused = parts.any(|part| {
                part.trim()
                    .strip_prefix("q=")
                    .is_some_and(|weight| weight.trim().parse().is_ok_and(|q: f32| q <= 0.0))
            });
            name.eq_ignore_ascii_case("gzip") && !refused
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn gzip_is_given_to_who_takes_it() {
        for (value, taken) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0, br", false),
            ("deflate", false),
            ("", false),
        ] {
            let req = TestRequest::default()
                .insert_header((header::ACCEPT_ENCODING, value))
                .to_http_request();
            assert_eq!(takes_gzip(&req), taken, "{value}");
        }
    }
}
