//! The pages inside the binary: the desk at `/`, the hand at `/hand/`, the documentation at `/docs`.
//!
//! Rules:
//! - Hashed files never change under their name: they are kept for a year. Pages are asked for anew each time.
//! - Below `/api` and `/docs` there is what stands there, and nothing else.
//! - What is no file belongs to a page's own router: `/hand/…` opens the hand, anything else the desk. A missing
//!   file answers 404, or a page would be run as a script.
//! - What is the same for everybody is in memory once, plain and compressed, however many ask for it.
//! - `/c/TOKEN`, what a check-in code holds, opens the hand's check-in page.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use rust_embed::EmbeddedFile;

use crate::http::{ApiError, Code, Result, Still};

/// Finds a file of the built pages by its path. The program embeds them, not this library: a change of a page builds
/// nothing anew but the program, and the library builds beside the pages.
pub type Files = fn(&str) -> Option<EmbeddedFile>;

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
        let of = |file: EmbeddedFile| {
            let kept = if path.starts_with("assets/") {
                "public, max-age=31536000, immutable"
            } else {
                "no-cache"
            };
            let media_type = file.metadata.mimetype().to_owned();
            match file.data {
                Cow::Borrowed(bytes) => {
                    (Still::new(web::Bytes::from_static(bytes), media_type, kept), true)
                }
                Cow::Owned(bytes) => (Still::new(bytes, media_type, kept), false),
            }
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
