//! From Security Center's words to the hub's, and nowhere else. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use scanhelm_core::scan::Observation;
use scanhelm_core::status::VendorState;
use scanhelm_core::{Severity, SeverityCounts, Timestamp, text};
use serde_json::{Map, Value, json};

use super::external_id::ExternalId;
use super::model::{Choice, Definition, Outcome, PluginCount, Relation, Scanner, SeverityCount, Zone};
use crate::client_token;
use crate::contract::{LivePreview, PreviewRow, Template, VendorRun, VendorSubScanner};

/// Every word that is known, as [`word_of`] spells it: while a run lasts its scan status, and when it has ended the
/// scan status and the import status, for only both together say that the results are there.
pub(super) const STATUS_MAP: &[(&str, VendorState)] = &[
    ("Queued", VendorState::Queued),
    ("Preparing", VendorState::Queued),
    ("Resolving Hostnames", VendorState::Queued),
    ("Verifying Targets", VendorState::Queued),
    ("Initializing Scanners", VendorState::Queued),
    ("Running", VendorState::Running),
    ("Pausing", VendorState::Running),
    ("Paused", VendorState::Paused),
    ("Resuming", VendorState::Running),
    ("Stopping", VendorState::Running),
    ("Error", VendorState::Failed),
    ("Completed / No Results", VendorState::Completed),
    ("Completed / Finished", VendorState::Completed),
    ("Completed / Import Pending", VendorState::Running),
    ("Completed / Importing", VendorState::Running),
    ("Completed / Blocked", VendorState::Failed),
    ("Completed / Error", VendorState::Failed),
    ("Partial / No Results", VendorState::Completed),
    ("Partial / Finished", VendorState::Completed),
    ("Partial / Import Pending", VendorState::Running),
    ("Partial / Importing", VendorState::Running),
    ("Partial / Blocked", VendorState::Failed),
    ("Partial / Error", VendorState::Failed),
];

/// A scan that is configured and has no result has no word either.
pub(super) const NEVER_RUN: &str = "never run";
const PARTIAL: &str = "Partial";
const NO_RESULTS: &str = "No Results";

/// After this time by the vendor's clock, results that cannot be downloaded are not on their way: they were purged.
const SETTLES_WITHIN: Duration = Duration::from_hours(1);

const MAX_NAME: usize = 500;
const MAX_FACT: usize = 2000;
const MAX_TARGETS: usize = 20_000;
const MAX_PREVIEW_ROWS: usize = 200;

/// How many plugins a preview asks for.
pub(super) const PREVIEW_ROWS: usize = MAX_PREVIEW_ROWS;

/// `None` for a word that is not known: the hub then keeps what it knew.
fn state_of(word: &str) -> Option<VendorState> {
    STATUS_MAP.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, state)| *state)
}

/// The words of both columns, or of one where the other says nothing yet.
fn word_of(result: &Outcome) -> String {
    let status = text::single_line(&result.status, 100);
    let import = text::single_line(&result.import_status, 100);
    let has_ended = ["Completed", PARTIAL].iter().any(|word| word.eq_ignore_ascii_case(&status));
    if has_ended && !import.is_empty() { format!("{status} / {import}") } else { status }
}

/// What a run is, by the vendor's clock.
pub(super) fn state_at(result: &Outcome, vendor_now: Option<Timestamp>) -> Option<VendorState> {
    let state = state_of(&word_of(result))?;
    let settles = |finished: Timestamp| vendor_now.is_some_and(|now| now.since(finished) < SETTLES_WITHIN);
    let is_on_its_way =
        !result.download_available && !has_no_results(result) && result.finish_time.is_some_and(settles);
    // Both columns say so and the results cannot be had yet.
    if state == VendorState::Completed && is_on_its_way { Some(VendorState::Running) } else { Some(state) }
}

pub(super) fn has_no_results(result: &Outcome) -> bool {
    result.import_status.trim().eq_ignore_ascii_case(NO_RESULTS)
}

/// Something that a command can be about.
pub(super) fn is_active(result: &Outcome) -> bool {
    const OVER: [&str; 3] = ["Completed", PARTIAL, "Error"];
    !OVER.iter().any(|word| word.eq_ignore_ascii_case(result.status.trim()))
}

/// Every definition with its latest run; every definition that only its results tell of, because this user may not see
/// it or it was deleted; then every result that belongs to none.
pub(super) fn observations(
    definitions: &[Definition],
    results: &[Outcome],
    vendor_now: Option<Timestamp>,
    at: Timestamp,
) -> Vec<Observation> {
    let mut by_scan: BTreeMap<&str, &Definition> = BTreeMap::new();
    for definition in definitions {
        by_scan.entry(&definition.id.0).or_insert(definition);
    }
    let mut latest: BTreeMap<&str, &Outcome> = BTreeMap::new();
    let mut alone: BTreeMap<u128, &Outcome> = BTreeMap::new();
    for result in results {
        match result.scan.id.as_deref() {
            Some(scan) => {
                let known = latest.entry(scan).or_insert(result);
                if result.id.rank() > known.id.rank() {
                    *known = result;
                }
            }
            None => {
                alone.entry(result.id.rank()).or_insert(result);
            }
        }
    }
    let run_of = |definition: &Definition| latest.get(definition.id.0.as_str()).copied();
    let defined = by_scan.values().map(|definition| of_definition(definition, run_of(definition), vendor_now, at));
    let unseen = latest.iter().filter(|(scan, _)| !by_scan.contains_key(*scan));
    defined
        .chain(unseen.map(|(_, result)| of_unseen_definition(result, vendor_now, at)))
        .chain(alone.values().map(|result| of_result(result, vendor_now, at)))
        .collect()
}

pub(super) fn of_definition(
    definition: &Definition,
    latest: Option<&Outcome>,
    vendor_now: Option<Timestamp>,
    at: Timestamp,
) -> Observation {
    let name = text::single_line(&definition.name, MAX_NAME);
    let mut seen = Observation::new(ExternalId::Scan(definition.id.0.clone()).to_string(), name, at);
    let (description, token) = client_token::without_mark(&definition.description, MAX_FACT);
    seen.client_token = token;
    let targets = targets(&definition.ip_list);
    seen.targets = Some(targets).filter(|targets| !targets.is_empty());
    seen.sub_scanner = definition.zone.id.as_deref().map(zone_id);
    match latest {
        Some(result) => run_into(&mut seen, result, vendor_now),
        None => {
            seen.state = Some(VendorState::Queued);
            NEVER_RUN.clone_into(&mut seen.raw_status);
            seen.scan_type = Some("vulnerability".to_owned());
        }
    }
    let mut facts = Facts(&mut seen.details);
    facts.text("description", &description);
    facts.text("owner", &definition.owner.name);
    facts.text("policy", &definition.policy.name);
    facts.text("repository", &definition.repository.name);
    facts.text("scan_zone", &definition.zone.name);
    let assets = definition.assets.iter().take(100).map(|asset| asset.name.as_str()).collect::<Vec<_>>().join(", ");
    facts.text("targets_from_asset_lists", &assets);
    if !definition.schedule.kind.is_empty() {
        facts.set(
            "vendor_schedule",
            json!({
                "type": fact(&definition.schedule.kind),
                "start": fact(&definition.schedule.start),
                "rule": fact(&definition.schedule.repeat_rule),
            }),
        );
    }
    facts.set("never_run", Value::Bool(latest.is_none()));
    seen
}

/// A scan of which only the runs can be seen, as its latest run tells of it.
pub(super) fn of_unseen_definition(latest: &Outcome, vendor_now: Option<Timestamp>, at: Timestamp) -> Observation {
    let scan = latest.scan.id.clone().unwrap_or_default();
    let name = text::single_line(&latest.name, MAX_NAME);
    let mut seen = Observation::new(ExternalId::Scan(scan).to_string(), name, at);
    run_into(&mut seen, latest, vendor_now);
    facts_of_result(&mut seen, latest);
    Facts(&mut seen.details).set("definition_visible", Value::Bool(false));
    seen
}

/// A result without a definition: imported, or of a scan that was deleted since. Security Center gives all runs of a
/// scan one name, so the time of the run is put behind it.
pub(super) fn of_result(result: &Outcome, vendor_now: Option<Timestamp>, at: Timestamp) -> Observation {
    let name = text::single_line(&result.name, MAX_NAME);
    let name = match result.start_time.or(result.finish_time) {
        Some(time) => format!("{name} ({} UTC)", time.to_string().replacen('T', " ", 1).get(..16).unwrap_or_default()),
        None => format!("{name} (result {})", result.id.0),
    };
    let mut seen = Observation::new(ExternalId::Result(result.id.0.clone()).to_string(), name, at);
    run_into(&mut seen, result, vendor_now);
    facts_of_result(&mut seen, result);
    Facts(&mut seen.details).set("without_definition", Value::Bool(true));
    seen
}

/// What a result repeats of its definition.
fn facts_of_result(seen: &mut Observation, result: &Outcome) {
    let mut facts = Facts(&mut seen.details);
    facts.text("owner", &result.owner.name);
    facts.text("policy", &result.details);
    facts.text("repository", &result.repository.name);
    facts.set("never_run", Value::Bool(false));
}

fn run_into(seen: &mut Observation, result: &Outcome, vendor_now: Option<Timestamp>) {
    seen.state = state_at(result, vendor_now);
    seen.raw_status = word_of(result);
    seen.scan_type = Some("vulnerability".to_owned());
    seen.external_run_id = Some(result.id.0.clone());
    seen.progress = progress(result, seen.state);
    seen.started_at = result.start_time;
    if seen.state.is_some_and(VendorState::is_terminal) {
        seen.finished_at = result.finish_time;
    }
    let mut facts = Facts(&mut seen.details);
    facts.text("vendor_type", &result.result_type);
    facts.text("import_status", &result.import_status);
    facts.text("vendor_error", &result.error_details);
    facts.text("import_error", &result.import_error_details);
    facts.set("results_downloadable", Value::Bool(result.download_available));
    if result.status.trim().eq_ignore_ascii_case(PARTIAL) {
        facts.set("partial", Value::Bool(true));
    }
    if let Some(progress) = &result.progress {
        let names = progress.scanners.iter().take(100).map(|scanner| scanner.name.as_str()).collect::<Vec<_>>();
        facts.text("scanners", &names.join(", "));
        seen.asset_count = progress.scanned_size;
        if let (None, [Relation { id: Some(id), .. }]) = (&seen.sub_scanner, progress.scanners.as_slice()) {
            seen.sub_scanner = Some(scanner_id(id));
        }
    }
}

/// By the checks that were done.
fn progress(result: &Outcome, state: Option<VendorState>) -> Option<f64> {
    if state == Some(VendorState::Completed) {
        return Some(100.0);
    }
    if result.total_checks == 0 || state == Some(VendorState::Queued) {
        return None;
    }
    let share = result.completed_checks.min(result.total_checks) as f64 / result.total_checks as f64;
    Some((share * 1000.0).round() / 10.0)
}

/// Newest first.
pub(super) fn runs(results: &[&Outcome], vendor_now: Option<Timestamp>) -> Vec<VendorRun> {
    let newest_first: BTreeMap<_, _> =
        results.iter().map(|result| (std::cmp::Reverse(result.id.rank()), result)).collect();
    newest_first
        .values()
        .map(|result| {
            let state = state_at(result, vendor_now);
            VendorRun {
                external_run_id: result.id.0.clone(),
                state,
                raw_status: word_of(result),
                started_at: result.start_time,
                finished_at: result.finish_time.filter(|_| state.is_some_and(VendorState::is_terminal)),
            }
        })
        .collect()
}

pub(super) fn preview(
    result: &Outcome,
    severities: &[SeverityCount],
    plugins: &[PluginCount],
    at: Timestamp,
) -> LivePreview {
    let mut by_severity = SeverityCounts::default();
    for row in severities {
        by_severity.add(severity(&row.severity), row.count);
    }
    let mut rows: Vec<PreviewRow> = plugins
        .iter()
        .map(|row| PreviewRow {
            rule_id: row.plugin.0.clone(),
            title: text::single_line(&row.name, MAX_NAME),
            severity: severity(&row.severity),
            family: Some(text::single_line(&row.family.name, 200)).filter(|family| !family.is_empty()),
            count: row.total,
        })
        .collect();
    rows.sort_by(|a, b| b.severity.cmp(&a.severity).then(b.count.cmp(&a.count)).then(a.rule_id.cmp(&b.rule_id)));
    rows.truncate(MAX_PREVIEW_ROWS);
    let hosts = result.progress.as_ref().and_then(|progress| progress.scanned_size).unwrap_or(0);
    LivePreview { hosts, vulnerabilities: by_severity.total(), by_severity, rows, observed_at: at }
}

/// 0 to 4.
fn severity(severity: &Relation) -> Severity {
    let level = severity.id.as_deref().and_then(|id| id.parse().ok());
    level.and_then(Severity::from_rank).unwrap_or(Severity::Info)
}

fn targets(raw: &str) -> Vec<String> {
    raw.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|target| !target.is_empty())
        .take(MAX_TARGETS)
        .map(|target| text::single_line(target, 300))
        .collect()
}

pub(super) fn templates(policies: &[Choice]) -> Vec<Template> {
    let once: BTreeMap<u128, &Choice> = policies.iter().map(|policy| (policy.id.rank(), policy)).collect();
    once.values()
        .map(|policy| Template {
            id: policy.id.0.clone(),
            name: text::single_line(&policy.name, MAX_NAME),
            description: fact(&policy.description),
        })
        .collect()
}

/// Zones first, because a scan can be pinned to one; then the scanners in them. Their numbers overlap.
pub(super) fn sub_scanners(zones: &[Zone], scanners: &[Scanner]) -> Vec<VendorSubScanner> {
    let zones = zones.iter().map(|zone| VendorSubScanner {
        external_id: zone_id(&zone.id.0),
        name: text::single_line(&zone.name, MAX_NAME),
        status: Some(match zone.scanners.len() {
            0 => "scan zone without a scanner".to_owned(),
            1 => "scan zone of 1 scanner".to_owned(),
            more => format!("scan zone of {more} scanners"),
        }),
        version: None,
    });
    let scanners = scanners.iter().map(|scanner| VendorSubScanner {
        external_id: scanner_id(&scanner.id.0),
        name: text::single_line(&scanner.name, MAX_NAME),
        status: scanner_status(&scanner.status),
        version: fact(&scanner.version),
    });
    zones.chain(scanners).collect()
}

pub(super) fn zone_id(number: &str) -> String {
    format!("zone-{number}")
}

pub(super) fn scanner_id(number: &str) -> String {
    format!("scanner-{number}")
}

/// The bits of a scanner's status. Several may be set: a scanner may work and be asked again at this moment.
const SCANNER_BITS: [(u32, &str); 20] = [
    (1, "working"),
    (2, "connection error"),
    (4, "connection timeout"),
    (8, "certificate mismatch"),
    (16, "protocol error"),
    (32, "authentication error"),
    (64, "invalid configuration"),
    (128, "reloading"),
    (256, "plugins out of sync"),
    (512, "results ready"),
    (1024, "updating plugins"),
    (2048, "main daemon down"),
    (4096, "query daemon down"),
    (8192, "updating status"),
    (16_384, "disabled by a user"),
    (32_768, "needs an upgrade"),
    (65_536, "version too low"),
    (131_072, "licence invalid"),
    (262_144, "unused bit"),
    (524_288, "resource unavailable"),
];

fn scanner_status(raw: &str) -> Option<String> {
    let Ok(bits) = raw.trim().parse::<u32>() else { return fact(raw) };
    let words: Vec<&str> = SCANNER_BITS.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, word)| *word).collect();
    Some(if words.is_empty() { format!("status {bits}") } else { words.join(", ") })
}

fn fact(raw: &str) -> Option<String> {
    Some(text::single_line(raw, MAX_FACT)).filter(|text| !text.is_empty())
}

/// Facts for the Config tab; what is empty is left out.
struct Facts<'a>(&'a mut Map<String, Value>);

impl Facts<'_> {
    fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    fn text(&mut self, name: &str, raw: &str) {
        if let Some(text) = fact(raw) {
            self.set(name, Value::String(text));
        }
    }
}

#[cfg(test)]
mod tests;
