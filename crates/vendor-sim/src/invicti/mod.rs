//! Invicti Enterprise, API 1.0, which Acunetix 360 speaks too.
//!
//! Written from the vendor's published Swagger, published reports and the project's vendor notes. A scan is one run:
//! there is no launch, scanning again makes another scan. Where no source knows an answer, the choice made here is
//! named in the file that makes it.
//!
//! The webhook is the weakest part of this. The Swagger knows webhooks as integrations to which the issues of a
//! completed scan are sent, under parameter names that the user chooses and with headers the user sets; it shows no
//! example and no signature. Here one call is made for each event of a scan (new, completed, cancelled, failed), with
//! the parameters `Title`, `Body` and `Issue`, and the headers given at the start.
//!
//! Not simulated: group scans, retests, agent groups, discovery, members and roles, notifications as objects, the
//! content of policies, verdicts on issues, reports other than the vulnerabilities as JSON and XML.

mod access;
mod agents;
mod answer;
mod control;
mod issues;
mod model;
mod operation;
mod orders;
mod paging;
mod policies;
mod report;
mod scans;
mod schedules;
mod seed;
mod state;
mod words;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::http::{HeaderMap, Method};
use axum::middleware::from_fn_with_state;
use serde_json::json;

use crate::clock::Moment;
use crate::ledger::FindingRef;
use crate::vendor::{Refusal, RunTruth, ScanSeed, ScanTruth, SeedError, Site, Vendor, Wording};
use state::{Scan, State};

/// Where the API begins.
const ROOT: &str = "/api/1.0";

#[derive(Debug)]
pub(crate) struct Invicti {
    site: Site,
    state: Mutex<State>,
}

impl Invicti {
    pub(crate) fn new(site: Site) -> Self {
        let state = State::new(&site);
        Invicti { site, state: Mutex::new(state) }
    }

    fn now(&self) -> Moment {
        self.site.clock.now()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the webhook what happened to a scan.
    fn tell(&self, event: &str, scan: &Scan, now: Moment) {
        let title = format!("{event}: {}", scan.order.target);
        self.site.hooks.notify(
            &scan.id,
            json!({
                "Title": title,
                "Body": format!("Scan {} of {} is {}.", scan.id, scan.order.target, scan.state(now)),
                "Issue": { "Event": event, "ScanId": scan.id, "State": scan.state(now), "TargetUrl": scan.order.target },
            }),
        );
    }

    fn truth(scan: &Scan, now: Moment) -> ScanTruth {
        ScanTruth {
            id: scan.id.clone(),
            name: scan.order.comments.clone(),
            state: scan.state(now).to_owned(),
            uuid: Some(scan.id.clone()),
            owner: "Demo Account".to_owned(),
            folder: String::new(),
            targets: scan.order.target.clone(),
            created_at: scan.initiated(),
            history: vec![RunTruth {
                id: scan.id.clone(),
                uuid: scan.id.clone(),
                state: scan.state(now).to_owned(),
                progress: scan.progress(now),
                started_at: scan.execution.started,
                ended_at: scan.execution.ended,
                findings: scan.numbers(now).len(),
                engine: Some(scan.agent.clone()),
            }],
        }
    }
}

impl Vendor for Invicti {
    fn router(self: Arc<Self>) -> Router {
        let api = Router::new()
            .merge(access::routes())
            .merge(scans::routes())
            .merge(orders::routes())
            .merge(control::routes())
            .merge(report::routes())
            .merge(issues::routes())
            .merge(agents::routes())
            .merge(policies::routes())
            .merge(schedules::routes())
            .fallback(answer::no_such_route)
            .method_not_allowed_fallback(answer::wrong_method)
            .layer(from_fn_with_state(Arc::clone(&self), access::require));
        Router::new().nest(ROOT, api).fallback(answer::no_such_route).with_state(self)
    }

    fn operation(&self, method: &Method, path: &str) -> &'static str {
        operation::name(method, path.strip_prefix(ROOT).unwrap_or_default())
    }

    fn wording(&self) -> Wording {
        Wording {
            list_fields: &["List", "Vulnerabilities"],
            status_fields: &["State"],
            refusal: |_, reason, _| Refusal {
                media_type: "application/json",
                body: answer::message(reason).to_string(),
            },
        }
    }

    fn sends_webhooks(&self) -> bool {
        true
    }

    fn authenticates(&self, headers: &HeaderMap) -> bool {
        access::admits(&self.site.config.credentials, headers)
    }

    fn settle(&self) {
        let now = self.now();
        let mut events = Vec::new();
        let mut state = self.state();
        state.settle(now, &mut events);
        for (at, scan, phase) in events {
            if phase == crate::lifecycle::Phase::Pending
                && let Some(scan) = state.scan(&scan)
            {
                self.tell("NewScan", scan, now);
            }
            self.site.came_about(at, scan.clone(), scan, phase);
        }
        for scan in state.scans.values_mut().filter(|scan| !scan.announced) {
            let event = match scan.state(now) {
                "Complete" => "ScanCompleted",
                "Cancelled" => "ScanCancelled",
                "Failed" => "ScanFailed",
                _ => continue,
            };
            scan.announced = true;
            self.tell(event, scan, now);
        }
    }

    fn add_scan(&self, scan: ScanSeed) -> Result<ScanTruth, SeedError> {
        let now = self.now();
        let mut state = self.state();
        let id = seed::add(&mut state, scan, now)?;
        let scan = state.scan(&id).ok_or_else(|| SeedError(format!("scan {id} was not kept")))?;
        Ok(Self::truth(scan, now))
    }

    fn scans(&self) -> Vec<ScanTruth> {
        let (state, now) = (self.state(), self.now());
        state.scans.values().map(|scan| Self::truth(scan, now)).collect()
    }

    fn findings(&self, scan: &str, run: &str) -> Option<Vec<FindingRef>> {
        let (state, now) = (self.state(), self.now());
        let found = state.scan(scan).filter(|found| found.id == run)?;
        Some(report::references(&state, found, &found.found(now)))
    }
}
