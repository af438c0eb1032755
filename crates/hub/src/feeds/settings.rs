//! Where the feeds come from. Nothing is fetched unless the operator says from where.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use scanhelm_core::feed::FeedKind;
use url::Url;

#[derive(Clone, Debug)]
pub struct FeedSettings {
    pub epss: Option<FeedSource>,
    pub kev: Option<FeedSource>,
    pub nvd: Option<FeedSource>,
    pub cwe: Option<FeedSource>,
    /// Between two looks at a source.
    pub refresh: Duration,
    /// Largest file accepted, as it comes.
    pub max_bytes: u64,
}

impl Default for FeedSettings {
    fn default() -> Self {
        Self { epss: None, kev: None, nvd: None, cwe: None, refresh: Duration::from_hours(24), max_bytes: 1 << 30 }
    }
}

impl FeedSettings {
    #[must_use]
    pub const fn source(&self, kind: FeedKind) -> Option<&FeedSource> {
        match kind {
            FeedKind::Epss => self.epss.as_ref(),
            FeedKind::Kev => self.kev.as_ref(),
            FeedKind::Nvd => self.nvd.as_ref(),
            FeedKind::Cwe => self.cwe.as_ref(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedSource {
    /// A file, or a folder of files.
    Path(PathBuf),
    Url(Url),
}

impl fmt::Display for FeedSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(formatter, "{}", path.display()),
            Self::Url(url) => write!(formatter, "{url}"),
        }
    }
}
