//! What the simulated Invicti remembers. A scan is one run; scanning again makes another scan.

use std::collections::{BTreeMap, HashMap};

use super::agents;
use super::words::checks;
use crate::clock::Moment;
use crate::lifecycle::{Execution, Pace, Phase};
use crate::past::TURN;
use crate::random::Draw;
use crate::recurrence::Recurrence;
use crate::sites::{Flaw, FleetSites, Site, Survey};

/// Virtual seconds a finished scan is archived before it is complete.
const ARCHIVING: f64 = 20.0;
/// Findings of a complete scan that was made through the API.
const FINDINGS: u32 = 60;

/// When, scan, and the phase it entered.
pub(super) type Event = (Moment, String, Phase);

/// How a scan was ordered, and what a copy of it takes over.
#[derive(Debug, Clone)]
pub(super) struct Order {
    /// As it was given.
    pub(super) target: String,
    pub(super) site: Site,
    pub(super) policy: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) comments: String,
    pub(super) kind: &'static str,
    /// Name of an agent; any when none.
    pub(super) agent: Option<String>,
    pub(super) profile: Option<String>,
    pub(super) schedule: Option<String>,
    pub(super) pace: Pace,
    pub(super) findings: u32,
}

impl Order {
    pub(super) fn new(target: &str, site: Site) -> Self {
        Order {
            target: target.to_owned(),
            site,
            policy: None,
            tags: Vec::new(),
            comments: String::new(),
            kind: "Full",
            agent: None,
            profile: None,
            schedule: None,
            pace: Pace { queue: 10.0, work: 600.0, turn: TURN, aborts_at: None },
            findings: FINDINGS,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Scan {
    pub(super) id: String,
    pub(super) order: Order,
    pub(super) agent: String,
    pub(super) survey: Survey,
    pub(super) execution: Execution,
    /// Virtual seconds from its end until it is complete.
    archiving: f64,
    /// Waits for a time window that never opens.
    pub(super) delayed: bool,
    /// Whether its end has been told to the webhook.
    pub(super) announced: bool,
}

impl Scan {
    /// When it became complete, failed or was cancelled.
    pub(super) fn closed(&self) -> Option<Moment> {
        let archiving = if self.execution.phase() == Phase::Completed { self.archiving } else { 0.0 };
        self.execution.ended.map(|ended| ended.plus(archiving))
    }

    pub(super) fn state(&self, now: Moment) -> &'static str {
        match self.execution.phase() {
            Phase::Pending if self.delayed => "Delayed",
            Phase::Pending => "Queued",
            // There is no word for a scan about to be cancelled.
            Phase::Running | Phase::Stopping => "Scanning",
            Phase::Pausing => "Pausing",
            Phase::Paused => "Paused",
            Phase::Resuming => "Resuming",
            Phase::Completed if self.closed().is_some_and(|closed| now < closed) => "Archiving",
            Phase::Completed => "Complete",
            Phase::Canceled => "Cancelled",
            Phase::Aborted => "Failed",
        }
    }

    pub(super) fn is_over(&self, now: Moment) -> bool {
        ["Complete", "Cancelled", "Failed"].contains(&self.state(now))
    }

    pub(super) fn state_changed(&self, now: Moment) -> Moment {
        self.closed().filter(|closed| *closed <= now).unwrap_or_else(|| self.execution.changed())
    }

    pub(super) fn initiated(&self) -> Moment {
        self.execution.created
    }

    /// Share of the work that is done, 0 to 1.
    pub(super) fn progress(&self, now: Moment) -> f64 {
        if self.execution.phase() == Phase::Completed { 1.0 } else { self.execution.progress(now) }
    }

    /// The numbers of the flaws known so far, ascending.
    pub(super) fn numbers(&self, now: Moment) -> Vec<u32> {
        self.survey.numbers(self.progress(now))
    }

    /// Flaws known so far, with their numbers on the site.
    pub(super) fn found(&self, now: Moment) -> Vec<(u32, Flaw)> {
        let numbers = self.numbers(now);
        let flaws = self.survey.flaws(&numbers);
        numbers.into_iter().zip(flaws).collect()
    }
}

/// A scan that starts by itself; each time it makes a new scan.
#[derive(Debug, Clone)]
pub(super) struct Scheduled {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) run_type: String,
    pub(super) order: Order,
    pub(super) fires: Recurrence,
    pub(super) launched: u32,
    pub(super) last: Option<String>,
}

/// Settings kept under a name, the agent among them.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) target: String,
    pub(super) agent: Option<String>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) draw: Draw,
    next: u64,
    pub(super) started: Moment,
    pub(super) haste: f64,
    pub(super) sites: FleetSites,
    /// By number; newer scans have greater ones.
    pub(super) scans: BTreeMap<u64, Scan>,
    numbers: HashMap<String, u64>,
    /// Scans made so far of each website, by its origin.
    launched: HashMap<String, u32>,
    /// Scans that were seeded without a target.
    pub(super) invented: usize,
    pub(super) scheduled: Vec<Scheduled>,
    pub(super) profiles: Vec<Profile>,
    pub(super) disabled_agents: Vec<String>,
}

impl State {
    pub(super) fn new(site: &crate::vendor::Site) -> Self {
        let seed = site.config.seed;
        State {
            draw: Draw::new(seed).of("invicti"),
            next: 0,
            started: site.clock.now(),
            haste: site.config.haste,
            sites: FleetSites::new(site.estate(), seed),
            scans: BTreeMap::new(),
            numbers: HashMap::new(),
            launched: HashMap::new(),
            invented: 0,
            scheduled: Vec::new(),
            profiles: Vec::new(),
            disabled_agents: Vec::new(),
        }
    }

    /// 32 hexadecimal digits.
    pub(super) fn next_id(&mut self, label: &str) -> (u64, String) {
        self.next += 1;
        (self.next, self.draw.of(label).with(self.next).hex(32))
    }

    pub(super) fn scan(&self, id: &str) -> Option<&Scan> {
        self.scans.get(self.numbers.get(&id.replace('-', "").to_lowercase())?)
    }

    pub(super) fn scan_mut(&mut self, id: &str) -> Option<&mut Scan> {
        self.scans.get_mut(self.numbers.get(&id.replace('-', "").to_lowercase())?)
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<Scan> {
        let number = self.numbers.remove(&id.replace('-', "").to_lowercase())?;
        self.scans.remove(&number)
    }

    /// Identity of a website: the same for every scan of it.
    pub(super) fn website_id(&self, site: &Site) -> String {
        self.draw.of("website").of(&site.origin).hex(32)
    }

    /// Identity of an issue: the same for every scan of its website.
    pub(super) fn issue_id(&self, site: &Site, flaw: u32) -> String {
        self.draw.of("issue").of(&site.origin).with(u64::from(flaw)).uuid()
    }

    /// A new scan, queued at `at`.
    pub(super) fn launch(&mut self, order: Order, at: Moment) -> String {
        let (number, id) = self.next_id("scan");
        let agent = order.agent.clone().unwrap_or_else(|| agents::CLOUD.to_owned());
        // The scans of a website are the runs of one survey.
        let launched = self.launched.entry(order.site.origin.clone()).or_default();
        *launched += 1;
        let run = *launched;
        let draw = self.draw.of("survey").of(&order.site.origin);
        let scan = Scan {
            id: id.clone(),
            agent,
            survey: Survey::new(order.site.clone(), draw, order.findings, run, checks),
            execution: Execution::launch(at, order.pace.hastened(self.haste)),
            archiving: ARCHIVING / self.haste,
            order,
            delayed: false,
            announced: false,
        };
        self.numbers.insert(id.clone(), number);
        self.scans.insert(number, scan);
        id
    }

    /// Lets everything due by `now` happen.
    pub(super) fn settle(&mut self, now: Moment, events: &mut Vec<Event>) {
        for index in 0..self.scheduled.len() {
            while let Some((at, order)) = self
                .scheduled
                .get_mut(index)
                .and_then(|scheduled| scheduled.fires.due(now).map(|at| (at, scheduled.order.clone())))
            {
                let id = self.launch(order, at);
                if let Some(scheduled) = self.scheduled.get_mut(index) {
                    scheduled.launched += 1;
                    scheduled.last = Some(id.clone());
                }
                events.push((at, id, Phase::Pending));
            }
        }
        for scan in self.scans.values_mut().filter(|scan| !scan.delayed) {
            for (at, phase) in scan.execution.settle(now) {
                events.push((at, scan.id.clone(), phase));
            }
        }
    }
}
