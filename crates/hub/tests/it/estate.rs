//! One company with every vendor: one grid, one vocabulary, one queue. Real connectors, simulated vendors.

mod backfill;
pub(crate) mod vendors;

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use futures::future::join_all;
use scanhelm_core::ErrorCode;
use scanhelm_core::capability::Capability;
use scanhelm_core::finding::{Finding, FindingState};
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Grant;
use scanhelm_core::scan::Origin;
use scanhelm_core::status::{ImportState, Status};
use scanhelm_hub::scans::{NewScan, RemoteDeletion};
use scanhelm_store::FindingFilter;
use scanhelm_vendor_sim::{Action, SeedState};

use crate::harness::{Home, LOOKS, Running, on_both_databases};
use vendors::{Connected, VENDORS, Vendor, all};

#[test]
fn every_registered_vendor_is_in_the_estate() {
    let registered: BTreeSet<_> =
        scanhelm_connectors::connectors().iter().map(|connector| connector.manifest().id).collect();
    assert_eq!(VENDORS.iter().map(|vendor| vendor.connector).collect::<BTreeSet<_>>(), registered);
}

/// The hub's word for a vendor's, restated here from the vendors' manuals.
fn expected_status(connector: &str, at_vendor: &str) -> Status {
    match (connector, at_vendor.to_ascii_lowercase().as_str()) {
        // Who stops a scan of Acunetix aborts it; one that breaks off by itself has failed.
        ("acunetix", "aborted") | (_, "canceled" | "cancelled") => Status::Cancelled,
        (_, "completed" | "complete" | "finished" | "partial") => Status::Completed,
        (_, "running" | "scanning" | "processing") => Status::Running,
        (_, "paused") => Status::Paused,
        (_, "aborted" | "error" | "failed") => Status::Failed,
        (_, "" | "pending" | "queued") => Status::Queued,
        (_, other) => panic!("no manual of {connector} has the word {other:?}"),
    }
}

/// Looks until it holds.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..LOOKS {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what}: never");
}

async fn findings(hub: &Running, grant: &Grant) -> Vec<Finding> {
    let page = PageRequest { limit: 500, ..PageRequest::default() };
    let found = hub.hub.findings().list(grant, &FindingFilter::default(), &page).await.unwrap();
    assert!(found.next_cursor.is_none(), "the estate of a test fits one page");
    found.items
}

/// Everything that a vendor served is in the hub once, as its evidence, and nothing else is.
async fn holds_what_was_served(hub: &Running, grant: &Grant, estate: &[Connected]) {
    let dumped = hub.dump(grant).await;
    for connected in estate {
        let source = format!("\tsighting\tintegration:{}\t", connected.integration);
        let sightings = dumped.iter().filter(|line| line.contains(&source)).count();
        let ledger = connected.sim.ledger();
        let served: HashSet<_> = ledger
            .served
            .iter()
            .flat_map(|served| &served.findings)
            .map(|finding| (&finding.asset, &finding.check, &finding.location))
            .collect();
        assert_eq!(sightings, served.len(), "{}", connected.vendor.connector);
    }
}

/// From an order in the hub to the end of both copies.
async fn lives(hub: &Running, grant: &Grant, connected: &Connected) {
    let Connected { vendor, sim, integration } = connected;
    let scans = hub.hub.scans();
    let name = format!("release check by {}", vendor.connector);
    let name = name.as_str();
    let mut pinned = None;
    if vendor.offers(Capability::Create) {
        if let Some(wanted) = vendor.node {
            until("its sub-scanners are known", async || {
                let known = hub.hub.integrations().sub_scanners(grant, *integration).await.unwrap();
                pinned = known.into_iter().find(|known| known.name == wanted.sub_scanner);
                pinned.is_some()
            })
            .await;
        }
        let new = NewScan {
            name: Some(name.to_owned()),
            integration_id: Some(*integration),
            sub_scanner_id: pinned.as_ref().map(|node| node.id),
            targets: vendor.targets.iter().map(|target| (*target).to_owned()).collect(),
            template: vendor.template.map(str::to_owned),
            folder: vendor.folder.map(str::to_owned),
            launch: true,
            ..NewScan::default()
        };
        scans.create(grant, new).await.unwrap();
    } else {
        connected.add(name, SeedState::Pending);
    }
    let running = hub.await_scan_in(sim, grant, name, |scan| scan.status() == Status::Running).await;
    if let Some((pinned, node)) = pinned.zip(vendor.node) {
        assert_eq!(running.sub_scanner_id, Some(pinned.id), "{name}");
        let engine = connected.truth_of(&running).unwrap().history.last().unwrap().engine.clone();
        assert_eq!(engine.as_deref(), Some(node.engine.unwrap_or(&pinned.external_id)), "{name}");
    }
    if vendor.offers(Capability::Pause) {
        scans.pause(grant, running.id).await.unwrap();
        hub.await_scan_in(sim, grant, name, |scan| scan.status() == Status::Paused).await;
        scans.resume(grant, running.id).await.unwrap();
        let resumed = hub.await_scan_in(sim, grant, name, |scan| scan.status() == Status::Running).await;
        assert_eq!((resumed.started_at, resumed.run_number), (running.started_at, 1), "{name}");
    }
    let done = hub.await_scan_in(sim, grant, name, |scan| scan.import_state.is_finished()).await;
    let served = connected.served(&done);
    assert_eq!((done.status(), done.import_state, served.len()), (Status::Completed, ImportState::Done, 1), "{name}");
    assert_eq!(done.imported_findings, served[0].findings.len() as u64, "{name}");
    assert!(done.imported_findings > 0, "{name}");

    let id = done.link.as_ref().unwrap().external_scan_id.clone();
    let deleted = scans.delete(grant, done.id, true, false).await.unwrap();
    assert!(deleted.deleted, "{name}");
    if vendor.offers(Capability::DeleteRemote) {
        until("the vendor's copy is gone", async || sim.scan(&id).is_none()).await;
    } else {
        assert_eq!(deleted.remote, Some(RemoteDeletion::Unsupported), "{name}");
        assert!(sim.scan(&id).is_some() && !deleted.warnings.is_empty(), "{name}: {:?}", deleted.warnings);
    }
}

on_both_databases! {
    /// Set equality with every vendor's own list, and of each completed run exactly what was handed out.
    async fn every_vendor_is_mirrored_in_one_grid_and_one_vocabulary(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let estate = all(&hub, &grant).await;
        for connected in &estate {
            for state in [
                SeedState::Pending,
                SeedState::Running,
                SeedState::Paused,
                SeedState::Completed,
                SeedState::Canceled,
                SeedState::Aborted,
            ] {
                connected.add(&format!("{state:?} at {}", connected.vendor.connector), state);
            }
        }
        let total: usize = estate.iter().map(|connected| connected.sim.scans().len()).sum();
        let at = |integration| estate.iter().find(|connected| Some(connected.integration) == integration).unwrap();
        let mut differing = Vec::new();
        for _ in 0..LOOKS {
            let scans = hub.scans(&grant).await;
            differing = scans
                .iter()
                .filter(|scan| {
                    let connected = at(scan.integration_id);
                    let word = connected.truth_of(scan).unwrap().state;
                    let expected = expected_status(connected.vendor.connector, &word);
                    scan.status() != expected || (expected == Status::Completed && !scan.import_state.is_finished())
                })
                .map(|scan| format!("{}: {} {:?} {:?}", scan.name, scan.status(), scan.import_state, scan.error))
                .collect();
            if scans.len() == total && differing.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(differing.is_empty(), "{differing:#?}");
        let scans = hub.scans(&grant).await;
        assert_eq!(scans.len(), total);
        for scan in &scans {
            let connected = at(scan.integration_id);
            assert_eq!((scan.origin, scan.vendor.as_deref()), (Origin::Adopted, Some(connected.vendor.connector)));
            let name = connected.vendor.name_of(&connected.truth_of(scan).unwrap().name);
            // Names are unique here: the second of a name gets a number.
            assert!(scan.name.starts_with(&name), "{} is {name} there", scan.name);
            let served = connected.served(scan);
            if scan.status() == Status::Completed {
                assert_eq!((scan.import_state, served.len()), (ImportState::Done, 1), "{}: {:?}", scan.name, scan.error);
                assert_eq!(scan.imported_findings, served[0].findings.len() as u64, "{}", scan.name);
            } else {
                assert_eq!((scan.import_state, served.len()), (ImportState::None, 0), "{}", scan.name);
            }
        }
        for connected in &estate {
            let of_vendor = scans.iter().filter(|scan| scan.integration_id == Some(connected.integration));
            let seen: HashSet<_> = of_vendor.map(|scan| scan.link.as_ref().unwrap().external_scan_id.clone()).collect();
            let there: HashSet<_> = connected.sim.scans().into_iter().map(|truth| truth.id).collect();
            assert_eq!(seen, there, "{}", connected.vendor.connector);
        }
        holds_what_was_served(&hub, &grant, &estate).await;
        let before = hub.dump(&grant).await;
        for _ in 0..2 {
            hub.sync(&grant).await;
        }
        assert_eq!((hub.scans(&grant).await.len(), hub.dump(&grant).await), (total, before), "sweeping again changes nothing");
        hub.stop().await;
    }

    /// One host is one asset, one weakness on it one finding, however many scanners told of it; judged once.
    async fn what_several_scanners_see_is_one_finding(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let estate = all(&hub, &grant).await;
        let networks: Vec<_> = estate.iter().filter(|connected| connected.vendor.scans_networks()).collect();
        for connected in &networks {
            connected.add(&format!("sweep by {}", connected.vendor.connector), SeedState::Completed);
        }
        for connected in &networks {
            hub.await_imported(&grant, &format!("sweep by {}", connected.vendor.connector)).await;
        }
        let found = findings(&hub, &grant).await;
        let assets: HashSet<_> = found.iter().map(|finding| finding.asset_id).collect();
        assert_eq!(assets.len(), networks[0].vendor.targets.len(), "one host, one asset");
        let mut weaknesses = HashSet::new();
        let mut shared = None;
        for finding in found.iter().filter(|finding| !finding.cves.is_empty()) {
            let key = format!("{} {:?} {:?}", finding.asset_id, finding.location, finding.cves);
            assert!(weaknesses.insert(key), "two findings are one: {finding:?}");
            let sightings = hub.hub.findings().get(&grant, finding.id).await.unwrap().sightings;
            let sources: HashSet<_> = sightings.iter().map(|sighting| sighting.source.clone()).collect();
            if sources.len() == networks.len() {
                shared = Some(finding.clone());
            }
        }
        let shared = shared.expect("every scanner saw one of the weaknesses");
        assert!(shared.sighting_count as usize >= networks.len());
        holds_what_was_served(&hub, &grant, &estate).await;

        let verdict = FindingState::FalsePositive;
        hub.hub.findings().transition(&grant, shared.id, verdict, "backported", None).await.unwrap();
        for connected in &networks {
            connected.add(&format!("again by {}", connected.vendor.connector), SeedState::Completed);
        }
        for connected in &networks {
            hub.await_imported(&grant, &format!("again by {}", connected.vendor.connector)).await;
        }
        let judged = hub.hub.findings().get(&grant, shared.id).await.unwrap().finding;
        assert_eq!((judged.status, judged.sighting_count), (verdict, shared.sighting_count), "judged once, for all");
        holds_what_was_served(&hub, &grant, &estate).await;
        hub.stop().await;
    }

    /// Created on the node that was asked for, watched, paused, resumed, imported; deleted in both places, for ever.
    async fn a_scan_lives_its_whole_life_here_at_every_vendor(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let estate = all(&hub, &grant).await;
        for connected in &estate {
            connected.add(&format!("bystander at {}", connected.vendor.connector), SeedState::Completed);
        }
        join_all(estate.iter().map(|connected| lives(&hub, &grant, connected))).await;
        for _ in 0..3 {
            hub.sync(&grant).await;
        }
        let scans = hub.scans(&grant).await;
        assert_eq!(scans.len(), VENDORS.len());
        let names: HashSet<_> = scans.iter().map(|scan| scan.name.clone()).collect();
        let bystander = |vendor: &Vendor| vendor.name_of(&format!("bystander at {}", vendor.connector));
        assert_eq!(names, VENDORS.iter().map(bystander).collect());
        assert_eq!(hub.hub.integrations().blocklist(&grant).await.unwrap().len(), VENDORS.len());
        hub.stop().await;
    }

    /// What a vendor cannot do is refused here, with a reason and without a call.
    async fn every_vendor_is_controlled_as_far_as_it_goes(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let estate = all(&hub, &grant).await;
        join_all(estate.iter().map(async |connected| {
            let name = format!("noisy at {}", connected.vendor.connector);
            let truth = connected.add(&name, SeedState::Running);
            let name = connected.vendor.name_of(&name);
            let scan = hub.await_status(&grant, &name, Status::Running).await;
            let view = hub.hub.scans().get(&grant, scan.id).await.unwrap();
            let scans = hub.hub.scans();
            for (capability, action) in [(Capability::Pause, Action::Pause), (Capability::Stop, Action::Stop)] {
                let (_, shown) = view.capabilities.iter().find(|(shown, _)| *shown == capability).unwrap();
                assert_eq!(shown.supported, connected.vendor.offers(capability), "{name}: {capability:?}");
                let pauses = capability == Capability::Pause;
                if shown.supported {
                    if pauses {
                        scans.pause(&grant, scan.id).await.unwrap();
                        hub.await_scan_in(&connected.sim, &grant, &name, |scan| scan.status() == Status::Paused).await;
                    } else {
                        scans.stop(&grant, scan.id).await.unwrap();
                        hub.await_scan_in(&connected.sim, &grant, &name, |scan| scan.vendor_state.is_terminal()).await;
                    }
                } else {
                    let refused = if pauses {
                        scans.pause(&grant, scan.id).await.map(drop)
                    } else {
                        scans.stop(&grant, scan.id).await.map(drop)
                    };
                    assert_eq!(refused.unwrap_err().code, ErrorCode::UnsupportedByVendor, "{name}: {capability:?}");
                }
                let done = connected.sim.ledger().count(action, &truth.id);
                assert_eq!(done, usize::from(shown.supported), "{name}: {capability:?}");
            }
        }))
        .await;
        hub.stop().await;
    }
}
