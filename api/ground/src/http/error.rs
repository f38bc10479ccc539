//! `ApiError` and its one way out: `application/problem+json` (RFC 9457).

use std::borrow::Cow;

use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError, http::StatusCode, http::header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::code::{Code, Language, Text};
use super::field::FieldCode;

/// What services and handlers return.
pub type Result<T, E = ApiError> = std::result::Result<T, E>;

/// One field that needs correction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Path in the body or the query, as in `items[0].what`.
    pub field: String,
    /// What kind of fault it is.
    pub code: FieldCode,
    /// The reason, in both languages.
    pub message: Text,
}

/// An error on its way to the client. The inside (`cause`) goes to the log, never over the wire.
/// Boxed, so that a `Result` stays as small as what it holds when all is well.
#[derive(Debug, Clone)]
pub struct ApiError(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    code: Code,
    detail: Option<Text>,
    errors: Vec<FieldError>,
    retry_after: Option<u64>,
    allow: Option<String>,
    cause: Option<String>,
}

impl ApiError {
    /// An error of the registry, with its own title as the only text.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self(Box::new(Inner {
            code,
            detail: None,
            errors: Vec::new(),
            retry_after: None,
            allow: None,
            cause: None,
        }))
    }

    /// 422 with one field that is against a rule.
    #[must_use]
    pub fn invalid(
        field: impl Into<String>,
        zh: impl Into<Cow<'static, str>>,
        en: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Code::VALIDATION_FAILED).and_invalid(field, zh, en)
    }

    /// 422 with one field that needs correction for what `code` says.
    #[must_use]
    pub fn wrong(
        field: impl Into<String>,
        code: FieldCode,
        zh: impl Into<Cow<'static, str>>,
        en: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Code::VALIDATION_FAILED).and_wrong(field, code, zh, en)
    }

    /// 422 with all of these fields.
    #[must_use]
    pub fn wrong_all(errors: Vec<FieldError>) -> Self {
        let mut error = Self::new(Code::VALIDATION_FAILED);
        error.0.errors = errors;
        error
    }

    /// One more field that is against a rule.
    #[must_use]
    pub fn and_invalid(
        self,
        field: impl Into<String>,
        zh: impl Into<Cow<'static, str>>,
        en: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.and_wrong(field, FieldCode::Invalid, zh, en)
    }

    /// One more field that needs correction for what `code` says.
    #[must_use]
    pub fn and_wrong(
        mut self,
        field: impl Into<String>,
        code: FieldCode,
        zh: impl Into<Cow<'static, str>>,
        en: impl Into<Cow<'static, str>>,
    ) -> Self {
        let message = Text { zh: zh.into(), en: en.into() };
        self.0.errors.push(FieldError { field: field.into(), code, message });
        self
    }

    /// 500: `cause` is logged and not shown.
    #[must_use]
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        let mut error = Self::new(Code::INTERNAL);
        error.0.cause = Some(cause.to_string());
        error
    }

    fn passing(code: Code, seconds: u64, cause: &sea_orm::DbErr) -> Self {
        let mut error = Self::new(code).retry_after(seconds);
        error.0.cause = Some(cause.to_string());
        error
    }

    /// What happened in this very case.
    #[must_use]
    pub fn detail(
        mut self,
        zh: impl Into<Cow<'static, str>>,
        en: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.0.detail = Some(Text { zh: zh.into(), en: en.into() });
        self
    }

    /// Says which key it was, where a row could not be inserted because its unique key is taken; every other error stays as it is.
    #[must_use]
    pub fn if_taken(
        self,
        zh: impl Into<Cow<'static, str>>,
        en: impl Into<Cow<'static, str>>,
    ) -> Self {
        if self.code() == Code::ALREADY_EXISTS { self.detail(zh, en) } else { self }
    }

    /// Seconds after which a repetition makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// The methods a 405 names.
    #[must_use]
    pub fn allow(mut self, methods: String) -> Self {
        self.0.allow = Some(methods);
        self
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The fields that need correction.
    #[must_use]
    pub fn field_errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// The inside, for the log.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The problem document in one language.
    #[must_use]
    pub fn problem(&self, language: Language, trace_id: &str) -> Problem {
        Problem {
            r#type: format!("/docs/errors#{}", self.0.code.as_str()),
            title: self.0.code.title().in_language(language).to_owned(),
            status: self.0.code.status(),
            code: self.0.code.as_str().to_owned(),
            detail: self.0.detail.as_ref().map(|text| text.in_language(language).to_owned()),
            errors: self
                .0
                .errors
                .iter()
                .map(|error| ProblemField {
                    field: error.field.clone(),
                    code: error.code.as_str().to_owned(),
                    message: error.message.in_language(language).to_owned(),
                })
                .collect(),
            trace_id: trace_id.to_owned(),
        }
    }

    /// The whole response in one language.
    #[must_use]
    pub fn response(&self, language: Language, trace_id: &str) -> HttpResponse {
        let mut builder = HttpResponseBuilder::new(self.status());
        builder.content_type("application/problem+json");
        builder.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(seconds) = self.0.retry_after {
            builder.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if let Some(methods) = &self.0.allow {
            builder.insert_header((header::ALLOW, methods.as_str()));
        }
        if self.0.code.status() == 401 {
            builder.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        builder.json(self.problem(language, trace_id))
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.code.as_str())?;
        if let Some(detail) = &self.0.detail {
            write!(f, ": {}", detail.en)?;
        }
        for error in &self.0.errors {
            write!(f, "; {} {}", error.field, error.message.en)?;
        }
        if let Some(cause) = &self.0.cause {
            write!(f, " ({cause})")?;
        }
        Ok(())
    }
}

impl std::error::Error for ApiError {}

impl From<sea_orm::DbErr> for ApiError {
    /// Told by SQLSTATE through `sql_err`, not by constraint names: names get suffixes on shards.
    fn from(error: sea_orm::DbErr) -> Self {
        match error.sql_err() {
            Some(sea_orm::SqlErr::UniqueConstraintViolation(_)) => Self::new(Code::ALREADY_EXISTS),
            Some(sea_orm::SqlErr::ForeignKeyConstraintViolation(_)) => Self::new(Code::CONFLICT),
            _ => match passing(&error) {
                Some(Passing::Moment) => Self::passing(Code::UNAVAILABLE, 2, &error),
                Some(Passing::Full) => Self::passing(Code::STORAGE_FULL, 30, &error),
                None => Self::internal(error),
            },
        }
    }
}

/// What the same request may overcome later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passing {
    /// In a moment: no connection, one that broke, a lock not had, a deadlock, storage that does not answer.
    Moment,
    /// When somebody made room on the disk.
    Full,
}

fn passing(error: &sea_orm::DbErr) -> Option<Passing> {
    use sea_orm::sqlx::Error;
    use sea_orm::{DbErr, RuntimeErr};
    let error = match error {
        DbErr::ConnectionAcquire(_) => return Some(Passing::Moment),
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => error,
        _ => return None,
    };
    match &**error {
        Error::Io(_)
        | Error::Protocol(_)
        | Error::Tls(_)
        | Error::BeginFailed
        | Error::PoolTimedOut
        | Error::PoolClosed
        | Error::WorkerCrashed => Some(Passing::Moment),
        Error::Database(error) => error.code().and_then(|code| passing_code(&code)),
        _ => None,
    }
}

/// SQLite's codes are numbers, the kind in the last byte: 5 busy, 6 locked, 7 no memory, 8 read-only, 10 input or output,
/// 13 full, 14 cannot be opened. PostgreSQL's are five characters by class: 08 connection, 40 rolled back (serialization,
/// deadlock), 53 resources (53100 disk full), 58 the machine beneath, 25006 read-only (a standby), 25P03 idle for too long,
/// 55P03 lock not available, 57P shutdown, 57014 a time limit.
fn passing_code(code: &str) -> Option<Passing> {
    if code.len() == 5 && !code.starts_with('0') || code.starts_with("08") {
        if code == "53100" {
            return Some(Passing::Full);
        }
        let moment = ["08", "40", "53", "58", "25006", "25P03", "55P03", "57P", "57014"]
            .iter()
            .any(|class| code.starts_with(class));
        return moment.then_some(Passing::Moment);
    }
    match code.parse::<i32>().ok()? & 0xff {
        13 => Some(Passing::Full),
        5 | 6 | 7 | 8 | 10 | 14 => Some(Passing::Moment),
        _ => None,
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    /// The envelope middleware writes the body anew in the language of the request; what is written
    /// here is seen only where no request is at hand.
    fn error_response(&self) -> HttpResponse {
        let mut response = self.response(Language::Chinese, "");
        response.extensions_mut().insert(self.clone());
        response
    }
}

/// Problem document (RFC 9457): the form of every error.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Address of the code's description in this server's documentation.
    #[schema(example = "/docs/errors#validation_failed")]
    pub r#type: String,
    /// What kind of error this is, in the user's language.
    #[schema(example = "有内容需要更正")]
    pub title: String,
    /// HTTP status.
    #[schema(example = 422)]
    pub status: u16,
    /// Stable snake_case code.
    #[schema(example = "validation_failed")]
    pub code: String,
    /// What happened in this very case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The fields that need correction.
    pub errors: Vec<ProblemField>,
    /// Names this request in the server's log.
    #[schema(example = "0190b8a4-7e5c-7d3e-9f00-0242ac120002")]
    pub trace_id: String,
}

/// One field of a [`Problem`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProblemField {
    /// Path in the body, as in `items[0].what`, or name of the query parameter; empty for the body as a whole.
    #[schema(example = "items[0].what")]
    pub field: String,
    /// Stable code of the fault: one of `x-field-codes`; more may be added.
    #[schema(example = "too_short")]
    pub code: String,
    /// The reason, in the user's language.
    #[schema(example = "不能为空")]
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::{Passing, passing_code};

    #[test]
    fn what_passes_is_told_from_what_stays() {
        for code in [
            "5", "517", "6", "262", "7", "8", "776", "10", "1034", "4874", "14", "08006", "40001",
            "40P01", "53300", "55P03", "57P01", "57014", "58030", "25006", "25P03",
        ] {
            assert_eq!(passing_code(code), Some(Passing::Moment), "{code}");
        }
        for code in ["13", "53100"] {
            assert_eq!(passing_code(code), Some(Passing::Full), "{code}");
        }
        for code in ["1", "11", "26", "2067", "787", "23505", "42P01", "22003", "XX000", ""] {
            assert_eq!(passing_code(code), None, "{code}");
        }
    }
}
