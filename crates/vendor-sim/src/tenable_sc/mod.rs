//! Tenable Security Center (Tenable.sc), as its REST API shows itself.
//!
//! Written from the facts in the project's vendor notes and the recordings of the vendor's own client library.
//! Where the notes say "not found" the choice made here is named in the file that makes it. To the ledger a scan is a
//! definition and its runs are the results, both by their number; a result without definition is the scan `result-N`.

mod access;
mod analysis;
mod analysis_rows;
mod answer;
mod control;
mod definitions;
mod download;
mod holdings;
mod operation;
mod repository;
mod result_view;
mod results;
mod seed;
mod state;
mod status;
mod system;
mod uploads;
mod wire;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::http::{HeaderMap, Method};
use axum::middleware::from_fn_with_state;
use serde_json::Value;

use crate::clock::Moment;
use crate::ledger::FindingRef;
use crate::vendor::{Refusal, RunTruth, ScanSeed, ScanTruth, SeedError, Site, Vendor, Wording};
use seed::Made;
use state::{Definition, ScanResult, State};

#[derive(Debug)]
pub(crate) struct TenableSc {
    site: Site,
    state: Mutex<State>,
    seeded: AtomicU64,
}

impl TenableSc {
    pub(crate) fn new(site: Site) -> Self {
        let state = State::new(&site);
        TenableSc { site, state: Mutex::new(state), seeded: AtomicU64::new(0) }
    }

    fn now(&self) -> Moment {
        self.site.clock.now()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn run_truth(result: &ScanResult, now: Moment) -> RunTruth {
    RunTruth {
        id: result.id.to_string(),
        uuid: result.id.to_string(),
        state: result.status(now).to_owned(),
        progress: result.execution.progress(now),
        started_at: result.execution.started,
        ended_at: result.execution.ended,
        findings: result.finding_count(now),
        engine: Some(holdings::worker(result.zone).1.to_owned()),
    }
}

fn of_definition(state: &State, definition: &Definition, now: Moment) -> ScanTruth {
    let history: Vec<RunTruth> = state.results_of(definition.id).map(|result| run_truth(result, now)).collect();
    ScanTruth {
        id: definition.id.to_string(),
        name: definition.name.clone(),
        state: history.last().map_or_else(String::new, |run| run.state.clone()),
        uuid: history.last().map(|run| run.uuid.clone()),
        owner: definition.owner.clone(),
        folder: String::new(),
        targets: definition.targets(),
        created_at: definition.created,
        history,
    }
}

fn of_result(result: &ScanResult, now: Moment) -> ScanTruth {
    let run = run_truth(result, now);
    ScanTruth {
        id: result.subject(),
        name: result.name.clone(),
        state: run.state.clone(),
        uuid: Some(run.uuid.clone()),
        owner: result.owner.clone(),
        folder: String::new(),
        targets: result.targets.clone(),
        created_at: result.execution.created,
        history: vec![run],
    }
}

impl Vendor for TenableSc {
    fn router(self: Arc<Self>) -> Router {
        let guarded = Router::new()
            .merge(access::guarded_routes())
            .merge(system::guarded_routes())
            .merge(definitions::routes())
            .merge(control::routes())
            .merge(results::routes())
            .merge(download::routes())
            .merge(uploads::routes())
            .merge(analysis::routes())
            .merge(holdings::routes())
            .layer(from_fn_with_state(Arc::clone(&self), access::require));
        Router::new()
            .merge(system::open_routes())
            .merge(access::open_routes())
            .merge(guarded)
            .fallback(answer::no_such_route)
            .method_not_allowed_fallback(answer::no_such_route)
            .layer(from_fn_with_state(Arc::clone(&self), answer::envelope))
            .with_state(self)
    }

    fn operation(&self, method: &Method, path: &str) -> &'static str {
        operation::name(method, path)
    }

    fn wording(&self) -> Wording {
        Wording {
            list_fields: &["response", "response.usable", "response.manageable", "response.results"],
            status_fields: &["status", "importStatus"],
            // Of the web server in front; what the product itself refuses has its envelope.
            refusal: |status, reason, _| Refusal {
                media_type: "text/html; charset=iso-8859-1",
                body: format!("<html><head><title>{} {reason}</title></head></html>", status.as_u16()),
            },
        }
    }

    fn complaint(&self, code: u32, text: &str) -> Refusal {
        Refusal::json(&answer::sealed(Value::from(""), code, text, self.now()))
    }

    fn authenticates(&self, headers: &HeaderMap) -> bool {
        self.state().access.admits(headers, self.now()).is_some()
    }

    fn settle(&self) {
        let mut events = Vec::new();
        self.state().settle(self.now(), &mut events);
        for (at, scan, result, phase) in events {
            self.site.came_about(at, scan, result.to_string(), phase);
        }
    }

    fn add_scan(&self, scan: ScanSeed) -> Result<ScanTruth, SeedError> {
        let now = self.now();
        let number = self.seeded.fetch_add(1, Ordering::Relaxed);
        let mut state = self.state();
        let lost = || SeedError("the scan was not kept".to_owned());
        match seed::add(&mut state, scan, number, now)? {
            Made::Definition(id) => {
                let definition = state.definitions.get(&id).ok_or_else(lost)?;
                Ok(of_definition(&state, definition, now))
            }
            Made::Result(id) => Ok(of_result(state.results.get(&id).ok_or_else(lost)?, now)),
        }
    }

    fn scans(&self) -> Vec<ScanTruth> {
        let (state, now) = (self.state(), self.now());
        let defined = state.definitions.values().map(|definition| of_definition(&state, definition, now));
        let others = state.results.values().filter(|result| result.definition.is_none());
        defined.chain(others.map(|result| of_result(result, now))).collect()
    }

    fn findings(&self, scan: &str, run: &str) -> Option<Vec<FindingRef>> {
        let (state, now) = (self.state(), self.now());
        let result = state.results.get(&run.parse().ok()?).filter(|result| result.subject() == scan)?;
        Some(result.found(now).references(result.began()))
    }
}
