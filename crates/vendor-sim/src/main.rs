//! `scanhelm-sim`: one simulated vendor on one port.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::PossibleValue;
use clap::{Parser, ValueEnum};
use scanhelm_vendor_sim::{Credentials, FAULT_GRAMMAR, Fault, Licence, Sim, SimConfig, VENDORS, Webhook};

const EXAMPLES: &str = "\
Examples:
  scanhelm-sim nessus --listen 127.0.0.1:8834 --scans 20 --speed 60
  scanhelm-sim nessus --licence professional --scans 5
  scanhelm-sim nessus --fault status,code=429,retry_after=5,op=scans.list,times=3
  scanhelm-sim acunetix --scans 20 --access-key 0123456789abcdef     # X-Auth: 0123456789abcdef
  scanhelm-sim invicti --scans 20 --access-key user-id --secret-key token --speed 60 \\
       --webhook http://127.0.0.1:8080/api/v1/hooks/ID --webhook-header 'X-Hook-Secret: secret'
  curl -s http://127.0.0.1:8834/_sim/ledger
  curl -s -X POST http://127.0.0.1:8834/_sim/clock -H 'Content-Type: application/json' -d '{\"advance_s\": 3600}'
  curl -s -X POST http://127.0.0.1:8834/_sim/fault -H 'Content-Type: application/json' \\
       -d '{\"kind\": \"lose-answer\", \"op\": \"scans.launch\", \"times\": 1}'";

/// A simulated scanner vendor: stateful, on a virtual clock, with a ledger of all it was asked.
#[derive(Debug, Parser)]
#[command(name = "scanhelm-sim", version, after_help = EXAMPLES, after_long_help = format!("{FAULT_GRAMMAR}\n\n{EXAMPLES}"))]
struct Arguments {
    /// The vendor to simulate
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(VENDORS.iter().map(|vendor| PossibleValue::new(vendor.name).help(vendor.about))))]
    vendor: String,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR")]
    listen: SocketAddr,
    /// Number of scans that exist at the start
    #[arg(long, default_value_t = 20, value_name = "N")]
    scans: u32,
    /// Findings in each complete run
    #[arg(long, default_value_t = 120, value_name = "N")]
    findings: u32,
    /// Virtual seconds a real second; 0 stands still
    #[arg(long, default_value_t = 1.0, value_name = "X")]
    speed: f64,
    /// Runs take so many times less time, on a clock that keeps its speed
    #[arg(long, default_value_t = 1.0, value_name = "X", value_parser = haste)]
    haste: f64,
    /// Same seed, same fleet, same findings
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,
    /// What the vendor's licence lets a client do
    #[arg(long, value_enum, default_value_t = LicenceName::Manager)]
    licence: LicenceName,
    /// Calls of one kind allowed an hour of virtual time, at a vendor that counts them [default: the vendor's own]
    #[arg(long, value_name = "N")]
    calls_per_hour: Option<u32>,
    /// Speak HTTPS and write the certificate of the authority that vouches for it to this file
    #[arg(long, value_name = "FILE")]
    tls_authority: Option<PathBuf>,
    #[arg(long, value_name = "U", default_value_t = Credentials::default().username)]
    username: String,
    #[arg(long, value_name = "P", default_value_t = Credentials::default().password)]
    password: String,
    #[arg(long, value_name = "A", default_value_t = Credentials::default().access_key)]
    access_key: String,
    #[arg(long, value_name = "S", default_value_t = Credentials::default().secret_key)]
    secret_key: String,
    /// A fault in force from the start, repeatable; the grammar is below (--help)
    #[arg(long, value_name = "SPEC")]
    fault: Vec<Fault>,
    /// Called when a scan changes, by vendors that send webhooks: http://ADDRESS:PORT/PATH on loopback
    #[arg(long, value_name = "URL")]
    webhook: Option<Webhook>,
    /// Sent along with each call of the webhook, repeatable
    #[arg(long, value_name = "NAME: VALUE", requires = "webhook")]
    webhook_header: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LicenceName {
    Manager,
    Professional,
}

fn haste(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(haste) if haste.is_finite() && haste > 0.0 => Ok(haste),
        _ => Err("write a number above 0, such as 10".to_owned()),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when stderr is closed.
            let _ = writeln!(std::io::stderr(), "scanhelm-sim: {error}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let sim = Sim::start(SimConfig {
        vendor: arguments.vendor,
        listen: arguments.listen,
        scans: arguments.scans,
        findings: arguments.findings,
        speed: arguments.speed,
        haste: arguments.haste,
        seed: arguments.seed,
        licence: match arguments.licence {
            LicenceName::Manager => Licence::Manager,
            LicenceName::Professional => Licence::Professional,
        },
        calls_per_hour: arguments.calls_per_hour,
        tls: arguments.tls_authority.is_some(),
        tls_flaw: None,
        credentials: Credentials {
            username: arguments.username,
            password: arguments.password,
            access_key: arguments.access_key,
            secret_key: arguments.secret_key,
        },
        start: None,
        faults: arguments.fault,
        webhook: arguments
            .webhook
            .map(|webhook| {
                arguments.webhook_header.iter().try_fold(webhook, |webhook, header| webhook.with_header(header))
            })
            .transpose()?,
    })
    .await?;
    if let (Some(file), Some(authority)) = (&arguments.tls_authority, sim.authority()) {
        std::fs::write(file, authority).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    // Before the line below: whoever reads it may end us at once.
    let ended = end_signal()?;
    writeln!(std::io::stdout(), "listening on {}", sim.base_url())?;
    std::io::stdout().flush()?;
    ended.await?;
    sim.shutdown().await;
    Ok(())
}

/// Listens for the signals to stop from now on; the future ends when one comes.
#[cfg(unix)]
fn end_signal() -> std::io::Result<impl Future<Output = std::io::Result<()>>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => Ok(()),
            _ = terminate.recv() => Ok(()),
        }
    })
}

#[cfg(not(unix))]
fn end_signal() -> std::io::Result<impl Future<Output = std::io::Result<()>>> {
    Ok(tokio::signal::ctrl_c())
}
