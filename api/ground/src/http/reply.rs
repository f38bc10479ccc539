//! What crosses HTTP on the way out: bodies with the headers that go with them.

use actix_web::body::BoxBody;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, Responder, ResponseError};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::error::{ApiError, Result};

/// What carries a version that `If-Match` is checked against.
pub trait Versioned {
    /// The version, counted up by every change.
    fn version(&self) -> i32;
}

/// Bytes of the content's hash in an `ETag`.
const MARK: usize = 8;

/// The body, and the mark of what it is: the version, which a change names in `If-Match`, and the content, since what is shown beside
/// the versioned row (who holds a post, what is hidden from whom) changes without it.
fn tagged<T: Serialize>(version: i32, body: &T) -> Result<(String, Vec<u8>)> {
    let bytes = serde_json::to_vec(body).map_err(ApiError::internal)?;
    let hash = Sha256::digest(&bytes);
    let mark: String = hash.iter().take(MARK).map(|byte| format!("{byte:02x}")).collect();
    Ok((format!("\"v{version}-{mark}\""), bytes))
}

/// 200 with the `ETag` of the resource's version.
#[derive(Debug)]
pub struct Tagged<T>(pub T);

impl<T: Serialize + Versioned> Responder for Tagged<T> {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        match tagged(self.0.version(), &self.0) {
            Ok((etag, bytes)) => HttpResponse::Ok()
                .insert_header((header::ETAG, etag))
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .content_type(header::ContentType::json())
                .body(bytes),
            Err(error) => error.error_response(),
        }
    }
}

/// 201 with `Location`, and `ETag` where the resource has a version.
#[derive(Debug)]
pub struct Created<T> {
    location: String,
    version: Option<i32>,
    body: T,
}

impl<T: Serialize> Created<T> {
    /// A resource without a version.
    pub fn at(location: String, body: T) -> Self {
        Self { location, version: None, body }
    }
}

impl<T: Serialize + Versioned> Created<T> {
    /// A resource with a version.
    pub fn tagged(location: String, body: T) -> Self {
        Self { location, version: Some(body.version()), body }
    }
}

impl<T: Serialize> Responder for Created<T> {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut builder = HttpResponse::Created();
        builder.insert_header((header::LOCATION, self.location));
        let Some(version) = self.version else { return builder.json(self.body) };
        match tagged(version, &self.body) {
            Ok((etag, bytes)) => builder
                .insert_header((header::ETAG, etag))
                .content_type(header::ContentType::json())
                .body(bytes),
            Err(error) => error.error_response(),
        }
    }
}

/// 204.
#[derive(Debug)]
pub struct NoContent;

impl Responder for NoContent {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::NoContent().finish()
    }
}

/// That what is answered is a file to keep, under a name in any script (RFC 6266).
pub(crate) fn attachment(name: String) -> header::ContentDisposition {
    header::ContentDisposition {
        disposition: header::DispositionType::Attachment,
        parameters: vec![header::DispositionParam::FilenameExt(header::ExtendedValue {
            charset: header::Charset::Ext("UTF-8".to_owned()),
            language_tag: None,
            value: name.into_bytes(),
        })],
    }
}

/// A file to keep, under a name in any script (RFC 6266).
#[derive(Debug)]
pub struct Download {
    /// Media type.
    pub media_type: &'static str,
    /// File name offered to the user.
    pub name: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Responder for Download {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok()
            .content_type(self.media_type)
            .insert_header(attachment(self.name))
            .insert_header((header::CACHE_CONTROL, "private, no-store"))
            .body(self.bytes)
    }
}
