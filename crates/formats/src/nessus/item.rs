//! One `<ReportItem>`: what a plugin says about a host. Its attributes say what and where; without them the record is
//! rejected. Its children say the rest; what is missing or strange there is left out.

use scanhelm_core::Severity;
use scanhelm_core::finding::{CvssScore, FindingRecord, Location};
use scanhelm_core::text::single_line;

use super::host::Host;
use crate::error::ReadError;
use crate::weakness::{cves_in, cwes_in, push_new};
use crate::xml::{Markup, Tag, XmlReader};

/// The family of compliance checks.
pub(super) const AUDITS: &str = "Policy Compliance";

/// The attributes.
pub(super) struct Head {
    pub(super) port: u16,
    pub(super) protocol: String,
    pub(super) service: Option<String>,
    pub(super) severity: Severity,
    pub(super) plugin_id: String,
    pub(super) plugin_name: String,
    pub(super) family: String,
}

impl Head {
    /// `Ok(Err(reason))`: the record cannot be taken.
    pub(super) fn read(tag: &Tag<'_>) -> Result<Result<Self, String>, ReadError> {
        let (mut port, mut protocol, mut service, mut severity) = (None, None, None, None);
        let (mut id, mut name, mut family) = (None, String::new(), String::new());
        let read = tag.attributes(|key, value| match key {
            "port" => port = Some(value.to_owned()),
            "protocol" => protocol = Some(value.to_ascii_lowercase()),
            "svc_name" => service = Some(value.to_owned()),
            "severity" => severity = Some(value.to_owned()),
            "pluginID" => id = Some(value.to_owned()),
            "pluginName" => value.clone_into(&mut name),
            "pluginFamily" => value.clone_into(&mut family),
            _ => {}
        })?;
        Ok(read.and_then(|()| {
            let port = required(port, "port")?;
            let rank = required(severity, "severity")?;
            let plugin_id = self::plugin_id(&required(id, "pluginID")?)?;
            let severity = rank.trim().parse().ok().and_then(Severity::from_rank);
            Ok(Self {
                port: self::port(&port)?,
                protocol: required(protocol, "protocol")?.trim().to_owned(),
                service: service.filter(|service| !service.is_empty()),
                severity: severity.ok_or_else(|| format!("`{}` is no severity", single_line(&rank, 64)))?,
                plugin_id,
                plugin_name: name,
                family,
            })
        }))
    }

    /// Reads the children, up to and with the end tag.
    pub(super) fn finish(self, xml: &mut XmlReader, host: &Host) -> Result<FindingRecord, ReadError> {
        let outside = xml.depth() - 1;
        let mut body = Body::default();
        let mut text = String::new();
        while xml.depth() > outside {
            let child = match xml.next()? {
                Markup::Start(tag) => Some(Child::of(tag.name())),
                _ => None,
            };
            match child {
                None => {}
                Some(None) => xml.skip_element()?,
                Some(Some(child)) => {
                    text.clear();
                    xml.read_text(&mut text)?;
                    body.take(child, text.trim());
                }
            }
        }
        Ok(self.record(body, host))
    }

    pub(super) fn record(self, mut body: Body, host: &Host) -> FindingRecord {
        if self.family == AUDITS && body.audit.name.is_none() {
            body.audit.read_old(body.description.as_deref().unwrap_or_default());
        }
        let title = body.audit.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| self.title());
        let web = host.is_web_application.then(|| page_of(body.plugin_output.as_deref()?)).flatten();
        let location = web
            .map_or(Location::Network { port: self.port, protocol: self.protocol, service: self.service }, |url| {
                Location::Web { url, method: None, parameter: None }
            });
        FindingRecord {
            scanner: "nessus".to_owned(),
            rule_id: self.plugin_id,
            title: single_line(&title, 500),
            severity: self.severity,
            vendor_severity: body.audit.result.clone().or(body.risk_factor),
            asset: host.asset(),
            location,
            check: body.audit.id.clone().or_else(|| body.audit.name.clone()),
            cves: body.cves,
            cwes: body.cwes,
            cvss: [body.cvss2, body.cvss3, body.cvss4].into_iter().filter_map(Cvss::score).collect(),
            family: Some(self.family).filter(|family| !family.is_empty()),
            description: joined([body.synopsis, body.audit.info.take(), body.description]),
            solution: body.audit.solution.take().or(body.solution).filter(|solution| solution != "n/a"),
            evidence: joined([
                body.plugin_output,
                body.audit.actual.take().map(|value| format!("Actual value:\n{value}")),
                body.audit.expected.take().map(|value| format!("Policy value:\n{value}")),
            ]),
            references: body.references,
            seen_at: host.ended_at(),
        }
    }

    fn title(&self) -> String {
        match (self.plugin_name.as_str(), self.plugin_id.as_str()) {
            ("", "0") => format!("Open port {}/{}", self.port, self.protocol),
            ("", id) => format!("Nessus plugin {id}"),
            (name, _) => name.to_owned(),
        }
    }
}

pub(super) fn port(text: &str) -> Result<u16, String> {
    text.trim().parse().map_err(|_| format!("`{}` is no port", single_line(text, 64)))
}

/// Part of the identity, so nothing damaged passes.
pub(super) fn plugin_id(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.len() > 64 || !text.chars().all(is_plain) {
        return Err(format!("`{}` is no plugin id", single_line(text, 64)));
    }
    Ok(text.to_owned())
}

fn required(value: Option<String>, name: &str) -> Result<String, String> {
    value.ok_or_else(|| format!("it has no attribute `{name}`"))
}

/// The children that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Child {
    Cve,
    Cwe,
    Description,
    Synopsis,
    Solution,
    PluginOutput,
    RiskFactor,
    SeeAlso,
    Xref,
    Cvss2Score,
    Cvss2Vector,
    Cvss3Score,
    Cvss3Vector,
    Cvss4Score,
    Cvss4Vector,
    CheckId,
    CheckName,
    Result,
    Info,
    AuditSolution,
    ActualValue,
    PolicyValue,
    AuditSeeAlso,
}

impl Child {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "cve" => Self::Cve,
            "cwe" => Self::Cwe,
            "description" => Self::Description,
            "synopsis" => Self::Synopsis,
            "solution" => Self::Solution,
            "plugin_output" => Self::PluginOutput,
            "risk_factor" => Self::RiskFactor,
            "see_also" => Self::SeeAlso,
            "xref" => Self::Xref,
            "cvss_base_score" => Self::Cvss2Score,
            "cvss_vector" => Self::Cvss2Vector,
            "cvss3_base_score" => Self::Cvss3Score,
            "cvss3_vector" => Self::Cvss3Vector,
            "cvss4_base_score" => Self::Cvss4Score,
            "cvss4_vector" => Self::Cvss4Vector,
            "cm:compliance-check-id" => Self::CheckId,
            "cm:compliance-check-name" => Self::CheckName,
            "cm:compliance-result" => Self::Result,
            "cm:compliance-info" => Self::Info,
            "cm:compliance-solution" => Self::AuditSolution,
            "cm:compliance-actual-value" => Self::ActualValue,
            "cm:compliance-policy-value" => Self::PolicyValue,
            "cm:compliance-see-also" => Self::AuditSeeAlso,
            _ => return None,
        })
    }
}

/// What the children say.
#[derive(Default)]
pub(super) struct Body {
    cves: Vec<String>,
    cwes: Vec<u32>,
    description: Option<String>,
    synopsis: Option<String>,
    solution: Option<String>,
    plugin_output: Option<String>,
    risk_factor: Option<String>,
    references: Vec<String>,
    cvss2: Cvss,
    cvss3: Cvss,
    cvss4: Cvss,
    audit: Audit,
}

impl Body {
    pub(super) fn of(cves: Vec<String>) -> Self {
        Self { cves, ..Self::default() }
    }

    pub(super) fn take(&mut self, child: Child, text: &str) {
        if text.is_empty() {
            return;
        }
        let owned = || Some(text.to_owned());
        match child {
            Child::Cve => cves_in(text, &mut self.cves),
            Child::Cwe => {
                if let Some(number) = text.parse().ok().filter(|number| *number > 0) {
                    push_new(&mut self.cwes, number);
                }
            }
            Child::Description => self.description = owned(),
            Child::Synopsis => self.synopsis = owned(),
            Child::Solution => self.solution = owned(),
            Child::PluginOutput => self.plugin_output = owned(),
            Child::RiskFactor => self.risk_factor = owned(),
            Child::SeeAlso | Child::AuditSeeAlso => {
                for reference in text.split_whitespace() {
                    push_new(&mut self.references, reference.to_owned());
                }
            }
            Child::Xref if text.get(..3).is_some_and(|kind| kind.eq_ignore_ascii_case("cwe")) => {
                cwes_in(text, &mut self.cwes);
            }
            Child::Xref => push_new(&mut self.references, text.to_owned()),
            Child::Cvss2Score => self.cvss2.score = text.parse().ok(),
            Child::Cvss2Vector => {
                self.cvss2.vector = Some(text.strip_prefix("CVSS2#").unwrap_or(text).to_owned());
            }
            Child::Cvss3Score => self.cvss3.score = text.parse().ok(),
            Child::Cvss3Vector => self.cvss3.vector = owned(),
            Child::Cvss4Score => self.cvss4.score = text.parse().ok(),
            Child::Cvss4Vector => self.cvss4.vector = owned(),
            Child::CheckId => self.audit.id = owned(),
            Child::CheckName => self.audit.name = owned(),
            Child::Result => self.audit.result = owned(),
            Child::Info => self.audit.info = owned(),
            Child::AuditSolution => self.audit.solution = owned(),
            Child::ActualValue => self.audit.actual = owned(),
            Child::PolicyValue => self.audit.expected = owned(),
        }
        if matches!(child, Child::Cvss3Score | Child::Cvss3Vector) {
            self.cvss3.version = "3.0";
        }
        if matches!(child, Child::Cvss4Score | Child::Cvss4Vector) {
            self.cvss4.version = "4.0";
        }
    }
}

#[derive(Default)]
struct Cvss {
    /// Empty: 2.0.
    version: &'static str,
    vector: Option<String>,
    score: Option<f64>,
}

impl Cvss {
    fn score(self) -> Option<CvssScore> {
        let score = self.score.filter(|score| (0.0..=10.0).contains(score));
        if score.is_none() && self.vector.is_none() {
            return None;
        }
        let said = self.vector.as_deref().and_then(|vector| vector.strip_prefix("CVSS:")?.split('/').next());
        let version = said.unwrap_or(if self.version.is_empty() { "2.0" } else { self.version }).to_owned();
        Some(CvssScore { version, vector: self.vector, score })
    }
}

/// One check of a compliance audit.
#[derive(Default)]
struct Audit {
    id: Option<String>,
    name: Option<String>,
    result: Option<String>,
    info: Option<String>,
    solution: Option<String>,
    actual: Option<String>,
    expected: Option<String>,
}

impl Audit {
    /// Scanners before 2012 wrote it all into the description: `"4.0 Minimize boot services" : [FAILED]`.
    fn read_old(&mut self, description: &str) {
        let Some((name, rest)) = description.trim_start().strip_prefix('"').and_then(|text| text.split_once('"'))
        else {
            return;
        };
        let result = rest.trim_start().strip_prefix(':').and_then(|rest| rest.trim_start().strip_prefix('['));
        if let Some((result, _)) = result.and_then(|rest| rest.split_once(']')) {
            self.name = Some(name.to_owned());
            self.result = Some(result.trim().to_owned());
        }
    }
}

/// The page that a web application plugin's output begins with, without query and fragment.
fn page_of(output: &str) -> Option<String> {
    let mut lines = output.trim_start().lines().map(str::trim);
    if lines.next()? != "URL" || !lines.next()?.starts_with("---") {
        return None;
    }
    let url = lines.next()?;
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return None;
    }
    url.split(['?', '#']).next().map(str::to_owned)
}

fn joined<const N: usize>(parts: [Option<String>; N]) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}
