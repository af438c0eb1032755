//! Scanners for secrets. Their reports are themselves a leak: many hold each secret in clear text. What is stored
//! identifies the secret and shows where it is, but is not the secret: the digest of it (SHA-256, its first 16 hex digits;
//! the scanner's own digest where the report is redacted and the scanner has one that stays) and the text around it
//! with the secret masked. Rejected records are shown without their content.
//!
//! Where git history was scanned, the commit is part of what identifies: it never changes, and the leak in it stays
//! when the file is cleaned. These scanners rank nothing, or call what they verified worse; so the severity is high
//! where the report has none, critical where the secret was seen to work.

mod betterleaks;
mod detect_secrets;
mod gitleaks;
mod kingfisher;
mod trufflehog;
mod trufflehog3;
mod whispers;

use scanhelm_core::Severity;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use sha2::{Digest, Sha256};

use crate::code_report::Place;
use crate::gathered::{bare, filled};

pub(crate) const BETTERLEAKS: crate::format::Format = betterleaks::FORMAT;
pub(crate) const DETECT_SECRETS: crate::format::Format = detect_secrets::FORMAT;
pub(crate) const GITLEAKS: crate::format::Format = gitleaks::FORMAT;
pub(crate) const KINGFISHER: crate::format::Format = kingfisher::FORMAT;
pub(crate) const TRUFFLEHOG: crate::format::Format = trufflehog::FORMAT;
pub(crate) const TRUFFLEHOG3: crate::format::Format = trufflehog3::FORMAT;
pub(crate) const WHISPERS: crate::format::Format = whispers::FORMAT;

/// What a scanner found, with the secret still in clear text.
pub(crate) struct Leak<'a> {
    pub(crate) scanner: &'a str,
    pub(crate) rule_id: String,
    pub(crate) title: String,
    pub(crate) severity: Severity,
    pub(crate) vendor_severity: Option<String>,
    pub(crate) path: String,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
    pub(crate) commit: Option<&'a str>,
    pub(crate) secret: &'a str,
    /// The scanner's own name for the secret, the same in every run.
    pub(crate) known_as: Option<String>,
    /// The text around the secret.
    pub(crate) context: &'a str,
    pub(crate) description: Option<String>,
    /// Facts about the leak that are no secret, one a line.
    pub(crate) facts: Vec<String>,
}

impl Leak<'_> {
    pub(crate) fn finding(self, place: &Place) -> FindingRecord {
        let secret = self.secret.trim();
        let commit = self.commit.filter(|commit| !commit.is_empty());
        let identity = digest(secret).map(|digest| format!("secret sha256:{digest}")).or(self.known_as);
        let mut check: Vec<String> = identity.into_iter().collect();
        check.extend(commit.map(|commit| format!("commit {commit}")));
        let mut evidence: Vec<String> = filled(masked(self.context, secret)).into_iter().collect();
        evidence.extend(commit.map(|commit| format!("Commit: {commit}")));
        evidence.extend(self.facts);
        let path = place.tree.relative(&self.path);
        let location = match path.is_empty() {
            true => Location::Asset,
            // Never the matched line: it holds the secret.
            false => {
                Location::Code { path, line: self.line.filter(|line| *line > 0), column: self.column, source: None }
            }
        };
        FindingRecord {
            vendor_severity: self.vendor_severity,
            check: Some(check.join(" ")).filter(|check| !check.is_empty()),
            cwes: vec![798],
            family: Some("secrets".to_owned()),
            description: self.description.map(|text| masked(&text, secret)),
            evidence: filled(evidence.join("\n")),
            ..bare(
                self.scanner,
                self.rule_id,
                single_line(&masked(&self.title, secret), 200),
                self.severity,
                &place.asset,
                location,
            )
        }
    }
}

/// Scanners whose SARIF quotes the secrets that they found.
const OF_SECRETS: [&str; 8] =
    ["gitleaks", "trufflehog", "trufflehog3", "detect-secrets", "betterleaks", "kingfisher", "whispers", "secretlint"];

/// Whether all that this scanner quotes can be a secret.
pub(crate) fn quotes_secrets(scanner: &str) -> bool {
    OF_SECRETS.contains(&scanner)
}

/// Takes the secret out of a record of a scanner that quotes it as the matched source, and puts its digest in, as the
/// readers here do; so both formats of a scanner give one finding.
pub(crate) fn conceal(record: &mut FindingRecord) {
    let Location::Code { source, .. } = &mut record.location else { return };
    let Some(secret) = source.take() else { return };
    let secret = secret.trim();
    record.check = record.check.take().or_else(|| digest(secret).map(|digest| format!("secret sha256:{digest}")));
    for text in [&mut record.description, &mut record.solution, &mut record.evidence].into_iter().flatten() {
        *text = masked(text, secret);
    }
    record.title = masked(&record.title, secret);
}

/// `None` for what is no secret but a note that it was taken out.
fn digest(secret: &str) -> Option<String> {
    if secret.is_empty() || is_redacted(secret) {
        return None;
    }
    let mut digest = hex::encode(Sha256::digest(secret.as_bytes()));
    digest.truncate(16);
    Some(digest)
}

fn is_redacted(secret: &str) -> bool {
    secret.contains("REDACTED") || secret.ends_with("...") || secret.chars().all(|letter| letter == '*')
}

/// The beginning of a secret, enough for its owner to recognise it and a fifth of it at most; its end never.
fn mask(secret: &str) -> String {
    let shown: String = secret.chars().take((secret.chars().count() / 5).min(4)).collect();
    format!("{shown}[masked]")
}

/// The text without the secret in it, in none of its spellings and in no part of several lines.
fn masked(text: &str, secret: &str) -> String {
    if secret.is_empty() || is_redacted(secret) {
        return text.to_owned();
    }
    let mut text = text.replace(secret, &mask(secret));
    for line in secret.lines().map(str::trim).filter(|line| line.len() >= 8) {
        text = text.replace(line, "[masked]");
    }
    let quoted = serde_json::to_string(secret).unwrap_or_default();
    let quoted = quoted.trim_matches('"');
    if quoted.is_empty() { text } else { text.replace(quoted, "[masked]") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_digest_and_never_shown_whole() {
        assert_eq!(mask("AKIAIOSFODNN7EXAMPLE"), "AKIA[masked]");
        assert_eq!(mask("pass"), "[masked]");
        assert_eq!(masked("key = \"AKIAIOSFODNN7EXAMPLE\"", "AKIAIOSFODNN7EXAMPLE"), "key = \"AKIA[masked]\"");
        assert_eq!(
            masked("-----BEGIN KEY-----\nMIIEowIBAAKCAQ\n", "-----BEGIN KEY-----\nMIIEowIBAAKCAQ\nxx"),
            "[masked]\n[masked]\n"
        );
        assert_eq!(digest("AKIAIOSFODNN7EXAMPLE").as_deref(), Some("1a5d44a2dca19669"));
        for redacted in ["REDACTED", "[REDACTED:32e45292]", "AKIA...", "****", ""] {
            assert_eq!(digest(redacted), None, "{redacted}");
        }
    }
}
