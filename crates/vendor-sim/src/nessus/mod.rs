//! Nessus, as its local REST API shows itself.
//!
//! Written from the facts in the project's vendor notes: what clients of the real product send and what was recorded.
//! Where the notes say "not found" the choice made here is named in the file that makes it.

mod access;
mod answer;
mod control;
mod details;
mod editor;
mod export;
mod folders;
mod operation;
mod report;
mod scanners;
mod scans;
mod seed;
mod server;
mod state;
mod upload;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::http::{HeaderMap, Method};
use axum::middleware::from_fn_with_state;

use crate::clock::Moment;
use crate::config::Licence;
use crate::ledger::FindingRef;
use crate::vendor::{Refusal, RunTruth, ScanSeed, ScanTruth, SeedError, Site, Vendor, Wording};
use state::{Run, Scan, State};

#[derive(Debug)]
pub(crate) struct Nessus {
    site: Site,
    state: Mutex<State>,
}

impl Nessus {
    pub(crate) fn new(site: Site) -> Self {
        let state = State::new(&site);
        Nessus { site, state: Mutex::new(state) }
    }

    fn now(&self) -> Moment {
        self.site.clock.now()
    }

    fn licence(&self) -> Licence {
        self.site.config.licence
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn truth(state: &State, scan: &Scan, now: Moment) -> ScanTruth {
        ScanTruth {
            id: scan.id.to_string(),
            name: scan.name.clone(),
            state: scan.latest().map_or(state::NEVER_RUN, Run::status).to_owned(),
            uuid: scan.latest().map(|run| run.uuid.clone()),
            owner: scan.owner.clone(),
            folder: state.folder(scan.folder_id).map(|folder| folder.name.clone()).unwrap_or_default(),
            targets: scan.targets.clone(),
            created_at: scan.created,
            history: scan
                .runs
                .iter()
                .map(|run| RunTruth {
                    id: run.id.to_string(),
                    uuid: run.uuid.clone(),
                    state: run.status().to_owned(),
                    progress: run.execution.progress(now),
                    started_at: run.execution.started,
                    ended_at: run.execution.ended,
                    findings: run.finding_count(now),
                    engine: Some(scanners::name(scan.scanner_id).to_owned()),
                })
                .collect(),
        }
    }
}

impl Vendor for Nessus {
    fn router(self: Arc<Self>) -> Router {
        let guarded = Router::new()
            .merge(access::guarded_routes())
            .merge(scans::routes())
            .merge(control::routes())
            .merge(details::routes())
            .merge(export::guarded_routes())
            .merge(upload::routes())
            .merge(folders::routes())
            .merge(scanners::routes())
            .merge(editor::routes())
            .fallback(answer::no_such_route)
            .method_not_allowed_fallback(answer::wrong_method)
            .layer(from_fn_with_state(Arc::clone(&self), access::require));
        Router::new()
            .merge(server::routes())
            .merge(access::open_routes())
            .merge(export::open_routes())
            .merge(guarded)
            .with_state(self)
    }

    fn operation(&self, method: &Method, path: &str) -> &'static str {
        operation::name(method, path)
    }

    fn wording(&self) -> Wording {
        Wording {
            list_fields: &["scans", "hosts", "vulnerabilities", "scanners"],
            status_fields: &["status"],
            refusal: |_, reason, _| Refusal {
                media_type: "application/json",
                body: serde_json::json!({ "error": reason }).to_string(),
            },
        }
    }

    fn authenticates(&self, headers: &HeaderMap) -> bool {
        self.state().access.admits(headers, self.now()).is_some()
    }

    fn settle(&self) {
        let now = self.now();
        let mut events = Vec::new();
        self.state().settle(now, &mut events);
        for (at, scan, run, phase) in events {
            self.site.came_about(at, scan.to_string(), run, phase);
        }
    }

    fn add_scan(&self, scan: ScanSeed) -> Result<ScanTruth, SeedError> {
        let now = self.now();
        let mut state = self.state();
        let id = seed::add(&mut state, scan, now)?;
        let scan = state.scans.get(&id).ok_or_else(|| SeedError(format!("scan {id} was not kept")))?;
        Ok(Self::truth(&state, scan, now))
    }

    fn scans(&self) -> Vec<ScanTruth> {
        let (state, now) = (self.state(), self.now());
        state.scans.values().map(|scan| Self::truth(&state, scan, now)).collect()
    }

    fn findings(&self, scan: &str, run: &str) -> Option<Vec<FindingRef>> {
        let (state, now) = (self.state(), self.now());
        let scan = state.scans.get(&scan.parse().ok()?)?;
        let run = scan.runs.iter().find(|candidate| candidate.uuid == run)?;
        Some(run.found(now).references(run.began()))
    }
}
