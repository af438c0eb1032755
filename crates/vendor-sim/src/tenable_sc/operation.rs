//! The names of the calls, for the ledger and for faults.

use axum::http::Method;

pub(super) fn name(method: &Method, path: &str) -> &'static str {
    let parts: Vec<&str> = path.trim_matches('/').split('/').skip(1).collect();
    match (method.as_str(), parts.as_slice()) {
        ("POST", ["token"]) => "token.login",
        ("DELETE", ["token"]) => "token.logout",
        ("GET", ["system"]) => "system.details",
        ("GET", ["status"]) => "system.status",
        ("GET", ["currentUser"]) => "user.details",
        ("GET", ["currentOrganization"]) => "organization.details",
        ("GET", ["scan"]) => "scans.list",
        ("POST", ["scan"]) => "scans.create",
        ("GET", ["scan", _]) => "scans.details",
        ("PATCH", ["scan", _]) => "scans.edit",
        ("DELETE", ["scan", _]) => "scans.delete",
        ("POST", ["scan", _, "copy"]) => "scans.copy",
        ("POST", ["scan", _, "launch"]) => "scans.launch",
        ("GET", ["scanResult"]) => "results.list",
        ("POST", ["scanResult", "import"]) => "results.import",
        ("GET", ["scanResult", _]) => "results.details",
        ("DELETE", ["scanResult", _]) => "results.delete",
        ("POST", ["scanResult", _, "pause"]) => "results.pause",
        ("POST", ["scanResult", _, "resume"]) => "results.resume",
        ("POST", ["scanResult", _, "stop"]) => "results.stop",
        ("POST", ["scanResult", _, "download"]) => "results.download",
        ("POST", ["scanResult", _, "import"]) => "results.reimport",
        ("POST", ["scanResult", _, "copy"]) => "results.copy",
        ("POST", ["scanResult", _, "email"]) => "results.email",
        ("POST", ["analysis"]) => "analysis",
        ("POST", ["file", "upload"]) => "file.upload",
        ("POST", ["file", "clear"]) => "file.clear",
        ("GET", ["scanner"]) => "scanners.list",
        ("GET", ["scanner", _]) => "scanners.details",
        ("POST", ["scanner", "updateStatus"]) => "scanners.update_status",
        ("GET", ["zone"]) => "zones.list",
        ("GET", ["zone", _]) => "zones.details",
        ("GET", ["repository"]) => "repositories.list",
        ("GET", ["repository", _]) => "repositories.details",
        ("GET", ["policy"]) => "policies.list",
        ("GET", ["policy", _]) => "policies.details",
        ("GET", ["asset"]) => "assets.list",
        ("GET", ["asset", _]) => "assets.details",
        ("GET", ["credential"]) => "credentials.list",
        _ => "unknown",
    }
}
