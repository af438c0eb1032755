//! Scanners of the user's own: what the files in `scanners/` say of a scanner, in a file that needs no compiler.
//!
//! Such a file names programs that will run, so only the user of the command line and the operator of a hub name it, and
//! nothing in a scanned tree does. It is read once, before the first scan, and what it defines lives as long as the program:
//! then these scanners are the same type as those that come with Scanhelm, and nothing that runs them tells them apart.

mod definition;
mod format;
mod keys;
mod reading;
mod words;
mod written;

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use scanhelm_core::text::single_line;

pub(crate) use definition::Definition;

use crate::project::{Problem, lines};
use crate::registry::Registry;

const MOST_BYTES: u64 = 1024 * 1024;

/// All scanners there are, and where the user says that programs of them lie.
#[derive(Clone, Debug, Default)]
pub struct OwnScanners {
    pub registry: Registry,
    /// By the scanner's id.
    pub programs: BTreeMap<String, PathBuf>,
    /// The files that were read.
    pub files: Vec<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum OwnScannersError {
    #[error("the scanners' file {file} cannot be read: {cause}; check the path and its permissions")]
    Unreadable { file: String, cause: io::Error },
    #[error("{file} is larger than {MOST_BYTES} bytes; that defines no scanners")]
    TooLarge { file: String },
    /// Everything that is wrong in the file, not only the first.
    #[error("{}", lines(.file, .problems))]
    Wrong { file: String, problems: Vec<Problem> },
}

impl OwnScanners {
    /// Call it once for each set of files: what they define is never given back.
    ///
    /// # Errors
    /// With all that is wrong in the first file in which something is.
    pub fn read(files: &[PathBuf]) -> Result<Self, OwnScannersError> {
        let mut own = Self { files: files.to_vec(), ..Self::default() };
        for path in files {
            let file = single_line(&path.display().to_string(), 300);
            let text = text_of(path, &file)?;
            let (scanners, programs) = reading::understood(&text, &own.registry)
                .map_err(|problems| OwnScannersError::Wrong { file, problems })?;
            own.registry = own.registry.with(scanners);
            own.programs.extend(programs);
        }
        Ok(own)
    }
}

fn text_of(path: &Path, file: &str) -> Result<String, OwnScannersError> {
    let unreadable = |cause| OwnScannersError::Unreadable { file: file.to_owned(), cause };
    let mut text = String::new();
    let opened = std::fs::File::open(path).map_err(unreadable)?;
    let read = opened.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    if read as u64 > MOST_BYTES {
        return Err(OwnScannersError::TooLarge { file: file.to_owned() });
    }
    Ok(text)
}
