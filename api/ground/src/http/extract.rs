//! What crosses HTTP on the way in: bodies, queries, path ids and the headers of conditional requests.
//! Every extractor answers a problem document that names the field.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use garde::Validate;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use super::code::{Code, Language, Text};
use super::error::{ApiError, FieldError, Result};
use super::field::FieldCode;
use super::form::{self, Form};
use crate::door;
use crate::door::reader::{self, Door};

/// The largest JSON body an operation takes unless it says otherwise, in KiB.
pub const DEFAULT_LIMIT_KIB: usize = 1024;

/// A JSON body that was parsed (unknown fields are the type's own refusal) and validated.
/// `LIMIT_KIB` is the largest body in KiB; a larger one answers 413.
#[derive(Debug)]
pub struct Valid<T, const LIMIT_KIB: usize = DEFAULT_LIMIT_KIB>(T);

impl<T, const LIMIT_KIB: usize> Valid<T, LIMIT_KIB> {
    /// The body.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T, const LIMIT_KIB: usize> Deref for Valid<T, LIMIT_KIB> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T, const LIMIT_KIB: usize> FromRequest for Valid<T, LIMIT_KIB>
where
    T: DeserializeOwned + Validate<Context = ()> + 'static,
{
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = JsonBytes::<LIMIT_KIB>::from_request(req, payload);
        Box::pin(async move { bytes.await?.parse().map(Self) })
    }
}

/// A JSON body that nobody has read yet: for what takes longer than a thread that serves requests may be held.
/// `LIMIT_KIB` is the largest body in KiB; a larger one answers 413.
#[derive(Debug)]
pub struct JsonBytes<const LIMIT_KIB: usize> {
    /// As it came.
    pub bytes: web::Bytes,
    form: Arc<Form>,
}

impl<const LIMIT_KIB: usize> JsonBytes<LIMIT_KIB> {
    /// Reads it (unknown fields are the type's own refusal) and validates it.
    ///
    /// # Errors
    /// 400 where it is no JSON, 422 with every fault and its place where it is not what the operation takes.
    pub fn parse<T: DeserializeOwned + Validate<Context = ()>>(&self) -> Result<T> {
        let value = parse::<T>(&self.bytes, &self.form)?;
        check(&value)?;
        Ok(value)
    }
}

impl<const LIMIT_KIB: usize> FromRequest for JsonBytes<LIMIT_KIB> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (json, form) = (is_json(req), form::of(req));
        let mut payload = payload.take();
        Box::pin(async move {
            if !json {
                return Err(ApiError::new(Code::UNSUPPORTED_MEDIA_TYPE)
                    .detail("请求内容须为 application/json", "The body must be application/json"));
            }
            // That it comes in time is the edge's care (`super::edge`).
            let bytes = read_limited(&mut payload, LIMIT_KIB.saturating_mul(1024)).await?;
            Ok(Self { bytes: bytes.freeze(), form })
        })
    }
}

fn is_json(req: &HttpRequest) -> bool {
    req.headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| {
            let value = value.trim().to_ascii_lowercase();
            value == "application/json" || value == "application/geo+json"
        })
}

async fn read_limited(payload: &mut Payload, limit: usize) -> Result<web::BytesMut> {
    let mut bytes = web::BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| {
            ApiError::new(Code::BAD_REQUEST)
                .detail("请求内容没有完整到达", "The body did not arrive completely")
        })?;
        if bytes.len().saturating_add(chunk.len()) > limit {
            return Err(ApiError::new(Code::PAYLOAD_TOO_LARGE).detail(
                format!("内容不得超过 {} KiB", limit / 1024),
                format!("The body must not exceed {} KiB", limit / 1024),
            ));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Bytes of a refused body that are read a second time, as a tree of values, which takes up to a hundred times as much: of a larger one
/// the first fault is told alone.
const READ_AGAIN: usize = 64 * 1024;

/// Parses JSON: broken syntax is 400; what is not of the operation's form is 422 with every fault and its place.
fn parse<T: DeserializeOwned>(bytes: &[u8], form: &Form) -> Result<T> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value: T =
        serde_path_to_error::deserialize(Door::new(&mut deserializer)).map_err(|error| {
            let place = place(error.path());
            let inner = error.into_inner();
            if !inner.is_data() {
                return malformed(&inner);
            }
            // Broken behind the fault counts as broken.
            if bytes.len() > READ_AGAIN {
                return match serde_json::from_slice::<IgnoredAny>(bytes) {
                    Ok(_) => refusal(Vec::new(), place, &inner.to_string(), None),
                    Err(broken) => malformed(&broken),
                };
            }
            match serde_json::from_slice::<Value>(bytes) {
                Ok(value) => {
                    let found = form.body_faults(&value);
                    refusal(found, place.clone(), &inner.to_string(), form::at(&value, &place))
                }
                Err(broken) => malformed(&broken),
            }
        })?;
    deserializer.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

/// What the contract finds, and what the door alone knows.
fn refusal(
    mut found: Vec<FieldError>,
    place: String,
    said: &str,
    value: Option<&Value>,
) -> ApiError {
    // What the parser adds to the words of a type.
    let said = said.rsplit_once(" at line ").map_or(said, |(said, _)| said);
    if let Some((zh, en)) = door::languages(said) {
        if found.iter().all(|one| one.field != place) {
            let message = Text { zh: zh.to_owned().into(), en: en.to_owned().into() };
            found.push(FieldError { field: place, code: FieldCode::Format, message });
        }
    } else if found.is_empty() {
        found.push(form::told_by_value(place, value));
    }
    ApiError::wrong_all(found)
}

/// Characters of a place, which may quote what came in.
const QUOTED: usize = 200;

/// The whole value has no path.
fn place(path: &serde_path_to_error::Path) -> String {
    let path = path.to_string();
    if path == "." { String::new() } else { path.chars().take(QUOTED).collect() }
}

fn malformed(error: &serde_json::Error) -> ApiError {
    ApiError::new(Code::MALFORMED_BODY).detail(
        format!("第 {} 行第 {} 列不是有效的 JSON", error.line(), error.column()),
        format!("Not valid JSON at line {} column {}", error.line(), error.column()),
    )
}

/// Validates a value: 422 with every field at fault, in both languages.
pub fn check<T: Validate<Context = ()>>(value: &T) -> Result<()> {
    if value.validate().is_ok() {
        return Ok(());
    }
    let report = garde::with_i18n(super::i18n::Words, || value.validate()).err();
    let mut problem = ApiError::new(Code::VALIDATION_FAILED);
    for (path, error) in report.map(garde::Report::into_inner).unwrap_or_default() {
        let (code, said) = match error.message().split_once('|') {
            Some((code, said)) if FieldCode::of(code).is_some() => (FieldCode::of(code), said),
            _ => (None, error.message()),
        };
        let (zh, en) = said.split_once('|').unwrap_or((said, said));
        let code = code.unwrap_or(FieldCode::Invalid);
        problem = problem.and_wrong(path.to_string(), code, zh.to_owned(), en.to_owned());
    }
    Err(problem)
}

/// Query parameters, parsed (unknown ones are the type's own refusal) and validated.
#[derive(Debug)]
pub struct Query<T>(T);

impl<T> Query<T> {
    /// The parameters.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Query<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + Validate<Context = ()>> Query<T> {
    /// Reads the parameters of a request out of so much of its query.
    ///
    /// # Errors
    /// 422 with every fault and its place.
    pub(crate) fn read(req: &HttpRequest, query: &str) -> Result<T> {
        let read = |query: &str| {
            let pairs = form_urlencoded::parse(query.as_bytes());
            let reader = Door::new(serde_urlencoded::Deserializer::new(pairs));
            serde_path_to_error::deserialize::<_, T>(reader)
        };
        let outcome = read(query).or_else(|error| {
            let form = form::of(req);
            if let Some(Ok(value)) = form.with_words(query).map(|query| read(&query)) {
                return Ok(value);
            }
            let place = place(error.path());
            Err(refusal(form.query_faults(query), place, &error.into_inner().to_string(), None))
        });
        let value = outcome?;
        check(&value)?;
        Ok(value)
    }
}

impl<T: DeserializeOwned + Validate<Context = ()>> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(req, req.query_string()).map(Self))
    }
}

/// The id at the end of a path. What is no id at all names nothing: 404, as an absent one.
#[derive(Debug, Clone, Copy)]
pub struct PathId<T>(pub T);

impl<T: DeserializeOwned> FromRequest for PathId<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            web::Path::<String>::extract(req)
                .into_inner()
                .ok()
                .and_then(|path| reader::text(&path).ok().map(Self))
                // `/grids/boundaries` under PATCH lands here too: its path is known, with another method.
                .ok_or_else(|| super::fallback::refusal(req)),
        )
    }
}

/// The version an `If-Match: "v3-0123456789abcdef"` names; what stands behind the version marks the content and is not compared, and
/// `"v3"` alone will do. Missing: 428; `*` is refused, since it would overwrite unseen changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub i32);

impl IfMatch {
    /// 412 unless `version` is the one the client saw.
    pub fn check(self, version: i32) -> Result<()> {
        if self.0 == version { Ok(()) } else { Err(ApiError::new(Code::PRECONDITION_FAILED)) }
    }
}

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(match req.headers().get(header::IF_MATCH) {
            None => Err(ApiError::new(Code::PRECONDITION_REQUIRED)),
            Some(value) => value
                .to_str()
                .ok()
                .and_then(|text| text.trim().strip_prefix("\"v"))
                .and_then(|text| text.strip_suffix('"'))
                .map(|text| text.split_once('-').map_or(text, |(version, _)| version))
                .and_then(|text| text.parse().ok())
                .map(IfMatch)
                .ok_or_else(|| ApiError::new(Code::PRECONDITION_FAILED)),
        })
    }
}

/// The language the client asks for, where an answer that is no error has words in it.
impl FromRequest for Language {
    type Error = ApiError;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let asked =
            req.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        ready(Ok(Self::of_header(asked)))
    }
}

/// The client's `Idempotency-Key`, if it sent one: 1 to 128 visible ASCII characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdempotencyKey(pub Option<String>);

impl FromRequest for IdempotencyKey {
    type Error = ApiError;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(match req.headers().get("idempotency-key") {
            None => Ok(Self(None)),
            Some(value) => match value.to_str() {
                Ok(text)
                    if (1..=128).contains(&text.len())
                        && text.bytes().all(|byte| byte.is_ascii_graphic()) =>
                {
                    Ok(Self(Some(text.to_owned())))
                }
                _ => Err(ApiError::new(Code::INVALID_PARAMETER).detail(
                    "Idempotency-Key 须为 1 至 128 个可见 ASCII 字符",
                    "Idempotency-Key must be 1 to 128 visible ASCII characters",
                )),
            },
        })
    }
}
