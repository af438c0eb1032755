//! The files of the checkout as plain data, so that every rule is a pure function that tests can feed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::command;

/// Text files by their path inside the checkout, and the names of all other files.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    texts: BTreeMap<String, String>,
    others: BTreeSet<String>,
}

impl Tree {
    /// What git tracks or would track: ignored files are nobody's business.
    pub(crate) fn of_checkout(root: &Path) -> Result<Self, String> {
        let listing = command::output(root, "git", &["ls-files", "-z", "--cached", "--others", "--exclude-standard"])?;
        let mut tree = Self::default();
        for name in listing.split('\0').filter(|name| !name.is_empty()) {
            let path = root.join(name);
            // A file removed from disk but not yet from git's index.
            if !path.is_file() {
                continue;
            }
            let bytes = std::fs::read(&path).map_err(|error| format!("cannot read {name}: {error}"))?;
            match String::from_utf8(bytes) {
                Ok(text) => drop(tree.texts.insert(name.to_owned(), text)),
                Err(_) => drop(tree.others.insert(name.to_owned())),
            }
        }
        Ok(tree)
    }

    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Whether a file or a folder of this name exists.
    pub(crate) fn contains(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let folder = format!("{path}/");
        path.is_empty()
            || self.texts.contains_key(path)
            || self.others.contains(path)
            || self.texts.range(folder.clone()..).next().is_some_and(|(name, _)| name.starts_with(&folder))
            || self.others.range(folder.clone()..).next().is_some_and(|name| name.starts_with(&folder))
    }

    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let texts = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Self { texts, others: BTreeSet::new() }
    }
}

/// The last part of a path after a dot, or "".
pub(crate) fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}
