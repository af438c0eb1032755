//! npm audit and pip-audit, which ask a service: here one on this machine, with real advisories about old releases.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use scanhelm_core::finding::Location;
use scanhelm_runner::{ScanOutcome, ScanRequest, ScanState};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::fake::scan;
use crate::installed::{DISCOVERY, agrees, brought, by_hand, json as parsed, list, program};
use crate::service::{Asked, Service};

const BULK: &str = "POST /-/npm/v1/security/advisories/bulk";

/// Old releases with known flaws, as a project would lock them.
const LOCKED: [(&str, &str); 3] = [("handlebars", "4.0.11"), ("jquery", "1.12.4"), ("lodash", "4.17.4")];

const REQUIREMENTS: &str = "django==2.2\njinja2==2.10\nrequests==2.19.0\nflask==0.12\n";

/// A project of npm: nothing of it is installed.
fn locked() -> TempDir {
    let needed: BTreeMap<&str, &str> = LOCKED.into_iter().collect();
    let root = json!({"name": "shop", "version": "1.0.0", "dependencies": needed});
    let mut packages = serde_json::Map::from_iter([(String::new(), root.clone())]);
    packages.extend(LOCKED.map(|(name, version)| (format!("node_modules/{name}"), json!({"version": version}))));
    let lock = json!({"name": "shop", "version": "1.0.0", "lockfileVersion": 3, "packages": packages});
    with_files(&[("package.json", &root.to_string()), ("package-lock.json", &lock.to_string())])
}

fn with_files(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// The folder of advisories beside the test corpus.
fn advisories() -> Option<PathBuf> {
    scanhelm_testkit::corpus::shared_root().map(|shared| shared.join("advisories"))
}

/// What a registry of npm answers, from the data of Retire.js.
fn bulk(data: &Value) -> Value {
    let of = |name: &str| -> Vec<Value> {
        let told = list(&data[name], "vulnerabilities").iter().enumerate();
        told.map(|(number, told)| {
            let below = told["below"].as_str().unwrap();
            let range = told["atOrAbove"].as_str().map_or(format!("<{below}"), |from| format!(">={from} <{below}"));
            let severity = told["severity"].as_str().unwrap().replace("medium", "moderate");
            json!({"id": format!("{name}{number}"), "url": told["info"][0], "title": told["identifiers"]["summary"],
                "severity": severity, "vulnerable_versions": range, "cwe": told["cwe"].as_array().cloned().unwrap_or_default(),
                "cvss": {"score": 0, "vectorString": null}})
        })
        .collect()
    };
    LOCKED
        .into_iter()
        .map(|(name, _)| (name.to_owned(), Value::from(of(name))))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn registry(answer: Value) -> Service {
    Service::start(move |asked| if asked.line == BULK { (200, answer.clone()) } else { (404, json!({})) })
}

/// One advisory, made up.
fn one_advisory() -> Value {
    json!({"lodash": [{"id": 1, "url": "https://github.com/advisories/GHSA-jf85-cpcp-j695", "title": "Prototype pollution",
        "severity": "high", "vulnerable_versions": "<4.17.12", "cwe": ["CWE-1321"],
        "cvss": {"score": 0, "vectorString": null}}]})
}

/// How the only scanner failed.
async fn failure(id: &str, target: &Path, arguments: &[&str]) -> String {
    let mut request = ScanRequest::new(target);
    request.scanners = Some(vec![id.to_owned()]);
    request.options.arguments.insert(id.to_owned(), arguments.iter().map(OsString::from).collect());
    let (outcome, _) = scan(&DISCOVERY, request, &CancellationToken::new()).await;
    assert_eq!((outcome.state, outcome.ran.len(), outcome.records.len()), (ScanState::Failed, 0, 0), "{outcome:?}");
    outcome.failed.into_iter().next().expect("it failed").reason
}

fn rules(outcome: &ScanOutcome) -> Vec<&str> {
    outcome.records.iter().map(|record| record.rule_id.as_str()).collect()
}

#[tokio::test]
async fn npm_audit() {
    let Some(advisories) = advisories() else { return };
    let data: Value = parsed(&fs::read(advisories.join("npmrepository.json")).unwrap());
    let (service, project) = (registry(bulk(&data)), locked());
    let target = project.path().canonicalize().unwrap();
    let ended = Command::new("npm")
        .current_dir(&target)
        .env("HOME", project.path())
        .args(["audit", "--json", "--package-lock-only", "--registry", &service.address])
        .output()
        .unwrap();
    let report = parsed(&ended.stdout);
    let packages = report["vulnerabilities"].as_object().unwrap().values();
    let told = packages.map(|package| list(package, "via").iter().filter(|via| via.is_object()).count()).sum();
    assert!(told > LOCKED.len(), "{report}");
    agrees("npm-audit", &target, &["--registry", &service.address], told).await;
    assert!(service.asked().contains(&BULK.to_owned()), "{:?}", service.asked());
}

#[tokio::test]
async fn npm_audits_that_were_not_answered_failed() {
    // What a mirror does that has packages only.
    let refusing = Service::start(|_| (405, Value::Null));
    let project = locked();
    let reason = failure("npm-audit", project.path(), &["--registry", &refusing.address, "--fetch-retries=0"]).await;
    assert!(reason.contains("405"), "{reason}");

    let nobody = ["--registry", "http://127.0.0.1:1", "--fetch-retries=0"];
    let reason = failure("npm-audit", project.path(), &nobody).await;
    assert!(reason.contains("ECONNREFUSED"), "{reason}");
}

#[tokio::test]
async fn a_broken_lock_file_is_no_clean_project() {
    let service = registry(one_advisory());
    let broken = with_files(&[("package-lock.json", "{\"name\": \"shop\", \"lockfil")]);
    let reason = failure("npm-audit", broken.path(), &["--registry", &service.address]).await;
    assert!(reason.contains("lockfile"), "{reason}");

    let broken = with_files(&[("requirements.txt", "flask==0.12\n)((\n")]);
    let reason = failure("pip-audit", broken.path(), &["-s", "osv", "--osv-url", &service.address]).await;
    assert!(reason.contains("invalid specifier at line 2"), "{reason}");
}

/// A registry of the target's choice could say that all is well.
#[tokio::test]
async fn the_registry_is_not_the_targets_choice() {
    let (trusted, hostile) = (registry(one_advisory()), registry(json!({})));
    let project = locked();
    fs::write(project.path().join(".npmrc"), format!("registry={}\naudit=false\n", hostile.address)).unwrap();
    let outcome = brought("npm-audit", project.path(), &["--registry", &trusted.address]).await;
    assert_eq!(rules(&outcome), ["GHSA-jf85-cpcp-j695"]);
    assert_eq!(outcome.records[0].location.label(), "pkg:npm/lodash (package-lock.json)");

    // Without an argument it is npm's own, to which the way is barred here.
    let barred = ["--https-proxy=http://127.0.0.1:1", "--noproxy=127.0.0.1", "--fetch-retries=0"];
    let reason = failure("npm-audit", project.path(), &barred).await;
    assert!(reason.contains("ECONNREFUSED"), "{reason}");
    assert_eq!(hostile.asked(), Vec::<String>::new());
}

/// A lock file in a folder of its own, and one of several projects that are developed together.
#[tokio::test]
async fn lock_files_are_audited_where_they_lie() {
    let service = registry(one_advisory());
    let folder = TempDir::new().unwrap();
    let lone = folder.path().join("lone");
    fs::create_dir(&lone).unwrap();
    let project = locked();
    fs::copy(project.path().join("package-lock.json"), lone.join("package-lock.json")).unwrap();
    let lock = json!({"name": "shop", "lockfileVersion": 3, "packages": {
        "": {"name": "shop", "workspaces": ["cart"]},
        "cart": {"name": "cart", "version": "1.0.0", "dependencies": {"lodash": "4.17.4"}},
        "node_modules/cart": {"resolved": "cart", "link": true},
        "node_modules/lodash": {"version": "4.17.4"}}});
    let root = json!({"name": "shop", "workspaces": ["cart"]});
    let cart = json!({"name": "cart", "version": "1.0.0", "dependencies": {"lodash": "4.17.4"}});
    fs::create_dir(folder.path().join("cart")).unwrap();
    for (name, value) in [("package-lock.json", &lock), ("package.json", &root), ("cart/package.json", &cart)] {
        fs::write(folder.path().join(name), value.to_string()).unwrap();
    }
    let outcome = brought("npm-audit", folder.path(), &["--registry", &service.address]).await;
    let mut places: Vec<_> = outcome.records.iter().map(|record| record.location.label()).collect();
    places.sort();
    assert_eq!(places, ["pkg:npm/lodash (lone/package-lock.json)", "pkg:npm/lodash (package-lock.json)"]);
}

/// Answers as OSV does: the advisories of the package that name this version.
fn osv(advisories: Vec<Value>) -> Service {
    Service::start(move |asked: &Asked| {
        let query: Value = parsed(&asked.body);
        let (name, version) = (&query["package"]["name"], &query["version"]);
        let names = |advisory: &&Value| {
            let affected = list(advisory, "affected").iter().filter(|affected| &affected["package"]["name"] == name);
            affected.flat_map(|affected| list(affected, "versions")).any(|affected| affected == version)
        };
        let found: Vec<&Value> = advisories.iter().filter(names).collect();
        (200, if found.is_empty() { json!({}) } else { json!({ "vulns": found }) })
    })
}

#[tokio::test]
async fn pip_audit() {
    let Some(advisories) = advisories() else { return };
    // The advisories of PyPA are YAML, which the Python of the scanners reads.
    let read = "import json, pathlib, sys, yaml\nfiles = sorted(pathlib.Path(sys.argv[1]).rglob('*.yaml'))\n\
                print(json.dumps([yaml.load(file.read_text(), yaml.CSafeLoader) for file in files], default=str))";
    let read = Command::new(program("python")).args(["-c", read]).arg(advisories.join("pypa")).output().unwrap();
    let service = osv(parsed(&read.stdout).as_array().unwrap().clone());
    let address = format!("{}/v1/query", service.address);
    let project = with_files(&[("requirements.txt", REQUIREMENTS)]);
    let target = project.path().canonicalize().unwrap();
    let words = ["-r", "requirements.txt", "--no-deps", "--disable-pip", "--progress-spinner", "off", "-f", "json"];
    let words: Vec<&str> = words.into_iter().chain(["-s", "osv", "--osv-url", &address]).collect();
    let report = parsed(&by_hand(&target, "pip-audit", &words, &[]));
    let told = list(&report, "dependencies").iter().map(|dependency| list(dependency, "vulns").len()).sum();
    assert!(told > 20, "{report}");
    agrees("pip-audit", &target, &["-s", "osv", "--osv-url", &address], told).await;
}

#[tokio::test]
async fn pip_audits_that_were_not_answered_failed() {
    let project = with_files(&[("requirements.txt", REQUIREMENTS)]);
    let nobody = ["-s", "osv", "--osv-url", "http://127.0.0.1:1/v1/query"];
    let reason = failure("pip-audit", project.path(), &nobody).await;
    assert!(reason.contains("Connection refused"), "{reason}");

    let broken = Service::start(|_| (500, json!({})));
    let reason = failure("pip-audit", project.path(), &["-s", "osv", "--osv-url", &broken.address]).await;
    assert!(reason.contains("wrote no report and ended with exit code 1"), "{reason}");
}

/// Such a report says that there are no known vulnerabilities, with exit code 0.
#[tokio::test]
async fn what_pip_audit_skipped_was_not_audited() {
    let service = osv(Vec::new());
    let arguments = ["-s", "osv", "--osv-url", &service.address];
    let skipped = "shop @ https://example.com/shop.tgz\n";
    let project = with_files(&[("requirements.txt", skipped)]);
    let reason = failure("pip-audit", project.path(), &arguments).await;
    assert!(reason.contains("looked at nothing: URL requirements cannot be pinned"), "{reason}");

    fs::write(project.path().join("requirements.txt"), format!("{skipped}flask==0.12\n")).unwrap();
    let outcome = brought("pip-audit", project.path(), &arguments).await;
    let warnings: Vec<_> = outcome.ran.iter().flat_map(|ran| &ran.warnings).collect();
    assert_eq!(warnings, ["URL requirements cannot be pinned to a specific package version"]);
}

/// Where its own pip is asked for, Python looks in the working folder first.
#[tokio::test]
async fn pip_audit_runs_no_code_of_the_target() {
    let advisory = json!({"id": "PYSEC-2018-66", "affected": [
        {"package": {"name": "flask", "ecosystem": "PyPI"}, "versions": ["0.12"]}]});
    let service = osv(vec![advisory]);
    let project = with_files(&[("requirements.txt", "flask==0.12\n")]);
    let ran = project.path().join("ran");
    for name in ["pip", "pip_audit", "json", "requests"] {
        let text = format!("open({:?}, 'w')\n", ran.display().to_string());
        fs::write(project.path().join(name).with_extension("py"), text).unwrap();
    }
    let outcome = brought("pip-audit", project.path(), &["-s", "osv", "--osv-url", &service.address]).await;
    assert!(!ran.exists(), "code of the target ran");
    assert_eq!(rules(&outcome), ["PYSEC-2018-66"]);
    let Location::Package { path, .. } = &outcome.records[0].location else { panic!("{outcome:?}") };
    assert_eq!(path.as_deref(), Some("requirements.txt"));
}
