use super::*;

fn scan(status: &str, rest: &str) -> ListedScan {
    let document = format!(
        "<SCAN><REF>scan/1736361211.27337</REF><TYPE>Scheduled</TYPE><TITLE><![CDATA[Perimeter [scanhelm:tok-1]]]></TITLE>\
         <USER_LOGIN>vmsp_ag1</USER_LOGIN><LAUNCH_DATETIME>2025-01-08T18:33:31Z</LAUNCH_DATETIME><STATUS>{status}</STATUS>\
         <TARGET><![CDATA[10.0.0.1-10.0.0.9, abc.com]]></TARGET><OPTION_PROFILE><TITLE><![CDATA[Initial Options]]></TITLE>\
         </OPTION_PROFILE>{rest}</SCAN>"
    );
    quick_xml::de::from_str(&document).unwrap()
}

fn state(status: &str, rest: &str) -> Option<VendorState> {
    state_of(&scan(status, rest))
}

#[test]
fn every_word_has_a_state_and_an_unknown_one_has_none() {
    for (word, expected) in STATUS_MAP {
        assert_eq!(state(&format!("<STATE>{word}</STATE>"), ""), Some(*expected), "{word}");
    }
    for unknown in ["Expired", "", "Pausing"] {
        assert_eq!(state(&format!("<STATE>{unknown}</STATE>"), ""), None, "{unknown}");
    }
}

#[test]
fn finished_is_completed_only_when_the_results_are_processed() {
    let finished = "<STATE>Finished</STATE>";
    assert_eq!(state(finished, "<PROCESSED>0</PROCESSED>"), Some(VendorState::Running));
    assert_eq!(state(finished, "<PROCESSED>1</PROCESSED>"), Some(VendorState::Completed));
    assert_eq!(state(finished, ""), Some(VendorState::Completed), "a platform that does not tell");
    let no_host = "<STATE>Finished</STATE><SUB_STATE>No_Host</SUB_STATE>";
    assert_eq!(state(no_host, "<PROCESSED>0</PROCESSED>"), Some(VendorState::Completed), "there is nothing to process");
    let seen = observation(
        &scan(finished, "<PROCESSED>0</PROCESSED><DURATION>00:10:00</DURATION>"),
        Timestamp::from_seconds(9),
    );
    assert_eq!((seen.raw_status.as_str(), seen.finished_at, seen.progress), ("Finished (PROCESSED=0)", None, None));
    assert!(seen.details["processing"].as_str().unwrap().contains("still processing"));
    let canceled = "<STATE>Canceled</STATE>";
    assert_eq!(state(canceled, "<PROCESSED>0</PROCESSED>"), Some(VendorState::Cancelled));
}

#[test]
fn a_listed_scan_in_the_hubs_words() {
    let finished = "<STATE>Finished</STATE><SUB_STATE>No_Vuln</SUB_STATE>";
    let rest = "<DURATION>00:29:43</DURATION><PROCESSED>1</PROCESSED><PROCESSING_PRIORITY>0 - No Priority</PROCESSING_PRIORITY>\
                <ASSET_GROUP_TITLE_LIST><ASSET_GROUP_TITLE>A</ASSET_GROUP_TITLE><ASSET_GROUP_TITLE>B</ASSET_GROUP_TITLE></ASSET_GROUP_TITLE_LIST>";
    let at = Timestamp::from_seconds(1_736_400_000);
    let seen = observation(&scan(finished, rest), at);
    assert_eq!((seen.name.as_str(), seen.client_token.as_deref()), ("Perimeter", Some("tok-1")));
    assert_eq!(seen.external_run_id.as_deref(), Some("scan/1736361211.27337"));
    assert_eq!(seen.started_at.unwrap().to_string(), "2025-01-08T18:33:31.000Z");
    assert_eq!(seen.finished_at.unwrap().to_string(), "2025-01-08T19:03:14.000Z");
    assert_eq!(seen.targets.unwrap(), ["10.0.0.1-10.0.0.9", "abc.com"]);
    assert_eq!((seen.state, seen.progress, seen.observed_at), (Some(VendorState::Completed), Some(100.0), at));
    assert_eq!(seen.details["sub_state"], "No_Vuln");
    assert_eq!(seen.details["asset_groups"], json!(["A", "B"]));
    assert_eq!((&seen.details["policy"], &seen.details["owner"]), (&json!("Initial Options"), &json!("vmsp_ag1")));
    let running = observation(&scan("<STATE>Running</STATE>", "<DURATION>Running</DURATION>"), at);
    assert_eq!((running.finished_at, running.progress), (None, None), "Qualys tells no progress");
}

#[test]
fn a_scan_without_a_title_is_known_by_its_reference() {
    let mut nameless = scan("<STATE>Running</STATE>", "");
    for title in ["", "N/A"] {
        title.clone_into(&mut nameless.title);
        assert_eq!(observation(&nameless, Timestamp::default()).name, "scan/1736361211.27337");
    }
}

#[test]
fn references_durations_and_targets() {
    for bad in ["", "scan/", "..", "scan/../x", "scan/1.2&x=y", "compliance/1.2", "scan/1 2", "scan/1%2e"] {
        assert!(!is_reference(bad), "{bad}");
    }
    assert!(is_reference("scan/1618144745.78096"));
    let seconds = |text| duration(text).map(|duration| duration.as_secs());
    assert_eq!(
        (seconds("2 days 04:29:11"), seconds("1 day 0:0:1"), seconds("00:29:43")),
        (Some(188_951), Some(86_401), Some(1783))
    );
    assert_eq!(
        (seconds("Pending"), seconds(""), seconds("1:2"), seconds("18446744073709551615:0:0")),
        (None, None, None, None)
    );
    let all =
        ["10.0.0.1", "10.0.0.1-10.0.0.9", "10.0.0.0/24", "db.example.com", "a-b.example.com", " "].map(str::to_owned);
    let (addresses, names) = addresses_and_names(&all);
    assert_eq!((addresses.len(), names), (3, vec!["db.example.com", "a-b.example.com"]));
}
