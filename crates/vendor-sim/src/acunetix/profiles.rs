//! Scanning profiles: which weaknesses a scan looks for. The ids of the built-in ones are the product's.

use std::sync::Arc;

use axum::extract::Path;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Acunetix;
use super::answer::{Answer, Call, Refused};
use super::words::words;
use crate::sites::Weakness;

pub(super) const FULL: &str = "11111111-1111-1111-1111-111111111111";

/// Id, name.
const BUILT_IN: [(&str, &str); 6] = [
    (FULL, "Full Scan"),
    ("11111111-1111-1111-1111-111111111112", "Critical / High Risk"),
    ("11111111-1111-1111-1111-111111111116", "Cross-site Scripting"),
    ("11111111-1111-1111-1111-111111111113", "SQL Injection"),
    ("11111111-1111-1111-1111-111111111115", "Weak Passwords"),
    ("11111111-1111-1111-1111-111111111117", "Crawl Only"),
];

/// The name of a profile; `None` when there is no such profile.
pub(super) fn name(id: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|profile| profile.0 == id).map(|profile| profile.1)
}

/// Whether a scan with this profile looks for a weakness.
pub(super) fn covers(id: &str, weakness: Weakness) -> bool {
    match name(id) {
        Some("Critical / High Risk") => words(weakness).is_some_and(|words| words.severity >= 3),
        Some("Cross-site Scripting") => weakness.facts().cwe == 79,
        Some("SQL Injection") => weakness.facts().cwe == 89,
        Some("Weak Passwords") => weakness == Weakness::WeakPassword,
        Some("Crawl Only") => false,
        _ => true,
    }
}

pub(super) fn routes() -> Router<Arc<Acunetix>> {
    Router::new().route("/scanning_profiles", get(list)).route("/scanning_profiles/{id}", get(one))
}

fn entry(order: usize, profile: &(&str, &str)) -> Value {
    json!({ "profile_id": profile.0, "name": profile.1, "sort_order": 10 * (order + 1), "custom": false, "checks": [] })
}

async fn list(_: Call) -> Json<Value> {
    let profiles: Vec<Value> = BUILT_IN.iter().enumerate().map(|(order, profile)| entry(order, profile)).collect();
    Json(json!({ "scanning_profiles": profiles }))
}

async fn one(_: Call, Path(id): Path<String>) -> Answer<Json<Value>> {
    let found = BUILT_IN.iter().enumerate().find(|(_, profile)| profile.0 == id);
    found.map(|(order, profile)| Json(entry(order, profile))).ok_or_else(|| Refused::not_found("Scanning profile"))
}
