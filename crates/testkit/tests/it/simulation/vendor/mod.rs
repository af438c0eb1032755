//! A vendor in the process: what it knows, how its scans go on with the virtual time, and a ledger of all it was asked
//! and all it did. Nothing of it comes from the hub: what it holds is the truth the hub is measured against.

mod kinds;
mod ledger;
mod report;
mod scan;
mod session;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

pub(crate) use kinds::{KINDS, Kind};
pub(crate) use ledger::{Effect, Ledger, Served};
pub(crate) use report::{references, render};
pub(crate) use scan::{VendorRun, VendorScan};
pub(crate) use session::ModelConnector;

use scanhelm_core::Timestamp;
use scanhelm_core::status::VendorState;

use super::dice::{Dice, VirtualClock};

/// Short, so that scans of one name are common.
const NAMES: [&str; 4] = ["Weekly", "Office", "DMZ", "Payroll <b>"];

/// What may go wrong with an answer just now.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Troubles {
    /// Of a hundred calls.
    pub(crate) faults: usize,
    /// Nobody answers at all.
    pub(crate) down: bool,
    /// A running scan is called by a word that nobody knows.
    pub(crate) strange_word: bool,
    /// A list may show a scan as it was up to 20 s ago.
    pub(crate) lagging_list: bool,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) kind: &'static Kind,
    pub(crate) dice: Dice,
    /// Of the id space.
    pub(crate) incarnation: String,
    installations: u64,
    next_id: u64,
    next_uid: u64,
    pub(crate) scans: BTreeMap<String, VendorScan>,
    /// Deleted or lost in a reinstallation; for the checkers.
    pub(crate) gone: Vec<VendorScan>,
    pub(crate) secret: String,
    pub(crate) troubles: Troubles,
    /// The last list was empty although there are scans: the next one tells the truth.
    lied: bool,
    exports: BTreeMap<String, Timestamp>,
    pub(crate) ledger: Ledger,
}

/// One vendor instance. Clones are the same instance.
#[derive(Clone, Debug)]
pub(crate) struct Vendor {
    /// As in its address and its secrets.
    pub(crate) name: String,
    pub(crate) kind: &'static Kind,
    clock: VirtualClock,
    state: Arc<Mutex<State>>,
}

impl Vendor {
    pub(crate) fn new(number: usize, kind: &'static Kind, seed: u64, clock: VirtualClock) -> Self {
        let name = format!("vendor-{number}");
        let state = State {
            kind,
            dice: Dice::new(seed, 100 + number as u64),
            incarnation: format!("{name}-1"),
            installations: 1,
            next_id: 1,
            next_uid: 1,
            scans: BTreeMap::new(),
            gone: Vec::new(),
            secret: format!("MARKER-{name}-secret-1"),
            troubles: Troubles::default(),
            lied: false,
            exports: BTreeMap::new(),
            ledger: Ledger::default(),
        };
        Self { name, kind, clock, state: Arc::new(Mutex::new(state)) }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("https://10.0.0.1:{}", 8000 + self.number())
    }

    fn number(&self) -> u16 {
        self.name.rsplit('-').next().unwrap().parse().unwrap()
    }

    /// As of now: what is over has ended.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap();
        state.go_on(scanhelm_core::Clock::now(&self.clock));
        state
    }
}

impl State {
    fn go_on(&mut self, now: Timestamp) {
        for scan in self.scans.values_mut() {
            scan.go_on(now);
        }
    }

    /// When something happens next by itself.
    pub(crate) fn next_change(&self) -> Option<Timestamp> {
        self.scans.values().filter_map(VendorScan::next_change).min()
    }

    pub(crate) fn scan_of_uid(&self, uid: u64) -> Option<&VendorScan> {
        self.scans.values().chain(&self.gone).find(|scan| scan.uid == uid)
    }

    /// A new scan of this installation, not started.
    pub(crate) fn add_scan(&mut self, name: Option<String>, now: Timestamp) -> &mut VendorScan {
        let id = self.next_id.to_string();
        self.next_id += 1;
        let uid = self.next_uid;
        self.next_uid += 1;
        let name = name.unwrap_or_else(|| NAMES[self.dice.below(NAMES.len())].to_owned());
        let hosts = (0..report::HOSTS).filter(|_| self.dice.percent(50)).collect();
        let scan = VendorScan::new(uid, id.clone(), self.incarnation.clone(), name, hosts, now);
        self.scans.entry(id).or_insert(scan)
    }

    /// Starts a run; `false` when one is under way.
    pub(crate) fn start_run(&mut self, id: &str, now: Timestamp) -> bool {
        let number = self.next_uid;
        self.next_uid += 1;
        let (dice, incarnation) = (&mut self.dice, &self.incarnation);
        self.scans.get_mut(id).is_some_and(|scan| {
            let free = scan.runs.last().is_none_or(|run| run.state.is_terminal());
            if free {
                scan.start(number, format!("{incarnation}-run-{number}"), dice, now);
            }
            free
        })
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<u64> {
        let scan = self.scans.remove(id)?;
        let uid = scan.uid;
        self.gone.push(scan);
        Some(uid)
    }

    /// Everything is lost, ids begin anew.
    pub(crate) fn reinstall(&mut self) {
        self.installations += 1;
        let base = self.incarnation.rsplit_once('-').map(|(base, _)| base.to_owned()).unwrap_or_default();
        self.incarnation = format!("{base}-{}", self.installations);
        self.next_id = 1;
        self.gone.extend(std::mem::take(&mut self.scans).into_values());
        self.exports.clear();
    }

    /// Only the new secret opens from now on.
    pub(crate) fn rotate_secret(&mut self) {
        let (base, number) = self.secret.rsplit_once('-').map(|(base, number)| (base.to_owned(), number)).unwrap();
        let number: u64 = number.parse::<u64>().unwrap() + 1;
        self.secret = format!("{base}-{number}");
    }

    /// Someone works at the vendor's own console.
    pub(crate) fn by_hand(&mut self, now: Timestamp) -> String {
        let ids: Vec<String> = self.scans.keys().cloned().collect();
        let Some(id) = self.dice.pick(&ids).cloned() else {
            self.add_scan(None, now);
            return "added a first scan".to_owned();
        };
        let choice =
            self.dice.weighted(&[(5, "add"), (5, "run"), (2, "rename"), (1, "remove"), (2, "pause"), (1, "stop")]);
        match choice {
            "add" => {
                let id = self.add_scan(None, now).id.clone();
                if self.dice.percent(80) {
                    self.start_run(&id, now);
                }
                format!("added scan {id}")
            }
            "run" => format!("started scan {id}: {}", self.start_run(&id, now)),
            // Without a token in it, nobody could tell again what was created and renamed before its answer came.
            "rename" if self.kind.token || self.scans[&id].command.is_none() => {
                let name = NAMES[self.dice.below(NAMES.len())];
                name.clone_into(&mut self.scans.get_mut(&id).unwrap().name);
                format!("renamed scan {id} to {name}")
            }
            "remove" => {
                self.remove(&id);
                format!("removed scan {id}")
            }
            "pause" if self.kind.pause => {
                let scan = self.scans.get_mut(&id).unwrap();
                let done = scan.pause(now) || scan.resume(now);
                format!("paused or resumed scan {id}: {done}")
            }
            "rename" => "nothing".to_owned(),
            _ => format!("stopped scan {id}: {}", self.scans.get_mut(&id).unwrap().stop(now)),
        }
    }
}

/// How a state is called.
fn word(state: VendorState, strange: bool) -> (&'static str, Option<VendorState>) {
    if strange && state == VendorState::Running {
        return ("verifying", None);
    }
    let word = match state {
        VendorState::Queued => "pending",
        VendorState::Running => "running",
        VendorState::Paused => "paused",
        VendorState::Completed => "completed",
        VendorState::Failed => "error",
        VendorState::Cancelled => "canceled",
    };
    (word, Some(state))
}

/// How long a list may lag.
const LAG: Duration = Duration::from_secs(20);
