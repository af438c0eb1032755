//! What the working tree itself tells. It is read from git's files, not asked from git: a repository can configure
//! programs that git then runs.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use scanhelm_core::ci::CiMetadata;

use super::{Pipeline, value};

const MOST_BYTES: u64 = 16 * 1024 * 1024;

pub(super) fn of(folder: &Path) -> Pipeline {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let Some(git) = folder.ancestors().find_map(|top| Git::at(&top.join(".git"))) else { return Pipeline::default() };
    let head = text(&git.own.join("HEAD")).unwrap_or_default();
    let reference = head.strip_prefix("ref:").map(str::trim);
    let commit = match reference {
        Some(reference) => git.commit(reference),
        None => Some(head.trim().to_owned()),
    };
    let branch = reference.and_then(value::branch);
    let default = text(&git.common.join("refs/remotes/origin/HEAD"));
    let default = default.as_deref().and_then(|text| text.trim().strip_prefix("ref: refs/remotes/origin/"));
    Pipeline {
        on_default_branch: branch.as_deref().zip(default).map(|(one, other)| one == other),
        metadata: CiMetadata {
            commit_sha: commit.as_deref().and_then(value::commit),
            branch_name: branch,
            repo_url: git.origin().as_deref().and_then(value::address),
            ..CiMetadata::default()
        },
        conversation: None,
    }
}

struct Git {
    /// Of this working tree.
    own: PathBuf,
    /// Of all working trees of the repository.
    common: PathBuf,
}

impl Git {
    /// In a linked working tree or a submodule `.git` is a file that points to the folder.
    fn at(dot_git: &Path) -> Option<Self> {
        if dot_git.is_dir() {
            return Some(Self { own: dot_git.to_owned(), common: dot_git.to_owned() });
        }
        let pointer = text(dot_git)?;
        let own = dot_git.parent()?.join(pointer.strip_prefix("gitdir:")?.trim());
        let common = text(&own.join("commondir")).map_or_else(|| own.clone(), |path| own.join(path.trim()));
        Some(Self { own, common })
    }

    /// Of a ref in a file of its own, or packed with others.
    fn commit(&self, reference: &str) -> Option<String> {
        if reference.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return None;
        }
        let loose = [&self.own, &self.common].into_iter().find_map(|folder| text(&folder.join(reference)));
        let packed = || {
            let refs = text(&self.common.join("packed-refs"))?;
            let line = refs.lines().find_map(|line| line.split_once(' ').filter(|(_, name)| *name == reference))?;
            Some(line.0.to_owned())
        };
        loose.map(|text| text.trim().to_owned()).or_else(packed)
    }

    /// The last `url` of `[remote "origin"]`.
    fn origin(&self) -> Option<String> {
        let config = text(&self.common.join("config"))?;
        let mut in_origin = false;
        let mut url = None;
        for line in config.lines().map(str::trim) {
            if line.starts_with('[') {
                in_origin = line.split_whitespace().collect::<Vec<_>>() == ["[remote", "\"origin\"]"];
            } else if let Some((key, text)) = line.split_once('=').filter(|_| in_origin)
                && key.trim().eq_ignore_ascii_case("url")
            {
                url = Some(text.trim().trim_matches('"').to_owned());
            }
        }
        url
    }
}

fn text(path: &Path) -> Option<String> {
    let mut text = String::new();
    path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    File::open(path).ok()?.take(MOST_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}
