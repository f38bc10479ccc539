//! What crosses HTTP on the way out: bodies with the headers that go with them.

use actix_web::body::BoxBody;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;

/// What carries a version that `If-Match` is checked against.
pub trait Versioned {
    /// The version, counted up by every change.
    fn version(&self) -> i32;
}

fn etag(version: i32) -> String {
    format!("\"v{version}\"")
}

/// 200 with the `ETag` of the resource's version.
#[derive(Debug)]
pub struct Tagged<T>(pub T);

impl<T: Serialize + Versioned> Responder for Tagged<T> {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header((header::ETAG, etag(self.0.version())))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(self.0)
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
        if let Some(version) = self.version {
            builder.insert_header((header::ETAG, etag(version)));
        }
        builder.json(self.body)
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
        let disposition = header::ContentDisposition {
            disposition: header::DispositionType::Attachment,
            parameters: vec![header::DispositionParam::FilenameExt(header::ExtendedValue {
                charset: header::Charset::Ext("UTF-8".to_owned()),
                language_tag: None,
                value: self.name.into_bytes(),
            })],
        };
        HttpResponse::Ok()
            .content_type(self.media_type)
            .insert_header(disposition)
            .insert_header((header::CACHE_CONTROL, "private, no-store"))
            .body(self.bytes)
    }
}
