//! What every connector must make of trouble: the B rows of the fault matrix, through the contract.

use std::time::Duration;

use scanhelm_connectors::contract::{CallError, Prepared, RunRef};
use scanhelm_core::integration::ConditionKind;
use scanhelm_vendor_sim::{Action, Fault, FaultKind, Licence, RetryAfter, SeedState};

use crate::cases::CASES;
use crate::stage::{Stage, wanted};

fn status(code: u16) -> FaultKind {
    FaultKind::Status { code, retry_after: None }
}

fn kind_of(error: &CallError) -> ConditionKind {
    match error {
        CallError::Failed { kind, .. } => *kind,
        other => panic!("an ordinary failure is due, not {other:?}"),
    }
}

#[tokio::test]
async fn fm_b_a_list_is_complete_or_an_error_never_shorter() {
    use ConditionKind::{Authentication, Garbage, Permission, RateLimited, Timeout, Unreachable, VendorError};
    let faults = [
        (status(500), VendorError),
        (status(503), VendorError),
        (status(429), RateLimited),
        (status(401), Authentication),
        (status(403), Permission),
        (FaultKind::Hang, Timeout),
        (FaultKind::Drip { delay: Duration::from_millis(100), bytes: 1 }, Timeout),
        (FaultKind::Cut { keep_percent: 60, chunked: false }, Garbage),
        (FaultKind::Cut { keep_percent: 60, chunked: true }, Garbage),
        (FaultKind::LoginPage, Garbage),
        (FaultKind::EmptyBody, Garbage),
        (FaultKind::Null, Garbage),
        (FaultKind::EmptyArray, Garbage),
        (FaultKind::GarbageJson, Garbage),
        (FaultKind::InvalidUtf8, Garbage),
        (FaultKind::HugeBody { bytes: 8 * 1024 * 1024 }, Garbage),
        (FaultKind::Close, Unreachable),
        (FaultKind::Redirect { location: "https://evil.example/steal".to_owned() }, Garbage),
    ];
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 12).await;
        let complete = stage.session().list_scans().await.unwrap();
        // Where a scan is one run, the past of each of the twelve is scans of its own.
        let held = stage.sim.scans().len();
        assert!(held >= 12 && complete.scans.len() == held, "{} of {held}", complete.scans.len());
        for (call, (fault, expected)) in case.calls.lists.iter().flat_map(|call| faults.iter().map(move |f| (call, f)))
        {
            let armed = stage.sim.fault(Fault::new(fault.clone()).on(call));
            let outcome = stage.session().list_scans().await;
            let error = outcome.map(|list| list.scans.len()).expect_err(&format!("{fault:?} of {call} gave a list"));
            assert_eq!(kind_of(&error), *expected, "{fault:?} of {call}: {error}");
            stage.sim.clear_fault(armed);
        }
        assert_eq!(stage.session().list_scans().await.unwrap().scans, complete.scans);
    }
}

#[tokio::test]
async fn fm_b26_entries_that_come_twice_count_once() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 5).await;
        let session = stage.session();
        let complete = session.list_scans().await.unwrap();
        for call in case.calls.lists {
            let armed = stage.sim.fault(Fault::new(FaultKind::DuplicateEntries).on(call));
            assert_eq!(session.list_scans().await.unwrap().scans, complete.scans, "{call}");
            stage.sim.clear_fault(armed);
        }
    }
}

#[tokio::test]
async fn fm_b05_a_passing_failure_of_a_read_is_not_noticed() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 5).await;
        let held = stage.sim.scans().len();
        for fault in [status(502), status(503), FaultKind::Close, FaultKind::Cut { keep_percent: 10, chunked: true }] {
            for call in case.calls.lists {
                stage.sim.fault(Fault::new(fault.clone()).on(call).times(1));
                assert_eq!(stage.session().list_scans().await.unwrap().scans.len(), held, "{fault:?} of {call}");
            }
        }
    }
}

#[tokio::test]
async fn fm_b02_a_wish_to_wait_is_passed_on_and_kept() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 1).await;
        let session = stage.session();
        let fault = FaultKind::Status { code: 429, retry_after: Some(RetryAfter::Seconds(7)) };
        stage.sim.fault(Fault::new(fault).on(case.calls.lists[0]).times(1));
        let error = session.list_scans().await.unwrap_err();
        assert!(
            matches!(error, CallError::Failed { kind: ConditionKind::RateLimited, retry_after: Some(wish), .. }
                if wish == Duration::from_secs(7)),
            "{error:?}"
        );
        let before = stage.sim.ledger().requests.len();
        assert_eq!(kind_of(&session.list_scans().await.unwrap_err()), ConditionKind::RateLimited);
        assert_eq!(stage.sim.ledger().requests.len(), before, "no call before the time");
    }
}

#[tokio::test]
async fn an_unknown_word_is_reported_and_not_guessed() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 4).await;
        let session = stage.session();
        stage.sim.fault(Fault::new(FaultKind::RenameStatus { from: None, to: "hibernating".to_owned() }));
        let mut told = 0;
        for seen in session.list_scans().await.unwrap().scans {
            // Where no word says that a scan never ran, there is none to rename.
            if seen.details.get("never_run").is_some_and(|never| never == true) {
                continue;
            }
            assert_eq!((seen.state, seen.raw_status.as_str()), (None, "hibernating"));
            let detail = session.scan(&seen.external_scan_id).await.unwrap().unwrap();
            assert_eq!((detail.state, detail.raw_status.as_str()), (None, "hibernating"));
            told += 1;
        }
        assert!(told > 0, "{case:?}");
    }
}

#[tokio::test]
async fn fm_b06_b35_a_launch_with_a_lost_answer_is_unknown_and_happened_at_most_once() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 0).await;
        let session = stage.session();
        let Some(launch) = session.launch() else { continue };
        session.list_scans().await.unwrap();
        let id = stage.seed(SeedState::Empty);
        let mut sent = 0;
        for (fault, effects) in [
            (FaultKind::Close, 0),
            (status(500), 0),
            (status(503), 0),
            (FaultKind::LoginPage, 0),
            (FaultKind::Hang, 0),
            (FaultKind::Redirect { location: "https://elsewhere.example/".to_owned() }, 0),
            (FaultKind::LoseAnswer, 1),
        ] {
            stage.sim.fault(Fault::new(fault.clone()).on(case.calls.launch).times(1));
            let error = launch.launch(&id).await.unwrap_err();
            assert!(matches!(error, CallError::Unknown { .. }), "{fault:?}: {error:?}");
            assert_eq!(stage.sim.ledger().count(Action::Launch, &id), effects, "{fault:?}");
            sent += 1;
            let asked = stage.sim.ledger().requests;
            let launches = asked.iter().filter(|request| request.operation == case.calls.launch).count();
            assert_eq!(launches, sent, "{fault:?}: a write is sent once");
        }
    }
}

#[tokio::test]
async fn fm_b06_a_creation_with_a_lost_answer_can_be_recognised_in_the_list() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 0).await;
        let session = stage.session();
        let Some(create) = session.create() else { continue };
        session.list_scans().await.unwrap();
        for fault in [FaultKind::LoseAnswer, FaultKind::Cut { keep_percent: 30, chunked: false }] {
            let token = format!("tok-{}", fault.name());
            stage.sim.fault(Fault::new(fault.clone()).on(case.calls.create).times(1));
            let mut scan = wanted(case, "lost", &token);
            scan.launch = session.launch().is_none();
            let error = create.create(&scan).await.unwrap_err();
            assert!(matches!(error, CallError::Unknown { .. }), "{fault:?}: {error:?}");
            let list = session.list_scans().await.unwrap();
            let found = list.scans.iter().filter(|scan| scan.client_token.as_deref() == Some(&token)).count();
            assert_eq!(found, 1, "{fault:?}: the scan can be recognised in the list");
        }
    }
}

#[tokio::test]
async fn fm_b06_a_deletion_with_a_lost_answer_is_unknown_and_may_be_repeated() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 0).await;
        let session = stage.session();
        let Some(delete) = session.delete() else { continue };
        let doomed = stage.seed(SeedState::Completed);
        stage.sim.fault(Fault::new(FaultKind::LoseAnswer).on(case.calls.delete).times(1));
        let error = delete.delete(&doomed).await.unwrap_err();
        assert!(matches!(error, CallError::Unknown { .. }), "{error:?}");
        delete.delete(&doomed).await.unwrap();
        assert_eq!(stage.sim.ledger().count(Action::Delete, &doomed), 1);
    }
}

/// What somebody is due to be told.
type Due = fn(&CallError) -> bool;

#[tokio::test]
async fn fm_b30_a_definite_no_is_not_unknown() {
    let refused: Due = |error| matches!(error, CallError::Refused { by_licence: false, .. });
    let gone: Due = |error| matches!(error, CallError::Gone { .. });
    let busy: Due = |error| matches!(error, CallError::Failed { kind: ConditionKind::RateLimited, .. });
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 0).await;
        if stage.session().launch().is_none() {
            continue;
        }
        let id = stage.seed(SeedState::Empty);
        let answers = case.refusals.iter().map(|code| (*code, refused));
        for (code, is_due) in answers.chain(case.busy.iter().map(|code| (*code, busy))).chain([(404, gone)]) {
            let armed = stage.sim.fault(Fault::status(code).on(case.calls.launch));
            let error = stage.session().launch().unwrap().launch(&id).await.unwrap_err();
            assert!(is_due(&error), "{code}: {error:?}");
            stage.sim.clear_fault(armed);
        }
        assert_eq!(stage.sim.ledger().count(Action::Launch, &id), 0);
    }
}

#[tokio::test]
async fn fm_b13_a_report_is_byte_complete_or_an_error() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 0).await;
        let id = stage.seed(SeedState::Completed);
        let run = RunRef { external_scan_id: id, external_run_id: None };
        let folder = tempfile::tempdir().unwrap();
        let whole = folder.path().join("whole");
        stage.report(&*stage.session(), &run, &whole).await;
        let ready = stage.ready(&*stage.session(), &run).await;
        for fault in [
            FaultKind::Cut { keep_percent: 50, chunked: false },
            FaultKind::Cut { keep_percent: 99, chunked: true },
            FaultKind::LoginPage,
            FaultKind::EmptyBody,
            FaultKind::Null,
            FaultKind::GarbageJson,
            FaultKind::Close,
            FaultKind::Hang,
            status(500),
            status(404),
        ] {
            let armed = stage.sim.fault(Fault::new(fault.clone()).on(case.report.fetch));
            let into = folder.path().join("broken");
            let error = stage.session().results().download(&run, &ready, into).await.unwrap_err();
            assert!(matches!(error, CallError::Failed { .. }), "{fault:?}: {error:?}");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "{fault:?} left a file");
            stage.sim.clear_fault(armed);
        }
        let again = folder.path().join("again");
        stage.report(&*stage.session(), &run, &again).await;
        assert_eq!(std::fs::read(again).unwrap().len(), std::fs::read(whole).unwrap().len());
    }
}

#[tokio::test]
async fn an_export_that_is_gone_is_asked_for_anew_and_a_broken_one_is_not() {
    for case in CASES {
        let Some(look) = case.report.look else { continue };
        let stage = Stage::set(*case, Licence::Manager, 0).await;
        let id = stage.seed(SeedState::Completed);
        let run = RunRef { external_scan_id: id.clone(), external_run_id: None };
        let session = stage.session();
        let requested = || stage.sim.ledger().count(Action::ExportRequested, &id);
        let ready = stage.ready(&*session, &run).await;
        assert_eq!(requested(), 1);

        stage.sim.fault(Fault::status(500).on(look).times(1));
        let error = session.results().prepare(&run, Some(ready.clone())).await.unwrap_err();
        assert_eq!((kind_of(&error), requested()), (ConditionKind::VendorError, 1));

        stage.sim.fault(Fault::status(404).on(look).times(1));
        let prepared = session.results().prepare(&run, Some(ready)).await.unwrap();
        assert!(matches!(prepared, Prepared::Waiting { .. }), "{prepared:?}");
        assert_eq!(requested(), 2);

        // A vendor that forgets every export is not asked for ever.
        stage.sim.fault(Fault::status(404).on(look));
        let mut state = None;
        let error = loop {
            match session.results().prepare(&run, state.take()).await {
                Ok(Prepared::Waiting { state: next, .. }) => state = Some(next),
                Ok(Prepared::Ready { .. }) => panic!("cannot be ready"),
                Err(error) => break error,
            }
        };
        assert_eq!(kind_of(&error), ConditionKind::VendorError);
        assert!(requested() < 10);
    }
}

#[tokio::test]
async fn fm_b22_b23_an_ended_session_is_renewed_once_and_keys_are_not() {
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 2).await;
        let session = stage.session();
        session.list_scans().await.unwrap();
        let list = case.calls.lists[0];
        stage.sim.fault(Fault::status(401).on(list).times(1));
        let outcome = session.list_scans().await;
        let log_ins = || stage.sim.ledger().effects.iter().filter(|effect| effect.action == Action::Login).count();
        if !case.login.is_session {
            assert_eq!(kind_of(&outcome.unwrap_err()), ConditionKind::Authentication);
            assert_eq!(log_ins(), 0);
            continue;
        }
        assert_eq!(outcome.unwrap().scans.len(), 2);
        assert_eq!(log_ins(), 2);
        stage.sim.fault(Fault::status(401).on(list));
        assert_eq!(kind_of(&session.list_scans().await.unwrap_err()), ConditionKind::Authentication);
        assert_eq!(log_ins(), 3, "no second renewal in one call");
        stage.sim.clear_faults();
        // A refused write was not carried out, so it may go again with the new session.
        let Some(launch) = session.launch() else { continue };
        let id = stage.seed(SeedState::Empty);
        stage.sim.fault(Fault::status(401).on(case.calls.launch).times(1));
        launch.launch(&id).await.unwrap();
        assert_eq!(stage.sim.ledger().count(Action::Launch, &id), 1);
    }
}

/// Entries in whatever order, pages included: the same scans, each once.
#[tokio::test]
async fn fm_b28_entries_in_any_order_are_the_same_list() {
    let by_id = |mut list: Vec<scanhelm_core::scan::Observation>| {
        list.sort_by(|one, other| one.external_scan_id.cmp(&other.external_scan_id));
        list
    };
    for case in CASES {
        let stage = Stage::set(*case, Licence::Manager, 12).await;
        let complete = stage.session().list_scans().await.unwrap().scans;
        let mut in_another_order = false;
        for call in case.calls.lists {
            let id = stage.sim.fault(Fault::new(FaultKind::ReverseEntries).on(call));
            let reversed = stage.session().list_scans().await.unwrap().scans;
            let armed = stage.sim.faults().into_iter().find(|armed| armed.id == id).unwrap();
            assert!(armed.struck > 0, "{call} of {} was not asked", case.connector);
            in_another_order |= reversed != complete;
            assert_eq!(by_id(reversed), by_id(complete.clone()), "{call} of {}", case.connector);
            stage.sim.clear_fault(id);
        }
        // One that orders by itself shows no reversal; that its lists are those the faults know, an empty one shows.
        if !in_another_order {
            stage.sim.fault(Fault::new(FaultKind::EmptyList).on(case.calls.lists[0]));
            let emptied = stage.session().list_scans().await.unwrap().scans;
            assert_ne!(by_id(emptied), by_id(complete), "nothing was reversed at {}", case.connector);
        }
    }
}
