//! One result of a web application scan.

use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{CvssScore, FindingRecord, Location};
use scanhelm_core::text::single_line;

use super::super::{SCANNER, said};
use super::moment;
use crate::cvss::cvss;
use crate::gathered::{bare, filled};
use crate::html::text_of;
use crate::packed::unpacked;
use crate::prose::{labelled, paragraphs};
use crate::report::cut;
use crate::site::{page, page_on, site};
use crate::weakness::{cves_in, cwes_in};
use crate::xml::Element;

/// Bytes of an answer that are shown.
const LONGEST: usize = 16 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Vulnerability,
    Sensitive,
    Information,
}

impl Kind {
    pub(super) fn of(element: &str) -> Option<Self> {
        Some(match element {
            "VULNERABILITY" => Self::Vulnerability,
            "SENSITIVE_CONTENT" => Self::Sensitive,
            "INFORMATION_GATHERED" => Self::Information,
            _ => return None,
        })
    }
}

/// What the glossary says of a QID.
#[derive(Debug, Default)]
pub(super) struct Meaning {
    title: String,
    severity: String,
    family: String,
    description: Option<String>,
    solution: Option<String>,
    cves: Vec<String>,
    cwes: Vec<u32>,
    cvss: Vec<CvssScore>,
}

impl Meaning {
    pub(super) fn of(element: &Element) -> Self {
        let text = |name: &str| said(element.text_at(name)).map(text_of).unwrap_or_default();
        let (mut cves, mut cwes) = (vec![], vec![]);
        cwes_in(element.text_at("CWE"), &mut cwes);
        cves_in(element.text_at("CVE"), &mut cves);
        // A score alone, of version 2.
        let score = cvss("", element.text_at("CVSS_BASE").trim().parse().ok());
        let newer = cvss(element.text_at("CVSS_V3/ATTACK_VECTOR"), element.text_at("CVSS_V3/BASE").trim().parse().ok());
        Self {
            title: single_line(element.text_at("TITLE"), 500),
            severity: element.text_at("SEVERITY").trim().to_owned(),
            family: single_line(element.text_at("CATEGORY"), 200),
            description: paragraphs([text("DESCRIPTION"), text("IMPACT")]),
            solution: filled(text("SOLUTION")),
            cves,
            cwes,
            cvss: score.into_iter().chain(newer.filter(|score| score.version.starts_with('3'))).collect(),
        }
    }

    /// Bytes that it takes to keep.
    pub(super) fn size(&self) -> usize {
        let texts = [&self.description, &self.solution];
        size_of::<Self>() + self.title.len() + texts.into_iter().flatten().map(String::len).sum::<usize>()
    }
}

/// `Ok(None)`: it was there and is fixed.
pub(super) fn finding(
    kind: Kind,
    result: &Element,
    meaning: &Meaning,
    application: Option<AssetRecord>,
) -> Result<Option<FindingRecord>, String> {
    if let Some(fault) = &result.fault {
        return Err(fault.clone());
    }
    if result.text_at("STATUS").eq_ignore_ascii_case("fixed") {
        return Ok(None);
    }
    let qid = result.text_at("QID").trim();
    if qid.is_empty() || qid.len() > 12 || !qid.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("`{}` is no QID", single_line(qid, 64)));
    }
    let level = &meaning.severity;
    let severity = match (kind, level.as_str()) {
        (Kind::Information, "1" | "2" | "3" | "4" | "5") | (_, "1") => Severity::Info,
        (_, "2") => Severity::Low,
        (_, "3") => Severity::Medium,
        (_, "4") => Severity::High,
        (_, "5") => Severity::Critical,
        _ => return Err(format!("the report does not say how severe QID {qid} is")),
    };
    let is_potential = result.text_at("POTENTIAL").eq_ignore_ascii_case("true");
    let word = match kind {
        Kind::Information => format!("{level} (information gathered)"),
        _ if is_potential => format!("{level} (potential)"),
        _ => level.clone(),
    };
    let url = page(result.text_at("URL"));
    let asset = application.or_else(|| url.as_deref().map(site)).ok_or("the report names no web application")?;
    let location = match url.or_else(|| page_on("", &asset.name)) {
        Some(url) => Location::Web {
            url,
            method: None,
            parameter: said(result.text_at("PARAM")).map(|name| single_line(name, 300)),
        },
        None => Location::Asset,
    };
    let title = if meaning.title.is_empty() { format!("Qualys QID {qid}") } else { meaning.title.clone() };
    let seen = [result.text_at("DETECTION_DATE"), result.text_at("LAST_TIME_DETECTED")];
    Ok(Some(FindingRecord {
        vendor_severity: Some(word),
        cves: meaning.cves.clone(),
        cwes: meaning.cwes.clone(),
        cvss: meaning.cvss.clone(),
        family: filled(meaning.family.clone()),
        description: meaning.description.clone(),
        solution: meaning.solution.clone(),
        evidence: evidence(result),
        seen_at: seen.into_iter().find_map(moment),
        ..bare(SCANNER, qid, title, severity, &asset, location)
    }))
}

fn evidence(result: &Element) -> Option<String> {
    let mark = if result.text_at("IGNORED").eq_ignore_ascii_case("true") { "Ignored in Qualys" } else { "" };
    let mut texts = vec![mark.to_owned()];
    for payload in result.at("PAYLOADS").into_iter().flat_map(|all| all.children_named("PAYLOAD")) {
        let request = [payload.text_at("REQUEST/METHOD"), payload.text_at("REQUEST/URL")].join(" ");
        texts.push(labelled("Payload", said(payload.text_at("PAYLOAD")).unwrap_or_default()));
        texts.push(labelled("Request", &request));
        texts.extend(payload.at("RESPONSE/CONTENTS").map(content));
    }
    texts.extend(result.at("DATA").map(content));
    paragraphs(texts)
}

fn content(element: &Element) -> String {
    match element.attribute("base64") {
        "true" => unpacked(&element.text, LONGEST),
        _ => cut(&element.text, LONGEST).into_owned(),
    }
}
