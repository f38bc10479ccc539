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

/// Bytes from which compressing is worth it.
const WORTH_BYTES: usize = 1024;

/// A file that does not change while the program runs.
pub struct Still {
    media_type: Cow<'static, str>,
    cache: &'static str,
    policy: Option<&'static str>,
    etag: String,
    bytes: Bytes,
    /// None inside where compressing gains nothing.
    gzip: OnceCell<Option<Bytes>>,
}

impl Still {
    /// A file with its media type and its `Cache-Control`.
    pub fn new(
        bytes: impl Into<Bytes>,
        media_type: impl Into<Cow<'static, str>>,
        cache: &'static str,
    ) -> Self {
        let bytes = bytes.into();
        let hash = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(&bytes));
        Self {
            media_type: media_type.into(),
            cache,
            policy: None,
            // Weak: the compressed form is another sequence of bytes of the same content.
            etag: format!("W/\"{hash}\""),
            bytes,
            gzip: OnceCell::new(),
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
    pub async fn answer(&self, req: &HttpRequest) -> HttpResponse {
        let known = req
            .headers()
            .get(header::IF_NONE_MATCH)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.split(',').any(|one| one.trim() == self.etag));
        let mut builder = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        builder
            .insert_header((header::ETAG, self.etag.as_str()))
            .insert_header((header::CACHE_CONTROL, self.cache))
            .insert_header((header::VARY, "accept-encoding"));
        if let Some(policy) = self.policy {
            builder.insert_header((header::CONTENT_SECURITY_POLICY, policy));
        }
        if known {
            return builder.finish();
        }
        builder.content_type(self.media_type.as_ref());
        if takes_gzip(req)
            && let Some(gzip) = self.gzip().await
        {
            builder.insert_header((header::CONTENT_ENCODING, "gzip"));
            return builder.body(gzip);
        }
        if self.bytes.len() <= SLICE_BYTES {
            return builder.body(self.bytes.clone());
        }
        // In slices, so that whatever else the client wants done to it is done piece by piece.
        let mut rest = self.bytes.clone();
        let length = u64::try_from(rest.len()).unwrap_or(u64::MAX);
        let slices = stream::iter(std::iter::from_fn(move || {
            let slice = rest.split_to(rest.len().min(SLICE_BYTES));
            (!slice.is_empty()).then_some(Ok::<_, std::convert::Infallible>(slice))
        }));
        builder.body(SizedStream::new(length, slices))
    }

    /// Compressed at the first demand, once.
    async fn gzip(&self) -> Option<Bytes> {
        let compressed = self.gzip.get_or_init(|| async {
            if self.bytes.len() < WORTH_BYTES || !is_text(&self.media_type) {
                return None;
            }
            let bytes = self.bytes.clone();
            let compressed = web::block(move || gzip(&bytes)).await.ok()?.ok()?;
            (compressed.len() < self.bytes.len()).then(|| compressed.into())
        });
        compressed.await.clone()
    }
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
