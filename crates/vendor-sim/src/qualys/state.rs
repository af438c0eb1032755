//! What the simulated platform remembers.
//!
//! A scan exists only when it has been launched: every run is a scan of its own, with its own reference. What is
//! configured and repeats is a schedule.

use std::collections::BTreeMap;

use super::access::Access;
use super::holdings;
use crate::clock::Moment;
use crate::estate::hosts::discover;
use crate::estate::survey::{Found, Survey};
use crate::lifecycle::{Execution, Pace, Phase};
use crate::random::Draw;
use crate::schedule::Schedule;
use crate::vendor::Site;

/// Virtual seconds after which an accepted pause, resume or cancel is in force: minutes, as clients are warned.
pub(super) const TURN: f64 = 90.0;
const FINDINGS_PER_HOST: u32 = 25;
/// Scans kept; the oldest that are over go first.
const MOST_SCANS: usize = 20_000;

pub(super) type Event = (Moment, String, Phase);

#[derive(Debug, Clone)]
pub(super) struct Scan {
    /// `scan/1618144745.78096`
    pub(super) reference: String,
    pub(super) number: u32,
    pub(super) title: String,
    /// `On-Demand`, `Scheduled` or `API`
    pub(super) kind: &'static str,
    pub(super) user: String,
    pub(super) target: String,
    pub(super) groups: Vec<&'static str>,
    /// Id of the option profile.
    pub(super) profile: u32,
    /// Name of the appliance; `External` for the vendor's own scanners.
    pub(super) appliance: &'static str,
    pub(super) priority: u8,
    pub(super) survey: Survey,
    pub(super) haste: f64,
    pub(super) execution: Execution,
    /// The word shown while an accepted action is not in force yet.
    pub(super) before_action: Option<&'static str>,
}

impl Scan {
    pub(super) fn found(&self, now: Moment) -> Found {
        self.survey.found(if self.is_complete() { 1.0 } else { self.execution.progress(now) })
    }

    pub(super) fn finding_count(&self, now: Moment) -> usize {
        if self.is_complete() { self.survey.total() } else { self.found(now).total() }
    }

    fn is_complete(&self) -> bool {
        self.execution.phase() == Phase::Completed
    }

    pub(super) fn began(&self) -> Moment {
        self.execution.started.unwrap_or(self.execution.created)
    }
}

/// What a scan is launched with.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) title: String,
    pub(super) kind: &'static str,
    pub(super) user: String,
    pub(super) target: String,
    pub(super) groups: Vec<&'static str>,
    pub(super) profile: u32,
    pub(super) appliance: &'static str,
    pub(super) priority: u8,
    /// Given by a seed; otherwise it follows from the number of hosts.
    pub(super) pace: Option<Pace>,
    pub(super) findings: Option<u32>,
}

impl Order {
    pub(super) fn new(title: &str, user: &str, target: &str) -> Self {
        Order {
            title: title.to_owned(),
            kind: "API",
            user: user.to_owned(),
            target: target.to_owned(),
            groups: Vec::new(),
            profile: holdings::INITIAL_OPTIONS,
            appliance: holdings::EXTERNAL,
            priority: 0,
            pace: None,
            findings: None,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Scheduled {
    pub(super) id: u32,
    pub(super) order: Order,
    pub(super) schedule: Schedule,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) draw: Draw,
    pub(super) estate: Draw,
    next: u32,
    pub(super) started: Moment,
    pub(super) haste: f64,
    pub(super) access: Access,
    /// By reference.
    pub(super) scans: BTreeMap<String, Scan>,
    pub(super) schedules: Vec<Scheduled>,
    /// Runs of scans with one title and target, for what their findings share.
    launches: BTreeMap<(String, String), u32>,
}

impl State {
    pub(super) fn new(site: &Site) -> Self {
        let draw = Draw::new(site.config.seed).of("qualys");
        State {
            draw,
            estate: site.estate(),
            next: 10_000,
            started: site.clock.now(),
            haste: site.config.haste,
            access: Access::new(draw.of("access"), site.config.credentials.clone()),
            scans: BTreeMap::new(),
            schedules: Vec::new(),
            launches: BTreeMap::new(),
        }
    }

    pub(super) fn next_number(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    /// Launches a scan; returns its reference.
    pub(super) fn launch(&mut self, order: Order, at: Moment) -> String {
        let number = self.next_number();
        let reference = format!("scan/{}.{number:05}", at.epoch_seconds());
        let hosts = discover(&order.target, self.estate);
        let work = 180.0 + 40.0 * hosts.len() as f64;
        let pace = order.pace.unwrap_or(Pace { queue: 15.0, work, turn: TURN, aborts_at: None });
        let findings = order.findings.unwrap_or(FINDINGS_PER_HOST * hosts.len() as u32);
        let run = self.launches.entry((order.title.clone(), order.target.clone())).or_insert(0);
        *run += 1;
        let draw = self.draw.of("scan").of(&order.title).of(&order.target);
        let scan = Scan {
            reference: reference.clone(),
            number,
            title: order.title,
            kind: order.kind,
            user: order.user,
            target: order.target,
            groups: order.groups,
            profile: order.profile,
            appliance: order.appliance,
            priority: order.priority,
            survey: Survey::generated(hosts, draw, findings, *run),
            haste: self.haste,
            execution: Execution::launch(at, pace.hastened(self.haste)),
            before_action: None,
        };
        self.scans.insert(reference.clone(), scan);
        if self.scans.len() > MOST_SCANS {
            let over = self.scans.values().find(|scan| scan.execution.phase().is_over());
            if let Some(oldest) = over.map(|scan| scan.reference.clone()) {
                self.scans.remove(&oldest);
            }
        }
        reference
    }

    /// Lets everything due by `now` happen.
    pub(super) fn settle(&mut self, now: Moment, events: &mut Vec<Event>) {
        let mut due = Vec::new();
        for scheduled in &mut self.schedules {
            while let Some(at) = scheduled.schedule.due(now) {
                due.push((at, scheduled.order.clone()));
            }
        }
        due.sort_by_key(|(at, _)| *at);
        for (at, order) in due {
            let reference = self.launch(order, at);
            events.push((at, reference, Phase::Pending));
        }
        for scan in self.scans.values_mut().filter(|scan| !scan.execution.phase().is_over()) {
            for (at, phase) in scan.execution.settle(now) {
                scan.before_action = None;
                events.push((at, scan.reference.clone(), phase));
            }
        }
        self.access.forget_expired(now);
    }
}
