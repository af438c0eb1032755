//! Who may ask: HTTP Basic with user id and API token, which are the simulator's access key and secret key.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use serde_json::{Value, json};

use super::Invicti;
use super::answer::{ACCOUNT_DATE, Call, Refused};
use crate::config::Credentials;

pub(super) fn admits(credentials: &Credentials, headers: &HeaderMap) -> bool {
    let pair = format!("{}:{}", credentials.access_key, credentials.secret_key);
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, encoded) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("basic").then_some(encoded.trim())
    });
    given
        .and_then(|encoded| base64::engine::general_purpose::STANDARD.decode(encoded).ok())
        .is_some_and(|decoded| decoded == pair.as_bytes())
}

pub(super) async fn require(State(vendor): State<Arc<Invicti>>, request: Request, next: Next) -> Response {
    if admits(&vendor.site.config.credentials, request.headers()) {
        return next.run(request).await;
    }
    let text = "Authorization has been denied for this request.";
    Refused(StatusCode::UNAUTHORIZED, text.to_owned()).into_response()
}

pub(super) fn routes() -> Router<Arc<Invicti>> {
    Router::new().route("/account/me", get(me)).route("/account/license", get(license))
}

async fn me(call: Call) -> Json<Value> {
    let username = &call.vendor.site.config.credentials.username;
    Json(json!({
        "DateFormat": ACCOUNT_DATE,
        "DisplayName": username,
        "Email": format!("{username}@corp.example"),
        "AlternateLoginEmail": null,
        "TimeZoneInfo": "UTC",
    }))
}

async fn license(_: Call) -> Json<Value> {
    Json(json!({ "AccountCanCreateSharkScanTask": false, "IsAccountActivated": true }))
}
