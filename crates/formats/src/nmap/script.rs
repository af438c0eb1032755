//! Scripts that state vulnerabilities: `vulners`, `vulscan`, and those of Nmap's vulnerability library.
//!
//! What they print is read, not the tables beside it: the print is the same in all versions, the tables came later.
//! Each thing that is stated is a rule of its own (`vulners:CVE-2018-15919`), so that two of one script on one port stay
//! apart in any order.

use std::collections::BTreeMap;

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use scanhelm_core::{Severity, Timestamp};

use crate::gathered::bare;
use crate::weakness::{cves_in, push_new};
use crate::xml::Element;

enum Kind {
    Vulners,
    Vulscan,
    Library,
}

fn kind(script: &Element) -> Option<Kind> {
    match script.attribute("id") {
        "vulners" => Some(Kind::Vulners),
        "vulscan" => Some(Kind::Vulscan),
        _ => script.attribute("output").lines().any(|line| line.trim().starts_with("State: ")).then_some(Kind::Library),
    }
}

pub(super) fn states_vulnerabilities(script: &Element) -> bool {
    kind(script).is_some()
}

pub(super) fn findings(
    script: &Element,
    scanner: &str,
    asset: &AssetRecord,
    location: &Location,
    seen_at: Option<Timestamp>,
) -> Vec<FindingRecord> {
    let (id, output) = (single_line(script.attribute("id"), 100), script.attribute("output"));
    let stated = match kind(script) {
        None => return Vec::new(),
        Some(Kind::Vulners) => vulners(output),
        Some(Kind::Vulscan) => vulscan(output),
        Some(Kind::Library) => library(output),
    };
    let finding = |stated: Stated| {
        let rule = if stated.id.is_empty() { id.clone() } else { format!("{id}:{}", stated.id) };
        FindingRecord {
            vendor_severity: stated.word,
            cves: stated.cves,
            family: Some(id.clone()),
            description: stated.description,
            evidence: stated.evidence,
            references: stated.references,
            seen_at,
            ..bare(scanner, rule, stated.title, stated.severity, asset, location.clone())
        }
    };
    stated.into_iter().map(finding).collect()
}

struct Stated {
    /// Stable within the script; empty where it has none.
    id: String,
    title: String,
    severity: Severity,
    word: Option<String>,
    cves: Vec<String>,
    description: Option<String>,
    evidence: Option<String>,
    references: Vec<String>,
}

/// Lines of id, score, address and, where there is one, a word about an exploit. A service that is known by two names
/// has its entries twice; the worse one counts.
fn vulners(output: &str) -> Vec<Stated> {
    let mut entries: BTreeMap<String, (f64, Stated)> = BTreeMap::new();
    let mut product = "";
    for line in output.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let entry = match words.as_slice() {
            [id, score, address, ..] if address.starts_with("http") => {
                score.parse::<f64>().ok().map(|score| (*id, score, *address))
            }
            [name] => {
                product = name.trim_end_matches(':');
                None
            }
            _ => None,
        };
        let Some((id, score, address)) = entry else { continue };
        let mut cves = vec![];
        cves_in(id, &mut cves);
        let id = single_line(id, 100);
        if entries.get(&id).is_some_and(|(known, _)| *known >= score) {
            continue;
        }
        let exploit = if line.contains("*EXPLOIT*") { "An exploit is known to vulners" } else { "" };
        let stated = Stated {
            title: format!("{id} in {}", single_line(product, 200)),
            severity: Severity::from_cvss(score),
            word: Some(format!("{score}")),
            cves,
            description: Some("Matched by vulners to the version that the service reports; not tried".to_owned()),
            evidence: crate::prose::paragraphs([line.trim(), exploit]),
            references: vec![single_line(address, 2000)],
            id: id.clone(),
        };
        entries.insert(id, (score, stated));
    }
    entries.into_values().map(|(_, stated)| stated).collect()
}

/// Sections of a database each (`MITRE CVE - https://cve.mitre.org:`), in it lines such as `[CVE-2012-0814] title`. It
/// compares names and rates nothing, so what it says informs.
fn vulscan(output: &str) -> Vec<Stated> {
    let mut entries: BTreeMap<String, Stated> = BTreeMap::new();
    let mut database = String::new();
    for line in output.lines().map(str::trim) {
        let entry = line.strip_prefix('[').and_then(|line| line.split_once(']'));
        let Some((id, title)) = entry else {
            if let Some((name, _)) = line.split_once(" - http") {
                database = single_line(name, 60).to_ascii_lowercase();
            }
            continue;
        };
        let mut cves = vec![];
        cves_in(id, &mut cves);
        let id = match cves.first() {
            Some(cve) => cve.clone(),
            None => format!("{database}:{}", single_line(id, 100)),
        };
        entries.entry(id.clone()).or_insert_with(|| Stated {
            title: single_line(&format!("{id}: {}", title.trim()), 300),
            severity: Severity::Info,
            word: None,
            cves,
            description: Some("Matched by vulscan to the name and version of the service; not tried".to_owned()),
            evidence: Some(line.to_owned()),
            references: vec![],
            id,
        });
    }
    entries.into_values().collect()
}

/// Blocks of the vulnerability library: a title, below it `State: VULNERABLE`, `IDs:`, `Risk factor:`, prose,
/// `References:`. A state that begins with `NOT` or `UNKNOWN` is no finding.
fn library(output: &str) -> Vec<Stated> {
    let lines: Vec<&str> = output.lines().map(str::trim).collect();
    let states: Vec<usize> = (0..lines.len()).filter(|at| line(&lines, *at).starts_with("State: ")).collect();
    let mut all = Vec::new();
    for (nth, state_at) in states.iter().enumerate() {
        let state = line(&lines, *state_at).trim_start_matches("State: ").trim();
        if state.starts_with("NOT") || state.starts_with("UNKNOWN") {
            continue;
        }
        // The title of the next block is not of this one.
        let end = states.get(nth + 1).map_or(lines.len(), |next| next.saturating_sub(1));
        let block = lines.get(state_at + 1..end.max(state_at + 1)).unwrap_or_default();
        let title = lines.get(..*state_at).and_then(|before| before.iter().rev().find(|line| !line.is_empty()));
        all.push(block_of(title.copied().unwrap_or("Vulnerable"), state, block));
    }
    all
}

fn line<'a>(lines: &[&'a str], at: usize) -> &'a str {
    lines.get(at).copied().unwrap_or_default()
}

fn block_of(title: &str, state: &str, block: &[&str]) -> Stated {
    const HEADINGS: [&str; 5] =
        ["Disclosure date:", "Check results:", "Exploit results:", "Extra information:", "References:"];
    let (mut cves, mut ids, mut references) = (vec![], vec![], vec![]);
    let (mut risk, mut score) = (None, None);
    let (mut description, mut heading) = (Vec::new(), "");
    for line in block {
        if let Some(named) = line.strip_prefix("IDs:") {
            for id in named.split_whitespace() {
                cves_in(id, &mut cves);
                push_new(&mut ids, single_line(id, 60));
            }
        } else if line.starts_with("Risk factor:") || line.starts_with("CVSS") {
            let mut words = line.split_whitespace().peekable();
            while let Some(word) = words.next() {
                if word == "factor:" {
                    risk = words.peek().map(|word| (*word).to_owned());
                } else if word.starts_with("CVSS") && word.ends_with(':') {
                    score = words.peek().and_then(|word| word.parse::<f64>().ok()).or(score);
                }
            }
        } else if let Some(found) = HEADINGS.into_iter().find(|heading| line.starts_with(heading)) {
            heading = found;
        } else if heading == "References:" {
            if line.starts_with("http") {
                push_new(&mut references, single_line(line, 2000));
            }
        } else if heading.is_empty() && !line.is_empty() {
            description.push(*line);
        }
    }
    cves.sort_unstable();
    ids.sort_unstable();
    let severity = match risk.as_deref().map(str::to_ascii_uppercase).as_deref() {
        Some("CRITICAL") => Severity::Critical,
        Some("HIGH") => Severity::High,
        Some("LOW") => Severity::Low,
        Some("MEDIUM") => Severity::Medium,
        // The library demands no rating; half of its scripts give none.
        _ => score.map_or(Severity::Medium, Severity::from_cvss),
    };
    Stated {
        id: cves.first().or(ids.first()).cloned().unwrap_or_default(),
        title: single_line(title, 500),
        severity,
        word: Some(single_line(risk.as_deref().unwrap_or(state), 60)),
        cves,
        description: Some(description.join("\n")).filter(|text| !text.is_empty()),
        evidence: Some(format!("State: {state}\n{}", block.join("\n")).trim().to_owned()),
        references,
    }
}
