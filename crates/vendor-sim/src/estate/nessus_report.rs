//! The `.nessus` report, version 2: the one format that Nessus and Tenable Security Center share.

use std::fmt::Write;

use quick_xml::escape::escape;

use super::hosts::Host;
use super::plugin::{Finding, Plugin};
use crate::clock::Moment;

/// What a report says about the run it is of.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) name: String,
    pub(crate) policy: String,
    pub(crate) targets: String,
    /// Identity of the run.
    pub(crate) task: String,
    pub(crate) started: Option<Moment>,
    pub(crate) ended: Option<Moment>,
}

pub(crate) const FOOT: &str = "</Report>\n</NessusClientData_v2>\n";

/// Leaves out what XML 1.0 cannot carry.
pub(crate) fn xml(text: &str) -> String {
    let clean: String = text.chars().filter(|letter| matches!(letter, '\t' | '\n' | '\r' | ' '..)).collect();
    escape(clean).into_owned()
}

/// Appends `<name>text</name>`. Writing into a `String` cannot fail.
fn element(out: &mut String, name: &str, text: &str) {
    let _ = writeln!(out, "<{name}>{}</{name}>", xml(text));
}

fn tag(out: &mut String, name: &str, value: &str) {
    let _ = writeln!(out, "<tag name=\"{name}\">{}</tag>", xml(value));
}

pub(crate) fn head(report: &Report) -> String {
    let mut out = String::from("<?xml version=\"1.0\" ?>\n<NessusClientData_v2>\n<Policy>");
    element(&mut out, "policyName", &report.policy);
    out.push_str("<Preferences><ServerPreferences>\n");
    for (name, value) in [
        ("TARGET", report.targets.as_str()),
        ("report_task_id", report.task.as_str()),
        ("name", report.policy.as_str()),
    ] {
        out.push_str("<preference>");
        element(&mut out, "name", name);
        element(&mut out, "value", value);
        out.push_str("</preference>\n");
    }
    out.push_str("</ServerPreferences></Preferences></Policy>\n");
    let _ = writeln!(out, "<Report name=\"{}\" xmlns:cm=\"http://www.nessus.org/cm\">", xml(&report.name));
    out
}

pub(crate) fn host(report: &Report, host: &Host, findings: &[Finding]) -> String {
    let mut out = String::with_capacity(findings.len() * 1500 + 1000);
    let _ = writeln!(out, "<ReportHost name=\"{}\"><HostProperties>", xml(&host.name));
    let mut time = |name: &str, moment: Option<Moment>| {
        if let Some(moment) = moment {
            tag(&mut out, name, &moment.format("%a %b %e %H:%M:%S %Y"));
            tag(&mut out, &format!("{name}_TIMESTAMP"), &moment.epoch_seconds().to_string());
        }
    };
    time("HOST_END", report.ended);
    time("HOST_START", report.started);
    tag(&mut out, "host-ip", &host.ip);
    tag(&mut out, "policy-used", &report.policy);
    tag(&mut out, "Credentialed_Scan", "false");
    let optional =
        [("host-fqdn", &host.fqdn), ("mac-address", &host.mac), ("operating-system", &host.operating_system)];
    for (name, value) in optional {
        if let Some(value) = value {
            tag(&mut out, name, value);
        }
    }
    out.push_str("</HostProperties>\n");
    for finding in findings {
        item(&mut out, finding);
    }
    out.push_str("</ReportHost>\n");
    out
}

fn item(out: &mut String, finding: &Finding) {
    let plugin: &Plugin = &finding.plugin;
    let _ = writeln!(
        out,
        "<ReportItem port=\"{}\" svc_name=\"{}\" protocol=\"{}\" severity=\"{}\" pluginID=\"{}\" pluginName=\"{}\" \
         pluginFamily=\"{}\">",
        finding.port,
        xml(&finding.service),
        xml(&finding.protocol),
        plugin.severity,
        plugin.id,
        xml(&plugin.name),
        xml(&plugin.family)
    );
    for cve in &plugin.cves {
        element(out, "cve", cve);
    }
    for (score, vector, values) in
        [("cvss_base_score", "cvss_vector", &plugin.cvss2), ("cvss3_base_score", "cvss3_vector", &plugin.cvss3)]
    {
        if let Some((number, text)) = values {
            element(out, score, number);
            if !text.is_empty() {
                element(out, vector, text);
            }
        }
    }
    for cwe in &plugin.cwes {
        element(out, "cwe", cwe);
    }
    element(out, "description", &plugin.description);
    if plugin.severity > 0 {
        element(out, "exploit_available", &plugin.exploit_available.to_string());
    }
    element(out, "plugin_modification_date", &plugin.published);
    element(out, "plugin_name", &plugin.name);
    element(out, "plugin_publication_date", &plugin.published);
    element(out, "plugin_type", &plugin.kind);
    element(out, "risk_factor", plugin.risk());
    element(out, "script_version", "1.1");
    if !plugin.see_also.is_empty() {
        element(out, "see_also", &plugin.see_also.join("\n"));
    }
    element(out, "solution", &plugin.solution);
    element(out, "synopsis", &plugin.synopsis);
    if let Some(vpr) = &plugin.vpr {
        element(out, "vpr_score", vpr);
    }
    for cwe in &plugin.cwes {
        element(out, "xref", &format!("CWE:{cwe}"));
    }
    if !finding.output.is_empty() {
        element(out, "plugin_output", &finding.output);
    }
    out.push_str("</ReportItem>\n");
}
