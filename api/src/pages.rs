//! The pages inside the binary: the desk at `/`, the hand at `/hand/`, the documentation at `/docs`.
//!
//! Rules:
//! - Hashed files never change under their name: they are kept for a year. Pages are asked for anew each time.
//! - Below `/api` and `/docs` there is what stands there, and nothing else.
//! - What is no file belongs to a page's own router: `/hand/…` opens the hand, anything else the desk. A missing
//!   file answers 404, or a page would be run as a script.
//! - What is the same for everybody is in memory once, plain and compressed, however many ask for it. The pages' files were
//!   compressed when they were built (`frontend/scripts/compress.mjs`), with more patience than a server has.
//! - `/c/TOKEN`, what a check-in code holds, opens the hand's check-in page.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use rust_embed::EmbeddedFile;

use crate::http::{ApiError, Code, Packed, Result, Still};

/// A file as it was built.
pub struct Built {
    bytes: Cow<'static, [u8]>,
    media_type: String,
    hash: [u8; 32],
}

impl From<EmbeddedFile> for Built {
    fn from(file: EmbeddedFile) -> Self {
        let media_type = file.metadata.mimetype().to_owned();
        Self { bytes: file.data, media_type, hash: file.metadata.sha256_hash() }
    }
}

/// Finds a file of the built pages by its path. The program embeds them, not this library: a change of a page builds
/// nothing anew but the program, and the library builds beside the pages.
pub type Files = fn(&str) -> Option<Built>;

/// What a file's name ends with where it is one of the compressed forms of another.
const PACKED: [&str; 2] = [".br", ".gz"];

/// Their routes, after those of the API.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.route("/docs", web::get().to(docs))
        .route("/docs/scalar.js", web::get().to(docs_script))
        .route("/docs/start.js", web::get().to(docs_start))
        .route("/docs/openapi.json", web::get().to(docs_contract))
        .route("/docs/errors", web::get().to(docs_errors))
        .route("/docs/guide", web::get().to(docs_guide))
        .route("/c/{code}", web::get().to(check_in))
        .route("/", web::get().to(page))
        .route("/{path:.*}", web::get().to(page));
}

async fn check_in(code: web::Path<String>) -> HttpResponse {
    // What a stranger wrote after /c/ may be anything: a header holds letters only.
    let code: String = form_urlencoded::byte_serialize(code.as_bytes()).collect();
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, format!("/hand/c/{code}")))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}

/// The files of the pages, each kept once it was asked for: as it is and compressed. There are no more than the program has.
pub struct Shelf {
    files: Files,
    kept: Mutex<HashMap<String, Arc<Still>>>,
}

impl Shelf {
    /// With nothing on it yet.
    #[must_use]
    pub fn new(files: Files) -> Self {
        Self { files, kept: Mutex::default() }
    }

    /// What stands under a name, put there by `make` at the first time.
    fn kept(&self, name: &str, make: impl FnOnce() -> Option<Still>) -> Option<Arc<Still>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(still) = kept.get(name) {
            return Some(still.clone());
        }
        let still = Arc::new(make()?);
        kept.insert(name.to_owned(), still.clone());
        Some(still)
    }

    fn file(&self, path: &str) -> Option<Arc<Still>> {
        if PACKED.iter().any(|ending| path.ends_with(ending)) {
            return None;
        }
        let packed = |ending: &str| {
            let file = (self.files)(&format!("{path}{ending}"))?;
            Some(match file.bytes {
                Cow::Borrowed(bytes) => web::Bytes::from_static(bytes),
                Cow::Owned(bytes) => bytes.into(),
            })
        };
        let of = |file: Built| {
            let kept = if path.starts_with("assets/") {
                "public, max-age=31536000, immutable"
            } else {
                "no-cache"
            };
            let (bytes, embedded) = match file.bytes {
                Cow::Borrowed(bytes) => (web::Bytes::from_static(bytes), true),
                Cow::Owned(bytes) => (bytes.into(), false),
            };
            let [brotli, gzip] = PACKED.map(packed);
            let packed = Packed { brotli, gzip };
            (Still::built(bytes, file.media_type, kept, &file.hash, packed), embedded)
        };
        let mut moving = None;
        let still = self.kept(path, || {
            let (still, embedded) = of((self.files)(path)?);
            if embedded {
                return Some(still);
            }
            // A program built for trying reads its pages from the folder, where they change.
            moving = Some(Arc::new(still));
            None
        });
        still.or(moving)
    }
}

async fn page(req: HttpRequest, shelf: web::Data<Shelf>) -> Result<HttpResponse> {
    let path = req.path().trim_start_matches('/');
    if ["api", "docs"].iter().any(|own| path.split('/').next() == Some(own)) {
        return Err(ApiError::new(Code::NOT_FOUND));
    }
    if let Some(file) = shelf.file(path) {
        return file.answer(&req).await;
    }
    let last = path.rsplit('/').next().unwrap_or_default();
    if last.contains('.') {
        return Err(ApiError::new(Code::NOT_FOUND));
    }
    let entry =
        if path == "hand" || path.starts_with("hand/") { "hand/index.html" } else { "index.html" };
    match shelf.file(entry) {
        Some(file) => file.answer(&req).await,
        None => Err(ApiError::new(Code::NOT_FOUND).detail(
            "此程序没有内置页面，请先构建前端",
            "This program was built without its pages",
        )),
    }
}

// --- documentation ---

/// The reference page takes its settings from an element and its script from this server; fonts, telemetry,
/// assistants and proxies that would leave the network are off.
const DOCS: &str = r#"<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>格治 API</title><link rel="icon" href="/icon.svg" type="image/svg+xml"></head>
<body>
<div id="app"></div>
<script src="/docs/scalar.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"#;

const DOCS_START: &str = r"Scalar.createApiReference('#app', {
  url: '/docs/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: 'never',
  hideClientButton: true,
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
});
";

/// The reference page evaluates templates, so its policy alone allows that; it still reaches this server only.
const DOCS_POLICY: &str = "default-src 'self'; script-src 'self' 'unsafe-eval'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; \
    connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; \
    form-action 'self'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// One of the documentation's files, made at the first request for it.
async fn kept(
    req: &HttpRequest,
    shelf: &Shelf,
    make: impl FnOnce() -> Option<Still>,
) -> Result<HttpResponse> {
    match shelf.kept(req.path(), make) {
        Some(still) => still.answer(req).await,
        None => Err(ApiError::new(Code::NOT_FOUND)),
    }
}

async fn docs(req: HttpRequest, shelf: web::Data<Shelf>) -> Result<HttpResponse> {
    kept(&req, &shelf, || Some(Still::new(DOCS, HTML, "no-cache").policy(DOCS_POLICY))).await
}

async fn docs_script(req: HttpRequest, shelf: web::Data<Shelf>) -> Result<HttpResponse> {
    let make = || {
        let script = scalar_api_reference::get_asset("scalar.js")?;
        Some(Still::new(script, SCRIPT, "public, max-age=86400"))
    };
    kept(&req, &shelf, make).await
}

async fn docs_start(req: HttpRequest, shelf: web::Data<Shelf>) -> Result<HttpResponse> {
    kept(&req, &shelf, || Some(Still::new(DOCS_START, SCRIPT, "no-cache"))).await
}

/// The contract that this very program was built with.
async fn docs_contract(
    req: HttpRequest,
    shelf: web::Data<Shelf>,
    contract: web::Data<crate::ContractJson>,
) -> Result<HttpResponse> {
    let make = || Some(Still::new(contract.0.clone(), "application/json", "no-cache"));
    kept(&req, &shelf, make).await
}

const PAGE_HEAD: &str = "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>格治</title>\
    <link rel=\"icon\" href=\"/icon.svg\" type=\"image/svg+xml\"><style>\
    body{font:16px/1.7 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans SC',sans-serif;color:#1f2329;\
    max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}\
    th,td{border-bottom:1px solid #dee0e3;padding:.5rem;text-align:left;vertical-align:top}\
    code,pre{font:14px/1.6 ui-monospace,Consolas,monospace;background:#f5f6f7}pre{padding:1rem;overflow:auto}\
    a{color:#b3261e}</style></head><body>";

/// Every code of the registry, each at the address that problem documents name as their type.
async fn docs_errors(req: HttpRequest, shelf: web::Data<Shelf>) -> Result<HttpResponse> {
    kept(&req, &shelf, || Some(Still::new(errors_page(), HTML, "no-cache"))).await
}

fn errors_page() -> String {
    use std::fmt::Write;
    let mut page = format!(
        "{PAGE_HEAD}<h1>错误代码 · Error codes</h1><p>每个 4xx、5xx 回答都是 <code>application/problem+json</code>。\
         <code>code</code> 不变，文字会改进。<br>Every 4xx and 5xx answer is a problem document (RFC 9457). The \
         <code>code</code> is stable, the texts may improve.</p><table><tr><th>code</th><th>HTTP</th><th>中文</th><th>English</th></tr>"
    );
    for code in crate::codes() {
        let title = code.title();
        // Writing to a String does not fail.
        let _ = write!(
            page,
            "<tr id=\"{0}\"><td><code>{0}</code></td><td>{1}</td><td>{2}</td><td>{3}</td></tr>",
            code.as_str(),
            code.status(),
            title.zh,
            title.en
        );
    }
    page.push_str("</table></body></html>");
    page
}

/// The one page an integrator reads first.
async fn docs_guide(req: HttpRequest, shelf: web::Data<Shelf>) -> Result<HttpResponse> {
    let make = || {
        let page = format!("{PAGE_HEAD}{}</body></html>", include_str!("guide.html"));
        Some(Still::new(page, HTML, "no-cache"))
    };
    kept(&req, &shelf, make).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::middleware::{Compress, from_fn};
    use actix_web::test::{self, TestRequest};
    use actix_web::{App, http::StatusCode};

    const SCRIPT_TEXT: &str = "plain";

    /// What `frontend` built: a script in all forms, a font in one, two pages.
    fn built(path: &str) -> Option<Built> {
        let (bytes, media_type) = match path {
            "assets/base-1.js" => (SCRIPT_TEXT.into(), "text/javascript"),
            "assets/base-1.js.br" => ("brotli".into(), "application/octet-stream"),
            "assets/base-1.js.gz" => ("gzip".into(), "application/octet-stream"),
            "assets/icons-1.woff2" => ("font ".repeat(1000), "font/woff2"),
            "index.html" => ("desk".into(), "text/html"),
            "hand/index.html" => ("hand".into(), "text/html"),
            _ => return None,
        };
        let bytes = Cow::Owned(bytes.into_bytes());
        Some(Built { bytes, media_type: media_type.to_owned(), hash: [7; 32] })
    }

    struct Answer {
        status: StatusCode,
        headers: header::HeaderMap,
        body: web::Bytes,
    }

    impl Answer {
        fn header(&self, name: header::HeaderName) -> &str {
            self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
        }
    }

    async fn get(path: &str, more: &[(header::HeaderName, &str)]) -> Answer {
        let app = App::new()
            .app_data(web::Data::new(Shelf::new(built)))
            .configure(routes)
            .wrap(Compress::default())
            .wrap(from_fn(crate::http::plain));
        let service = test::init_service(app).await;
        let mut request = TestRequest::get().uri(path);
        for header in more {
            request = request.insert_header(header.clone());
        }
        let answer = test::call_service(&service, request.to_request()).await;
        let (status, headers) = (answer.status(), answer.headers().clone());
        Answer { status, headers, body: test::read_body(answer).await }
    }

    #[actix_web::test]
    async fn a_file_comes_in_the_form_its_reader_takes_as_it_was_built() {
        for (takes, coding, body) in [
            ("gzip, deflate, br", "br", "brotli"),
            ("gzip, deflate", "gzip", "gzip"),
            ("identity", "", SCRIPT_TEXT),
        ] {
            let answer = get("/assets/base-1.js", &[(header::ACCEPT_ENCODING, takes)]).await;
            assert_eq!(answer.status, 200);
            assert_eq!(
                (answer.header(header::CONTENT_ENCODING), &*answer.body),
                (coding, body.as_bytes())
            );
            assert_eq!(answer.header(header::CONTENT_TYPE), "text/javascript");
            assert_eq!(answer.header(header::CACHE_CONTROL), "public, max-age=31536000, immutable");
            assert!(answer.header(header::VARY).eq_ignore_ascii_case("accept-encoding"));
        }
        let bare = get("/assets/base-1.js", &[]).await;
        assert_eq!(
            (bare.header(header::CONTENT_ENCODING), &*bare.body),
            ("", SCRIPT_TEXT.as_bytes())
        );
    }

    #[actix_web::test]
    async fn what_was_not_compressed_when_built_is_not_compressed_when_served() {
        let font = get("/assets/icons-1.woff2", &[(header::ACCEPT_ENCODING, "gzip, br")]).await;
        assert_eq!((font.header(header::CONTENT_ENCODING), font.body.len()), ("", 5000));
    }

    #[actix_web::test]
    async fn who_has_a_file_in_any_form_is_not_sent_it_again() {
        let first = get("/assets/base-1.js", &[(header::ACCEPT_ENCODING, "br")]).await;
        let mark = first.header(header::ETAG);
        let known = [(header::ACCEPT_ENCODING, "gzip"), (header::IF_NONE_MATCH, mark)];
        let again = get("/assets/base-1.js", &known).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
        assert_eq!(again.header(header::ETAG), mark);
    }

    #[actix_web::test]
    async fn pages_are_asked_for_anew_and_compressed_forms_have_no_address() {
        for (path, page) in
            [("/", "desk"), ("/tasks/1", "desk"), ("/hand/", "hand"), ("/hand/me", "hand")]
        {
            let answer = get(path, &[]).await;
            assert_eq!(
                (answer.header(header::CACHE_CONTROL), &*answer.body),
                ("no-cache", page.as_bytes())
            );
        }
        for path in ["/assets/base-1.js.br", "/assets/base-1.js.gz", "/assets/base-2.js"] {
            assert_eq!(get(path, &[]).await.status, 404, "{path}");
        }
    }
}
