use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::{ProptestConfig, proptest};
use scanhelm_vendor_sim::{ScanSeed, SeedState, Sim, SimConfig, VENDORS};

use crate::wire::{started, still, still_vendor};

#[tokio::test]
async fn one_seed_gives_one_fleet() {
    let mut fleets = Vec::new();
    for seed in [1, 1, 2] {
        let client = started(SimConfig { scans: 25, findings: 30, seed, ..still() }).await;
        client.sim.advance(Duration::from_secs(7200));
        let scans = client.sim.scans();
        let findings: Vec<_> = scans
            .iter()
            .flat_map(|scan| scan.history.iter().map(|run| client.sim.findings(&scan.id, &run.uuid).unwrap()))
            .collect();
        fleets.push((scans, findings));
    }
    assert_eq!(fleets[0], fleets[1]);
    assert_ne!(fleets[0], fleets[2]);
}

#[tokio::test]
async fn a_fleet_is_a_realistic_mixture() {
    let client = started(SimConfig { scans: 20, findings: 60, ..still() }).await;
    let scans = client.sim.scans();
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for scan in &scans {
        *states.entry(&scan.state).or_default() += 1;
    }
    for state in ["completed", "running", "pending", "paused", "empty", "imported", "aborted", "canceled"] {
        assert!(states.contains_key(state), "{state} in {states:?}");
    }
    let names: BTreeSet<_> = scans.iter().map(|scan| &scan.name).collect();
    assert!(names.len() < scans.len(), "some names occur twice");
    assert!(names.iter().any(|name| !name.is_ascii()));
    assert!(scans.iter().any(|scan| scan.history.len() > 1));
}

#[tokio::test]
async fn scheduled_scans_keep_a_fleet_alive() {
    let client = started(SimConfig { scans: 20, findings: 60, ..still() }).await;
    let runs = |client: &crate::wire::Client| client.sim.scans().iter().map(|scan| scan.history.len()).sum::<usize>();
    let mut before = runs(&client);
    for _ in 0..3 {
        client.sim.advance(Duration::from_secs(6 * 3600));
        let after = runs(&client);
        assert!(after > before, "new runs in every quarter of a day");
        before = after;
    }
}

#[tokio::test]
async fn runs_of_one_scan_share_most_findings_and_drift_a_little() {
    let client = started(still()).await;
    let seed =
        ScanSeed { state: SeedState::Completed, hosts: 10, findings: 400, earlier_runs: 4, ..ScanSeed::default() };
    let scan = client.sim.add_scan(seed).unwrap();
    let runs: Vec<BTreeSet<_>> = scan
        .history
        .iter()
        .map(|run| client.sim.findings(&scan.id, &run.uuid).unwrap().into_iter().collect())
        .collect();
    for pair in runs.windows(2) {
        assert_eq!(pair[0].len(), 400);
        let kept = pair[0].intersection(&pair[1]).count();
        assert!((360..400).contains(&kept), "{kept} of 400 stay");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever the size, a complete run has exactly the planned findings, each of its own identity.
    #[test]
    fn a_run_has_exactly_the_planned_findings(seed in 0_u64..1000, hosts in 1_u32..300, findings in 0_u32..3000) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = started(SimConfig { seed, ..still() }).await;
            let wanted = ScanSeed { state: SeedState::Completed, hosts, findings, earlier_runs: 2, ..ScanSeed::default() };
            let scan = client.sim.add_scan(wanted).unwrap();
            for run in &scan.history {
                let found = client.sim.findings(&scan.id, &run.uuid).unwrap();
                let distinct: BTreeSet<_> = found.iter().map(|finding| &finding.reference).collect();
                assert_eq!((found.len(), distinct.len()), (findings as usize, findings as usize));
            }
        });
    }
}

#[tokio::test]
async fn runs_in_haste_are_shorter_on_the_same_clock_and_earlier_ones_took_their_time() {
    for vendor in VENDORS {
        let sim = Sim::start(SimConfig { haste: 10.0, ..still_vendor(vendor.name) }).await.unwrap();
        let seed = |state| ScanSeed { state, duration_s: 600, progress_percent: 50, ..ScanSeed::default() };
        let past = sim.add_scan(seed(SeedState::Completed)).unwrap();
        let running = sim.add_scan(seed(SeedState::Running)).unwrap();
        let lasted = |id: &str| {
            let run = sim.scan(id).unwrap().history.pop().unwrap();
            run.ended_at.map(|ended| ended.since(run.started_at.unwrap()).round() as u64)
        };
        sim.advance(Duration::from_secs(29));
        assert_eq!((lasted(&past.id), lasted(&running.id)), (Some(600), None), "{}", vendor.name);
        sim.advance(Duration::from_secs(2));
        assert_eq!(lasted(&running.id), Some(60), "{}", vendor.name);
    }
}
