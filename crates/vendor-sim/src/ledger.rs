//! The simulator's book-keeping: what was asked, what it caused, what was handed out.
//!
//! A checker compares a hub with this ledger to prove "nothing lost, nothing twice": the findings that left the
//! simulator intact, per run, and how many launches, deletes or creates each scan really received. Entries are kept
//! in arrival order; beyond [`CAPACITY`] the oldest requests go and are counted, so that a long demonstration does
//! not grow without bound. Effects and served findings are never dropped by that.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::clock::Moment;

const CAPACITY: usize = 100_000;

/// One request as the simulator saw it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Exchange {
    pub seq: u64,
    pub at: Moment,
    pub method: String,
    pub path: String,
    pub query: String,
    /// The vendor's name for the call, such as `scans.list`.
    pub operation: String,
    pub authenticated: bool,
    /// Status sent to the client; none while unanswered, or when the answer was never sent.
    pub status: Option<u16>,
    /// The fault that struck, such as `close`.
    pub fault: Option<String>,
    /// Virtual scan changes this request caused.
    pub effects: Vec<Effect>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Create,
    Update,
    Copy,
    Delete,
    DeleteRun,
    Launch,
    Pause,
    Resume,
    Stop,
    Kill,
    Schedule,
    Upload,
    Import,
    ExportRequested,
    ExportServed,
    Login,
    Logout,
    RotateKeys,
    CreateTarget,
    DeleteTarget,
    /// A target, or a scan, is bound to the sub-scanner named as run.
    AssignEngine,
    /// A webhook was called and answered with a 2xx.
    Notified,
    /// A webhook was called in vain.
    NotifyFailed,
    CreateFolder,
    RenameFolder,
    DeleteFolder,
    Started,
    Paused,
    Completed,
    Canceled,
    Aborted,
}

/// Something that changed, or left, the simulated vendor.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Effect {
    pub at: Moment,
    /// The request that caused it; none when the clock did.
    pub request: Option<u64>,
    pub action: Action,
    /// Scan (or folder, file, user) it happened to.
    pub subject: String,
    pub run: Option<String>,
    /// Findings handed out, for exports.
    pub findings: Option<u64>,
}

/// One finding as a checker can compare it: `reference` is unique within its run and stable over runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FindingRef {
    pub reference: String,
    pub asset: String,
    pub check: String,
    pub location: String,
    pub severity: String,
}

/// Findings of one run that left the simulator in an answer no fault spoilt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Served {
    pub scan: String,
    pub run: String,
    pub times: u64,
    pub findings: Vec<FindingRef>,
}

/// A copy of the ledger at one moment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LedgerReport {
    /// Requests dropped from the front because the ledger was full.
    pub forgotten: u64,
    pub requests: Vec<Exchange>,
    pub effects: Vec<Effect>,
    pub served: Vec<Served>,
}

impl LedgerReport {
    /// How often `action` happened to `subject`.
    pub fn count(&self, action: Action, subject: &str) -> usize {
        self.effects.iter().filter(|effect| effect.action == action && effect.subject == subject).count()
    }

    /// Requests answered for `operation`.
    pub fn requests_of(&self, operation: &str) -> usize {
        self.requests.iter().filter(|exchange| exchange.operation == operation).count()
    }
}

/// What is known of a request when it arrives.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) at: Moment,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) operation: String,
    pub(crate) authenticated: bool,
}

type Findings = Arc<Vec<FindingRef>>;

#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    book: Arc<Mutex<Book>>,
}

#[derive(Debug, Default)]
struct Book {
    next: u64,
    forgotten: u64,
    requests: VecDeque<Exchange>,
    effects: Vec<Effect>,
    /// By scan and run: how often, and what.
    served: BTreeMap<(String, String), (u64, Findings)>,
    /// Handed to a client by a request whose answer is not finished yet.
    leaving: BTreeMap<u64, Vec<(String, String, Findings)>>,
}

impl Ledger {
    pub(crate) fn report(&self) -> LedgerReport {
        self.with(|book| {
            let mut caused: BTreeMap<u64, Vec<Effect>> = BTreeMap::new();
            for effect in &book.effects {
                if let Some(request) = effect.request {
                    caused.entry(request).or_default().push(effect.clone());
                }
            }
            let with_effects = |exchange: &Exchange| Exchange {
                effects: caused.get(&exchange.seq).cloned().unwrap_or_default(),
                ..exchange.clone()
            };
            LedgerReport {
                forgotten: book.forgotten,
                requests: book.requests.iter().map(with_effects).collect(),
                effects: book.effects.clone(),
                served: book
                    .served
                    .iter()
                    .map(|((scan, run), (times, findings))| Served {
                        scan: scan.clone(),
                        run: run.clone(),
                        times: *times,
                        findings: findings.to_vec(),
                    })
                    .collect(),
            }
        })
    }

    pub(crate) fn arrive(&self, arrival: Arrival) -> u64 {
        self.with(|book| {
            book.next += 1;
            let seq = book.next;
            if book.requests.len() >= CAPACITY {
                book.requests.pop_front();
                book.forgotten += 1;
            }
            book.requests.push_back(Exchange {
                seq,
                at: arrival.at,
                method: arrival.method,
                path: arrival.path,
                query: arrival.query,
                operation: arrival.operation,
                authenticated: arrival.authenticated,
                status: None,
                fault: None,
                effects: Vec::new(),
            });
            seq
        })
    }

    pub(crate) fn fault(&self, seq: u64, fault: &str) {
        self.change(seq, |exchange| exchange.fault = Some(fault.to_owned()));
    }

    pub(crate) fn answer(&self, seq: u64, status: u16) {
        self.change(seq, |exchange| exchange.status = Some(status));
    }

    pub(crate) fn effect(&self, effect: Effect) {
        self.with(|book| book.effects.push(effect));
    }

    /// The vendor puts `findings` of a run into the answer of request `seq`, which may hold several runs.
    pub(crate) fn hand_out(&self, seq: u64, scan: &str, run: &str, findings: Vec<FindingRef>) {
        let entry = (scan.to_owned(), run.to_owned(), Arc::new(findings));
        self.with(|book| book.leaving.entry(seq).or_default().push(entry));
    }

    /// The answer of request `seq` leaves; only an intact one counts as served.
    pub(crate) fn leave(&self, seq: u64, intact: bool) {
        self.with(|book| {
            let entries = book.leaving.remove(&seq).filter(|_| intact).unwrap_or_default();
            for (scan, run, findings) in entries {
                let served = book.served.entry((scan, run)).or_insert_with(|| (0, Arc::clone(&findings)));
                served.0 += 1;
                if served.1 != findings {
                    let mut all: Vec<FindingRef> = served.1.iter().chain(findings.iter()).cloned().collect();
                    all.sort();
                    all.dedup();
                    served.1 = Arc::new(all);
                }
            }
        });
    }

    fn change(&self, seq: u64, action: impl FnOnce(&mut Exchange)) {
        self.with(|book| {
            let position = book.requests.partition_point(|exchange| exchange.seq < seq);
            if let Some(exchange) = book.requests.get_mut(position).filter(|exchange| exchange.seq == seq) {
                action(exchange);
            }
        });
    }

    fn with<T>(&self, action: impl FnOnce(&mut Book) -> T) -> T {
        action(&mut self.book.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
