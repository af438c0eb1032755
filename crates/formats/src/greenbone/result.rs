//! One `<result>`: what a test says about a host.

use scanhelm_core::Severity;
use scanhelm_core::finding::{CvssScore, FindingRecord, Location};
use scanhelm_core::text::single_line;

use super::SCANNER;
use super::survey::Survey;
use crate::cvss::cvss;
use crate::gathered::{bare, filled};
use crate::network;
use crate::prose::{labelled, paragraphs};
use crate::weakness::{cves_in, push_new};
use crate::xml::Element;

const FALSE_POSITIVE: f64 = -1.0;
const ERROR: f64 = -3.0;

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// What went wrong, where the result is an error of the scan.
pub(super) fn error(result: &Element) -> Option<String> {
    let is_error = number(result.text_at("severity")) == Some(ERROR) || result.text_at("threat") == "Error";
    is_error.then(|| format!("{}: {}", result.text_at("host"), result.text_at("description")))
}

pub(super) fn finding(result: &Element, survey: &Survey) -> Result<FindingRecord, String> {
    if let Some(fault) = &result.fault {
        return Err(fault.clone());
    }
    let address = result.text_at("host");
    if address.is_empty() {
        return Err("it names no host".to_owned());
    }
    let nvt = result.at("nvt").ok_or("it has no <nvt>, so nothing says what it is")?;
    let oid = self::oid(nvt.attribute("oid"))?;
    let tags = Tags::of(nvt.text_at("tags"));
    let (severity, word, mark) = rated(result)?;
    let title = [nvt.text_at("name"), result.text_at("name")].into_iter().find(|name| !name.is_empty());
    let (mut cves, mut references) = (vec![], vec![]);
    cves_in(&oid, &mut cves);
    cves_in(nvt.text_at("cve"), &mut cves);
    for reference in nvt.at("refs").into_iter().flat_map(|refs| refs.children_named("ref")) {
        let (kind, id) = (reference.attribute("type"), reference.attribute("id"));
        match kind.to_ascii_lowercase().as_str() {
            _ if id.is_empty() => {}
            "cve" => cves_in(id, &mut cves),
            "url" => push_new(&mut references, single_line(id, 2000)),
            _ => push_new(&mut references, single_line(&format!("{kind}:{id}"), 2000)),
        }
    }
    // As versions before 9 wrote them.
    for reference in nvt.text_at("xref").split(", ").filter_map(|text| text.trim().strip_prefix("URL:")) {
        push_new(&mut references, single_line(reference, 2000));
    }
    let solution = nvt.text_at("solution");
    Ok(FindingRecord {
        vendor_severity: Some(word),
        cves,
        cvss: scores(nvt, tags.get("cvss_base_vector")),
        family: filled(single_line(nvt.text_at("family"), 200)),
        description: paragraphs(["summary", "insight", "impact", "affected"].map(|name| tags.get(name))),
        solution: paragraphs([if solution.is_empty() { tags.get("solution") } else { solution }]),
        evidence: paragraphs([
            mark,
            result.text_at("description"),
            &labelled("Quality of detection in percent", result.text_at("qod/value")),
        ]),
        references,
        seen_at: survey.ended(address),
        ..bare(
            SCANNER,
            oid.clone(),
            single_line(title.unwrap_or(&oid), 500),
            severity,
            &survey.asset(address),
            location(result.text_at("port"))?,
        )
    })
}

/// Part of the identity, so nothing damaged passes. The scanner that only compares versions gives a CVE in its place.
pub(super) fn oid(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    if text.is_empty() || text.len() > 64 || !text.chars().all(is_plain) {
        return Err(format!("`{}` is no id of a test", single_line(text, 64)));
    }
    Ok(text.to_owned())
}

/// Severity, the number as it stands, and a mark.
fn rated(result: &Element) -> Result<(Severity, String, &'static str), String> {
    let text = result.text_at("severity");
    let score = number(text).ok_or_else(|| format!("`{}` is no severity", single_line(text, 64)))?;
    if score == FALSE_POSITIVE {
        let before = result.text_at("original_severity");
        let score = number(before).or(number(result.text_at("nvt/cvss_base")));
        let mark = "Marked in Greenbone as false positive";
        return Ok((severity(score.unwrap_or_default())?, single_line(before, 10), mark));
    }
    Ok((severity(score)?, single_line(text, 10), ""))
}

pub(super) fn severity(score: f64) -> Result<Severity, String> {
    if (0.0..=10.0).contains(&score) {
        return Ok(Severity::from_cvss(score));
    }
    Err(format!("`{score}` is no severity"))
}

/// `443/tcp`, `general/icmp`, `https (443/tcp)`; anything else is the host as a whole.
fn location(text: &str) -> Result<Location, String> {
    let place = text.rsplit_once('(').map_or(text, |(_, inner)| inner.trim_end_matches(')'));
    let (port, protocol) = place.trim().split_once('/').unwrap_or(("general", ""));
    let protocol = protocol.trim().to_ascii_lowercase();
    if port.trim().bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(network::port(network::port_number(port)?, &protocol, None));
    }
    let protocol = if matches!(protocol.as_str(), "udp" | "icmp" | "sctp") { protocol } else { "tcp".to_owned() };
    Ok(network::port(0, &protocol, None))
}

fn scores(nvt: &Element, vector: &str) -> Vec<CvssScore> {
    let mut all: Vec<CvssScore> = Vec::new();
    for severity in nvt.at("severities").into_iter().flat_map(|all| all.children_named("severity")) {
        if severity.attribute("type").starts_with("cvss_base") {
            all.extend(cvss(severity.text_at("value"), number(severity.text_at("score"))));
        }
    }
    if all.is_empty() {
        let vector = if vector == "NONE" { "" } else { vector };
        all.extend(cvss(vector, number(nvt.text_at("cvss_base"))));
    }
    all
}

/// `summary=...|insight=...|solution=...`.
struct Tags<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Tags<'a> {
    fn of(text: &'a str) -> Self {
        Self(text.split('|').filter_map(|tag| tag.split_once('=')).collect())
    }

    fn get(&self, name: &str) -> &'a str {
        self.0.iter().find(|(known, _)| known.trim() == name).map_or("", |(_, value)| value.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_has_many_spellings() {
        let label = |text: &str| scanhelm_core::finding::identity::location(&location(text).unwrap());
        assert_eq!(label("443/tcp"), "port:443/tcp");
        assert_eq!(label("https (443/tcp)"), "port:443/tcp");
        assert_eq!(label("general/tcp"), "port:0/tcp");
        assert_eq!(label("general/CPE-T"), "port:0/tcp");
        assert_eq!(label("general/icmp"), "port:0/icmp");
        assert_eq!(label(""), "port:0/tcp");
        assert!(location("99999/tcp").is_err());
    }
}
