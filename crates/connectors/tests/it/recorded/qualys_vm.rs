//! Answers that a platform of Qualys gave to a client nobody here wrote. None of them is a list of scans; so each is also
//! put where a list of scans is due, because there it must be an error and never an empty list.

use std::sync::Arc;

use scanhelm_connectors::contract::{CallError, Connection, Connector, Session};
use scanhelm_connectors::qualys::QualysVm;
use scanhelm_core::capability::Capability;
use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_core::integration::ConditionKind;
use scanhelm_net::{Exchange, VendorHttp};
use serde_json::Value;

use super::answer;
use crate::stage::StandingClock;

const LIST: &str =
    "/api/2.0/fo/scan/?action=list&show_ags=1&show_op=1&show_status=1&launched_after_datetime=1999-01-01";
const APPLIANCES: &str = "/api/2.0/fo/appliance/?action=list&output_mode=full";

/// The exchanges of a HAR file; `None` where this machine has no corpus.
fn recording(name: &str) -> Option<Vec<Exchange>> {
    let file = super::corpus_file("qualys", name)?;
    let har: Value = serde_json::from_slice(&file.bytes()).unwrap();
    let entries = har.pointer("/log/entries").and_then(Value::as_array).unwrap();
    assert_eq!(entries.len() as u64, file.count("exchanges").unwrap(), "{name}: the manifest");
    let text = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_str).unwrap().to_owned();
    let exchange = |entry: &Value| {
        let url: url::Url = text(entry, "/request/url").parse().unwrap();
        let headers = entry.pointer("/response/headers").and_then(Value::as_array).unwrap();
        Exchange {
            method: text(entry, "/request/method"),
            target: url.query().map_or(url.path().to_owned(), |query| format!("{}?{query}", url.path())),
            status: entry.pointer("/response/status").and_then(Value::as_u64).unwrap().try_into().unwrap(),
            headers: headers.iter().map(|header| (text(header, "/name"), text(header, "/value"))).collect(),
            body: text(entry, "/response/content/text").into(),
        }
    };
    Some(entries.iter().map(exchange).collect())
}

fn session(exchanges: Vec<Exchange>) -> (Box<dyn Session>, VendorHttp) {
    let http = VendorHttp::replaying("https://recorded.example".parse().unwrap(), exchanges, Arc::new(StandingClock));
    // The account of the recordings.
    let credentials: Credentials = [("username", "upter3aw"), ("password", "recorded")]
        .into_iter()
        .map(|(name, text)| (name.to_owned(), Secret::new(text)))
        .collect();
    let connection = Connection { http: http.clone(), credentials, clock: Arc::new(StandingClock) };
    (QualysVm.open(connection).unwrap(), http)
}

/// What the recordings lack for a check of the connection.
fn no_scans_and_one_appliance() -> Vec<Exchange> {
    let list = "<SCAN_LIST_OUTPUT><RESPONSE><DATETIME>2020-09-23T21:41:06Z</DATETIME></RESPONSE></SCAN_LIST_OUTPUT>";
    let appliances = "<APPLIANCE_LIST_OUTPUT><RESPONSE><APPLIANCE_LIST><APPLIANCE><ID>7</ID><NAME>dmz</NAME>\
                      <STATUS>Online</STATUS></APPLIANCE></APPLIANCE_LIST></RESPONSE></APPLIANCE_LIST_OUTPUT>";
    vec![answer("GET", LIST, 200, list), answer("GET", APPLIANCES, 200, appliances)]
}

#[tokio::test]
async fn the_recorded_activity_log_tells_the_role_and_the_limits_are_heeded() {
    let Some(mut exchanges) = recording("j1_verify_auth.har") else { return };
    exchanges.extend(no_scans_and_one_appliance());
    let (session, http) = session(exchanges);
    let checked = session.check().await.unwrap();
    assert_eq!(checked.instance.licence.as_deref(), Some("Manager"));
    let capabilities = checked.instance.capabilities.unwrap();
    assert_eq!(capabilities.withheld().count(), 0);
    assert!(!capabilities.has(Capability::Launch) && capabilities.has(Capability::Create));
    assert_eq!(http.budget().concurrency, 2, "x-concurrency-limit-limit of the recording");
    assert_eq!(http.budget().held_for_seconds, 0);
}

#[tokio::test]
async fn a_reader_may_only_look() {
    let Some(mut exchanges) = recording("j1_verify_auth.har") else { return };
    let log = String::from_utf8(exchanges[0].body.to_vec()).unwrap();
    exchanges[0].body = log.replace("\"Manager\"", "\"Reader\"").into();
    exchanges.extend(no_scans_and_one_appliance());
    let checked = session(exchanges).0.check().await.unwrap();
    let capabilities = checked.instance.capabilities.unwrap();
    for taken in [Capability::Create, Capability::Pause, Capability::Resume, Capability::Stop, Capability::DeleteRemote]
    {
        assert!(capabilities.withheld_because(taken).unwrap().contains("role of this account is Reader"));
    }
    assert!(capabilities.has(Capability::Import) && capabilities.has(Capability::SubScanners));
}

#[tokio::test]
async fn an_expired_account_behind_200_is_an_authentication_error() {
    let Some(exchanges) = recording("j1_verify_auth_expired.har") else { return };
    assert_eq!(exchanges[0].status, 200, "Qualys' way");
    let checked = {
        let mut exchanges = exchanges.clone();
        exchanges.extend(no_scans_and_one_appliance());
        session(exchanges).0.check().await.unwrap_err()
    };
    let moved = Exchange { target: LIST.to_owned(), ..exchanges[0].clone() };
    let listed = session(vec![moved]).0.list_scans().await.unwrap_err();
    for error in [checked, listed] {
        assert!(matches!(&error, CallError::Failed { kind: ConditionKind::Authentication, .. }), "{error:?}");
        assert!(error.to_string().contains("This account has expired. (code 2001)"), "{error}");
    }
}

#[tokio::test]
async fn a_recorded_refusal_of_a_parameter_is_told_in_qualys_words() {
    let Some(exchanges) = recording("j1_host_detections_bad_id.har") else { return };
    let moved = Exchange { method: "GET".to_owned(), target: LIST.to_owned(), ..exchanges[0].clone() };
    let error = session(vec![moved]).0.list_scans().await.unwrap_err();
    assert!(matches!(&error, CallError::Failed { kind: ConditionKind::Garbage, .. }), "{error:?}");
    assert!(error.to_string().contains("parameter ids has invalid value: abc123"), "{error}");
}

#[tokio::test]
async fn recorded_answers_about_something_else_are_no_empty_list_of_scans() {
    for name in ["j1_host_details.har", "j1_host_detections_empty.har", "j1_knowledge_base.har", "j1_verify_auth.har"] {
        let Some(exchanges) = recording(name) else { return };
        for exchange in exchanges {
            let moved = Exchange { method: "GET".to_owned(), target: LIST.to_owned(), ..exchange };
            let error = session(vec![moved]).0.list_scans().await.unwrap_err();
            assert!(matches!(&error, CallError::Failed { kind: ConditionKind::Garbage, .. }), "{name}: {error:?}");
        }
    }
}
