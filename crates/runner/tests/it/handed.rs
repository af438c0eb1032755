//! Scanners that cannot be installed for the tests: a program in their place notes what it is handed and prints a report,
//! recorded where there is one and else written after the scanner's documentation.

use std::fs;
use std::path::Path;

use scanhelm_runner::{Host, ScanOutcome, ScanRequest};

use crate::fake::Fakes;
use crate::servers::Server;

/// A stand-in for one scanner, and what it was handed when it ran.
struct Handed {
    fakes: Fakes,
    id: &'static str,
}

impl Handed {
    /// Prints the report to `$report` or to standard output, then does what `last` says.
    fn new(id: &'static str, report: &str, last: &str) -> Self {
        let mut fakes = Fakes::bandit("");
        let script = format!(
            "[ \"$1\" = version ] && echo 9.9.9 && exit 0
             for word in \"$@\"; do [ \"$place\" = --jsonfile ] && report=$word; place=$word; done
             pwd -P > $NOTES/folder; printf '%s\\n' \"$@\" > $NOTES/words
             for word in \"$@\"; do [ \"$before\" = --config ] && cat \"$word\" > $NOTES/settings; before=$word; done
             case \"$report\" in /*) ;; *) report=/dev/stdout;; esac
             cat $NOTES/{id}.report > \"$report\"; {last}"
        );
        fakes.add(id, &script);
        fs::write(fakes.notes.path().join(format!("{id}.report")), report).unwrap();
        fs::remove_file(fakes.target.path().join("app.py")).unwrap();
        Self { fakes, id }
    }

    fn with(self, path: &str, text: &str) -> Self {
        let path = self.fakes.target.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    async fn scan(&self) -> ScanOutcome {
        let scanners = Some(vec![self.id.to_owned()]);
        self.fakes.scan(ScanRequest { scanners, ..self.fakes.request() }).await.0
    }

    async fn failure(&self) -> String {
        let outcome = self.scan().await;
        assert_eq!((outcome.ran.len(), outcome.records.len()), (0, 0), "{outcome:?}");
        outcome.failed.into_iter().next().expect("it failed").reason
    }

    /// The target's root stands as `TARGET`, other places of this machine as `...`.
    fn words(&self) -> String {
        let root = self.fakes.target.path().canonicalize().unwrap();
        let shown = |word: &str| match word.replace(root.to_str().unwrap(), "TARGET") {
            word if word.starts_with('/') => "...".to_owned(),
            word => word,
        };
        self.fakes.note("words").lines().map(shown).collect::<Vec<_>>().join(" ")
    }

    fn is_started_in_the_target(&self) -> bool {
        Path::new(&self.fakes.note("folder")) == self.fakes.target.path().canonicalize().unwrap()
    }
}

fn found(outcome: &ScanOutcome) -> Vec<String> {
    assert_eq!((outcome.failed.len(), outcome.skipped.len()), (0, 0), "{:?} {:?}", outcome.failed, outcome.skipped);
    outcome.records.iter().map(|record| format!("{} {}", record.rule_id, record.location.label())).collect()
}

fn recorded(path: &str) -> Option<String> {
    scanhelm_testkit::corpus::corpus_root().map(|corpus| fs::read_to_string(corpus.join("local").join(path)).unwrap())
}

const FINISHED: &str = r#"echo '{"level":"info-0","msg":"finished scanning","chunks":2,"bytes":40}' >&2"#;

#[tokio::test]
async fn trufflehog_tries_no_secret_out_and_does_not_update_itself() {
    let report = r#"{"SourceMetadata":{"Data":{"Filesystem":{"file":"./app/keys.txt","line":2}}},"DetectorName":"AWS","Verified":false,"Raw":"hunter2hunter2","RawV2":""}"#;
    let handed = Handed::new("trufflehog", report, FINISHED).with("app/keys.txt", "\nkey\n").with("-n.txt", "");
    assert_eq!(found(&handed.scan().await), ["AWS app/keys.txt:2"]);
    assert_eq!(
        handed.words(),
        "filesystem --json --no-verification --no-update --no-color --fail-on-scan-errors -- ./-n.txt ./app/keys.txt"
    );
    assert!(handed.is_started_in_the_target());
}

#[tokio::test]
async fn a_scanner_that_prints_nothing_when_all_is_well_says_that_it_came_to_its_end() {
    let clean = Handed::new("trufflehog", "", FINISHED).with("a.txt", "");
    let outcome = clean.scan().await;
    assert_eq!((outcome.ran.len(), outcome.records.len(), outcome.failed.len()), (1, 0, 0), "{outcome:?}");

    let cut = Handed::new("trufflehog", "", "echo 'no space left' >&2").with("a.txt", "");
    let reason = cut.failure().await;
    assert!(reason.contains("does not say that it came to its end: no space left"), "{reason}");

    let failed = Handed::new("trufflehog", "", &format!("{FINISHED}; exit 1")).with("a.txt", "");
    assert!(failed.failure().await.contains("exit code 1"));
}

/// A server at whose port TLS is spoken is asked for first. What testssl.sh says of it is written after its own words.
#[tokio::test]
async fn testssl_counts_what_it_was_not_sure_of_in_its_exit_code_up_to_the_codes_of_its_failures() {
    let server = Server::tls();
    let test = |id: &str, severity: &str, finding: &str| {
        let (ip, port) = ("127.0.0.1/127.0.0.1", server.port);
        serde_json::json!({"id": id, "ip": ip, "port": port.to_string(), "severity": severity, "finding": finding})
    };
    let scanned = async |tests: &[serde_json::Value], last: &str| {
        let handed = Handed::new("testssl", &serde_json::Value::from(tests).to_string(), last);
        let request = ScanRequest { scanners: Some(vec!["testssl".to_owned()]), ..ScanRequest::new(server.host()) };
        handed.fakes.scan(request).await.0
    };
    let failure = async |tests: &[serde_json::Value], last: &str| {
        let outcome = scanned(tests, last).await;
        assert_eq!((outcome.ran.len(), outcome.records.len()), (0, 0), "{outcome:?}");
        outcome.failed.into_iter().next().expect("it failed").reason
    };
    let whole = [test("TLS1", "LOW", "offered"), test("scanTime", "INFO", "31")];
    for code in [17, 241] {
        let outcome = scanned(&whole, &format!("exit {code}")).await;
        assert_eq!(found(&outcome), [format!("TLS1 {}/tcp", server.port)], "{code}");
        assert_eq!((outcome.ran[0].exit_code, outcome.ran[0].warnings.len()), (code, 0), "{outcome:?}");
    }
    let broken_off = [test("TLS1", "LOW", "offered"), test("scanTime", "WARN", "Scan interrupted")];
    let outcome = scanned(&broken_off, "exit 17").await;
    assert_eq!(outcome.ran[0].warnings, ["scanTime: Scan interrupted"], "{outcome:?}");

    for (code, said) in [
        (242, "it ended with exit code 242 (ERR_CHILD: a part of it was stopped)"),
        (243, "it ended with exit code 243"),
        (252, "it ended with exit code 252 (ERR_FNAMEPARSE: an input file cannot be read)"),
    ] {
        assert_eq!(failure(&whole, &format!("exit {code}")).await, said);
    }
    let unreached = [test("TLS1", "LOW", "offered"), test("scanProblem", "FATAL", "Can't connect")];
    let reason = failure(&unreached, "exit 246").await;
    assert_eq!(reason, "it ended with exit code 246 (ERR_CONNECT: connectivity problem): scanProblem: Can't connect");
    let reason = failure(&whole, "rm \"$report\"; exit 253").await;
    assert!(reason.ends_with("and ended with exit code 253 (ERR_FCREATE: an output file cannot be made)"), "{reason}");
    assert!(failure(&whole, "printf '[{' > \"$report\"; exit 17").await.contains("cannot be used, exit code 17"));
}

#[tokio::test]
async fn osv_scanner_runs_nothing_of_the_target_and_takes_no_settings_from_it() {
    let report = r#"{"results":[{"source":{"path":"TARGET/requirements.txt","type":"lockfile"},"packages":[{"package":{"name":"jinja2","version":"2.10","ecosystem":"PyPI"},
        "vulnerabilities":[{"id":"GHSA-462w-v97r-4m45","aliases":["CVE-2019-10906"],"summary":"Sandbox"}],
        "groups":[{"ids":["GHSA-462w-v97r-4m45"],"aliases":["CVE-2019-10906"],"max_severity":"8.6"}]}]}]}"#;
    let handed = Handed::new("osv-scanner", report, "exit 1")
        .with("requirements.txt", "jinja2==2.10\n")
        .with("web/yarn.lock", "")
        .with("osv-scanner.toml", "[[PackageOverrides]]\nignore = true\n");
    let root = handed.fakes.target.path().canonicalize().unwrap();
    let report = report.replace("TARGET", root.to_str().unwrap());
    fs::write(handed.fakes.notes.path().join("osv-scanner.report"), report).unwrap();
    let outcome = handed.scan().await;
    assert_eq!(found(&outcome), ["GHSA-462w-v97r-4m45 pkg:pypi/jinja2@2.10 (requirements.txt)"]);
    assert_eq!(
        handed.words(),
        "scan source --format json --no-resolve --no-call-analysis=all --config ... \
         --lockfile=requirements.txt:./requirements.txt --lockfile=:./web/yarn.lock"
    );
    assert_eq!(handed.fakes.note("settings"), "");

    let nothing = Handed::new("osv-scanner", "", "echo 'No package sources found' >&2; exit 128").with("go.mod", "");
    let reason = nothing.failure().await;
    assert!(reason.contains("exit code 128: No package sources found"), "{reason}");
}

#[tokio::test]
async fn safety_is_not_started_where_the_target_has_its_policy() {
    let report = r#"{"report_meta":{"scan_target":"files","safety_version":"2.3.5"},"scanned_packages":{},"affected_packages":{},"announcements":[],
        "vulnerabilities":[{"vulnerability_id":"44742","package_name":"django","ignored":false,"vulnerable_spec":["<2.2.27"],"advisory":"Code Execution in Django.","analyzed_version":"2.2","fixed_versions":["2.2.27"],"CVE":"CVE-2022-22818","severity":null}],
        "ignored_vulnerabilities":[],"remediations":{}}"#;
    let handed = Handed::new("safety", report, "exit 64")
        .with("requirements.txt", "django==2.2\n")
        .with(".safety-policy.yml", "security:\n  ignore-cvss-severity-below: 10\n");
    assert_eq!(found(&handed.scan().await), ["44742 pkg:pypi/django@2.2 (requirements.txt)"]);
    assert_eq!(handed.words(), "check --output json --file TARGET/requirements.txt");
    assert!(!handed.is_started_in_the_target());

    // 65: it does not know its user.
    let refused = Handed::new("safety", "", "echo 'Invalid authentication credential' >&2; exit 65");
    let reason = refused.with("requirements.txt", "").failure().await;
    assert!(reason.contains("exit code 65: Invalid authentication credential"), "{reason}");
}

#[tokio::test]
async fn kube_linter_gets_objects_and_takes_no_settings_from_the_target() {
    let report = r#"{"version":"2.1.0","$schema":"https://json.schemastore.org/sarif-2.1.0-rtm.5.json","runs":[{"tool":{"driver":{"name":"kube-linter","version":"0.8.3",
        "rules":[{"id":"latest-tag","shortDescription":{"text":"Indicates an image with the tag latest."}}]}},
        "results":[{"ruleId":"latest-tag","message":{"text":"The container uses the tag latest"},
        "locations":[{"physicalLocation":{"artifactLocation":{"uri":"deploy/web.yaml"},"region":{"startLine":1}}}]}]}]}"#;
    let handed = Handed::new("kube-linter", report, "echo 'Error: found 1 lint errors' >&2; exit 1")
        .with("deploy/web.yaml", "---\napiVersion: apps/v1\nkind: Deployment\n")
        .with("deploy/web.json.yml", "{\"apiVersion\": \"v1\",\n \"kind\": \"Pod\"}\n")
        .with("compose.yaml", "services:\n  web:\n    image: shop\n")
        .with("kustomization.yaml", "resources: [https://example.com/other]\n")
        .with(".kube-linter.yaml", "checks:\n  doNotAutoAddDefaults: true\n");
    assert_eq!(found(&handed.scan().await), ["latest-tag deploy/web.yaml:1"]);
    assert_eq!(
        handed.words(),
        "lint --format sarif --config ... -- ... ./deploy/web.json.yml ./deploy/web.yaml",
        "the first of the files is ours"
    );
    assert_eq!(handed.fakes.note("settings"), "");

    let failed = Handed::new("kube-linter", "", "echo 'Error: no such check' >&2; exit 1").with("a.yaml", "");
    let reason = failed.failure().await;
    assert!(reason.contains("wrote no report and ended with exit code 1: Error: no such check"), "{reason}");
}

#[tokio::test]
async fn cargo_audit_is_not_started_where_the_target_has_its_settings() {
    let report = r#"{"database":{"advisory-count":800},"lockfile":{"dependency-count":1},"vulnerabilities":{"found":true,"count":1,"list":[
        {"advisory":{"id":"RUSTSEC-2020-0071","title":"Potential segfault"},"versions":{"patched":[">=0.2.23"]},"package":{"name":"time","version":"0.1.42"}}]},"warnings":{}}"#;
    let handed = Handed::new("cargo-audit", report, "exit 1")
        .with("api/Cargo.lock", "")
        .with(".cargo/audit.toml", "[advisories]\nignore = [\"RUSTSEC-2020-0071\"]\n");
    assert_eq!(found(&handed.scan().await), ["RUSTSEC-2020-0071 pkg:cargo/time@0.1.42 (api/Cargo.lock)"]);
    assert_eq!(handed.words(), "audit --json --file TARGET/api/Cargo.lock");
    assert!(!handed.is_started_in_the_target());
}

/// What pip-audit wrote, with exit code 0, where a mirror has no advisories.
#[tokio::test]
async fn a_service_that_knows_no_package_is_no_clean_project() {
    let Some(report) = recorded("pip-audit-mirror/sample.json") else { return };
    let handed = Handed::new("pip-audit", &report, "").with("requirements.txt", "django==2.2\n");
    let reason = handed.failure().await;
    assert!(reason.contains("looked at nothing: Dependency not found on PyPI"), "{reason}");
}

/// A named pipe in the target is named to those that would open it.
#[tokio::test]
async fn checkov_is_told_what_it_must_not_open() {
    let handed = Handed::new("checkov", "[]", "").with("main.tf", "");
    let pipe = handed.fakes.target.path().join("pi pe+.tf");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    handed.scan().await;
    let words = handed.fakes.note("words");
    assert!(
        words.lines().any(|word| word.starts_with("--skip-path=^/") && word.ends_with(r"/pi\ pe\+\.tf$")),
        "{words}"
    );
}

/// Of its own sources: it writes nothing where nothing is open, and says how far it came.
#[tokio::test]
async fn masscan_found_nothing_when_it_came_to_its_end_and_failed_when_it_did_not() {
    for (progress, ran) in [
        ("rate:  0.00-kpps, 100.00% done, waiting 0-secs, found=0       ", 1),
        ("rate: 10.00-kpps, 40.00% done,   0:00:03 remaining, found=0       ", 0),
        ("", 0),
    ] {
        let mut fakes = Fakes::bandit("");
        fakes.add("masscan", &format!(": > \"$5\"; printf '%s\\r' '{progress}' >&2"));
        let target: Host = "10.0.0.0/24".parse().unwrap();
        let request = ScanRequest { scanners: Some(vec!["masscan".to_owned()]), ..ScanRequest::new(target) };
        let outcome = fakes.scan(request).await.0;
        assert_eq!((outcome.ran.len(), outcome.failed.len(), outcome.records.len()), (ran, 1 - ran, 0), "{outcome:?}");
    }
}
