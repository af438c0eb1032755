//! The catalogue: one line a vendor.

use std::sync::Arc;

use scanhelm_core::capability::CapabilitySet;

use crate::contract::{Connection, Connector, Manifest, Session};

/// Every connector, in the order of the catalogue.
#[must_use]
pub fn connectors() -> &'static [&'static dyn Connector] {
    &[
        &crate::nessus::Nessus,
        &crate::qualys::QualysVm,
        &crate::tenable_sc::TenableSc,
        &crate::acunetix::Acunetix,
        &crate::invicti::Invicti,
    ]
}

/// The connector of this id, as in `POST /integrations`.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static dyn Connector> {
    connectors().iter().copied().find(|connector| connector.manifest().id == id)
}

/// What a hub can connect to: the connectors of this build, or those that a test puts in their place.
#[derive(Clone, Debug)]
pub struct Registry(Vec<Arc<dyn Connector>>);

impl Registry {
    #[must_use]
    pub fn new(connectors: Vec<Arc<dyn Connector>>) -> Self {
        Self(connectors)
    }

    #[must_use]
    pub fn built_in() -> Self {
        Self(connectors().iter().map(|connector| Arc::new(BuiltIn(*connector)) as Arc<dyn Connector>).collect())
    }

    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&dyn Connector> {
        self.0.iter().map(AsRef::as_ref).find(|connector| connector.manifest().id == id)
    }

    /// In the order of the catalogue.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Connector> {
        self.0.iter().map(AsRef::as_ref)
    }
}

/// A connector of the catalogue, shared.
#[derive(Debug)]
struct BuiltIn(&'static dyn Connector);

impl Connector for BuiltIn {
    fn manifest(&self) -> &'static Manifest {
        self.0.manifest()
    }

    fn open(&self, connection: Connection) -> Result<Box<dyn Session>, scanhelm_core::Error> {
        self.0.open(connection)
    }

    fn capabilities(&self) -> CapabilitySet {
        self.0.capabilities()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use scanhelm_core::capability::Capability;

    use super::*;

    #[test]
    fn every_connector_opens_without_a_network_and_offers_at_least_import() {
        for connector in connectors() {
            assert!(connector.capabilities().has(Capability::Import), "{}", connector.manifest().id);
        }
    }

    #[test]
    fn ids_are_unique_and_found() {
        let ids: HashSet<_> = connectors().iter().map(|connector| connector.manifest().id).collect();
        assert_eq!(ids.len(), connectors().len());
        assert!(ids.iter().all(|id| by_id(id).is_some()) && by_id("nothing").is_none());
    }

    #[test]
    fn every_way_to_log_in_has_fields_and_a_secret() {
        for connector in connectors() {
            let manifest = connector.manifest();
            assert!(!manifest.auth_methods.is_empty());
            for method in manifest.auth_methods {
                assert!(method.fields.iter().any(|field| field.secret), "{} {}", manifest.id, method.id);
            }
        }
    }
}
