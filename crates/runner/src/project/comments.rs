//! Reads the comments of the files in which something was found. The tree is not trusted: no link leads out of it, and
//! no file is read without end.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::local::suppression::{Comments, comments};

const MOST_BYTES: u64 = 8 * 1024 * 1024;

pub(super) struct Sources {
    root: PathBuf,
    reason_required: bool,
    read: HashMap<String, Comments>,
}

impl Sources {
    /// `root` is canonical.
    pub(super) fn new(root: &Path, reason_required: bool) -> Self {
        Self { root: root.to_owned(), reason_required, read: HashMap::new() }
    }

    /// Those of the file that a finding is in.
    pub(super) fn of(&mut self, record: &FindingRecord) -> Option<&Comments> {
        let Location::Code { path, .. } = &record.location else { return None };
        if !self.read.contains_key(path) {
            let text = self.text(path).unwrap_or_default();
            self.read.insert(path.clone(), comments(path, &text, self.reason_required));
        }
        self.read.get(path)
    }

    /// Comments that could not be understood, in the order of the files.
    pub(super) fn complaints(&self) -> Vec<String> {
        let mut problems: Vec<_> = self
            .read
            .iter()
            .flat_map(|(path, comments)| comments.problems.iter().map(move |(line, words)| (path, line, words)))
            .collect();
        problems.sort();
        problems.into_iter().map(|(path, line, words)| format!("{path}:{line}: {words}")).collect()
    }

    /// A file that cannot be read holds no comment: its findings stay.
    fn text(&self, path: &str) -> Option<String> {
        let real = self.root.join(path).canonicalize().ok().filter(|real| real.starts_with(&self.root))?;
        let metadata = real.metadata().ok()?;
        if !metadata.is_file() || metadata.len() > MOST_BYTES {
            return None;
        }
        let mut bytes = Vec::new();
        File::open(real).ok()?.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_link_leads_out_of_the_tree_and_no_bytes_stop_the_reading() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        let root = top.join("tree");
        std::fs::create_dir(&root).unwrap();
        std::fs::write(top.join("out.py"), "# secret").unwrap();
        std::os::unix::fs::symlink(top.join("out.py"), root.join("link.py")).unwrap();
        std::fs::write(root.join("bytes.py"), b"\xff # scanhelm: ignore B1\n").unwrap();
        let sources = Sources::new(&root, false);
        assert_eq!(sources.text("link.py"), None);
        assert_eq!(sources.text("../out.py"), None);
        assert_eq!(sources.text("."), None);
        let text = sources.text("bytes.py").unwrap();
        assert_eq!(comments("bytes.py", &text, false).directives.len(), 1);
    }
}
