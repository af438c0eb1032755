//! The names of the calls, for the ledger and for faults.

use axum::http::Method;

/// `path` begins after the root of the API.
pub(super) fn name(method: &Method, path: &str) -> &'static str {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (method.as_str(), parts.as_slice()) {
        ("GET", ["me"]) => "me",
        ("GET", ["info"]) => "info",
        ("GET", ["targets"]) => "targets.list",
        ("POST", ["targets"]) => "targets.create",
        ("POST", ["targets", "add"]) => "targets.add",
        ("POST", ["targets", "delete"]) => "targets.delete_many",
        ("GET", ["targets", _]) => "targets.details",
        ("PATCH", ["targets", _]) => "targets.update",
        ("DELETE", ["targets", _]) => "targets.delete",
        ("GET", ["targets", _, "configuration"]) => "targets.configuration",
        ("PATCH", ["targets", _, "configuration"]) => "targets.configure",
        ("GET", ["targets", _, "configuration", "workers"]) => "targets.workers",
        ("POST", ["targets", _, "configuration", "workers"]) => "targets.assign_workers",
        ("GET", ["workers"]) => "workers.list",
        ("GET", ["workers", _]) => "workers.details",
        ("GET", ["scanning_profiles", ..]) => "profiles.list",
        ("GET", ["scans"]) => "scans.list",
        ("POST", ["scans"]) => "scans.create",
        ("GET", ["scans", _]) => "scans.details",
        ("PATCH", ["scans", _]) => "scans.update",
        ("DELETE", ["scans", _]) => "scans.delete",
        ("POST", ["scans", _, "trigger"]) => "scans.launch",
        ("POST", ["scans", _, "abort"]) => "scans.stop",
        ("POST", ["scans", _, "pause"]) => "scans.pause",
        ("POST", ["scans", _, "resume"]) => "scans.resume",
        ("GET", ["scans", _, "results"]) => "results.list",
        ("GET", ["results", _]) => "results.details",
        ("GET", ["scans", _, "results", _, "statistics"]) => "results.statistics",
        ("GET", ["scans", _, "results", _, "vulnerability_types"]) => "results.vulnerability_types",
        ("GET", ["scans", _, "results", _, "vulnerabilities"]) => "results.vulnerabilities",
        ("GET", ["scans", _, "results", _, "vulnerabilities", _] | ["scan_vulnerabilities", _]) => {
            "results.vulnerability"
        }
        ("GET", [.., "http_response"]) => "vulnerabilities.http_response",
        ("GET", ["vulnerabilities"]) => "vulnerabilities.list",
        ("GET", ["vulnerabilities", _]) => "vulnerabilities.details",
        ("PUT", [.., "status"]) => "vulnerabilities.set_status",
        ("GET", ["report_templates"]) => "reports.templates",
        ("GET", ["reports"]) => "reports.list",
        ("POST", ["reports"]) => "reports.create",
        ("GET", ["reports", "download", _]) => "export.download",
        ("GET", ["reports", _]) => "reports.details",
        ("DELETE", ["reports", _]) => "reports.delete",
        ("GET", ["export_types"]) => "export.types",
        ("POST", ["exports"]) => "scans.export",
        ("GET", ["exports", _]) => "export.status",
        ("DELETE", ["exports", _]) => "export.delete",
        _ => "unknown",
    }
}
