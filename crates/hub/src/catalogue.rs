//! What can be connected: the connectors of this build and what their code can do.

use scanhelm_connectors as registry;
use scanhelm_core::capability::CapabilitySet;

use crate::ConnectorManifest;

/// Every connector, in the order of the catalogue.
#[must_use]
pub fn connectors() -> Vec<(&'static ConnectorManifest, CapabilitySet)> {
    registry::connectors().iter().map(|connector| (connector.manifest(), connector.capabilities())).collect()
}

/// The manifest of a connector; `None` when it is not in this build.
#[must_use]
pub fn manifest(connector: &str) -> Option<&'static ConnectorManifest> {
    registry::by_id(connector).map(|connector| connector.manifest())
}
