//! The names of the calls, for the ledger and for faults.

use axum::http::Method;

/// `path` begins after the root of the API.
pub(super) fn name(method: &Method, path: &str) -> &'static str {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (method.as_str(), parts.as_slice()) {
        ("GET", ["account", ..]) => "account",
        ("GET", ["scans", "list"]) => "scans.list",
        ("GET", ["scans", "listbystate"]) => "scans.list_by_state",
        ("GET", ["scans", "listbystatechanged"]) => "scans.list_by_change",
        ("GET", ["scans", "listbywebsite"]) => "scans.list_by_website",
        ("GET", ["scans", "list-scheduled"]) => "schedules.list",
        ("GET", ["scans", "detail", _]) => "scans.details",
        ("GET", ["scans", "status", _]) => "scans.status",
        ("GET", ["scans", "result", _]) => "scans.result",
        ("GET", ["scans", "report"]) => "scans.report",
        ("POST", ["scans", "new" | "newwithprofile" | "newfromscan" | "incremental"]) => "scans.create",
        ("POST", ["scans", "pause" | "pause-active-scans"]) => "scans.pause",
        ("POST", ["scans", "resume" | "resume-paused-scans"]) => "scans.resume",
        ("POST", ["scans", "cancel"]) => "scans.stop",
        ("POST", ["scans", "delete"]) => "scans.delete",
        ("POST", ["scans", "schedule"]) => "schedules.create",
        ("POST", ["scans", "unschedule"]) => "schedules.delete",
        ("GET", ["agents", "list"]) => "agents.list",
        ("POST", ["agents", "setstatus"]) => "agents.set_status",
        ("GET", ["scanpolicies", "list"]) => "policies.list",
        ("GET", ["scanprofiles", "list"]) => "profiles.list",
        ("POST", ["scanprofiles", "new"]) => "profiles.create",
        ("GET", ["issues", ..]) => "issues",
        _ => "unknown",
    }
}
