//! The names of the calls, for the ledger and for faults.

use axum::http::Method;

pub(super) fn name(method: &Method, path: &str) -> &'static str {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (method.as_str(), parts.as_slice()) {
        ("GET", ["server", "status"]) => "server.status",
        ("GET", ["server", "properties"]) => "server.properties",
        ("POST", ["session"]) => "session.login",
        ("DELETE", ["session"]) => "session.logout",
        ("GET", ["session"]) => "session.details",
        ("PUT", ["session", "keys"]) => "session.keys",
        ("GET", ["scans"]) => "scans.list",
        ("POST", ["scans"]) => "scans.create",
        ("DELETE", ["scans"]) => "scans.delete_many",
        ("POST", ["scans", "import"]) => "scans.import",
        ("GET", ["scans", "timezones"]) => "scans.timezones",
        ("GET", ["scans", _]) => "scans.details",
        ("PUT", ["scans", _]) => "scans.configure",
        ("DELETE", ["scans", _]) => "scans.delete",
        ("DELETE", ["scans", _, "history", _]) => "scans.delete_history",
        ("POST", ["scans", _, "launch"]) => "scans.launch",
        ("POST", ["scans", _, "pause"]) => "scans.pause",
        ("POST", ["scans", _, "resume"]) => "scans.resume",
        ("POST", ["scans", _, "stop"]) => "scans.stop",
        ("POST", ["scans", _, "kill"]) => "scans.kill",
        ("POST", ["scans", _, "copy"]) => "scans.copy",
        ("PUT", ["scans", _, "schedule"]) => "scans.schedule",
        ("PUT", ["scans", _, "status"]) => "scans.read_status",
        ("POST", ["scans", _, "export"]) => "scans.export",
        ("GET", ["scans", _, "export", "formats"]) => "scans.export_formats",
        ("GET", ["tokens", _, "status"] | ["scans", _, "export", _, "status"]) => "export.status",
        (
            "GET",
            ["tokens", _, "download"] | ["scans", "exports", _, "download"] | ["scans", _, "export", _, "download"],
        ) => "export.download",
        ("GET", ["scans", _, "hosts", _]) => "scans.host_details",
        ("GET", ["scans", _, "hosts", _, "plugins", _]) => "scans.plugin_output",
        ("POST", ["file", "upload"]) => "file.upload",
        ("GET", ["folders"]) => "folders.list",
        ("POST", ["folders"]) => "folders.create",
        ("PUT", ["folders", _]) => "folders.edit",
        ("DELETE", ["folders", _]) => "folders.delete",
        ("GET", ["scanners"]) => "scanners.list",
        ("GET", ["scanners", _]) => "scanners.details",
        ("GET", ["scanners", _, "scans"]) => "scanners.running_scans",
        ("POST", ["scanners", _, "scans", _, "control"]) => "scanners.control_scan",
        ("GET", ["editor", ..]) => "editor.templates",
        ("GET", ["policies"]) => "policies.list",
        _ => "unknown",
    }
}
