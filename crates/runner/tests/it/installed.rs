//! Every scanner that can be installed for the tests, on old releases with known flaws: what the runner brings is what
//! the scanner says when it is run by hand. The command lines here are those of the scanners' own manuals, and their
//! reports are counted without our readers.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use scanhelm_core::finding::Location;
use scanhelm_runner::{Discovery, Limits, ScanOutcome, ScanRequest, ScanState, ScanType};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::fake::scan;

pub(crate) fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Remembers versions: some take a second to say theirs.
pub(crate) static DISCOVERY: LazyLock<Discovery> = LazyLock::new(|| Discovery::new(folders(), BTreeMap::new()));

fn folders() -> Vec<PathBuf> {
    let parts = [".tools/scanners/bin", ".tools/checkov/bin", ".tools/njsscan/bin", "e2e/scanners/node_modules/.bin"];
    parts.iter().map(|part| checkout().join(part)).collect()
}

pub(crate) fn program(name: &str) -> PathBuf {
    let found = folders().into_iter().map(|folder| folder.join(name)).find(|path| path.exists());
    assert!(found.is_some(), "{name} is not installed for the tests: run `scripts/setup-test.sh scanners`");
    found.unwrap()
}

/// An old release, as the registry has it.
pub(crate) fn source(name: &str) -> PathBuf {
    let folder = checkout().join(".tools/sources").join(name);
    assert!(folder.is_dir(), "{name} is not there: run `scripts/setup-test.sh scanners`");
    folder.canonicalize().unwrap()
}

pub(crate) async fn brought(id: &str, target: &Path, arguments: &[&str]) -> ScanOutcome {
    let mut request = ScanRequest::new(target);
    request.scanners = Some(vec![id.to_owned()]);
    request.limits = Limits { time: Duration::from_secs(240), ..Limits::default() };
    if !arguments.is_empty() {
        request.options.arguments.insert(id.to_owned(), arguments.iter().map(OsString::from).collect());
    }
    let (outcome, _) = scan(&DISCOVERY, request, &CancellationToken::new()).await;
    assert_eq!((outcome.failed.len(), outcome.skipped.len()), (0, 0), "{:?} {:?}", outcome.failed, outcome.skipped);
    outcome
}

/// What a scanner prints when it is run by hand in the folder.
pub(crate) fn by_hand(folder: &Path, name: &str, arguments: &[&str], files: &[PathBuf]) -> Vec<u8> {
    let program = program(name);
    // Engines lie beside their scanners.
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let ended =
        Command::new(program).current_dir(folder).env("PATH", path).args(arguments).args(files).output().unwrap();
    assert!(!ended.stdout.is_empty(), "{name}: {}", String::from_utf8_lossy(&ended.stderr));
    ended.stdout
}

pub(crate) fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

pub(crate) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Files whose name passes, below the folder.
fn files(folder: &Path, wanted: fn(&str) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).unwrap().flatten() {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else if wanted(entry.file_name().to_str().unwrap()) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// As many findings as the scanner itself told of, each on a file of the target; told again the same way (but for one
/// that takes most of a minute).
pub(crate) async fn agrees(id: &str, target: &Path, arguments: &[&str], told: usize) {
    let outcome = brought(id, target, arguments).await;
    assert!(told > 0, "{id} found nothing by hand");
    assert_eq!(outcome.records.len(), told, "{id}: {:?}", outcome.ran);
    let warnings: Vec<_> = outcome.ran.iter().flat_map(|ran| &ran.warnings).collect();
    assert!(warnings.is_empty(), "{id} looked at all of it: {warnings:?}");
    let machine = checkout().display().to_string();
    for record in &outcome.records {
        if let Location::Code { path, .. } | Location::Package { path: Some(path), .. } = &record.location {
            assert!(target.join(path).is_file(), "{id}: {path} is not in the target");
        }
        assert!(!serde_json::to_string(record).unwrap().contains(&machine), "{id} tells of this machine: {record:?}");
    }
    if id != "checkov" {
        let again = brought(id, target, arguments).await;
        assert_eq!(again.records, outcome.records, "{id} says something else the second time");
    }
}

#[tokio::test]
async fn ruff() {
    let target = source("Jinja2");
    let report = by_hand(
        &target,
        "ruff",
        &["check", "--isolated", "--no-cache", "--select", "S", "--output-format", "json"],
        &[],
    );
    agrees("ruff", &target, &[], json(&report).as_array().unwrap().len()).await;
}

#[tokio::test]
async fn flawfinder() {
    let target = source("npm/bcrypt");
    let report = by_hand(&target, "flawfinder", &["--csv", "--quiet", "."], &[]);
    let hits = String::from_utf8_lossy(&report).lines().filter(|line| line.starts_with("./")).count();
    agrees("flawfinder", &target, &[], hits).await;
}

#[tokio::test]
async fn cppcheck() {
    let folder = tempfile::TempDir::new().unwrap();
    let source = "int main() {\n    int numbers[2];\n    numbers[2] = 1;\n    int *none = 0;\n    return *none;\n}\n";
    fs::write(folder.path().join("a.c"), source).unwrap();
    let ended = Command::new(program("cppcheck"))
        .current_dir(folder.path())
        .args(["--enable=warning,portability", "--xml", "--quiet", "."])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&ended.stderr).matches("<error id=").count();
    agrees("cppcheck", &folder.path().canonicalize().unwrap(), &[], told).await;
}

#[tokio::test]
async fn shellcheck() {
    let target = source("cloudgoat");
    let scripts = files(&target, |name| name.ends_with(".sh"));
    let report = by_hand(&target, "shellcheck", &["--format", "json1"], &scripts);
    agrees("shellcheck", &target, &[], list(&json(&report), "comments").len()).await;
}

#[tokio::test]
async fn eslint() {
    let target = source("npm/handlebars");
    let settings = tempfile::TempDir::new().unwrap();
    let plugin = checkout().join("e2e/scanners/node_modules/eslint-plugin-security");
    let text = format!("module.exports = [require({:?}).configs.recommended];", plugin.display().to_string());
    let path = settings.path().join("own.config.cjs");
    fs::write(&path, text).unwrap();
    let words = ["--no-config-lookup", "--no-inline-config", "--no-ignore", "-f", "json", "-c", path.to_str().unwrap()];
    let report = by_hand(&target, "eslint", &words, &files(&target, |name| name.ends_with(".js")));
    let told = json(&report).as_array().unwrap().iter().map(|file| list(file, "messages").len()).sum();
    agrees("eslint", &target, &[], told).await;
}

/// Once, and not twice as the others: it takes most of ten seconds.
#[tokio::test]
async fn njsscan() {
    let target = source("npm/bcrypt");
    let folder = tempfile::TempDir::new().unwrap();
    let shop = "const app = require(\"express\")();\napp.get(\"/\", (asked, answer) => {\n    eval(asked.query.code);\n    \
                answer.send(asked.query.text);\n});\n";
    fs::write(folder.path().join("shop.js"), shop).unwrap();
    fs::copy(target.join("bcrypt.js"), folder.path().join("bcrypt.js")).unwrap();
    let report = json(&by_hand(folder.path(), "njsscan", &["--json", "."], &[]));
    let told: usize = report["nodejs"].as_object().unwrap().values().map(|rule| list(rule, "files").len()).sum();
    assert!(told > 1, "{report}");

    // Here, and not before: by hand it would obey.
    let settings = "ignore-rules: [eval_nodejs, express_xss]\nseverity-filter: [INFO]\n";
    fs::write(folder.path().join(".njsscan"), settings).unwrap();
    let outcome = brought("njsscan", folder.path(), &[]).await;
    assert_eq!((outcome.records.len(), outcome.ran[0].warnings.len()), (told, 0), "{outcome:?}");
    assert!(outcome.records.iter().any(|record| record.location.label() == "shop.js:3"), "{outcome:?}");
}

#[tokio::test]
async fn gitleaks() {
    let target = source("cloudgoat");
    let words =
        ["dir", "--no-banner", "--redact", "--log-level", "error", "--report-format", "json", "--report-path", "-"];
    let report = by_hand(&target, "gitleaks", &words, &[PathBuf::from(".")]);
    agrees("gitleaks", &target, &[], json(&report).as_array().unwrap().len()).await;
}

#[tokio::test]
async fn detect_secrets() {
    let target = source("cloudgoat").join("cloudgoat/scenarios/aws/secrets_in_the_cloud");
    let report = by_hand(&target, "detect-secrets", &["scan", "--all-files", "--no-verify", "."], &[]);
    let results = json(&report);
    let told = results["results"].as_object().unwrap().values().map(|file| file.as_array().unwrap().len()).sum();
    agrees("detect-secrets", &target, &[], told).await;
}

#[tokio::test]
async fn trivy_on_configuration() {
    let target = source("cloudgoat");
    let words = ["config", "--skip-check-update", "--skip-version-check", "--quiet", "--format", "json", "."];
    let report = json(&by_hand(&target, "trivy", &words, &[]));
    let told = list(&report, "Results").iter().map(|result| list(result, "Misconfigurations").len()).sum();
    agrees("trivy-config", &target, &[], told).await;
}

#[tokio::test]
async fn checkov() {
    let target = source("cloudgoat").join("cloudgoat/scenarios/aws/ecs_takeover");
    let words =
        ["-d", ".", "-o", "json", "--quiet", "--compact", "--skip-download", "--framework", "terraform", "dockerfile"];
    let report = json(&by_hand(&target, "checkov", &words, &[]));
    let reports = report.as_array().cloned().unwrap_or_else(|| vec![report.clone()]);
    let told = reports.iter().map(|report| list(&report["results"], "failed_checks").len()).sum();
    agrees("checkov", &target, &[], told).await;
}

/// The settings of a scanner can name code that it runs, and a tree that is scanned is anybody's.
#[tokio::test]
async fn checkov_runs_no_code_of_the_target() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("checks")).unwrap();
    fs::write(path("checks/__init__.py"), "").unwrap();
    let ran = path("ran");
    fs::write(path("checks/hostile.py"), format!("open({:?}, 'w')\n", ran.display().to_string())).unwrap();
    fs::write(path(".checkov.yaml"), "external-checks-dir: [checks]\n").unwrap();
    fs::write(path("Dockerfile"), "FROM scratch\n").unwrap();
    for target in [folder.path().to_path_buf(), path("Dockerfile")] {
        let outcome = brought("checkov", &target, &[]).await;
        assert!(outcome.records.iter().any(|record| record.location.label().starts_with("Dockerfile")), "{outcome:?}");
        assert!(!ran.exists(), "code of the target ran");
    }
}

#[tokio::test]
async fn hadolint() {
    let target = source("cloudgoat");
    let files = files(&target, |name| name == "Dockerfile");
    let report = by_hand(&target, "hadolint", &["-f", "json"], &files);
    agrees("hadolint", &target, &[], json(&report).as_array().unwrap().len()).await;
}

#[tokio::test]
async fn zizmor() {
    let folder = tempfile::TempDir::new().unwrap();
    let workflows = folder.path().join(".github/workflows");
    fs::create_dir_all(&workflows).unwrap();
    let workflow = "on: pull_request_target\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      \
                    - uses: actions/checkout@v4\n      - run: echo ${{ github.event.pull_request.title }}\n";
    fs::write(workflows.join("ci.yml"), workflow).unwrap();
    let file = workflows.join("ci.yml");
    let report = by_hand(folder.path(), "zizmor", &["--offline", "--no-progress", "--format", "json"], &[file]);
    let told = json(&report).as_array().unwrap().len();
    agrees("zizmor", &folder.path().canonicalize().unwrap(), &[], told).await;
}

/// Retire.js with its own data, which is beside the test corpus and in no package.
#[tokio::test]
async fn retire() {
    let Some(corpus) = scanhelm_testkit::corpus::corpus_root() else { return };
    let data = corpus.join("../advisories/jsrepository.json").canonicalize().unwrap();
    let target = source("npm");
    let words =
        ["--path", ".", "--jsrepo", data.to_str().unwrap(), "--outputformat", "json", "--outputpath", "/dev/stdout"];
    let cache = tempfile::TempDir::new().unwrap();
    let cache = cache.path().to_str().unwrap().to_owned();
    let words: Vec<&str> = words.into_iter().chain(["--cachedir", &cache]).collect();
    let report = json(&by_hand(&target, "retire", &words, &[]));
    let results = list(&report, "data").iter().flat_map(|file| list(file, "results"));
    let told = results.map(|result| list(result, "vulnerabilities").len()).sum();
    agrees("retire", &target, &["--jsrepo", data.to_str().unwrap()], told).await;
}

async fn inventory(target: &Path) -> ScanOutcome {
    let mut request = ScanRequest::new(target);
    request.scan_types = vec![ScanType::Sbom];
    scan(&DISCOVERY, request, &CancellationToken::new()).await.0
}

/// As many packages as Syft lists by hand, told the same way again, whatever the target's settings say.
#[tokio::test]
async fn syft() {
    let folder = tempfile::TempDir::new().unwrap();
    fs::create_dir(folder.path().join("web")).unwrap();
    fs::copy(checkout().join("web/package-lock.json"), folder.path().join("web/package-lock.json")).unwrap();
    fs::write(folder.path().join("requirements.txt"), "Jinja2==2.10\nrequests==2.19.0\n").unwrap();
    let report =
        json(&by_hand(folder.path(), "syft", &["scan", "--quiet", "--output", "cyclonedx-json", "dir:."], &[]));
    let told: BTreeSet<&str> =
        list(&report, "components").iter().filter_map(|component| component["purl"].as_str()).collect();
    assert!(told.contains("pkg:pypi/jinja2@2.10") && told.len() > 10, "{told:?}");

    // Here, and not before: by hand it would obey.
    fs::write(folder.path().join(".syft.yaml"), "exclude: ['./**']\n").unwrap();
    let outcome = inventory(folder.path()).await;
    let listed: BTreeSet<&str> = outcome.components.iter().filter_map(|one| one.purl.as_deref()).collect();
    assert_eq!(listed, told);
    assert_eq!(outcome.components.len(), told.len());
    assert_eq!((outcome.ran[0].components, outcome.records.len()), (Some(told.len() as u64), 0));
    let jinja = outcome.components.iter().find(|one| one.name.eq_ignore_ascii_case("jinja2")).unwrap();
    assert_eq!(jinja.locations, ["requirements.txt"]);
    assert_eq!(inventory(folder.path()).await.components, outcome.components);

    let one_file = inventory(&folder.path().join("requirements.txt")).await;
    assert_eq!(one_file.components.len(), 2, "{one_file:?}");
}

#[tokio::test]
async fn syft_that_lists_nothing_of_a_lock_file_has_failed() {
    let folder = tempfile::TempDir::new().unwrap();
    fs::write(folder.path().join("requirements.txt"), "# nothing\n").unwrap();
    let outcome = inventory(folder.path()).await;
    assert_eq!(outcome.state, ScanState::Failed);
    assert!(outcome.failed[0].reason.contains("it lists no component of requirements.txt; run"), "{outcome:?}");

    fs::remove_file(folder.path().join("requirements.txt")).unwrap();
    fs::create_dir(folder.path().join("lib")).unwrap();
    for name in ["a.jar", "b.war"] {
        fs::write(folder.path().join("lib").join(name), "no archive").unwrap();
    }
    let outcome = inventory(folder.path()).await;
    assert!(outcome.failed[0].reason.contains("of lib/a.jar and 1 more file; run"), "{outcome:?}");
}

/// What is installed is named by the lock file; what somebody put there by hand is named nowhere else.
#[tokio::test]
async fn components_that_an_inventory_leaves_out_are_told() {
    let folder = tempfile::TempDir::new().unwrap();
    fs::write(folder.path().join("requirements.txt"), "Jinja2==2.10\n").unwrap();
    for (place, name) in [(".venv/lib", "Jinja2"), (".venv/lib", "requests"), ("vendor", "flask")] {
        let installed = folder.path().join(place).join(format!("{name}-2.10.dist-info"));
        fs::create_dir_all(&installed).unwrap();
        fs::write(installed.join("METADATA"), format!("Metadata-Version: 2.1\nName: {name}\nVersion: 2.10\n")).unwrap();
    }
    let outcome = inventory(folder.path()).await;
    let names: Vec<&str> = outcome.components.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Jinja2"], "{outcome:?}");
    assert_eq!(outcome.ran[0].warnings, ["2 components in hidden or vendored folders were left out"]);
}
