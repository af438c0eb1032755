//! Listening, answering and stopping.

use std::future::IntoFuture;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::connections::{Bounded, Peer};
use crate::document::BuildError;

/// Why the server did not start or did not go on. The words are for whoever started it.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(
        "{address} is in use: another hub or program listens there. Stop it, or choose another address with `--listen`."
    )]
    InUse { address: SocketAddr },
    #[error("cannot listen on {address}: {cause}. Choose another address with `--listen`.")]
    Listen { address: SocketAddr, cause: std::io::Error },
    #[error("the server broke off: {0}")]
    Broken(#[from] std::io::Error),
}

/// Takes the address, so that a failure is known before anything else starts. Port 0 takes a free one.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|cause| match cause.kind() {
        std::io::ErrorKind::AddrInUse => ServeError::InUse { address },
        _ => ServeError::Listen { address, cause },
    })
}

/// Answers until `shutdown`; then takes no new connection, lets open answers end for the grace, and returns.
pub(crate) async fn run(
    listener: Bounded,
    router: Router,
    grace: Duration,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let service = router.into_make_service_with_connect_info::<Peer>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(shutdown.clone().cancelled_owned());
    let overdue = async {
        shutdown.cancelled().await;
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        ended = serving.into_future() => ended.map_err(ServeError::from),
        () = overdue => {
            tracing::warn!("some answers were cut off: they did not end in time");
            Ok(())
        }
    }
}
