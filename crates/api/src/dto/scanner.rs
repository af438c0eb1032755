//! Local scanners on the wire.

use scanhelm_hub::local;
use serde::Serialize;
use utoipa::ToSchema;

/// A command-line scanner that the hub can run.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LocalScanner {
    id: &'static str,
    name: &'static str,
    scan_types: Vec<&'static str>,
    available: bool,
    version: Option<String>,
    /// Why it is not available.
    reason: Option<String>,
    /// How to get it.
    install_hint: &'static str,
}

impl From<local::LocalScanner> for LocalScanner {
    fn from(scanner: local::LocalScanner) -> Self {
        Self {
            id: scanner.id,
            name: scanner.name,
            scan_types: scanner.scan_types,
            available: scanner.available,
            version: scanner.version,
            reason: scanner.reason,
            install_hint: scanner.install_hint,
        }
    }
}
