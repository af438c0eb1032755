//! A hub that gets next to no processor time: its signs of life go out all the same.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::runtime::Runtime;

use super::installation::Database;
use super::{FINDINGS, completed_scan, connected, difference, nessus, position, undisturbed};
use crate::hub::eventually;

/// Of each fifth of a second, so that it runs for one part in twenty.
const RUNS: Duration = Duration::from_millis(10);
const RESTS: Duration = Duration::from_millis(190);
const LEASE: Duration = Duration::from_secs(6);

/// Lets a process run for a twentieth of the time while something happens.
fn starve<T>(pid: u32, meanwhile: impl FnOnce() -> T) -> T {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap());
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                for (signal, time) in [(Signal::SIGSTOP, RESTS), (Signal::SIGCONT, RUNS)] {
                    kill(pid, signal).unwrap();
                    std::thread::sleep(time);
                }
            }
        });
        let made = meanwhile();
        over.store(true, Ordering::SeqCst);
        made
    })
}

/// Another hub waits for its leases: it takes none while the starved one lives, and each record is written once.
#[test]
fn fm_e05_a_hub_with_next_to_no_processor_keeps_its_lease() {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let connected = connected(Database::Postgres, &sim);
    completed_scan(&sim, u32::try_from(FINDINGS).unwrap());
    let expected = undisturbed(&runtime, &connected, 1);
    let installation = connected.copy();
    let store = runtime.block_on(installation.store());
    let leases = [("SCANHELM_JOBS_LEASE", "6s")];
    let held = sim.fault("hold,op=export.download".parse().unwrap());
    let mut starved = installation.start_with(&leases);
    eventually("the report to be on its way", || {
        sim.faults().iter().any(|armed| armed.id == held && armed.struck > 0).then_some(())
    });
    let other = installation.sibling();
    let hub = other.start_with(&leases);
    let lease = || {
        let job = runtime.block_on(installation.running(&store, "import")).into_iter().next();
        job.map(|job| (job.lease_owner, job.epoch, job.lease_until.unwrap()))
    };
    let (owner, epoch, first) = lease().expect("an import under way");
    starve(starved.process.pid(), || {
        let begun = Instant::now();
        // Two leases long, so that one that is not renewed runs out.
        while begun.elapsed() < LEASE * 2 {
            let now = lease().expect("the import waits for its report");
            assert_eq!((&now.0, now.1), (&owner, epoch), "taken over from a hub that lives");
            std::thread::sleep(Duration::from_millis(100));
        }
        let renewed = lease().unwrap().2;
        assert!(renewed.since(first) >= LEASE, "renewed from {first} to {renewed}");
        sim.clear_fault(held);
        eventually("records to come in, slowly", || (position(&hub) > 0).then_some(()));
    });
    hub.await_imported(1);
    starved.stop();
    runtime.block_on(store.close()).unwrap();
    let end = runtime.block_on(other.end(hub));
    assert!(end == expected, "{}", difference(&expected, &end));
}
