//! Every scanner that can be installed for the tests, on old releases with known flaws: what the runner brings is what
//! the scanner says when it is run by hand. The command lines here are those of the scanners' own manuals, and their
//! reports are counted without our readers.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use scanhelm_core::finding::Location;
use scanhelm_runner::{Discovery, Limits, ScanOutcome, ScanRequest};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::fake::scan;

pub(crate) fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Remembers versions: some take a second to say theirs.
pub(crate) static DISCOVERY: LazyLock<Discovery> = LazyLock::new(|| Discovery::new(folders(), BTreeMap::new()));

fn folders() -> Vec<PathBuf> {
    let environments = ["scanners", "checkov", "njsscan", "safety"].map(|name| format!(".tools/{name}/bin"));
    let parts = environments.iter().map(String::as_str).chain(["e2e/scanners/node_modules/.bin"]);
    parts.map(|part| checkout().join(part)).collect()
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

/// An app for both systems: left to itself it would look at Android alone.
#[tokio::test]
async fn mobsfscan() {
    let target = source("npm/react-native-fs");
    let told = ["android", "ios"].map(|kind| found_by_mobsfscan(&target, kind));
    let outcome = brought("mobsfscan", &target, &[]).await;
    assert!(told.iter().all(|count| *count > 3), "{told:?}");
    assert_eq!((outcome.records.len(), outcome.ran[0].commands.len()), (told.iter().sum(), 2), "{outcome:?}");
    assert_eq!((outcome.ran[0].version.as_deref(), outcome.ran[0].warnings.len()), (Some("1.1.0"), 0), "{outcome:?}");
}

/// With what holds other scanners, and settings that turn off all there is.
#[tokio::test]
async fn mobsfscan_passes_odd_files_by_and_takes_no_settings_from_the_target() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let released = source("npm/cordova-plugin-file-transfer").join("src/ios/CDVFileTransfer.m");
    fs::copy(released, path("CDVFileTransfer.m")).unwrap();
    let told = found_by_mobsfscan(folder.path(), "ios");
    assert!(Command::new("mkfifo").arg(path("pipe.m")).status().unwrap().success());
    std::os::unix::fs::symlink("/dev/zero", path("zero.m")).unwrap();
    fs::write(path(".mobsf"), "ignore-filenames: ['*.m']\nseverity-filter: [WARNING]\n").unwrap();
    let outcome = brought("mobsfscan", folder.path(), &[]).await;
    assert_eq!((outcome.records.len(), outcome.ran[0].exit_code), (told, 1), "{outcome:?}");
    let flaw = outcome.records.iter().find(|record| record.rule_id == "ios_self_signed_ssl").unwrap();
    assert!(flaw.location.label().starts_with("CDVFileTransfer.m:"), "{flaw:?}");
    let odd = ["pipe.m", "zero.m"].map(|name| format!("{name} is neither a file nor a folder and was not looked at"));
    assert_eq!(outcome.ran[0].warnings, odd);
}

/// A rule without a file speaks of the app.
fn found_by_mobsfscan(target: &Path, kind: &str) -> usize {
    let report = json(&by_hand(target, "mobsfscan", &["--json", "--type", kind, "."], &[]));
    report["results"].as_object().unwrap().values().map(|rule| list(rule, "files").len().max(1)).sum()
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

/// With the advisories of 2021, the last that a package has. They lack a field that this version of Safety asks for.
#[tokio::test]
async fn safety() {
    let [folder, advisories] = [tempfile::TempDir::new().unwrap(), tempfile::TempDir::new().unwrap()];
    fs::write(folder.path().join("requirements.txt"), "django==2.2\njinja2==2.10\n").unwrap();
    let library = program("safety").parent().unwrap().join("../lib");
    let released = files(&library, |name| name == "insecure.json" || name == "insecure_full.json");
    for path in released.iter().filter(|path| path.parent().unwrap().ends_with("safety_db")) {
        let mut all = json(&fs::read(path).unwrap());
        all["$meta"]["base_domain"] = "https://advisories.example".into();
        fs::write(advisories.path().join(path.file_name().unwrap()), all.to_string()).unwrap();
    }
    let argument = format!("--db={}", advisories.path().display());
    let words = ["check", "--output", "json", &argument, "--file", "requirements.txt"];
    let report = json(&by_hand(folder.path(), "safety", &words, &[]));
    let told = report["report_meta"]["vulnerabilities_found"].as_u64().unwrap();
    let target = folder.path().canonicalize().unwrap();
    agrees("safety", &target, &[&argument], told.try_into().unwrap()).await;

    fs::write(folder.path().join("requirements.txt"), "no-such-package==1.0\n").unwrap();
    let clean = brought("safety", &target, &[&argument]).await;
    assert_eq!((clean.records.len(), clean.ran[0].exit_code, clean.ran[0].warnings.len()), (0, 0, 0), "{clean:?}");
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
