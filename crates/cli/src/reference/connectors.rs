//! What each connector can do, as a table. The capabilities are asked of the connectors, not written down.

use scanhelm_connectors::connectors;
use scanhelm_connectors::contract::Family;
use scanhelm_core::capability::Capability;

use super::cell;

pub(super) fn table() -> String {
    let capabilities = Capability::ALL;
    let heads: Vec<String> = capabilities.iter().map(|capability| capability.as_str().replace('_', " ")).collect();
    let mut table = format!("| connector | product | family | level | {} |\n", heads.join(" | "));
    table.push_str(&format!("|---|---|---|---|{}\n", "---|".repeat(capabilities.len())));
    let mut unverified = String::new();
    for connector in connectors() {
        let manifest = connector.manifest();
        let offered = connector.capabilities();
        let marks: Vec<&str> =
            capabilities.iter().map(|capability| if offered.has(*capability) { "yes" } else { "" }).collect();
        table.push_str(&format!(
            "| `{}` | {} {} | {} | {:?} | {} |\n",
            manifest.id,
            cell(manifest.vendor),
            cell(manifest.product),
            family(manifest.family),
            manifest.fidelity,
            marks.join(" | ")
        ));
        for fact in manifest.unverified {
            unverified.push_str(&format!("- `{}`: {}\n", manifest.id, cell(fact)));
        }
    }
    if unverified.is_empty() {
        return table;
    }
    format!("{table}\nNot verified against a real server:\n\n{unverified}")
}

const fn family(family: Family) -> &'static str {
    match family {
        Family::VulnerabilityManagement => "vulnerability management",
        Family::Dast => "DAST",
        Family::Sast => "SAST",
        Family::Sca => "SCA",
        Family::Container => "containers",
        Family::Mobile => "mobile",
        Family::Network => "network",
        Family::Itsm => "ITSM",
        Family::CiCd => "CI/CD",
    }
}
