//! The pages inside the binary: the desk at `/`, the hand at `/hand/`, the documentation at `/docs`.
//!
//! Rules:
//! - Hashed files never change under their name: they are kept for a year. Pages are asked for anew each time.
//! - What is no file belongs to a page's own router: `/hand/…` opens the hand, anything else the desk. A missing
//!   file answers 404, or a page would be run as a script.
//! - `/c/TOKEN`, what a check-in code holds, opens the hand's check-in page.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use rust_embed::EmbeddedFile;

use crate::http::{ApiError, Code, Result};

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
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, format!("/hand/c/{code}")))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}

async fn page(req: HttpRequest, files: web::Data<Files>) -> Result<HttpResponse> {
    let path = req.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return Err(ApiError::new(Code::NotFound));
    }
    if let Some(file) = files(path) {
        return Ok(file_response(&req, path, &file));
    }
    let last = path.rsplit('/').next().unwrap_or_default();
    if last.contains('.') {
        return Err(ApiError::new(Code::NotFound));
    }
    let entry =
        if path == "hand" || path.starts_with("hand/") { "hand/index.html" } else { "index.html" };
    match files(entry) {
        Some(file) => Ok(file_response(&req, entry, &file)),
        None => Err(ApiError::new(Code::NotFound).detail(
            "此程序没有内置页面，请先构建前端",
            "This program was built without its pages",
        )),
    }
}

fn file_response(req: &HttpRequest, path: &str, file: &EmbeddedFile) -> HttpResponse {
    use base64::Engine;
    let hash = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(file.metadata.sha256_hash());
    // Weak: the compressed form is another sequence of bytes of the same content.
    let etag = format!("W/\"{hash}\"");
    let kept = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let known = req
        .headers()
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(',').any(|one| one.trim() == etag));
    let mut builder = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    builder.insert_header((header::ETAG, etag)).insert_header((header::CACHE_CONTROL, kept));
    if known {
        return builder.finish();
    }
    builder.content_type(file.metadata.mimetype());
    match &file.data {
        std::borrow::Cow::Borrowed(bytes) => builder.body(web::Bytes::from_static(bytes)),
        std::borrow::Cow::Owned(bytes) => builder.body(bytes.clone()),
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

async fn docs() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::CONTENT_SECURITY_POLICY, DOCS_POLICY))
        .body(DOCS)
}

async fn docs_script() -> Result<HttpResponse> {
    let script = scalar_api_reference::get_asset("scalar.js")
        .ok_or_else(|| ApiError::new(Code::NotFound))?;
    Ok(HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "public, max-age=86400"))
        .body(script))
}

async fn docs_start() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(DOCS_START)
}

/// The contract that this very program was built with.
async fn docs_contract(contract: web::Data<crate::ContractJson>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(contract.0.clone())
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
async fn docs_errors() -> HttpResponse {
    use std::fmt::Write;
    let mut page = format!(
        "{PAGE_HEAD}<h1>错误代码 · Error codes</h1><p>每个 4xx、5xx 回答都是 <code>application/problem+json</code>。\
         <code>code</code> 不变，文字会改进。<br>Every 4xx and 5xx answer is a problem document (RFC 9457). The \
         <code>code</code> is stable, the texts may improve.</p><table><tr><th>code</th><th>HTTP</th><th>中文</th><th>English</th></tr>"
    );
    for code in Code::ALL {
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
    html(page)
}

/// The one page an integrator reads first.
async fn docs_guide() -> HttpResponse {
    html(format!("{PAGE_HEAD}{}</body></html>", include_str!("guide.html")))
}

fn html(page: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(page)
}
