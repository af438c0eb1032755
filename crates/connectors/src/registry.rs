//! The catalogue: one line a vendor.

use crate::contract::Connector;

/// Every connector, in the order of the catalogue.
#[must_use]
pub fn connectors() -> &'static [&'static dyn Connector] {
    &[&crate::nessus::Nessus]
}

/// The connector of this id, as in `POST /integrations`.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static dyn Connector> {
    connectors().iter().copied().find(|connector| connector.manifest().id == id)
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
