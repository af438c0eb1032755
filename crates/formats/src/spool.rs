//! A document kept for a second reading: small ones in memory, large ones in a file that has no name and vanishes
//! with the process.

use std::io::{self, Read, Seek};

use tempfile::SpooledTempFile;

use crate::error::ReadError;

pub(crate) struct Spool(SpooledTempFile);

impl Spool {
    const IN_MEMORY: usize = 4 << 20;

    pub(crate) fn fill(mut content: impl Read) -> Result<Self, ReadError> {
        let mut file = SpooledTempFile::new(Self::IN_MEMORY);
        let mut position = 0;
        // Not `io::copy`: a fault of the input and a full disk are different errors.
        let mut chunk = vec![0; 64 * 1024];
        loop {
            let read = match content.read(&mut chunk) {
                Ok(0) => return Ok(Self(file)),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(ReadError::from_io(&error, position)),
            };
            position += read as u64;
            io::Write::write_all(&mut file, chunk.get(..read).unwrap_or_default()).map_err(ReadError::Io)?;
        }
    }

    /// The document from its beginning.
    pub(crate) fn content(&mut self) -> Result<&mut SpooledTempFile, ReadError> {
        self.0.rewind().map_err(ReadError::Io)?;
        Ok(&mut self.0)
    }

    /// The document from its beginning, a last time.
    pub(crate) fn into_content(mut self) -> Result<SpooledTempFile, ReadError> {
        self.0.rewind().map_err(ReadError::Io)?;
        Ok(self.0)
    }
}
