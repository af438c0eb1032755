//! Being woken by what other hubs commit.
//!
//! A wake-up is only a hint: every loop looks by itself at its period, so a listener that is cut off costs time and
//! nothing else.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::Hub;

/// Before listening again.
const REST: Duration = Duration::from_secs(1);

pub(super) async fn follow(hub: &Hub, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => return,
            error = listen(hub) => {
                tracing::info!(%error, "cannot listen for other hubs; the loops look at their periods meanwhile");
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(REST) => {}
        }
    }
}

/// Until listening fails; why.
async fn listen(hub: &Hub) -> scanhelm_core::Error {
    let mut changes = match hub.store().subscribe_changes().await {
        Ok(changes) => changes,
        Err(error) => return error,
    };
    // Something may have been committed while nobody listened.
    hub.committed_elsewhere();
    loop {
        match changes.changed().await {
            Ok(()) => hub.committed_elsewhere(),
            Err(error) => return error,
        }
    }
}
