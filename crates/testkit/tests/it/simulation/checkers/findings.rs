//! I1, I2, I8, I9 and I10 over findings: everything served is there, once, and nothing is closed that was not looked at.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use scanhelm_core::Timestamp;
use scanhelm_core::finding::SightingSource;
use scanhelm_core::scan::{Run, Scan};

use super::Invariant as I;
use crate::simulation::vendor::{VendorRun, VendorScan, references};
use crate::simulation::world::{Connected, World};

/// One line of the dump about a sighting.
#[derive(Clone, Debug)]
struct Seen {
    fingerprint: String,
    state: String,
    last_seen_at: Option<Timestamp>,
}

#[derive(Clone, Debug)]
struct Shown {
    status: String,
    resolved_at: Option<Timestamp>,
}

/// A company's findings, from the store's dump.
#[derive(Debug, Default)]
struct Dump {
    /// By fingerprint.
    findings: BTreeMap<String, Shown>,
    /// By source and reference.
    sightings: BTreeMap<(String, String), Seen>,
    doubles: Vec<String>,
}

impl Dump {
    fn of(lines: &[String]) -> Self {
        let mut dump = Self::default();
        for line in lines {
            let parts: Vec<&str> = line.split('\t').collect();
            if parts[1] == "finding" {
                let shown = Shown { status: parts[4].to_owned(), resolved_at: Timestamp::parse(parts[8]) };
                let double = dump.findings.insert(parts[0].to_owned(), shown).is_some();
                dump.doubles.extend(double.then(|| line.clone()));
            } else {
                let seen = Seen {
                    fingerprint: parts[0].to_owned(),
                    state: parts[5].to_owned(),
                    last_seen_at: Timestamp::parse(parts[9]),
                };
                let key = (parts[2].to_owned(), parts[3].to_owned());
                let double = dump.sightings.insert(key, seen).is_some();
                dump.doubles.extend(double.then(|| line.clone()));
            }
        }
        dump
    }
}

/// An imported run and what its report held.
struct Imported {
    hosts: BTreeSet<String>,
    references: BTreeSet<String>,
    ended: i64,
    complete: bool,
}

impl World {
    pub(super) async fn check_findings(&mut self) {
        for company in 0..self.companies.len() {
            let grant = self.companies[company].grant;
            let dump = Dump::of(&self.processes[0].store.dump_findings(grant.company).await.unwrap());
            for double in &dump.doubles {
                self.broken(I::I2, format!("twice: {double}"));
            }
            let own: HashSet<String> = self.companies[company]
                .integrations
                .iter()
                .map(|connected| SightingSource::integration(connected.id).as_str().to_owned())
                .collect();
            let foreign =
                dump.sightings.keys().find(|(source, _)| source.starts_with("integration:") && !own.contains(source));
            if let Some((source, _)) = foreign {
                self.broken(I::I10, format!("company {company} has findings of {source}"));
            }
            for (connected, scans) in self.scans_of(company).await {
                self.check_sightings(&connected, &scans, &dump).await;
            }
            self.check_statuses(&dump);
        }
    }

    /// What the imports of one integration must have left.
    async fn check_sightings(&mut self, connected: &Connected, scans: &[Scan], dump: &Dump) {
        let source = SightingSource::integration(connected.id).as_str().to_owned();
        let mut imported = Vec::new();
        for scan in scans {
            for run in self.processes[0].store.runs(scan.company_id, scan.id).await.unwrap() {
                if run.import_state.is_finished() {
                    let served = self.served(connected, scan, &run);
                    if served.is_empty() {
                        self.broken(
                            I::I1,
                            format!("run {} of scan {} is imported, and was never served", run.number, scan.id),
                        );
                    }
                    // A vendor without ids of runs may have given another run's results after the first file was lost.
                    let one = served.len() == 1;
                    imported.extend(served);
                    let counted = self.processes[0].store.count_run_sightings(run.id).await.unwrap();
                    if one && run.imported_findings != counted {
                        let what = format!(
                            "run {} of scan {}: {} shown as imported, {counted} there",
                            run.number, scan.id, run.imported_findings
                        );
                        self.broken(I::I8, what);
                    }
                }
            }
        }
        for import in &imported {
            for reference in &import.references {
                if !dump.sightings.contains_key(&(source.clone(), reference.clone())) {
                    self.broken(I::I1, format!("{reference} of {source} was served, and is lost"));
                }
            }
        }
        for ((_, reference), seen) in dump.sightings.iter().filter(|((of, _), _)| *of == source) {
            let covering = |import: &&Imported| import.hosts.iter().any(|host| reference.contains(host.as_str()));
            let last =
                imported.iter().filter(|import| import.references.contains(reference)).map(|import| import.ended).max();
            let lacking: Vec<&Imported> = imported
                .iter()
                .filter(covering)
                .filter(|import| !import.references.contains(reference) && Some(import.ended) > last)
                .collect();
            let absent = lacking.iter().filter(|import| import.complete).max_by_key(|import| import.ended);
            match (seen.state.as_str(), absent) {
                ("seen", Some(import)) if last.is_some() => {
                    let what =
                        format!("{reference} is shown as seen, but the complete run of {} lacks it", import.ended);
                    self.broken(I::I9, what);
                }
                ("fixed", None) if last.is_some() => {
                    self.broken(I::I9, format!("{reference} is fixed, and no complete later run lacks it"));
                }
                // A run of which records were set aside makes it "not seen": that stays in the queue.
                ("not_seen", None) if last.is_some() && lacking.is_empty() => {
                    self.broken(I::I9, format!("{reference} is not seen, and every later run has it"));
                }
                _ => {}
            }
        }
    }

    /// What was handed over for a run, as the vendor's ledger has it.
    fn served(&self, connected: &Connected, scan: &Scan, run: &Run) -> Vec<Imported> {
        let state = self.vendors[connected.vendor].state();
        let run_id = run.id.to_string();
        let mut numbers = BTreeSet::new();
        let mut served = Vec::new();
        let last = state.ledger.served.iter().rev().filter(|served| served.acting.run.as_deref() == Some(&run_id));
        for handed in last {
            let Some(truth) = state.scan_of_uid(handed.uid) else {
                continue;
            };
            let Some(vendor_run) = truth.runs.iter().find(|found| found.number == handed.run) else {
                continue;
            };
            if numbers.insert(handed.run) {
                served.push(imported(truth, vendor_run));
            }
        }
        let _ = scan;
        served
    }

    /// The row says that the latest run is imported: then it is the vendor's latest that is there.
    pub(super) async fn check_latest_results(
        &mut self,
        connected: &Connected,
        truth: &VendorScan,
        vendor_run: &VendorRun,
        row: &Scan,
    ) {
        let dump = Dump::of(&self.processes[0].store.dump_findings(row.company_id).await.unwrap());
        let source = SightingSource::integration(connected.id).as_str().to_owned();
        for reference in references(truth, vendor_run) {
            if !dump.sightings.contains_key(&(source.clone(), reference.clone())) {
                let what = format!("scan {}: {reference} of its latest run {} is not there", row.id, vendor_run.id);
                self.broken(I::I1, what);
                return;
            }
        }
    }

    /// A finding is open while any scanner sees it, and resolved when none does. What a scanner saw before the
    /// resolution, and told only after it, is history and reopens nothing (design.md 5).
    fn check_statuses(&mut self, dump: &Dump) {
        for (fingerprint, finding) in &dump.findings {
            let seen = dump.sightings.values().filter(|seen| seen.fingerprint == *fingerprint && seen.state == "seen");
            let newest = seen.filter_map(|seen| seen.last_seen_at).max();
            let wrong = match (finding.status.as_str(), newest) {
                ("fixed" | "not_seen", Some(newest)) => finding.resolved_at.is_none_or(|resolved| newest > resolved),
                ("fixed" | "not_seen", None) => false,
                (_, newest) => newest.is_none(),
            };
            if wrong {
                self.broken(I::I9, format!("finding {fingerprint} is {finding:?}, seen at {newest:?}"));
            }
        }
    }
}

fn imported(truth: &VendorScan, run: &VendorRun) -> Imported {
    Imported {
        hosts: run.hosts.iter().map(|host| format!("host-{host}.lab.example")).collect(),
        references: references(truth, run),
        ended: run.finished_at.unwrap_or_default().as_millis() / 1000,
        complete: !run.spoilt,
    }
}
