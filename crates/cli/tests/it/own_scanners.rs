//! Scanners that a file of the user defines, and programs where the user says.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::hub::{clean, ended};
use crate::support::{Ended, scanners};

const DEFINITION: &str = r#"
[[scanner]]
id = "own-lint"
name = "Our own"
scan_types = ["code"]
programs = ["own-lint"]
arguments = ["{targets}"]
files = ["*.py"]
[scanner.json]
rule = "id"
path = "at"
severity = "level"
severities = { blocker = "critical" }
"#;

/// A folder with a project, the user's settings and the program of a scanner of theirs.
pub(crate) struct User(TempDir);

impl User {
    pub(crate) fn new() -> Self {
        let user = Self(TempDir::new().unwrap());
        for folder in ["project", "tools", "settings/scanhelm"] {
            fs::create_dir_all(user.path(folder)).unwrap();
        }
        fs::write(user.path("project/app.py"), "eval(input())\n").unwrap();
        user.program("tools/own-lint", r#"echo "{\"id\": \"A1\", \"level\": \"Blocker\", \"at\": \"$1/app.py\"}""#);
        fs::write(user.path("settings/scanhelm/scanners.toml"), DEFINITION).unwrap();
        user
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn program(&self, name: &str, script: &str) {
        let text = format!("#!/bin/sh\n[ \"$1\" = --version ] && {{ echo own 9.2; exit 0; }}\n{script}\n");
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = clean();
        command.current_dir(self.path("project")).env("XDG_CONFIG_HOME", self.path("settings"));
        command.env("PATH", "/usr/bin:/bin").env("SCANHELM_LOCAL_TOOL_PATHS", self.path("tools"));
        ended(command.args(arguments))
    }
}

#[test]
fn the_users_own_scanner_is_listed_and_scans_and_counts_for_the_gate() {
    let user = User::new();
    let listed = user.run(&["scanners"]);
    let row = listed.stdout.lines().find(|line| line.trim_start().starts_with("own-lint")).expect("it is listed");
    assert!(row.contains("9.2") && row.contains("tools/own-lint"), "{row}");
    let doctor = user.run(&["doctor", "--data", "data"]);
    assert!(!doctor.stdout.contains("own-lint"), "what the user has is not the operator's");

    let scan = ["scan", ".", "--scanner", "own-lint", "--output", "json", "--fail-on", "critical"];
    let first = user.run(&scan);
    assert_eq!(first.code, 1, "{}", first.stderr);
    assert_eq!(first.stdout, user.run(&scan).stdout);
    let result: Value = serde_json::from_str(&first.stdout).unwrap();
    let finding = &result["findings"][0];
    assert_eq!((&finding["rule_id"], &finding["severity"]), (&Value::from("A1"), &Value::from("critical")));
    assert_eq!(finding["location"]["path"], "app.py");
    assert_eq!(finding["location"]["path"].as_str(), Some("app.py"));

    // A project can ask for it by name, and an exit code that does not count is a failure like any other's.
    fs::write(user.path("project/.scanhelm.toml"), "scanners = [\"own-lint\"]\n").unwrap();
    assert!(user.run(&["scan", "."]).stdout.contains("A1"));
    assert!(user.run(&["config", "validate", "."]).stdout.contains("is valid"));
    user.program("tools/own-lint", "echo broken >&2; exit 7");
    let failed = user.run(&["scan", ".", "--quiet"]);
    assert_eq!(failed.code, 3, "{}", failed.stderr);
    assert!(failed.stdout.contains("exit code 7") && failed.stdout.contains("broken"), "{}", failed.stdout);
}

#[test]
fn a_scanned_tree_defines_no_scanner() {
    let user = User::new();
    let project = "[programs]\nbandit = \"/tmp/x\"\n[[scanner]]\nid = \"x\"\nprograms = [\"./x\"]\n";
    fs::write(user.path("project/.scanhelm.toml"), project).unwrap();
    for arguments in [&["scan", "."][..], &["config", "validate", "."]] {
        let ended = user.run(arguments);
        assert_eq!(ended.code, 2, "{}", ended.stdout);
        for said in [
            ".scanhelm.toml:1: `programs` says which programs run",
            ".scanhelm.toml:3: `scanner` says",
            "--scanners-file",
        ] {
            assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
        }
    }
    // Nor does a file that only lies there.
    fs::remove_file(user.path("project/.scanhelm.toml")).unwrap();
    fs::write(user.path("project/scanners.toml"), DEFINITION.replace("own-lint", "their-lint")).unwrap();
    assert!(!user.run(&["scanners"]).stdout.contains("their-lint"));
}

#[test]
fn a_definition_with_a_mistake_is_refused_with_what_to_write() {
    let user = User::new();
    let file = user.path("mine.toml");
    let named = file.to_str().unwrap();
    for (text, said) in [
        (DEFINITION.replace("files =", "file ="), "mine.toml:8: there is no key `scanner.file`; did you mean `files`?"),
        (
            DEFINITION.replace("[scanner.json]", "format = \"sarfi\"\n[scanner.json]"),
            "mine.toml:9: `format` and [scanner.json]",
        ),
        (DEFINITION.replace("own-lint", "semgrep"), "mine.toml:3: `semgrep` is a scanner that comes with Scanhelm"),
        ("[[scanner]".to_owned(), "mine.toml:1: "),
    ] {
        fs::write(&file, text).unwrap();
        for arguments in [
            &["config", "validate", "--scanners-file", named][..],
            &["scanners", "--scanners-file", named],
            &["scan", ".", "--scanners-file", named],
        ] {
            let ended = user.run(arguments);
            assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{}", ended.stderr);
            assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
        }
    }
    let ended = user.run(&["scan", ".", "--scanners-file", "/not/there.toml"]);
    assert!(ended.code == 2 && ended.stderr.contains("/not/there.toml cannot be read"), "{}", ended.stderr);
    fs::write(&file, DEFINITION.replace("own-lint", "mine")).unwrap();
    let ended = user.run(&["config", "validate", "--scanners-file", named]);
    assert_eq!(
        (ended.code, ended.stdout.trim_end().ends_with("is valid and defines mine")),
        (0, true),
        "{}",
        ended.stdout
    );
}

/// The folder of `python3` alone, so that no scanner's program is there.
fn python_only(folder: &Path) {
    let script = format!("#!/bin/sh\nexec {}/python3 \"$@\"\n", scanners().display());
    fs::write(folder.join("python3"), script).unwrap();
    fs::set_permissions(folder.join("python3"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_program_is_found_where_the_user_says_and_else_as_a_module_of_python() {
    let user = User::new();
    let folder = TempDir::new().unwrap();
    python_only(folder.path());
    let found = |arguments: &[&str]| {
        let mut command = clean();
        command
            .env("PATH", folder.path())
            .env("XDG_CONFIG_HOME", user.path("settings"))
            .args(["scanners", "-o", "json"]);
        let listed = ended(command.args(arguments));
        let all: Vec<Value> = serde_json::from_str(&listed.stdout).unwrap_or_else(|_| panic!("{}", listed.stderr));
        all.into_iter().filter(|one| one["available"] == true && one["found"] != "part_of_scanhelm").collect::<Vec<_>>()
    };
    let modules = found(&[]);
    let told: Vec<(&str, &str)> =
        modules.iter().map(|one| (one["scanner"].as_str().unwrap(), one["module"].as_str().unwrap())).collect();
    let expected = [
        ("bandit", "bandit"),
        ("ruff", "ruff"),
        ("flawfinder", "flawfinder"),
        ("detect-secrets", "detect_secrets"),
        ("pip-audit", "pip_audit"),
    ];
    assert_eq!(told, expected);
    assert!(modules.iter().all(|one| one["found"] == "module" && one["version"].is_string()));

    user.program("tools/other", "exit 0");
    let place = format!("bandit={}", user.path("tools/other").display());
    let named = found(&["--program", &place]);
    assert_eq!((&named[0]["found"], &named[0]["version"]), (&Value::from("configured"), &Value::from("9.2")));
    let wrong = user.run(&["scanners", "--program", "bandid=/bin/true"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("`bandid` is not a scanner"), "{}", wrong.stderr);
    // The file says the same; what is named for one command goes before it.
    let file = user.path("settings/scanhelm/scanners.toml");
    fs::write(&file, format!("[programs]\nbandit = \"{}\"\n", user.path("tools/nowhere").display())).unwrap();
    assert!(found(&[]).iter().all(|one| one["scanner"] != "bandit"));
    assert_eq!(found(&["--program", &place])[0]["found"], "configured");
}

#[test]
fn doctor_tells_how_the_operators_scanners_are_found_and_that_root_scans() {
    let user = User::new();
    let settings = format!(
        "[local]\nscanner_files = [\"{}\"]\ntool_paths = [\"{}\"]\nallowed_roots = [\"/srv\"]\n",
        user.path("settings/scanhelm/scanners.toml").display(),
        user.path("tools").display()
    );
    fs::write(user.path("hub.toml"), &settings).unwrap();
    let config = user.path("hub.toml");
    let doctor = || user.run(&["doctor", "--config", config.to_str().unwrap(), "--data", "data"]).stdout;
    let told = doctor();
    assert!(told.contains(&format!("own-lint 9.2: {}", user.path("tools/own-lint").display())), "{told}");
    assert!(told.contains("web-check"), "{told}");
    let warns = |told: &str| told.contains("as root on what anybody wrote");
    assert_eq!(warns(&told), nix::unistd::geteuid().is_root());
    fs::write(&config, format!("{settings}user = \"nobody\"\n")).unwrap();
    assert!(!warns(&doctor()));
    fs::write(user.path("settings/scanhelm/scanners.toml"), "[[scaner]]\n").unwrap();
    let refused = user.run(&["config", "validate", "--config", config.to_str().unwrap()]);
    assert!(
        refused.code == 2 && refused.stderr.contains("there is no key `scaner`; did you mean `scanner`?"),
        "{}",
        refused.stderr
    );
}
