//! The estate: one line a vendor. What a test must know of a vendor beyond its connector stands here.

use scanhelm_core::capability::Capability;
use scanhelm_core::ids::IntegrationId;
use scanhelm_core::permission::Grant;
use scanhelm_core::scan::Scan;
use scanhelm_vendor_sim::{Credentials, ScanSeed, ScanTruth, SeedState, Served, Sim, SimConfig};

use crate::harness::{Running, seed};

pub(crate) const VENDORS: &[Vendor] = &[NESSUS, QUALYS_VM, TENABLE_SC, ACUNETIX, INVICTI];

/// Where every network scanner looks.
const HOSTS: &[&str] = &["10.20.0.1", "10.20.0.2"];

const NESSUS: Vendor = Vendor {
    connector: "nessus",
    login: |known| vec![("access_key", known.access_key.clone()), ("secret_key", known.secret_key.clone())],
    targets: HOSTS,
    template: Some("basic"),
    folder: None,
    node: Some(Node { sub_scanner: "nessus-dmz", engine: Some("nessus-dmz") }),
};

const QUALYS_VM: Vendor = Vendor {
    connector: "qualys-vm",
    login: |known| vec![("username", known.username.clone()), ("password", known.password.clone())],
    targets: HOSTS,
    template: None,
    folder: None,
    node: Some(Node { sub_scanner: "fra-dc-02", engine: Some("fra-dc-02") }),
};

const TENABLE_SC: Vendor = Vendor {
    connector: "tenable-sc",
    login: |known| vec![("access_key", known.access_key.clone()), ("secret_key", known.secret_key.clone())],
    targets: HOSTS,
    template: Some("Full Safe Scan"),
    folder: Some("Default"),
    // Pinning is to a zone; of this one the other scanner than usual does the work.
    node: Some(Node { sub_scanner: "Perimeter", engine: Some("Perimeter Scanner") }),
};

const ACUNETIX: Vendor = Vendor {
    connector: "acunetix",
    login: |known| vec![("api_key", known.access_key.clone())],
    targets: &["https://shop.example.com/"],
    template: None,
    folder: None,
    node: Some(Node { sub_scanner: "engine-dmz", engine: None }),
};

const INVICTI: Vendor = Vendor {
    connector: "invicti",
    login: |known| vec![("user_id", known.access_key.clone()), ("api_token", known.secret_key.clone())],
    targets: &["https://shop.example.com/"],
    template: None,
    folder: None,
    node: None,
};

#[derive(Clone, Copy)]
pub(crate) struct Vendor {
    /// Id in the registry and name of the simulator.
    pub(crate) connector: &'static str,
    /// The fields of a way to log in, from what the simulator accepts.
    login: fn(&Credentials) -> Vec<(&'static str, String)>,
    /// What one scan can look at.
    pub(crate) targets: &'static [&'static str],
    /// For vendors that have to be told.
    pub(crate) template: Option<&'static str>,
    pub(crate) folder: Option<&'static str>,
    pub(crate) node: Option<Node>,
}

/// A sub-scanner that scans can be pinned to, and not the one that is used without a wish.
#[derive(Clone, Copy)]
pub(crate) struct Node {
    /// Its name in the hub.
    pub(crate) sub_scanner: &'static str,
    /// What works then, in the simulator's words; `None`: the vendor's id of the sub-scanner.
    pub(crate) engine: Option<&'static str>,
}

impl Vendor {
    /// What a scan is called that somebody made there and gave this name. Invicti's are called after their website.
    pub(crate) fn name_of(&self, given: &str) -> String {
        if self.connector == "invicti" { "shop.example.com".to_owned() } else { given.to_owned() }
    }

    pub(crate) fn scans_networks(&self) -> bool {
        self.targets == HOSTS
    }

    pub(crate) fn offers(&self, capability: Capability) -> bool {
        scanhelm_connectors::by_id(self.connector).unwrap().capabilities().has(capability)
    }

    /// Connected to the company, with a clock that stands still until moved.
    pub(crate) async fn connected(&'static self, hub: &Running, grant: &Grant) -> Connected {
        let config = SimConfig { speed: 0.0, calls_per_hour: Some(1_000_000), ..SimConfig::new(self.connector) };
        let sim = Sim::start(config).await.unwrap();
        let integration = hub.connect_to(grant, self.connector, &sim, (self.login)(sim.credentials())).await;
        Connected { vendor: self, sim, integration }
    }
}

/// A vendor of the company.
pub(crate) struct Connected {
    pub(crate) vendor: &'static Vendor,
    pub(crate) sim: Sim,
    pub(crate) integration: IntegrationId,
}

impl Connected {
    pub(crate) fn add(&self, name: &str, state: SeedState) -> ScanTruth {
        let targets = self.vendor.targets.iter().map(|target| (*target).to_owned()).collect();
        self.sim.add_scan(ScanSeed { targets, findings: 30, ..seed(name, state) }).unwrap()
    }

    pub(crate) fn truth_of(&self, scan: &Scan) -> Option<ScanTruth> {
        self.sim.scan(&scan.link.as_ref()?.external_scan_id)
    }

    /// What the vendor handed out of this scan.
    pub(crate) fn served(&self, scan: &Scan) -> Vec<Served> {
        let id = &scan.link.as_ref().unwrap().external_scan_id;
        self.sim.ledger().served.into_iter().filter(|served| served.scan == *id).collect()
    }
}

/// Every vendor, connected to one company.
pub(crate) async fn all(hub: &Running, grant: &Grant) -> Vec<Connected> {
    let mut estate = Vec::new();
    for vendor in VENDORS {
        estate.push(vendor.connected(hub, grant).await);
    }
    estate
}
