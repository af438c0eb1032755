//! Which files of a source tree are looked at.
//!
//! Every scanner gets the same list, so that two of them do not disagree about what was looked at, and so that a
//! developer's machine with an installed `node_modules` and a fresh clone give the same result.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// Names of folders with other people's code. Hidden folders are left out as well.
pub(crate) const VENDORED: &[&str] =
    &["__pycache__", "bower_components", "node_modules", "site-packages", "vendor", "venv"];

/// Hidden folders that hold a project's own work: what its code host runs.
const OWN_HIDDEN: &[&str] = &[".circleci", ".github", ".gitlab"];

fn is_left_out(name: &OsStr) -> bool {
    let hidden = name.as_encoded_bytes().first() == Some(&b'.') && !OWN_HIDDEN.iter().any(|own| name == *own);
    hidden || VENDORED.iter().any(|vendored| name == *vendored)
}

/// What lies under a folder, relative to it and in order.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The regular files.
    pub files: Vec<PathBuf>,
    /// Named pipes, sockets and devices, and links that lead to one. Who opens one may wait or read for ever.
    pub special: Vec<PathBuf>,
    pub unreadable_folders: Vec<PathBuf>,
}

/// The regular files under the folder, relative to it and in order.
#[must_use]
pub fn under(root: &Path) -> Vec<PathBuf> {
    listing(root).files
}

/// Symbolic links are not followed further, so there are no loops and no ways out.
pub(crate) fn listing(root: &Path) -> Listing {
    let mut found = Listing::default();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(root.join(&folder)) else {
            found.unreadable_folders.push(folder);
            continue;
        };
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            let path = folder.join(entry.file_name());
            if kind.is_dir() {
                if !is_left_out(&entry.file_name()) {
                    folders.push(path);
                }
            } else if kind.is_file() {
                found.files.push(path);
            } else if !kind.is_symlink() || leads_to_special(&root.join(&path)) {
                found.special.push(path);
            }
        }
    }
    found.files.sort_unstable();
    found.special.sort_unstable();
    found.unreadable_folders.sort_unstable();
    found
}

/// Scanners follow links to files, and ask no more than we do what is behind them.
fn leads_to_special(link: &Path) -> bool {
    link.metadata().is_ok_and(|behind| !behind.is_file() && !behind.is_dir())
}

/// Whether a path that a report names is one of the files that are looked at, by its folders alone.
pub(crate) fn is_looked_at(path: &Path) -> Place {
    let mut names = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => names.push(name),
            Component::CurDir => {}
            _ => return Place::Outside,
        }
    }
    names.pop();
    if names.into_iter().any(is_left_out) { Place::LeftOut } else { Place::LookedAt }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    LookedAt,
    /// In a folder of other people's code, or a hidden one.
    LeftOut,
    /// Not in the target at all.
    Outside,
}

pub(crate) fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension().is_some_and(|found| extensions.iter().any(|extension| found == *extension))
}

/// The name alone, where it is Unicode.
pub(crate) fn name_of(path: &Path) -> &str {
    path.file_name().and_then(OsStr::to_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_apart_by_their_folders() {
        for (path, place) in [
            ("src/app.py", Place::LookedAt),
            ("./src/.env", Place::LookedAt),
            (".github/workflows/ci.yml", Place::LookedAt),
            (".git/config", Place::LeftOut),
            ("web/node_modules/x/a.js", Place::LeftOut),
            ("../secret", Place::Outside),
            ("src/../../secret", Place::Outside),
            ("/etc/passwd", Place::Outside),
        ] {
            assert_eq!(is_looked_at(Path::new(path)), place, "{path}");
        }
    }
}
