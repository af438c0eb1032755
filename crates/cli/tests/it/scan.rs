//! `scanhelm scan` with real scanners, and with scripts where the real ones behave too well.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Ended, judged, real_source, run, scanhelm, scanners};

/// Sequences a terminal would obey, and what makes them.
const TERMINAL_CONTROL: [char; 4] = ['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}'];

fn bandit(folder: &Path, target: &str, more: &[&str]) -> Ended {
    let mut command = scanhelm();
    command.current_dir(folder).args(["scan", target, "--scanner", "bandit", "--scanner-dir"]).arg(scanners());
    command.args(more).output().unwrap().into()
}

/// A project with one mistake that Bandit calls high and one that it calls low.
fn project() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(
        folder.path().join("app.py"),
        "import subprocess\n\n\ndef run(line):\n    return subprocess.call(line, shell=True)\n",
    )
    .unwrap();
    folder
}

#[test]
fn every_format_is_the_same_for_every_run_folder_and_spelling_of_a_real_tree() {
    let source = real_source();
    let elsewhere = TempDir::new().unwrap();
    symlink(&source, elsewhere.path().join("link")).unwrap();
    let text = source.display().to_string();
    let written = |folder: &Path, spelling: &str| -> Vec<(&str, String)> {
        let out = TempDir::new().unwrap();
        let files = ["out.sarif", "out.json", "out.csv", "out.txt"];
        let paths = files.map(|file| out.path().join(file).display().to_string());
        let more: Vec<&str> = paths.iter().flat_map(|path| ["--output-file", path.as_str()]).collect();
        let ended = bandit(folder, spelling, &more);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        files.into_iter().zip(paths).map(|(file, path)| (file, fs::read_to_string(path).unwrap())).collect()
    };
    let first = written(&source, ".");
    for (file, content) in &first {
        assert!(content.contains("_cache.py"), "{file}: {content}");
        assert!(!content.contains(&text), "{file} holds a path of this machine");
    }
    for (folder, spelling) in [
        (source.as_path(), "."),
        (source.as_path(), "../stevedore"),
        (elsewhere.path(), text.as_str()),
        (elsewhere.path(), &format!("{text}/")),
        (elsewhere.path(), &format!("{text}/./../stevedore/")),
        (elsewhere.path(), "link"),
        (elsewhere.path(), "link/"),
    ] {
        assert_eq!(written(folder, spelling), first, "`{spelling}` in {}", folder.display());
    }
}

#[test]
fn another_clone_gives_the_same_sarif() {
    let clones = TempDir::new().unwrap();
    let sarif = |name: &str, url: &str| {
        let clone = clones.path().join(name);
        fs::create_dir_all(clone.join(".git")).unwrap();
        fs::write(clone.join("app.py"), "import pickle\npickle.loads(b'')\n").unwrap();
        fs::write(clone.join(".git/config"), format!("[remote \"origin\"]\n\turl = {url}\n")).unwrap();
        bandit(clones.path(), name, &["--output", "sarif"]).stdout
    };
    let one = sarif("one", "git@github.com:acme/shop.git");
    assert!(one.contains("app.py"), "{one}");
    assert_eq!(one, sarif("two", "https://ci:token@github.com/acme/shop"));
    assert!(!one.contains("token"));
}

#[test]
fn an_answer_that_was_kept_is_the_same_output() {
    let (folder, kept) = (project(), TempDir::new().unwrap());
    let scan = |more: &[&str]| -> Ended {
        let mut command = scanhelm();
        command.env("XDG_CACHE_HOME", kept.path()).env_remove("SCANHELM_NO_CACHE").current_dir(folder.path());
        command.args(["scan", ".", "--scanner", "bandit", "--output", "json", "--scanner-dir"]).arg(scanners());
        command.args(more).output().unwrap().into()
    };
    let (first, again, anew) = (scan(&[]), scan(&[]), scan(&["--no-cache"]));
    assert_eq!((&first.stdout, &again.stdout, &anew.stdout), (&first.stdout, &first.stdout, &first.stdout));
    let said = [&first, &again, &anew].map(|ended| ended.stderr.contains("its files have not changed"));
    assert_eq!(said, [false, true, false], "{} {} {}", first.stderr, again.stderr, anew.stderr);
}

#[test]
fn sarif_is_whole_and_says_what_was_found() {
    let folder = project();
    let ended = bandit(folder.path(), ".", &["--output", "sarif"]);
    let sarif: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let rules: Vec<&str> = results.iter().map(|result| result["ruleId"].as_str().unwrap()).collect();
    assert_eq!(rules, ["B602", "B404"]);
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "app.py");
    assert_eq!(place["region"]["startLine"], 5);
}

#[test]
fn standard_output_holds_data_only_and_standard_error_the_progress() {
    let folder = project();
    let ended = bandit(folder.path(), ".", &["--output", "json"]);
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(json["findings"].as_array().unwrap().len(), 2);
    assert!(
        ended.stderr.contains("bandit 1.9.4: started") && ended.stderr.contains("bandit: 2 findings"),
        "{}",
        ended.stderr
    );
    let quiet = bandit(folder.path(), ".", &["--output", "json", "--quiet"]);
    assert_eq!((quiet.stdout, quiet.stderr.as_str()), (ended.stdout, ""));
}

#[test]
fn the_threshold_decides_between_0_and_1() {
    let folder = project();
    for (threshold, code) in [("critical", 0), ("high", 1), ("medium", 1), ("low", 1), ("HIGH", 1)] {
        let ended = bandit(folder.path(), ".", &["--fail-on", threshold]);
        assert_eq!(ended.code, code, "{threshold}: {}", ended.stderr);
        assert!(ended.stdout.contains("2 findings: 1 high, 1 low"), "{}", ended.stdout);
    }
    assert_eq!(bandit(folder.path(), ".", &[]).code, 0);
}

#[test]
fn what_cannot_be_done_is_refused_with_2_before_anything_runs() {
    let folder = project();
    let here = |arguments: &[&str]| -> Ended {
        let mut command = scanhelm();
        command.current_dir(folder.path()).arg("scan").args(arguments).output().unwrap().into()
    };
    for (arguments, said) in [
        (&["gone"][..], "there is no file or folder `gone`"),
        (&["https://github.com/acme/shop"], "is an address"),
        (&[".", "--type", "dasd"], "the types are: code"),
        (&[".", "--type", "dast"], "a scan of type dast needs the address of a web site"),
        (&[".", "--url", "shop.example.com"], "write it as https://"),
        (&["--host", "127.0.0.1:0"], "is not a host"),
        (&[".", "--scanner", "bandage"], "the scanners are: bandit, semgrep"),
        (
            &[".", "--output", "pdf"],
            "[possible values: table, json, sarif, csv, ndjson, cyclonedx, cyclonedx-vex, html, junit, gitlab-codequality, github-annotations, markdown]",
        ),
        (&[".", "--output-file", "report.pdf"], "so its form is not known"),
        (&[".", "--output-file", "gone/report.sarif"], "no folder"),
        (&[".", "--fail-on", "severe"], "is not a severity"),
        (&[".", "--timeout", "5"], "is not a duration"),
        (&[".", "--config", "p/python"], "cannot be used"),
        // What is staged is not all there is: a hub would close the rest.
        (&["--staged", "--hub", "http://127.0.0.1:1"], "cannot be used with"),
        (&[], "name what to scan"),
    ] {
        let ended = here(arguments);
        assert_eq!(ended.code, 2, "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{arguments:?}: {}", ended.stderr);
        assert_eq!(ended.stdout, "", "{arguments:?}");
    }
}

#[test]
fn files_get_what_standard_output_would() {
    let folder = project();
    fs::write(folder.path().join("out.sarif"), "old").unwrap();
    let files = ["out.sarif", "out.json", "out.csv", "out.txt"];
    let arguments: Vec<&str> = files.iter().flat_map(|file| ["--output-file", file]).collect();
    let ended = bandit(folder.path(), ".", &arguments);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for (file, format) in files.into_iter().zip(["sarif", "json", "csv", "table"]) {
        let expected = bandit(folder.path(), ".", &["--output", format]).stdout;
        assert_eq!(fs::read_to_string(folder.path().join(file)).unwrap(), expected, "{file}");
    }
    let mut names: Vec<String> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["app.py", "out.csv", "out.json", "out.sarif", "out.txt"], "nothing else is left behind");
}

/// They say who looks at its files; a host is looked at by scanners of hosts.
#[test]
fn the_projects_scanners_are_those_of_its_files() {
    let (folder, tools) = (project(), TempDir::new().unwrap());
    fs::write(folder.path().join(".scanhelm.toml"), "scanners = [\"bandit\"]\n").unwrap();
    let script = r#"#!/bin/sh
[ "$1" = --version ] && { echo "Nmap version 7.93"; exit 0; }
for word in "$@"; do [ "$last" = -oX ] && report=$word; last=$word; done
cat > "$report" <<XML
<?xml version="1.0"?>
<nmaprun scanner="nmap" args="nmap" start="1795442980" version="7.93" xmloutputversion="1.05">
<host><status state="up" reason="user-set"/><address addr="127.0.0.1" addrtype="ipv4"/>
<ports><port protocol="tcp" portid="80"><state state="open" reason="syn-ack"/></port></ports></host>
<runstats><finished time="1795442990" exit="success"/><hosts up="1" down="0" total="1"/></runstats>
</nmaprun>
XML
"#;
    fs::write(tools.path().join("nmap"), script).unwrap();
    fs::set_permissions(tools.path().join("nmap"), fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink(scanners().join("bandit").canonicalize().unwrap(), tools.path().join("bandit")).unwrap();
    let ran = |targets: &[&str]| -> Vec<String> {
        let mut command = scanhelm();
        command.current_dir(folder.path()).arg("scan").args(targets);
        let ended: Ended =
            command.args(["--output", "json", "--scanner-dir"]).arg(tools.path()).output().unwrap().into();
        assert_eq!(ended.code, 0, "{targets:?}: {}", ended.stderr);
        let result: Value = serde_json::from_str(&ended.stdout).unwrap();
        let all = result["scanners"].as_array().unwrap().iter();
        all.filter(|one| one["outcome"] == "complete").map(|one| one["scanner"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ran(&["."]), ["bandit"]);
    assert_eq!(ran(&["--host", "127.0.0.1"]), ["nmap"]);
    assert_eq!(ran(&[".", "--host", "127.0.0.1"]), ["bandit", "nmap"]);
}

#[test]
fn both_scanners_run_without_being_named() {
    let folder = project();
    let ended: Ended =
        scanhelm().arg("scan").arg(folder.path()).arg("--scanner-dir").arg(scanners()).output().unwrap().into();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for expected in
        ["scanhelm-python-shell-command", "B602", "  bandit 1.9.4: 2 findings\n  semgrep 1.182.0: 1 finding\n"]
    {
        assert!(ended.stdout.contains(expected), "{}", ended.stdout);
    }
}

#[test]
fn a_missing_scanner_is_no_clean_result() {
    let folder = project();
    let ended: Ended = scanhelm()
        .args(["scan", ".", "--scanner", "bandit"])
        .current_dir(folder.path())
        .env("PATH", folder.path())
        .env_remove("SCANHELM_LOCAL_TOOL_PATHS")
        .output()
        .unwrap()
        .into();
    assert_eq!(ended.code, 3, "{}", ended.stdout);
    assert!(ended.stdout.contains("bandit: skipped, Bandit is not installed\n    install: "), "{}", ended.stdout);
}

/// A folder with a script in place of Bandit; `$report` is where the report has to go.
fn fake(script: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bandit");
    let text = format!("#!/bin/sh\n[ \"$1\" = --version ] && echo bandit 9.0 && exit\nreport=$6\n{script}\n");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

#[test]
fn a_failed_scanner_is_3_even_below_the_threshold() {
    let scanner = fake("echo 'out of memory' >&2; exit 9");
    let folder = project();
    let ended: Ended = scanhelm()
        .args(["scan", "--scanner", "bandit", "--fail-on", "high", "--scanner-dir"])
        .arg(scanner.path())
        .arg(folder.path())
        .output()
        .unwrap()
        .into();
    assert_eq!(ended.code, 3);
    assert!(
        ended.stdout.contains("bandit 9.0: FAILED, it wrote no report and ended with exit code 9: out of memory"),
        "{}",
        ended.stdout
    );
}

/// It read what it could and says what it could not: that is no failure, and no clean result either.
#[test]
fn a_scanner_that_left_a_file_out_is_partial_in_every_output_that_tells_of_scanners() {
    let scanner = fake(
        r#"printf '%s' '{"errors":[{"filename":"./bad.py","reason":"syntax error"}],"metrics":{"_totals":{"loc":1}},"results":[]}' > "$report""#,
    );
    let folder = project();
    let files = ["out.json", "out.sarif", "out.html", "out.xml", "out.md"];
    let scan = |form: &str| -> Ended {
        let mut command = scanhelm();
        command.current_dir(folder.path()).args(["scan", ".", "--scanner", "bandit", "--output", form]);
        command.args(files.iter().flat_map(|file| ["--output-file", file])).arg("--scanner-dir").arg(scanner.path());
        command.output().unwrap().into()
    };
    let table = scan("table");
    assert_eq!(table.code, 0, "{}", table.stderr);
    assert!(
        table.stdout.contains("bandit 9.0: 0 findings, partial\n    warning: ./bad.py: syntax error"),
        "{}",
        table.stdout
    );
    assert!(table.stderr.contains("bandit: 0 findings in ") && table.stderr.contains(", partial (1 warning)"));
    let [json, sarif, html, junit, markdown] = files.map(|file| fs::read_to_string(folder.path().join(file)).unwrap());
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["scanners"][0]["outcome"], &json["scanners"][0]["warnings"][0]),
        (&json!("partial"), &json!("./bad.py: syntax error"))
    );
    let annotations = scan("github-annotations").stdout;
    for (text, said) in [
        (&sarif, r#""level":"warning","message":{"text":"bandit 9.0 was partial: ./bad.py: syntax error"}"#),
        (&html, "<b>bandit 9.0 was partial</b>: ./bad.py: syntax error"),
        (&junit, "<system-out>partial: ./bad.py: syntax error</system-out>"),
        (&markdown, "- **Partial**: bandit 9.0, ./bad.py: syntax error"),
        (&annotations, "::warning title=bandit 9.0 was partial::./bad.py: syntax error"),
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

/// What a person without any scanner sees.
#[test]
fn a_machine_without_scanners_says_so_in_a_scan_and_in_the_status() {
    let (folder, none) = (project(), TempDir::new().unwrap());
    let command = |arguments: &[&str]| -> Ended {
        let mut command = scanhelm();
        command.current_dir(folder.path()).env("PATH", none.path()).env_remove("SCANHELM_HUB");
        command.env_remove("SCANHELM_LOCAL_TOOL_PATHS").args(arguments).output().unwrap().into()
    };
    let scan = command(&["scan", "."]);
    assert_eq!(scan.code, 3, "{}", scan.stdout);
    assert!(scan.stdout.contains(": no result: no scanner looked\n"), "{}", scan.stdout);
    let only = command(&["scan", ".", "--scanner", "bandit"]);
    assert!(
        only.stdout.contains("None of its scanners can be used on this machine: `scanhelm status`"),
        "{}",
        only.stdout
    );
    let status = command(&["status"]);
    assert_eq!(status.code, 0, "{}", status.stderr);
    let missing = "none of type code, secrets, dependency, iac, sbom, network, baseline";
    assert!(status.stdout.lines().next().unwrap().ends_with(missing), "{}", status.stdout);
    assert!(status.stdout.contains("\n bandit ") && status.stdout.contains("install with: "), "{}", status.stdout);
    let json: Value = serde_json::from_str(&command(&["status", "--output", "json"]).stdout).unwrap();
    let available = json["local_scanners"].as_array().unwrap().iter().filter(|one| one["available"] == true);
    assert_eq!(available.map(|one| one["scanner"].as_str().unwrap()).collect::<Vec<_>>(), ["web-check"]);
}

#[test]
fn hostile_texts_cannot_speak_to_the_terminal() {
    let scanner = fake(
        r#"printf '%s' '{"errors":[{"filename":"./\u001b]0;owned\u0007.py","reason":"\u001b[2Jgone"}],"generated_at":"x","metrics":{"_totals":{"loc":1}},"results":[{"code":"1 x\n","col_offset":0,"filename":"./\u001b[31mapp\u202e.py","issue_severity":"HIGH","issue_text":"t","line_number":1,"test_id":"B1\u001b[0m\r\nfake row","test_name":"\u009b31mx"}]}' > "$report"; printf '\033[2J' >&2; exit 1"#,
    );
    let folder = project();
    fs::write(folder.path().join("\u{1b}[31mapp\u{202e}.py"), "x = 1\n").unwrap();
    let ended: Ended = scanhelm()
        .args(["scan", "--scanner", "bandit", "--scanner-dir"])
        .arg(scanner.path())
        .arg(folder.path())
        .output()
        .unwrap()
        .into();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.contains("B1 [0m fake row"), "one line a finding: {:?}", ended.stdout);
    assert!(!ended.stdout.contains(TERMINAL_CONTROL) && !ended.stderr.contains(TERMINAL_CONTROL), "{:?}", ended.stdout);
}

#[test]
fn an_interrupt_ends_the_scanner_and_the_command() {
    let scanner = fake("echo $$ > pid.tmp; mv pid.tmp pid; sleep 300");
    let folder = project();
    let mut child = scanhelm()
        .args(["scan", "--scanner", "bandit", "--output-file", "out.json", "--scanner-dir"])
        .arg(scanner.path())
        .arg(".")
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let noted = folder.path().join("pid");
    let deadline = Instant::now() + Duration::from_secs(60);
    while !noted.exists() {
        assert!(Instant::now() < deadline, "the scanner did not start");
        std::thread::sleep(Duration::from_millis(10));
    }
    let pid = fs::read_to_string(noted).unwrap();
    assert!(std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!Path::new("/proc").join(pid.trim()).exists(), "the scanner still runs");
    assert!(!folder.path().join("out.json").exists());
}

/// Answers every request with a page and nothing that protects it.
fn unprotected_site() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let _ = std::io::Read::read(&mut connection, &mut [0; 4096]);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = std::io::Write::write_all(&mut connection, head.as_bytes());
        }
    });
    url
}

#[test]
fn a_site_is_looked_at_on_a_machine_without_any_scanner() {
    let (empty, site) = (TempDir::new().unwrap(), unprotected_site());
    let bare = |arguments: &[&str]| -> Ended {
        scanhelm().args(arguments).env("PATH", empty.path()).current_dir(empty.path()).output().unwrap().into()
    };
    let ended = bare(&["scan", "--url", &site, "--output", "json", "--fail-on", "medium"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    let ran = json["scanners"].as_array().unwrap().iter().find(|one| one["scanner"] == "web-check").unwrap();
    assert_eq!((&ran["outcome"], &ran["version"]), (&Value::from("complete"), &Value::from(env!("CARGO_PKG_VERSION"))));
    assert!(ended.stdout.contains("http-not-redirected") && ended.stdout.contains("csp-missing"), "{}", ended.stdout);
    assert_eq!(bare(&["scan", "--url", &site, "--output", "json", "--fail-on", "medium"]).stdout, ended.stdout);

    let listed = bare(&["scanners"]).stdout;
    assert!(listed.lines().any(|line| line.contains("web-check") && line.contains("nothing to install")), "{listed}");
    let explained = bare(&["rules", "explain", "hsts-missing"]).stdout;
    assert!(explained.contains("CWE-319") && explained.contains("Strict-Transport-Security"), "{explained}");
}

#[test]
fn scanners_are_listed_with_version_or_what_to_do() {
    let listed = run(["scanners".into(), "--scanner-dir".into(), scanners()]);
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    assert!(listed.stdout.contains("1.9.4") && listed.stdout.contains("1.182.0"), "{}", listed.stdout);
    let empty = TempDir::new().unwrap();
    let missing: Ended =
        scanhelm().args(["scanners", "--output", "json"]).env("PATH", empty.path()).output().unwrap().into();
    let json: Value = serde_json::from_str(&missing.stdout).unwrap();
    assert_eq!((&json[0]["scanner"], &json[0]["available"]), (&Value::from("bandit"), &Value::from(false)));
    assert!(json[0]["install_hint"].as_str().unwrap().contains("bandit"));
}

fn inventory(from: &Path, target: &str, more: &[&str]) -> Ended {
    let mut command = scanhelm();
    command.current_dir(from).args(["scan", target, "--type", "sbom", "--scanner-dir"]).arg(scanners()).args(more);
    command.output().unwrap().into()
}

/// Valid by the judge of CycloneDX, and the same from any folder.
#[test]
fn an_inventory_is_the_same_bytes_from_any_folder_and_valid() {
    let (folder, elsewhere) = (project(), TempDir::new().unwrap());
    fs::write(folder.path().join("requirements.txt"), "Jinja2==2.10\nrequests==2.19.0\n").unwrap();
    let sbom = ["--output", "cyclonedx", "--repository", "shop"];
    let here = inventory(folder.path(), ".", &sbom);
    assert_eq!(here.code, 0, "{}", here.stderr);
    let there = inventory(elsewhere.path(), folder.path().to_str().unwrap(), &sbom);
    assert_eq!(here.stdout, there.stdout);
    assert_eq!(judged("outputs_cyclonedx.py", &here.stdout), Ok(()));
    let names = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let document: Value = serde_json::from_str(&here.stdout).unwrap();
    assert_eq!(names(&document["components"]), ["jinja2", "requests"]);

    let json: Value = serde_json::from_str(&inventory(folder.path(), ".", &["--output", "json"]).stdout).unwrap();
    assert_eq!(names(&json["components"]), ["jinja2", "requests"]);
    assert_eq!(inventory(folder.path(), ".", &["--output", "ndjson"]).stdout.lines().count(), 2);
    let table = inventory(folder.path(), ".", &[]).stdout;
    assert!(table.contains("pypi") && table.contains(": 2 components\n"), "{table}");

    let both = inventory(folder.path(), ".", &["--type", "code", "--scanner", "bandit", "--scanner", "syft"]);
    assert!(both.stdout.contains("2 findings") && both.stdout.contains("; 2 components\n"), "{}", both.stdout);
}

#[test]
fn what_has_no_place_for_components_says_so() {
    let folder = project();
    fs::write(folder.path().join("requirements.txt"), "Jinja2==2.10\n").unwrap();
    let sarif = inventory(folder.path(), ".", &["--output", "sarif"]);
    assert!(sarif.stderr.contains("sarif has no place for components"), "{}", sarif.stderr);
    let findings = bandit(folder.path(), ".", &["--output", "cyclonedx"]);
    assert_eq!((findings.code, findings.stderr.contains("--type sbom")), (2, true), "{}", findings.stderr);
}
