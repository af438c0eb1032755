//! GitLab's Code Quality report: a list of Code Climate's issues.
//!
//! GitLab compares the fingerprints of two pipelines and drops what has one twice. So it is made of what tells findings
//! of one scanner apart (scanner, rule, asset, place, ordinal among equals) and of nothing that moves with the lines.
//! GitLab wants a file and a line of everything: a finding without a file has its asset's name instead, one without a
//! line stands at the first.

use std::io::{self, Write};

use scanhelm_core::Severity;
use scanhelm_core::finding::identity::scanner_ref;
use scanhelm_core::text::single_line;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::entry::Entry;
use super::order::Findings;
use super::place::file_of;
use super::{Items, non_empty};

/// As long as the titles that are read back.
const LONGEST_DESCRIPTION: usize = 200;

pub(super) fn write(output: &mut dyn Write, findings: &Findings<'_>) -> io::Result<()> {
    output.write_all(b"[")?;
    let mut items = Items::new(output);
    findings.each(|entry| {
        let record = &entry.record;
        let (path, line, _) = file_of(record).unwrap_or((&record.asset.name, None, None));
        let line = line.unwrap_or(1);
        items.item(&json!({
            "type": "issue",
            "categories": ["Security"],
            "engine_name": record.scanner,
            "check_name": record.rule_id,
            "description": single_line(non_empty(&record.title, &record.rule_id), LONGEST_DESCRIPTION),
            "content": {"body": record.description.as_deref().unwrap_or_default()},
            "fingerprint": fingerprint(entry),
            "severity": severity(record.severity),
            "location": {"path": non_empty(path, "asset"), "lines": {"begin": line, "end": line}},
        }))
    })?;
    output.write_all(b"\n]\n")
}

fn fingerprint(entry: &Entry) -> String {
    let mut hash = Sha256::new();
    hash.update(b"scanhelm-codequality-fingerprint-v1");
    hash.update(scanner_ref(&entry.record, entry.identity.ordinal));
    hex::encode(hash.finalize())
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info => "info",
    }
}
