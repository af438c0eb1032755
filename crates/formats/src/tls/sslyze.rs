//! SSLyze: its JSON, of versions 5 and 6. It states facts and rates nothing; what is known to be weak among them is a finding,
//! under the same rules and severities as [`super::sslscan`]'s, and of its own where that one does not look.

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use scanhelm_core::{Severity, Timestamp};
use serde_json::Value;

use super::{SHORTEST_RSA, Weak, certificate, ciphers, compression, findings, heartbleed, protocol, renegotiation};
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::network;
use crate::options::ReadOptions;
use crate::package::field;
use crate::report::ReportHeader;
use crate::sample::Sample;

pub(crate) const FORMAT: Format =
    Format { id: "sslyze", name: "SSLyze JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "sslyze";
const SERVER: &str = "server_scan_results[]";

fn recognises(sample: &Sample) -> bool {
    sample.has_json("server_scan_results[].server_location")
        || sample.has_json("server_scan_results") && sample.has_json("sslyze_version")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    records::reader(input.content, Servers { ended_at: None }, &options.limits)
}

struct Servers {
    ended_at: Option<Timestamp>,
}

impl Layout for Servers {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "server_scan_results" | SERVER => Step::Enter,
            "server_scan_results[].scan_result" => Step::Record,
            "server_scan_results[].server_location" | "server_scan_results[].scan_status" => Step::Keep,
            "date_scans_started" | "date_scans_completed" | "sslyze_version" | "invalid_server_strings" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let run = sections.first();
        self.ended_at = run.text("date_scans_completed").and_then(Timestamp::parse);
        let header = ReportHeader {
            scanner: SCANNER.to_owned(),
            scanner_version: run.text("sslyze_version").map(str::to_owned),
            started_at: run.text("date_scans_started").and_then(Timestamp::parse),
            finished_at: self.ended_at,
            ..ReportHeader::default()
        };
        let mut beginning = Beginning { header, ..Beginning::default() };
        for server in run.fact("invalid_server_strings").and_then(Value::as_array).into_iter().flatten() {
            let name = field::words(server, "server_string").unwrap_or_default();
            beginning.problems.add(&format!("SSLyze cannot tell which server `{name}` is"));
        }
        for server in sections.at(SERVER) {
            let Ok((asset, _)) = place(server.fact("server_location")) else { continue };
            match server.text("scan_status") {
                Some("COMPLETED") => beginning.cover(asset),
                status => {
                    let status = single_line(status.unwrap_or("not scanned"), 60);
                    beginning.problems.add(&format!("{}: {status}", asset.name));
                }
            }
        }
        beginning.blind = beginning.covered.is_empty();
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        if record.raw == b"null" {
            return Ok(vec![]);
        }
        let (asset, location) = place(record.around.fact("server_location"))?;
        let entry = record.value()?;
        let weak = [protocols(&entry), mechanisms(&entry), ciphers_of(&entry), self.certificates(&entry)].concat();
        let mut findings = findings(SCANNER, weak, &asset, &location);
        findings.iter_mut().for_each(|finding| finding.seen_at = self.ended_at);
        Ok(findings)
    }
}

fn place(server: Option<&Value>) -> Result<(AssetRecord, Location), String> {
    let server = server.ok_or("it names no server")?;
    let called = [field::text(server, "hostname"), field::text(server, "ip_address")];
    let asset = network::host(called.into_iter().flatten());
    let port = field::at(server, "port").and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok());
    if asset.keys.is_empty() {
        return Err("its server has no name".to_owned());
    }
    Ok((asset, network::port(port.ok_or("its server has no port")?, "tcp", None)))
}

/// As SSLyze names them in its keys, and in words.
const PROTOCOLS: [(&str, &str); 6] = [
    ("ssl_2_0", "SSLv2"),
    ("ssl_3_0", "SSLv3"),
    ("tls_1_0", "TLSv1.0"),
    ("tls_1_1", "TLSv1.1"),
    ("tls_1_2", "TLSv1.2"),
    ("tls_1_3", "TLSv1.3"),
];

/// The ciphers that the server takes with each protocol.
fn accepted(entry: &Value) -> impl Iterator<Item = (&'static str, Vec<&str>)> {
    PROTOCOLS.into_iter().map(|(key, name)| {
        let taken =
            field::list(entry, &format!("{key}_cipher_suites.result.accepted_cipher_suites")).collect::<Vec<_>>();
        (name, taken.into_iter().filter_map(|taken| field::text(taken, "cipher_suite.name")).collect())
    })
}

fn protocols(entry: &Value) -> Vec<Weak> {
    accepted(entry).filter(|(_, ciphers)| !ciphers.is_empty()).filter_map(|(name, _)| protocol(name)).collect()
}

fn ciphers_of(entry: &Value) -> Vec<Weak> {
    let of_kind = |kind: &str| {
        let all =
            accepted(entry).flat_map(|(protocol, ciphers)| ciphers.into_iter().map(move |cipher| (protocol, cipher)));
        let named: Vec<String> = all
            .filter(|(_, cipher)| kind_of(cipher) == Some(kind))
            .map(|(protocol, cipher)| single_line(&format!("{protocol} {cipher}"), 200))
            .collect();
        ciphers(kind, &named)
    };
    ["null", "anonymous", "weak"].into_iter().filter_map(of_kind).collect()
}

/// By the names of the registry of ciphers.
fn kind_of(cipher: &str) -> Option<&'static str> {
    let has = |word: &str| cipher.contains(word);
    if has("_WITH_NULL_") {
        Some("null")
    } else if has("_anon_") {
        Some("anonymous")
    } else if ["_RC4_", "_DES_", "_3DES_", "_RC2_", "_IDEA_", "_EXPORT_"].into_iter().any(has)
        || cipher.ends_with("_MD5")
    {
        Some("weak")
    } else {
        None
    }
}

fn mechanisms(entry: &Value) -> Vec<Weak> {
    let is = |path: &str, value: bool| field::at(entry, path).and_then(Value::as_bool) == Some(value);
    let mut weak = vec![];
    if is("heartbleed.result.is_vulnerable_to_heartbleed", true) {
        weak.push(heartbleed(String::new()));
    }
    if is("session_renegotiation.result.supports_secure_renegotiation", false) {
        weak.push(renegotiation());
    }
    if is("tls_compression.result.supports_compression", true) {
        weak.push(compression());
    }
    let mut add = |rule: &str, title: &str, severity, cve| {
        weak.push((rule.to_owned(), title.to_owned(), severity, cve, String::new()));
    };
    if is("openssl_ccs_injection.result.is_vulnerable_to_ccs_injection", true) {
        add("ccs-injection", "OpenSSL CCS injection", Severity::High, Some("CVE-2014-0224"));
    }
    if field::text(entry, "robot.result.robot_result").is_some_and(|told| told.starts_with("VULNERABLE")) {
        add("robot", "ROBOT: an oracle for RSA padding", Severity::High, None);
    }
    if is("session_renegotiation.result.is_vulnerable_to_client_renegotiation_dos", true) {
        add("client-renegotiation", "Clients may renegotiate without end", Severity::Low, Some("CVE-2011-1473"));
    }
    weak
}

impl Servers {
    fn certificates(&self, entry: &Value) -> Vec<Weak> {
        let mut weak = vec![];
        for deployment in field::list(entry, "certificate_info.result.certificate_deployments") {
            let Some(leaf) = field::list(deployment, "received_certificate_chain").next() else { continue };
            let subject = field::text(leaf, "subject.rfc4514_string");
            let is_own = subject.is_some() && subject == field::text(leaf, "issuer.rfc4514_string");
            let end = field::text(leaf, "not_valid_after");
            // Compared with when the scan ended, not with when the report is read.
            if end.and_then(Timestamp::parse).is_some_and(|end| self.ended_at.is_some_and(|now| end < now)) {
                weak.push(certificate("expired", end.unwrap_or_default().to_owned()));
            }
            if is_own {
                weak.push(certificate("self-signed", subject.unwrap_or_default().to_owned()));
            }
            let mut trusting = field::list(deployment, "path_validation_results").peekable();
            if !is_own
                && trusting.peek().is_some()
                && !trusting.any(|told| field::flag(told, "was_validation_successful"))
            {
                weak.push(certificate("untrusted", subject.unwrap_or_default().to_owned()));
            }
            if let Some(digest @ ("md5" | "sha1")) = field::text(leaf, "signature_hash_algorithm.name") {
                weak.push(certificate("signature", digest.to_owned()));
            }
            let is_rsa = field::text(leaf, "public_key.algorithm").is_some_and(|name| name.contains("RSA"));
            let bits = field::at(leaf, "public_key.key_size").and_then(Value::as_u64);
            if let Some(bits) = bits.filter(|bits| is_rsa && *bits < SHORTEST_RSA) {
                weak.push(certificate("key", format!("RSA {bits} bits")));
            }
        }
        weak.dedup_by(|one, other| one.0 == other.0);
        weak
    }
}
