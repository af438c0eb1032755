//! `scanhelm serve`: the hub.
//!
//! The order is: what can be refused at once (settings, folder, address), then the database, then the API and the
//! loops. Nothing waits for a vendor, so the hub is ready in a blink.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use scanhelm_hub::Hub;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::exit::{self, Exit};
use crate::installation::{DataFolder, InstallationError, Place};
use crate::settings::{Flag, LogForm, Values};
use crate::traces::{self, Traces};
use crate::{logging, process, results};

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm serve --data /var/lib/scanhelm
  scanhelm serve --data /var/lib/scanhelm --listen 0.0.0.0:8480 --log json
  SCANHELM_SYNC_STATUS_INTERVAL=10s DATABASE_URL=postgres://... scanhelm serve --data /var/lib/scanhelm

The first start prints the address at which the installation is set up in a browser. TERM or Ctrl-C stops the hub in
order. `scanhelm config show` tells every setting.";

#[derive(Args, Debug)]
pub(crate) struct ServeArguments {
    #[command(flatten)]
    place: Place,
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8480]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Form of the log on standard error [default: human]
    #[arg(long, value_name = "FORM")]
    log: Option<LogForm>,
}

impl ServeArguments {
    fn flags(&self) -> Vec<Flag> {
        let listen =
            self.listen.map(|address| Flag { setting: "server.listen", flag: "--listen", text: address.to_string() });
        let log = self.log.map(|form| Flag { setting: "log.form", flag: "--log", text: form.to_string() });
        listen.into_iter().chain(log).collect()
    }
}

#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error(transparent)]
    Installation(#[from] InstallationError),
    #[error(transparent)]
    Serve(#[from] scanhelm_api::ServeError),
    #[error("the hub cannot start: {0}")]
    Hub(String),
    #[error(
        "cannot listen for Prometheus on {address}: {cause}. Choose another address in `[metrics] listen`, or none"
    )]
    Metrics { address: SocketAddr, cause: std::io::Error },
    #[error("the counters for Prometheus cannot be set up: {0}")]
    Counters(String),
    #[error("signals cannot be received: {0}")]
    Signals(std::io::Error),
    #[error("standard output cannot be written: {0}")]
    Output(std::io::Error),
}

impl From<scanhelm_core::Error> for Stopped {
    fn from(error: scanhelm_core::Error) -> Self {
        Self::Hub(exit::explained(&error))
    }
}

pub(crate) async fn run(arguments: ServeArguments) -> Exit {
    let loaded = match arguments.place.settings(arguments.flags()) {
        Ok(loaded) => loaded,
        Err(problems) => return exit::refused(&problems),
    };
    let traces = match traces::start(&loaded.values) {
        Ok(traces) => traces,
        Err(problem) => return exit::refused(&problem),
    };
    let _log = match logging::start(&loaded.values, traces.as_ref().map(Traces::spans)) {
        Ok(log) => log,
        Err(error) => return exit::refused(&format!("the log cannot be started: {error}")),
    };
    let served = serve(&arguments, &loaded.values).await;
    if let Some(traces) = traces {
        traces.stop().await;
    }
    match served {
        Ok(()) => Exit::Done,
        Err(stopped) => exit::refused(&stopped),
    }
}

async fn serve(arguments: &ServeArguments, values: &Values) -> Result<(), Stopped> {
    let stop = CancellationToken::new();
    process::stop_on_signals(stop.clone()).map_err(Stopped::Signals)?;
    let folder = DataFolder::open(&arguments.place.data)?;
    let mut held = folder.hold()?;
    let listener = scanhelm_api::listen(values.server.listen).await?;
    let operator = Operator::listen(values.metrics.listen.0).await?;
    let url = process::local_url(listener.local_addr().map_err(scanhelm_api::ServeError::Broken)?);
    if let Err(error) = held.listens_at(&url) {
        tracing::warn!(%error, "the lock file does not tell the address; only `doctor` misses it");
    }
    let hub = folder.hub(values).await?;
    hub.sweep_spool().await?;
    hub.remove_abandoned_scans().await;
    offer_setup(&hub, &folder, values.server.public_url.0.as_deref().unwrap_or(&url), &stop).await?;
    tracing::info!(data = %folder.path().display(), database = hub.store().backend().as_str(), "listening on {url}");
    if let Some(operator) = operator {
        operator.serve(hub.clone(), stop.clone());
    }
    process::run(hub, listener, values.api(), stop).await?;
    tracing::info!("stopped");
    Ok(())
}

/// The operator's listener, taken before anything starts.
#[derive(Debug)]
struct Operator {
    listener: TcpListener,
    address: SocketAddr,
    telemetry: scanhelm_api::Telemetry,
}

impl Operator {
    /// `None`: switched off, and nothing is counted.
    async fn listen(address: Option<SocketAddr>) -> Result<Option<Self>, Stopped> {
        let Some(address) = address else { return Ok(None) };
        let failed = |cause| Stopped::Metrics { address, cause };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let telemetry = scanhelm_api::Telemetry::install().map_err(|error| Stopped::Counters(error.to_string()))?;
        Ok(Some(Self { listener, address, telemetry }))
    }

    fn serve(self, hub: Hub, stop: CancellationToken) {
        tracing::info!("metrics for Prometheus at {}/metrics", process::local_url(self.address));
        tokio::spawn(async move {
            if let Err(error) = scanhelm_api::serve_operator(self.listener, hub, self.telemetry, stop).await {
                tracing::error!(%error, "metrics are no longer served; the hub goes on");
            }
        });
    }
}

/// Tells how the first user comes in, when there is none, and takes the offer back once it was used.
async fn offer_setup(hub: &Hub, folder: &DataFolder, url: &str, stop: &CancellationToken) -> Result<(), Stopped> {
    let offered = hub.accounts().offer_setup().await?;
    let Some(token) = offered else {
        if let Err(error) = folder.remove_setup_url() {
            tracing::warn!(%error, "the file setup-url is out of date but cannot be removed");
        }
        return Ok(());
    };
    let address = format!("{url}/setup?token={}", token.expose());
    folder.write_setup_url(&address)?;
    results::to_standard_output(&format!("setup: {address}\n")).map_err(Stopped::Output)?;
    let (hub, folder, stop) = (hub.clone(), folder.clone(), stop.clone());
    tokio::spawn(async move {
        // Another process may set up as well (`admin bootstrap`), so the database is asked.
        while matches!(hub.accounts().needs_setup().await, Ok(true) | Err(_)) {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        }
        match folder.remove_setup_url() {
            Ok(()) => tracing::info!("the installation is set up; the set-up address is withdrawn"),
            Err(error) => tracing::warn!(%error, "the file setup-url is used but cannot be removed"),
        }
    });
    Ok(())
}
