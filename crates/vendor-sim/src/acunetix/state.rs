//! What the simulated Acunetix remembers: targets, their scans, and a result for each time a scan ran.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::profiles;
use super::reports::Document;
use super::schedule::Schedule;
use super::words::{checks, words};
use crate::clock::Moment;
use crate::lifecycle::{Execution, Pace, Phase};
use crate::past::TURN;
use crate::random::Draw;
use crate::sites::{Flaw, FleetSites, Site, Survey};

/// Of a run that waits, the share during which it is still queued; then it is starting.
const QUEUED: f64 = 0.6;
/// Findings of a complete run of a scan that was made through the API.
const FINDINGS: u32 = 60;
/// Run-level and target-level ids of vulnerabilities: two spaces, both of nineteen digits.
const RUN_SPACE: u64 = 3_000_000_000_000_000_000;
const TARGET_SPACE: u64 = 2_000_000_000_000_000_000;
const PER_OWNER: u64 = 10_000_000_000;

/// When, scan, result, and the phase it entered.
pub(super) type Event = (Moment, String, String, Phase);

/// The word for a phase; a waiting run is told apart by [`Outcome::status`].
pub(super) fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Pending => "queued",
        Phase::Running => "processing",
        Phase::Pausing => "pausing",
        Phase::Paused => "paused",
        Phase::Resuming => "resuming",
        Phase::Stopping => "aborting",
        Phase::Completed => "completed",
        Phase::Canceled => "aborted",
        Phase::Aborted => "failed",
    }
}

#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) id: String,
    pub(super) number: u64,
    pub(super) address: String,
    pub(super) site: Site,
    pub(super) description: String,
    /// 30 critical, 20 high, 10 normal, 0 low.
    pub(super) criticality: u8,
    pub(super) kind: String,
    /// Engines its scans are pinned to; any when empty.
    pub(super) workers: Vec<String>,
    /// What was changed of the configuration.
    pub(super) configuration: Map<String, Value>,
}

/// One run of a scan: a scan session while it lasts, a scan result for ever.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub(super) id: String,
    pub(super) number: u64,
    pub(super) profile_id: String,
    pub(super) engine: String,
    pub(super) survey: Survey,
    pub(super) execution: Execution,
    pace: Pace,
}

impl Outcome {
    pub(super) fn status(&self, now: Moment) -> &'static str {
        match self.execution.phase() {
            Phase::Pending if now.since(self.execution.created) >= self.pace.queue * QUEUED => "starting",
            phase => word(phase),
        }
    }

    /// The numbers of the flaws known so far, ascending.
    pub(super) fn numbers(&self, now: Moment) -> Vec<u32> {
        let done = if self.execution.phase() == Phase::Completed { 1.0 } else { self.execution.progress(now) };
        let numbers = self.survey.numbers(done);
        if self.profile_id == profiles::FULL {
            return numbers;
        }
        let weaknesses = self.survey.weaknesses(&numbers);
        let sought =
            numbers.into_iter().zip(weaknesses).filter(|(_, weakness)| profiles::covers(&self.profile_id, *weakness));
        sought.map(|(number, _)| number).collect()
    }

    /// Flaws known so far, with their numbers on the site.
    pub(super) fn found(&self, now: Moment) -> Vec<(u32, Flaw)> {
        let numbers = self.numbers(now);
        let flaws = self.survey.flaws(&numbers);
        numbers.into_iter().zip(flaws).collect()
    }

    /// How many flaws of each severity, info first.
    pub(super) fn counts(&self, now: Moment) -> [u64; 5] {
        let mut counts = [0; 5];
        for words in self.survey.weaknesses(&self.numbers(now)).into_iter().filter_map(words) {
            if let Some(count) = counts.get_mut(usize::from(words.severity)) {
                *count += 1;
            }
        }
        counts
    }

    pub(super) fn began(&self) -> Moment {
        self.execution.started.unwrap_or(self.execution.created)
    }

    /// The run-level id of the flaw with this number.
    pub(super) fn vulnerability_id(&self, flaw: u32) -> String {
        (RUN_SPACE + self.number * PER_OWNER + u64::from(flaw)).to_string()
    }
}

impl Target {
    /// The target-level id of the flaw with this number: the same for every scan of the target.
    pub(super) fn vulnerability_id(&self, flaw: u32) -> String {
        (TARGET_SPACE + self.number * PER_OWNER + u64::from(flaw)).to_string()
    }
}

/// The result and flaw that a run-level id names.
pub(super) fn of_run(vulnerability: &str) -> Option<(u64, u32)> {
    split(vulnerability, RUN_SPACE)
}

/// The target and flaw that a target-level id names.
pub(super) fn of_target(vulnerability: &str) -> Option<(u64, u32)> {
    split(vulnerability, TARGET_SPACE).filter(|(number, _)| *number < (RUN_SPACE - TARGET_SPACE) / PER_OWNER)
}

fn split(id: &str, space: u64) -> Option<(u64, u32)> {
    let rest = id.parse::<u64>().ok()?.checked_sub(space)?;
    Some((rest / PER_OWNER, u32::try_from(rest % PER_OWNER).ok()?))
}

#[derive(Debug, Clone)]
pub(super) struct Scan {
    pub(super) id: String,
    pub(super) target_id: String,
    pub(super) profile_id: String,
    pub(super) report_template_id: Option<String>,
    pub(super) schedule: Schedule,
    pub(super) max_scan_time: u32,
    pub(super) incremental: bool,
    pub(super) created: Moment,
    pub(super) pace: Pace,
    /// Of a complete run with the full profile.
    pub(super) findings: u32,
    /// Runs so far, dropped ones too.
    pub(super) launches: u32,
    /// Oldest first.
    pub(super) results: Vec<Outcome>,
}

impl Scan {
    pub(super) fn latest(&self) -> Option<&Outcome> {
        self.results.last()
    }

    pub(super) fn is_active(&self) -> bool {
        self.latest().is_some_and(|result| !result.execution.phase().is_over())
    }

    pub(super) fn status(&self, now: Moment) -> &'static str {
        self.latest().map_or("scheduled", |result| result.status(now))
    }
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) draw: Draw,
    next: u64,
    pub(super) haste: f64,
    pub(super) sites: FleetSites,
    pub(super) targets: BTreeMap<u64, Target>,
    pub(super) scans: BTreeMap<u64, Scan>,
    numbers: HashMap<String, u64>,
    /// What people decided about a vulnerability, by its target-level id.
    pub(super) verdicts: HashMap<String, String>,
    pub(super) documents: Vec<Document>,
}

impl State {
    pub(super) fn new(site: &crate::vendor::Site) -> Self {
        let seed = site.config.seed;
        State {
            draw: Draw::new(seed).of("acunetix"),
            next: 0,
            haste: site.config.haste,
            sites: FleetSites::new(site.estate(), seed),
            targets: BTreeMap::new(),
            scans: BTreeMap::new(),
            numbers: HashMap::new(),
            verdicts: HashMap::new(),
            documents: Vec::new(),
        }
    }

    /// A fresh number and the id that goes with it.
    pub(super) fn next_id(&mut self, label: &str) -> (u64, String) {
        self.next += 1;
        let id = self.draw.of(label).with(self.next).uuid();
        self.numbers.insert(id.clone(), self.next);
        (self.next, id)
    }

    pub(super) fn target(&self, id: &str) -> Option<&Target> {
        self.targets.get(self.numbers.get(id)?)
    }

    pub(super) fn target_mut(&mut self, id: &str) -> Option<&mut Target> {
        self.targets.get_mut(self.numbers.get(id)?)
    }

    pub(super) fn scan(&self, id: &str) -> Option<&Scan> {
        self.scans.get(self.numbers.get(id)?)
    }

    pub(super) fn scan_mut(&mut self, id: &str) -> Option<&mut Scan> {
        self.scans.get_mut(self.numbers.get(id)?)
    }

    pub(super) fn result(&self, id: &str) -> Option<(&Scan, &Outcome)> {
        let number = self.numbers.get(id)?;
        self.result_by_number(*number).filter(|(_, result)| result.id == id)
    }

    pub(super) fn result_by_number(&self, number: u64) -> Option<(&Scan, &Outcome)> {
        self.scans
            .values()
            .find_map(|scan| scan.results.iter().find(|result| result.number == number).map(|result| (scan, result)))
    }

    pub(super) fn add_target(&mut self, address: &str, site: Site, description: &str, criticality: u8) -> String {
        let (number, id) = self.next_id("target");
        let target = Target {
            id: id.clone(),
            number,
            address: address.to_owned(),
            site,
            description: description.to_owned(),
            criticality,
            kind: "default".to_owned(),
            workers: Vec::new(),
            configuration: Map::new(),
        };
        self.targets.insert(number, target);
        id
    }

    /// A scan of a target, at rest.
    pub(super) fn add_scan(&mut self, target_id: &str, profile_id: &str, schedule: Schedule, now: Moment) -> String {
        let (number, id) = self.next_id("scan");
        let scan = Scan {
            id: id.clone(),
            target_id: target_id.to_owned(),
            profile_id: profile_id.to_owned(),
            report_template_id: None,
            schedule,
            max_scan_time: 0,
            incremental: false,
            created: now,
            pace: Pace { queue: 10.0, work: 600.0, turn: TURN, aborts_at: None },
            findings: FINDINGS,
            launches: 0,
            results: Vec::new(),
        };
        self.scans.insert(number, scan);
        id
    }

    pub(super) fn remove_scan(&mut self, id: &str) -> Option<Scan> {
        let number = self.numbers.remove(id)?;
        self.scans.remove(&number)
    }

    /// Removes a target and everything below it; returns the ids of its scans.
    pub(super) fn remove_target(&mut self, id: &str) -> Option<Vec<String>> {
        let number = self.numbers.get(id).copied()?;
        self.targets.remove(&number)?;
        self.numbers.remove(id);
        let below: Vec<String> =
            self.scans.values().filter(|scan| scan.target_id == id).map(|scan| scan.id.clone()).collect();
        for scan in &below {
            self.remove_scan(scan);
        }
        Some(below)
    }

    /// Starts a new result at `at`; the scan must be at rest. `None` when there is no such scan.
    pub(super) fn launch(&mut self, id: &str, at: Moment) -> Option<String> {
        let target = self.target(&self.scan(id)?.target_id)?;
        let (site, pinned) = (target.site.clone(), target.workers.first().cloned());
        let (number, result_id) = self.next_id("result");
        let draw = self.draw.of("scan").of(id);
        let engine = pinned.unwrap_or_else(|| super::workers::main_engine(self.draw));
        let haste = self.haste;
        let scan = self.scan_mut(id)?;
        scan.launches += 1;
        let pace = scan.pace.hastened(haste);
        scan.results.push(Outcome {
            id: result_id.clone(),
            number,
            profile_id: scan.profile_id.clone(),
            engine,
            survey: Survey::new(site, draw, scan.findings, scan.launches, checks),
            execution: Execution::launch(at, pace),
            pace,
        });
        if let Some(limit) = scan.schedule.history_limit() {
            let surplus = scan.results.len().saturating_sub(limit);
            scan.results.drain(..surplus);
        }
        Some(result_id)
    }

    /// Lets everything due by `now` happen, in order of time within each scan.
    pub(super) fn settle(&mut self, now: Moment, events: &mut Vec<Event>) {
        let numbers: Vec<u64> = self.scans.keys().copied().collect();
        for number in numbers {
            while let Some(at) = self.scans.get_mut(&number).and_then(|scan| scan.schedule.due(now)) {
                self.settle_run(number, at, events);
                let at_rest = self.scans.get(&number).filter(|scan| !scan.is_active()).map(|scan| scan.id.clone());
                if let Some(scan) = at_rest
                    && let Some(result) = self.launch(&scan, at)
                {
                    events.push((at, scan, result, Phase::Pending));
                }
            }
            self.settle_run(number, now, events);
        }
    }

    fn settle_run(&mut self, number: u64, now: Moment, events: &mut Vec<Event>) {
        let Some(scan) = self.scans.get_mut(&number) else { return };
        let Some(result) = scan.results.last_mut() else { return };
        for (at, phase) in result.execution.settle(now) {
            events.push((at, scan.id.clone(), result.id.clone(), phase));
        }
    }
}
