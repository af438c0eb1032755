//! Which local scanners this hub can run.

use scanhelm_core::Result;
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_runner::{ScanType, Scanner};
use serde::Serialize;

use crate::scans::Scans;

#[derive(Clone, Debug, Serialize)]
pub struct LocalScanner {
    pub id: &'static str,
    pub name: &'static str,
    pub scan_types: Vec<&'static str>,
    pub available: bool,
    pub version: Option<String>,
    /// Why it is not available.
    pub reason: Option<String>,
    pub install_hint: &'static str,
}

impl Scans<'_> {
    /// Those of the hub's own machine only where the operator lets it be scanned.
    pub async fn scanners(&self, grant: &Grant) -> Result<Vec<LocalScanner>> {
        grant.require(Permission::ScanRead)?;
        let found = self.hub.0.scanners.find().await;
        let offered =
            |scanner: &Scanner| self.hub.settings().local.this_machine || !scanner.has_type(&[ScanType::Baseline]);
        Ok(found
            .into_iter()
            .filter(|found| offered(found.scanner))
            .map(|found| LocalScanner {
                id: found.scanner.id,
                name: found.scanner.name,
                scan_types: found.scanner.scan_types.iter().map(|kind| kind.as_str()).collect(),
                available: found.available,
                version: found.version,
                reason: found.reason,
                install_hint: found.install_hint,
            })
            .collect())
    }
}
