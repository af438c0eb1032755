//! Scanners that only a file of their user defines.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use scanhelm_core::SeverityCounts;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_runner::{Cache, Discovery, OwnScanners, RunnerEvent, ScanOutcome, ScanRequest, ScanState, ScanType, Way};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::fake::scan;
use crate::installed::{by_hand, json, list, program, source};

fn defined(folder: &Path, text: &str) -> OwnScanners {
    let file = folder.join("scanners.toml");
    fs::write(&file, text).unwrap();
    OwnScanners::read(&[file]).unwrap()
}

async fn scanned(own: &OwnScanners, folders: Vec<PathBuf>, mut request: ScanRequest, id: &str) -> ScanOutcome {
    request.scanners = Some(vec![id.to_owned()]);
    let discovery = Discovery::new(folders, BTreeMap::new()).with_own(own);
    scan(&discovery, request, &CancellationToken::new()).await.0
}

fn tools() -> Vec<PathBuf> {
    vec![program("bandit").parent().unwrap().to_owned()]
}

/// The examples of docs/LOCAL_SCANS.md.
fn documented() -> Vec<String> {
    let page = include_str!("../../../../docs/LOCAL_SCANS.md");
    let section = page.split("\n## ").find(|section| section.starts_with("Scanners of your own")).unwrap();
    let blocks = section.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    blocks.collect()
}

const BANDIT: &str = r#"
[[scanner]]
id = "mapped-bandit"
scan_types = ["code"]
programs = ["bandit"]
oldest = "1.7"
exit_codes = [0, 1]
files = ["*.py"]
arguments = ["--quiet", "--recursive", "--format", "json", "--output", "{report}", "--", "{targets}"]
[scanner.json]
findings = "results"
problems = "errors"
rule = "test_id"
title = "test_name"
severity = "issue_severity"
severities = { UNDEFINED = "info" }
path = "filename"
line = "line_number"
cwe = "issue_cwe.id"
description = "issue_text"
reference = "more_info"
"#;

#[tokio::test]
async fn a_mapped_report_says_the_same_as_the_reader_of_its_format() {
    let folder = TempDir::new().unwrap();
    let (own, tree) = (defined(folder.path(), BANDIT), source("Jinja2"));
    let built_in = scanned(&own, tools(), ScanRequest::new(tree.as_path()), "bandit").await;
    let mapped = scanned(&own, tools(), ScanRequest::new(tree.as_path()), "mapped-bandit").await;
    assert_eq!((mapped.failed.len(), mapped.ran.len()), (0, 1), "{:?}", mapped.failed);
    let places = |outcome: &ScanOutcome| {
        let place = |record: &FindingRecord| {
            (record.location.label(), record.rule_id.clone(), record.severity.rank(), record.cwes.clone())
        };
        let mut all: Vec<_> = outcome.records.iter().map(|record| place(record)).collect();
        all.sort();
        all
    };
    assert!(mapped.records.len() > 10, "{:?}", mapped.ran);
    assert_eq!(places(&mapped), places(&built_in));
    let has_source = |record: &FindingRecord| matches!(record.location, Location::Code { source: Some(_), .. });
    assert!(mapped.records.iter().all(|record| has_source(record)), "the lines are read from the tree");
    assert!(mapped.records.iter().all(|record| record.scanner == "mapped-bandit"));
    let of = |outcome: &ScanOutcome| (outcome.coverage[0].assets.clone(), outcome.coverage[0].complete);
    assert_eq!(of(&mapped), of(&built_in));
    assert_eq!(mapped.coverage[0].scanner, "mapped-bandit");
}

#[tokio::test]
async fn the_documented_examples_find_what_their_tools_find() {
    let folder = TempDir::new().unwrap();
    let examples = documented();
    let [mapped, sarif] = examples.as_slice() else { panic!("{} examples", examples.len()) };
    let own = defined(folder.path(), &format!("{mapped}\n{sarif}"));

    let tree = source("Jinja2");
    let outcome = scanned(&own, tools(), ScanRequest::new(tree.as_path()), "python-bugs").await;
    assert_eq!(outcome.failed, Vec::new());
    let arguments = ["check", "--isolated", "--no-cache", "--select", "B,F", "--output-format", "json", "."];
    let said = json(&by_hand(&tree, "ruff", &arguments, &[]));
    let said = said.as_array().unwrap();
    assert!(said.len() > 20);
    assert_eq!(outcome.records.len(), said.len());
    assert_eq!(outcome.ran[0].warnings, Vec::<String>::new());

    let code = TempDir::new().unwrap();
    fs::write(code.path().join("a.c"), "#include <stdio.h>\nint main(void) { char b[4]; gets(b); printf(b); }\n")
        .unwrap();
    fs::write(code.path().join("a.txt"), "gets(b);\n").unwrap();
    let outcome = scanned(&own, tools(), ScanRequest::new(code.path()), "c-calls").await;
    assert_eq!(outcome.failed, Vec::new());
    let said = json(&by_hand(code.path(), "flawfinder", &["--sarif", "--minlevel=0", "."], &[]));
    assert!(outcome.records.len() >= 3);
    assert_eq!(outcome.records.len(), list(&said["runs"][0], "results").len());
    assert!(outcome.records.iter().all(|record| record.location.label().starts_with("a.c:")), "{:?}", outcome.records);
}

/// A scanner that a script is, reports to standard output, and a target for it.
struct Scripted {
    folder: TempDir,
    target: TempDir,
}

impl Scripted {
    fn new(script: &str) -> Self {
        let (folder, target) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        fs::write(target.path().join("a.x"), "one\ntwo\n").unwrap();
        let path = folder.path().join("own-lint");
        let note = folder.path().join("runs");
        let text = format!(
            "#!/bin/sh\n[ \"$1\" = --version ] && {{ echo own 1.2; exit 0; }}\necho run >> {}\n{script}\n",
            note.display()
        );
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder, target }
    }

    fn definition(&self, more: &str) -> OwnScanners {
        let text = format!(
            "[programs]\nown-lint = \"{}/own-lint\"\n[[scanner]]\nid = \"own-lint\"\nscan_types = [\"code\"]\n\
             programs = [\"own-lint\"]\narguments = [\"{{targets}}\"]\nfiles = [\"*.x\"]\n{more}\n\
             [scanner.json]\nrule = \"id\"\npath = \"at\"\nusual_severity = \"low\"\n",
            self.folder.path().display()
        );
        defined(self.folder.path(), &text)
    }

    async fn scanned(&self, more: &str) -> ScanOutcome {
        scanned(&self.definition(more), Vec::new(), ScanRequest::new(self.target.path()), "own-lint").await
    }

    fn runs(&self) -> usize {
        fs::read_to_string(self.folder.path().join("runs")).unwrap_or_default().lines().count()
    }
}

#[tokio::test]
async fn one_that_fails_is_never_a_clean_result() {
    for (script, said) in [
        ("echo '[]'; exit 2", "it ended with exit code 2"),
        ("exit 0", "it wrote no report"),
        ("echo '[{\"id\": '", "its report cannot be used"),
        ("echo 'all is well'", "its report cannot be used"),
        ("echo '[{\"name\": 1, \"at\": \"a.x\"}]'", "none of its 1 findings could be read"),
        ("kill -9 $$", "it was ended by"),
    ] {
        let outcome = Scripted::new(script).scanned("").await;
        assert_eq!(outcome.state, ScanState::Failed, "{script}");
        assert!(outcome.failed[0].reason.contains(said), "{script}: {:?}", outcome.failed);
        assert!(outcome.records.is_empty() && outcome.ran.is_empty());
    }
    let missing = "[[scanner]]\nid = \"own-lint\"\nscan_types = [\"code\"]\nprograms = [\"not-there-at-all\"]\n\
                   arguments = [\"{targets}\"]\nformat = \"sarif\"\n";
    let target = Scripted::new("");
    let own = defined(target.folder.path(), missing);
    let outcome = scanned(&own, Vec::new(), ScanRequest::new(target.target.path()), "own-lint").await;
    assert_eq!((outcome.state, outcome.skipped.len()), (ScanState::Failed, 1));
    assert!(outcome.skipped[0].install_hint.as_ref().unwrap().contains("--program own-lint=PATH"));
}

#[tokio::test]
async fn what_it_says_of_other_files_and_what_cannot_be_read_is_told() {
    let script = r#"echo '{"id": "A", "at": "'$1'/a.x"} {"id": "B", "at": "/etc/passwd"} {"at": "a.x"}'"#;
    let outcome = Scripted::new(script).scanned("").await;
    assert_eq!(outcome.records.len(), 1, "{:?}", outcome.failed);
    assert_eq!(outcome.records[0].location.label(), "a.x");
    let warnings = &outcome.ran[0].warnings;
    assert!(warnings.iter().any(|words| words.contains("it has no `id`")), "{warnings:?}");
    assert!(warnings.iter().any(|words| words.contains("not in the target")), "{warnings:?}");
    assert!(!outcome.coverage[0].complete);
}

#[tokio::test]
async fn nothing_printed_is_clean_only_where_the_definition_says_so() {
    let quiet = Scripted::new("exit 0");
    assert_eq!(quiet.scanned("silent_when_clean = true").await.counts(), SeverityCounts::default());
    let outcome = quiet.scanned("silent_when_clean = true").await;
    assert_eq!((outcome.state, outcome.ran.len()), (ScanState::Completed, 1));
    let told = Scripted::new("echo trouble >&2").scanned("silent_when_clean = true").await;
    assert_eq!(told.state, ScanState::Failed);
}

#[tokio::test]
async fn an_answer_is_kept_for_the_definition_that_got_it() {
    let scripted = Scripted::new(r#"echo '[{"id": "A", "at": "./a.x", "level": "high"}]'"#);
    let cache = TempDir::new().unwrap();
    let scan = async |more: &str| {
        let mut request = ScanRequest::new(scripted.target.path());
        request.cache = Some(Cache::new(cache.path().to_owned(), scanhelm_core::Timestamp::from_seconds(1)));
        let outcome = scanned(&scripted.definition(more), Vec::new(), request, "own-lint").await;
        assert_eq!(outcome.records.len(), 1, "{:?}", outcome.failed);
        scripted.runs()
    };
    assert_eq!((scan("").await, scan("").await), (1, 2), "nobody said that they may be kept");
    assert_eq!((scan("keep_answers = true").await, scan("keep_answers = true").await), (3, 3));
    assert_eq!(scan("keep_answers = true\nexit_codes = [0, 1]").await, 4, "another definition");
}

#[tokio::test]
async fn a_scanner_of_python_is_started_as_a_module_and_takes_none_from_the_target() {
    let (folder, target) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let ran = target.path().join("ran");
    let hostile = format!("open({:?}, 'w').write('x')\n", ran.display().to_string());
    for name in ["bandit.py", "sitecustomize.py", "json.py", "argparse.py"] {
        fs::write(target.path().join(name), &hostile).unwrap();
    }
    fs::write(target.path().join("app.py"), "eval(input())\n").unwrap();
    // A link would not find its environment.
    let python = folder.path().join("python3");
    fs::write(&python, format!("#!/bin/sh\nexec {} \"$@\"\n", program("python3").display())).unwrap();
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
    // Bandit itself may be in PATH here.
    let module = BANDIT.replace("[\"bandit\"]", "[\"module-bandit\", \"python3 -m bandit\"]");
    let own = defined(folder.path(), &module.replace("mapped-bandit", "module-bandit"));
    let discovery = Discovery::new(vec![folder.path().to_owned()], BTreeMap::new()).with_own(&own);
    let bandit = discovery.registry().get("module-bandit").unwrap();
    let found = discovery.find_one(bandit).await;
    assert_eq!((found.way, found.path.as_deref()), (Way::Module { module: "bandit" }, Some(python.as_path())));
    assert_eq!(found.started_by().unwrap(), format!("{} -m bandit", python.display()));
    let request = ScanRequest { scanners: Some(vec!["module-bandit".to_owned()]), ..ScanRequest::new(target.path()) };
    let (outcome, events) = scan(&discovery, request, &CancellationToken::new()).await;
    assert!(outcome.records.iter().any(|record| record.location.label() == "app.py:1"), "{:?}", outcome.failed);
    assert!(!ran.exists(), "a module of the target ran");
    assert!(outcome.ran[0].commands[0].starts_with(&format!("{} -P -m bandit --quiet", python.display())));
    assert!(events.iter().any(|event| matches!(event, RunnerEvent::ScannerComplete(_))));

    // A program goes before the module, a named place before both.
    symlink(program("bandit").canonicalize().unwrap(), folder.path().join("module-bandit")).unwrap();
    assert_eq!(discovery.find_one(bandit).await.way, Way::Path);
    let named = BTreeMap::from([("module-bandit".to_owned(), folder.path().join("nowhere"))]);
    let found = Discovery::new(vec![folder.path().to_owned()], named).with_own(&own).find_one(bandit).await;
    assert!(found.reason.unwrap().contains("the configured program"));
}

#[tokio::test]
async fn a_site_is_looked_at_by_its_address() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", server.local_addr().unwrap());
    let scripted = Scripted::new(&format!(
        r#"echo '{{"id": "A", "at": "'$1'"}} {{"id": "B", "at": "http://other.example/"}}'; echo "$@" > {}/words"#,
        "$(dirname $0)"
    ));
    let text = format!(
        "[[scanner]]\nid = \"own-site\"\nscan_types = [\"dast\"]\nprograms = [\"{}/own-lint\"]\n\
         arguments = [\"{{url}}\", \"--to={{folder}}\"]\n\
         [scanner.json]\nrule = \"id\"\nurl = \"at\"\nusual_severity = \"low\"\n",
        scripted.folder.path().display()
    );
    let own = defined(scripted.folder.path(), &text);
    let request = ScanRequest::new(address.parse::<scanhelm_runner::Site>().unwrap());
    assert_eq!(request.scan_types, [ScanType::Dast]);
    let outcome = scanned(&own, Vec::new(), request, "own-site").await;
    let places: Vec<_> = outcome.records.iter().map(|record| record.location.label()).collect();
    assert_eq!(places, [address], "{:?}", outcome.failed);
    assert!(outcome.ran[0].warnings[0].contains("on another host"));
    assert!(!outcome.coverage[0].complete, "nothing says that it looked at everything");
}
