//! Qualys VMDR, as its XML API for VM scans shows itself.
//!
//! Written from the facts in the project's vendor notes and what was recorded. Where the notes say "not found" the choice
//! made here is named in the file that makes it. Every run is a scan of its own here: to the ledger a scan and its one
//! run are both the reference, `scan/1618144745.78096`. A configuration that never ran is the scan `schedule/N`, which is
//! no scan to the vendor and not among them.

mod access;
mod answer;
mod checks;
mod control;
mod detections;
mod document;
mod fetch;
mod holdings;
mod knowledge_base;
mod limits;
mod operation;
mod scans;
mod schedules;
mod seed;
mod state;
mod status;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use crate::clock::Moment;
use crate::ledger::FindingRef;
use crate::vendor::{Refusal, RunTruth, ScanSeed, ScanTruth, SeedError, Site, Vendor, Wording};
use answer::{Call, Refused};
use limits::Limits;
use seed::Made;
use state::{Scan, Scheduled, State};

/// Versions of the API under which the same calls are answered.
const VERSIONS: [&str; 2] = ["2.0", "3.0"];
/// Errors of the platform itself.
const INTERNAL: u32 = 999;

#[derive(Debug)]
pub(crate) struct Qualys {
    site: Site,
    state: Mutex<State>,
    limits: Limits,
    seeded: AtomicU64,
}

type Room = fn(&Call) -> Result<Response, Refused>;

impl Qualys {
    pub(crate) fn new(site: Site) -> Self {
        let state = State::new(&site);
        Qualys { site, state: Mutex::new(state), limits: Limits::default(), seeded: AtomicU64::new(0) }
    }

    fn now(&self) -> Moment {
        self.site.clock.now()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn truth(scan: &Scan, now: Moment) -> ScanTruth {
    let state = scan.state(now).to_owned();
    ScanTruth {
        id: scan.reference.clone(),
        name: scan.title.clone(),
        state: state.clone(),
        uuid: Some(scan.reference.clone()),
        owner: scan.user.clone(),
        folder: String::new(),
        targets: scan.target.clone(),
        created_at: scan.execution.created,
        history: vec![RunTruth {
            id: scan.number.to_string(),
            uuid: scan.reference.clone(),
            state,
            progress: scan.execution.progress(now),
            started_at: scan.execution.started,
            ended_at: scan.execution.ended,
            findings: scan.finding_count(now),
            engine: Some(scan.appliance.to_owned()),
        }],
    }
}

fn schedule_truth(scheduled: &Scheduled, now: Moment) -> ScanTruth {
    ScanTruth {
        id: format!("schedule/{}", scheduled.id),
        name: scheduled.order.title.clone(),
        state: String::new(),
        uuid: None,
        owner: scheduled.order.user.clone(),
        folder: String::new(),
        targets: scheduled.order.target.clone(),
        created_at: now,
        history: Vec::new(),
    }
}

/// The log as it was recorded, holding the request itself: clients use it to see whether they are let in, and as whom.
fn activity_log(call: &Call) -> Result<Response, Refused> {
    holdings::listing(call)?;
    let user = call.state().access.username().to_owned();
    let entry = if call.parameter("username").is_none_or(|wanted| wanted == user) {
        let (at, role) = (document::datetime(call.now), call.role());
        format!(
            "\"{at}\",\"request\",\"auth\",\"API: /api/2.0/fo/activity_log/index.php\",\"{user}\",\"{role}\",\"127.0.0.1\"\n"
        )
    } else {
        String::new()
    };
    let body = format!(
        "----BEGIN_RESPONSE_BODY_CSV\n\"Date\",\"Action\",\"Module\",\"Details\",\"User Name\",\"User Role\",\
         \"User IP\"\n{entry}----END_RESPONSE_BODY_CSV\n"
    );
    Ok(([("content-type", "text/csv;charset=UTF-8")], body).into_response())
}

async fn not_found() -> StatusCode {
    StatusCode::NOT_FOUND
}

impl Vendor for Qualys {
    fn router(self: Arc<Self>) -> Router {
        let rooms: [(&str, Room); 9] = [
            ("scan", scans::act),
            ("asset/host", detections::hosts),
            ("asset/host/vm/detection", detections::detections),
            ("asset/group", holdings::groups),
            ("knowledge_base/vuln", knowledge_base::list),
            ("subscription/option_profile/vm", holdings::option_profiles),
            ("appliance", holdings::appliances),
            ("schedule/scan", schedules::list),
            ("activity_log", activity_log),
        ];
        let mut counted = Router::new();
        for version in VERSIONS {
            for (room, act) in rooms {
                let handler = move |call: Call| async move { call.answer(act(&call)) };
                counted = counted.route(&format!("/api/{version}/fo/{room}/"), any(handler));
            }
        }
        let counted = counted.layer(from_fn_with_state(Arc::clone(&self), limits::count));
        let guarded = Router::new()
            .merge(access::guarded_routes())
            .merge(counted)
            .layer(from_fn_with_state(Arc::clone(&self), access::require));
        Router::new().merge(access::open_routes()).merge(guarded).fallback(not_found).with_state(self)
    }

    fn operation(&self, _method: &Method, path: &str) -> &'static str {
        operation::name(path, "")
    }

    fn form_operation(&self, path: &str, form: &[(String, String)]) -> Option<&'static str> {
        let action = form.iter().rev().find(|(name, _)| name == "action").map(|(_, value)| value.as_str());
        Some(operation::name(path, action.unwrap_or_default()))
    }

    fn speaks_forms(&self) -> bool {
        true
    }

    fn wording(&self) -> Wording {
        Wording {
            list_fields: &["SCAN_LIST", "HOST_LIST", "VULN_LIST", "APPLIANCE_LIST"],
            status_fields: &["STATE"],
            refusal: |status, reason, delay| {
                let refused = match status {
                    StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS => limits::too_often(delay.unwrap_or(0)),
                    StatusCode::UNAUTHORIZED => Refused::new(status, 2000, "Bad Login/Password"),
                    StatusCode::FORBIDDEN => Refused::forbidden(),
                    _ => Refused::new(status, INTERNAL, reason),
                };
                Refusal { media_type: "application/xml", body: refused.write("", Moment::from_epoch_seconds(0)) }
            },
        }
    }

    fn complaint(&self, code: u32, text: &str) -> Refusal {
        let refused = Refused::new(StatusCode::OK, code, text);
        Refusal { media_type: "text/xml;charset=UTF-8", body: refused.write("", self.now()) }
    }

    fn authenticates(&self, headers: &HeaderMap) -> bool {
        self.state().access.admits(headers, self.now()).is_some()
    }

    fn settle(&self) {
        let mut events = Vec::new();
        self.state().settle(self.now(), &mut events);
        for (at, reference, phase) in events {
            self.site.came_about(at, reference.clone(), reference, phase);
        }
    }

    fn add_scan(&self, seed: ScanSeed) -> Result<ScanTruth, SeedError> {
        let now = self.now();
        let number = self.seeded.fetch_add(1, Ordering::Relaxed);
        let mut state = self.state();
        let lost = || SeedError("the scan was not kept".to_owned());
        match seed::add(&mut state, seed, number, now)? {
            Made::Scan(reference) => Ok(truth(state.scans.get(&reference).ok_or_else(lost)?, now)),
            Made::Schedule(id) => {
                let scheduled = state.schedules.iter().find(|scheduled| scheduled.id == id).ok_or_else(lost)?;
                Ok(schedule_truth(scheduled, now))
            }
        }
    }

    fn scans(&self) -> Vec<ScanTruth> {
        let now = self.now();
        self.state().scans.values().map(|scan| truth(scan, now)).collect()
    }

    fn findings(&self, scan: &str, run: &str) -> Option<Vec<FindingRef>> {
        let (state, now) = (self.state(), self.now());
        let scan = state.scans.get(scan).filter(|scan| scan.reference == run)?;
        let found = scan.found(now);
        let all = found.all(scan.began()).flat_map(|(_, host, findings)| {
            findings
                .iter()
                .map(|finding| checks::Check::of(&finding.plugin).reference(host, finding))
                .collect::<Vec<_>>()
        });
        Some(all.collect())
    }
}
