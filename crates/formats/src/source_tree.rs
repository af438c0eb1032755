//! Where code findings are: paths relative to the repository, and the matched lines.
//!
//! An absolute path depends on the machine that ran the scanner, so it must not reach a fingerprint. It becomes
//! relative, in this order: to the folder that was scanned (`source_root`), to a root that the report itself names,
//! to the deepest folder that all absolute paths of the report share. The last is the weakest: it can change with the
//! set of findings, and is used only where a report gives nothing better.

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

pub(crate) struct SourceTree {
    folder: Option<PathBuf>,
    /// Absolute folders that paths may begin with, with `/` and without one at the end; in the order in which they are tried.
    roots: Vec<String>,
    /// The file read last: findings come grouped by file.
    last: Option<(String, Vec<String>)>,
}

/// Larger files are not read for their lines.
const LARGEST_SOURCE: u64 = 4 << 20;
/// A match over more lines is known by its first ones.
const MOST_LINES: u32 = 20;

impl SourceTree {
    pub(crate) fn new(folder: Option<&Path>, named: impl IntoIterator<Item = String>, common: Option<String>) -> Self {
        let mut known: Vec<String> = Vec::new();
        if let Some(folder) = folder {
            known.push(slashed(&folder.to_string_lossy()));
            known.extend(folder.canonicalize().ok().map(|real| slashed(&real.to_string_lossy())));
        }
        let mut others: Vec<String> = named.into_iter().map(|root| slashed(&root)).collect();
        others.sort_by_key(|root| std::cmp::Reverse(root.len()));
        known.extend(others);
        known.extend(common);
        let roots = known.iter().map(|root| root.trim_end_matches('/').to_owned()).collect();
        Self { folder: folder.map(Path::to_path_buf), roots, last: None }
    }

    /// The path as the repository knows it, never absolute.
    pub(crate) fn relative(&self, path: &str) -> String {
        let path = slashed(path);
        if !is_absolute(&path) {
            return path.strip_prefix("./").unwrap_or(&path).to_owned();
        }
        let under = |root: &String| path.strip_prefix(root.as_str())?.strip_prefix('/').map(str::to_owned);
        self.roots.iter().find_map(under).unwrap_or_else(|| {
            let (_, rest) = split_drive(&path);
            rest.trim_start_matches('/').to_owned()
        })
    }

    /// Lines `first..=last` (from 1) of a file below the scanned folder; `None` where there is no such folder, file
    /// or line. The path comes from a report, so it must not lead out of the folder, not through a link either.
    pub(crate) fn lines(&mut self, path: &str, first: u32, last: u32) -> Option<String> {
        if self.last.as_ref().is_none_or(|(name, _)| name != path) {
            let lines = self.read(path).unwrap_or_default();
            self.last = Some((path.to_owned(), lines));
        }
        let (_, lines) = self.last.as_ref()?;
        let start = usize::try_from(first.checked_sub(1)?).ok()?;
        let count = last.saturating_sub(first).min(MOST_LINES - 1) + 1;
        let wanted: Vec<&str> =
            lines.iter().skip(start).take(usize::try_from(count).ok()?).map(String::as_str).collect();
        (!wanted.is_empty()).then(|| wanted.join("\n"))
    }

    fn read(&self, path: &str) -> Option<Vec<String>> {
        let folder = self.folder.as_ref()?.canonicalize().ok()?;
        let relative = Path::new(path);
        if !relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            return None;
        }
        let file = folder.join(relative).canonicalize().ok().filter(|file| file.starts_with(&folder))?;
        if !file.metadata().ok()?.is_file() {
            return None;
        }
        let mut bytes = Vec::new();
        File::open(file).ok()?.take(LARGEST_SOURCE).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect())
    }
}

pub(crate) fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || split_drive(path).0
}

/// Whether the path begins with a Windows drive, and what follows it.
fn split_drive(path: &str) -> (bool, &str) {
    match path.split_once(':') {
        Some((drive, rest)) if drive.len() == 1 && drive.is_ascii() && rest.starts_with('/') => (true, rest),
        _ => (false, path),
    }
}

fn slashed(path: &str) -> String {
    path.replace('\\', "/")
}

/// The deepest folder that all absolute paths share.
#[derive(Debug, Default)]
pub(crate) struct CommonFolder(Option<Vec<String>>);

impl CommonFolder {
    pub(crate) fn add(&mut self, path: &str) {
        let path = slashed(path);
        if !is_absolute(&path) {
            return;
        }
        let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
        parts.pop();
        match &mut self.0 {
            None => self.0 = Some(parts),
            Some(shared) => {
                let same = shared.iter().zip(&parts).take_while(|(one, other)| one == other).count();
                shared.truncate(same);
            }
        }
    }

    pub(crate) fn path(&self) -> Option<String> {
        self.0.as_ref().map(|parts| parts.join("/")).filter(|path| !path.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_stays_absolute() {
        let tree = SourceTree::new(None, ["/home/ci/shop".to_owned(), "C:\\build\\".to_owned()], None);
        for (path, relative) in [
            ("/home/ci/shop/src/a.py", "src/a.py"),
            ("/home/ci/shopping/a.py", "home/ci/shopping/a.py"),
            ("C:\\build\\src\\a.cs", "src/a.cs"),
            ("D:\\x\\a.cs", "x/a.cs"),
            ("./src/a.py", "src/a.py"),
        ] {
            assert_eq!(tree.relative(path), relative);
        }
    }

    #[test]
    fn the_common_folder_is_that_of_all_absolute_paths() {
        let mut common = CommonFolder::default();
        for path in ["/home/me/dd/docker/setEnv.sh", "/home/me/dd/entry.sh", "relative.sh"] {
            common.add(path);
        }
        assert_eq!(common.path().as_deref(), Some("/home/me/dd"));
    }

    #[test]
    fn lines_come_only_from_below_the_folder() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("repo");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("a.py"), "one\ntwo\nthree\n").unwrap();
        std::fs::write(outer.path().join("secret"), "secret\n").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(outer.path().join("secret"), folder.join("link")).unwrap();
        let mut tree = SourceTree::new(Some(&folder), [], None);
        assert_eq!(tree.lines("a.py", 2, 3).as_deref(), Some("two\nthree"));
        assert_eq!(tree.lines("a.py", 9, 9), None);
        for outside in ["../secret", "link", "/etc/passwd", "absent"] {
            assert_eq!(tree.lines(outside, 1, 1), None, "{outside}");
        }
    }
}
