use super::*;

fn scan(json: Value) -> Observation {
    observation(&serde_json::from_value(json).unwrap(), Timestamp::from_seconds(1_700_000_000))
}

fn with_session(session: Value) -> Observation {
    scan(
        json!({"scan_id": "s-1", "target_id": "t-1", "target": {"address": "https://shop.example/", "description": "Shop"},
        "profile_name": "Full Scan", "current_session": session}),
    )
}

#[test]
fn every_known_word_has_its_state_and_an_unknown_one_has_none() {
    for (word, state) in STATUS_MAP {
        assert_eq!(state_of(word), Some(*state));
    }
    assert_eq!(state_of(" Completed "), Some(VendorState::Completed));
    for unknown in ["", "hibernating", "complete", "null"] {
        assert_eq!(state_of(unknown), None, "{unknown}");
    }
}

#[test]
fn a_scan_that_was_never_started_is_queued_and_has_no_run() {
    for session in [Value::Null, json!({"status": "scheduled", "scan_session_id": "r-1", "progress": 0})] {
        let seen = with_session(session);
        assert_eq!((seen.state, &seen.external_run_id, seen.counts), (Some(VendorState::Queued), &None, None));
        assert_eq!(seen.details["never_run"], json!(true));
    }
    let seen = with_session(json!({"status": null, "scan_session_id": "r-1"}));
    assert_eq!((seen.state, seen.raw_status.as_str()), (None, ""), "a session without a word is not guessed");
}

#[test]
fn a_session_is_a_run_with_its_counts() {
    let seen = with_session(json!({"status": "processing", "scan_session_id": "r-1", "progress": 0,
        "severity_counts": {"high": 2, "medium": "3", "low": -1, "info": 7}, "start_date": "2026-11-20T10:00:00.123+02:00"}));
    assert_eq!((seen.state, seen.external_run_id.as_deref()), (Some(VendorState::Running), Some("r-1")));
    assert_eq!(seen.progress, None, "0 until the end is no progress");
    let counts = seen.counts.unwrap();
    assert_eq!((counts.critical, counts.high, counts.medium, counts.low, counts.info), (0, 2, 3, 0, 7));
    assert_eq!(seen.started_at, Timestamp::parse("2026-11-20T08:00:00.123Z"));
    assert_eq!((seen.targets.unwrap(), seen.asset_count), (vec!["https://shop.example/".to_owned()], Some(1)));
    assert_eq!(seen.details["policy"], json!("Full Scan"));
    let progress = |status: &str, percent: u64| {
        with_session(json!({"status": status, "scan_session_id": "r", "progress": percent})).progress
    };
    assert_eq!((progress("processing", 40), progress("paused", 250)), (Some(40.0), Some(100.0)));
    assert_eq!((progress("completed", 0), progress("failed", 0)), (Some(100.0), None));
    let naive = with_session(json!({"status": "queued", "scan_session_id": "r", "start_date": "2026-11-20 10:00:00"}));
    assert_eq!(naive.started_at, None, "a time without a zone is none");
}

#[test]
fn the_token_travels_in_the_target_and_is_taken_out_again() {
    let carried = description(&"x".repeat(3000), "0199-ab_C");
    assert!(carried.len() < 1024, "a description holds 1024 characters: {}", carried.len());
    let named = |description: &str| {
        scan(json!({"scan_id": "s", "target": {"address": "shop.example", "description": description}}))
    };
    let seen = named(&description("DMZ, weekly ñ", "0199-ab_C"));
    assert_eq!((seen.name.as_str(), seen.client_token.as_deref()), ("DMZ, weekly ñ", Some("0199-ab_C")));
    assert_eq!((named("").name.as_str(), named("").client_token), ("shop.example", None));
}

#[test]
fn fm_b17_a_scan_without_an_id_is_an_error_and_more_than_expected_is_fine() {
    for broken in [json!({}), json!({"scan_id": null}), json!({"scan_id": ""}), json!({"scan_id": "../x"}), json!([])] {
        assert!(serde_json::from_value::<Scan>(broken.clone()).is_err(), "{broken}");
    }
    let odd = scan(json!({"scan_id": "s", "target": null, "schedule": null, "incremental": null, "surprise": [1]}));
    assert_eq!((odd.name.as_str(), odd.targets), ("", None));
}

#[test]
fn fm_c21_hostile_text_is_one_bounded_line() {
    let description = format!("a\u{0}b\u{202e}c\n\u{1b}[31m{}", "x".repeat(20_000));
    let seen = scan(json!({"scan_id": "s", "target": {"address": "a\r\nb", "description": description},
        "profile_name": "p\u{0}\n"}));
    assert!(seen.name.len() < 600 && !seen.name.contains(['\0', '\n', '\u{1b}', '\u{202e}']));
    assert_eq!((seen.details["policy"].clone(), seen.targets.unwrap()), (json!("p"), vec!["a b".to_owned()]));
}

#[test]
fn runs_are_newest_first_and_only_ended_ones_have_an_end() {
    let results: Vec<ScanResult> = serde_json::from_value(json!([
        {"result_id": "old", "status": "completed", "start_date": "2026-01-01T00:00:00Z", "end_date": "2026-01-01T01:00:00Z"},
        {"result_id": "new", "status": "processing", "start_date": "2026-01-02T00:00:00Z", "end_date": "2026-01-02T01:00:00Z"},
        {"result_id": "next", "status": "scheduled"},
    ]))
    .unwrap();
    let runs = runs(&results);
    assert_eq!(runs.iter().map(|run| run.external_run_id.as_str()).collect::<Vec<_>>(), ["new", "old"]);
    assert_eq!((runs[0].finished_at, runs[1].finished_at), (None, Timestamp::parse("2026-01-01T01:00:00Z")));
}

#[test]
fn the_preview_shows_the_worst_first() {
    let answer: Scan = serde_json::from_value(json!({"scan_id": "s", "current_session":
        {"status": "processing", "scan_session_id": "r", "severity_counts": {"critical": 1, "low": 9}}}))
    .unwrap();
    let kinds: Vec<VulnerabilityKind> = serde_json::from_value(json!([
        {"vt_id": "1", "name": "low", "severity": 1, "count": 9}, {"vt_id": "2", "name": "odd", "severity": 77, "count": 1},
    ]))
    .unwrap();
    let preview = preview(&answer, &kinds, Timestamp::default());
    assert_eq!(preview.rows.iter().map(|row| row.rule_id.as_str()).collect::<Vec<_>>(), ["2", "1"]);
    assert_eq!((preview.hosts, preview.vulnerabilities, preview.by_severity.critical), (1, 10, 1));
}

#[test]
fn an_engine_that_nobody_accepted_is_told_as_such() {
    let workers: Vec<Worker> = serde_json::from_value(json!([
        {"worker_id": "w1", "description": "DMZ engine", "status": "online", "authorization": "authorized", "app_version": "24.8"},
        {"worker_id": "w2", "description": "", "endpoint": "https://10.0.0.9", "status": "online", "authorization": "pending"},
    ]))
    .unwrap();
    let engines = sub_scanners(&workers);
    let told: Vec<_> = engines.iter().map(|engine| (engine.name.as_str(), engine.status.as_deref())).collect();
    assert_eq!(told, [("DMZ engine", Some("online")), ("https://10.0.0.9", Some("pending"))]);
}
