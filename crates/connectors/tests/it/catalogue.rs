//! What holds for the manifests of all connectors together.

use std::collections::{BTreeMap, BTreeSet};

use scanhelm_connectors::connectors;
use scanhelm_connectors::contract::Family;
use scanhelm_core::status::VendorState;

/// The words that mean the same wherever they are used, whatever their case.
const COMMON: &[(&str, VendorState)] = &[
    ("running", VendorState::Running),
    ("paused", VendorState::Paused),
    ("completed", VendorState::Completed),
    ("canceled", VendorState::Cancelled),
    ("cancelled", VendorState::Cancelled),
    ("error", VendorState::Failed),
    ("queued", VendorState::Queued),
];

#[test]
fn r38_to_r44_a_common_word_means_the_same_at_every_vendor() {
    for (word, state) in COMMON {
        let mut known_at = Vec::new();
        for manifest in connectors().iter().map(|connector| connector.manifest()) {
            let meant = manifest.status_map.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
            if let Some((_, meant)) = meant {
                assert_eq!(meant, state, "{word} at {}", manifest.id);
                known_at.push(manifest.id);
            }
        }
        assert!(!known_at.is_empty(), "no vendor uses {word}");
    }
}

/// A word that stood twice would mean whatever comes first.
#[test]
fn every_word_of_a_vendor_stands_in_its_table_once_and_every_state_can_be_told() {
    for manifest in connectors().iter().map(|connector| connector.manifest()) {
        let words: BTreeSet<_> = manifest.status_map.iter().map(|(word, _)| word.to_lowercase()).collect();
        assert_eq!(words.len(), manifest.status_map.len(), "{}", manifest.id);
        for state in VendorState::ALL {
            let told = manifest.status_map.iter().any(|(_, known)| *known == state);
            // Tenable.sc ends a stopped run as partial, so it has no word for cancelled.
            let lacks = manifest.id == "tenable-sc" && state == VendorState::Cancelled;
            assert_eq!(told, !lacks, "{state} at {}", manifest.id);
        }
    }
}

#[test]
fn r4_every_connector_has_a_class() {
    let classes: BTreeMap<_, _> = connectors()
        .iter()
        .map(|connector| connector.manifest())
        .map(|manifest| (manifest.id, manifest.family))
        .collect();
    let expected = BTreeMap::from([
        ("nessus", Family::VulnerabilityManagement),
        ("qualys-vm", Family::VulnerabilityManagement),
        ("tenable-sc", Family::VulnerabilityManagement),
        ("acunetix", Family::Dast),
        ("invicti", Family::Dast),
    ]);
    assert_eq!(classes, expected);
    let words: Vec<_> = [
        Family::VulnerabilityManagement,
        Family::Dast,
        Family::Sast,
        Family::Sca,
        Family::Container,
        Family::Mobile,
        Family::Network,
        Family::Itsm,
        Family::CiCd,
    ]
    .iter()
    .map(|family| serde_json::to_value(family).unwrap())
    .collect();
    let expected =
        ["vulnerability_management", "dast", "sast", "sca", "container", "mobile", "network", "itsm", "ci_cd"];
    assert_eq!(words, expected);
}
