//! What users of other systems ask for most: that importing again neither closes, nor repeats, nor merges what it should
//! not. One row a case: what was there, what comes, how many findings and sightings there are then.

use scanhelm_core::finding::{Finding, Location};
use scanhelm_core::job::JobState;
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Grant;
use scanhelm_store::FindingFilter;
use serde_json::{Value, json};

use crate::harness::{Home, Running, on_both_databases};
use crate::said::{report, says, says_of_code, with};

struct Case {
    what: &'static str,
    before: Vec<Value>,
    then: Vec<Value>,
    /// Of the second report alone.
    created: u64,
    findings: usize,
    sightings: usize,
}

fn case(
    what: &'static str,
    before: &[&Value],
    then: &[&Value],
    (created, findings, sightings): (u64, usize, usize),
) -> Case {
    let owned = |records: &[&Value]| records.iter().map(|record| (*record).clone()).collect();
    Case { what, before: owned(before), then: owned(then), created, findings, sightings }
}

fn cases() -> Vec<Case> {
    let cve = &["CVE-2014-0160"][..];
    let one = &says("nessus", "73412", "10.0.0.5", 443, cve);
    let two = &says("nessus", "10863", "10.0.0.5", 443, &[]);
    let code = &says_of_code("semgrep", "eval", "src/app.py", 12, "eval(request.data)");
    let later = |record: &Value, changes: Value| {
        with(with(record.clone(), json!({"seen_at": "2026-02-01T00:00:00Z"})), changes)
    };
    vec![
        case("the same file twice", &[one, two, code], &[one, two, code], (0, 3, 3)),
        case("in another order", &[one, two, code], &[code, two, one], (0, 3, 3)),
        case("other plugin output", &[one], &[&later(one, json!({"evidence": "now it leaks 64 kB"}))], (0, 1, 1)),
        case("another host in the list", &[one], &[one, &says("nessus", "73412", "10.0.0.6", 443, cve)], (1, 2, 2)),
        case("a host fewer in the list", &[one, &says("nessus", "73412", "10.0.0.6", 443, cve)], &[one], (0, 2, 2)),
        case("another title", &[one], &[&later(one, json!({"title": "Heartbleed, as they call it"}))], (0, 1, 1)),
        case("another description", &[one], &[&later(one, json!({"description": "reworded"}))], (0, 1, 1)),
        case("another severity", &[one], &[&later(one, json!({"severity": "low"}))], (0, 1, 1)),
        case(
            "a new version of the rule that learnt a CVE",
            &[two],
            &[&later(two, json!({"cves": ["CVE-2020-1"]}))],
            (0, 1, 1),
        ),
        case(
            "a moved line",
            &[code],
            &[&says_of_code("semgrep", "eval", "src/app.py", 99, "  eval(request.data)")],
            (0, 1, 1),
        ),
        case(
            "a changed line",
            &[code],
            &[&says_of_code("semgrep", "eval", "src/app.py", 12, "eval(other)")],
            (1, 2, 2),
        ),
        case("two scanners, one CVE", &[one], &[&says("qualys", "42430", "10.0.0.5", 443, cve)], (0, 1, 2)),
        case("two scanners, no CVE", &[two], &[&says("qualys", "86002", "10.0.0.5", 443, &[])], (1, 2, 2)),
        case("two rules of one scanner, no CVE", &[two], &[&says("nessus", "10864", "10.0.0.5", 443, &[])], (1, 2, 2)),
        case("two hosts", &[one], &[&says("nessus", "73412", "10.0.0.6", 443, cve)], (1, 2, 2)),
        case("two ports", &[one], &[&says("nessus", "73412", "10.0.0.5", 8443, cve)], (1, 2, 2)),
        case(
            "two paths",
            &[code],
            &[&says_of_code("semgrep", "eval", "src/other.py", 12, "eval(request.data)")],
            (1, 2, 2),
        ),
        case(
            "the same line twice in a file",
            &[code],
            &[code, &says_of_code("semgrep", "eval", "src/app.py", 40, "eval(request.data)")],
            (1, 2, 2),
        ),
    ]
}

async fn listed(hub: &Running, grant: &Grant, filter: FindingFilter) -> Vec<Finding> {
    hub.hub.findings().list(grant, &filter, &PageRequest::default()).await.unwrap().items
}

on_both_databases! {
    /// A plugin learns CVEs and code moves: the finding stays, and says what is true now, whichever came first.
    async fn a_finding_says_what_its_newest_evidence_says(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let openssl = says("nessus", "73412", "10.0.0.5", 443, &[]);
        let learnt = with(openssl.clone(), json!({
            "cves": ["CVE-2014-0346", "CVE-2014-0160"], "cwes": [125], "seen_at": "2026-02-01T00:00:00Z",
            "location": {"kind": "network", "port": 443, "protocol": "tcp", "service": "https"},
        }));
        let other = says("qualys", "42430", "10.0.0.5", 443, &["CVE-2014-0160"]);
        let code = says_of_code("semgrep", "eval", "src/app.py", 12, "eval(request.data)");
        let moved = with(
            says_of_code("semgrep", "eval", "src/app.py", 99, "  eval(request.data)"),
            json!({"seen_at": "2026-02-01T00:00:00Z"}),
        );
        // A new reading that comes first leaves the identity that it gives: only the code is in both orders.
        let orders = [vec![[&openssl, &code], [&learnt, &moved]], vec![[&openssl, &moved], [&learnt, &code]]];
        for (number, order) in orders.iter().enumerate() {
            let grant = hub.company(&format!("Acme-{number}")).await;
            hub.upload(&grant, "other", &report(std::slice::from_ref(&other))).await;
            for (at, records) in order.iter().enumerate() {
                hub.upload(&grant, &format!("{at}"), &report(&records.map(Clone::clone))).await;
            }
            let found = listed(&hub, &grant, FindingFilter::default()).await;
            assert_eq!(found.len(), 3, "{found:#?}");
            let [by_cve, by_cwe] = [
                FindingFilter { cve: Some("CVE-2014-0346".to_owned()), ..FindingFilter::default() },
                FindingFilter { cwe: Some(125), ..FindingFilter::default() },
            ]
            .map(|filter| listed(&hub, &grant, filter));
            let (by_cve, by_cwe) = (by_cve.await, by_cwe.await);
            assert_eq!(by_cve, by_cwe);
            assert_eq!(by_cve.len(), 1);
            assert_eq!(by_cve[0].cves, ["CVE-2014-0160", "CVE-2014-0346"]);
            assert!(matches!(&by_cve[0].location, Location::Network { service: Some(service), .. } if service == "https"));
            let grouped = listed(&hub, &grant, FindingFilter { grouped: true, ..FindingFilter::default() }).await;
            assert_eq!(grouped.len(), 2, "what the plugin names now relates it to the other scanner's: {grouped:#?}");
            let on_line = |finding: &Finding| matches!(finding.location, Location::Code { line: Some(99), .. });
            assert!(found.iter().any(on_line), "{found:#?}");
            let words = FindingFilter { q: Some("\"line\":99".to_owned()), ..FindingFilter::default() };
            assert_eq!(listed(&hub, &grant, words).await.len(), 1, "what can be searched is what is shown");
        }
        hub.stop().await;
    }

    /// Whatever a report quotes stays a text: PostgreSQL refuses some of what JSON may hold as soon as it looks into it.
    async fn what_a_report_quotes_cannot_stop_the_next_import(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let strange = "eval(\0, '\u{ffff}', \"\\u0000\\ud800\")";
        let first = says_of_code("semgrep", "eval", "src/\0app.py", 12, strange);
        let moved = with(
            says_of_code("semgrep", "eval", "src/\0app.py", 99, strange),
            json!({"seen_at": "2026-02-01T00:00:00Z", "cwes": [95], "evidence": strange}),
        );
        hub.upload(&grant, "first", &report(&[first])).await;
        let done = hub.upload(&grant, "moved", &report(&[moved])).await;
        assert_eq!(done.state, JobState::Done, "{done:?}");
        let found = listed(&hub, &grant, FindingFilter { cwe: Some(95), ..FindingFilter::default() }).await;
        assert!(matches!(found[..], [Finding { location: Location::Code { line: Some(99), .. }, .. }]), "{found:?}");
        hub.stop().await;
    }

    /// The threads of ranks 2 and 3 in what users of other systems complain of; each case in a company of its own.
    async fn what_comes_again_is_the_same_finding_and_what_differs_in_its_place_is_another(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        for case in cases() {
            let grant = hub.company(&case.what.replace([' ', ','], "-")).await;
            hub.upload(&grant, "before", &report(&case.before)).await;
            let result = hub.upload(&grant, "then", &report(&case.then)).await.result.unwrap();
            let dump = hub.dump(&grant).await;
            let count = |kind: &str| dump.iter().filter(|line| line.split('\t').nth(1) == Some(kind)).count();
            let fixed = result["fixed"].as_u64().unwrap() + result["not_seen"].as_u64().unwrap();
            assert_eq!(
                (result["created"].as_u64().unwrap(), count("finding"), count("sighting"), fixed),
                (case.created, case.findings, case.sightings, 0),
                "{}: {dump:#?}",
                case.what
            );
            let again = hub.upload(&grant, "again", &report(&case.then)).await.result.unwrap();
            assert_eq!(again["created"].as_u64(), Some(0), "{}", case.what);
            assert_eq!(hub.dump(&grant).await, dump, "{}", case.what);
        }
        hub.stop().await;
    }
}
