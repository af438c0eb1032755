//! From a result to a finding.

use scanhelm_core::Severity;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::{clean, single_line};

use super::context::RunContext;
use super::model::{SarifResult, Suppression};
use super::own::OwnFacts;
use super::rules::{RuleFacts, cwe_of, each_text, filled, security_severity};
use crate::options::Limits;
use crate::secrets;
use crate::semgrep;
use crate::weakness::{cves_in, cwes_in};

/// Results of tools that name no rule share this one.
const NO_RULE: &str = "no-rule-id";

/// `Ok(None)`: the result says that there is no finding.
pub(super) fn read(raw: &[u8], run: &mut RunContext, limits: &Limits) -> Result<Option<FindingRecord>, String> {
    let result: SarifResult = serde_json::from_slice(raw).map_err(|error| error.to_string())?;
    if result.baseline_state.as_deref() == Some("absent") {
        return Ok(None);
    }
    let place = run.places.of(&result);
    let rule = run.rules.of(&result);
    let rule_id = result
        .rule_id
        .as_deref()
        .or_else(|| result.rule.as_ref()?.id.as_deref())
        .or_else(|| Some(rule?.id.as_str()))
        .filter(|id| !id.trim().is_empty())
        .unwrap_or(NO_RULE)
        .to_owned();
    let (cves, cwes) = weaknesses(&result, rule, &rule_id);
    let message = message(&result, rule);
    let source = match &place.location {
        Location::Code { source, .. } => source.clone(),
        _ => None,
    };
    let mut record = FindingRecord {
        scanner: run.rules.scanner.clone(),
        title: title(&message, rule, &rule_id),
        severity: severity(&result, rule),
        vendor_severity: result.level.clone().or_else(|| rule?.level.clone()),
        asset: place.asset.unwrap_or_else(|| run.asset.clone()),
        location: place.location,
        check: None,
        cves,
        cwes,
        cvss: vec![],
        family: None,
        description: described(message, rule).map(|text| clean(&text, limits.max_text)),
        solution: result.fixes.iter().flatten().find_map(|fix| Some(fix.description.as_ref()?.plain()?.to_owned())),
        evidence: evidence(&result, source).map(|text| clean(&text, limits.max_text)),
        references: rule.and_then(|rule| rule.help_uri.clone()).into_iter().collect(),
        seen_at: None,
        rule_id,
    };
    if secrets::quotes_secrets(&record.scanner) {
        secrets::conceal(&mut record);
    }
    if let Some(own) = OwnFacts::read(&result.properties) {
        own.apply(&mut record);
    }
    Ok(Some(record))
}

fn severity(result: &SarifResult, rule: Option<&RuleFacts>) -> Severity {
    let kind = result.kind.as_deref().unwrap_or("fail");
    if matches!(kind, "pass" | "notApplicable" | "informational") {
        return Severity::Info;
    }
    let score = security_severity(&result.properties).or_else(|| rule?.security_severity);
    if let Some(score) = score {
        return Severity::from_cvss(score);
    }
    let level = result.level.as_deref().or_else(|| rule?.level.as_deref());
    match level {
        Some("error") => Severity::High,
        Some("warning") => Severity::Medium,
        Some("note") => Severity::Low,
        Some(_) => Severity::Info,
        None if kind == "fail" => Severity::Medium,
        None => Severity::Info,
    }
}

fn message(result: &SarifResult, rule: Option<&RuleFacts>) -> Option<String> {
    let arguments = result.message.arguments.as_deref().unwrap_or_default();
    let own = result.message.plain().map(|text| filled(text, arguments));
    own.or_else(|| rule?.message(&result.message))
}

fn title(message: &Option<String>, rule: Option<&RuleFacts>, rule_id: &str) -> String {
    match rule.and_then(|rule| rule.title.as_deref()).map(|title| single_line(title, 200)) {
        Some(title) if !title.is_empty() => title,
        _ => semgrep::title(message.as_deref().unwrap_or_default(), rule_id),
    }
}

fn described(message: Option<String>, rule: Option<&RuleFacts>) -> Option<String> {
    let general = rule.and_then(|rule| rule.description.clone());
    match (message, general) {
        (Some(message), Some(general)) if message.trim() != general.trim() => Some(format!("{message}\n\n{general}")),
        (message, general) => message.or(general),
    }
}

fn evidence(result: &SarifResult, source: Option<String>) -> Option<String> {
    let in_force =
        |suppression: &&Suppression| !matches!(suppression.status.as_deref(), Some("rejected" | "underReview"));
    let Some(suppression) = result.suppressions.iter().flatten().find(in_force) else {
        return source;
    };
    let kind = suppression.kind.as_deref().unwrap_or("unknown");
    let reason = suppression.justification.as_deref().unwrap_or("no reason given");
    Some(format!("Suppressed in the scanner ({kind}): {reason}\n{}", source.unwrap_or_default()).trim_end().to_owned())
}

fn weaknesses(result: &SarifResult, rule: Option<&RuleFacts>, rule_id: &str) -> (Vec<String>, Vec<u32>) {
    let (mut cves, mut cwes) = rule.map(|rule| (rule.cves.clone(), rule.cwes.clone())).unwrap_or_default();
    cves_in(rule_id, &mut cves);
    for key in ["cve", "cves", "cwe", "tags"] {
        each_text(result.properties.get(key), &mut |text| {
            cves_in(text, &mut cves);
            cwes_in(text, &mut cwes);
        });
    }
    result.taxa.iter().flatten().for_each(|taxon| cwe_of(taxon, &mut cwes));
    (cves, cwes)
}
