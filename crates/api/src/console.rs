//! Serves the console, which is part of the binary. Its views are addresses that only the browser knows, so every
//! path that is not the API's and not a file is answered with the one page; a misspelt API path never is.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use scanhelm_core::Error;

use crate::problem::{self, Failure};

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Console;

const PAGE: &str = "index.html";

/// In place of a console that was not built into this binary.
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Scanhelm</title>\
    <h1>The console is not part of this build</h1>\
    <p>Run <code>make web</code> in the checkout and build the hub again. The API works without it: \
    see <a href=\"/openapi.json\">/openapi.json</a>.</p></html>\n";

/// Paths that are never a page of the console.
pub(crate) fn is_reserved(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    matches!(first, "api" | "healthz" | "readyz" | "openapi.json" | "metrics")
}

/// For every request that no route takes.
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path();
    if is_reserved(path) {
        return Failure::from(Error::not_found()).into_response();
    }
    if !matches!(method, Method::GET | Method::HEAD) {
        let mut refused = Failure::from(problem::method_not_allowed()).into_response();
        refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    let name = path.trim_start_matches('/');
    if let Some(file) = Console::get(name).filter(|_| !name.is_empty() && name != PAGE) {
        return answer(name, &file, &headers);
    }
    // A missing script or picture must be an error: the page in its place would be a riddle in the browser's log.
    if !wants_page(&headers) || has_extension(name) {
        return Failure::from(Error::not_found()).into_response();
    }
    match Console::get(PAGE) {
        Some(file) => answer(PAGE, &file, &headers),
        None => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], NOT_BUILT).into_response(),
    }
}

fn answer(name: &str, file: &rust_embed::EmbeddedFile, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex_prefix(&file.metadata.sha256_hash()));
    let mut response = match is_known(headers, &tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Response::new(Body::from(file.data.clone().into_owned())),
    };
    let answered = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answered.insert(header::ETAG, tag);
    }
    answered.insert(header::CACHE_CONTROL, HeaderValue::from_static(freshness(name)));
    if let Ok(kind) = HeaderValue::from_str(&content_type(name)) {
        answered.insert(header::CONTENT_TYPE, kind);
    }
    response
}

/// The build puts a hash of the content into the names below `assets/`: those never change. All else is asked again,
/// so that a new version of the hub is a new console at once.
fn freshness(name: &str) -> &'static str {
    if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

fn content_type(name: &str) -> String {
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    match kind.type_().as_str() {
        "text" => format!("{kind}; charset=utf-8"),
        _ => kind.to_string(),
    }
}

fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    known.split(',').any(|given| given.trim().trim_start_matches("W/") == tag)
}

fn wants_page(headers: &HeaderMap) -> bool {
    match headers.get(header::ACCEPT).map(HeaderValue::to_str) {
        Some(Ok(accept)) => accept.contains("text/html") || accept.contains("*/*"),
        Some(Err(_)) => false,
        None => true,
    }
}

/// Views of the console have no dot in their last part; files have.
fn has_extension(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|last| last.contains('.'))
}

fn hex_prefix(hash: &[u8]) -> String {
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(path: &str, accept: &str) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_str(accept).unwrap());
        serve(Method::GET, path.parse().unwrap(), headers).await
    }

    #[tokio::test]
    async fn views_get_the_page_and_files_do_not() {
        for view in ["/", "/scans", "/scans/0190-abc?tab=findings"] {
            let response = get(view, "text/html,*/*;q=0.8").await;
            assert_eq!(response.status(), StatusCode::OK, "{view}");
            assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        }
        for missing in ["/assets/gone-123.js", "/favicon-gone.ico", "/../../etc/passwd.txt"] {
            assert_eq!(get(missing, "*/*").await.status(), StatusCode::NOT_FOUND, "{missing}");
        }
        assert_eq!(get("/scans", "application/json").await.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_misspelt_api_path_is_never_the_page() {
        for path in ["/api", "/api/", "/api/v1/scan", "/api/v2/scans", "/healthz/", "//api/v1/x", "/openapi.json/x"] {
            assert_eq!(get(path, "text/html").await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[tokio::test]
    async fn only_reading() {
        let refused = serve(Method::POST, "/scans".parse().unwrap(), HeaderMap::new()).await;
        assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(refused.headers()[header::ALLOW], "GET, HEAD");
    }

    #[test]
    fn hashed_names_are_kept_for_ever_and_the_page_is_not() {
        let file = rust_embed::EmbeddedFile {
            data: b"let x".as_slice().into(),
            metadata: rust_embed::Metadata::__rust_embed_new([7; 32], None, None),
        };
        let script = answer("assets/index-abc.js", &file, &HeaderMap::new());
        assert_eq!(script.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(script.headers()[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
        assert_eq!(answer(PAGE, &file, &HeaderMap::new()).headers()[header::CACHE_CONTROL], "no-cache");
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, script.headers()[header::ETAG].clone());
        let again = answer("assets/index-abc.js", &file, &headers);
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(again.headers()[header::ETAG], script.headers()[header::ETAG]);
    }
}
