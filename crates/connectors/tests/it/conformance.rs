//! What every connector must do, in the words of the contract.

use scanhelm_connectors::contract::{CallError, RunRef};
use scanhelm_connectors::{by_id, connectors};
use scanhelm_core::capability::Capability;
use scanhelm_core::integration::ConditionKind;
use scanhelm_core::status::VendorState;
use scanhelm_vendor_sim::{Action, Licence, SeedState};

use crate::stage::{CASES, Login, Stage, wanted};

#[test]
fn every_connector_has_a_case_here() {
    for connector in connectors() {
        let id = connector.manifest().id;
        assert!(CASES.iter().any(|case| case.connector == id), "{id} is not driven by the conformance suite");
    }
}

#[tokio::test]
async fn a_scan_lives_its_whole_life() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 3).await;
        let session = stage.session();
        let create = session.create().unwrap();
        assert!(!create.templates().await.unwrap().is_empty());

        let created = create.create(&wanted("DMZ, weekly ñ", "tok-0199")).await.unwrap();
        let id = created.external_scan_id.as_str();
        let list = session.list_scans().await.unwrap();
        assert_eq!(list.scans.len(), 4);
        let seen = list.scans.iter().find(|scan| scan.external_scan_id == id).unwrap();
        assert_eq!((seen.name.as_str(), seen.client_token.as_deref()), ("DMZ, weekly ñ", Some("tok-0199")));
        assert_eq!((seen.state, &seen.external_run_id), (Some(VendorState::Queued), &None));

        let run = session.launch().unwrap().launch(id).await.unwrap();
        stage.until(&*session, id, VendorState::Running).await;
        let seen = session.scan(id).await.unwrap().unwrap();
        assert!(seen.external_run_id.is_some());
        assert!(run.is_none() || run == seen.external_run_id, "the launch and the list name the same run");
        assert_eq!(seen.targets.as_deref(), Some(&["10.20.0.1".to_owned(), "10.20.0.2".to_owned()][..]));

        session.pause().unwrap().pause(id).await.unwrap();
        stage.until(&*session, id, VendorState::Paused).await;
        session.resume().unwrap().resume(id).await.unwrap();
        stage.until(&*session, id, VendorState::Running).await;
        stage.until(&*session, id, VendorState::Completed).await;

        let done = session.scan(id).await.unwrap().unwrap();
        assert!(done.started_at.is_some() && done.finished_at >= done.started_at, "{done:?}");
        assert_eq!(done.progress, Some(100.0));
        let truth = stage.sim.scan(id).unwrap();
        let found = stage.sim.findings(id, &truth.history.last().unwrap().uuid).unwrap();
        let preview = session.preview().unwrap().preview(id).await.unwrap().unwrap();
        assert_eq!(preview.by_severity, done.counts.unwrap());
        assert_eq!(preview.hosts, done.asset_count.unwrap());
        assert_eq!(preview.by_severity.total(), found.len() as u64);

        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().join("report");
        let reference = RunRef { external_scan_id: id.to_owned(), external_run_id: done.external_run_id.clone() };
        let downloaded = stage.report(&*session, &reference, &into).await;
        assert_eq!(downloaded.bytes, std::fs::metadata(&into).unwrap().len());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no half file is left beside it");

        session.launch().unwrap().launch(id).await.unwrap();
        stage.until(&*session, id, VendorState::Running).await;
        let again = session.scan(id).await.unwrap().unwrap();
        assert_ne!(again.external_run_id, done.external_run_id, "a relaunch is another run");
        session.stop().unwrap().stop(id).await.unwrap();
        stage.until(&*session, id, VendorState::Cancelled).await;
        let runs = session.history().unwrap().runs(id).await.unwrap();
        assert_eq!(runs.len(), 2);
        assert_eq!(Some(&runs[0].external_run_id), again.external_run_id.as_ref(), "newest first");
        assert_eq!((runs[0].state, runs[1].state), (Some(VendorState::Cancelled), Some(VendorState::Completed)));

        let delete = session.delete().unwrap();
        delete.delete(id).await.unwrap();
        assert_eq!(session.scan(id).await.unwrap(), None);
        delete.delete(id).await.unwrap();
        let ledger = stage.sim.ledger();
        let times = |action| ledger.count(action, id);
        assert_eq!((times(Action::Create), times(Action::Launch), times(Action::Delete)), (1, 2, 1));
    }
}

#[tokio::test]
async fn an_earlier_run_can_still_be_exported() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 0).await;
        let session = stage.session();
        let seed = scanhelm_vendor_sim::ScanSeed {
            state: SeedState::Completed,
            earlier_runs: 2,
            ..scanhelm_vendor_sim::ScanSeed::default()
        };
        let id = stage.sim.add_scan(seed).unwrap().id;
        let runs = session.history().unwrap().runs(&id).await.unwrap();
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
        let gone = RunRef { external_scan_id: id, external_run_id: Some("no-such-run".to_owned()) };
        let error = session.results().prepare(&gone, None).await.unwrap_err();
        assert!(matches!(error, CallError::Gone { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn what_is_offered_works_and_what_is_withheld_is_refused_by_licence() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Professional, 1).await;
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
        let checked = stage.session().check().await.unwrap();
        let capabilities = checked.instance.capabilities.clone().unwrap();
        assert_eq!(capabilities.withheld().count(), 0, "{capabilities:?}");
        assert_eq!(capabilities, by_id(case.connector).unwrap().capabilities());
        assert!(checked.steps.iter().all(|step| step.ok) && checked.instance.version.is_some(), "{checked:?}");
        assert!(stage.side_effects().is_empty(), "{:?}", stage.side_effects());
        assert_eq!(stage.sim.scans().len(), 2);
    }
}

async fn attempt(
    stage: &Stage,
    session: &dyn scanhelm_connectors::contract::Session,
    capability: Capability,
    id: &str,
) -> Result<(), CallError> {
    match capability {
        Capability::Launch => session.launch().unwrap().launch(id).await.map(drop),
        Capability::Pause => session.pause().unwrap().pause(id).await,
        Capability::Resume => session.resume().unwrap().resume(id).await,
        Capability::Stop => session.stop().unwrap().stop(id).await,
        Capability::Create => session.create().unwrap().create(&wanted("x", "t")).await.map(drop),
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
        let fields = match case.login {
            Login::Keys => [("access_key", "wrong".to_owned()), ("secret_key", "wrong".to_owned())],
            Login::Password => [("username", "admin".to_owned()), ("password", "wrong".to_owned())],
        };
        let session = stage.session_with(fields);
        for error in [session.list_scans().await.unwrap_err(), session.check().await.unwrap_err()] {
            assert!(
                matches!(error, CallError::Failed { kind: ConditionKind::Authentication, .. }),
                "{case:?}: {error:?}"
            );
            assert!(!error.to_string().contains("wrong"), "{error}");
        }
        let refused = stage.sim.ledger().requests.iter().filter(|request| request.status == Some(401)).count();
        assert!(refused <= 3, "{refused} attempts could lock the account");
    }
}

#[tokio::test]
async fn a_scan_that_is_not_there_is_told_as_such() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 1).await;
        let session = stage.session();
        assert_eq!(session.scan("987654").await.unwrap(), None);
        assert_eq!(session.preview().unwrap().preview("987654").await.unwrap(), None);
        let error = session.launch().unwrap().launch("987654").await.unwrap_err();
        assert!(matches!(error, CallError::Gone { .. }), "{error:?}");
        session.delete().unwrap().delete("987654").await.unwrap();
        assert!(stage.side_effects().is_empty());
    }
}

#[tokio::test]
async fn an_id_cannot_lead_a_request_elsewhere() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 1).await;
        let session = stage.session();
        session.list_scans().await.unwrap();
        let before = stage.sim.ledger().requests.len();
        for hostile in ["..", ".", "", "../../session", "1/launch", "1?x=y", "%2e%2e", "1#", "\r\nX: y"] {
            let outcome = session.scan(hostile).await;
            assert!(!matches!(outcome, Ok(Some(_))), "{hostile:?}: {outcome:?}");
        }
        for request in &stage.sim.ledger().requests[before..] {
            assert!(request.path.starts_with("/scans/") && request.query.is_empty(), "{request:?}");
            assert_eq!(request.path.matches('/').count(), 2, "{request:?}");
        }
    }
}

#[tokio::test]
async fn a_running_scan_is_stopped_before_it_is_deleted() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 0).await;
        let id = stage.seed(SeedState::Running);
        let session = stage.session();
        let mut outcome = session.delete().unwrap().delete(&id).await;
        for _ in 0..20 {
            if outcome.is_ok() {
                break;
            }
            assert!(matches!(outcome, Err(CallError::Failed { retry_after: Some(_), .. })), "{outcome:?}");
            stage.sim.advance(std::time::Duration::from_secs(10));
            outcome = session.delete().unwrap().delete(&id).await;
        }
        assert_eq!(outcome, Ok(()));
        assert_eq!(stage.sim.scan(&id), None);
        assert_eq!(stage.sim.ledger().count(Action::Delete, &id), 1);
    }
}
