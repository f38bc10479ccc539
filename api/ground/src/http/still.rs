//! What is the same for everybody: its bytes are shared by all who ask, plain and compressed.

use std::borrow::Cow;
use std::io::Write;

use actix_web::body::{MessageBody, SizedStream};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, AcceptEncoding, ContentEncoding, Encoding, Header};
use actix_web::middleware::Next;
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

/// The compressed forms of a file; none where compressing gains nothing.
#[derive(Default)]
pub struct Packed {
    /// For browsers, over TLS and on the machine itself.
    pub brotli: Option<Bytes>,
    /// For everybody else.
    pub gzip: Option<Bytes>,
}

/// What is made of a file when it was not built with it: at the first demand, once, beside the threads that serve.
struct Made {
    etag: String,
    packed: Packed,
}

impl Made {
    fn of(bytes: &[u8], is_text: bool) -> Self {
        let gzip = (is_text && bytes.len() >= WORTH_BYTES)
            .then(|| gzip(bytes).ok())
            .flatten()
            .filter(|compressed| compressed.len() < bytes.len());
        let packed = Packed { brotli: None, gzip: gzip.map(Bytes::from) };
        Self { etag: mark(&Sha256::digest(bytes)), packed }
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

    /// A file of the pages, with its SHA-256, as it was built and compressed: nothing is made of it any more.
    pub fn built(
        bytes: impl Into<Bytes>,
        media_type: impl Into<Cow<'static, str>>,
        cache: &'static str,
        hash: &[u8],
        packed: Packed,
    ) -> Self {
        let made = OnceCell::new_with(Some(Made { etag: mark(hash), packed }));
        Self { made, ..Self::new(bytes, media_type, cache) }
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
        if let Some((coding, bytes)) = made.packed.taken_by(req) {
            builder.insert_header(coding);
            return Ok(builder.body(bytes));
        }
        builder.insert_header(ContentEncoding::Identity);
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

/// Weak: the compressed forms are other sequences of bytes of the same content.
fn mark(hash: &[u8]) -> String {
    format!("W/\"{}\"", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash))
}

impl Packed {
    /// The form that a client likes best of those that there are, or none for the bytes as they are.
    fn taken_by(&self, req: &HttpRequest) -> Option<(ContentEncoding, Bytes)> {
        let accepted = AcceptEncoding::parse(req).ok()?;
        let there = [
            (Encoding::brotli(), ContentEncoding::Brotli, &self.brotli),
            (Encoding::gzip(), ContentEncoding::Gzip, &self.gzip),
        ];
        let there = || there.iter().filter(|(_, _, bytes)| bytes.is_some());
        let liked = accepted.negotiate(there().map(|(name, ..)| name))?;
        there()
            .find(|(name, ..)| *name == liked)
            .and_then(|(_, coding, bytes)| Some((*coding, (*bytes).clone()?)))
    }
}

/// Takes away the word by which an answer keeps the middleware from compressing it: nobody needs to read it.
pub async fn plain(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> std::result::Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let mut answer = next.call(req).await?;
    let headers = answer.headers_mut();
    if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding == "identity") {
        headers.remove(header::CONTENT_ENCODING);
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn each_client_is_given_the_best_form_it_takes() {
        let both = || Packed {
            brotli: Some(Bytes::from_static(b"b")),
            gzip: Some(Bytes::from_static(b"g")),
        };
        let gzip_alone = || Packed { brotli: None, ..both() };
        for (value, of_both, of_gzip) in [
            ("gzip, deflate, br, zstd", "b", "g"),
            ("gzip", "g", "g"),
            ("br, GZIP;q=0.5", "b", "g"),
            ("br;q=0.5, gzip", "g", "g"),
            ("br;q=0, gzip", "g", "g"),
            ("gzip;q=0, br", "b", ""),
            ("deflate", "", ""),
            ("identity", "", ""),
            ("gzip;q=x", "", ""),
            ("", "", ""),
        ] {
            let req = TestRequest::default()
                .insert_header((header::ACCEPT_ENCODING, value))
                .to_http_request();
            for (packed, expected) in
                [(both(), of_both), (gzip_alone(), of_gzip), (Packed::default(), "")]
            {
                let given = packed.taken_by(&req).map(|(_, bytes)| bytes);
                assert_eq!(given.unwrap_or_default(), expected, "{value}");
            }
        }
        let without = TestRequest::default().to_http_request();
        assert!(both().taken_by(&without).is_none());
    }
}
