//! Scans in pipelines: sent to a hub, commented, and the command lines of the templates.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::code_host::CodeHost;
use crate::hub::{Running, ask, bootstrap, clean, ended, eventually};
use crate::support::{Ended, judged, scanners};

const COMMIT: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";
const LATER: &str = "1111111111111111111111111111111111111111";

/// Without the facts of whatever runs the tests.
pub(crate) fn outside() -> Command {
    let mut command = clean();
    let servers =
        ["GITHUB_ACTIONS", "GITHUB_EVENT_PATH", "GITHUB_TOKEN", "GITLAB_CI", "GITLAB_TOKEN", "TF_BUILD", "JENKINS_URL"];
    servers.iter().for_each(|name| {
        command.env_remove(name);
    });
    command
}

fn scan(folder: &Path, hub: &str, key: &str, commit: &str, more: &[&str]) -> Ended {
    ended(scanning(folder, hub, key, commit).args(more))
}

/// Bandit on a folder in a pipeline of the default branch, with the run sent to a hub.
pub(crate) fn scanning(folder: &Path, hub: &str, key: &str, commit: &str) -> Command {
    let mut command = outside();
    command.current_dir(folder).env("SCANHELM_API_KEY", key);
    command.envs([("GITLAB_CI", "true"), ("CI_COMMIT_SHA", commit), ("CI_COMMIT_BRANCH", "main")]);
    command.envs([("CI_DEFAULT_BRANCH", "main"), ("GITLAB_USER_LOGIN", "ann")]);
    command.env("CI_PROJECT_URL", "https://robot:s3cret@gitlab.example.com/acme/shop");
    command.args(["scan", ".", "--repository", "acme/shop", "--scanner", "bandit", "--output", "json", "--hub", hub]);
    command.arg("--scanner-dir").arg(scanners());
    command
}

pub(crate) fn got(url: &str, key: &str, path: &str) -> Value {
    let (status, body) = ask(url, "GET", path, Some(key), None);
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

/// Rule and status of what the hub knows.
fn known(url: &str, key: &str) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = got(url, key, "/api/v1/findings?limit=100");
    let rules = findings["items"].as_array().unwrap().iter();
    let mut known: Vec<_> = rules.map(|finding| (word(&finding["title"]), word(&finding["status"]))).collect();
    known.sort();
    known
}

#[test]
fn a_hub_shows_the_runs_of_a_pipeline_as_one_scan_and_closes_what_is_gone() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let key = bootstrap(&data);
    let (_hub, url) = Running::serve(&data, &[]);
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("app.py");
    fs::write(&source, "import pickle\n\n\ndef load(data):\n    return pickle.loads(data)\n\n\neval(input())\n")
        .unwrap();

    let first = scan(folder.path(), &url, &key, COMMIT, &["--fail-on", "low"]);
    assert_eq!(first.code, 1, "{}", first.stderr);
    assert!(first.stderr.contains("hub: scan ") && first.stderr.contains(" 3 created"), "{}", first.stderr);
    let told: Value = serde_json::from_str(&first.stdout).unwrap();
    assert_eq!(told["findings"].as_array().unwrap().len(), 3, "standard output is the results alone");
    let scans = got(&url, &key, &format!("/api/v1/scans?commit_sha={COMMIT}"));
    let scan_of_first = &scans["items"][0];
    assert_eq!(scan_of_first["name"], "acme/shop");
    let ci = json!({
        "commit_sha": COMMIT, "branch_name": "main", "pr_number": null,
        "repo_url": "https://gitlab.example.com/acme/shop", "triggered_by": "ann",
    });
    assert_eq!(scan_of_first["ci"], ci);
    assert_eq!(scan_of_first["scanners_run"], json!(["bandit"]));
    assert!(known(&url, &key).iter().all(|(_, status)| status == "open"));

    fs::write(
        &source,
        "import pickle\n\n\ndef load(data):\n    # scanhelm: ignore-next-line B301 -- own\n    return pickle.loads(data)\n",
    )
    .unwrap();
    let second = scan(folder.path(), &url, &key, LATER, &[]);
    assert_eq!(second.code, 0, "{}", second.stderr);
    let states: Vec<String> = known(&url, &key).into_iter().map(|(_, status)| status).collect();
    assert_eq!(states.iter().filter(|status| *status == "fixed").count(), 1, "only what is gone: {states:?}");
    assert_eq!(states.len(), 3);
    assert_eq!(got(&url, &key, &format!("/api/v1/scans?commit_sha={COMMIT}"))["items"], json!([]));
    let [scan] = got(&url, &key, &format!("/api/v1/scans?branch_name=main&commit_sha={LATER}"))["items"]
        .as_array()
        .unwrap()
        .clone()
        .try_into()
        .unwrap();
    assert_eq!((&scan["id"], &scan["run_number"]), (&scan_of_first["id"], &2.into()));
}

/// With the run go what its scanners list: the lists of the default branch count, a branch takes nothing from them.
#[test]
fn a_hub_knows_what_the_repository_of_a_run_is_made_of() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let key = bootstrap(&data);
    let (_hub, url) = Running::serve(&data, &[]);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("app.py"), "eval(input())\n").unwrap();
    let needs = |text: &str| fs::write(folder.path().join("requirements.txt"), text).unwrap();
    let names = || {
        let listed = got(&url, &key, "/api/v1/components?scanner=syft");
        let told =
            |one: &Value| format!("{} {}", one["asset"]["name"].as_str().unwrap(), one["name"].as_str().unwrap());
        listed["items"].as_array().unwrap().iter().map(told).collect::<Vec<_>>()
    };
    let both = ["--type", "code", "--type", "sbom", "--scanner", "syft"];
    needs("Jinja2==2.10\nrequests==2.19.0\n");
    let first = scan(folder.path(), &url, &key, COMMIT, &both);
    assert_eq!(first.code, 0, "{}", first.stderr);
    assert_eq!(names(), ["acme/shop jinja2", "acme/shop requests"]);
    let shown = &got(&url, &key, &format!("/api/v1/scans?commit_sha={COMMIT}"))["items"][0];
    assert_eq!((&shown["components"], &shown["imported_findings"]), (&2.into(), &1.into()));
    assert_eq!(shown["scanners_run"], json!(["bandit", "syft"]));

    needs("requests==2.19.0\n");
    let mut branch = outside();
    branch.current_dir(folder.path()).env("SCANHELM_API_KEY", &key);
    branch.envs([("GITLAB_CI", "true"), ("CI_COMMIT_BRANCH", "less"), ("CI_DEFAULT_BRANCH", "main")]);
    branch.args(["scan", ".", "--repository", "acme/shop", "--type", "sbom", "--hub", &url, "--scanner-dir"]);
    assert_eq!(ended(branch.arg(scanners())).code, 0);
    assert_eq!(names().len(), 2, "a branch does not speak for the repository");
    assert_eq!(scan(folder.path(), &url, &key, LATER, &both).code, 0);
    assert_eq!(names(), ["acme/shop requests"]);
}

#[test]
fn a_hub_that_is_away_takes_nothing_from_the_scan() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("app.py"), "eval(input())\n").unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    assert_eq!(scan(folder.path(), "", "shk_x", COMMIT, &["--hub-optional"]).stderr.matches("hub").count(), 0);
    for (more, code) in [(&[][..], 4), (&["--hub-optional"], 0), (&["--fail-on", "low"], 1)] {
        let ended = scan(folder.path(), &url, "shk_x", COMMIT, more);
        assert_eq!(ended.code, code, "{more:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(&free.to_string()) && !ended.stderr.contains("shk_x"), "{}", ended.stderr);
        let told: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(told["findings"].as_array().unwrap().len(), 1);
    }
}

/// Each scanner is taken in for itself: what was done before the crash is not done again, and nothing is left out.
#[test]
fn a_run_whose_hub_dies_between_two_scanners_is_taken_in_whole() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("app.py"), "import pickle\n\npickle.loads(input())\neval(input())\n").unwrap();
    for place in ["import.batch.before_commit@2", "import.finalise.before_commit@1"] {
        let parent = tempfile::tempdir().unwrap();
        let data = parent.path().join("data");
        let key = bootstrap(&data);
        let serve = |failpoint: Option<&str>| {
            let mut command = clean();
            command.current_dir(parent.path()).env("SCANHELM_JOBS_LEASE", "1s");
            command.envs(failpoint.map(|place| ("SCANHELM_FAILPOINT", place)));
            Running::listening(command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data))
        };
        let (mut dying, url) = serve(Some(place));
        let sent = scan(folder.path(), &url, &key, COMMIT, &["--scanner", "ruff"]);
        assert_eq!(sent.code, 4, "{place}: {}", sent.stderr);
        assert_eq!(dying.wait().0, None, "{place}: killed by a signal");
        let told: Value = serde_json::from_str(&sent.stdout).unwrap();
        let (_hub, url) = serve(None);
        let scan = eventually("the run to be in", || {
            let scan = got(&url, &key, "/api/v1/scans")["items"][0].clone();
            (scan["import_state"] == "done").then_some(scan)
        });
        let found = told["findings"].as_array().unwrap().len();
        assert!(found > 4, "of both: {found}");
        assert_eq!((&scan["run_number"], &scan["imported_findings"]), (&1.into(), &found.into()), "{place}");
        assert_eq!(known(&url, &key).len(), found, "{place}");
    }
}

const BODY: &str = "<!-- scanhelm:scan acme/shop -->\n### Scanhelm: acme/shop\n";

struct Commented {
    folder: tempfile::TempDir,
    host: CodeHost,
}

impl Commented {
    fn on(host: CodeHost) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("scan.md"), BODY).unwrap();
        let event = json!({"pull_request": {"number": 7, "head": {"sha": COMMIT, "ref": "x"}}});
        fs::write(folder.path().join("event.json"), event.to_string()).unwrap();
        Self { folder, host }
    }

    fn github(&self, more: &[&str]) -> Ended {
        let mut command = outside();
        command.envs([
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_REPOSITORY", "acme/shop"),
            ("GITHUB_TOKEN", "t0ken-of-github"),
        ]);
        command
            .env("GITHUB_API_URL", self.host.url(""))
            .env("GITHUB_EVENT_PATH", self.folder.path().join("event.json"));
        self.commented(&mut command, more)
    }

    fn gitlab(&self, more: &[&str]) -> Ended {
        let mut command = outside();
        command.envs([("GITLAB_CI", "true"), ("CI_MERGE_REQUEST_IID", "7"), ("CI_MERGE_REQUEST_PROJECT_ID", "10")]);
        command.env("CI_API_V4_URL", self.host.url("/api/v4")).env("GITLAB_TOKEN", "t0ken-of-gitlab");
        self.commented(&mut command, more)
    }

    fn commented(&self, command: &mut Command, more: &[&str]) -> Ended {
        let ended = ended(command.current_dir(self.folder.path()).args(["comment", "--body", "scan.md"]).args(more));
        assert!(!format!("{}{}", ended.stdout, ended.stderr).contains("t0ken"), "{}{}", ended.stdout, ended.stderr);
        ended
    }

    fn rewrite(&self, text: &str) {
        fs::write(self.folder.path().join("scan.md"), format!("{BODY}{text}\n")).unwrap();
    }
}

#[test]
fn the_comment_of_an_earlier_run_is_replaced_and_nobody_elses() {
    for gitlab in [false, true] {
        let login = if gitlab { "project_10_bot" } else { "github-actions[bot]" };
        let mut before: Vec<(String, String)> =
            (0..230).map(|at| (login.to_owned(), format!("other {at}\n<!-- scanhelm:scan acme/shop -->"))).collect();
        // Anybody can begin a comment with our mark.
        before[3] = ("mallory".to_owned(), format!("{BODY}approved"));
        before[4] = (login.to_owned(), "<!-- scanhelm:scan acme/shop/cart -->\n".to_owned());
        let stage = Commented::on(CodeHost::start(gitlab, login, before));
        let comment = |more: &[&str]| if gitlab { stage.gitlab(more) } else { stage.github(more) };
        let dry = comment(&["--dry-run"]);
        assert_eq!((dry.code, stage.host.writes().len()), (0, 0), "{}", dry.stderr);
        assert!(dry.stdout.contains("a comment would be added"), "{}", dry.stdout);
        assert_eq!(comment(&[]).code, 0);
        stage.rewrite("more");
        let second = comment(&[]);
        assert_eq!(
            (second.code, second.stdout.contains("is replaced")),
            (0, true),
            "{}{}",
            second.stdout,
            second.stderr
        );
        let same = comment(&[]);
        assert!(same.stdout.contains("says so already"), "{}", same.stdout);
        let list =
            if gitlab { "/api/v4/projects/10/merge_requests/7/notes" } else { "/repos/acme/shop/issues/7/comments" };
        let one = if gitlab { format!("{list}/1231") } else { "/repos/acme/shop/issues/comments/1231".to_owned() };
        let verb = if gitlab { "PUT" } else { "PATCH" };
        assert_eq!(stage.host.writes(), [format!("POST {list}"), format!("{verb} {one}")]);
        assert_eq!(stage.host.comment(1231), format!("{BODY}more\n"));
        assert!(stage.host.comment(1004).ends_with("approved"));
        let expected = if gitlab { "private-token: t0ken-of-gitlab" } else { "authorization: Bearer t0ken-of-github" };
        assert!(stage.host.heads().iter().all(|head| head.contains(expected)));
    }
}

#[test]
fn a_comment_that_cannot_be_written_says_why() {
    let stage = Commented::on(CodeHost::start(false, "", Vec::new()));
    stage.host.forbid();
    let fork = stage.github(&["--author", "ann"]);
    assert_eq!(fork.code, 2, "{}", fork.stderr);
    assert!(fork.stderr.contains("pull requests from forks"), "{}", fork.stderr);
    let optional = stage.github(&["--author", "ann", "--optional"]);
    assert_eq!(optional.code, 0);
    assert!(optional.stderr.starts_with("warning: no comment: "), "{}", optional.stderr);
    let nowhere = stage.commented(&mut outside(), &[]);
    assert_eq!(nowhere.code, 2);
    assert!(nowhere.stderr.contains("no pull request"), "{}", nowhere.stderr);
    fs::write(stage.folder.path().join("scan.md"), "### no mark").unwrap();
    let unmarked = stage.github(&[]);
    assert_eq!(
        (unmarked.code, unmarked.stderr.contains("does not begin with a mark")),
        (2, true),
        "{}",
        unmarked.stderr
    );
}

#[test]
fn a_pipeline_is_written_once_and_never_over_another() {
    let folder = tempfile::tempdir().unwrap();
    let init = |more: &[&str]| ended(outside().current_dir(folder.path()).args(["init", "--ci"]).args(more));
    let files = [".github/workflows/scanhelm.yml", ".gitlab-ci.yml", "Jenkinsfile", "azure-pipelines.yml"];
    for (server, file) in ["github", "gitlab", "jenkins", "azure"].into_iter().zip(files) {
        assert_eq!(init(&[server]).code, 0, "{server}");
        let path = folder.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(init(&[server, "--print"]).stdout, text);
        fs::write(&path, "ours").unwrap();
        let again = init(&[server]);
        assert_eq!((again.code, again.stderr.contains("is left as it is")), (2, true), "{}", again.stderr);
        assert_eq!(fs::read_to_string(&path).unwrap(), "ours");
        fs::write(&path, &text).unwrap();
        let schema = match server {
            "github" => "github-workflows",
            "gitlab" => "gitlab-ci",
            "azure" => "azure-pipelines",
            _ => continue,
        };
        assert_eq!(judged("pipelines.py", &format!("# vendor.{schema}\n{text}")), Ok(()), "{server}");
    }
    let wrong = "# vendor.github-workflows\non: push\njobs: {scan: {runs: ubuntu-latest, steps: []}}\n";
    assert!(judged("pipelines.py", wrong).is_err());
    let looked = Command::new(scanners().join("zizmor"))
        .args(["--offline", "--no-progress", "--min-severity", "medium", "--format", "plain"])
        .arg(folder.path().join(files[0]))
        .output()
        .unwrap();
    assert_eq!(looked.status.code(), Some(0), "{}", String::from_utf8_lossy(&looked.stdout));
}

#[test]
fn an_independent_reader_of_junit_finds_what_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let result = |rule: &str, level: &str| {
        let text = "a <b> & \u{1} ]]> \u{fffe} \"quoted\" 'x' \u{202e}\nline";
        let place = json!({"artifactLocation": {"uri": "src/a b&c.py"}, "region": {"startLine": 3}});
        json!({"ruleId": rule, "level": level, "message": {"text": text}, "locations": [{"physicalLocation": place}]})
    };
    let results = [result("A1", "error"), result("A2<&>", "warning"), result("A3", "note"), result("A1", "error")];
    let run = json!({"tool": {"driver": {"name": "Reviewer \"<&>\"", "rules": []}}, "results": results});
    fs::write(folder.path().join("a.sarif"), json!({"version": "2.1.0", "runs": [run]}).to_string()).unwrap();
    fs::write(folder.path().join("b.sarif"), "broken").unwrap();
    let import = |file: &[&str]| {
        ended(outside().current_dir(folder.path()).arg("import").args(file).args(["--output", "junit"]))
    };
    let whole = import(&["a.sarif", "b.sarif"]);
    assert_eq!(whole.code, 2, "{}", whole.stderr);
    for (counted, more) in [("<failure", 2), ("<error", 1), ("<testcase", 5)] {
        assert_eq!(whole.stdout.matches(counted).count(), more, "{counted}: {}", whole.stdout);
    }
    assert_eq!(judged("outputs_junit.py", &whole.stdout), Ok(()));
    let miscounted = whole.stdout.replacen("failures=\"2\"", "failures=\"3\"", 2);
    assert!(judged("outputs_junit.py", &miscounted).unwrap_err().contains("says"));
}
