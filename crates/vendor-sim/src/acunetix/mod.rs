//! Acunetix Premium and Acunetix Online, API v1.
//!
//! Written from the vendor's published Swagger and the project's vendor notes. A target has scans, a scan has a
//! result for each time it ran, a result has vulnerabilities; a vulnerability has one id in its result and another on
//! its target. Where neither source knows an answer, the choice made here is named in the file that makes it.
//!
//! Not simulated: users and roles, target groups, continuous scans, retests of single vulnerabilities, crawl data,
//! notifications, issue trackers, firewalls, network scans, and sign-in without an API key.

mod answer;
mod control;
mod export;
mod known;
mod operation;
mod paging;
mod profiles;
mod reports;
mod results;
mod scans;
mod schedule;
mod seed;
mod server;
mod state;
mod targets;
mod vulnerabilities;
mod words;
mod workers;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::http::{HeaderMap, Method};
use axum::middleware::from_fn_with_state;

use crate::clock::Moment;
use crate::ledger::FindingRef;
use crate::vendor::{Refusal, RunTruth, ScanSeed, ScanTruth, SeedError, Site, Vendor, Wording};
use state::{Outcome, Scan, State};

/// Where the API begins.
const ROOT: &str = "/api/v1";

#[derive(Debug)]
pub(crate) struct Acunetix {
    site: Site,
    state: Mutex<State>,
}

impl Acunetix {
    pub(crate) fn new(site: Site) -> Self {
        let state = State::new(&site);
        Acunetix { site, state: Mutex::new(state) }
    }

    fn now(&self) -> Moment {
        self.site.clock.now()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn truth(state: &State, scan: &Scan, now: Moment) -> ScanTruth {
        let target = state.target(&scan.target_id);
        ScanTruth {
            id: scan.id.clone(),
            name: target.map(|target| target.description.clone()).unwrap_or_default(),
            state: scan.status(now).to_owned(),
            uuid: scan.latest().map(|result| result.id.clone()),
            owner: String::new(),
            folder: String::new(),
            targets: target.map(|target| target.address.clone()).unwrap_or_default(),
            created_at: scan.created,
            history: scan.results.iter().map(|result| run_truth(result, now)).collect(),
        }
    }
}

fn run_truth(result: &Outcome, now: Moment) -> RunTruth {
    RunTruth {
        id: result.id.clone(),
        uuid: result.id.clone(),
        state: result.status(now).to_owned(),
        progress: result.execution.progress(now),
        started_at: result.execution.started,
        ended_at: result.execution.ended,
        findings: result.numbers(now).len(),
        engine: Some(result.engine.clone()),
    }
}

impl Vendor for Acunetix {
    fn router(self: Arc<Self>) -> Router {
        let api = Router::new()
            .merge(server::routes())
            .merge(targets::routes())
            .merge(workers::routes())
            .merge(profiles::routes())
            .merge(scans::routes())
            .merge(control::routes())
            .merge(results::routes())
            .merge(vulnerabilities::routes())
            .merge(reports::guarded_routes())
            .fallback(answer::no_such_route)
            .method_not_allowed_fallback(answer::wrong_method)
            .layer(from_fn_with_state(Arc::clone(&self), server::require_key));
        let open = reports::open_routes();
        Router::new().nest(ROOT, open.merge(api)).fallback(answer::no_such_route).with_state(self)
    }

    fn operation(&self, method: &Method, path: &str) -> &'static str {
        operation::name(method, path.strip_prefix(ROOT).unwrap_or_default())
    }

    fn wording(&self) -> Wording {
        Wording {
            list_fields: &["scans", "targets", "results", "vulnerabilities", "workers", "reports"],
            status_fields: &["status"],
            refusal: |status, reason, delay| {
                let mut body = answer::error_body(status, reason, &[]);
                if let (Some(seconds), Some(fields)) = (delay, body.as_object_mut()) {
                    fields.insert("retry_after".to_owned(), serde_json::json!({ "delay_seconds": seconds }));
                }
                Refusal { media_type: "application/json", body: body.to_string() }
            },
        }
    }

    fn authenticates(&self, headers: &HeaderMap) -> bool {
        server::admits(&self.site.config.credentials, headers)
    }

    fn settle(&self) {
        let now = self.now();
        let mut events = Vec::new();
        self.state().settle(now, &mut events);
        for (at, scan, result, phase) in events {
            self.site.came_about(at, scan, result, phase);
        }
    }

    fn add_scan(&self, scan: ScanSeed) -> Result<ScanTruth, SeedError> {
        let now = self.now();
        let mut state = self.state();
        let id = seed::add(&mut state, scan, now)?;
        let scan = state.scan(&id).ok_or_else(|| SeedError(format!("scan {id} was not kept")))?;
        Ok(Self::truth(&state, scan, now))
    }

    fn scans(&self) -> Vec<ScanTruth> {
        let (state, now) = (self.state(), self.now());
        state.scans.values().map(|scan| Self::truth(&state, scan, now)).collect()
    }

    fn findings(&self, scan: &str, run: &str) -> Option<Vec<FindingRef>> {
        let (state, now) = (self.state(), self.now());
        let (owner, result) = state.result(run).filter(|(owner, _)| owner.id == scan)?;
        let target = state.target(&owner.target_id)?;
        Some(known::references(target, &result.found(now)))
    }
}
