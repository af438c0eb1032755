//! A hub with vendors of every kind, all of whose scans run.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use scanhelm_bench::{Fleet, Instance, Webhook};
use scanhelm_testkit::postgres::PostgresDatabase;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::failure::{Failure, Outcome, While};
use crate::hub::{Installation, RunningHub};
use crate::import::Engine;
use crate::vendors::Vendors;
use crate::watch::{self, Watch};

/// The vendors, and what logs in to their simulators: `scanhelm-sim --help`.
const KINDS: [Kind; 5] = [
    Kind { vendor: "nessus", login: [("access_key", "sim-access-key"), ("secret_key", "sim-secret-key")] },
    Kind { vendor: "tenable-sc", login: [("access_key", "sim-access-key"), ("secret_key", "sim-secret-key")] },
    Kind { vendor: PROCESSING.0, login: [("username", "admin"), ("password", "scanhelm-demo")] },
    Kind { vendor: "acunetix", login: [("api_key", "sim-access-key"), ("", "")] },
    Kind { vendor: HOOKED, login: [("user_id", "sim-access-key"), ("api_token", "sim-secret-key")] },
];

/// The one whose simulator calls the hub when a scan ends.
const HOOKED: &str = "invicti";

/// The one that works on a run for so long after the end that it tells: until then it is not completed by its own list
/// (`crates/vendor-sim/src/qualys/status.rs`), and no hub could show it so.
const PROCESSING: (&str, Duration) = ("qualys-vm", Duration::from_secs(75));

const ADOPTION: Duration = Duration::from_mins(3);

struct Kind {
    vendor: &'static str,
    /// Fields and values; an empty name is none.
    login: [(&'static str, &'static str); 2],
}

/// How large an estate is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) integrations: u32,
    /// Of each integration, at the start. All run.
    pub(crate) scans: u32,
    /// Shortest and longest scan.
    pub(crate) lasts: (Duration, Duration),
    /// Findings of each scan.
    pub(crate) findings: u32,
}

impl Size {
    pub(crate) fn all_scans(self) -> u64 {
        u64::from(self.integrations) * u64::from(self.scans)
    }
}

/// An integration of the hub and the simulated vendor at its other end.
#[derive(Clone, Debug)]
pub(crate) struct Integration {
    pub(crate) id: String,
    pub(crate) vendor: &'static str,
    /// Its vendor calls the hub.
    pub(crate) hooked: bool,
    /// Of its process of vendors.
    pub(crate) instance: usize,
}

pub(crate) struct Estate {
    pub(crate) hub: RunningHub,
    pub(crate) integrations: Vec<Integration>,
    pub(crate) watch: Watch,
    /// From the first integration switched on until every scan was adopted.
    pub(crate) adoption: Duration,
    vendors: BTreeMap<&'static str, Vendors>,
    // Gone after the hub that uses them.
    _database: Option<PostgresDatabase>,
    _folder: TempDir,
}

impl Estate {
    /// Starts everything in a folder of its own below `work` and waits until the hub knows every scan.
    pub(crate) async fn of(program: &Path, engine: Engine, size: Size, work: &Path) -> Outcome<Self> {
        let folder = tempfile::Builder::new().prefix("estate-").tempdir_in(work).during("make a folder")?;
        let database = (engine == Engine::Postgres).then(PostgresDatabase::create);
        let installation = Installation::on(program, folder.path().join("hub"), database.as_ref());
        let key = installation.bootstrap()?;
        let (hub, _) = installation.start(Some(key)).await?;
        let mut integrations = Vec::new();
        let mut fleets: BTreeMap<&'static str, Fleet> = BTreeMap::new();
        // Held until the vendors start, so that no two get the same port.
        let mut ports = Vec::new();
        for (number, kind) in (1..=size.integrations).zip(KINDS.iter().cycle()) {
            let port = TcpListener::bind("127.0.0.1:0").during("find a port")?;
            let listen = port.local_addr().during("find a port")?;
            ports.push(port);
            let id = connect(&hub, kind, number, listen).await?;
            let hooked = kind.vendor == HOOKED;
            let webhook = if hooked { Some(webhook(&hub, &id).await?) } else { None };
            let lasts_s = (size.lasts.0.as_secs(), size.lasts.1.as_secs());
            let fleet = fleets.entry(kind.vendor).or_insert_with(|| Fleet {
                vendor: kind.vendor.to_owned(),
                lasts_s,
                findings: size.findings,
                instances: Vec::new(),
            });
            let instance = fleet.instances.len();
            fleet.instances.push(Instance { listen, scans: size.scans, seed: u64::from(number), webhook });
            integrations.push(Integration { id, vendor: kind.vendor, hooked, instance });
        }
        drop(ports);
        let mut vendors = BTreeMap::new();
        for (vendor, fleet) in &fleets {
            vendors.insert(*vendor, Vendors::start(fleet)?);
        }
        let started = Instant::now();
        for integration in &integrations {
            hub.patch(&["integrations", &integration.id], &json!({"enabled": true})).await?;
        }
        let watch = Watch::open(&installation.database()).await?;
        while watch.scans().await? < size.all_scans() {
            if started.elapsed() > ADOPTION {
                let adopted = watch.scans().await?;
                let all = size.all_scans();
                return Err(Failure::new(format!("{adopted} of {all} scans were adopted within {ADOPTION:?}")));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let adoption = started.elapsed();
        Ok(Self { hub, integrations, watch, adoption, vendors, _database: database, _folder: folder })
    }

    /// Waits until the first work is over: each of those scans was looked at again after all were adopted.
    pub(crate) async fn settled(&self, of: impl Fn(&str) -> bool) -> Outcome<()> {
        self.watch.seen_anew(watch::now(), of).await
    }

    /// The runs that ended at their vendors between these moments, once the results of all of them are in. A vendor's own
    /// processing is no lag.
    pub(crate) async fn ended(
        &mut self,
        since: u64,
        until: u64,
        of: impl Fn(&str) -> bool,
    ) -> Outcome<Vec<watch::Ended>> {
        let mut of_vendors = BTreeMap::new();
        for (vendor, process) in &mut self.vendors {
            of_vendors.insert(*vendor, process.ended(since, until)?);
        }
        let mut scans = BTreeSet::new();
        for integration in self.integrations.iter().filter(|integration| of(&integration.id)) {
            let ended = of_vendors.get(integration.vendor).and_then(|ended| ended.get(integration.instance));
            let ended = ended.during("what ended at a vendor")?;
            scans.extend(ended.iter().map(|scan| (integration.id.clone(), scan.clone())));
        }
        if scans.is_empty() {
            return Err(Failure::new("no run ended while the estate was watched: there is no lag to tell"));
        }
        let mut ended = self.watch.ended(&scans).await?;
        let processed: BTreeSet<&str> = self
            .integrations
            .iter()
            .filter(|integration| integration.vendor == PROCESSING.0)
            .map(|integration| integration.id.as_str())
            .collect();
        let own = PROCESSING.1.as_secs() * 1000;
        for run in ended.iter_mut().filter(|run| processed.contains(run.integration.as_str())) {
            run.shown_after = run.shown_after.saturating_sub(own);
            run.imported_after = run.imported_after.saturating_sub(own);
        }
        Ok(ended)
    }

    /// Requests since the start, by kind of call, in the order of the integrations.
    pub(crate) fn calls(&mut self) -> Outcome<Vec<BTreeMap<String, u64>>> {
        let mut of_vendors = BTreeMap::new();
        for (vendor, process) in &mut self.vendors {
            of_vendors.insert(*vendor, process.calls()?);
        }
        let calls_of = |integration: &Integration| {
            let calls = of_vendors.get(integration.vendor)?.get(integration.instance)?;
            Some(calls.clone())
        };
        self.integrations.iter().map(|integration| calls_of(integration).during("the calls of a vendor")).collect()
    }

    /// Trouble at the vendor of an integration from now on.
    pub(crate) fn fault(&mut self, integration: &Integration, fault: &str) -> Outcome<()> {
        let process = self.vendors.get_mut(integration.vendor).during("the vendor of an integration")?;
        process.fault(integration.instance, fault)
    }

    /// Stops the hub in order, before its vendors.
    pub(crate) async fn stop(self) -> Outcome<()> {
        self.watch.close().await?;
        self.hub.stop().await
    }

    /// Processor time of all vendors.
    pub(crate) fn vendor_cpu_seconds(&self) -> Outcome<f64> {
        self.vendors.values().map(Vendors::cpu_seconds).sum()
    }
}

/// Configures an integration, switched off, and gives its id.
async fn connect(hub: &RunningHub, kind: &Kind, number: u32, listen: SocketAddr) -> Outcome<String> {
    let fields = kind.login.iter().filter(|(name, _)| !name.is_empty());
    let credentials: serde_json::Map<String, Value> =
        fields.map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let integration = json!({
        "connector": kind.vendor, "name": format!("{} {number}", kind.vendor), "base_url": format!("http://{listen}"),
        "enabled": false, "credentials": credentials,
    });
    let made = hub.post(&["integrations"], &integration).await?;
    made.get("id").and_then(Value::as_str).map(ToOwned::to_owned).during("the id of an integration")
}

async fn webhook(hub: &RunningHub, id: &str) -> Outcome<Webhook> {
    let issued = hub.post(&["integrations", id, "webhook", "secret"], &json!({})).await?;
    let secret = issued.get("secret").and_then(Value::as_str).during("the secret of a webhook")?;
    let url = format!("{}/api/v1/hooks/{id}", hub.address());
    Ok(Webhook { url, header: format!("X-Scanhelm-Secret: {secret}") })
}
