//! Running the binary.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("it ended by itself"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

pub(crate) fn scanhelm() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scanhelm"));
    // What an earlier test was told must not answer for a scanner in this one.
    command.env("SCANHELM_NO_CACHE", "1");
    command
}

pub(crate) fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ended {
    scanhelm().args(arguments).output().unwrap().into()
}

/// Folder with the programs of the real scanners.
pub(crate) fn scanners() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/scanners");
    for program in ["bandit", "semgrep"] {
        assert!(
            folder.join("bin").join(program).exists(),
            "{program} is not installed for the tests: run `scripts/setup-test.sh scanners`"
        );
    }
    folder.join("bin").canonicalize().unwrap()
}

/// A library that came with Bandit: real code that nobody here wrote.
pub(crate) fn real_source() -> PathBuf {
    let library = scanners().join("../lib");
    let versions = std::fs::read_dir(&library).unwrap();
    let found = versions.flatten().map(|entry| entry.path().join("site-packages/stevedore")).find(|path| path.is_dir());
    found.expect("the environment of Bandit holds it").canonicalize().unwrap()
}

/// The folder of reports of real scanners that nobody here wrote; `None`, and a line in the test's output, where this
/// machine has none. Missing in continuous integration is a failure.
#[expect(clippy::print_stderr, reason = "a skipped test has to be seen in its output")]
pub(crate) fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let corpus = std::env::var_os("SCANHELM_SHARED").map_or_else(beside, PathBuf::from).join("corpus");
    if corpus.is_dir() {
        return Some(corpus);
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no corpus at {}", corpus.display());
    eprintln!("skipped: no corpus at {}", corpus.display());
    None
}

/// What an independent judge says of a text (`e2e/judges`).
pub(crate) fn judged(judge: &str, text: &str) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = root.join(".tools/judges/bin/python");
    assert!(python.exists(), "the judges are not installed: run e2e/judges/setup.sh");
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("judged");
    std::fs::write(&input, text).unwrap();
    let mut command = Command::new(python);
    command.arg(root.join("e2e/judges").join(judge)).stdin(std::fs::File::open(&input).unwrap());
    let ended = command.output().unwrap();
    if ended.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&ended.stderr).into_owned()) }
}
