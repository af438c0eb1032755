//! What the readers of web scanners make of a report.

use scanhelm_core::finding::FindingRecord;
use scanhelm_core::finding::identity::{location, scanner_ref, weakness};
use scanhelm_core::{Severity, Timestamp};

use crate::reading::{Whole, read};
use crate::samples_hosts::{
    BURP, BURP_JSON, NIKTO, NIKTO_XML, NUCLEI, QUALYS_WAS, SQLMAP, WAPITI, WAPITI_XML, ZAP, ZAP_JSON,
};

fn identity(finding: &FindingRecord) -> (String, String, String) {
    (finding.asset.identity(), weakness(finding), location(&finding.location))
}

fn known_by(whole: &Whole) -> Vec<(String, String, String)> {
    let mut all: Vec<_> = whole.findings.iter().map(identity).collect();
    all.sort();
    all
}

fn on_shop(weakness: &str, location: &str) -> (String, String, String) {
    ("site:https://shop.example.com".to_owned(), weakness.to_owned(), location.to_owned())
}

/// Each record is known to the scanner by a reference of its own.
fn has_own_references(whole: &Whole) -> bool {
    let references: std::collections::HashSet<_> =
        whole.findings.iter().map(|finding| scanner_ref(finding, 0)).collect();
    references.len() == whole.findings.len()
}

#[test]
fn an_alert_of_zap_is_a_finding_for_each_page_method_and_parameter() {
    let whole = read(ZAP).unwrap();
    assert_eq!(
        known_by(&whole),
        [
            on_shop("cve:CVE-2020-0001", "web:GET https://shop.example.com/item.php id"),
            on_shop("cve:CVE-2020-0001", "web:POST https://shop.example.com/login.php user"),
            on_shop("rule:zap:10015", "web:GET https://shop.example.com/ Cache-Control"),
        ]
    );
    assert!(has_own_references(&whole) && !whole.complete && !whole.blind);
    assert_eq!(whole.assets.len(), 2, "the site without alerts too");
    assert_eq!(whole.headers[0].finished_at, Timestamp::parse("2021-06-10T11:37:06Z"));
    assert_eq!((whole.findings[0].severity, whole.findings[2].severity), (Severity::High, Severity::Low));
    assert!(whole.findings[2].evidence.as_ref().unwrap().starts_with("Marked in ZAP as false positive"));
    insta::assert_json_snapshot!("zap_alert", whole.findings[0]);
}

#[test]
fn zap_says_the_same_in_both_of_its_forms() {
    let (xml, json) = (read(ZAP).unwrap(), read(ZAP_JSON).unwrap());
    assert_eq!(xml.findings, json.findings);
    assert_eq!(xml.headers, json.headers);
    let single = ZAP_JSON.replace("\"site\":[{\"alerts\"", "\"site\":{\"alerts\"").replace(
        "},\n{\"@name\":\"http://cdn.example.com\",\"@host\":\"cdn.example.com\",\"@port\":\"80\",\"@ssl\":\"false\",\"alerts\":[]}]}",
        "}}",
    );
    assert_eq!(read(single).unwrap().findings, json.findings, "old versions write one site without a list");
    let empty = read("{\"@version\":\"2.16.1\",\"@generated\":\"Thu, 10 Jun 2021 11:37:06\",\"site\":[]}").unwrap();
    assert!(empty.blind && !empty.complete);
}

#[test]
fn a_bad_alert_costs_only_itself() {
    for (from, to, reason) in [
        ("<riskcode>3", "<riskcode>9", "`9` is no risk code"),
        ("<pluginid>40018</pluginid><alertRef>40018-1</alertRef>", "", "it has no plugin id"),
    ] {
        let whole = read(ZAP.replace(from, to)).unwrap();
        assert_eq!((whole.findings.len(), whole.rejected.len()), (1, 1));
        assert!(whole.rejected[0].reason.contains(reason), "{:?}", whole.rejected);
    }
    let whole = read(ZAP_JSON.replace("\"riskcode\":\"3\"", "\"riskcode\":null")).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected[0].reason.as_str()), (1, "`` is no risk code"));
}

#[test]
fn an_issue_of_burp_is_known_by_type_page_and_what_was_attacked() {
    let whole = read(BURP).unwrap();
    assert_eq!(
        known_by(&whole),
        [
            on_shop("rule:burp:1049088", "web: https://shop.example.com/item.php id parameter"),
            on_shop("rule:burp:134217728#Software Version: old", "web: https://shop.example.com/ "),
        ]
    );
    assert!(!whole.complete && !whole.blind);
    assert!(whole.findings[1].evidence.as_ref().unwrap().starts_with("Marked in Burp as false positive"));
    insta::assert_json_snapshot!("burp_issue", whole.findings[0]);
}

#[test]
fn burp_says_the_same_through_its_apis() {
    let (xml, rest) = (read(BURP).unwrap(), read(BURP_JSON).unwrap());
    assert_eq!(identity(&rest.findings[0]), identity(&xml.findings[0]));
    let [one, other] = [&rest.findings[0], &xml.findings[0]];
    assert_eq!(
        (&one.evidence.as_ref().unwrap()[17..], one.severity),
        (&other.evidence.as_ref().unwrap()[17..], other.severity)
    );
    assert!(!rest.complete && !rest.blind && rest.problems.is_empty());
    let auditing = read(BURP_JSON.replace("succeeded", "auditing")).unwrap();
    assert_eq!(auditing.problems, ["the scan did not end well, or not yet: Burp says auditing"]);
    let nothing = read(BURP_JSON.replace(":340", ":0").replace(":6980", ":0")).unwrap();
    assert!(nothing.blind);
    let graph = r#"{"data":{"scan":{"issues":[{"issue_type":{"name":"SQL injection","type_index":"1049088","description_html":"<p>x</p>","vulnerability_classifications_html":"<a>CWE-89</a>"},
        "description_html":null,"severity":"high","confidence":"false_positive","path":"/item.php","origin":"https://shop.example.com","evidence":[{"request_segments":[{"data_html":"GET &lt;"},{"highlight_html":"x"}]}]}]}}}"#;
    let graph = read(graph).unwrap();
    assert_eq!(graph.format, "burp-json");
    assert_eq!(weakness(&graph.findings[0]), weakness(&xml.findings[0]));
    assert_eq!(
        graph.findings[0].evidence.as_deref(),
        Some("Marked in Burp as false positive\n\nConfidence: false_positive\n\nGET <x")
    );
}

#[test]
fn a_bad_issue_costs_only_itself() {
    for (from, to, reason) in [
        ("<severity>High", "<severity>Odd", "`Odd` is no severity of Burp"),
        ("<host ip=\"10.0.0.5\">https://shop.example.com</host>", "<host/>", "`` is no web address"),
    ] {
        let whole = read(BURP.replacen(from, to, 1)).unwrap();
        assert_eq!((whole.findings.len(), whole.rejected[0].reason.as_str()), (1, reason));
    }
    let whole = read(BURP_JSON.replace("\"issue\":{", "\"other\":{")).unwrap();
    assert_eq!(whole.rejected[0].reason, "an event `issue_found` tells of no issue");
}

#[test]
fn a_result_of_nuclei_is_known_by_template_matcher_and_place() {
    let whole = read(NUCLEI).unwrap();
    assert_eq!(
        whole.findings.iter().map(identity).collect::<Vec<_>>(),
        [
            on_shop("cve:CVE-2021-44228", "web: https://shop.example.com/api "),
            on_shop("rule:nuclei:http-missing-security-headers#x-frame-options", "web: https://shop.example.com/ "),
            ("fqdn:shop.example.com".to_owned(), "rule:nuclei:openssh-detect".to_owned(), "port:22/tcp".to_owned()),
        ]
    );
    assert!(!whole.complete && whole.rejected.is_empty());
    assert_eq!(whole.findings[0].seen_at, Timestamp::parse("2021-06-10T11:37:06.5Z"));
    assert_eq!(whole.findings[2].vendor_severity.as_deref(), Some("unknown"));
    insta::assert_json_snapshot!("nuclei_result", whole.findings[0]);
    let script = r#"{"template-id":"cookies","info":{"name":"x","severity":"info"},"type":"javascript","port":"80","url":"/http://shop.example.com/"}"#;
    let script = read(format!("{script}\n")).unwrap();
    assert_eq!(identity(&script.findings[0]).2, "port:80/tcp", "a script's address has a slash in front");
    let list = format!("[{}]", NUCLEI.trim_end().replace('\n', ","));
    assert_eq!(read(list).unwrap().findings, whole.findings, "a list is the same");
}

#[test]
fn a_bad_result_costs_only_itself_and_a_cut_one_the_report() {
    let whole = read(NUCLEI.replacen("\"critical\"", "\"grave\"", 1)).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected[0].reason.as_str()), (2, "`grave` is no severity of Nuclei"));
    let whole = read(NUCLEI.replace("\"matched\":\"shop.example.com:22\"", "\"matched\":\"\"").replace("{\"templateID\":\"openssh-detect\",\"info\":{\"name\":\"OpenSSH\",\"severity\":\"unknown\",\"author\":\"a\"},\"type\":\"network\",\"host\":\"https://shop.example.com\"", "{\"templateID\":\"openssh-detect\",\"info\":{},\"type\":\"network\",\"host\":\"\"")).unwrap();
    assert_eq!(whole.rejected[0].reason, "it does not say where it was found");
    let error = read(&NUCLEI[..NUCLEI.len() - 20]).unwrap_err();
    assert!(matches!(error, scanhelm_formats::ReadError::Truncated { .. }), "{error}");
    let lines = NUCLEI[..NUCLEI.find("\n{\"template-id\":\"http").unwrap()].to_owned();
    assert!(!read(lines).unwrap().complete, "cut between two lines it looks whole, and never complete");
}

#[test]
fn wapiti_says_the_same_in_both_of_its_forms() {
    let (json, xml) = (read(WAPITI).unwrap(), read(WAPITI_XML).unwrap());
    assert_eq!(
        json.findings.iter().map(identity).collect::<Vec<_>>(),
        [
            on_shop("rule:wapiti:sql injection", "web:GET https://shop.example.com/item.php id"),
            on_shop("rule:wapiti:httponly flag cookie#sid", "web:GET https://shop.example.com/ "),
            on_shop("rule:wapiti:internal server error", "web:POST https://shop.example.com/login.php user"),
        ]
    );
    assert_eq!(json.findings[2].severity, Severity::Info, "an anomaly informs");
    assert_eq!(
        xml.findings.iter().map(identity).collect::<Vec<_>>(),
        json.findings.iter().take(2).map(identity).collect::<Vec<_>>()
    );
    for whole in [&json, &xml] {
        assert!(!whole.complete && !whole.blind && whole.assets.len() == 1 && has_own_references(whole));
        assert_eq!(whole.headers[0].started_at, Timestamp::parse("2021-06-10T11:37:06Z"));
        assert_eq!((whole.findings[0].severity, &whole.findings[0].cwes[..]), (Severity::Critical, &[89][..]));
        assert_eq!(whole.findings[0].description, json.findings[0].description);
    }
    insta::assert_json_snapshot!("wapiti_entry", json.findings[0]);
}

#[test]
fn a_scan_of_wapiti_that_reached_nothing_is_blind() {
    let start = WAPITI.find("\"vulnerabilities\"").unwrap();
    let end = WAPITI.find("\"additionals\"").unwrap();
    let empty = format!("{}\"vulnerabilities\":{{}},\"anomalies\":{{}},{}", &WAPITI[..start], &WAPITI[end..]);
    let whole = read(empty.replace("\"crawled_pages_nbr\":9", "\"crawled_pages_nbr\":0")).unwrap();
    assert!(whole.blind && !whole.complete && whole.assets.is_empty());
    assert_eq!(whole.problems, ["Wapiti reached no page of https://shop.example.com/"]);
    let error = read(WAPITI.replace("\"infos\"", "\"other\"")).unwrap_err();
    assert!(error.to_string().contains("no `infos`"), "{error}");
    let whole = read(WAPITI.replace("\"level\":4", "\"level\":7")).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected[0].reason.as_str()), (2, "`7` is no level of Wapiti"));
}

#[test]
fn nikto_says_the_same_in_both_of_its_forms() {
    let (json, xml) = (read(NIKTO).unwrap(), read(NIKTO_XML).unwrap());
    assert_eq!(
        known_by(&json),
        [
            on_shop("cve:CVE-2020-0001", "web:GET https://shop.example.com/manager/html "),
            on_shop("rule:nikto:013587#content-security-policy", "web:GET https://shop.example.com/ "),
            on_shop("rule:nikto:013587#referrer-policy", "web:GET https://shop.example.com/ "),
        ]
    );
    assert_eq!(known_by(&json), known_by(&xml));
    assert!(has_own_references(&json) && !json.complete && !xml.complete);
    assert!(!json.blind && json.problems[0].starts_with("ERROR: Cannot resolve hostname"), "{:?}", json.problems);
    assert_eq!(json.assets.len(), 1, "the host that was not reached is not covered");
    assert_eq!(json.assets[0].finished_at, Timestamp::parse("2021-06-10T11:37:06Z"));
    assert!(json.findings.iter().all(|finding| finding.severity == Severity::Info), "Nikto rates nothing");
    insta::assert_json_snapshot!("nikto_item", json.findings[2]);
}

#[test]
fn a_bad_item_of_nikto_costs_only_itself() {
    let whole = read(NIKTO.replacen("\"id\":\"006525\",", "", 1)).unwrap();
    assert_eq!(
        (whole.findings.len(), whole.rejected[0].reason.as_str()),
        (2, "it has no id, so nothing says what it is")
    );
    let whole = read(NIKTO_XML.replace("sitename=\"https://shop.example.com:443/\"", "sitename=\"x\"")).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected.len()), (0, 3));
    assert!(whole.blind && whole.rejected[0].reason.contains("`x` is no web address"));
}

#[test]
fn a_result_of_qualys_is_known_by_qid_page_and_parameter() {
    let whole = read(QUALYS_WAS).unwrap();
    assert!(whole.complete && !whole.blind, "{:?}", whole.problems);
    assert_eq!(
        whole.findings.iter().map(identity).collect::<Vec<_>>(),
        [
            on_shop("rule:qualys:150003", "web: https://shop.example.com/item.php id"),
            on_shop("rule:qualys:150009", "web: https://shop.example.com/ "),
        ]
    );
    let [covered] = &whole.assets[..] else { panic!("one application") };
    assert!(covered.authenticated == Some(true) && covered.finished_at == Timestamp::parse("2021-06-10T15:37:00Z"));
    assert_eq!(whole.headers[0].policy.as_deref(), Some("Initial WAS Options"));
    assert_eq!((whole.findings[0].severity, whole.findings[1].severity), (Severity::Critical, Severity::Info));
    assert_eq!(whole.findings[0].vendor_severity.as_deref(), Some("5 (potential)"));
    insta::assert_json_snapshot!("qualys_was_result", whole.findings[0]);
}

#[test]
fn a_report_of_qualys_that_hides_something_closes_nothing() {
    for (from, to, problem) in [
        ("<STATUS>Finished", "<STATUS>Time Limit Reached", "Qualys says `Time Limit Reached`"),
        (
            "<VULNERABILITY>2</VULNERABILITY>",
            "<VULNERABILITY>5</VULNERABILITY>",
            "holds 3 results, its summary counts 6",
        ),
        ("<NAME>REMEDIATION</NAME>", "<NAME>SEVERITY</NAME>", "the report is filtered: SEVERITY Show ignored findings"),
    ] {
        let whole = read(QUALYS_WAS.replacen(from, to, 1)).unwrap();
        assert!(!whole.complete && whole.problems[0].contains(problem), "{:?}", whole.problems);
    }
    let none = format!(
        "{}{}",
        &QUALYS_WAS[..QUALYS_WAS.find("<RESULTS>").unwrap()],
        &QUALYS_WAS[QUALYS_WAS.find("<GLOSSARY>").unwrap()..]
    );
    let whole = read(none).unwrap();
    assert!(whole.blind && !whole.complete && whole.assets.is_empty());
    let whole = read(QUALYS_WAS.replacen("<QID>150003</QID><URL>", "<QID>x</QID><URL>", 1)).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected[0].reason.as_str()), (1, "`x` is no QID"));
}

#[test]
fn sqlmap_tells_of_the_parameter_and_not_of_the_payload() {
    let whole = read(SQLMAP).unwrap();
    assert_eq!(
        known_by(&whole),
        [on_shop("rule:sqlmap:sql-injection", "web:GET https://shop.example.com/item.php id")]
    );
    assert!(!whole.complete && whole.problems.is_empty() && whole.findings[0].severity == Severity::Critical);
    assert!(whole.findings[0].evidence.as_ref().unwrap().contains("Payload: id=1 AND 9087=9087"));
    let other = read(SQLMAP.replace("9087", "4711").replace("id=1\"", "id=77\"")).unwrap();
    assert_eq!(known_by(&other), known_by(&whole));
    let whole = read(SQLMAP.replace("\"parameter\":\"id\"", "\"parameter\":null")).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected[0].reason.as_str()), (0, "it names no parameter"));
    let failed = read(SQLMAP.replace("\"success\":true", "\"success\":false")).unwrap();
    assert_eq!(failed.problems, ["sqlmap says that the request did not succeed"]);
}
