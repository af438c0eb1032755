//! The simulated vendors of the demo: one of each connector, each with a few scans.
//!
//! Their clocks are ours, and only their scans go faster than in life: what the console shows of them has really been,
//! and no scan ends before it began or after now.

use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_core::permission::Grant;
use scanhelm_hub::Hub;
use scanhelm_hub::integrations::NewIntegration;
use scanhelm_hub::system::random_token;
use scanhelm_vendor_sim::{ScanSeed, SeedState, Sim, SimConfig};

use crate::exit::explained;

/// Name and secret.
type LogInField<'sim> = (&'static str, &'sim str);

/// What differs from vendor to vendor.
struct Kind {
    /// In the registry and among the simulators.
    id: &'static str,
    name: &'static str,
    /// A way to log in, from what the simulator accepts.
    login: for<'sim> fn(&'sim scanhelm_vendor_sim::Credentials) -> [Option<LogInField<'sim>>; 2],
    /// Completed runs that a scan has before its latest; 0 where every run is a scan of its own.
    earlier_runs: u32,
    scans: [&'static str; 6],
}

const NETWORK_SCANS: [&str; 6] =
    ["Weekly perimeter", "DMZ web servers", "PCI segment", "VPN gateways", "Linux patch audit", "Printers"];
const WEBSITES: [&str; 6] = ["Shop", "Customer portal", "Intranet", "Booking API", "Careers", "Partner portal"];

const KINDS: [Kind; 5] = [
    Kind {
        id: "nessus",
        name: "Nessus",
        login: |known| {
            [Some(("access_key", known.access_key.as_str())), Some(("secret_key", known.secret_key.as_str()))]
        },
        earlier_runs: 2,
        scans: NETWORK_SCANS,
    },
    Kind {
        id: "tenable-sc",
        name: "Tenable Security Center",
        login: |known| {
            [Some(("access_key", known.access_key.as_str())), Some(("secret_key", known.secret_key.as_str()))]
        },
        earlier_runs: 1,
        scans: ["Datacenter Frankfurt", "Datacenter Madrid", "Windows servers", "Laptops", "Network gear", "Backup"],
    },
    Kind {
        id: "qualys-vm",
        name: "Qualys VMDR",
        login: |known| [Some(("username", known.username.as_str())), Some(("password", known.password.as_str()))],
        earlier_runs: 0,
        scans: ["Quarterly external", "Cloud hosts", "Mail gateways", "Branch offices", "Databases", "Build servers"],
    },
    Kind {
        id: "acunetix",
        name: "Acunetix",
        login: |known| [Some(("api_key", known.access_key.as_str())), None],
        earlier_runs: 1,
        scans: WEBSITES,
    },
    Kind {
        id: "invicti",
        name: "Invicti",
        login: |known| [Some(("user_id", known.access_key.as_str())), Some(("api_token", known.secret_key.as_str()))],
        earlier_runs: 0,
        scans: WEBSITES,
    },
];

/// A simulated vendor.
pub(super) struct Vendor {
    kind: &'static Kind,
    pub(super) sim: Sim,
}

impl Vendor {
    pub(super) fn name(&self) -> &'static str {
        self.kind.name
    }
}

/// Starts them all, each with so many scans that go so many times faster than in life.
pub(super) async fn start(scans: u32, haste: f64) -> Result<Vec<Vendor>, String> {
    let mut vendors = Vec::new();
    for (place, kind) in KINDS.iter().enumerate() {
        let failed = |error: &dyn std::fmt::Display| format!("the simulated {} cannot start: {error}", kind.name);
        let mut config = SimConfig::new(kind.id);
        config.haste = haste;
        // The demo looks every few seconds; the limit of an account that pays for less would hold it up.
        config.calls_per_hour = Some(100_000);
        config.credentials.access_key = random_token();
        config.credentials.secret_key = random_token();
        config.credentials.password = random_token();
        let sim = Sim::start(config).await.map_err(|error| failed(&error))?;
        for index in 0..scans {
            sim.add_scan(seed(kind, place as u64, index)).map_err(|error| failed(&error))?;
        }
        vendors.push(Vendor { kind, sim });
    }
    Ok(vendors)
}

/// Makes each an integration of the company.
pub(super) async fn connect(hub: &Hub, grant: &Grant, vendors: &[Vendor]) -> Result<(), String> {
    for vendor in vendors {
        let mut credentials = Credentials::default();
        for (field, secret) in (vendor.kind.login)(vendor.sim.credentials()).into_iter().flatten() {
            credentials.insert(field, Secret::new(secret));
        }
        let integration = NewIntegration {
            connector: vendor.kind.id.to_owned(),
            name: format!("{} (simulated)", vendor.name()),
            base_url: vendor.sim.base_url().to_owned(),
            credentials,
            ca_pem: None,
            enabled: true,
        };
        hub.integrations().create(grant, integration).await.map_err(|error| explained(&error))?;
    }
    Ok(())
}

/// One of the scans that a vendor has at the start, with lengths as in life: ten to thirty minutes.
fn seed(kind: &Kind, place: u64, index: u32) -> ScanSeed {
    let number = u64::from(index);
    let state = match index % 12 {
        1 | 3 | 7 => SeedState::Running,
        4 => SeedState::Pending,
        5 | 11 => SeedState::Paused,
        8 => SeedState::Aborted,
        10 => SeedState::Canceled,
        _ => SeedState::Completed,
    };
    let names = kind.scans;
    let name = names.get(index as usize % names.len()).copied().unwrap_or("Scan");
    let round = index as usize / names.len();
    ScanSeed {
        name: if round == 0 { name.to_owned() } else { format!("{name} {}", round + 1) },
        hosts: 4,
        findings: 40,
        state,
        duration_s: 600 + 240 * ((number * 5 + place) % 6),
        queue_s: if state == SeedState::Pending { 600 } else { 20 },
        earlier_runs: kind.earlier_runs,
        age_s: 2_400 + 25_000 * number,
        progress_percent: if index % 12 == 1 { 60 } else { 10 },
        // The first of each vendor comes again, each vendor's at its own time, so that something always happens.
        relaunch_every_s: (index == 0).then_some(60 * (6 + 2 * place)),
        ..ScanSeed::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_connector_has_its_vendor() {
        let registered: BTreeSet<_> =
            scanhelm_connectors::connectors().iter().map(|connector| connector.manifest().id).collect();
        assert_eq!(KINDS.iter().map(|kind| kind.id).collect::<BTreeSet<_>>(), registered);
    }

    #[test]
    fn a_fleet_has_no_name_twice() {
        let names: BTreeSet<_> = (0..30).map(|index| seed(&KINDS[0], 0, index).name).collect();
        assert_eq!(names.len(), 30);
    }
}
