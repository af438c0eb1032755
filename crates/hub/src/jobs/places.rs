//! How much of this machine jobs may use at a time.
//!
//! A job that asks a vendor waits most of its time, and there may be many such; what it fetched is read with this
//! machine's memory and processors, of which there are few. So it takes a place only for that, in the order of arrival
//! with the jobs that need one from their beginning.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::JobContext;
use crate::Hub;

#[derive(Clone, Debug)]
pub(crate) struct Places(Arc<Semaphore>);

/// Held for as long as the machine is used.
#[derive(Debug)]
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
}

/// What came of waiting for a place.
#[derive(Debug)]
pub(crate) enum Turn {
    Mine(Place),
    /// Someone asked to cancel the job meanwhile.
    Cancelled,
    /// The attempt is over or the hub stops: continue later.
    Later,
}

impl Places {
    pub(crate) fn new(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places)))
    }

    /// The next free one, behind those who wait already.
    pub(crate) async fn next(&self) -> Option<Place> {
        Arc::clone(&self.0).acquire_owned().await.ok().map(|permit| Place { _permit: permit })
    }

    /// One that is free now and that nobody waits for.
    pub(super) fn free(&self) -> Option<Place> {
        Arc::clone(&self.0).try_acquire_owned().ok().map(|permit| Place { _permit: permit })
    }
}

impl Hub {
    /// Waits for a place on this machine, for a job that had none so far.
    pub(crate) async fn turn(&self, context: &JobContext) -> Turn {
        let left = context.park_at.since(self.now());
        tokio::select! {
            biased;
            () = context.cancelled.cancelled() => Turn::Cancelled,
            place = self.0.places.next() => place.map_or(Turn::Later, Turn::Mine),
            () = context.stopping.cancelled() => Turn::Later,
            () = tokio::time::sleep(left) => Turn::Later,
        }
    }
}
