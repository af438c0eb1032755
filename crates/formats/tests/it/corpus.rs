//! Real reports that nobody here wrote, with the counts that their manifest asserts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use scanhelm_formats::ReadOptions;

use crate::reading::{Whole, read, read_with};

/// The corpus; `None`, and a line in the test's output, where this machine has none. Missing in continuous
/// integration is a failure.
#[expect(clippy::print_stderr, reason = "a skipped test has to be seen in its output")]
pub(crate) fn corpus() -> Option<PathBuf> {
    let shared = std::env::var_os("SCANHELM_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let corpus = shared.join("corpus");
    if corpus.is_dir() {
        return Some(corpus);
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no corpus at {}", corpus.display());
    eprintln!("skipped: no corpus at {}", corpus.display());
    None
}

/// Path and `counted` of each manifest row that `wanted` picks by its name.
pub(crate) fn rows(wanted: impl Fn(&str, &str) -> bool) -> Vec<(PathBuf, String)> {
    let Some(corpus) = corpus() else { return vec![] };
    let mut rows = vec![];
    let mut folders: Vec<PathBuf> = std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    for folder in folders {
        let Ok(manifest) = std::fs::read_to_string(folder.join("MANIFEST.tsv")) else { continue };
        let header: Vec<&str> = manifest.lines().next().unwrap().split('\t').collect();
        let counted = header.iter().position(|cell| *cell == "counted");
        for line in manifest.lines().skip(1).filter(|line| !line.is_empty()) {
            let cells: Vec<&str> = line.split('\t').collect();
            let what = header.iter().position(|cell| *cell == "what").map_or("", |at| cells[at]);
            if wanted(cells[0], what) {
                let counted = counted.and_then(|at| cells.get(at)).copied().unwrap_or_default();
                rows.push((folder.join(cells[0]), counted.to_owned()));
            }
        }
    }
    assert!(!rows.is_empty(), "the corpus has such files");
    rows
}

pub(crate) fn counted(counted: &str, name: &str) -> usize {
    let pair = counted.split([' ', ',']).find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    pair.unwrap_or_else(|| panic!("`{counted}` counts no {name}")).parse().unwrap()
}

pub(crate) fn read_file(path: &Path) -> Whole {
    let file = std::fs::read(path).unwrap();
    read(file).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_nessus_report_gives_the_hosts_and_findings_it_holds() {
    let is_packed = |name: &str, what: &str| name.ends_with(".zip") && what.ends_with(".nessus");
    let rows = rows(|name, what| name.ends_with(".nessus") || what.contains(".nessus v2") || is_packed(name, what));
    let packed = |(path, _): &(PathBuf, String)| path.extension().is_some_and(|ending| ending == "zip");
    // There are none where there is no corpus.
    assert!(rows.is_empty() || rows.iter().any(packed), "a packed one too");
    for (path, counts) in rows {
        let whole = read_file(&path);
        assert_eq!(whole.format, "nessus", "{}", path.display());
        assert_eq!(whole.findings.len(), counted(&counts, "findings"), "{}", path.display());
        assert_eq!(whole.assets.len(), counted(&counts, "hosts"), "{}", path.display());
        assert_eq!(whole.rejected, [], "{}", path.display());
        assert!(whole.complete && whole.headers.len() == 1);
        for covered in &whole.assets {
            assert!(covered.finished_at.is_some(), "{}: the end of {}", path.display(), covered.asset.name);
            assert!(!covered.asset.identity().starts_with("name:"), "{}: {}", path.display(), covered.asset.name);
        }
    }
}

/// Rows that say something, the CVEs that they name and the hosts, by another reader of CSV.
fn table_of(path: &Path) -> (usize, BTreeSet<String>, BTreeSet<String>) {
    let mut table = csv::Reader::from_path(path).unwrap();
    let header = table.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|cell| cell == name);
    let (cve, host) = (column("CVE").unwrap(), column("IP Address").or(column("Host")).unwrap());
    let (mut rows, mut cves, mut hosts) = (0, BTreeSet::new(), BTreeSet::new());
    for row in table.records().map(Result::unwrap).filter(|row| row.iter().any(|cell| !cell.is_empty())) {
        rows += 1;
        cves.extend(row[cve].split(',').filter(|cve| !cve.is_empty()).map(str::to_owned));
        hosts.insert(row[host].to_owned());
    }
    (rows, cves, hosts)
}

/// The manifest counts rows, blank ones included: of the 533 of the first file, 529 hold only commas, and in its
/// `hosts=0` the two addresses of `IP Address` are not counted. In the two files of 30 rows each row is a finding: two
/// agree in plugin and port, but not in what the plugin found, and are two items of the XML too.
#[test]
fn every_nessus_table_gives_the_hosts_and_findings_it_holds() {
    let Some(corpus) = corpus() else { return };
    for (file, listed, filled, findings, hosts) in [
        ("nessus/dd_nessus_many_vuln.csv", "findings=533 hosts=0", 4, 4, 2),
        ("nessus/dd_nessus_many_vuln2-all.csv", "findings=30 hosts=1", 30, 30, 1),
        ("nessus/dd_nessus_many_vuln2-default.csv", "findings=30 hosts=1", 30, 30, 1),
        // Ten rows of one plugin on one host are one finding of ten CVEs, three of another one of three; two blank.
        ("tenable_sc/dd_tenable_many_vuln.csv", "rows=22", 20, 9, 3),
        ("tenable_sc/dd_issue_11102.csv", "rows=3", 3, 3, 2),
    ] {
        let path = corpus.join(file);
        let counts = rows(|name, _| path.ends_with(name)).remove(0).1;
        assert_eq!(counts, listed, "{file}: the manifest");
        let mut all_rows = csv::Reader::from_path(&path).unwrap();
        assert!(listed.contains(&format!("={}", all_rows.records().count())), "{file}: it counts rows");
        let (filled_rows, cves, addresses) = table_of(&path);
        assert_eq!((filled_rows, addresses.len()), (filled, hosts), "{file}");
        let whole = read_file(&path);
        assert_eq!(whole.format, "nessus-csv", "{file}");
        assert_eq!((whole.findings.len(), whole.assets.len()), (findings, hosts), "{file}");
        assert_eq!(whole.rejected, [], "{file}");
        assert!(!whole.complete && !whole.blind && whole.headers.len() == 1, "{file}");
        let read: BTreeSet<String> = whole.findings.iter().flat_map(|finding| finding.cves.clone()).collect();
        assert_eq!(read, cves, "{file}");
    }
}

#[test]
fn the_two_tables_of_one_scan_hold_the_same_findings() {
    let Some(corpus) = corpus() else { return };
    let [all, default] = ["all", "default"]
        .map(|columns| known_by(&read_file(&corpus.join(format!("nessus/dd_nessus_many_vuln2-{columns}.csv")))));
    assert_eq!(all, default);
}

fn qualys(file: &str) -> Option<(PathBuf, String)> {
    let corpus = corpus()?;
    let path = corpus.join("qualys").join(file);
    let counts = rows(|name, _| name == file).remove(0).1;
    Some((path, counts))
}

/// Counts elements without any of our code.
fn elements(path: &Path, name: &str) -> usize {
    let text = std::fs::read_to_string(path).unwrap();
    text.matches(&format!("<{name}>")).count() + text.matches(&format!("<{name} ")).count()
}

/// The manifest counts vulnerabilities alone in the two files of the console; the other records of the scan are
/// findings too: potential ones, and what Qualys calls information gathered.
#[test]
fn every_qualys_document_gives_the_hosts_and_findings_it_holds() {
    for (file, format, kinds, complete) in [
        ("dd_Qualys_Sample_Report.xml", "qualys-report", &["VULN_INFO"][..], false),
        ("dd_qualys_infrascan_webgui_1.xml", "qualys-scan", &["VULN", "PRACTICE", "INFO", "SERVICE"], true),
        ("dd_qualys_infrascan_webgui_multiple.xml", "qualys-scan", &["VULN", "PRACTICE", "INFO", "SERVICE"], true),
        ("j1_detections.xml", "qualys-detections", &["DETECTION"], false),
    ] {
        let Some((path, counts)) = qualys(file) else { return };
        let whole = read_file(&path);
        assert_eq!((whole.format, whole.complete, whole.blind), (format, complete, false), "{file}");
        assert_eq!(whole.rejected, [], "{file}");
        assert_eq!(whole.assets.len(), counted(&counts, "hosts"), "{file}");
        assert_eq!(elements(&path, kinds[0]), counted(&counts, "vulns"), "{file}: the manifest");
        let all: usize = kinds.iter().map(|kind| elements(&path, kind)).sum();
        assert_eq!(whole.findings.len(), all, "{file}");
        for covered in &whole.assets {
            assert!(!covered.asset.identity().starts_with("name:") && covered.authenticated != Some(true), "{file}");
        }
    }
}

#[test]
fn the_asset_data_report_of_qualys_names_every_cve_of_its_glossary() {
    let Some((path, _)) = qualys("dd_Qualys_Sample_Report.xml") else { return };
    let whole = read_file(&path);
    let cves: BTreeSet<&String> = whole.findings.iter().flat_map(|finding| &finding.cves).collect();
    assert_eq!(cves.len(), 51, "53 entries, one CVE twice, one of a QID that no host has");
    let severities = |wanted| whole.findings.iter().filter(|finding| finding.severity == wanted).count();
    assert_eq!(severities(scanhelm_core::Severity::Info), 217, "209 that inform and 8 of level 1");
    assert!(whole.assets.iter().all(|covered| covered.finished_at.is_some()), "each host says when it was scanned");
}

/// The tables of VMDR: three lines before the header, the header, five rows; of these one is fixed. The manifest counts
/// all but the first line.
#[test]
fn every_qualys_table_gives_the_findings_it_holds() {
    for (file, lines_before, fixed, hosts) in [
        ("dd_Qualys_Sample_Report.csv", 0, 0, 4),
        ("dd_vmdr_many_vulns_cve.csv", 3, 1, 4),
        ("dd_vmdr_many_vulns_qid.csv", 3, 1, 4),
    ] {
        let Some((path, counts)) = qualys(file) else { return };
        let whole = read_file(&path);
        assert_eq!((whole.format, whole.complete, whole.blind), ("qualys-csv", false, false), "{file}");
        assert_eq!(whole.rejected, [], "{file}");
        assert_eq!(whole.findings.len(), counted(&counts, "rows") - lines_before - fixed, "{file}");
        assert_eq!(whole.assets.len(), hosts, "{file}");
        assert!(whole.findings.iter().all(|finding| finding.seen_at.is_some()), "{file}");
    }
    let Some((path, _)) = qualys("dd_Qualys_Sample_Report.csv") else { return };
    let whole = read_file(&path);
    assert!(whole.assets.iter().all(|covered| covered.authenticated == Some(true)), "they are hosts of agents");
    assert_eq!(whole.findings.iter().map(|finding| finding.cves.len()).max(), Some(23));
}

/// The bodies of the recordings that are documents of this kind; the connector's tests replay all of them.
#[test]
fn recorded_detections_of_no_host_are_blind() {
    let Some((path, _)) = qualys("j1_host_detections_empty.har") else { return };
    let recording: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let body = recording["log"]["entries"][1]["response"]["content"]["text"].as_str().unwrap();
    let whole = read(body).unwrap();
    assert_eq!((whole.format, whole.findings.len(), whole.assets.len()), ("qualys-detections", 0, 0));
    assert!(whole.blind && !whole.complete);
}

/// The manifest counts in prose: "1 scan, 19 ReportItem".
#[test]
fn every_acunetix_report_gives_the_findings_it_holds() {
    let Some(corpus) = corpus() else { return };
    let reports = rows(|name, what| name.ends_with(".xml") && what.starts_with("Acunetix"));
    assert_eq!(reports.len(), 3);
    for (path, counts) in reports {
        assert!(path.starts_with(corpus.join("acunetix")), "{}", path.display());
        let items: usize =
            counts.strip_suffix(" ReportItem").and_then(|text| text.rsplit(' ').next()).unwrap().parse().unwrap();
        let whole = read_file(&path);
        assert_eq!((whole.format, whole.findings.len()), ("acunetix", items), "{}", path.display());
        assert_eq!((whole.assets.len(), whole.headers.len()), (1, 1), "{}", path.display());
        assert!(whole.complete && !whole.blind && whole.rejected.is_empty(), "{}", path.display());
        // Each item's words, without any of our code.
        let text = std::fs::read_to_string(&path).unwrap();
        let severities = |word: &str| {
            text.matches(&format!("<Severity><![CDATA[{word}]]>")).count()
                + text.matches(&format!("<Severity>{word}<")).count()
        };
        let read = |severity| whole.findings.iter().filter(|finding| finding.severity == severity).count();
        use scanhelm_core::Severity;
        for (word, severity) in [
            ("high", Severity::High),
            ("medium", Severity::Medium),
            ("low", Severity::Low),
            ("informational", Severity::Info),
        ] {
            assert_eq!(read(severity), severities(word), "{}: {word}", path.display());
        }
        assert_eq!(whole.findings.iter().flat_map(|finding| &finding.cwes).count(), text.matches("<CWE ").count());
        assert_eq!(
            whole.findings.iter().flat_map(|finding| &finding.references).collect::<Vec<_>>().len(),
            text.matches("<Reference>").count(),
            "{}",
            path.display()
        );
        for finding in &whole.findings {
            let location = scanhelm_core::finding::identity::location(&finding.location);
            assert!(location.starts_with("web: http"), "{location}");
            assert!(finding.asset.identity().starts_with("site:"), "{}", finding.asset.identity());
            let prose = finding.description.as_deref().unwrap_or_default();
            assert!(!prose.contains("<br") && !prose.contains("&lt;"), "{prose}");
        }
    }
}

/// Counts results without any of our code.
fn results_in(document: &serde_json::Value) -> usize {
    let runs = document["runs"].as_array().unwrap();
    runs.iter().filter_map(|run| run["results"].as_array()).map(Vec::len).sum()
}

fn is_sarif(name: &str, what: &str) -> bool {
    name.ends_with(".sarif")
        || what.contains("SARIF") && !what.contains("SARIF without runs") && name.ends_with(".json")
}

#[test]
fn every_sarif_report_gives_the_findings_it_holds() {
    for (path, counts) in rows(is_sarif) {
        let document: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let whole = read_file(&path);
        assert_eq!(whole.format, "sarif", "{}", path.display());
        assert_eq!(whole.rejected, [], "{}", path.display());
        assert_eq!(whole.findings.len(), results_in(&document), "{}", path.display());
        if counts.starts_with("findings=") {
            assert_eq!(whole.findings.len(), counted(&counts, "findings"), "{}", path.display());
        }
        for finding in &whole.findings {
            let location = scanhelm_core::finding::identity::location(&finding.location);
            assert!(!location.contains("code:/") && !location.contains("file:"), "{}: {location}", path.display());
            assert!(!finding.title.is_empty() && finding.rule_id != "no-rule-id", "{}", path.display());
        }
    }
}

#[test]
fn a_sarif_without_runs_is_not_a_clean_result() {
    let Some(corpus) = corpus() else { return };
    let whole = read_file(&corpus.join("github_code_scanning/dd_sarif_no_runs.sarif"));
    assert!(whole.blind && !whole.complete && whole.headers.is_empty() && whole.findings.is_empty());
    assert_eq!(whole.problems, ["the file holds no run: nothing was scanned"]);
}

#[test]
fn every_semgrep_report_gives_the_findings_it_holds() {
    for (path, counts) in rows(|_, what| what.starts_with("semgrep") && what.contains("CLI JSON")) {
        let whole = read_file(&path);
        assert_eq!(whole.format, "semgrep", "{}", path.display());
        assert_eq!(whole.findings.len(), counted(&counts, "results"), "{}", path.display());
        assert_eq!(whole.rejected, [], "{}", path.display());
    }
}

#[test]
fn a_scanner_that_looked_at_nothing_is_blind_and_one_with_errors_is_not_complete() {
    let Some(corpus) = corpus() else { return };
    for (file, blind, problem) in [
        ("bandit/missing.json", true, "./no-such-dir: No such file or directory"),
        ("bandit/syntax-error.json", false, "broken/bad.py: syntax error while parsing AST from file"),
        ("semgrep/missing.json", true, "Invalid scanning root: no-such-dir"),
        ("semgrep-sarif/missing.sarif", false, "Invalid scanning root: no-such-dir"),
    ] {
        let whole = read_file(&corpus.join("local").join(file));
        assert!(!whole.complete && whole.findings.is_empty(), "{file}");
        assert_eq!((whole.blind, whole.problems), (blind, vec![problem.to_owned()]), "{file}");
    }
}

/// What a finding is known by, without the asset.
fn known_by(whole: &Whole) -> Vec<(String, String)> {
    use scanhelm_core::finding::identity::{location, weakness};
    let mut keys: Vec<_> =
        whole.findings.iter().map(|finding| (weakness(finding), location(&finding.location))).collect();
    keys.sort();
    keys
}

#[test]
fn bandit_says_the_same_in_both_of_its_formats() {
    let Some(corpus) = corpus() else { return };
    let json = read_file(&corpus.join("local/bandit/sample.json"));
    let sarif = read_file(&corpus.join("local/bandit-sarif/sample.sarif"));
    assert_eq!(json.findings.len(), 22);
    assert_eq!(known_by(&json), known_by(&sarif));
    let severities = |whole: &Whole| {
        let mut all: Vec<_> =
            whole.findings.iter().map(|finding| (finding.rule_id.clone(), finding.severity)).collect();
        all.sort();
        all
    };
    assert_eq!(severities(&json), severities(&sarif));
}

#[test]
fn semgrep_without_a_login_is_the_same_in_both_formats_where_the_source_is_there() {
    let Some(corpus) = corpus() else { return };
    let sarif = read_file(&corpus.join("local/semgrep-sarif/sample.sarif"));
    // The sources that were scanned are not in the corpus; rebuild those lines that the SARIF quotes.
    let source = tempfile::tempdir().unwrap();
    let mut files: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
    for finding in &sarif.findings {
        let scanhelm_core::finding::Location::Code { path, line: Some(line), source: Some(text), .. } =
            &finding.location
        else {
            panic!("a place in code")
        };
        let lines = files.entry(path.clone()).or_default();
        for (offset, text) in text.lines().enumerate() {
            let at = *line as usize - 1 + offset;
            lines.resize(lines.len().max(at + 1), String::new());
            lines[at] = text.to_owned();
        }
    }
    for (path, lines) in files {
        let file = source.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, lines.join("\n")).unwrap();
    }
    let options = ReadOptions { source_root: Some(source.path().to_path_buf()), ..ReadOptions::default() };
    let json = std::fs::read(corpus.join("local/semgrep/sample.json")).unwrap();
    let json = read_with(json, &options).unwrap();
    assert_eq!(json.findings.len(), 7);
    assert_eq!(known_by(&json), known_by(&sarif));
}

/// Which formats the files of a folder may be read as; in a folder that is not named, none but SARIF.
const FORMATS_OF: &[(&str, &[&str])] = &[
    ("acunetix", &["acunetix", "acunetix-run", "invicti"]),
    ("github_code_scanning", &["semgrep", "github"]),
    ("invicti", &["invicti", "invicti-xml"]),
    ("local/bandit", &["bandit"]),
    ("local/semgrep", &["semgrep"]),
    ("nessus", &["nessus", "nessus-csv"]),
    ("qualys", &["qualys-results", "qualys-scan", "qualys-detections", "qualys-report", "qualys-csv"]),
    ("semgrep", &["semgrep", "semgrep-platform"]),
    ("tenable_io", &["nessus"]),
    ("tenable_sc", &["nessus", "nessus-csv"]),
    // Hosts and web.
    ("burp_enterprise", &["burp", "burp-json"]),
    ("greenbone", &["openvas", "openvas-csv"]),
    ("local/nmap", &["nmap"]),
    ("local/nmap-vuln-scripts", &["nmap"]),
    ("local/sqlmapapi", &["sqlmap"]),
    ("local/ssh-audit", &["ssh-audit"]),
    ("local/sslscan", &["sslscan"]),
    ("local/testssl", &["testssl"]),
    ("local/wapiti", &["wapiti"]),
    ("masscan", &["masscan"]),
    ("nikto", &["nikto", "nikto-xml"]),
    ("nmap", &["nmap"]),
    ("nuclei", &["nuclei"]),
    ("qualys_was", &["qualys-was"]),
    ("rapid7", &["insightvm"]),
    ("wapiti", &["wapiti", "wapiti-xml"]),
    ("zap", &["zap", "zap-json"]),
    // Packages, images and cloud.
    ("aqua", &["aqua"]),
    ("blackduck", &["blackduck", "blackduck-csv", "blackduck-binary-csv"]),
    ("mend", &["mend"]),
    ("sonatype_iq", &["sonatype-iq"]),
    ("aws_inspector", &["aws-inspector", "aws-asff"]),
    ("jfrog_xray", &["jfrog-xray"]),
    ("wiz", &["wizcli", "wiz-vulnerabilities-csv", "wiz-issues-csv"]),
    ("dependency_track", &["dependency-track"]),
    ("prisma_cloud_compute", &["prisma-cloud", "prisma-cloud-csv"]),
    ("snyk", &["snyk", "snyk-api"]),
    ("anchore_grype", &["grype", "anchore"]),
    ("local/cargo-audit", &["cargo-audit"]),
    ("local/cdxgen", &["cyclonedx"]),
    ("local/cyclonedx-py", &["cyclonedx"]),
    ("local/npm-audit-local", &["npm-audit"]),
    ("local/npm-audit-mirror", &["npm-audit"]),
    ("local/pip-audit-local-osv", &["pip-audit"]),
    ("local/pip-audit-mirror", &["pip-audit"]),
    ("local/retire", &["retire"]),
    ("local/retire-cdx", &["cyclonedx"]),
    ("local/syft", &["cyclonedx"]),
    ("local/trivy-sbom", &["cyclonedx"]),
    ("local/safety-1.10.3", &["safety-1"]),
    ("local/trivy-config", &["trivy"]),
    ("local/trivy-secret-misconfig", &["trivy"]),
    ("trivy", &["trivy", "trivy-operator", "cyclonedx", "gitlab", "gitlab-codequality", "aws-asff"]),
    // Code, secrets and infrastructure as code.
    ("appscan_asoc", &["appscan"]),
    ("checkmarx", &["checkmarx", "checkmarx-csv", "checkmarx-one", "checkmarx-report", "gitlab", "kics"]),
    ("fortify", &["fortify", "fortify-report"]),
    ("defender", &["defender"]),
    ("insightappsec", &["insightappsec"]),
    ("stackhawk", &["stackhawk"]),
    ("local/cpan-audit", &["cpan-audit"]),
    ("local/guarddog", &["guarddog"]),
    ("local/sslyze", &["sslyze"]),
    ("local/betterleaks", &["betterleaks"]),
    ("local/cfn-lint", &["cfn-lint"]),
    ("local/checkov", &["checkov"]),
    ("local/cppcheck", &["cppcheck"]),
    ("local/detect-secrets", &["detect-secrets"]),
    ("local/eslint-security", &["eslint"]),
    ("local/flawfinder-csv", &["flawfinder-csv"]),
    ("local/gitleaks", &["gitleaks"]),
    ("local/gixy", &["gixy"]),
    ("local/hadolint", &["hadolint"]),
    ("local/kingfisher", &["kingfisher"]),
    ("local/lynis", &["lynis"]),
    ("local/mobsfscan", &["njsscan"]),
    ("local/njsscan", &["njsscan"]),
    ("local/ruff-S", &["ruff"]),
    ("local/shellcheck", &["shellcheck"]),
    ("local/spectral", &["spectral"]),
    ("local/trufflehog3", &["trufflehog3"]),
    ("local/zizmor", &["zizmor"]),
    ("gitlab", &["gitlab"]),
    ("mobsf", &["mobsf", "njsscan"]),
    ("mobsf/live", &["mobsf"]),
    ("sonarqube", &["sonarqube"]),
    ("veracode", &["veracode", "veracode-findings", "veracode-pipeline", "veracode-agent", "veracode-agent-csv"]),
];

#[test]
fn a_report_is_taken_for_one_of_its_own_tool_or_for_none() {
    let Some(corpus) = corpus() else { return };
    let mut looked_at = 0;
    for (path, _) in rows(|name, what| !is_sarif(name, what)) {
        if !path.is_file() {
            continue;
        }
        let parent = path.parent().unwrap().strip_prefix(&corpus).unwrap().to_str().unwrap();
        let own = FORMATS_OF.iter().find(|(folder, _)| *folder == parent).map_or(&[][..], |(_, formats)| *formats);
        let bytes = std::fs::read(&path).unwrap();
        let result = scanhelm_formats::open(Box::new(std::io::Cursor::new(bytes)), &ReadOptions::default());
        if let Ok(report) = result {
            let format = report.format.id;
            assert!(own.contains(&format), "{} was taken for {format}", path.display());
        }
        looked_at += 1;
    }
    assert!(looked_at > 400, "{looked_at} files");
}
