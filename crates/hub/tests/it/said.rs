//! Reports in Scanhelm's own form, so that a test says only what it is about: any scanner, any place, any CVEs.

use serde_json::{Value, json};

/// One record: what `scanner` says under `rule` of a port of a host.
pub(crate) fn says(scanner: &str, rule: &str, host: &str, port: u16, cves: &[&str]) -> Value {
    json!({
        "scanner": scanner, "rule_id": rule, "title": format!("{scanner} {rule}"), "severity": "high",
        "asset": {"kind": "host", "name": host, "keys": [{"kind": "ip", "value": host}]},
        "location": {"kind": "network", "port": port, "protocol": "tcp"},
        "cves": cves, "seen_at": "2026-01-01T00:00:00Z",
    })
}

/// What a scanner says of a line of code.
pub(crate) fn says_of_code(scanner: &str, rule: &str, path: &str, line: u32, source: &str) -> Value {
    json!({
        "scanner": scanner, "rule_id": rule, "title": format!("{scanner} {rule}"), "severity": "high",
        "asset": {"kind": "repository", "name": "shop", "keys": [{"kind": "repository", "value": "github.com/acme/shop"}]},
        "location": {"kind": "code", "path": path, "line": line, "source": source},
        "seen_at": "2026-01-01T00:00:00Z",
    })
}

/// A record with some of its fields changed.
pub(crate) fn with(mut record: Value, changes: Value) -> Value {
    for (field, value) in changes.as_object().unwrap() {
        record[field.as_str()] = value.clone();
    }
    record
}

pub(crate) fn report(records: &[Value]) -> Vec<u8> {
    json!({"schema": "scanhelm-findings/1", "findings": records}).to_string().into_bytes()
}
