//! What the scanned project says of its own findings: comments, rules, a baseline and severities, read as `scanhelm scan`
//! reads them.
//!
//! It is a target that speaks about itself, so the operator decides whether it is heard at all (`[local]
//! project_suppression`), whoever makes a scan can leave it aside for that one (`no_suppress`), and a company that wants
//! two people for every suppression hears it nowhere: a comment in the source would go past the second, and so would a
//! severity that nobody looks at. What cannot be read suppresses nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::finding::identity::scanner_ref;
use scanhelm_core::finding::{FindingRecord, FindingState};
use scanhelm_core::local::suppression::{Baseline, Suppressed, Way};
use scanhelm_core::permission::Actor;
use scanhelm_core::scan::Scan;
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, Result, SeverityCounts, Timestamp, findings_in_words};
use scanhelm_runner::project::{self, Project};
use scanhelm_runner::{Registry, SourceTree};
use serde_json::json;

use super::roots::Roots;
use crate::Hub;

/// Warnings in the feed; a project can have any number.
const TOLD: usize = 50;

/// What is suppressed in a scan.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// By the scanner's reference.
    pub(crate) suppressed: HashMap<String, Suppressed>,
    /// Of the findings that are left.
    pub(crate) kept: SeverityCounts,
}

/// Asks the project and tells the feed what it said. `looked`: the scanners that looked for flaws.
pub(super) async fn said(
    hub: &Hub,
    scan: &Scan,
    records: Vec<Box<FindingRecord>>,
    looked: BTreeSet<String>,
) -> Result<(Said, Vec<Box<FindingRecord>>)> {
    let counts = records.iter().map(|record| record.severity).collect();
    let target = scan.config.get("target_path").and_then(serde_json::Value::as_str);
    let unheard = scan.config.get("no_suppress").and_then(serde_json::Value::as_bool).unwrap_or_default();
    let Some(target) = target.filter(|_| hub.settings().local.project_suppression && !unheard) else {
        return Ok((Said { kept: counts, ..Said::default() }, records));
    };
    let (target, roots, now) = (PathBuf::from(target), Roots::of(hub.settings()), hub.now());
    let registry = hub.0.scanners.registry().clone();
    let second_person = hub.store().triage_policy(scan.company_id).await?.needs_approval(FindingState::Suppressed);
    let asked =
        tokio::task::spawn_blocking(move || asked(&target, &roots, &registry, records, &looked, second_person, now));
    let Asked { said, records, told } = asked.await.map_err(Error::internal)?;
    tell(hub, scan, &told, second_person).await?;
    Ok((if second_person { Said { kept: counts, ..Said::default() } } else { said }, records))
}

struct Asked {
    said: Said,
    records: Vec<Box<FindingRecord>>,
    told: Told,
}

/// For the feed.
#[derive(Default)]
struct Told {
    /// How many are suppressed by each.
    ways: BTreeMap<Way, u64>,
    /// How many have another severity than the scanner gave them.
    rated: u64,
    warnings: Vec<String>,
}

fn asked(
    target: &Path,
    roots: &Roots,
    registry: &Registry,
    mut records: Vec<Box<FindingRecord>>,
    looked: &BTreeSet<String>,
    second_person: bool,
    now: Timestamp,
) -> Asked {
    let (tree, project, baseline) = match settings(target, roots, registry) {
        Ok(settings) => settings,
        Err(problem) => {
            let kept = records.iter().map(|record| record.severity).collect();
            let warnings = vec![format!("{problem}; so nothing is suppressed")];
            return Asked {
                said: Said { kept, ..Said::default() },
                records,
                told: Told { warnings, ..Told::default() },
            };
        }
    };
    let rated = if second_person { 0 } else { project.rate(&mut records) };
    let (mut said, mut judged) = (Said::default(), Vec::with_capacity(records.len()));
    let warnings = project.judge(tree.root(), records, looked, baseline, now, |record, verdict| {
        match verdict.suppressed {
            Some(suppressed) => {
                said.suppressed.insert(scanner_ref(&record, verdict.identity.ordinal), suppressed);
            }
            None => said.kept.add(record.severity, 1),
        }
        judged.push(record);
    });
    let mut ways = BTreeMap::new();
    for suppressed in said.suppressed.values() {
        *ways.entry(suppressed.by).or_insert(0) += 1;
    }
    Asked { said, records: judged, told: Told { ways, rated, warnings } }
}

/// Read below the operator's folders alone: a link in a target must not show other files.
fn settings(
    target: &Path,
    roots: &Roots,
    registry: &Registry,
) -> std::result::Result<(SourceTree, Project, Option<Baseline>), String> {
    let tree = SourceTree::resolve(target, None).map_err(|error| error.to_string())?;
    let readable = |path: &Path| roots.allowed(path).map_err(|error| error.detail);
    let project = match project::find(tree.root()) {
        Some(file) => {
            readable(&file)?;
            Project::read(&file, registry).map_err(|error| error.to_string())?
        }
        None => Project::default(),
    };
    let baseline = match &project.baseline {
        Some(file) => Some(project::read_baseline(&readable(file)?)?),
        None => None,
    };
    Ok((tree, project, baseline))
}

async fn tell(hub: &Hub, scan: &Scan, told: &Told, second_person: bool) -> Result<()> {
    let Told { ways, rated, warnings } = told;
    let suppressed: u64 = ways.values().sum();
    if suppressed == 0 && *rated == 0 && warnings.is_empty() {
        return Ok(());
    }
    let named: Vec<String> = ways.iter().map(|(way, count)| format!("{count} {}", way.as_str())).collect();
    let findings = findings_in_words(suppressed);
    let mut message = match (suppressed, second_person) {
        (0, _) => "The project suppresses no finding.".to_owned(),
        (_, false) => format!("The project suppresses {findings}: {}.", named.join(", ")),
        (_, true) => format!(
            "The project would suppress {findings} ({}). They stay open: this company asks for a second person.",
            named.join(", ")
        ),
    };
    if *rated > 0 {
        message.push_str(&format!(" It changes the severity of {}.", findings_in_words(*rated)));
    }
    if let Some(first) = warnings.first() {
        let more = if warnings.len() > 1 { format!(" ({} warnings)", warnings.len()) } else { String::new() };
        message.push_str(&format!(" Warning: {first}{more}."));
    }
    let count = |way| ways.get(&way).copied().unwrap_or(0);
    let shown: Vec<String> = warnings.iter().take(TOLD).map(|warning| single_line(warning, 300)).collect();
    let activity = NewActivity {
        company_id: scan.company_id,
        scan_id: scan.id,
        at: hub.now(),
        actor: Actor::System,
        event: Event::ScanSuppression,
        message: single_line(&message, 1000),
        data: json!({
            "inline": count(Way::Inline), "config": count(Way::Config), "baseline": count(Way::Baseline),
            "severity": rated, "applied": !second_person, "warnings": shown,
        }),
    };
    super::record::append(hub, activity).await
}
