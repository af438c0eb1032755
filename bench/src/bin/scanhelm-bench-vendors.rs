//! Simulates many installations of one vendor in one process; see [`scanhelm_bench`] for what is said to it.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, Write};
use std::process::ExitCode;

use scanhelm_bench::{Calls, Ended, Fleet, Instance, Order};
use scanhelm_vendor_sim::{Fault, Moment, ScanSeed, SeedState, Sim, SimConfig, Webhook};

#[tokio::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when it is closed.
            let _ = writeln!(std::io::stderr(), "scanhelm-bench-vendors: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let Some(first) = next_line().await? else {
        return Err("the first line says what to simulate".into());
    };
    let fleet: Fleet = serde_json::from_str(&first)?;
    let mut vendors = Vec::new();
    for instance in &fleet.instances {
        vendors.push(start(&fleet, instance).await?);
    }
    answer("")?;
    while let Some(line) = next_line().await? {
        match serde_json::from_str(&line)? {
            Order::CountCalls => answer(&serde_json::to_string(&Calls(vendors.iter().map(calls).collect()))?)?,
            Order::TellEnded { since, until } => {
                let ended = vendors.iter().map(|vendor| ended(vendor, since, until)).collect();
                answer(&serde_json::to_string(&Ended(ended))?)?;
            }
            Order::Fault { instance, fault } => {
                let vendor = vendors.get(instance).ok_or("a fault for an instance that there is not")?;
                vendor.fault(fault.parse::<Fault>()?);
                answer("")?;
            }
        }
    }
    Ok(())
}

async fn start(fleet: &Fleet, instance: &Instance) -> Result<Sim, Box<dyn Error>> {
    let webhook = match &instance.webhook {
        Some(hook) => Some(hook.url.parse::<Webhook>()?.with_header(&hook.header)?),
        None => None,
    };
    let config = SimConfig { listen: instance.listen, seed: instance.seed, webhook, ..SimConfig::new(&fleet.vendor) };
    let vendor = Sim::start(config).await?;
    for number in 0..u64::from(instance.scans) {
        vendor.add_scan(running(fleet, instance.seed, number))?;
    }
    Ok(vendor)
}

/// A scan under way. Lengths and progress are spread evenly, so that in any minute about as many scans end.
fn running(fleet: &Fleet, seed: u64, number: u64) -> ScanSeed {
    let (shortest, longest) = fleet.lasts_s;
    let drawn = spread(seed, number);
    ScanSeed {
        name: format!("Scan {number} of {seed}"),
        hosts: 4,
        findings: fleet.findings,
        state: SeedState::Running,
        duration_s: shortest + drawn % (longest - shortest).max(1),
        progress_percent: u8::try_from((drawn >> 32) % 98).unwrap_or(0),
        ..ScanSeed::default()
    }
}

/// The same for the same numbers, and otherwise like chance (SplitMix64).
fn spread(seed: u64, number: u64) -> u64 {
    let mixed = (seed << 32 | number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

/// No scan of a bench is stopped, so whatever has an end is complete.
fn ended(vendor: &Sim, since: u64, until: u64) -> Vec<String> {
    let within = |at: Moment| {
        let millis = at.since(Moment::from_epoch_seconds(0)) * 1000.0;
        (since as f64..until as f64).contains(&millis)
    };
    let scans = vendor.scans().into_iter();
    scans.filter(|scan| scan.history.iter().any(|run| run.ended_at.is_some_and(within))).map(|scan| scan.id).collect()
}

fn calls(vendor: &Sim) -> BTreeMap<String, u64> {
    let mut calls = BTreeMap::new();
    for request in vendor.ledger().requests {
        *calls.entry(request.operation).or_default() += 1;
    }
    calls
}

async fn next_line() -> Result<Option<String>, Box<dyn Error>> {
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|bytes| (bytes > 0).then_some(line))
    });
    Ok(read.await??)
}

fn answer(text: &str) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{text}")?;
    output.flush()
}
