//! One QID on one host, whichever document tells it.

use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use scanhelm_core::{Severity, Timestamp};

use super::host::Host;
use super::knowledge::Knowledge;
use super::{SCANNER, said};

#[derive(Clone, Debug, Default)]
pub(super) struct Detection {
    pub(super) qid: String,
    /// Qualys' word.
    kind: String,
    severity: Option<u8>,
    port: String,
    protocol: String,
    service: Option<String>,
    instance: Option<String>,
    result: Option<String>,
    pub(super) seen_at: Option<Timestamp>,
    /// Qualys' word for what became of it; empty where a document tells only what is there.
    status: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Confirmed,
    Potential,
    Information,
}

impl Detection {
    /// Takes one field by any of the names that Qualys gives it.
    pub(super) fn set(&mut self, field: &str, value: &str) {
        let Some(value) = said(value) else { return };
        let name: String = field.chars().filter(char::is_ascii_alphanumeric).collect();
        match name.to_ascii_lowercase().as_str() {
            "qid" => value.clone_into(&mut self.qid),
            "type" | "typedetected" => value.clone_into(&mut self.kind),
            "severity" => self.severity = value.parse().ok().filter(|level| (1..=5).contains(level)),
            "port" => value.clone_into(&mut self.port),
            "protocol" => self.protocol = value.to_ascii_lowercase(),
            "service" => self.service = Some(value.to_owned()),
            "instance" => self.instance = Some(value.to_owned()),
            "result" | "results" => self.result = Some(value.to_owned()),
            "status" | "vulnstatus" => value.clone_into(&mut self.status),
            _ => {}
        }
    }

    /// It was there and is not there any more.
    pub(super) fn is_fixed(&self) -> bool {
        self.status.eq_ignore_ascii_case("fixed")
    }

    /// `Err`: the record cannot be taken, and why.
    pub(super) fn finding(self, knowledge: &Knowledge, host: &Host) -> Result<FindingRecord, String> {
        if host.is_nameless() {
            return Err("it names no host".to_owned());
        }
        let qid = qid(&self.qid)?;
        let kind = kind(&self.kind)?;
        let level = self.severity.or(knowledge.severity).ok_or("it has no severity from 1 to 5")?;
        let severity = match (kind, level) {
            (Kind::Information, _) | (_, ..=1) => Severity::Info,
            (_, 2) => Severity::Low,
            (_, 3) => Severity::Medium,
            (_, 4) => Severity::High,
            (_, 5..) => Severity::Critical,
        };
        let vendor_severity = match kind {
            Kind::Confirmed => level.to_string(),
            Kind::Potential => format!("{level} (potential)"),
            Kind::Information => format!("{level} (information gathered)"),
        };
        let port = match self.port.as_str() {
            "" => 0,
            text => text.parse().map_err(|_| format!("`{}` is no port", single_line(text, 64)))?,
        };
        let protocol = if self.protocol.is_empty() { "tcp".to_owned() } else { self.protocol };
        let title =
            knowledge.title.as_ref().map_or_else(|| format!("Qualys QID {qid}"), |title| single_line(title, 500));
        Ok(FindingRecord {
            scanner: SCANNER.to_owned(),
            rule_id: qid,
            title,
            severity,
            vendor_severity: Some(vendor_severity),
            asset: host.asset(),
            location: Location::Network { port, protocol, service: self.service },
            check: self.instance,
            cves: knowledge.cves.clone(),
            cwes: vec![],
            cvss: knowledge.cvss(),
            family: knowledge.category.clone(),
            description: knowledge.description(),
            solution: knowledge.solution.clone(),
            evidence: self.result,
            references: knowledge.references(),
            seen_at: self.seen_at.or(host.visit.finished_at),
        })
    }
}

/// Part of the identity, so nothing damaged passes.
fn qid(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > 12 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("`{}` is no QID", single_line(text, 64)));
    }
    Ok(text.to_owned())
}

fn kind(word: &str) -> Result<Kind, String> {
    let lower = word.to_ascii_lowercase();
    Ok(match lower.as_str() {
        "vuln" | "confirmed" => Kind::Confirmed,
        "practice" | "potential" => Kind::Potential,
        "ig" | "info" | "information" | "information gathered" => Kind::Information,
        _ => return Err(format!("`{}` is no type of detection", single_line(word, 64))),
    })
}
