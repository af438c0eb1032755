//! The operator's own scanners.

use std::path::PathBuf;

use scanhelm_runner::OwnScanners;

use super::kinds::Kind;
use super::layers::Raw;

/// Files that define scanners, read and checked with the other settings.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScannerFiles(pub(crate) OwnScanners);

impl Kind for ScannerFiles {
    const NAME: &'static str = "list of files";

    fn read(raw: Raw) -> Result<Self, String> {
        let files = Vec::<PathBuf>::read(raw)?;
        OwnScanners::read(&files).map(Self).map_err(|error| error.to_string())
    }

    fn shown(&self) -> String {
        self.0.files.shown()
    }
}
