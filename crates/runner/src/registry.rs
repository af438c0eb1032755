//! The scanners that scans choose from.

use std::sync::Arc;

use crate::scanner::Scanner;
use crate::scanners::scanners;

/// Those that come with Scanhelm, and behind them those of its user. Their order is that of results.
#[derive(Clone, Debug)]
pub struct Registry(Arc<[&'static Scanner]>);

impl Default for Registry {
    /// Those that come with Scanhelm.
    fn default() -> Self {
        Self(scanners().iter().collect())
    }
}

impl Registry {
    pub(crate) fn with(&self, more: impl IntoIterator<Item = &'static Scanner>) -> Self {
        Self(self.all().chain(more).collect())
    }

    /// All of them, installed or not.
    pub fn all(&self) -> impl Iterator<Item = &'static Scanner> + '_ {
        self.0.iter().copied()
    }

    #[must_use]
    pub fn get(&self, id: &str) -> Option<&'static Scanner> {
        self.all().find(|scanner| scanner.id == id)
    }

    /// For people.
    pub(crate) fn ids(&self) -> String {
        self.all().map(|scanner| scanner.id).collect::<Vec<_>>().join(", ")
    }
}
