//! The live feed of one caller, as an endless stream.
//!
//! The stored feed is the truth and memory only carries its newest part, so a stream is a position in the feed: it
//! reads forward from there until it has caught up, then follows the bus, and reads again whenever the bus skipped
//! something. Sequence numbers have no gaps, so a gap is seen at once. Nothing is sent twice, nothing is left out, and
//! only what the caller's company owns is sent.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use scanhelm_core::Result;
use scanhelm_core::activity::Activity;
use scanhelm_core::ids::ScanId;
use scanhelm_core::page::{PageRequest, Sort};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_hub::Hub;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use crate::access;
use crate::credentials::Credential;
use crate::streams::Place;

/// What a stream delivers.
#[derive(Debug)]
pub(crate) enum Delivery {
    Activity(Arc<Activity>),
    /// Nothing happened for a while.
    StillHere,
}

/// Rows read at once while catching up.
const PAGE: u32 = 200;

#[derive(Debug)]
pub(crate) struct Feed {
    pub(crate) hub: Hub,
    pub(crate) grant: Grant,
    /// Proven again at every heartbeat: a revoked key or an ended session ends its streams.
    pub(crate) credential: Credential,
    /// Only this scan's.
    pub(crate) scan: Option<ScanId>,
    /// The last sequence number that was delivered or passed over.
    pub(crate) after: i64,
    pub(crate) heartbeat: Duration,
    pub(crate) stop: CancellationToken,
    /// Held as long as the stream lives, and given back with it.
    #[expect(dead_code, reason = "its drop is its use")]
    pub(crate) place: Place,
}

struct Following {
    feed: Feed,
    live: Receiver<Arc<Activity>>,
    ticks: Interval,
    ready: VecDeque<Arc<Activity>>,
    /// The stored feed may hold something that was not delivered.
    behind: bool,
}

impl Feed {
    /// Ends with the hub, with the caller's rights, or with the scan.
    pub(crate) fn follow(self) -> impl Stream<Item = Delivery> + Send {
        let mut ticks = interval_at(Instant::now() + self.heartbeat, self.heartbeat);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Subscribed before the first look into the store, so that nothing falls between the two.
        let live = self.hub.events().subscribe();
        let following = Following { live, ticks, ready: VecDeque::new(), behind: true, feed: self };
        futures::stream::unfold(following, |mut following| async move {
            following.next().await.map(|delivery| (delivery, following))
        })
    }

    fn is_mine(&self, activity: &Activity) -> bool {
        activity.company_id == self.grant.company && self.scan.is_none_or(|scan| scan == activity.scan_id)
    }
}

impl Following {
    async fn next(&mut self) -> Option<Delivery> {
        loop {
            if self.feed.stop.is_cancelled() {
                return None;
            }
            if let Some(activity) = self.ready.pop_front() {
                return Some(Delivery::Activity(activity));
            }
            if self.behind {
                if let Err(error) = self.catch_up().await {
                    tracing::info!(%error, "an event stream ends: its feed cannot be read");
                    return None;
                }
                continue;
            }
            tokio::select! {
                biased;
                () = self.feed.stop.cancelled() => return None,
                _ = self.ticks.tick() => {
                    if !self.may_go_on().await {
                        return None;
                    }
                    self.behind = true;
                    return Some(Delivery::StillHere);
                }
                received = self.live.recv() => match received {
                    Ok(activity) => self.receive(activity),
                    Err(RecvError::Lagged(_)) => self.behind = true,
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }

    fn receive(&mut self, activity: Arc<Activity>) {
        if activity.seq <= self.feed.after {
            return;
        }
        if activity.seq > self.feed.after + 1 {
            self.behind = true;
            return;
        }
        self.feed.after = activity.seq;
        if self.feed.is_mine(&activity) {
            self.ready.push_back(activity);
        }
    }

    /// Reads one page of what is stored after the position.
    async fn catch_up(&mut self) -> Result<()> {
        let rows = match self.feed.scan {
            Some(scan) => self.of_scan(scan).await?,
            None => self.feed.hub.store().activity_after(self.feed.after, PAGE).await?,
        };
        self.behind = rows.len() >= PAGE as usize;
        for row in rows {
            self.feed.after = self.feed.after.max(row.seq);
            if self.feed.is_mine(&row) {
                self.ready.push_back(Arc::new(row));
            }
        }
        Ok(())
    }

    /// A scan's rows alone, so that a late resume does not read the whole hub's history.
    async fn of_scan(&mut self, scan: ScanId) -> Result<Vec<Activity>> {
        // Everything up to here is in the answer below, so other scans' rows before it need not be looked at again.
        let newest = self.feed.hub.store().latest_seq().await?;
        let page = PageRequest {
            limit: PAGE,
            cursor: Some(self.feed.after.to_string()),
            sort: Sort { field: "seq".to_owned(), descending: false },
        };
        let rows = self.feed.hub.scans().activity(&self.feed.grant, scan, &page).await?.items;
        if rows.len() < PAGE as usize {
            self.feed.after = self.feed.after.max(newest);
        }
        Ok(rows)
    }

    async fn may_go_on(&self) -> bool {
        match access::prove(&self.feed.hub, &self.feed.credential).await {
            Ok(caller) => caller.grant.company == self.feed.grant.company && caller.grant.allows(Permission::ScanRead),
            // The database being away says nothing about the caller.
            Err(error) => error.code == scanhelm_core::ErrorCode::StoreUnavailable,
        }
    }
}
