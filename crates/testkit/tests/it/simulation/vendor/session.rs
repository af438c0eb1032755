//! The contract of `connectors` as the model vendors keep it, with the faults of the day.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use scanhelm_connectors::contract::{
    CallError, Checked, Connection, Connector, Create, Created, Delete, Downloaded, Launch, Manifest, NewVendorScan,
    Pause, Prepared, Results, Resume, RunRef, ScanList, Session, Stop, SubScanners, Template, VendorSubScanner,
};
use scanhelm_core::credential::Credentials;
use scanhelm_core::integration::{ConditionKind, Instance};
use scanhelm_core::scan::Observation;
use scanhelm_core::status::VendorState;
use scanhelm_core::{Clock as _, Timestamp};
use scanhelm_net::HttpLimits;
use serde_json::{Value, json};

use super::scan::VendorScan;
use super::{Effect, Kind, LAG, Served, State, Vendor, report, word};
use crate::simulation::dice::VirtualClock;
use crate::simulation::stage::Stage;

/// The connector of one kind; it opens the instance whose address it is given.
#[derive(Debug)]
pub(crate) struct ModelConnector {
    pub(crate) kind: &'static Kind,
    pub(crate) vendors: Vec<Vendor>,
    pub(crate) stage: Stage,
    pub(crate) clock: VirtualClock,
}

impl Connector for ModelConnector {
    fn manifest(&self) -> &'static Manifest {
        &self.kind.manifest
    }

    fn open(&self, connection: Connection) -> Result<Box<dyn Session>, scanhelm_core::Error> {
        let host = connection.http.host();
        let vendor = self.vendors.iter().find(|vendor| vendor.base_url().ends_with(host)).cloned();
        // Asked only for what it offers, it is connected to nothing.
        let vendor = vendor.unwrap_or_else(|| Vendor::new(0, self.kind, 0, self.clock.clone()));
        Ok(Box::new(ModelSession {
            vendor,
            credentials: connection.credentials,
            stage: self.stage.clone(),
            clock: self.clock.clone(),
        }))
    }
}

#[derive(Debug)]
struct ModelSession {
    vendor: Vendor,
    credentials: Credentials,
    stage: Stage,
    clock: VirtualClock,
}

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Unreachable,
    RateLimited,
    VendorError,
    Garbage,
    /// Nobody knows whether it arrived; it did not.
    LostRequest,
    /// It did.
    LostAnswer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

fn failed(kind: ConditionKind, detail: &str, retry_after: Option<Duration>) -> CallError {
    CallError::Failed { kind, detail: detail.to_owned(), retry_after }
}

impl Fault {
    fn roll(state: &mut State) -> Option<Self> {
        if state.troubles.down {
            return Some(Self::Unreachable);
        }
        let percent = state.troubles.faults;
        let faults = [
            Self::Unreachable,
            Self::RateLimited,
            Self::VendorError,
            Self::Garbage,
            Self::LostRequest,
            Self::LostAnswer,
        ];
        if percent == 0 || !state.dice.percent(percent) {
            return None;
        }
        state.dice.pick(&faults).copied()
    }

    fn error(self, access: Access) -> CallError {
        match (self, access) {
            (Self::Unreachable, _) => failed(ConditionKind::Unreachable, "Nobody answers.", None),
            (Self::RateLimited, _) => {
                failed(ConditionKind::RateLimited, "Too many requests.", Some(Duration::from_secs(30)))
            }
            (Self::Garbage, Access::Read) => failed(ConditionKind::Garbage, "A log-in page.", None),
            (Self::VendorError, Access::Read) => failed(ConditionKind::VendorError, "It is broken (503).", None),
            (Self::LostRequest | Self::LostAnswer, Access::Read) => {
                failed(ConditionKind::Timeout, "No answer in time.", None)
            }
            (_, Access::Write) => CallError::Unknown { detail: "No answer in time.".to_owned() },
        }
    }
}

impl ModelSession {
    /// One call: on its way, at the vendor, on its way back. `act` gets the time at which it was sent.
    async fn call<T: Send>(
        &self,
        what: &'static str,
        access: Access,
        act: impl FnOnce(&mut State, Timestamp) -> Result<T, CallError> + Send,
    ) -> Result<T, CallError> {
        let travel = Duration::from_millis(1 + self.vendor.state().dice.next() % 40);
        let sent = self.clock.now();
        self.clock.advance(travel);
        self.stage.at("vendor.request").await;
        let (answer, fault) = {
            let mut state = self.vendor.state();
            state.ledger.calls.push((self.clock.now(), what));
            self.refuse_strangers(&mut state)?;
            // `net` gives a call up after its time, however long whatever carried it stood still.
            let overdue = self.clock.now().since(sent) > HttpLimits::default().total;
            let fault = if overdue { Some(Fault::LostRequest) } else { Fault::roll(&mut state) };
            let arrives = matches!(fault, None | Some(Fault::LostAnswer));
            (arrives.then(|| act(&mut state, sent)), fault)
        };
        self.stage.at("vendor.answer").await;
        match (fault, answer) {
            (Some(fault), _) => Err(fault.error(access)),
            (None, Some(answer)) => answer,
            (None, None) => unreachable!("only a fault keeps a call from arriving"),
        }
    }

    fn refuse_strangers(&self, state: &mut State) -> Result<(), CallError> {
        let secret = self.credentials.get("token").map(|secret| secret.expose().to_owned()).unwrap_or_default();
        if secret == state.secret {
            return Ok(());
        }
        let own = state.secret.rsplit_once('-').map(|(base, _)| base).unwrap_or_default();
        if !secret.starts_with(own) {
            state.ledger.foreign_secrets.push(secret);
        }
        Err(failed(ConditionKind::Authentication, "The token is refused.", None))
    }

    /// Changes one scan. `act` answers why not.
    async fn change(
        &self,
        action: &'static str,
        id: &str,
        act: impl FnOnce(&mut State, Timestamp) -> Result<(), &'static str> + Send,
    ) -> Result<(), CallError> {
        let acting = self.stage.acting();
        let (id, clock) = (id.to_owned(), self.clock.clone());
        self.call(action, Access::Write, move |state, _| {
            let now = clock.now();
            let Some(uid) = state.scans.get(&id).map(|scan| scan.uid) else {
                return Err(CallError::Gone { detail: format!("There is no scan {id}.") });
            };
            act(state, now).map_err(|reason| CallError::Refused { detail: reason.to_owned(), by_licence: false })?;
            state.ledger.effects.push(Effect { at: now, acting, action, uid });
            Ok(())
        })
        .await
    }
}

/// What a list or a detail shows of a scan.
fn observation(state: &State, scan: &VendorScan, sent: Timestamp, now: Timestamp, detail: bool) -> Observation {
    let mut seen = Observation::new(scan.id.clone(), scan.name.clone(), sent);
    let lagging = state.troubles.lagging_list && state.kind.run_ids && !detail;
    // A list that lags shows the run before the newest, or an older state of the newest.
    let recent = scan.runs.last().filter(|run| lagging && now.since(run.changed_at) < LAG);
    let hidden = recent.is_some_and(|run| run.state == VendorState::Queued);
    let run = if hidden { scan.runs.iter().rev().nth(1) } else { scan.runs.last() };
    let shown = match (run, recent) {
        (None, _) => VendorState::Queued,
        (Some(run), Some(_)) if !hidden => run.before,
        (Some(run), _) => run.state,
    };
    let (raw, known) =
        if run.is_none() { ("", Some(VendorState::Queued)) } else { word(shown, state.troubles.strange_word) };
    seen.raw_status = raw.to_owned();
    seen.state = known;
    if state.kind.token {
        seen.client_token.clone_from(&scan.token);
    }
    seen.sub_scanner.clone_from(&scan.sub_scanner);
    if let Some(run) = run {
        seen.external_run_id = state.kind.run_ids.then(|| run.id.clone());
        if detail || !state.kind.run_ids {
            seen.started_at = run.started_at;
            seen.finished_at = run.finished_at.filter(|_| shown.is_terminal());
        }
        if detail {
            seen.progress = run.progress(now);
            if run.state.is_terminal() {
                seen.counts = Some(run.counts());
            }
        }
    }
    if detail {
        seen.targets = Some(
            scan.targets
                .clone()
                .unwrap_or_else(|| scan.hosts.iter().map(|host| format!("host-{host}.lab.example")).collect()),
        );
    }
    seen
}

#[async_trait]
impl Session for ModelSession {
    async fn check(&self) -> Result<Checked, CallError> {
        let capabilities = self.capabilities();
        self.call("check", Access::Read, |state, _| {
            let instance = Instance {
                incarnation: Some(state.incarnation.clone()),
                version: Some("1.0".to_owned()),
                licence: None,
                capabilities: Some(capabilities),
            };
            Ok(Checked { instance, steps: Vec::new() })
        })
        .await
    }

    async fn list_scans(&self) -> Result<ScanList, CallError> {
        let clock = self.clock.clone();
        self.call("list", Access::Read, move |state, sent| {
            let now = clock.now();
            let mut scans: Vec<_> =
                state.scans.values().map(|scan| observation(state, scan, sent, now, false)).collect();
            let trouble = state.troubles.faults > 0;
            let lies = trouble && !state.lied && state.dice.percent(3);
            if lies {
                scans.clear();
            }
            state.lied = lies;
            if trouble && state.dice.percent(10) {
                // A page came twice.
                scans.extend(scans.clone());
            }
            if !lies {
                state.ledger.listed_at = Some(sent);
                if state.ledger.shown.last().is_none_or(|(shown, _)| *shown != state.incarnation) {
                    state.ledger.shown.push((state.incarnation.clone(), now));
                }
            }
            Ok(ScanList { scans, incarnation: Some(state.incarnation.clone()) })
        })
        .await
    }

    async fn scan(&self, external_scan_id: &str) -> Result<Option<Observation>, CallError> {
        let (id, clock) = (external_scan_id.to_owned(), self.clock.clone());
        self.call("scan", Access::Read, move |state, sent| {
            Ok(state.scans.get(&id).map(|scan| observation(state, scan, sent, clock.now(), true)))
        })
        .await
    }

    fn results(&self) -> &dyn Results {
        self
    }

    fn launch(&self) -> Option<&dyn Launch> {
        self.vendor.kind.launch.then_some(self)
    }

    fn pause(&self) -> Option<&dyn Pause> {
        self.vendor.kind.pause.then_some(self)
    }

    fn resume(&self) -> Option<&dyn Resume> {
        self.vendor.kind.pause.then_some(self)
    }

    fn stop(&self) -> Option<&dyn Stop> {
        self.vendor.kind.launch.then_some(self)
    }

    fn create(&self) -> Option<&dyn Create> {
        self.vendor.kind.create.then_some(self)
    }

    fn delete(&self) -> Option<&dyn Delete> {
        self.vendor.kind.delete.then_some(self)
    }

    fn sub_scanners(&self) -> Option<&dyn SubScanners> {
        self.vendor.kind.sub_scanners.then_some(self)
    }
}

#[async_trait]
impl Results for ModelSession {
    async fn prepare(&self, run: &RunRef, before: Option<Value>) -> Result<Prepared, CallError> {
        let (run, clock) = (run.clone(), self.clock.clone());
        self.call("prepare", Access::Read, move |state, _| {
            run_of(state, &run)?;
            if !state.kind.exports {
                return Ok(Prepared::Ready { state: Value::Null });
            }
            let now = clock.now();
            let asked = before.as_ref().and_then(|before| before.get("export")?.as_str().map(str::to_owned));
            let ready_at = asked.as_ref().and_then(|export| state.exports.get(export).copied());
            let (export, ready_at) = match (asked, ready_at) {
                (Some(export), Some(ready_at)) => (export, ready_at),
                _ => {
                    let export = format!("{}-export-{}", state.incarnation, state.dice.next());
                    let ready_at = now.plus(state.dice.seconds(0, 8));
                    state.exports.insert(export.clone(), ready_at);
                    (export, ready_at)
                }
            };
            let kept = json!({"export": export});
            Ok(if now >= ready_at {
                Prepared::Ready { state: kept }
            } else {
                Prepared::Waiting { state: kept, again_in: Duration::from_secs(3) }
            })
        })
        .await
    }

    async fn download(&self, run: &RunRef, kept: &Value, into: PathBuf) -> Result<Downloaded, CallError> {
        let (run, kept, acting) = (run.clone(), kept.clone(), self.stage.acting());
        let text = self
            .call("download", Access::Read, move |state, _| {
                let (uid, number) = run_of(state, &run)?;
                let export = kept.get("export").and_then(Value::as_str);
                if state.kind.exports && export.is_none_or(|export| !state.exports.contains_key(export)) {
                    return Err(CallError::Gone { detail: "The export has expired.".to_owned() });
                }
                let scan = state.scan_of_uid(uid).unwrap();
                let run = scan.runs.iter().find(|run| run.number == number).unwrap();
                let text = report::render(scan, run);
                state.ledger.served.push(Served { acting, uid, run: number });
                Ok(text)
            })
            .await?;
        std::fs::write(&into, &text).unwrap();
        Ok(Downloaded { bytes: text.len() as u64, format: None })
    }
}

/// The scan's uid and the run's number; a vendor without ids of runs gives its latest results.
fn run_of(state: &State, run: &RunRef) -> Result<(u64, u64), CallError> {
    let gone = || CallError::Gone { detail: "There are no such results.".to_owned() };
    let scan = state.scans.get(&run.external_scan_id).ok_or_else(gone)?;
    let found = match &run.external_run_id {
        Some(id) => scan.runs.iter().find(|run| run.id == *id && run.state == VendorState::Completed),
        None => scan.latest_completed(),
    };
    found.map(|found| (scan.uid, found.number)).ok_or_else(gone)
}

#[async_trait]
impl Launch for ModelSession {
    async fn launch(&self, id: &str) -> Result<Option<String>, CallError> {
        let target = id.to_owned();
        self.change(
            "launch",
            id,
            move |state, now| {
                if state.start_run(&target, now) { Ok(()) } else { Err("It is running.") }
            },
        )
        .await
        .map(|()| None)
    }
}

#[async_trait]
impl Pause for ModelSession {
    async fn pause(&self, id: &str) -> Result<(), CallError> {
        let target = id.to_owned();
        self.change("pause", id, move |state, now| {
            let done = state.scans.get_mut(&target).is_some_and(|scan| scan.pause(now));
            if done { Ok(()) } else { Err("It does not run.") }
        })
        .await
    }
}

#[async_trait]
impl Resume for ModelSession {
    async fn resume(&self, id: &str) -> Result<(), CallError> {
        let target = id.to_owned();
        self.change("resume", id, move |state, now| {
            let done = state.scans.get_mut(&target).is_some_and(|scan| scan.resume(now));
            if done { Ok(()) } else { Err("It is not paused.") }
        })
        .await
    }
}

#[async_trait]
impl Stop for ModelSession {
    async fn stop(&self, id: &str) -> Result<(), CallError> {
        let target = id.to_owned();
        self.change("stop", id, move |state, now| {
            let done = state.scans.get_mut(&target).is_some_and(|scan| scan.stop(now));
            if done { Ok(()) } else { Err("It does not run.") }
        })
        .await
    }
}

#[async_trait]
impl Delete for ModelSession {
    async fn delete(&self, id: &str) -> Result<(), CallError> {
        let target = id.to_owned();
        let done = self.change("delete", id, move |state, _| {
            state.remove(&target);
            Ok(())
        });
        match done.await {
            Err(CallError::Gone { .. }) => Ok(()),
            other => other,
        }
    }
}

#[async_trait]
impl Create for ModelSession {
    async fn templates(&self) -> Result<Vec<Template>, CallError> {
        Ok(Vec::new())
    }

    async fn create(&self, new: &NewVendorScan) -> Result<Created, CallError> {
        let (new, clock, acting) = (new.clone(), self.clock.clone(), self.stage.acting());
        self.call("create", Access::Write, move |state, _| {
            let now = clock.now();
            let (token, launches) = (state.kind.token, new.launch && state.kind.create_launches);
            let scan = state.add_scan(Some(new.name), now);
            scan.token = token.then_some(new.client_token);
            scan.command.clone_from(&acting.command);
            scan.targets = Some(new.targets);
            scan.sub_scanner = new.sub_scanner;
            let (id, uid) = (scan.id.clone(), scan.uid);
            state.ledger.effects.push(Effect { at: now, acting, action: "create", uid });
            let launched = launches && state.start_run(&id, now);
            Ok(Created { external_scan_id: id, launched })
        })
        .await
    }
}

#[async_trait]
impl SubScanners for ModelSession {
    async fn sub_scanners(&self) -> Result<Vec<VendorSubScanner>, CallError> {
        self.call("sub_scanners", Access::Read, |_, _| {
            let named = |id: &str| VendorSubScanner {
                external_id: id.to_owned(),
                name: format!("Node {id}"),
                status: Some("on".to_owned()),
                version: None,
            };
            Ok(vec![named("n1"), named("n2")])
        })
        .await
    }
}
