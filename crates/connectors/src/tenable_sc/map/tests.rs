use super::*;

fn result(id: u64, scan: Option<u64>, status: &str, import: &str, downloadable: bool) -> Outcome {
    let scan = scan.map_or_else(|| json!({"id": -1, "name": ""}), |id| json!({"id": id.to_string(), "name": "Daily"}));
    serde_json::from_value(json!({
        "id": id.to_string(), "scan": scan, "name": "Daily", "status": status, "importStatus": import,
        "downloadAvailable": downloadable.to_string(), "startTime": "1000", "finishTime": "2000",
        "completedChecks": "30", "totalChecks": "120",
    }))
    .unwrap()
}

fn definition(id: u64, description: &str) -> Definition {
    serde_json::from_value(json!({
        "id": id.to_string(), "name": "Daily", "description": description, "ipList": "10.0.0.1, 10.0.0.2\n10.0.1.0/24",
        "zone": {"id": "7", "name": "DMZ"},
    }))
    .unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

#[test]
fn a_run_is_complete_when_both_columns_say_so_and_its_results_can_be_had() {
    use VendorState::{Completed, Failed, Paused, Queued, Running};
    let late = Some(at(2000 + 3600));
    for (status, import, downloadable, now, state) in [
        ("Queued", "No Results", false, late, Some(Queued)),
        ("Initializing Scanners", "", false, late, Some(Queued)),
        ("Running", "No Results", false, late, Some(Running)),
        ("Pausing", "", false, late, Some(Running)),
        ("Paused", "", false, late, Some(Paused)),
        ("Completed", "Import Pending", true, late, Some(Running)),
        ("Completed", "Importing", true, late, Some(Running)),
        ("Completed", "Finished", true, late, Some(Completed)),
        ("Partial", "Finished", true, late, Some(Completed)),
        // On its way, and purged.
        ("Completed", "Finished", false, Some(at(2001)), Some(Running)),
        ("Completed", "Finished", false, late, Some(Completed)),
        ("Completed", "Finished", false, None, Some(Completed)),
        ("Completed", "No Results", false, Some(at(2001)), Some(Completed)),
        ("Completed", "Blocked", true, late, Some(Failed)),
        ("Completed", "Error", true, late, Some(Failed)),
        ("Error", "No Results", false, late, Some(Failed)),
        ("Completed", "", true, late, None),
        ("Completed", "Pondering", true, late, None),
        ("Hibernating", "Finished", true, late, None),
        ("", "", false, late, None),
    ] {
        let seen = state_at(&result(1, None, status, import, downloadable), now);
        assert_eq!(seen, state, "{status} / {import}, {downloadable}, {now:?}");
    }
    assert_eq!(word_of(&result(1, None, "Completed", "Importing", false)), "Completed / Importing");
    assert_eq!(word_of(&result(1, None, "Running", "No Results", false)), "Running");
}

#[test]
fn a_definition_shows_its_latest_run_by_number_and_each_object_once() {
    let definitions = [definition(5, ""), definition(9, "by hand [scanhelm:tok-1]"), definition(5, "")];
    let results = [
        result(9, Some(5), "Completed", "Finished", true),
        result(10, Some(5), "Running", "No Results", false),
        result(10, Some(5), "Running", "No Results", false),
        result(11, None, "Completed", "Finished", true),
        result(12, Some(77), "Completed", "Finished", true),
    ];
    let seen = observations(&definitions, &results, Some(at(9000)), at(1));
    let ids: Vec<&str> = seen.iter().map(|seen| seen.external_scan_id.as_str()).collect();
    assert_eq!(ids, ["5", "9", "77", "result-11"]);
    let [daily, never, unseen, alone] = seen.as_slice() else { panic!("four") };
    assert_eq!((daily.external_run_id.as_deref(), daily.state), (Some("10"), Some(VendorState::Running)));
    assert_eq!((daily.progress, daily.finished_at, daily.started_at), (Some(25.0), None, Some(at(1000))));
    assert_eq!(daily.targets.as_deref().unwrap(), ["10.0.0.1", "10.0.0.2", "10.0.1.0/24"]);
    assert_eq!(daily.sub_scanner.as_deref(), Some("zone-7"));
    assert_eq!((never.state, never.raw_status.as_str()), (Some(VendorState::Queued), NEVER_RUN));
    assert_eq!((never.client_token.as_deref(), &never.details["description"]), (Some("tok-1"), &json!("by hand")));
    assert_eq!((unseen.name.as_str(), &unseen.details["definition_visible"]), ("Daily", &json!(false)));
    assert_eq!((alone.name.as_str(), alone.progress), ("Daily (1970-01-01 00:16 UTC)", Some(100.0)));
    assert_eq!((alone.finished_at, &alone.details["without_definition"]), (Some(at(2000)), &json!(true)));
}

#[test]
fn runs_are_told_newest_first_and_once() {
    let results = [
        result(9, Some(5), "Completed", "Finished", true),
        result(10, Some(5), "Running", "", false),
        result(9, Some(5), "Completed", "Finished", true),
    ];
    let runs = runs(&results.iter().collect::<Vec<_>>(), None);
    assert_eq!(runs.iter().map(|run| run.external_run_id.as_str()).collect::<Vec<_>>(), ["10", "9"]);
    assert_eq!((runs[0].finished_at, runs[1].finished_at), (None, Some(at(2000))));
}

#[test]
fn a_partial_run_says_so_and_zero_checks_are_no_progress() {
    let mut partial = result(3, None, "Partial", "Importing", false);
    partial.total_checks = 0;
    let seen = of_result(&partial, None, at(1));
    assert_eq!((&seen.details["partial"], seen.progress), (&json!(true), None));
}

#[test]
fn the_bits_of_a_scanner_become_words() {
    for (raw, words) in [
        ("1", "working"),
        ("8193", "working, updating status"),
        ("8192", "updating status"),
        ("0", "status 0"),
        ("offline", "offline"),
    ] {
        assert_eq!(scanner_status(raw).as_deref(), Some(words));
    }
    assert_eq!(scanner_status(""), None);
}

#[test]
fn hostile_text_is_bounded() {
    let mut hostile = result(1, None, "Completed", "Finished", true);
    hostile.name = "x\u{0}\u{1b}[31m".repeat(10_000);
    hostile.status = "y".repeat(10_000);
    let seen = of_result(&hostile, None, at(1));
    assert!(seen.name.len() < 700 && seen.raw_status.len() < 300 && !seen.name.contains('\u{1b}'));
    assert_eq!(seen.state, None);
}
