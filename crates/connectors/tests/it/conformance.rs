//! What every connector must do, in the words of the contract. Steps that a vendor does not offer are left out by
//! asking the accessors; docs/CONNECTORS.md, which is generated and checked, shows what each one offers.

use std::collections::BTreeSet;

use scanhelm_connectors::contract::{CallError, RunRef, Session};
use scanhelm_connectors::{by_id, connectors};
use scanhelm_core::capability::Capability;
use scanhelm_core::integration::ConditionKind;
use scanhelm_core::status::VendorState;
use scanhelm_vendor_sim::{Action, Licence, ScanSeed, SeedState};

use crate::cases::CASES;
use crate::stage::{Stage, wanted};

#[test]
fn every_connector_has_a_case_here() {
    for connector in connectors() {
        let id = connector.manifest().id;
        assert!(CASES.iter().any(|case| case.connector == id), "{id} is not driven by the conformance suite");
    }
}

/// A scan that was made through the contract, or else seeded, and is about to run.
async fn begun(stage: &Stage, session: &dyn Session) -> String {
    let Some(create) = session.create() else { return stage.seed(SeedState::Pending) };
    let before = session.list_scans().await.unwrap().scans.len();
    assert!(!create.templates().await.unwrap().is_empty());
    let mut scan = wanted(&stage.case, "DMZ, weekly ñ", "tok-0199");
    // A vendor that cannot launch starts what it is given.
    scan.launch = session.launch().is_none();
    let created = create.create(&scan).await.unwrap();
    assert!(created.launched || session.launch().is_some(), "nobody could start it");
    let list = session.list_scans().await.unwrap();
    assert_eq!(list.scans.len(), before + 1);
    let seen = list.scans.iter().find(|scan| scan.external_scan_id == created.external_scan_id).unwrap();
    assert_eq!((seen.name.as_str(), seen.client_token.as_deref()), ("DMZ, weekly ñ", Some("tok-0199")));
    if !created.launched {
        assert_eq!((seen.state, &seen.external_run_id), (Some(VendorState::Queued), &None));
    }
    created.external_scan_id
}

#[tokio::test]
async fn a_scan_lives_its_whole_life() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 3).await;
        let session = stage.session();
        let session = &*session;
        let id = begun(&stage, session).await;
        let id = id.as_str();

        let mut run = None;
        if let Some(launch) = session.launch() {
            run = launch.launch(id).await.unwrap();
        }
        stage.until(session, id, VendorState::Running).await;
        let seen = session.scan(id).await.unwrap().unwrap();
        assert!(seen.external_run_id.is_some());
        assert!(run.is_none() || run == seen.external_run_id, "the launch and the list name the same run");
        if session.create().is_some() {
            assert_eq!(seen.targets.unwrap(), case.targets);
        }

        if let Some(pause) = session.pause() {
            pause.pause(id).await.unwrap();
            stage.until(session, id, VendorState::Paused).await;
            session.resume().expect("what can be paused can be resumed").resume(id).await.unwrap();
            stage.until(session, id, VendorState::Running).await;
        }
        stage.until(session, id, VendorState::Completed).await;
        let first_run = its_end_is_told(&stage, session, id).await;

        if let Some(launch) = session.launch() {
            launch.launch(id).await.unwrap();
            stage.until(session, id, VendorState::Running).await;
            let again = session.scan(id).await.unwrap().unwrap();
            assert_ne!(again.external_run_id, first_run, "a relaunch is another run");
            its_second_run_is_stopped(&stage, session, id).await;
        }
        it_is_deleted_once(&stage, session, id).await;
    }
}

/// Times, progress, counts, preview and report of a completed run; its id.
async fn its_end_is_told(stage: &Stage, session: &dyn Session, id: &str) -> Option<String> {
    let done = session.scan(id).await.unwrap().unwrap();
    assert!(done.started_at.is_some() && done.finished_at >= done.started_at, "{done:?}");
    assert_eq!(done.progress, Some(100.0));
    let truth = stage.sim.scan(id).unwrap();
    let found = stage.sim.findings(id, &truth.history.last().unwrap().uuid).unwrap();
    if let Some(preview) = session.preview() {
        let preview = preview.preview(id).await.unwrap().unwrap();
        assert_eq!(preview.by_severity.total(), found.len() as u64);
        assert!(done.counts.is_none_or(|counts| counts == preview.by_severity), "{done:?}");
        assert!(done.asset_count.is_none_or(|count| count == preview.hosts), "{done:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("report");
    let reference = RunRef { external_scan_id: id.to_owned(), external_run_id: done.external_run_id.clone() };
    let downloaded = stage.report(session, &reference, &into).await;
    assert_eq!(downloaded.bytes, std::fs::metadata(&into).unwrap().len());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no half file is left beside it");
    done.external_run_id
}

async fn its_second_run_is_stopped(stage: &Stage, session: &dyn Session, id: &str) {
    let again = session.scan(id).await.unwrap().unwrap();
    let Some(stop) = session.stop() else { return stage.until(session, id, VendorState::Completed).await };
    stop.stop(id).await.unwrap();
    stage.until(session, id, stage.case.stopped).await;
    let Some(history) = session.history() else { return };
    let runs = history.runs(id).await.unwrap();
    let [newest, oldest] = runs.as_slice() else { panic!("two runs are due: {runs:?}") };
    assert_eq!(Some(&newest.external_run_id), again.external_run_id.as_ref(), "newest first");
    assert_eq!((newest.state, oldest.state), (Some(stage.case.stopped), Some(VendorState::Completed)));
}

async fn it_is_deleted_once(stage: &Stage, session: &dyn Session, id: &str) {
    let Some(delete) = session.delete() else { return };
    delete.delete(id).await.unwrap();
    assert_eq!(session.scan(id).await.unwrap(), None);
    delete.delete(id).await.unwrap();
    let ledger = stage.sim.ledger();
    assert_eq!(ledger.count(Action::Create, id), usize::from(session.create().is_some()));
    // Where nobody can launch, a creation may start what it makes, once.
    let launches = ledger.count(Action::Launch, id);
    assert!(if session.launch().is_some() { launches == 2 } else { launches <= 1 }, "{launches}");
    assert_eq!(ledger.count(Action::Delete, id), 1);
}

#[tokio::test]
async fn an_earlier_run_can_still_be_exported() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 0).await;
        let session = stage.session();
        let Some(history) = session.history() else { continue };
        let seed = ScanSeed { state: SeedState::Completed, earlier_runs: 2, ..ScanSeed::default() };
        let id = stage.sim.add_scan(seed).unwrap().id;
        let runs = history.runs(&id).await.unwrap();
        assert_eq!(runs.len(), 3);
        let folder = tempfile::tempdir().unwrap();
        for (index, run) in runs.iter().enumerate() {
            let into = folder.path().join(index.to_string());
            let reference = RunRef { external_scan_id: id.clone(), external_run_id: Some(run.external_run_id.clone()) };
            stage.report(&*session, &reference, &into).await;
            let served = stage.sim.ledger().served;
            assert!(served.iter().any(|served| served.scan == id), "{served:?}");
        }
        assert_eq!(stage.sim.ledger().served.len(), 3, "three runs, three reports");
        let gone = RunRef { external_scan_id: id, external_run_id: Some(case.absent_run.to_owned()) };
        let error = session.results().prepare(&gone, None).await.unwrap_err();
        assert!(matches!(error, CallError::Gone { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn what_is_offered_works_and_what_is_withheld_is_refused_by_licence() {
    for case in CASES {
        let Some(licence) = case.restricted else { continue };
        let stage = Stage::set(*case, licence, 1).await;
        let session = stage.session();
        let checked = session.check().await.unwrap();
        let capabilities = checked.instance.capabilities.unwrap();
        assert!(stage.side_effects().is_empty(), "a check changes nothing: {:?}", stage.side_effects());
        let id = session.list_scans().await.unwrap().scans[0].external_scan_id.clone();
        for capability in by_id(case.connector).unwrap().capabilities().offered() {
            let outcome = attempt(&stage, &*session, capability, &id).await;
            match capabilities.withheld_because(capability) {
                None => assert_eq!(outcome, Ok(()), "{capability:?} is offered"),
                Some(reason) => {
                    assert!(reason.len() > 20, "{capability:?}: {reason}");
                    assert!(
                        matches!(outcome, Err(CallError::Refused { by_licence: true, .. })),
                        "{capability:?} is withheld, yet: {outcome:?}"
                    );
                }
            }
        }
        assert!(capabilities.withheld().count() > 0);
        assert!(stage.side_effects().is_empty(), "{:?}", stage.side_effects());
    }
}

#[tokio::test]
async fn a_full_licence_withholds_nothing_and_a_check_changes_nothing() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 2).await;
        let before = stage.sim.scans().len();
        let checked = stage.session().check().await.unwrap();
        let capabilities = checked.instance.capabilities.clone().unwrap();
        assert_eq!(capabilities.withheld().count(), 0, "{capabilities:?}");
        assert_eq!(capabilities, by_id(case.connector).unwrap().capabilities());
        assert!(checked.steps.iter().all(|step| step.ok) && checked.instance.version.is_some(), "{checked:?}");
        assert!(stage.side_effects().is_empty(), "{:?}", stage.side_effects());
        assert_eq!(stage.sim.scans().len(), before);
    }
}

async fn attempt(stage: &Stage, session: &dyn Session, capability: Capability, id: &str) -> Result<(), CallError> {
    match capability {
        Capability::Launch => session.launch().unwrap().launch(id).await.map(drop),
        Capability::Pause => session.pause().unwrap().pause(id).await,
        Capability::Resume => session.resume().unwrap().resume(id).await,
        Capability::Stop => session.stop().unwrap().stop(id).await,
        Capability::Create => {
            let mut scan = wanted(&stage.case, "x", "t");
            scan.launch = session.launch().is_none();
            session.create().unwrap().create(&scan).await.map(drop)
        }
        Capability::DeleteRemote => session.delete().unwrap().delete(id).await,
        Capability::Import => {
            let completed = stage.seed(SeedState::Completed);
            let run = RunRef { external_scan_id: completed, external_run_id: None };
            stage.ready(session, &run).await;
            Ok(())
        }
        Capability::Preview => session.preview().unwrap().preview(id).await.map(drop),
        Capability::History => session.history().unwrap().runs(id).await.map(drop),
        Capability::SubScanners => session.sub_scanners().unwrap().sub_scanners().await.map(drop),
        Capability::Webhooks => Ok(()),
    }
}

#[tokio::test]
async fn wrong_credentials_are_told_as_such_and_tried_once() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 1).await;
        let session = stage.session_with_wrong_secrets();
        for error in [session.list_scans().await.unwrap_err(), session.check().await.unwrap_err()] {
            assert!(
                matches!(error, CallError::Failed { kind: ConditionKind::Authentication, .. }),
                "{case:?}: {error:?}"
            );
            assert!(!error.to_string().contains("wrong"), "{error}");
        }
        let refusals = [Some(401), Some(403)];
        let refused = stage.sim.ledger().requests.iter().filter(|request| refusals.contains(&request.status)).count();
        assert!(refused <= 3, "{refused} attempts could lock the account");
    }
}

#[tokio::test]
async fn a_scan_that_is_not_there_is_told_as_such() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 1).await;
        let session = stage.session();
        let absent = case.absent_scan;
        assert_eq!(session.scan(absent).await.unwrap(), None);
        if let Some(preview) = session.preview() {
            assert_eq!(preview.preview(absent).await.unwrap(), None);
        }
        if let Some(launch) = session.launch() {
            let error = launch.launch(absent).await.unwrap_err();
            assert!(matches!(error, CallError::Gone { .. }), "{error:?}");
        }
        if let Some(delete) = session.delete() {
            delete.delete(absent).await.unwrap();
        }
        assert!(stage.side_effects().is_empty());
    }
}

/// What a request asks for, without the id that it asks about.
fn shape(request: &scanhelm_vendor_sim::Exchange) -> (String, usize, BTreeSet<String>) {
    let parameters = request.query.split('&').map(|pair| pair.split('=').next().unwrap_or_default().to_owned());
    (request.operation.clone(), request.path.matches('/').count(), parameters.collect())
}

#[tokio::test]
async fn an_id_cannot_lead_a_request_elsewhere() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 1).await;
        let session = stage.session();
        session.list_scans().await.unwrap();
        let since = |before: usize| stage.sim.ledger().requests[before..].iter().map(shape).collect::<BTreeSet<_>>();
        let before = stage.sim.ledger().requests.len();
        assert_eq!(session.scan(case.absent_scan).await.unwrap(), None);
        let proper = since(before);
        let before = stage.sim.ledger().requests.len();
        for hostile in ["..", ".", "", "../../session", "1/launch", "1?x=y", "1&x=y", "%2e%2e", "1#", "\r\nX: y"] {
            let outcome = session.scan(hostile).await;
            assert!(!matches!(outcome, Ok(Some(_))), "{hostile:?}: {outcome:?}");
        }
        let asked = since(before);
        assert!(asked.is_subset(&proper), "{case:?}: {asked:?} beside {proper:?}");
    }
}

#[tokio::test]
async fn a_running_scan_is_stopped_before_it_is_deleted() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 0).await;
        let id = stage.seed(SeedState::Running);
        let session = stage.session();
        let Some(delete) = session.delete() else { continue };
        let mut outcome = delete.delete(&id).await;
        for _ in 0..20 {
            if outcome.is_ok() {
                break;
            }
            let Err(CallError::Failed { retry_after: Some(wish), .. }) = &outcome else { panic!("{outcome:?}") };
            stage.sim.advance(*wish);
            outcome = delete.delete(&id).await;
        }
        assert_eq!(outcome, Ok(()));
        assert_eq!(stage.sim.scan(&id), None);
        assert_eq!(stage.sim.ledger().count(Action::Delete, &id), 1);
    }
}
