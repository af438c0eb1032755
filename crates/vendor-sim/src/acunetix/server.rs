//! The API key, and what the server says of itself.
//!
//! The key is the simulator's access key. A header that holds nothing answers 400, a wrong or missing key 401. The
//! fields of `/me` and `/info` beyond those that the notes name are left out.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Acunetix;
use super::answer::{Call, Refused};
use crate::config::Credentials;

const KEY: &str = "x-auth";
pub(super) const BUILD: &str = "24.8.240828144";

pub(super) fn admits(credentials: &Credentials, headers: &HeaderMap) -> bool {
    headers.get(KEY).is_some_and(|key| key.as_bytes() == credentials.access_key.as_bytes())
}

pub(super) async fn require_key(State(vendor): State<Arc<Acunetix>>, request: Request, next: Next) -> Response {
    if admits(&vendor.site.config.credentials, request.headers()) {
        return next.run(request).await;
    }
    if request.headers().get(KEY).is_some_and(|key| key.as_bytes().trim_ascii().is_empty()) {
        return Refused::new(StatusCode::BAD_REQUEST, "Invalid Authorization header").into_response();
    }
    Refused::new(StatusCode::UNAUTHORIZED, "Unauthorized").into_response()
}

pub(super) fn routes() -> Router<Arc<Acunetix>> {
    Router::new().route("/me", get(who)).route("/info", get(info))
}

async fn who(call: Call) -> Json<Value> {
    let username = &call.vendor.site.config.credentials.username;
    Json(json!({
        "user_id": call.state().draw.of("user").uuid(),
        "email": format!("{username}@corp.example"),
        "first_name": username,
        "last_name": "",
        "enabled": true,
    }))
}

async fn info(_: Call) -> Json<Value> {
    Json(json!({
        "major_version": "24",
        "minor_version": "8",
        "build_number": BUILD.rsplit('.').next(),
        "license": { "product_code": "ENTL", "limits": { "targets": 1000 } },
    }))
}
