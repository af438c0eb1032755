//! Asking git, and running nothing that the repository brings along.
//!
//! Only plumbing is called that reads objects and the index. A checkout (and so `git worktree add`) would run hooks,
//! the smudge filters of the configuration and a file system monitor, would register itself in the repository, and
//! would fetch what a partial clone lacks. Here the contents of the files are read as they were committed, so there is
//! nothing to switch off, nothing to remove from the repository after a crash, and tree, index, HEAD and stash are never
//! written to. The price: a filter's contents (Git LFS) stay the pointers that were committed.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use scanhelm_core::text::single_line;

/// All else of the environment stays out, above all `GIT_*`: a hook has it set for another command.
const ENVIRONMENT: &[&str] = &["PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR"];
const ALWAYS: &[&str] = &[
    "--no-pager",
    "--literal-pathspecs",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "protocol.allow=never",
    "-c",
    "submodule.recurse=false",
];

#[derive(Debug, thiserror::Error)]
pub(super) enum GitError {
    #[error("git is not installed, or not in PATH; it is asked for the files of a commit")]
    NotInstalled,
    #[error("`{0}` is in no git repository; give a folder of one")]
    NoRepository(String),
    #[error("there is no commit `{name}` in this repository{hint}")]
    UnknownCommit { name: String, hint: String },
    #[error("git failed: {0}")]
    Failed(String),
    #[error("the object {0} is not in this clone; a partial clone lacks some: fetch it, or clone without --filter")]
    MissingObject(String),
    #[error("the files of the repository cannot be written out: {0}")]
    Unwritten(#[from] io::Error),
    #[error("interrupted")]
    Interrupted,
}

/// A repository with a working tree.
#[derive(Clone, Debug)]
pub(super) struct Git {
    top: PathBuf,
    /// Of the commit that is being made, when that is not the usual one.
    index: Option<PathBuf>,
}

/// A regular file as git holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TrackedFile {
    pub(super) object: String,
    pub(super) path: PathBuf,
}

/// What was listed, and the entries that are no files.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) files: Vec<TrackedFile>,
    pub(super) submodules: Vec<PathBuf>,
    pub(super) links: Vec<PathBuf>,
}

impl Git {
    /// The repository that holds a folder.
    pub(super) fn of(folder: &Path) -> Result<Self, GitError> {
        let mut top = run(command(folder).args(["rev-parse", "--show-toplevel"])).map_err(|error| match error {
            GitError::Failed(words) if words.contains("not a git repository") => {
                GitError::NoRepository(single_line(&folder.display().to_string(), 300))
            }
            other => other,
        })?;
        if top.last() == Some(&b'\n') {
            top.pop();
        }
        let top = PathBuf::from(OsString::from_vec(top)).canonicalize()?;
        Ok(Self { top, index: None })
    }

    /// The top folder of the working tree.
    pub(super) fn top(&self) -> &Path {
        &self.top
    }

    /// With the index that a running `git commit` names to its hooks: `git commit -a` and `git commit FILE` do not use
    /// the usual one. An index of another repository is none of ours.
    pub(super) fn with_index_of_commit(mut self, named: Option<OsString>) -> Result<Self, GitError> {
        let Some(named) = named else { return Ok(self) };
        let mut own = run(self.ask().args(["rev-parse", "--absolute-git-dir"]))?;
        if own.last() == Some(&b'\n') {
            own.pop();
        }
        let own = PathBuf::from(OsString::from_vec(own)).canonicalize()?;
        let named = std::path::absolute(named)?;
        self.index = named.canonicalize().ok().filter(|index| index.starts_with(own));
        Ok(self)
    }

    fn ask(&self) -> Command {
        let mut command = command(&self.top);
        if let Some(index) = &self.index {
            command.env("GIT_INDEX_FILE", index);
        }
        command
    }

    /// The full name of a commit.
    pub(super) fn commit(&self, name: &str) -> Result<String, GitError> {
        let asked = format!("{name}^{{commit}}");
        let found = run(self.ask().args(["rev-parse", "--verify", "--quiet", "--end-of-options", &asked]));
        match found {
            Ok(found) if !found.is_empty() => Ok(String::from_utf8_lossy(&found).trim().to_owned()),
            Err(error @ GitError::NotInstalled) => Err(error),
            _ => Err(GitError::UnknownCommit { name: single_line(name, 200), hint: self.hint(name) }),
        }
    }

    fn hint(&self, name: &str) -> String {
        let answer = |arguments: &[&str]| run(self.ask().args(arguments)).unwrap_or_default();
        if answer(&["rev-parse", "--is-shallow-repository"]).starts_with(b"true") {
            return ", and this clone is shallow: fetch it (`git fetch --depth=1 origin COMMIT`) or clone with the \
                    history (`fetch-depth: 0` in actions/checkout)"
                .to_owned();
        }
        let names = answer(&["for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes"]);
        let names = String::from_utf8_lossy(&names).into_owned();
        match scanhelm_core::text::nearest(name, names.lines()) {
            Some(near) => format!("; did you mean `{}`?", single_line(near, 200)),
            None => "; `git branch --all` and `git tag` list what there is".to_owned(),
        }
    }

    /// The files of a commit.
    pub(super) fn files_of(&self, commit: &str) -> Result<Listed, GitError> {
        let text = run(self.ask().args(["ls-tree", "-r", "-z", "--full-tree", commit]))?;
        let mut listed = Listed::default();
        for entry in text.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
            let malformed = || GitError::Failed(format!("ls-tree said {}", shown(entry)));
            let tab = entry.iter().position(|byte| *byte == b'\t').ok_or_else(malformed)?;
            let (facts, name) = (entry.get(..tab).unwrap_or_default(), entry.get(tab + 1..).unwrap_or_default());
            let facts = String::from_utf8_lossy(facts).into_owned();
            let [mode, _, object] = facts.split(' ').collect::<Vec<_>>()[..] else { return Err(malformed()) };
            listed.add(mode, object, name);
        }
        Ok(listed)
    }

    /// What the next commit adds or changes. A renamed file counts under its new name.
    pub(super) fn staged(&self) -> Result<Listed, GitError> {
        let head = match self.commit("HEAD") {
            Ok(head) => head,
            // Before the first commit.
            Err(GitError::UnknownCommit { .. }) => {
                let empty = run(self.ask().args(["hash-object", "-t", "tree", "/dev/null"]))?;
                String::from_utf8_lossy(&empty).trim().to_owned()
            }
            Err(error) => return Err(error),
        };
        let flags = ["--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff", "--no-textconv"];
        let text = run(self.ask().arg("diff-index").args(flags).arg(head))?;
        let mut listed = Listed::default();
        let mut parts = text.split(|byte| *byte == 0).filter(|part| !part.is_empty());
        while let (Some(facts), Some(name)) = (parts.next(), parts.next()) {
            let text = String::from_utf8_lossy(facts).into_owned();
            let [_, mode, _, object, status] = text.trim_start_matches(':').split(' ').collect::<Vec<_>>()[..] else {
                return Err(GitError::Failed(format!("diff-index said {}", shown(facts))));
            };
            match status {
                "D" => {}
                "U" => return Err(GitError::Failed(format!("`{}` has a conflict that is not resolved", shown(name)))),
                _ => listed.add(mode, object, name),
            }
        }
        Ok(listed)
    }

    /// Reads the contents of objects from its output, one after the other.
    pub(super) fn contents(&self) -> Command {
        let mut command = self.ask();
        command.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command
    }
}

impl Listed {
    /// Git forbids names that lead out of the tree; a tree that was made by hand may hold them.
    fn add(&mut self, mode: &str, object: &str, name: &[u8]) {
        let path = PathBuf::from(OsStr::from_bytes(name));
        if !path.components().all(|part| matches!(part, Component::Normal(_))) || path.as_os_str().is_empty() {
            return;
        }
        match mode {
            "100644" | "100755" | "100664" => self.files.push(TrackedFile { object: object.to_owned(), path }),
            "120000" => self.links.push(path),
            "160000" => self.submodules.push(path),
            _ => {}
        }
    }

    /// What lies in a folder, or is this file.
    pub(super) fn within(mut self, place: &Path) -> Self {
        self.files.retain(|file| file.path.starts_with(place));
        self.links.retain(|path| path.starts_with(place));
        self.submodules.retain(|path| path.starts_with(place));
        self
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.env_clear();
    command.envs(ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.envs([("LC_ALL", "C"), ("GIT_OPTIONAL_LOCKS", "0"), ("GIT_NO_LAZY_FETCH", "1")]);
    command.args(ALWAYS).arg("-C").arg(folder).stdin(Stdio::null());
    command
}

fn run(command: &mut Command) -> Result<Vec<u8>, GitError> {
    let output = command.output().map_err(not_started)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(GitError::Failed(single_line(words.trim(), 500)))
}

pub(super) fn not_started(error: io::Error) -> GitError {
    match error.kind() {
        io::ErrorKind::NotFound => GitError::NotInstalled,
        _ => GitError::Unwritten(error),
    }
}

fn shown(bytes: &[u8]) -> String {
    single_line(&String::from_utf8_lossy(bytes), 200)
}
