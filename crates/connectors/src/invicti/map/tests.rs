use super::*;

fn task(json: &Value) -> ScanTask {
    serde_json::from_value(json.clone()).unwrap()
}

fn seen(json: &Value) -> Observation {
    observation(&task(json), Timestamp::from_seconds(1_700_000_000))
}

/// In the shape of what the service answered in 2024 (`null` for what does not apply, culture beside ISO).
fn completed() -> Value {
    json!({
        "AdditionalWebsites": null, "AgentId": "13dfd27f-2d54-4db9-d2ff-b13901187ca9", "AgentName": "i-0492384b150671939",
        "DeletedOn": null, "InitiatedTime": "22/03/2024 01:56 PM", "InitiatedAt": "2024-03-22T19:56:21.4427686+00:00",
        "Duration": "00:23:46.6821882", "PolicyName": "Default Security Checks", "Scope": "EnteredPathAndBelow",
        "TargetUrl": "http://php.example/", "TotalVulnerabilityCount": 44, "WebsiteName": "Sample",
        "ScanTaskProfile": null, "Comments": null, "FailureReason": null, "FailureReasonString": null,
        "GlobalVulnerabilityCriticalCount": 60, "Id": "87be9df1-9f81-46e9-e860-b13b04474ccc", "IsCompleted": true,
        "Percentage": 100, "Phase": "Complete", "ScanType": "Full", "State": "Complete",
        "StateChanged": "2024-03-22T20:21:53.9273209+00:00", "VulnerabilityCriticalCount": 6,
        "VulnerabilityHighCount": 11, "VulnerabilityInfoCount": 2, "VulnerabilityBestPracticeCount": 3,
        "VulnerabilityLowCount": 18, "VulnerabilityMediumCount": 9, "Initiated": "2024-03-22T19:56:21.4427686+00:00",
        "Tags": []
    })
}

fn with(changes: &Value) -> Value {
    let mut json = completed();
    for (name, value) in changes.as_object().unwrap() {
        json[name] = value.clone();
    }
    json
}

#[test]
fn every_known_word_has_its_state_and_an_unknown_one_has_none() {
    for (word, state) in STATUS_MAP {
        assert_eq!(state_of(word), Some(*state));
    }
    for unknown in ["", "Completed", "Hibernating", "null", "3"] {
        assert_eq!(state_of(unknown), None, "{unknown}");
        let seen = seen(&with(&json!({"State": unknown})));
        assert_eq!((seen.state, seen.raw_status.as_str(), seen.finished_at), (None, unknown, None));
    }
}

#[test]
fn a_completed_scan_tells_times_counts_of_its_own_and_where() {
    let seen = seen(&completed());
    assert_eq!((seen.name.as_str(), seen.state), ("Sample", Some(VendorState::Completed)));
    assert_eq!(seen.external_run_id.as_deref(), Some(seen.external_scan_id.as_str()));
    let counts = SeverityCounts { critical: 6, high: 11, medium: 9, low: 18, info: 5 };
    assert_eq!((seen.counts, seen.progress), (Some(counts), Some(100.0)));
    assert_eq!(seen.started_at.unwrap().to_string(), "2024-03-22T19:56:21.442Z");
    assert_eq!(seen.finished_at.unwrap().to_string(), "2024-03-22T20:21:53.927Z");
    assert_eq!(seen.targets.unwrap(), ["http://php.example/"]);
    assert_eq!(seen.sub_scanner.as_deref(), Some("13dfd27f-2d54-4db9-d2ff-b13901187ca9"));
    assert_eq!(seen.details["policy"], json!("Default Security Checks"));
    assert!(!seen.details.contains_key("comments") && !seen.details.contains_key("failure"));
}

#[test]
fn what_waits_has_no_start_and_what_runs_no_end() {
    let queued = seen(&with(&json!({"State": "Queued", "StateChanged": null, "Percentage": 0, "AgentId": null})));
    assert_eq!((queued.state, queued.started_at, queued.finished_at), (Some(VendorState::Queued), None, None));
    assert_eq!((queued.progress, queued.sub_scanner), (Some(0.0), None));
    let archiving = seen(&with(&json!({"State": "AsyncArchiving"})));
    assert_eq!((archiving.state, archiving.finished_at), (Some(VendorState::Running), None));
    assert!(archiving.started_at.is_some());
}

#[test]
fn strange_values_cost_only_themselves() {
    let strange = seen(&with(&json!({
        "Percentage": 4000, "Initiated": "22/03/2024 01:56 PM", "StateChanged": 5, "WebsiteName": null,
        "VulnerabilityCriticalCount": "3", "VulnerabilityHighCount": -1, "Comments": {"a": 1},
    })));
    assert_eq!((strange.progress, strange.started_at, strange.finished_at), (None, None, None));
    assert_eq!(strange.counts.map(|counts| (counts.critical, counts.high)), Some((3, 0)));
    assert_eq!(strange.name, "http://php.example/");
    let mut bare = json!({"Id": "87be9df19f8146e9e860b13b04474ccc", "State": "Scanning"});
    assert_eq!((seen(&bare).counts, seen(&bare).targets), (None, None));
    bare["Id"] = json!("../../x");
    assert!(serde_json::from_value::<ScanTask>(bare).is_err());
    assert!(serde_json::from_value::<ScanTask>(json!({"Id": "87be9df19f8146e9e860b13b04474ccc"})).is_err());
}

#[test]
fn the_token_travels_in_the_comments_or_in_the_name_of_the_profile() {
    let marked = client_token::marked("DMZ, weekly ñ", "0199-ab");
    let commented = seen(&with(&json!({"Comments": marked})));
    assert_eq!((commented.name.as_str(), commented.client_token.as_deref()), ("DMZ, weekly ñ", Some("0199-ab")));
    assert_eq!(commented.details["comments"], json!("DMZ, weekly ñ"));
    let pinned = seen(&with(&json!({"ScanTaskProfile": {"Name": marked}})));
    assert_eq!((pinned.name.as_str(), pinned.client_token.as_deref()), ("DMZ, weekly ñ", Some("0199-ab")));
    let other = seen(&with(&json!({"Comments": "please hurry", "ScanType": "Retest"})));
    assert_eq!((other.name.as_str(), other.client_token), ("Sample (Retest)", None));
}

#[test]
fn a_failure_has_its_reason() {
    let failed = seen(&with(
        &json!({"State": "Failed", "FailureReason": "LoginFailed", "FailureReasonString": "Log in failed."}),
    ));
    assert_eq!((failed.state, &failed.details["failure"]), (Some(VendorState::Failed), &json!("Log in failed.")));
    let silent = seen(&with(&json!({"State": "Failed", "FailureReason": "HostUnavailable"})));
    assert_eq!(silent.details["failure"], json!("HostUnavailable"));
}

#[test]
fn the_reader_gets_what_the_report_does_not_tell() {
    let marked = client_token::marked("Weekly", "0199-ab");
    let facts = facts_for_the_reader(&task(&with(&json!({"ScanTaskProfile": {"Name": marked}}))));
    assert_eq!(
        facts,
        json!({
            "ScanType": "Full", "Scope": "EnteredPathAndBelow", "TargetUrl": "http://php.example/",
            "PolicyName": "Default Security Checks", "ProfileName": "Weekly", "AuthenticationProfileId": null,
            "Initiated": "2024-03-22T19:56:21.442Z", "StateChanged": "2024-03-22T20:21:53.927Z",
        })
    );
}
