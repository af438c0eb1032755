//! The table for people: worst first, then a summary that says who looked and who did not.

use comfy_table::{Table, presets};
use scanhelm_core::component::{ComponentRecord, components_in_words};
use scanhelm_core::findings_in_words;
use scanhelm_core::local::suppression::Way;
use scanhelm_formats::write::Entry;

use super::{Results, ScannerResult, cell, lines_of};

const PLACE_LIMIT: usize = 70;
const TITLE_LIMIT: usize = 90;
const WARNINGS_SHOWN: usize = 5;

pub(super) fn render(results: &Results) -> String {
    let mut text = String::new();
    if !results.findings.is_empty() {
        text.push_str(&rows(&results.findings));
        text.push('\n');
    }
    if results.shows_suppressed && !results.suppressed.is_empty() {
        text.push_str(&format!("Suppressed:\n{}\n", rows(&results.suppressed)));
    }
    if let Some(components) = results.components.as_deref().filter(|components| !components.is_empty()) {
        text.push_str(&format!("{}\n", listed(components)));
    }
    text.push_str(&format!("{}: {}\n", cell(&results.name, 200), outcome(results)));
    if !results.suppressed.is_empty() {
        text.push_str(&format!("  {}\n", suppressed(results)));
    }
    for warning in &results.warnings {
        text.push_str(&format!("  warning: {}\n", cell(warning, 500)));
    }
    if nothing_can_be_used(results) {
        text.push_str("  None of its scanners can be used on this machine: `scanhelm status` says which can.\n");
    }
    for scanner in &results.scanners {
        text.push_str(&described(scanner));
    }
    text
}

fn rows(findings: &[Entry]) -> String {
    let mut table = Table::new();
    let marked = findings.iter().any(|finding| finding.suppressed.is_some());
    let mut header = vec!["SEVERITY", "SCANNER", "RULE", "LOCATION", "TITLE"];
    header.extend(marked.then_some("SUPPRESSED BY"));
    table.load_style(presets::NOTHING).set_header(header);
    for Entry { record, suppressed, .. } in findings {
        let location = record.location.label();
        let place = if location.is_empty() { record.asset.name.clone() } else { location };
        let mut row = vec![
            record.severity.to_string(),
            cell(&record.scanner, 30),
            cell(&record.rule_id, 60),
            tail(&place),
            cell(&record.title, TITLE_LIMIT),
        ];
        row.extend(suppressed.as_ref().map(|suppressed| {
            let justification = suppressed.justification().map(|text| format!(": {text}")).unwrap_or_default();
            cell(&format!("{}{justification}", suppressed.by.as_str()), TITLE_LIMIT)
        }));
        table.add_row(row);
    }
    lines_of(&table)
}

fn listed(components: &[ComponentRecord]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["COMPONENT", "VERSION", "TYPE", "LICENSES", "LOCATION"]);
    for component in components {
        let group = component.group.as_ref().map(|group| format!("{group}/")).unwrap_or_default();
        table.add_row([
            cell(&format!("{group}{}", component.name), 60),
            cell(component.version.as_deref().unwrap_or_default(), 40),
            cell(component.ecosystem().unwrap_or(component.kind.as_str()), 30),
            cell(&component.licenses.join(", "), 40),
            component.locations.first().map(|place| tail(place)).unwrap_or_default(),
        ]);
    }
    lines_of(&table)
}

/// `3 suppressed: 1 inline, 2 baseline`.
fn suppressed(results: &Results) -> String {
    let count = |way: &Way| {
        let of = |entry: &&Entry| entry.suppressed.as_ref().is_some_and(|suppressed| suppressed.by == *way);
        (way.as_str(), results.suppressed.iter().filter(of).count())
    };
    let parts = Way::ALL.iter().map(count).filter(|(_, count)| *count > 0);
    let parts: Vec<String> = parts.map(|(way, count)| format!("{count} {way}")).collect();
    let hint = if results.shows_suppressed { "" } else { "; --show-suppressed shows them" };
    format!("{} suppressed: {}{hint}", results.suppressed.len(), parts.join(", "))
}

/// Where nothing was read, "no findings" would be a claim that nobody can make.
fn outcome(results: &Results) -> String {
    let ran = |scanner: &ScannerResult| matches!(scanner, ScannerResult::Ran { .. });
    if !results.scanners.is_empty() && !results.scanners.iter().any(ran) {
        return "no result: no scanner looked".to_owned();
    }
    let looked = |scanner: &ScannerResult| matches!(scanner, ScannerResult::Ran { components: None, .. });
    let listed = results.components.as_ref().map(|components| components_in_words(components.len() as u64));
    match listed {
        None => results.counts().in_words(),
        // Nobody looked for findings.
        Some(listed) if !results.scanners.iter().any(looked) => listed,
        Some(listed) => format!("{}; {listed}", results.counts().in_words()),
    }
}

fn nothing_can_be_used(results: &Results) -> bool {
    let missing = |scanner: &ScannerResult| matches!(scanner, ScannerResult::Skipped { install_hint: Some(_), .. });
    !results.scanners.is_empty() && results.scanners.iter().all(missing)
}

fn described(scanner: &ScannerResult) -> String {
    let named = |scanner: &str, version: &Option<String>| match version {
        Some(version) => format!("{} {}", cell(scanner, 100), cell(version, 40)),
        None => cell(scanner, 100),
    };
    match scanner {
        ScannerResult::Ran { scanner, version, findings, components, warnings } => {
            let brought = components.map_or_else(|| findings_in_words(*findings), components_in_words);
            let partial = if warnings.is_empty() { "" } else { ", partial" };
            let mut text = format!("  {}: {brought}{partial}\n", named(scanner, version));
            for warning in warnings.iter().take(WARNINGS_SHOWN) {
                text.push_str(&format!("    warning: {}\n", cell(warning, 300)));
            }
            if warnings.len() > WARNINGS_SHOWN {
                text.push_str(&format!("    and {} more warnings\n", warnings.len() - WARNINGS_SHOWN));
            }
            text
        }
        ScannerResult::Skipped { scanner, reason, install_hint } => {
            let hint = install_hint.as_ref().map(|hint| format!("\n    install: {hint}")).unwrap_or_default();
            format!("  {}: skipped, {}{hint}\n", cell(scanner, 100), cell(reason, 300))
        }
        ScannerResult::Failed { scanner, version, reason } => {
            format!("  {}: FAILED, {}\n", named(scanner, version), cell(reason, 500))
        }
    }
}

/// Of a long path the end says more.
fn tail(place: &str) -> String {
    let place = cell(place, 1000);
    let length = place.chars().count();
    if length <= PLACE_LIMIT {
        return place;
    }
    let kept: String = place.chars().skip(length - PLACE_LIMIT + 1).collect();
    format!("…{kept}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_read_is_not_called_clean() {
        let reason = "cut off".to_owned();
        let failed = ScannerResult::Failed { scanner: "a.nessus".to_owned(), version: None, reason };
        let results = Results::of_report("a.nessus".to_owned(), vec![failed], Vec::new());
        assert_eq!(outcome(&results), "no result: no scanner looked");
    }

    #[test]
    fn a_long_path_keeps_its_end() {
        let long = format!("{}/app.py:7", "folder/".repeat(30));
        assert!(tail(&long).starts_with('…') && tail(&long).ends_with("/app.py:7"));
        assert_eq!(tail(&long).chars().count(), PLACE_LIMIT);
    }
}
