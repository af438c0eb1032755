//! Live events. The feed in the store is the source: a subscriber gets what was committed, in its order, and after a
//! reconnect continues behind the last sequence number it saw. Memory only carries the newest part of it.

use std::sync::Arc;
use std::time::Duration;

use scanhelm_core::activity::Activity;
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

use crate::Hub;

#[derive(Debug)]
pub struct EventBus {
    sender: broadcast::Sender<Arc<Activity>>,
    nudged: Notify,
}

impl EventBus {
    pub(crate) fn new() -> Self {
        Self { sender: broadcast::channel(1024).0, nudged: Notify::new() }
    }

    /// Everything committed from now on. A receiver that lags must read the gap from the store.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Activity>> {
        self.sender.subscribe()
    }

    pub(crate) fn nudge(&self) {
        self.nudged.notify_one();
    }
}

/// Moves new rows of the feed to the subscribers until stopped. Looks every second even without a nudge: another
/// process may have written.
pub(crate) async fn pump(hub: &Hub, stop: &CancellationToken) {
    let bus = &hub.0.bus;
    let mut last = None;
    loop {
        if let Err(error) = forward(hub, bus, &mut last).await {
            tracing::warn!(%error, "cannot read the feed; live events wait");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = bus.nudged.notified() => {}
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }
}

async fn forward(hub: &Hub, bus: &EventBus, last: &mut Option<i64>) -> scanhelm_core::Result<()> {
    let mut after = match *last {
        Some(after) => after,
        None => hub.store().latest_seq().await?,
    };
    *last = Some(after);
    // The number first: whoever subscribes while it is read still gets what comes after it.
    let newest = hub.store().latest_seq().await?;
    if bus.sender.receiver_count() == 0 {
        *last = Some(newest);
        return Ok(());
    }
    loop {
        let rows = hub.store().activity_after(after, 500).await?;
        let count = rows.len();
        for row in rows {
            after = row.seq;
            // Nobody listening is no error.
            let _ = bus.sender.send(Arc::new(row));
        }
        *last = Some(after);
        if count < 500 {
            return Ok(());
        }
    }
}
