//! `scanhelm scan --staged`: what the next commit holds, not what lies in the working tree.
//!
//! The staged contents are written to a private folder and scanned there under the repository's name, so that findings,
//! baseline and settings are those of the project. A link is not followed and a submodule is a commit of elsewhere.

use std::path::Path;

use super::git::{Git, Listed};
use super::interruption::interruptible;
use super::private_copy::PrivateCopy;
use super::scanning::Prepared;
use crate::exit::{self, Exit};
use crate::results::cell;

/// `None` when nothing is staged that could be looked at. The files are there as long as the copy is.
pub(super) async fn written_out(here: &Prepared, quiet: bool) -> Result<Option<(Prepared, PrivateCopy)>, Exit> {
    let git = Git::of(here.folder())
        .and_then(|git| git.with_index_of_commit(std::env::var_os("GIT_INDEX_FILE")))
        .map_err(|error| exit::refused(&error))?;
    let place = here.path_within(git.top()).map_err(|error| exit::refused(&error))?;
    let asked = git.clone();
    let work = interruptible(move |cancel| {
        let listed = asked.staged().map_err(|error| error.to_string())?.within(&place);
        if listed.files.is_empty() {
            return Ok((listed, None));
        }
        let copy = PrivateCopy::of(&asked, &listed.files, cancel).map_err(|error| error.to_string())?;
        Ok((listed, Some(copy)))
    });
    let (listed, copy) = work.await?;
    if !quiet {
        told(&listed);
    }
    let Some(copy) = copy else { return Ok(None) };
    let prepared = here.with_files_of(copy.folder(), git.top()).map_err(|error| exit::refused(&error))?;
    Ok(Some((prepared, copy)))
}

fn told(listed: &Listed) {
    let left_out = |paths: &[std::path::PathBuf], what: &str| {
        let shown = |path: &Path| cell(&path.to_string_lossy(), 200);
        paths.iter().for_each(|path| exit::say(&format!("{}: {what}, not looked at", shown(path))));
    };
    left_out(&listed.links, "a link");
    left_out(&listed.submodules, "a submodule");
    match listed.files.len() {
        0 => exit::say("Nothing is staged that could be looked at."),
        1 => exit::say("Looking at 1 staged file"),
        count => exit::say(&format!("Looking at {count} staged files")),
    }
}
