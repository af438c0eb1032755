//! The name of a source tree that is the same in every clone.
//!
//! It is read from git's files, not asked from git: a repository can configure programs that git then runs, and a
//! scanner must not run what it is about to judge.

use std::path::{Component, Path, PathBuf};

/// See [`crate::SourceTree::repository`].
pub(crate) fn name_of(folder: &Path) -> String {
    let Some((top, git)) = enclosing(folder) else { return folder_name(folder) };
    let name = origin(&git).as_deref().and_then(normalised).unwrap_or_else(|| folder_name(top));
    let within = folder.strip_prefix(top).map(slashed).unwrap_or_default();
    if within.is_empty() { name } else { format!("{name}/{within}") }
}

fn folder_name(folder: &Path) -> String {
    folder.file_name().map_or_else(|| "/".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn slashed(path: &Path) -> String {
    let parts = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// The top folder of the working tree, and git's common folder: in a linked working tree or a submodule `.git` is a
/// file that points there.
fn enclosing(folder: &Path) -> Option<(&Path, PathBuf)> {
    folder.ancestors().find_map(|top| {
        let dot_git = top.join(".git");
        if dot_git.is_dir() {
            return Some((top, dot_git));
        }
        let pointer = std::fs::read_to_string(&dot_git).ok()?;
        let git = top.join(pointer.strip_prefix("gitdir:")?.trim());
        let common = std::fs::read_to_string(git.join("commondir")).map(|text| git.join(text.trim())).unwrap_or(git);
        Some((top, common))
    })
}

/// The last `url` of `[remote "origin"]`.
fn origin(git: &Path) -> Option<String> {
    let config = std::fs::read_to_string(git.join("config")).ok()?;
    let mut in_origin = false;
    let mut url = None;
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            in_origin = line.split_whitespace().collect::<Vec<_>>() == ["[remote", "\"origin\"]"];
        } else if in_origin
            && let Some((key, value)) = line.split_once('=')
            && key.trim().eq_ignore_ascii_case("url")
        {
            url = Some(value.trim().trim_matches('"').to_owned());
        }
    }
    url
}

/// Host and path, whichever way the clone speaks: `git@host:a/b.git`, `ssh://git@host:22/a/b` and
/// `https://user:token@host/a/b.git` are all `host/a/b`. A path on this machine says nothing elsewhere: `None`.
fn normalised(url: &str) -> Option<String> {
    let (authority, path) = match url.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest.split_once('/')?,
        None => {
            let (authority, path) = url.split_once(':')?;
            if authority.contains('/') || authority.len() == 1 {
                return None;
            }
            (authority, path)
        }
    };
    let host = authority.rsplit('@').next()?.split(':').next()?.to_ascii_lowercase();
    let path = path.split(['?', '#']).next()?.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    if host.is_empty() || path.is_empty() { None } else { Some(format!("{host}/{path}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_clone_gives_one_name_without_credentials() {
        for url in [
            "git@github.com:acme/shop.git",
            "ssh://git@github.com:22/acme/shop.git",
            "https://github.com/acme/shop",
            "https://user:secret@GitHub.com/acme/shop.git/",
            "https://github.com/acme/shop.git?x=1#y",
        ] {
            assert_eq!(normalised(url).as_deref(), Some("github.com/acme/shop"), "{url}");
        }
    }

    #[test]
    fn paths_of_one_machine_are_no_names() {
        for url in ["/srv/git/shop.git", "file:///srv/git/shop.git", "../shop", "C:/git/shop"] {
            assert_eq!(normalised(url), None, "{url}");
        }
    }
}
