//! A hub as a process: the API and the loops, from start to an orderly end.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use scanhelm_hub::{Hub, reconcile};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::logging;

/// After the signal, for all of the hub. Whoever started us may kill us after ten seconds; the last traces and the last
/// lines of the log come after this.
const PARKING: Duration = Duration::from_secs(7);

/// Cancels at the first INT or TERM; ends the process at the second, for people who will not wait.
pub(crate) fn stop_on_signals(stop: CancellationToken) -> std::io::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::spawn(async move {
        for ended in [false, true] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if ended {
                tracing::warn!("stopped at once by a second signal");
                logging::write_out();
                std::process::exit(130);
            }
            tracing::info!("stopping: open work is parked; a second signal ends it at once");
            stop.cancel();
        }
    });
    Ok(())
}

/// Serves and works until `stop`, then parks everything.
pub(crate) async fn run(
    hub: Hub,
    listener: TcpListener,
    api: scanhelm_api::Settings,
    stop: CancellationToken,
) -> Result<(), scanhelm_api::ServeError> {
    let store = hub.store().clone();
    let mut loops = tokio::spawn(reconcile::run(hub.clone(), stop.clone()));
    let serving = tokio::spawn(scanhelm_api::serve(listener, hub, api, stop.clone()));
    let looped = async {
        let outcome = (&mut loops).await;
        if stop.is_cancelled() {
            return Ok(());
        }
        // A hub that answers but does nothing would look well.
        stop.cancel();
        let why = outcome.err().map_or_else(String::new, |panicked| format!(": {panicked}"));
        Err(std::io::Error::other(format!("the loops ended though nobody stopped them{why}")))
    };
    let overdue = async {
        stop.cancelled().await;
        tokio::time::sleep(PARKING).await;
    };
    let all = async {
        let served = async {
            let served = serving.await;
            // When serving broke off, nothing else has a reason to go on.
            stop.cancel();
            served
        };
        let (served, looped) = tokio::join!(served, looped);
        if let Err(error) = store.close().await {
            tracing::warn!(%error, "the database was not closed in order");
        }
        let served = served.unwrap_or_else(|panicked| Err(std::io::Error::other(panicked).into()));
        served.and(looped.map_err(scanhelm_api::ServeError::from))
    };
    tokio::select! {
        ended = all => ended,
        () = overdue => {
            tracing::warn!("not everything was parked in time; leases run out by themselves");
            Ok(())
        }
    }
}

/// Where a browser on this machine finds what listens on `address`.
pub(crate) fn local_url(address: SocketAddr) -> String {
    let mut shown = address;
    if address.ip().is_unspecified() {
        match address {
            SocketAddr::V4(_) => shown.set_ip(Ipv4Addr::LOCALHOST.into()),
            SocketAddr::V6(_) => shown.set_ip(Ipv6Addr::LOCALHOST.into()),
        }
    }
    format!("http://{shown}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_address_is_shown_as_one_that_can_be_opened() {
        assert_eq!(local_url("0.0.0.0:8480".parse().unwrap()), "http://127.0.0.1:8480");
        assert_eq!(local_url("[::]:8480".parse().unwrap()), "http://[::1]:8480");
        assert_eq!(local_url("10.1.2.3:80".parse().unwrap()), "http://10.1.2.3:80");
    }
}
