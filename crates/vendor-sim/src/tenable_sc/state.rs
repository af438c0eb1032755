//! What the simulated Security Center remembers: scan definitions, and the results of their runs.
//!
//! The two are separate objects. A result outlives its definition, as the recordings show (results whose scan is -1),
//! and one that was uploaded never had one. A definition may be launched again while a result of it is under way.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use serde_json::{Map, Value};

use super::access::Access;
use super::holdings;
use crate::clock::Moment;
use crate::estate::hosts::discover;
use crate::estate::survey::{Found, Survey};
use crate::lifecycle::{Execution, Pace, Phase};
use crate::past::TURN;
use crate::random::Draw;
use crate::schedule::Schedule;
use crate::vendor::Site;

/// Results kept of a definition that launches itself.
const MOST_RESULTS: usize = 100;
const FINDINGS_PER_HOST: u32 = 25;

/// When, definition (none when it is gone), result, and the phase it entered.
pub(super) type Event = (Moment, String, i64, Phase);

#[derive(Debug, Clone)]
pub(super) struct Definition {
    pub(super) id: i64,
    pub(super) uuid: String,
    pub(super) name: String,
    pub(super) description: String,
    /// As the client wrote it, without the addresses of asset lists.
    pub(super) ip_list: String,
    pub(super) assets: Vec<i64>,
    pub(super) policy: i64,
    pub(super) repository: i64,
    /// None: any zone.
    pub(super) zone: Option<i64>,
    /// `never`, `template`, `now`, `ical`, `dependent` or `rollover`
    pub(super) schedule_kind: String,
    pub(super) schedule: Schedule,
    /// Settings that are kept and shown and change nothing here, such as `emailOnFinish` and `maxScanTime`.
    pub(super) options: Map<String, Value>,
    pub(super) owner: String,
    pub(super) created: Moment,
    pub(super) modified: Moment,
    /// Given by a seed; otherwise it follows from the number of hosts.
    pub(super) pace: Option<Pace>,
    pub(super) findings: Option<u32>,
    /// Runs so far, deleted ones too.
    pub(super) launches: u32,
}

impl Definition {
    pub(super) fn targets(&self) -> String {
        let lists = self.assets.iter().filter_map(|id| holdings::asset(*id)).map(|asset| asset.addresses);
        let own = Some(self.ip_list.as_str()).filter(|list| !list.trim().is_empty());
        own.into_iter().chain(lists).collect::<Vec<_>>().join(",")
    }
}

/// One run, `scanResult` to the vendor.
#[derive(Debug, Clone)]
pub(super) struct ScanResult {
    pub(super) id: i64,
    /// None when the definition was deleted, or never was.
    pub(super) definition: Option<i64>,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) policy: i64,
    pub(super) repository: i64,
    pub(super) zone: Option<i64>,
    pub(super) targets: String,
    pub(super) owner: String,
    pub(super) survey: Survey,
    pub(super) execution: Execution,
    pub(super) pace: Pace,
    /// When the results were last brought into the repository by hand.
    pub(super) imported_again: Option<Moment>,
}

impl ScanResult {
    /// A run that ended in an error leaves nothing behind.
    pub(super) fn found(&self, now: Moment) -> Found {
        self.survey.found(match self.execution.phase() {
            Phase::Completed => 1.0,
            Phase::Aborted => 0.0,
            _ => self.execution.progress(now),
        })
    }

    pub(super) fn finding_count(&self, now: Moment) -> usize {
        match self.execution.phase() {
            Phase::Completed => self.survey.total(),
            Phase::Aborted => 0,
            _ => self.found(now).total(),
        }
    }

    pub(super) fn began(&self) -> Moment {
        self.execution.started.unwrap_or(self.execution.created)
    }

    /// How the ledger and the truth name the scan this result is of.
    pub(super) fn subject(&self) -> String {
        self.definition.map_or_else(|| format!("result-{}", self.id), |id| id.to_string())
    }
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) draw: Draw,
    pub(super) estate: Draw,
    next_definition: i64,
    next_result: i64,
    pub(super) started: Moment,
    pub(super) haste: f64,
    pub(super) access: Access,
    pub(super) definitions: BTreeMap<i64, Definition>,
    pub(super) results: BTreeMap<i64, ScanResult>,
    pub(super) uploads: HashMap<String, Bytes>,
}

impl State {
    pub(super) fn new(site: &Site) -> Self {
        let draw = Draw::new(site.config.seed).of("tenable-sc");
        State {
            draw,
            estate: site.estate(),
            next_definition: 0,
            next_result: 0,
            started: site.clock.now(),
            haste: site.config.haste,
            access: Access::new(draw.of("access"), site.config.credentials.clone()),
            definitions: BTreeMap::new(),
            results: BTreeMap::new(),
            uploads: HashMap::new(),
        }
    }

    /// A definition with the settings every one starts from; not kept yet.
    pub(super) fn new_definition(&mut self, name: &str, ip_list: &str, now: Moment) -> Definition {
        self.next_definition += 1;
        let id = self.next_definition;
        Definition {
            id,
            uuid: self.draw.of("definition").with(id as u64).uuid().to_uppercase(),
            name: name.to_owned(),
            description: String::new(),
            ip_list: ip_list.to_owned(),
            assets: Vec::new(),
            policy: holdings::FULL_SAFE_SCAN,
            repository: holdings::DEFAULT_REPOSITORY,
            zone: None,
            schedule_kind: "template".to_owned(),
            schedule: Schedule::default(),
            options: Map::new(),
            owner: self.access.username().to_owned(),
            created: now,
            modified: now,
            pace: None,
            findings: None,
            launches: 0,
        }
    }

    pub(super) fn next_result_id(&mut self) -> i64 {
        self.next_result += 1;
        self.next_result
    }

    /// Starts a run; `None` when there is no such definition.
    pub(super) fn launch(&mut self, definition: i64, at: Moment) -> Option<i64> {
        let id = self.next_result_id();
        let (draw, estate, haste) = (self.draw, self.estate, self.haste);
        let definition = self.definitions.get_mut(&definition)?;
        definition.launches += 1;
        let targets = definition.targets();
        let hosts = discover(&targets, estate);
        let work = 120.0 + 30.0 * hosts.len() as f64;
        let pace = definition.pace.unwrap_or(Pace { queue: 20.0, work, turn: TURN, aborts_at: None }).hastened(haste);
        let findings = definition.findings.unwrap_or(FINDINGS_PER_HOST * hosts.len() as u32);
        let draw = draw.of("scan").of(&definition.uuid);
        let result = ScanResult {
            id,
            definition: Some(definition.id),
            name: definition.name.clone(),
            description: definition.description.clone(),
            policy: definition.policy,
            repository: definition.repository,
            zone: definition.zone,
            targets,
            owner: definition.owner.clone(),
            survey: Survey::generated(hosts, draw, findings, definition.launches),
            execution: Execution::launch(at, pace),
            pace,
            imported_again: None,
        };
        let owner = definition.id;
        self.results.insert(id, result);
        self.forget_old_results(owner);
        Some(id)
    }

    /// Keeps what a report says that was made elsewhere.
    pub(super) fn upload(&mut self, name: String, repository: i64, targets: String, survey: Survey, at: Moment) -> i64 {
        let id = self.next_result_id();
        let pace = Pace { queue: 0.0, work: 0.0, turn: 0.0, aborts_at: None };
        let mut execution = Execution::launch(at, pace);
        execution.settle(at);
        let result = ScanResult {
            id,
            definition: None,
            name,
            description: String::new(),
            policy: holdings::FULL_SAFE_SCAN,
            repository,
            zone: None,
            targets,
            owner: self.access.username().to_owned(),
            survey,
            execution,
            pace,
            imported_again: None,
        };
        self.results.insert(id, result);
        id
    }

    pub(super) fn results_of(&self, definition: i64) -> impl Iterator<Item = &ScanResult> {
        self.results.values().filter(move |result| result.definition == Some(definition))
    }

    /// Lets everything due by `now` happen.
    pub(super) fn settle(&mut self, now: Moment, events: &mut Vec<Event>) {
        let mut launches = Vec::new();
        for definition in self.definitions.values_mut() {
            while let Some(at) = definition.schedule.due(now) {
                launches.push((at, definition.id));
            }
        }
        launches.sort_by_key(|(at, id)| (*at, *id));
        for (at, definition) in launches {
            if let Some(result) = self.launch(definition, at) {
                events.push((at, definition.to_string(), result, Phase::Pending));
            }
        }
        for result in self.results.values_mut().filter(|result| !result.execution.phase().is_over()) {
            for (at, phase) in result.execution.settle(now) {
                events.push((at, result.subject(), result.id, phase));
            }
        }
        self.access.forget_expired(now);
    }

    fn forget_old_results(&mut self, definition: i64) {
        let over: Vec<i64> = self
            .results_of(definition)
            .filter(|result| result.execution.phase().is_over())
            .map(|result| result.id)
            .collect();
        for id in over.iter().take(over.len().saturating_sub(MOST_RESULTS)) {
            self.results.remove(id);
        }
    }
}
