//! What is scanned is anybody's, and so are the settings in it: they turn nothing off.

use std::fs;
use std::path::Path;

use scanhelm_core::finding::FindingRecord;
use tempfile::TempDir;

use crate::installed::brought;
use crate::service::Service;

/// The same is found in the files with the settings beside them as without.
async fn settings_change_nothing(id: &str, arguments: &[&str], files: &[(&str, &str)], settings: &[(&str, &str)]) {
    let folder = TempDir::new().unwrap();
    write(folder.path(), files);
    let without = brought(id, folder.path(), arguments).await.records;
    assert!(!without.is_empty(), "{id} finds something");
    write(folder.path(), settings);
    let outcome = brought(id, folder.path(), arguments).await;
    let of_the_files = |record: &FindingRecord| files.iter().any(|(path, _)| record.location.label().contains(path));
    let with: Vec<_> = outcome.records.iter().filter(|record| of_the_files(record)).cloned().collect();
    assert_eq!(with, without, "{id} took orders: {:?}", outcome.ran);
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// One that asks for another test, and two of which Bandit takes neither and ends.
#[tokio::test]
async fn bandit() {
    let file = [("app.py", "eval(input())\n")];
    let settings = "[bandit]\ntests: B101\nexclude: .\noutput: /dev/null\n";
    settings_change_nothing("bandit", &[], &file, &[(".bandit", settings)]).await;
    settings_change_nothing("bandit", &[], &file, &[(".bandit", settings), ("web/.bandit", settings)]).await;
}

#[tokio::test]
async fn gitleaks() {
    let key = format!("aws_key = \"AKIA{}\"\n", "Z7XKQ4PLM2NRT5VW");
    let settings = "title = \"none\"\n[[rules]]\nid = \"none\"\nregex = '''never-there'''\n";
    settings_change_nothing("gitleaks", &[], &[("keys.txt", &key)], &[(".gitleaks.toml", settings)]).await;
}

#[tokio::test]
async fn hadolint() {
    let file = [("Dockerfile", "FROM debian\nRUN sudo ls\n")];
    let settings = "ignored: [DL3004, DL3006]\nfailure-threshold: none\n";
    settings_change_nothing("hadolint", &[], &file, &[(".hadolint.yaml", settings)]).await;
}

#[tokio::test]
async fn zizmor() {
    let workflow = "on: pull_request_target\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      \
                    - run: echo ${{ github.event.pull_request.title }}\n";
    let off = |audit: &str| format!("  {audit}:\n    disable: true\n");
    let audits = ["dangerous-triggers", "template-injection", "excessive-permissions"].map(off).concat();
    let settings = format!("rules:\n{audits}");
    let settings = [(".github/zizmor.yml", settings.as_str()), ("zizmor.yml", &settings)];
    settings_change_nothing("zizmor", &[], &[(".github/workflows/ci.yml", workflow)], &settings).await;
}

/// Who scans may well name settings, those of the target too.
#[tokio::test]
async fn settings_that_the_caller_names_count() {
    let off = [
        ("bandit", "--ini=.bandit", ".bandit", "[bandit]\nskips: B307\n"),
        ("gitleaks", "--config=own.toml", "own.toml", "[[rules]]\nid = \"none\"\nregex = '''never-there'''\n"),
        ("hadolint", "--config=.hadolint.yaml", ".hadolint.yaml", "ignored: [DL3004, DL3006]\n"),
        ("zizmor", "--config=zizmor.yml", "zizmor.yml", "rules:\n  excessive-permissions:\n    disable: true\n"),
    ];
    let key = format!("aws_key = \"AKIA{}\"\n", "Z7XKQ4PLM2NRT5VW");
    let workflow = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: ls\n";
    let files = [
        ("app.py", "eval(input())\n"),
        ("keys.txt", key.as_str()),
        ("Dockerfile", "FROM debian\nRUN sudo ls\n"),
        (".github/workflows/ci.yml", workflow),
    ];
    let folder = TempDir::new().unwrap();
    write(folder.path(), &files);
    for (id, argument, path, text) in off {
        write(folder.path(), &[(path, text)]);
        assert!(!brought(id, folder.path(), &[]).await.records.is_empty(), "{id} finds something");
        let told = brought(id, folder.path(), &[argument]).await.records;
        assert_eq!(told, Vec::new(), "{id} does not take the settings");
    }
}

/// With what is known of C's own functions replaced by nothing, no memory is ever lost.
#[tokio::test]
async fn cppcheck() {
    let source =
        "#include <stdlib.h>\nint main(void) {\n    char *held = malloc(10);\n    held = 0;\n    return 0;\n}\n";
    let settings = "<?xml version=\"1.0\"?>\n<def format=\"2\">\n</def>\n";
    settings_change_nothing("cppcheck", &[], &[("src/main.c", source)], &[("std.cfg", settings)]).await;
}

#[tokio::test]
async fn retire() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data.json");
    let known = r#"{"shoplib": {"vulnerabilities": [{"below": "2.0.0", "severity": "high", "cwe": ["CWE-1321"],
        "identifiers": {"summary": "Prototype pollution", "CVE": ["CVE-2019-10744"]}, "info": ["https://example.com/a"]}],
        "extractors": {"filecontent": ["shoplib v(§§version§§)"]}}}"#;
    fs::write(&data, known).unwrap();
    let arguments = ["--jsrepo", data.to_str().unwrap()];
    let file = [("web/shoplib.js", "/* shoplib v1.0.0 */\n")];
    settings_change_nothing("retire", &arguments, &file, &[(".retireignore", "@shoplib\nweb\n")]).await;
}

/// A module of Terraform lies where the target says, and that can be behind the firewall.
#[tokio::test]
async fn trivy_fetches_nothing_that_the_target_names() {
    let service = Service::start(|_| (404, serde_json::Value::Null));
    let folder = TempDir::new().unwrap();
    let module = format!("module \"far\" {{\n  source = \"git::{}/far.git\"\n}}\n", service.address);
    write(folder.path(), &[("main.tf", &format!("{module}resource \"aws_s3_bucket\" \"shop\" {{}}\n"))]);
    let outcome = brought("trivy-config", folder.path(), &[]).await;
    assert!(!outcome.records.is_empty(), "{outcome:?}");
    assert_eq!(service.asked(), Vec::<String>::new());
}
