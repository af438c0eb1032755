//! What the simulated Nessus remembers.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;

use super::access::Access;
use super::export::ExportJob;
use crate::clock::Moment;
use crate::estate::hosts::discover;
use crate::estate::survey::{Found, Survey};
use crate::lifecycle::{Execution, Pace, Phase};
use crate::past::TURN;
use crate::random::Draw;
use crate::schedule::Schedule;
use crate::vendor::Site;

/// Status of a configuration that never ran.
pub(super) const NEVER_RUN: &str = "empty";
/// Virtual seconds for which the list still shows the previous run after a launch.
const LIST_LAG: f64 = 2.0;
/// Runs kept of a scan that launches itself.
const MOST_RUNS: usize = 100;
const FINDINGS_PER_HOST: u32 = 25;
pub(super) const MY_SCANS: i64 = 3;
pub(super) const TRASH: i64 = 2;

/// When, scan, run, and the phase it entered.
pub(super) type Event = (Moment, i64, String, Phase);

#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) id: i64,
    pub(super) uuid: String,
    pub(super) targets: String,
    pub(super) survey: Survey,
    pub(super) execution: Execution,
    pub(super) by_schedule: bool,
    pub(super) alt_targets: bool,
    pub(super) imported: bool,
}

impl Run {
    pub(super) fn status(&self) -> &'static str {
        if self.imported {
            return "imported";
        }
        match self.execution.phase() {
            Phase::Pending => "pending",
            Phase::Running => "running",
            Phase::Pausing => "pausing",
            Phase::Paused => "paused",
            Phase::Resuming => "resuming",
            Phase::Stopping => "stopping",
            Phase::Completed => "completed",
            Phase::Canceled => "canceled",
            Phase::Aborted => "aborted",
        }
    }

    pub(super) fn found(&self, now: Moment) -> Found {
        let done = if self.is_complete() { 1.0 } else { self.execution.progress(now) };
        self.survey.found(done)
    }

    /// How many findings [`Run::found`] has, without looking for them when the run is complete.
    pub(super) fn finding_count(&self, now: Moment) -> usize {
        if self.is_complete() { self.survey.total() } else { self.found(now).total() }
    }

    fn is_complete(&self) -> bool {
        self.imported || self.execution.phase() == Phase::Completed
    }

    pub(super) fn began(&self) -> Moment {
        self.execution.started.unwrap_or(self.execution.created)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Scan {
    pub(super) id: i64,
    /// Identity of the configuration; runs have their own.
    pub(super) uuid: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) owner: String,
    pub(super) folder_id: i64,
    pub(super) template: String,
    pub(super) policy: String,
    pub(super) policy_id: Option<i64>,
    pub(super) scanner_id: i64,
    pub(super) targets: String,
    pub(super) emails: Option<String>,
    pub(super) created: Moment,
    pub(super) modified: Moment,
    pub(super) read: bool,
    pub(super) schedule: Schedule,
    pub(super) pace: Pace,
    /// Findings of a complete run; by the number of hosts when none.
    pub(super) findings: Option<u32>,
    /// Runs so far, deleted ones too.
    pub(super) launches: u32,
    /// Oldest first.
    pub(super) runs: Vec<Run>,
}

impl Scan {
    pub(super) fn latest(&self) -> Option<&Run> {
        self.runs.last()
    }

    pub(super) fn is_imported(&self) -> bool {
        self.latest().is_some_and(|run| run.imported)
    }

    pub(super) fn is_active(&self) -> bool {
        self.latest().is_some_and(|run| !run.execution.phase().is_over())
    }

    /// The run the list shows, which for a moment after a launch is the previous one.
    pub(super) fn listed(&self, now: Moment) -> Option<&Run> {
        let latest = self.latest()?;
        if now < latest.execution.created.plus(LIST_LAG) && !latest.imported {
            return self.runs.len().checked_sub(2).and_then(|index| self.runs.get(index));
        }
        Some(latest)
    }

    pub(super) fn run(&self, history_id: Option<i64>) -> Option<&Run> {
        match history_id {
            None => self.latest(),
            Some(id) => self.runs.iter().find(|run| run.id == id),
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Folder {
    pub(super) id: i64,
    pub(super) name: String,
    /// `main`, `trash` or `custom`
    pub(super) kind: &'static str,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) draw: Draw,
    pub(super) estate: Draw,
    next: i64,
    pub(super) server_uuid: String,
    pub(super) started: Moment,
    pub(super) haste: f64,
    pub(super) access: Access,
    pub(super) scans: BTreeMap<i64, Scan>,
    pub(super) folders: Vec<Folder>,
    pub(super) exports: BTreeMap<i64, ExportJob>,
    pub(super) uploads: HashMap<String, Bytes>,
}

impl State {
    pub(super) fn new(site: &Site) -> Self {
        let draw = Draw::new(site.config.seed).of("nessus");
        let folder = |id, name: &str, kind| Folder { id, name: name.to_owned(), kind };
        State {
            draw,
            estate: site.estate(),
            next: 10,
            server_uuid: draw.of("server").uuid(),
            started: site.clock.now(),
            haste: site.config.haste,
            access: Access::new(draw.of("access"), site.config.credentials.clone()),
            scans: BTreeMap::new(),
            folders: vec![folder(TRASH, "Trash", "trash"), folder(MY_SCANS, "My Scans", "main")],
            exports: BTreeMap::new(),
            uploads: HashMap::new(),
        }
    }

    /// Ids of scans, runs, folders and export files come from one row of numbers.
    pub(super) fn next_id(&mut self) -> i64 {
        self.next += 1;
        self.next
    }

    /// A uuid as Nessus makes them: sixteen digits longer than usual.
    pub(super) fn long_uuid(&self, label: &str, id: i64) -> String {
        let draw = self.draw.of(label).with(id as u64);
        format!("{}{}", draw.uuid(), draw.of("tail").hex(16))
    }

    pub(super) fn folder(&self, id: i64) -> Option<&Folder> {
        self.folders.iter().find(|folder| folder.id == id)
    }

    pub(super) fn add_folder(&mut self, name: &str) -> i64 {
        let id = self.next_id();
        self.folders.push(Folder { id, name: name.to_owned(), kind: "custom" });
        id
    }

    /// A new configuration with the settings every scan starts from.
    pub(super) fn new_scan(&mut self, name: &str, owner: &str, targets: &str, now: Moment) -> Scan {
        let id = self.next_id();
        let hosts = discover(targets, self.estate).len() as f64;
        Scan {
            id,
            uuid: format!("template-{}", self.long_uuid("scan", id)),
            name: name.to_owned(),
            description: None,
            owner: owner.to_owned(),
            folder_id: MY_SCANS,
            template: super::editor::BASIC.to_owned(),
            policy: "Basic Network Scan".to_owned(),
            policy_id: None,
            scanner_id: super::scanners::LOCAL,
            targets: targets.to_owned(),
            emails: None,
            created: now,
            modified: now,
            read: false,
            schedule: Schedule::default(),
            pace: Pace { queue: 5.0, work: 120.0 + 30.0 * hosts, turn: TURN, aborts_at: None },
            findings: None,
            launches: 0,
            runs: Vec::new(),
        }
    }

    /// Starts a new run at `at`; the scan must be at rest. `None` when there is no such scan.
    pub(super) fn launch(
        &mut self,
        id: i64,
        at: Moment,
        alt_targets: Option<String>,
        by_schedule: bool,
    ) -> Option<String> {
        let run_id = self.next_id();
        let uuid = self.long_uuid("run", run_id);
        let (draw, estate, haste) = (self.draw, self.estate, self.haste);
        let scan = self.scans.get_mut(&id)?;
        let targets = alt_targets.clone().unwrap_or_else(|| scan.targets.clone());
        let hosts = discover(&targets, estate);
        let findings = scan.findings.unwrap_or(FINDINGS_PER_HOST * hosts.len() as u32);
        scan.launches += 1;
        scan.read = false;
        scan.modified = at;
        scan.runs.push(Run {
            id: run_id,
            uuid: uuid.clone(),
            targets,
            survey: Survey::generated(hosts, draw.of("scan").of(&scan.uuid), findings, scan.launches),
            execution: Execution::launch(at, scan.pace.hastened(haste)),
            by_schedule,
            alt_targets: alt_targets.is_some(),
            imported: false,
        });
        if scan.runs.len() > MOST_RUNS {
            scan.runs.remove(0);
        }
        Some(uuid)
    }

    /// Keeps a report that was made elsewhere.
    pub(super) fn import(&mut self, mut scan: Scan, survey: Survey, at: Moment) -> i64 {
        let run_id = self.next_id();
        let pace = Pace { queue: 0.0, work: 0.0, turn: 0.0, aborts_at: None };
        let mut execution = Execution::launch(at, pace);
        execution.settle(at);
        scan.runs = vec![Run {
            id: run_id,
            uuid: self.long_uuid("run", run_id),
            targets: scan.targets.clone(),
            survey,
            execution,
            by_schedule: false,
            alt_targets: false,
            imported: true,
        }];
        scan.launches = 1;
        let id = scan.id;
        self.scans.insert(id, scan);
        id
    }

    /// Lets everything due by `now` happen, in order of time within each scan.
    pub(super) fn settle(&mut self, now: Moment, events: &mut Vec<Event>) {
        let ids: Vec<i64> = self.scans.keys().copied().collect();
        for id in ids {
            while let Some(at) = self.scans.get_mut(&id).and_then(|scan| scan.schedule.due(now)) {
                self.settle_run(id, at, events);
                let at_rest = self.scans.get(&id).is_some_and(|scan| !scan.is_active() && !scan.is_imported());
                if at_rest && let Some(run) = self.launch(id, at, None, true) {
                    events.push((at, id, run, Phase::Pending));
                }
            }
            self.settle_run(id, now, events);
        }
        self.access.forget_expired(now);
    }

    fn settle_run(&mut self, id: i64, now: Moment, events: &mut Vec<Event>) {
        let Some(scan) = self.scans.get_mut(&id) else { return };
        let Some(run) = scan.runs.last_mut() else { return };
        for (at, phase) in run.execution.settle(now) {
            scan.modified = at;
            events.push((at, id, run.uuid.clone(), phase));
        }
    }

    pub(super) fn snapshot(&self, id: i64, history_id: Option<i64>) -> Option<(Arc<Scan>, Run)> {
        let scan = self.scans.get(&id)?;
        let run = scan.run(history_id)?.clone();
        let mut head = scan.clone();
        head.runs.clear();
        Some((Arc::new(head), run))
    }
}
