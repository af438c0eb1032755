use proptest::prelude::*;

use super::*;
use crate::ids::{CompanyId, ScanId};
use crate::scan::Origin;

fn scan() -> Scan {
    Scan::new(ScanId(uuid::Uuid::nil()), CompanyId(uuid::Uuid::nil()), "nightly", Origin::Adopted, at(0))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_seconds(second)
}

fn look(second: i64, state: VendorState, run: Option<&str>) -> Observation {
    let mut observation = Observation::new("11", "nightly", at(second));
    observation.state = Some(state);
    observation.raw_status = state.as_str().to_owned();
    observation.external_run_id = run.map(str::to_owned);
    observation
}

fn follow(scan: &mut Scan, observation: &Observation) -> Vec<Change> {
    let changes = observe(scan, observation, observation.observed_at);
    for change in &changes {
        scan.apply(change);
    }
    changes
}

fn states() -> impl Strategy<Value = Option<VendorState>> {
    prop_oneof![Just(None), (0..VendorState::ALL.len()).prop_map(|index| Some(VendorState::ALL[index]))]
}

prop_compose! {
    fn observations()(second in 0..200i64, state in states(), run in prop::option::of(0..3u8), progress in prop::option::of(-10.0..150.0f64), start in prop::option::of(0..200i64), end in prop::option::of(0..200i64)) -> Observation {
        let mut observation = Observation::new("11", "nightly", at(second));
        observation.raw_status = state.map_or("verifying".to_owned(), |state| state.as_str().to_owned());
        observation.state = state;
        observation.external_run_id = run.map(|run| format!("run-{run}"));
        observation.progress = progress;
        observation.started_at = start.map(at);
        observation.finished_at = end.map(at);
        observation
    }
}

proptest! {
    /// Whatever a vendor reports and in whatever order: I6 and the sanity of every derived field.
    #[test]
    fn any_history_keeps_the_invariants(history in proptest::collection::vec(observations(), 1..40)) {
        let mut row = scan();
        for observation in &history {
            let before = row.clone();
            let changes = follow(&mut row, observation);
            if before.last_observed_at.is_some_and(|last| observation.observed_at < last) {
                prop_assert!(changes.is_empty());
                prop_assert_eq!(&before, &row);
                continue;
            }
            // Idempotent.
            prop_assert_eq!(observe(&row, observation, observation.observed_at), vec![Change::Seen { at: observation.observed_at }]);
            let new_run = changes.iter().any(|change| matches!(change, Change::NewRun { .. }));
            // Unknown words move nothing; a run that begins with one waits, whatever the run before ended as.
            if observation.state.is_none() {
                let kept = if new_run { VendorState::Queued } else { before.vendor_state };
                prop_assert_eq!(kept, row.vendor_state);
            }
            // The clock starts once a run.
            if !new_run && before.started_at.is_some() {
                prop_assert_eq!(before.started_at, row.started_at);
            }
            for end in [row.finished_at, row.vendor_finished_at].into_iter().flatten() {
                prop_assert!(row.started_at.is_none_or(|start| end >= start));
            }
            prop_assert!(row.progress.is_none_or(|percent| (0.0..=100.0).contains(&percent)));
            // Level-triggered: whoever is completed is imported or due.
            prop_assert!(row.vendor_state != VendorState::Completed || row.import_state != ImportState::None);
        }
    }
}

#[test]
fn a_resume_does_not_restart_the_clock() {
    let mut row = scan();
    follow(&mut row, &look(10, VendorState::Running, Some("a")));
    follow(&mut row, &look(20, VendorState::Paused, Some("a")));
    follow(&mut row, &look(30, VendorState::Running, Some("a")));
    assert_eq!(row.started_at, Some(at(10)));
    follow(&mut row, &look(40, VendorState::Completed, Some("a")));
    assert_eq!((row.duration_s(at(99)), row.import_state), (Some(30), ImportState::Pending));
}

#[test]
fn a_relaunch_is_a_new_run_even_while_the_last_one_is_imported() {
    let mut row = scan();
    follow(&mut row, &look(10, VendorState::Completed, Some("a")));
    row.import_state = ImportState::Running;
    assert_eq!(row.status().as_str(), "importing");
    follow(&mut row, &look(20, VendorState::Running, Some("b")));
    assert_eq!((row.status().as_str(), row.started_at), ("running", Some(at(20))));
    assert_eq!(row.import_state, ImportState::None);
}

#[test]
fn without_run_ids_working_after_the_end_is_a_new_run() {
    let mut row = scan();
    follow(&mut row, &look(10, VendorState::Running, None));
    follow(&mut row, &look(20, VendorState::Failed, None));
    let changes = follow(&mut row, &look(30, VendorState::Running, None));
    assert!(changes.iter().any(|change| matches!(change, Change::NewRun { .. })));
}

/// Between two looks a run may be queued, or begin and end: neither shows it at work.
#[test]
fn without_run_ids_a_run_that_was_not_seen_at_work_is_a_new_run_all_the_same() {
    for waiting in [true, false] {
        let mut row = scan();
        let mut ended = look(20, VendorState::Completed, None);
        ended.started_at = Some(at(10));
        ended.finished_at = Some(at(15));
        follow(&mut row, &ended);
        row.import_state = ImportState::Done;
        if waiting {
            follow(&mut row, &look(25, VendorState::Queued, None));
        }
        let mut again = look(60, VendorState::Completed, None);
        again.started_at = Some(at(30));
        again.finished_at = Some(at(50));
        follow(&mut row, &again);
        assert_eq!((row.run_number, row.vendor_finished_at), (2, Some(at(50))), "waiting: {waiting}");
        assert_eq!(row.import_state, ImportState::Pending);
    }
}

/// A vendor that mixes up its times in one answer would otherwise begin a run with every look.
#[test]
fn an_end_before_the_start_in_one_answer_is_no_new_run() {
    let mut row = scan();
    follow(&mut row, &look(10, VendorState::Completed, None));
    let mut mixed = look(20, VendorState::Completed, None);
    mixed.started_at = Some(at(6));
    mixed.finished_at = Some(at(3));
    row.started_at = Some(at(0));
    follow(&mut row, &mixed);
    assert_eq!(follow(&mut row, &mixed), vec![Change::Seen { at: at(20) }]);
    assert_eq!(row.run_number, 1);
}

/// A list may tell the state alone and only the details when the run began: by a clock that may be ahead of ours.
#[test]
fn a_start_that_is_learnt_after_the_end_is_not_behind_it() {
    let mut row = scan();
    follow(&mut row, &look(20, VendorState::Completed, Some("a")));
    assert_eq!((row.started_at, row.finished_at), (None, Some(at(20))));
    let mut detailed = look(30, VendorState::Completed, Some("a"));
    detailed.started_at = Some(at(86_400));
    follow(&mut row, &detailed);
    assert_eq!((row.started_at, row.finished_at), (Some(at(86_400)), Some(at(86_400))));
}

#[test]
fn an_unknown_word_of_a_new_run_does_not_leave_it_ended() {
    let mut row = scan();
    follow(&mut row, &look(10, VendorState::Completed, Some("a")));
    let mut strange = look(20, VendorState::Running, Some("b"));
    strange.state = None;
    strange.raw_status = "hibernating".to_owned();
    follow(&mut row, &strange);
    assert_eq!((row.vendor_state, row.import_state), (VendorState::Queued, ImportState::None));
}

#[test]
fn an_unknown_word_is_kept_and_reported_once() {
    let mut row = scan();
    follow(&mut row, &look(10, VendorState::Running, Some("a")));
    let mut strange = look(20, VendorState::Running, Some("a"));
    strange.state = None;
    strange.raw_status = "hibernating".to_owned();
    let changes = follow(&mut row, &strange);
    assert!(changes.contains(&Change::UnknownWord { raw: "hibernating".to_owned() }));
    assert_eq!(row.vendor_state, VendorState::Running);
    strange.observed_at = at(21);
    assert_eq!(follow(&mut row, &strange), vec![Change::Seen { at: at(21) }]);
}

#[test]
fn a_name_that_a_person_gave_is_not_overwritten() {
    let mut row = scan();
    row.origin = Origin::Integration;
    let mut renamed = look(10, VendorState::Queued, None);
    renamed.name = "vendor's name".to_owned();
    follow(&mut row, &renamed);
    assert_eq!(row.name, "nightly");
}

#[test]
fn polls_when_an_end_is_expected_and_rests_when_nothing_moves() {
    let (status, idle) = (Duration::from_secs(30), Duration::from_mins(5));
    let mut row = scan();
    assert_eq!(next_poll(&[&row], at(0), status, idle), status);
    follow(&mut row, &look(0, VendorState::Running, None));
    assert_eq!(row.started_at, Some(at(0)));
    let mut further = look(950, VendorState::Running, None);
    further.progress = Some(94.0);
    follow(&mut row, &further);
    // 95 % may be done after 950 s: 50 s are left then.
    let after = |now| next_poll(&[&row], at(now), status, idle);
    assert_eq!((after(950), after(975), after(995)), (status, Duration::from_secs(25), Duration::from_secs(10)));
    assert_eq!(after(5000), Duration::from_secs(10), "it lasts longer than expected");
    follow(&mut row, &look(1000, VendorState::Paused, None));
    assert_eq!(next_poll(&[&row], at(1000), status, idle), status);
    follow(&mut row, &look(1010, VendorState::Completed, None));
    assert_eq!(next_poll(&[&row], at(1010), status, idle), idle);
}

#[test]
fn a_run_that_tells_no_progress_is_looked_at_a_little_sooner() {
    let (status, idle) = (Duration::from_secs(30), Duration::from_mins(5));
    let mut row = scan();
    follow(&mut row, &look(0, VendorState::Running, None));
    assert_eq!(row.progress, None);
    assert_eq!(next_poll(&[&row], at(0), status, idle), Duration::from_secs(24));
    row.progress = Some(10.0);
    assert_eq!(next_poll(&[&row], at(0), status, idle), status);
    follow(&mut row, &look(10, VendorState::Paused, None));
    assert_eq!(next_poll(&[&row], at(10), status, idle), status, "nothing ends while it is paused");
}

#[test]
fn a_run_without_a_start_to_reckon_from_is_near_its_end_by_its_progress() {
    let (status, idle) = (Duration::from_secs(30), Duration::from_mins(5));
    let mut row = scan();
    row.vendor_state = VendorState::Running;
    row.last_observed_at = Some(at(100));
    for started in [None, Some(at(100)), Some(at(5000))] {
        row.started_at = started;
        row.progress = Some(89.0);
        assert_eq!(next_poll(&[&row], at(100), status, idle), status, "{started:?}");
        row.progress = Some(90.0);
        assert_eq!(next_poll(&[&row], at(100), status, idle), Duration::from_secs(10), "{started:?}");
    }
}
