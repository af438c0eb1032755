//! Report files on their way in: one folder of this process, names of our own making, never a name from outside.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use scanhelm_core::{Error, Result};
use sha2::{Digest, Sha256};

use crate::Hub;

impl Hub {
    /// The spool folder, made with mode 0700 when it is missing.
    pub(crate) fn spool_dir(&self) -> Result<PathBuf> {
        use std::os::unix::fs::DirBuilderExt;
        let path = self.settings().data_dir.join("spool");
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .map_err(|error| unusable("create the spool", &path, &error))?;
        Ok(path)
    }

    /// Where the file of this name stands. `name` is an id of ours.
    pub(crate) fn spool_path(&self, name: &str) -> Result<PathBuf> {
        Ok(self.spool_dir()?.join(format!("{name}.report")))
    }
}

/// Hex SHA-256 of a file, read in pieces on a blocking thread.
pub(crate) async fn digest(path: PathBuf) -> Result<String> {
    tokio::task::spawn_blocking(move || {
        digest_of(&path).map(hex::encode).map_err(|error| unusable("read", &path, &error))
    })
    .await
    .map_err(Error::internal)?
}

/// SHA-256 of a file; blocks.
pub(crate) fn digest_of(path: &Path) -> std::io::Result<[u8; 32]> {
    let mut file = fs::File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().into()),
            count => hash.update(buffer.get(..count).unwrap_or_default()),
        }
    }
}

/// Where the folder is, is the operator's business and in the log; that the machine is in trouble, and how, is everyone's.
fn unusable(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error {
        detail: format!(
            "The hub cannot use the folder for reports on their way in ({error}). Its operator must free space or mend \
             the permissions of its data folder; the import is tried again."
        ),
        ..Error::internal(format!("cannot {what} {}: {error}", path.display()))
    }
}

/// Removes a file that is no longer needed; one that is gone is fine.
pub(crate) fn discard(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "spool file not removed");
    }
}
