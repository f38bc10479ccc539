//! A small client: what a test says over HTTP and what came back.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

/// Whoever looks on while others ask the server for something.
pub trait Onlooker: std::fmt::Debug + Send + Sync {
    /// Somebody is about to ask.
    fn before<'a>(
        &'a self,
        who: &'a Client,
        method: &'a Method,
        path: &'a str,
    ) -> BoxFuture<'a, ()>;
    /// Somebody was answered.
    fn after<'a>(
        &'a self,
        who: &'a Client,
        method: &'a Method,
        path: &'a str,
        answer: &'a Answer,
    ) -> BoxFuture<'a, ()>;
}

/// Somebody who talks to the server, signed in or not.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    origin: String,
    token: Option<String>,
    onlooker: Option<Arc<dyn Onlooker>>,
}

impl Client {
    pub(crate) fn new(http: reqwest::Client, origin: String) -> Self {
        Self { http, origin, token: None, onlooker: None }
    }

    /// The same, with somebody who looks on.
    pub(crate) fn watched(self, onlooker: Option<Arc<dyn Onlooker>>) -> Self {
        Self { onlooker, ..self }
    }

    /// The same connection with this access token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: Some(token.into()), ..self.clone() }
    }

    /// The access token, if signed in.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// A request below `/api/v1` with the token, for what the other methods do not cover.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.outside(method, &format!("/api/v1{path}"))
    }

    /// A request by its full path.
    pub fn outside(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.origin));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let request = request.build().expect("the request is well formed");
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let what = format!("{method} {path}");
        if let Some(onlooker) = &self.onlooker {
            onlooker.before(self, &method, &path).await;
        }
        let response = self
            .http
            .execute(request)
            .await
            .unwrap_or_else(|error| panic!("{what}: no answer: {error:?}"));
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let bytes = response
            .bytes()
            .await
            .unwrap_or_else(|error| panic!("{what}: the answer broke off: {error:?}"))
            .to_vec();
        let json: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        promised(&method, &path, status, &headers, &json);
        let answer = Answer { what, status, headers, bytes, json };
        if let Some(onlooker) = &self.onlooker {
            onlooker.after(self, &method, &path, &answer).await;
        }
        answer
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// POST with a JSON body and an `Idempotency-Key`.
    pub async fn post_key(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).header("idempotency-key", key).json(body)).await
    }

    /// POST without a body.
    pub async fn act(&self, path: &str) -> Answer {
        self.send(self.request(Method::POST, path)).await
    }

    /// PATCH of the version seen.
    pub async fn patch(&self, path: &str, version: i64, body: &Value) -> Answer {
        self.change(Method::PATCH, path, version, body).await
    }

    /// PUT of the version seen.
    pub async fn put(&self, path: &str, version: i64, body: &Value) -> Answer {
        self.change(Method::PUT, path, version, body).await
    }

    /// PUT where no version is asked for.
    pub async fn put_plain(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// Any method with a JSON body and `If-Match`.
    pub async fn change(&self, method: Method, path: &str, version: i64, body: &Value) -> Answer {
        let request = self.request(method, path).header("if-match", format!("\"v{version}\""));
        self.send(request.json(body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// POST of one file as multipart form.
    pub async fn upload(
        &self,
        path: &str,
        field: &'static str,
        file_name: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Answer {
        let part = reqwest::multipart::Part::bytes(bytes)
            .file_name(file_name.to_owned())
            .mime_str(media_type)
            .expect("a media type");
        let form = reqwest::multipart::Form::new().part(field, part);
        self.send(self.request(Method::POST, path).multipart(form)).await
    }
}

/// What `may` of a resource says of each act: true where it is open, otherwise the code why not, null where nothing is left to do.
#[must_use]
pub fn offered(may: &Value) -> Value {
    let acts = may.as_object().expect("what may be done").iter();
    let told = acts.map(|(act, may)| {
        assert!(may["allowed"] == false || may["code"].is_null(), "{act}: {may}");
        let told = if may["allowed"] == true { &may["allowed"] } else { &may["code"] };
        (act.clone(), told.clone())
    });
    Value::Object(told.collect())
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    what: String,
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub bytes: Vec<u8>,
    /// Body as JSON; null when it is none.
    pub json: Value,
}

impl Answer {
    /// The body of an answer that must have this status.
    #[track_caller]
    pub fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.what, String::from_utf8_lossy(&self.bytes));
        self.json.clone()
    }

    /// The problem document of an answer that must be this error.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let body = String::from_utf8_lossy(&self.bytes);
        assert_eq!(self.status, status, "{}: {body}", self.what);
        assert_eq!(self.json["code"], code, "{}: {body}", self.what);
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{}: {body}",
            self.what
        );
        self.json.clone()
    }

    /// A header as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let name: HeaderName = name.parse().expect("a header name");
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The version that the `ETag` names, as `If-Match` takes it.
    #[track_caller]
    #[must_use]
    pub fn etag(&self) -> String {
        let etag = self.header("etag").unwrap_or_else(|| panic!("{}: no ETag", self.what));
        match etag.split_once('-') {
            Some((version, _)) => format!("{version}\""),
            None => etag.to_owned(),
        }
    }

    /// The body with the one thing that differs between two equal refusals blanked: the trace id.
    #[must_use]
    pub fn without_trace(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        match self.json["trace_id"].as_str() {
            Some(trace) if !trace.is_empty() => text.replace(trace, "-"),
            _ => text,
        }
    }
}

/// What the contract says of an operation's answers: method, path in pieces, and codes and headers by status.
struct Promise {
    method: Method,
    path: Vec<String>,
    answers: BTreeMap<String, Answered>,
}

struct Answered {
    codes: Vec<String>,
    headers: Vec<String>,
}

/// Headers that no answer has unless the contract says so.
const TOLD: [&str; 5] =
    ["etag", "location", "retry-after", "www-authenticate", "content-disposition"];

fn promises() -> &'static [Promise] {
    static PROMISES: std::sync::OnceLock<Vec<Promise>> = std::sync::OnceLock::new();
    PROMISES.get_or_init(|| {
        let json = api::ContractJson::of(&api::openapi()).expect("the contract serialises");
        let contract: Value = serde_json::from_slice(&json.0).expect("it is JSON");
        let mut promises = Vec::new();
        for (path, item) in contract["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("operations") {
                let answers = operation["responses"].as_object().expect("answers").iter();
                let answers = answers.map(|(status, answer)| {
                    let codes = answer["x-codes"].as_array().into_iter().flatten();
                    let codes = codes.map(|code| code.as_str().expect("a code").to_owned());
                    let headers = answer["headers"].as_object().into_iter().flatten();
                    let headers = headers.map(|(name, _)| name.to_lowercase());
                    (
                        status.clone(),
                        Answered { codes: codes.collect(), headers: headers.collect() },
                    )
                });
                promises.push(Promise {
                    method: method.to_uppercase().parse().expect("a method"),
                    path: path.split('/').map(str::to_owned).collect(),
                    answers: answers.collect(),
                });
            }
        }
        // Fixed words before what stands for any.
        promises.sort_by_key(|one| one.path.iter().filter(|part| part.starts_with('{')).count());
        promises
    })
}

/// Whatever a test asks, the answer is one that the contract names, with its code, the headers that it says and no other of those
/// that matter.
fn promised(method: &Method, path: &str, status: u16, headers: &HeaderMap, body: &Value) {
    let parts: Vec<&str> = path.split('/').collect();
    let same = |promise: &&Promise| {
        promise.method == *method
            && promise.path.len() == parts.len()
            && promise
                .path
                .iter()
                .zip(&parts)
                .all(|(one, part)| one.starts_with('{') || one == part)
    };
    let Some(promise) = promises().iter().find(same) else { return };
    let answered = promise.answers.get(&status.to_string());
    let told = body["code"].as_str();
    // Where the method is not the path's own, the answer is the house's.
    let known = status == 405
        || answered.is_some_and(|answered| {
            status < 400 || told.is_some_and(|told| answered.codes.iter().any(|code| code == told))
        });
    assert!(known, "{method} {path}: {status} {told:?} is not in the contract");
    let Some(answered) = answered else { return };
    // What may be a page or a file has the file's name where it is one.
    let is_page = headers.get("content-type").is_some_and(|kind| kind == "application/json");
    for name in answered.headers.iter().filter(|name| !is_page || *name != "content-disposition") {
        assert!(headers.contains_key(name.as_str()), "{method} {path}: {status} without {name}");
    }
    for name in TOLD.into_iter().filter(|name| headers.contains_key(*name)) {
        let named = answered.headers.iter().any(|one| one == name);
        assert!(named, "{method} {path}: {status} with {name}, which is not in the contract");
    }
}
