//! What the readers of network scanners make of a report.

use scanhelm_core::finding::identity::{location, scanner_ref, weakness};
use scanhelm_core::{Severity, Timestamp};

use crate::reading::{Whole, read};
use crate::samples_hosts::{MASSCAN, MASSCAN_LIST, NMAP, SSH_AUDIT, SSLSCAN, TESTSSL, TESTSSL_CSV};

fn known_by(whole: &Whole) -> Vec<(String, String, String)> {
    let mut all: Vec<_> = whole
        .findings
        .iter()
        .map(|finding| (finding.asset.identity(), weakness(finding), location(&finding.location)))
        .collect();
    all.sort();
    all
}

#[test]
fn nmap_tells_of_open_ports_and_of_what_scripts_state() {
    let whole = read(NMAP).unwrap();
    assert!(whole.complete && !whole.blind, "{:?}", whole.problems);
    assert_eq!(whole.headers[0].policy.as_deref(), Some("--script vulners,vulscan -p 22,443 -sT -sV"));
    let [covered] = &whole.assets[..] else { panic!("the host that did not answer is not covered") };
    assert_eq!(covered.asset.identity(), "fqdn:db1.example.com");
    assert_eq!(covered.asset.operating_system.as_deref(), Some("Linux 5.10"));
    assert_eq!(covered.finished_at, Timestamp::parse("2021-06-10T11:37:06Z"));
    let told: Vec<_> = whole
        .findings
        .iter()
        .map(|finding| (finding.rule_id.as_str(), weakness(finding), location(&finding.location), finding.severity))
        .collect();
    let port =
        |rule: &'static str, weakness: &str, severity| (rule, weakness.to_owned(), "port:22/tcp".to_owned(), severity);
    assert_eq!(
        told,
        [
            port("open-port", "rule:nmap:open-port", Severity::Info),
            port("vulners:CVE-2018-15919", "cve:CVE-2018-15919", Severity::Medium),
            port("vulners:EDB-ID:40888", "rule:nmap:vulners:EDB-ID:40888", Severity::High),
            port("vulscan:CVE-2010-4755", "cve:CVE-2010-4755", Severity::Info),
            port("vulscan:vuldb:12724", "rule:nmap:vulscan:vuldb:12724", Severity::Info),
            (
                "smb-vuln-ms17-010:CVE-2017-0143",
                "cve:CVE-2017-0143".to_owned(),
                "port:0/tcp".to_owned(),
                Severity::High
            ),
        ]
    );
    insta::assert_json_snapshot!("nmap_open_port", whole.findings[0]);
    insta::assert_json_snapshot!("nmap_vulnerability", whole.findings[5]);
}

#[test]
fn order_times_and_prints_of_nmap_do_not_identify() {
    let changed = NMAP
        .replace("1623325026", "1723325026")
        .replace("OpenSSH_7.4 Banner", "OpenSSH_7.5")
        .replace("version=\"7.4\"", "version=\"7.5\"")
        .replace("A critical vulnerability exists", "It is said that a flaw exists")
        .replace("-oX -", "-oX /tmp/other.xml -T4");
    let (before, after) = (read(NMAP).unwrap(), read(changed).unwrap());
    assert_eq!(known_by(&before), known_by(&after));
    assert_eq!(before.headers[0].policy, after.headers[0].policy);
    let references: std::collections::HashSet<_> =
        before.findings.iter().map(|finding| scanner_ref(finding, 0)).collect();
    assert_eq!(references.len(), before.findings.len(), "each has a reference of its own");
}

#[test]
fn an_nmap_scan_that_did_not_end_well_closes_nothing() {
    for (from, to, problem) in [
        ("exit=\"success\"", "exit=\"error\" errormsg=\"Out of memory\"", "Out of memory"),
        ("exit=\"success\"", "", "does not say that the scan ended well"),
        (
            "<host starttime",
            "<target specification=\"x.invalid\" status=\"skipped\" reason=\"invalid\"/><host starttime",
            "skipped the target x.invalid",
        ),
        (
            "<host starttime=\"1623324252\" end",
            "<host timedout=\"true\" starttime=\"1623324252\" end",
            "gave up on db1.example.com",
        ),
    ] {
        let whole = read(NMAP.replacen(from, to, 1)).unwrap();
        assert!(!whole.complete && !whole.blind && whole.findings.len() == 6, "{to}");
        assert!(whole.problems[0].to_lowercase().contains(&problem.to_lowercase()), "{:?}", whole.problems);
    }
    let start = NMAP.find("<runstats>").unwrap();
    let whole = read(format!("{}</nmaprun>", &NMAP[..start])).unwrap();
    assert_eq!((whole.complete, whole.problems.len()), (false, 1));
    let nobody = NMAP.replace("state=\"up\"", "state=\"down\"").replace("state=\"open\"", "state=\"filtered\"");
    let whole = read(nobody.replace("<hostscript>", "<x>").replace("</hostscript>", "</x>")).unwrap();
    assert!(whole.blind && !whole.complete && whole.assets.is_empty(), "{:?}", whole.problems);
}

#[test]
fn a_bad_port_costs_only_itself() {
    let whole = read(NMAP.replace("portid=\"22\"", "portid=\"70000\"")).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected[0].reason.as_str()), (1, "`70000` is no port"));
    let whole = read(NMAP.replace("protocol=\"tcp\" portid=\"22\"", "portid=\"22\"")).unwrap();
    assert_eq!(whole.rejected[0].reason, "its port has no protocol");
    assert!(whole.rejected[0].excerpt.contains("OpenSSH"), "{}", whole.rejected[0].excerpt);
}

#[test]
fn masscan_says_the_same_in_all_its_forms() {
    let (json, list) = (read(MASSCAN).unwrap(), read(MASSCAN_LIST).unwrap());
    let lines = r#"{"ip":"10.0.0.5","timestamp":1623324252,"port":22,"proto":"tcp","rec_type":"status","data":{"status":"open","reason":"syn-ack","ttl":64}}
{"ip":"10.0.0.5","timestamp":1623324253,"port":22,"proto":"tcp","rec_type":"banner","data":{"service_name":"ssh","banner":"SSH-2.0"}}
{"ip":"10.0.0.5","timestamp":1623324254,"port":23,"proto":"tcp","rec_type":"status","data":{"status":"closed"}}
"#;
    let xml = r#"<?xml version="1.0"?><nmaprun scanner="masscan" start="1623324252" version="1.0-BETA"><host endtime="1623324252"><address addr="10.0.0.5" addrtype="ipv4"/>
<ports><port protocol="tcp" portid="22"><state state="open" reason="syn-ack" reason_ttl="64"/></port></ports></host>
<host endtime="1623324253"><address addr="10.0.0.5" addrtype="ipv4"/><ports><port protocol="tcp" portid="22"><state state="open" reason="response"/><service name="ssh" banner="SSH-2.0"></service></port></ports></host>
<runstats><finished time="1623324260" elapsed="8"/><hosts up="1" down="0" total="1"/></runstats></nmaprun>"#;
    let (lines, xml) = (read(lines).unwrap(), read(xml).unwrap());
    assert_eq!((json.format, list.format, lines.format, xml.format), ("masscan", "masscan-list", "masscan", "nmap"));
    let first =
        |whole: &Whole| known_by(whole).into_iter().filter(|(asset, ..)| asset == "ip:10.0.0.5").collect::<Vec<_>>();
    for whole in [&json, &list, &lines, &xml] {
        assert_eq!(first(whole), first(&json));
        assert!(!whole.complete && !whole.blind && whole.rejected.is_empty(), "{:?}", whole.rejected);
        assert_eq!(whole.findings[0].seen_at, Timestamp::parse("2021-06-10T11:24:12Z"));
    }
    assert_eq!((json.findings.len(), json.assets.len()), (2, 1));
    assert_eq!((list.findings.len(), list.assets.len()), (8, 3));
    insta::assert_json_snapshot!("masscan_banner", json.findings[1]);
}

#[test]
fn a_bad_line_of_masscan_costs_only_itself() {
    let whole = read(MASSCAN_LIST.replace("open tcp 443", "open tcp https")).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected[0].reason.as_str()), (7, "`https` is no port"));
    let whole =
        read(MASSCAN.replace("\"port\": 22, \"proto\": \"tcp\", \"status\"", "\"port\": 22, \"status\"")).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected[0].reason.as_str()), (1, "its port has no protocol"));
    let whole = read(MASSCAN.replacen("\"10.0.0.5\"", "\"somewhere\"", 1)).unwrap();
    assert_eq!(whole.rejected[0].reason, "`somewhere` is no address");
    // As old versions ended.
    let whole = read(MASSCAN.replace("\n]", ",\n{finished: 1}\n]")).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected.len()), (2, 0));
}

#[test]
fn testssl_tells_of_what_it_rates_and_of_what_it_could_not_test() {
    let whole = read(TESTSSL).unwrap();
    let port = |weakness: &str| ("fqdn:db1.example.com".to_owned(), weakness.to_owned(), "port:443/tcp".to_owned());
    assert_eq!(known_by(&whole), [port("cve:CVE-2014-0160"), port("rule:testssl:cert_keySize")]);
    assert_eq!((whole.findings[0].severity, &whole.findings[0].cwes[..]), (Severity::Critical, &[119][..]));
    assert_eq!(whole.problems, ["engine_problem: No engine or GOST support"]);
    assert!(!whole.complete && !whole.blind && whole.assets[0].asset.keys.len() == 2);
    let table = read(TESTSSL_CSV).unwrap();
    assert_eq!((&table.findings, &table.problems), (&whole.findings, &whole.problems), "rows say the same");
    let whole = read(TESTSSL.replace("\"MEDIUM\"", "\"GRAVE\"")).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected[0].reason.as_str()), (1, "`GRAVE` is no severity of testssl"));
    let nobody = r#"[{"id":"scanProblem","ip":"a/1.2.3.4","port":"443","severity":"FATAL","finding":"Can't connect"}]"#;
    let whole = read(nobody).unwrap();
    assert!(whole.blind && !whole.complete && whole.problems == ["scanProblem: Can't connect"]);
}

#[test]
fn sslscan_states_facts_and_the_weak_ones_are_findings() {
    let whole = read(SSLSCAN).unwrap();
    let rules: Vec<_> = whole.findings.iter().map(|finding| (finding.rule_id.as_str(), finding.severity)).collect();
    assert_eq!(
        rules,
        [
            ("protocol:SSLv3", Severity::High),
            ("heartbleed", Severity::Critical),
            ("cipher:anonymous", Severity::High),
            ("certificate:self-signed", Severity::Medium),
            ("certificate:signature", Severity::Medium),
            ("certificate:key", Severity::Medium),
        ]
    );
    // What testssl calls by the same CVE on the same port is the same finding.
    let testssl = read(TESTSSL).unwrap();
    assert_eq!(known_by(&whole)[0], known_by(&testssl)[0]);
    assert!(!whole.complete && !whole.blind);
    let refused = read(r#"<document title="SSLScan Results" version="2.0.7"><error><![CDATA[Could not open a connection]]></error></document>"#).unwrap();
    assert!(refused.blind && refused.problems == ["Could not open a connection"]);
    let whole = read(SSLSCAN.replace("port=\"443\"", "port=\"x\"")).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected[0].reason.as_str()), (0, "`x` is no port"));
}

#[test]
fn ssh_audit_tells_of_each_algorithm() {
    let whole = read(SSH_AUDIT).unwrap();
    let told: Vec<_> = whole.findings.iter().map(|finding| (weakness(finding), finding.severity)).collect();
    let rule = |name: &str, severity| (format!("rule:ssh-audit:{name}"), severity);
    assert_eq!(
        told,
        [
            ("cve:CVE-2018-15473".to_owned(), Severity::Medium),
            rule("del:kex:ecdh-sha2-nistp256", Severity::High),
            rule("chg:key:rsa-sha2-256", Severity::Medium),
            rule("add:kex:sntrup761x25519-sha512@openssh.com", Severity::Info),
        ]
    );
    assert!(whole.findings.iter().all(|finding| location(&finding.location) == "port:2222/tcp"));
    assert!(!whole.complete && !whole.blind && whole.assets[0].asset.identity() == "ip:10.0.0.5");
    let whole = read(SSH_AUDIT.replace("\"critical\"", "\"grave\"")).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected[0].reason.as_str()), (3, "`grave` is no level of ssh-audit"));
    let error = read(SSH_AUDIT.replace("\"target\"", "\"other\"")).unwrap_err();
    assert!(error.to_string().contains("names no `target`"), "{error}");
}
