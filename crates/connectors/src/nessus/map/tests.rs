use super::*;

fn list(json: Value) -> Vec<Observation> {
    observations(&serde_json::from_value(json).unwrap(), Timestamp::from_seconds(1_700_000_000))
}

fn detail(json: Value) -> Observation {
    detailed("5", &serde_json::from_value(json).unwrap(), &[], Timestamp::from_seconds(1_700_000_000))
}

#[test]
fn every_known_word_has_its_state_and_an_unknown_one_has_none() {
    for (word, state) in STATUS_MAP {
        assert_eq!(state_of(word), Some(*state));
    }
    assert_eq!(state_of("Completed"), Some(VendorState::Completed));
    for unknown in ["quarantined", "complete", "null", "5"] {
        assert_eq!(state_of(unknown), None, "{unknown}");
    }
}

#[test]
fn a_missing_null_or_empty_status_is_queued_and_an_odd_one_is_kept_raw() {
    let seen = list(json!({"folders": [], "scans": [
        {"id": 1, "name": "a"}, {"id": 2, "name": "b", "status": null}, {"id": 3, "name": "c", "status": ""},
        {"id": 4, "name": "d", "status": "hibernating", "uuid": "r"}, {"id": 5, "name": "e", "status": 7},
    ]}));
    let states: Vec<_> = seen.iter().map(|scan| (scan.state, scan.raw_status.as_str())).collect();
    let queued = Some(VendorState::Queued);
    assert_eq!(states, [(queued, ""), (queued, ""), (queued, ""), (None, "hibernating"), (None, "7")]);
}

#[test]
fn the_trash_is_left_out_and_a_scan_listed_twice_is_one() {
    let seen =
        list(json!({"folders": [{"id": 2, "name": "Trash", "type": "trash"}, {"id": 3, "name": "Mine"}], "scans": [
            {"id": 1, "name": "old", "folder_id": 3, "last_modification_date": 1},
            {"id": 9, "name": "thrown away", "folder_id": 2},
            {"id": "1", "name": "new", "folder_id": 3, "last_modification_date": 2},
        ]}));
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].name.as_str(), &seen[0].details["folder"]), ("new", &json!("Mine")));
}

#[test]
fn fm_b16_b17_a_list_without_its_scans_or_a_scan_without_an_id_is_an_error() {
    for broken in [
        json!({}),
        json!({"folders": []}),
        json!({"folders": [], "scans": {}}),
        json!({"folders": [], "scans": [{"name": "no id"}]}),
        json!({"folders": [], "scans": [{"id": null, "name": "x"}]}),
        json!({"folders": [], "scans": [{"id": 1.5}]}),
        json!([]),
    ] {
        assert!(serde_json::from_value::<ScansAnswer>(broken.clone()).is_err(), "{broken}");
    }
    assert!(list(json!({"folders": null, "scans": null})).is_empty());
    assert_eq!(list(json!({"scans": [{"id": 1, "surprise": {"a": [1]}}]})).len(), 1, "more than expected is fine");
}

#[test]
fn a_scan_that_never_ran_has_no_run() {
    let seen = list(json!({"scans": [{"id": 1, "name": "n", "status": "empty", "uuid": "template-x"}]}));
    assert_eq!((seen[0].state, &seen[0].external_run_id), (Some(VendorState::Queued), &None));
    assert_eq!(seen[0].details["never_run"], json!(true));
    let seen = detail(json!({"info": {"status": "empty", "name": "n"}, "history": []}));
    assert_eq!((seen.counts, seen.progress, seen.started_at), (None, None, None));
}

#[test]
fn the_token_travels_in_the_name_and_is_taken_out_again() {
    let carried = client_token::marked("DMZ, weekly", "0199-ab_C");
    let seen = list(json!({"scans": [
        {"id": 1, "name": carried},
        {"id": 2, "name": "no [scanhelm:] token"},
        {"id": 3, "name": "bad [scanhelm:a b]"},
        {"id": 4, "name": "renamed", "description": "x [scanhelm:tok] y"},
        {"id": 5, "name": "open [scanhelm:abc"},
    ]}));
    let found: Vec<_> = seen.iter().map(|scan| (scan.name.as_str(), scan.client_token.as_deref())).collect();
    assert_eq!(found[0], ("DMZ, weekly", Some("0199-ab_C")));
    assert_eq!(found[1], ("no [scanhelm:] token", None));
    assert_eq!(found[2], ("bad [scanhelm:a b]", None));
    assert_eq!(found[3], ("renamed", Some("tok")));
    assert_eq!(found[4].1, None);
}

#[test]
fn progress_is_the_average_over_hosts_and_counts_are_their_sum() {
    let seen = detail(json!({
        "info": {"status": "running", "uuid": "run-1", "name": "x", "targets": "10.0.0.1, 10.0.0.2\n10.0.0.0/30",
                 "scan_start": 1_700_000_000, "scan_end": 1_700_000_500},
        "hosts": [
            {"scanprogresscurrent": 50, "scanprogresstotal": 200, "critical": 1, "high": 2, "info": "3"},
            {"scanprogresscurrent": 300, "scanprogresstotal": 200, "low": 4, "medium": -7},
        ],
    }));
    assert_eq!(seen.progress, Some(62.5));
    let counts = seen.counts.unwrap();
    assert_eq!((counts.critical, counts.high, counts.medium, counts.low, counts.info), (1, 2, 0, 4, 3));
    assert_eq!(seen.targets.unwrap(), ["10.0.0.1", "10.0.0.2", "10.0.0.0/30"]);
    assert_eq!(seen.started_at, Some(Timestamp::from_seconds(1_700_000_000)));
    assert_eq!(seen.finished_at, None, "a running scan has no end");
}

#[test]
fn hostile_numbers_neither_overflow_nor_become_times() {
    let seen = detail(json!({
        "info": {"status": "completed", "name": "x", "scan_start": 9_223_372_036_854_775_807_i64, "scan_end": "soon"},
        "hosts": [{"critical": u64::MAX, "info": u64::MAX}, {"critical": u64::MAX, "low": 1.5}],
    }));
    assert!(seen.counts.unwrap().total() > 0);
    assert_eq!((seen.started_at, seen.finished_at), (None, None));
}

#[test]
fn fm_c21_hostile_text_is_one_bounded_line() {
    let name = format!("a\u{0}b\u{202e}c\n\u{1b}[31m{}", "x".repeat(20_000));
    let seen = list(json!({"scans": [{"id": 1, "name": name, "owner": "o\r\nwner"}]}));
    assert!(seen[0].name.len() < 600 && !seen[0].name.contains(['\0', '\n', '\u{1b}', '\u{202e}']));
    assert_eq!(seen[0].details["owner"], json!("o wner"));
}

#[test]
fn runs_are_newest_first_and_only_ended_ones_have_an_end() {
    let history: Vec<HistoryEntry> = serde_json::from_value(json!([
        {"history_id": 7, "uuid": "old", "status": "canceled", "creation_date": 10, "last_modification_date": 20},
        {"history_id": 9, "uuid": "new", "status": "running", "creation_date": 30, "last_modification_date": 40},
        {"history_id": 8, "uuid": null, "status": "completed"},
    ]))
    .unwrap();
    let runs = runs(&history);
    assert_eq!(runs.iter().map(|run| run.external_run_id.as_str()).collect::<Vec<_>>(), ["new", "old"]);
    assert_eq!(runs[0].finished_at, None);
    assert_eq!(runs[1].finished_at, Some(Timestamp::from_seconds(20)));
}

#[test]
fn the_preview_shows_the_worst_first() {
    let answer = serde_json::from_value(json!({"info": {}, "vulnerabilities": [
        {"plugin_id": 1, "plugin_name": "low", "severity": 1, "count": 9},
        {"plugin_id": 2, "plugin_name": "crit", "severity": 4, "count": 1, "plugin_family": "General"},
        {"plugin_id": 3, "plugin_name": "odd", "severity": 77, "count": 2},
    ]}))
    .unwrap();
    let preview = preview(&answer, Timestamp::default());
    assert_eq!(preview.rows.iter().map(|row| row.rule_id.as_str()).collect::<Vec<_>>(), ["3", "2", "1"]);
    assert_eq!((preview.by_severity.critical, preview.vulnerabilities), (3, 12));
}
