//! What was started, as a person would start it.

use std::ffi::OsString;
use std::path::Path;

use crate::message;

/// The command line for a person. `$FOLDER` stands for the private folder, which is gone by then; what the caller added
/// may be a secret and is not told.
pub(super) fn shown(program: &Path, arguments: &[OsString], added: &[OsString], folder: &Path) -> String {
    let folder = folder.display().to_string();
    let words = std::iter::once(program.as_os_str()).chain(arguments.iter().map(OsString::as_os_str));
    let quoted = words.map(|word| {
        if added.iter().any(|one| one == word) {
            return "[ADDED]".to_owned();
        }
        let word = word.to_string_lossy();
        match word.contains(&folder) {
            true => format!("\"{}\"", word.replace(&folder, "$FOLDER")),
            false if word.is_empty() || word.contains(|letter: char| !is_plain(letter)) => {
                format!("'{}'", word.replace('\'', r"'\''"))
            }
            false => word.into_owned(),
        }
    });
    message::shown_up_to(&quoted.collect::<Vec<_>>().join(" "), COMMAND_LENGTH)
}

const COMMAND_LENGTH: usize = 4000;

const fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '/' | '=' | ':' | ',' | '+' | '@' | '%')
}
