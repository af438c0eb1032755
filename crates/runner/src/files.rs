//! Which folders of a source tree are not the project's own source.
//!
//! Every scanner gets the same list, so that two of them do not disagree about what was looked at, and so that a
//! developer's machine with an installed `node_modules` and a fresh clone give the same result.

use std::ffi::OsStr;
use std::path::Path;

/// Names of folders with other people's code. Hidden folders are left out as well.
pub(crate) const VENDORED: &[&str] =
    &["__pycache__", "bower_components", "node_modules", "site-packages", "vendor", "venv"];

fn is_left_out(name: &OsStr) -> bool {
    name.as_encoded_bytes().first() == Some(&b'.') || VENDORED.iter().any(|vendored| name == *vendored)
}

/// Whether a file with one of these extensions lies under the folder. Symbolic links are not followed; what cannot be
/// read holds nothing, and the scanner that meets it will say so.
pub(crate) fn any_with_extension(root: &Path, extensions: &[&str]) -> bool {
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            let path = entry.path();
            if kind.is_dir() && !is_left_out(&entry.file_name()) {
                folders.push(path);
            } else if kind.is_file() && has_extension(&path, extensions) {
                return true;
            }
        }
    }
    false
}

pub(crate) fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension().is_some_and(|found| extensions.iter().any(|extension| found == *extension))
}
