//! What a scanner of files cannot look at. Each is a warning: without it a scan that missed a file would look whole.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::one::Scan;
use crate::message;
use crate::scanner::{LooksAt, Scanner};
use crate::target::SourceTree;

/// Of more the number says enough.
const MOST_NAMED: usize = 20;

impl Scan {
    /// The files of the tree that cannot be read by whoever the scanners run as.
    pub(super) async fn unreadable(&self, tree: &Arc<SourceTree>) -> &BTreeSet<PathBuf> {
        let (tree, user) = (Arc::clone(tree), self.user.clone());
        let look = move || {
            let cannot = |file: &&PathBuf| !tree.is_readable(file, user.as_ref());
            tree.files().iter().filter(cannot).cloned().collect()
        };
        // Whoever does not know says nothing; the scanner that meets the file will.
        self.unreadable.get_or_init(async || tokio::task::spawn_blocking(look).await.unwrap_or_default()).await
    }

    pub(super) async fn left_out(&self, scanner: &Scanner) -> Vec<String> {
        let (LooksAt::Files(files), Some(tree)) = (scanner.looks_at, &self.targets.tree) else { return Vec::new() };
        let is_of_it = |path: &&PathBuf| (files.looks_at)(path, &self.options);
        let unreadable = self.unreadable(tree).await;
        let special = tree.special().iter().filter(is_of_it).map(PathBuf::as_path).collect();
        let files = unreadable.iter().filter(is_of_it).map(PathBuf::as_path).collect();
        let folders = tree.unreadable_folders().iter().map(PathBuf::as_path).collect();
        [
            told(special, "is neither a file nor a folder and was not looked at"),
            told(files, "cannot be read"),
            told(folders, "is a folder that cannot be read"),
        ]
        .concat()
    }
}

fn told(paths: Vec<&Path>, what: &str) -> Vec<String> {
    let named = paths.iter().take(MOST_NAMED).map(|path| format!("{} {what}", message::shown(&path.to_string_lossy())));
    let more = paths.len().saturating_sub(MOST_NAMED);
    named.chain((more > 0).then(|| format!("the same of {more} more: each {what}"))).collect()
}
