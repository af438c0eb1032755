//! Real reports of scanners of hosts and web applications, with the counts of their manifests and of other readers.

use std::path::PathBuf;

use crate::corpus::{corpus, counted, read_file, rows};

/// The reports of a folder by name, with what the manifest counts.
fn reports(folder: &str) -> Vec<(PathBuf, String)> {
    let Some(corpus) = corpus() else { return vec![] };
    rows(|_, _| true).into_iter().filter(|(path, _)| path.parent() == Some(&corpus.join(folder))).collect()
}

fn name(path: &std::path::Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// Elements of this name that `wanted` picks by their start tag, without any of our code.
fn tags(path: &std::path::Path, element: &str, wanted: impl Fn(&str) -> bool) -> usize {
    let text = std::fs::read_to_string(path).unwrap();
    let begins = [' ', '>', '/', '\n'].map(|end| format!("<{element}{end}"));
    let starts = begins.iter().flat_map(|begin| text.match_indices(begin.as_str())).map(|(at, _)| &text[at..]);
    starts.filter(|tag| wanted(&tag[..tag.find('>').unwrap()])).count()
}

/// Ports whose state is open, and what the scripts of the corpus state: 2 CVEs in one file, 7 entries (6 CVEs, an
/// exploit) and MS17-010 in two others, counted in their prints by hand.
#[test]
fn every_nmap_report_gives_the_open_ports_and_stated_vulnerabilities_it_holds() {
    let mut read = 0;
    for (path, counts) in reports("nmap") {
        let whole = read_file(&path);
        assert_eq!(whole.format, "nmap", "{}", path.display());
        assert_eq!(tags(&path, "host", |_| true), counted(&counts, "hosts"), "{}", path.display());
        let open = tags(&path, "state", |tag| tag.contains("state=\"open\""));
        let (stated, hosts, complete) = match name(&path) {
            "dd_nmap_script_vulners.xml" => (2, 1, true),
            "libnmap_dionaea_scan.xml" | "libnmap_extra_ports.xml" => (8, 1, true),
            // Ports without a protocol, which the format demands: all are set aside.
            "ullaakut_scan_invalid_services.xml" => {
                assert_eq!((whole.findings.len(), whole.rejected.len()), (0, open));
                assert!(!whole.complete, "it does not say how it ended");
                read += 1;
                continue;
            }
            "ullaakut_scan_error_other.xml" | "ullaakut_scan_error_resolving_name.xml" | "scb_no-host.xml" => {
                assert!(whole.blind && !whole.complete && !whole.problems.is_empty(), "{}", path.display());
                (0, 0, false)
            }
            // An old version that does not say how it ended.
            "libnmap_os_scan5.xml" => (0, 4, false),
            "ullaakut_scan_base.xml" => (0, 1, false),
            "libnmap_full_sudo6.xml" => (0, 4, true),
            "libnmap_fullscan.xml" => (0, 2, true),
            "libnmap_os_scan6.xml" => (0, 3, true),
            "libnmap_2_hosts_version.xml" | "dd_issue12411.xml" => (0, 2, true),
            "scb_local-network-verbose.xml" => (0, 5, true),
            _ => (0, 1, true),
        };
        assert_eq!(whole.findings.len(), open + stated, "{}", path.display());
        assert_eq!(whole.rejected, [], "{}", path.display());
        assert_eq!((whole.assets.len(), whole.complete), (hosts, complete), "{}: {:?}", path.display(), whole.problems);
        assert!(whole.assets.iter().all(|covered| !covered.asset.identity().starts_with("name:")));
        read += 1;
    }
    assert!(read == 21 || corpus().is_none(), "{read}");
}

#[test]
fn nmap_of_this_kind_of_machine_is_read() {
    let Some(corpus) = corpus() else { return };
    let local = |file: &str| read_file(&corpus.join("local").join(file));
    let sample = local("nmap/sample.xml");
    assert_eq!((sample.findings.len(), sample.assets.len(), sample.complete), (3, 1, true));
    let scripts = local("nmap-vuln-scripts/sample.xml");
    assert_eq!((scripts.findings.len(), scripts.complete), (2, true));
    assert!(scripts.findings[0].evidence.as_ref().unwrap().contains("TLS_DH_anon_WITH_AES_128_CBC_SHA"));
    let closed = local("nmap/closed-port.xml");
    assert_eq!((closed.findings.len(), closed.assets.len(), closed.complete), (0, 1, true), "it answered");
    let unresolved = local("nmap/unresolved.xml");
    assert!(unresolved.blind && !unresolved.complete && unresolved.assets.is_empty());
    let killed = std::fs::read(corpus.join("local/nmap/killed-partial.xml")).unwrap();
    let error = crate::reading::read(killed).unwrap_err();
    assert!(matches!(error, scanhelm_formats::ReadError::Truncated { .. }), "{error}");
}

/// A scan that finds nothing leaves an empty file, which is no report.
#[test]
fn every_masscan_report_gives_the_ports_it_holds() {
    for (path, counts) in reports("masscan") {
        let records = counted(&counts, "records");
        if records == 0 {
            let error = crate::reading::read(std::fs::read(&path).unwrap()).unwrap_err();
            assert!(error.to_string().contains("an empty file"), "{error}");
            continue;
        }
        let whole = read_file(&path);
        assert_eq!((whole.format, whole.findings.len(), whole.assets.len()), ("masscan", records, 1));
        assert!(whole.rejected.is_empty() && !whole.complete && !whole.blind);
    }
}

#[test]
fn every_openvas_report_gives_the_results_it_holds() {
    for (path, counts) in reports("greenbone") {
        let whole = read_file(&path);
        let is_table = path.extension().is_some_and(|ending| ending == "csv");
        assert_eq!(whole.format, if is_table { "openvas-csv" } else { "openvas" }, "{}", path.display());
        let findings = counted(&counts, if is_table { "rows" } else { "results" });
        assert_eq!(whole.findings.len(), findings, "{}", path.display());
        assert_eq!(whole.rejected, [], "{}", path.display());
        assert!(!whole.complete, "{}: all hide something", path.display());
        assert_eq!(whole.blind, findings == 0, "{}", path.display());
        if !is_table {
            assert_eq!(tags(&path, "result", |_| true), findings, "{}", path.display());
        }
    }
    let Some(corpus) = corpus() else { return };
    let detail = read_file(&corpus.join("greenbone/dd_report_detail_v2.xml"));
    let references = tags(&corpus.join("greenbone/dd_report_detail_v2.xml"), "ref", |tag| tag.contains("type=\"cve\""));
    assert_eq!(detail.findings[0].cves.len(), references);
    assert_eq!(detail.findings[0].cvss[0].version, "3.1");
    // The scanner that compares versions gives a CVE as the test.
    let compared = read_file(&corpus.join("greenbone/dd_report_using_CVE.csv"));
    assert!(compared.findings.iter().all(|finding| finding.cves == [finding.rule_id.as_str()]));
}

/// The manifest counts checks and definitions together.
#[test]
fn every_insightvm_report_gives_the_vulnerable_checks_it_holds() {
    for (path, counts) in reports("rapid7").into_iter().filter(|(path, _)| name(path).ends_with(".xml")) {
        let whole = read_file(&path);
        assert_eq!(whole.format, "insightvm", "{}", path.display());
        let all = tags(&path, "test", |_| true) + tags(&path, "vulnerability", |_| true);
        assert_eq!(all, counted(&counts, "tests"), "{}", path.display());
        assert_eq!(whole.assets.len(), counted(&counts, "nodes"), "{}", path.display());
        let vulnerable = tags(&path, "test", |tag| tag.contains("status=\"vulnerable"));
        // One check of the file whose definitions were left out by hand.
        let undescribed = usize::from(name(&path) == "dd_no_vuln.xml");
        assert_eq!(
            (whole.findings.len(), whole.rejected.len()),
            (vulnerable - undescribed, undescribed),
            "{}",
            path.display()
        );
        assert!(whole.findings.iter().all(|finding| !finding.title.is_empty() && finding.description.is_some()));
    }
}

/// A page as the crate spells it, by another way: without query and fragment, the root with a slash.
fn page(uri: &str) -> String {
    let page = uri.split(['?', '#']).next().unwrap().trim();
    let rest = &page[page.find("://").unwrap() + 3..];
    let page = page.replacen(":80/", "/", usize::from(page.starts_with("http:"))).replacen(":443/", "/", 1);
    if rest.contains('/') { page } else { format!("{page}/") }
}

/// The text of the first element of this name, without any of our code.
fn text_of<'a>(xml: &'a str, element: &str) -> &'a str {
    let Some((_, rest)) = xml.split_once(&format!("<{element}>")) else { return "" };
    rest.split_once(&format!("</{element}>")).unwrap().0.trim()
}

/// The manifest counts alerts; each is a finding for each page, method and parameter.
#[test]
fn every_zap_report_gives_the_places_of_the_alerts_it_holds() {
    for (path, counts) in reports("zap") {
        let whole = read_file(&path);
        let text = std::fs::read_to_string(&path).unwrap();
        let mut alerts = 0;
        let mut places = std::collections::BTreeSet::new();
        if path.extension().is_some_and(|ending| ending == "json") {
            assert_eq!(whole.format, "zap-json", "{}", path.display());
            let report: serde_json::Value = serde_json::from_str(&text).unwrap();
            for site in report["site"].as_array().unwrap() {
                for alert in site["alerts"].as_array().unwrap() {
                    alerts += 1;
                    for instance in alert["instances"].as_array().unwrap() {
                        let part = |name: &str| instance[name].as_str().unwrap_or_default().to_owned();
                        places.insert((alerts, page(&part("uri")), part("method"), part("param")));
                    }
                }
            }
        } else {
            assert_eq!(whole.format, "zap", "{}", path.display());
            for alert in text.split("<alertitem>").skip(1) {
                alerts += 1;
                if !alert.contains("<instance>") {
                    // One alert of the corpus names no place: it is of the site.
                    places.insert((alerts, String::new(), String::new(), String::new()));
                }
                for instance in alert.split("<instance>").skip(1) {
                    let part = |name: &str| text_of(instance, name).to_owned();
                    places.insert((alerts, page(&part("uri")), part("method"), part("param")));
                }
            }
        }
        let counted: usize = match counts.split_once(" sites, ") {
            Some((_, alerts)) => alerts.trim_end_matches(" alerts").parse().unwrap(),
            None => counts.trim_end_matches(" alertitem").parse().unwrap(),
        };
        assert_eq!(alerts, counted, "{}", path.display());
        assert_eq!(whole.findings.len(), places.len(), "{}", path.display());
        assert_eq!(whole.rejected, [], "{}", path.display());
        assert!(!whole.complete && !whole.blind, "{}", path.display());
    }
}

#[test]
fn every_burp_report_gives_the_issues_it_holds() {
    for (path, counts) in reports("burp_enterprise") {
        let ending = path.extension().unwrap().to_str().unwrap();
        if ending == "html" {
            continue;
        }
        let whole = read_file(&path);
        assert_eq!(whole.format, if ending == "xml" { "burp" } else { "burp-json" }, "{}", path.display());
        let words: Vec<&str> = counts.split(' ').collect();
        let at = words.iter().position(|word| word.starts_with("issue")).unwrap();
        let issues: usize = words[at - 1].parse().unwrap();
        assert_eq!(whole.findings.len(), issues, "{}", path.display());
        assert_eq!(whole.rejected, [], "{}", path.display());
        assert!(!whole.complete, "{}", path.display());
        if name(&path).starts_with("dd_pro_rest") {
            assert_eq!(whole.problems, ["the scan did not end well, or not yet: Burp says auditing"]);
        }
    }
}

#[test]
fn every_nuclei_report_gives_the_results_it_holds() {
    for (path, counts) in reports("nuclei") {
        let findings = counted(&counts, "findings");
        if findings == 0 {
            assert!(crate::reading::read(std::fs::read(&path).unwrap()).is_err(), "an empty file is no report");
            continue;
        }
        let whole = read_file(&path);
        assert_eq!((whole.format, whole.findings.len()), ("nuclei", findings), "{}", path.display());
        assert_eq!(whole.rejected, [], "{}", path.display());
        assert!(!whole.complete && !whole.blind && whole.findings.iter().all(|finding| finding.seen_at.is_some()));
    }
    let Some(corpus) = corpus() else { return };
    let log4shell = read_file(&corpus.join("nuclei/scb_log4shell.jsonl"));
    assert_eq!(log4shell.findings[0].cves, ["CVE-2021-44228"]);
}

#[test]
fn every_wapiti_report_gives_the_statements_it_holds() {
    for (path, counts) in reports("wapiti") {
        let whole = read_file(&path);
        let entries: usize = counts.split(' ').next().unwrap().parse().unwrap();
        assert_eq!(whole.findings.len(), entries, "{}", path.display());
        assert_eq!(whole.rejected, [], "{}", path.display());
        let reached = name(&path) != "wapiti-3.2.3-unreachable-target-rc0.json";
        assert!(!whole.complete && whole.blind != reached, "{}: {:?}", path.display(), whole.problems);
    }
    let Some(corpus) = corpus() else { return };
    let local = read_file(&corpus.join("local/wapiti/sample.json"));
    assert_eq!((local.format, local.findings.len()), ("wapiti", 12 + 3), "vulnerabilities and anomalies");
    // What two versions found on one target is the same where both looked.
    let versions =
        ["3.0.4", "3.2.3"].map(|version| read_file(&corpus.join(format!("wapiti/wapiti-{version}-loopback.json"))));
    let scripting = versions.map(|whole| {
        let rule = "reflected cross site scripting";
        whole
            .findings
            .into_iter()
            .filter(|finding| finding.rule_id == rule)
            .map(|finding| finding.location)
            .collect::<Vec<_>>()
    });
    assert_eq!((scripting[0].len(), &scripting[0]), (2, &scripting[1]));
}

#[test]
fn every_nikto_report_gives_the_items_it_holds() {
    for (path, counts) in reports("nikto") {
        if name(&path) == "scb_empty-report.json" {
            assert!(crate::reading::read(std::fs::read(&path).unwrap()).is_err(), "it names no tool");
            continue;
        }
        let whole = read_file(&path);
        let xml = path.extension().is_some_and(|ending| ending == "xml");
        assert_eq!(whole.format, if xml { "nikto-xml" } else { "nikto" }, "{}", path.display());
        let failed = counts.contains("pseudo finding");
        let numbers: Vec<usize> = counts.split([' ', ',']).filter_map(|word| word.parse().ok()).collect();
        let items = if failed {
            0
        } else if counts.starts_with("1 host") {
            numbers[1]
        } else {
            numbers[0]
        };
        assert_eq!(whole.findings.len(), items, "{}", path.display());
        assert_eq!((whole.rejected.len(), whole.complete, whole.blind), (0, false, failed), "{}", path.display());
        assert_eq!(whole.problems.len(), usize::from(failed), "{}", path.display());
    }
}

/// Two of the files were edited by hand: they hold fewer vulnerabilities than their summaries count.
#[test]
fn every_web_application_report_of_qualys_gives_the_results_it_holds() {
    for (path, counts) in reports("qualys_was") {
        let whole = read_file(&path);
        let vulnerabilities: usize = counts.split(", ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let gathered = text.matches("<QID>").count();
        let gathered = text.matches("<LAST_TIME_DETECTED>").count().min(gathered);
        assert_eq!(
            (whole.format, whole.findings.len()),
            ("qualys-was", vulnerabilities + gathered),
            "{}",
            path.display()
        );
        assert_eq!((whole.assets.len(), whole.rejected.len()), (1, 0), "{}", path.display());
        let edited = ["dd_qualys_webapp_no_vuln.xml", "dd_discussion_10239.xml"].contains(&name(&path));
        assert_eq!(whole.complete, !edited && whole.problems.is_empty(), "{}: {:?}", path.display(), whole.problems);
        assert!(!whole.blind && whole.findings.iter().all(|finding| finding.seen_at.is_some()), "{}", path.display());
    }
}

/// Of the 48 results of testssl 9 are rated; ssh-audit recommends to remove or change 5 + 13 + 3 algorithms.
#[test]
fn what_local_tools_say_of_one_server_is_read() {
    let Some(corpus) = corpus() else { return };
    let path = |file: &str| corpus.join("local").join(file);
    let testssl = std::fs::read(path("testssl/sample.json")).unwrap();
    let results: Vec<serde_json::Value> = serde_json::from_slice(&testssl).unwrap();
    let rated = |result: &&serde_json::Value| {
        ["LOW", "MEDIUM", "HIGH", "CRITICAL"].contains(&result["severity"].as_str().unwrap())
    };
    let whole = read_file(&path("testssl/sample.json"));
    assert_eq!((whole.findings.len(), results.iter().filter(rated).count(), whole.problems.len()), (9, 9, 1));
    let audit = std::fs::read_to_string(path("ssh-audit/sample.json")).unwrap();
    let audit: serde_json::Value = serde_json::from_str(&audit).unwrap();
    let lists = |value: &serde_json::Value| value.as_object().unwrap().values().cloned().collect::<Vec<_>>();
    let advice = lists(&audit["recommendations"]).iter().flat_map(lists).collect::<Vec<_>>();
    let algorithms: usize = advice.iter().flat_map(lists).map(|list| list.as_array().unwrap().len()).sum();
    let whole = read_file(&path("ssh-audit/sample.json"));
    assert_eq!((whole.format, whole.findings.len(), whole.rejected.len()), ("ssh-audit", algorithms, 0));
    let whole = read_file(&path("sslscan/sample.xml"));
    let rules: Vec<&str> = whole.findings.iter().map(|finding| finding.rule_id.as_str()).collect();
    assert_eq!(rules, ["cipher:anonymous", "certificate:self-signed", "certificate:signature", "certificate:key"]);
    let refused = read_file(&path("sslscan/refused.xml"));
    assert!(refused.blind && !refused.complete && refused.problems.len() == 1);
    let whole = read_file(&path("sqlmapapi/data.json"));
    assert_eq!((whole.format, whole.findings.len(), whole.rejected.len()), ("sqlmap", 1, 0));
}
