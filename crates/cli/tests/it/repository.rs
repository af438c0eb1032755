//! `scanhelm diff` and `scanhelm scan --staged` in real repositories, with the real Bandit.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Ended, scanhelm, scanners};

const SHELL: &str = "import subprocess\n\n\ndef run(line):\n    return subprocess.call(line, shell=True)\n";
const PICKLE: &str = "import pickle\n\n\ndef read(data):\n    return pickle.loads(data)\n";

struct Repository(TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(TempDir::new().unwrap());
        repository.git(&["init", "-q", "-b", "main"]);
        repository.git(&["remote", "add", "origin", "git@example.com:acme/shop.git"]);
        repository
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.current_dir(self.path()).args(["-c", "user.name=a", "-c", "user.email=a@example.com"]).args(arguments);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--no-verify", "-m", "x"]);
    }

    /// With folders for temporary files of its own, which is empty afterwards.
    fn run(&self, arguments: &[&str]) -> Ended {
        let temporary = TempDir::new().unwrap();
        let mut command = scanhelm();
        command.current_dir(self.path()).env("TMPDIR", temporary.path()).args(arguments);
        let ended = command.args(["--scanner", "bandit", "--scanner-dir"]).arg(scanners()).output().unwrap().into();
        assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0, "something is left behind");
        ended
    }

    /// All that git holds and shows of the user's work.
    fn state(&self) -> Vec<String> {
        let mut state = vec![self.git(&["status", "--porcelain=v2", "--branch"])];
        state.extend([self.git(&["stash", "list"]), self.git(&["worktree", "list"]), self.git(&["for-each-ref"])]);
        state.push(self.git(&["ls-files", "--stage"]));
        state
    }
}

/// Programs that git could be made to run; each leaves a file behind when it is.
fn booby_traps(repository: &Repository) -> TempDir {
    let folder = TempDir::new().unwrap();
    let trap = folder.path().join("trap.sh");
    fs::write(&trap, format!("#!/bin/sh\ntouch {}\ncat\n", folder.path().join("sprung").display())).unwrap();
    fs::set_permissions(&trap, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir_all(repository.path().join(".git/hooks")).unwrap();
    for hook in ["post-checkout", "post-index-change", "reference-transaction", "pre-commit"] {
        symlink(&trap, repository.path().join(".git/hooks").join(hook)).unwrap();
    }
    let trap = trap.display().to_string();
    for key in ["filter.evil.smudge", "filter.evil.clean", "core.fsmonitor", "diff.external", "core.pager"] {
        repository.git(&["config", key, &trap]);
    }
    folder
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap()
}

fn rules(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|known| known["rule"].as_str().unwrap()).collect()
}

#[test]
fn two_commits_are_compared_and_the_work_in_the_tree_is_not_touched() {
    let repository = Repository::new();
    repository.write("src/app.py", SHELL);
    repository.write("src/gone.py", PICKLE);
    repository.write(".gitattributes", "*.py filter=evil\n");
    repository.commit();
    repository.git(&["tag", "v1"]);
    let again = "\n\ndef again(line):\n    return subprocess.call(line, shell=True)\n";
    // Moved down, and once more the same.
    repository.write("src/app.py", &format!("# first\n\n{SHELL}{again}"));
    repository.git(&["rm", "-q", "src/gone.py"]);
    repository.commit();
    repository.write("src/app.py", "# all is gone in the working tree\n");
    repository.write("src/untracked.py", PICKLE);
    let (before, traps) = (repository.state(), booby_traps(&repository));

    let ended = repository.run(&["diff", "--base", "v1", "--head", "HEAD", "--output", "json"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("Comparing v1 (") && ended.stderr.contains("not committed"), "{}", ended.stderr);
    let compared = json(&ended);
    assert_eq!(rules(&compared["new"]), ["B602"], "{compared}");
    assert_eq!(compared["new"][0]["location"], "src/app.py");
    assert_eq!((compared["fixed"].as_array().unwrap().len(), rules(&compared["unknown"]).len()), (2, 0), "{compared}");
    assert_eq!(compared["unchanged"].as_array().unwrap().len(), 2, "{compared}");

    let tree = repository.run(&["diff", "src", "--base", "v1"]);
    assert_eq!(tree.code, 1, "{}", tree.stderr);
    assert!(tree.stdout.contains("untracked.py") && tree.stdout.contains("4 fixed"), "{}", tree.stdout);
    let comment = repository.run(&["diff", "--base", "v1", "--head", "HEAD", "--output", "markdown"]);
    assert!(comment.stdout.starts_with("<!-- scanhelm:compare example.com/acme/shop -->\n"), "{}", comment.stdout);
    assert!(comment.stdout.contains("**1 new, 2 fixed, 2 unchanged**"), "{}", comment.stdout);
    let lax = repository.run(&["diff", "--base", "v1", "--head", "HEAD", "--fail-on-new", "critical"]);
    assert_eq!(lax.code, 0, "{}", lax.stderr);

    assert!(!traps.path().join("sprung").exists(), "the repository's programs ran");
    for key in ["core.fsmonitor", "diff.external", "core.pager", "filter.evil.clean", "filter.evil.smudge"] {
        repository.git(&["config", "--unset", key]);
    }
    assert_eq!(repository.state(), before);
}

/// Two clones in two folders: paths, order and fingerprints are those of the commits.
#[test]
fn a_comparison_is_the_same_bytes_in_every_form_wherever_the_clone_lies() {
    let repository = Repository::new();
    repository.write("app.py", SHELL);
    repository.write("gone.py", PICKLE);
    repository.commit();
    repository.git(&["tag", "v1"]);
    repository.write("app.py", &format!("import pickle\n{SHELL}"));
    repository.git(&["rm", "-q", "gone.py"]);
    repository.commit();
    let clone = Repository(TempDir::new().unwrap());
    let (from, to) = (repository.path().display().to_string(), clone.path().join("elsewhere"));
    repository.git(&["clone", "-q", &from, &to.display().to_string()]);
    let forms = ["json", "sarif", "csv", "ndjson", "cdx.json", "html", "xml", "codequality.json", "md", "txt"];
    let written = |place: &Path| -> Vec<String> {
        let out = TempDir::new().unwrap();
        let mut command = scanhelm();
        command.current_dir(place).args(["diff", "--base", "v1", "--head", "HEAD", "--scanner", "bandit"]);
        command.args(["--repository", "shop", "--output", "github-annotations", "--scanner-dir"]).arg(scanners());
        forms.iter().for_each(|form| {
            command.arg("--output-file").arg(out.path().join(format!("changes.{form}")));
        });
        let ended: Ended = command.output().unwrap().into();
        assert_eq!(ended.code, 1, "{}", ended.stderr);
        let read = |form: &&str| fs::read_to_string(out.path().join(format!("changes.{form}"))).unwrap();
        forms.iter().map(read).chain([ended.stdout]).collect()
    };
    let (here, there) = (written(repository.path()), written(&to));
    assert_eq!(here, there);
    let (text, annotations) = (&here[9], &here[10]);
    assert!(text.ends_with("1 new, 2 fixed, 2 unchanged\n"), "{text}");
    assert_eq!(annotations.lines().count(), 1, "{annotations}");
}

#[test]
fn what_cannot_be_compared_is_refused_with_what_to_do() {
    let repository = Repository::new();
    repository.write("app.py", SHELL);
    repository.commit();
    repository.git(&["tag", "release-1"]);
    let shallow = TempDir::new().unwrap();
    let url = format!("file://{}", repository.path().display());
    repository.write("app.py", PICKLE);
    repository.commit();
    repository.git(&["clone", "-q", "--depth=1", "--no-tags", &url, &shallow.path().display().to_string()]);
    let clone = Repository(shallow);
    let outside = Repository(TempDir::new().unwrap());
    for (place, arguments, said) in [
        (&repository, &["diff", "--base", "release-2"][..], "did you mean `release-1`?"),
        (&repository, &["diff", "--base=--output=x"], "there is no commit `--output=x`"),
        (&repository, &["diff"], "two things to compare"),
        (&repository, &["diff", "--head", "main"], "--base"),
        (&repository, &["diff", "gone", "--base", "main"], "there is no file or folder `gone`"),
        (&repository, &["diff", "app.py", "app.py"], "it is no result"),
        (&clone, &["diff", "--base", "release-1"], "fetch-depth: 0"),
        (&outside, &["diff", "--base", "main"], "is in no git repository"),
    ] {
        let ended = place.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn nothing_is_called_fixed_when_a_scanner_failed_on_one_side() {
    let repository = Repository::new();
    repository.write("app.py", SHELL);
    repository.commit();
    repository.git(&["tag", "v1"]);
    repository.write("app.py", "x = 1\n");
    repository.write("fail", "");
    repository.commit();
    // Bandit, but for a tree that holds a file `fail`.
    let broken = TempDir::new().unwrap();
    let script = format!(
        "#!/bin/sh\n[ -e fail ] && [ \"$1\" != --version ] && exit 9\nexec {}/bandit \"$@\"\n",
        scanners().display()
    );
    fs::write(broken.path().join("bandit"), script).unwrap();
    fs::set_permissions(broken.path().join("bandit"), fs::Permissions::from_mode(0o755)).unwrap();
    for (base, head) in [("v1", "main"), ("main", "v1")] {
        let mut command = scanhelm();
        command.current_dir(repository.path()).args(["diff", "--base", base, "--head", head, "--output", "json"]);
        let ended: Ended =
            command.args(["--scanner", "bandit", "--scanner-dir"]).arg(broken.path()).output().unwrap().into();
        assert_eq!(ended.code, 3, "{}", ended.stderr);
        assert!(ended.stderr.contains("nothing is called fixed"), "{}", ended.stderr);
        assert_eq!(json(&ended)["fixed"].as_array().unwrap().len(), 0, "{}", ended.stdout);
    }
}

#[test]
fn two_result_files_are_compared_by_what_their_scans_numbered() {
    let repository = Repository::new();
    repository.write("app.py", SHELL);
    let scan = |name: &str| assert_eq!(repository.run(&["scan", ".", "--output-file", name]).code, 0);
    scan("old.json");
    repository.write("app.py", &format!("import pickle\n{SHELL}"));
    scan("new.json");
    let ended = repository.run(&["diff", "old.json", "new.json"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stdout.ends_with("1 new, 0 fixed, 2 unchanged\n"), "{}", ended.stdout);
    let back = repository.run(&["diff", "new.json", "old.json"]);
    assert_eq!(back.code, 0, "{}", back.stderr);
    assert!(back.stdout.ends_with("0 new, 1 fixed, 2 unchanged\n"), "{}", back.stdout);
    let failed = fs::read_to_string(repository.path().join("old.json")).unwrap();
    let failed = failed.replace("\"outcome\":\"complete\"", "\"outcome\":\"failed\",\"reason\":\"killed\"");
    repository.write("failed.json", &failed);
    let ended = repository.run(&["diff", "new.json", "failed.json"]);
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stdout.contains("0 fixed") && ended.stdout.contains("1 not checked"), "{}", ended.stdout);
}

#[test]
fn an_interrupted_comparison_leaves_nothing_behind() {
    let repository = Repository::new();
    repository.write("app.py", SHELL);
    repository.commit();
    let (slow, temporary) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (begun, script) = (slow.path().join("begun"), slow.path().join("bandit"));
    let text =
        format!("#!/bin/sh\n[ \"$1\" = --version ] && echo bandit 9.0 && exit\ntouch {}\nsleep 300\n", begun.display());
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let before = repository.state();
    let mut command = scanhelm();
    command.current_dir(repository.path()).env("TMPDIR", temporary.path()).args(["diff", "--base", "main"]);
    command.args(["--scanner", "bandit", "--scanner-dir"]).arg(slow.path()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !begun.exists() {
        assert!(Instant::now() < deadline, "the scanner did not start");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
    assert_eq!(repository.state(), before);
}

#[test]
fn what_is_staged_is_scanned_and_not_what_lies_in_the_tree() {
    let repository = Repository::new();
    repository.write("old.py", PICKLE);
    repository.write("gone.py", PICKLE);
    repository.write("renamed.py", PICKLE);
    repository.commit();
    let nothing = repository.run(&["scan", "--staged", "--output", "json", "--fail-on", "info"]);
    assert_eq!((nothing.code, json(&nothing)["findings"].as_array().unwrap().len()), (0, 0), "{}", nothing.stderr);
    assert!(nothing.stderr.contains("Nothing is staged"), "{}", nothing.stderr);

    repository.write("src/app.py", SHELL);
    repository.write("-rf.py", SHELL);
    repository.write("two words\nand a line.py", SHELL);
    symlink("/etc/passwd", repository.path().join("link.py")).unwrap();
    repository.git(&["mv", "renamed.py", "new name.py"]);
    repository.git(&["rm", "-q", "gone.py"]);
    repository.git(&["add", "-A"]);
    let head = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},sub", head.trim())]);
    // Mended in the tree, not in what is staged; and worse in the tree.
    repository.write("src/app.py", "x = 1\n");
    repository.write("old.py", SHELL);
    repository.write(".scanhelm.toml", "[[ignore]]\nrule = \"B404\"\npath = \"src/*.py\"\nreason = \"known\"\n");
    let (before, traps) = (repository.state(), booby_traps(&repository));
    let ended = repository.run(&["scan", "--staged", "--output", "json", "--fail-on", "high"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(!traps.path().join("sprung").exists(), "the repository's programs ran");
    for said in ["link.py: a link, not looked at", "sub: a submodule, not looked at", "Looking at 4 staged files"] {
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
    }
    let result = json(&ended);
    let findings = result["findings"].as_array().unwrap();
    let place = |finding: &Value| {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (word(&finding["location"]["path"]), word(&finding["rule_id"]))
    };
    let places: Vec<(String, String)> = findings.iter().map(place).collect();
    for (path, rule) in [("src/app.py", "B602"), ("-rf.py", "B602"), ("-rf.py", "B404"), ("new name.py", "B301")] {
        assert!(places.contains(&(path.to_owned(), rule.to_owned())), "{path} {rule}: {places:?}");
    }
    assert!(!places.iter().any(|(path, _)| path == "old.py" || path == "gone.py"), "{places:?}");
    assert!(!places.contains(&("src/app.py".to_owned(), "B404".to_owned())), "the project's rule: {places:?}");
    assert!(places.iter().any(|(path, _)| path.contains("and a line.py")), "{places:?}");
    assert!(findings.iter().all(|finding| finding["asset"].to_string().contains("example.com/acme/shop")), "{result}");
    let folder = repository.run(&["scan", "src", "--staged", "--output", "json"]);
    let paths: Vec<String> = json(&folder)["findings"].as_array().unwrap().iter().map(|one| place(one).0).collect();
    assert_eq!(paths, ["app.py"], "as a scan of the folder names it");
    for key in ["core.fsmonitor", "diff.external", "core.pager", "filter.evil.clean", "filter.evil.smudge"] {
        repository.git(&["config", "--unset", key]);
    }
    assert_eq!(repository.state(), before);
    // Bandit cannot write down such a name; ours is to give it the file.
    fs::write(repository.path().join(OsStr::from_bytes(b"bytes\xff.py")), SHELL).unwrap();
    repository.git(&["add", "-A"]);
    let names = repository.git(&["diff", "--cached", "--name-only", "-z", "--no-renames", "--diff-filter=AM"]);
    let regular = names.split('\0').filter(|name| !["", "link.py", "sub"].contains(name)).count();
    let ended = repository.run(&["scan", "--staged"]);
    assert!(ended.stderr.contains(&format!("Looking at {regular} staged files")), "{}", ended.stderr);
}

/// `git commit -a` gives its hooks another index than the usual one.
#[test]
fn a_hook_looks_at_the_index_of_its_commit() {
    let repository = Repository::new();
    repository.write("app.py", "x = 1\n");
    repository.commit();
    let hook = repository.path().join(".git/hooks/pre-commit");
    let scan = format!(
        "#!/bin/sh\nexec {} scan --staged --fail-on high --scanner bandit --scanner-dir {}\n",
        env!("CARGO_BIN_EXE_scanhelm"),
        scanners().display()
    );
    fs::write(&hook, scan).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    repository.write("app.py", SHELL);
    let mut commit = Command::new("git");
    commit.current_dir(repository.path()).args(["-c", "user.name=a", "-c", "user.email=a@example.com"]);
    let output = commit.args(["commit", "-q", "-a", "-m", "x"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && said.contains("B602"), "{said}");
    repository.write("app.py", "x = 2\n");
    repository.git(&["commit", "-q", "-a", "-m", "x"]);
}
