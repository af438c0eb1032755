//! The time of the database, for hubs that share one.
//!
//! Leases, schedules and due times are compared between hubs, so they must all be read off one clock; the machines'
//! own may be minutes apart. The hub measures how far its own clock is from the database's and adds that to every
//! reading. Its own clock then only has to run evenly, which is why the monotonic one is taken: it cannot be set.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use scanhelm_core::{Clock, Result, Timestamp};
use scanhelm_store::Store;

use crate::system::SystemClock;

/// Between two measurements: how far two clocks drift apart in that time does not matter to any lease.
const MEASURE_EVERY: Duration = Duration::from_secs(30);
/// An answer that took longer says too little about when it was given.
const WORTHLESS_AFTER: Duration = Duration::from_secs(1);

/// Another clock, corrected by the database's.
#[derive(Debug)]
pub struct DatabaseClock {
    local: Arc<dyn Clock>,
    /// Milliseconds to add.
    offset: AtomicI64,
}

/// The clock by which a hub on this store works: the database's where it has one, else the machine's.
pub async fn clock_of(store: &Store) -> Result<Arc<dyn Clock>> {
    let measured = DatabaseClock::over(store, Arc::new(Monotonic(Instant::now()))).await?;
    Ok(measured.map_or_else(|| Arc::new(SystemClock) as Arc<dyn Clock>, |clock| clock as Arc<dyn Clock>))
}

impl DatabaseClock {
    /// `local`, corrected now and from time to time; `None` where the database has no clock of its own.
    pub async fn over(store: &Store, local: Arc<dyn Clock>) -> Result<Option<Arc<Self>>> {
        let clock = Arc::new(Self { local, offset: AtomicI64::new(0) });
        if !clock.measure(store, Duration::MAX).await? {
            return Ok(None);
        }
        tokio::spawn(keep_measuring(Arc::downgrade(&clock), store.clone()));
        Ok(Some(clock))
    }

    /// `false`: the database has no clock of its own.
    async fn measure(&self, store: &Store, at_most: Duration) -> Result<bool> {
        let asked = self.local.now();
        let Some(theirs) = store.database_time().await? else {
            return Ok(false);
        };
        let took = self.local.now().since(asked);
        if took <= at_most {
            let ours = asked.plus(took / 2);
            self.offset.store(theirs.as_millis().saturating_sub(ours.as_millis()), Ordering::Relaxed);
        }
        Ok(true)
    }
}

impl Clock for DatabaseClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.local.now().as_millis().saturating_add(self.offset.load(Ordering::Relaxed)))
    }
}

/// Ends with its clock.
async fn keep_measuring(clock: Weak<DatabaseClock>, store: Store) {
    loop {
        tokio::time::sleep(MEASURE_EVERY).await;
        let Some(clock) = clock.upgrade() else {
            return;
        };
        if let Err(error) = clock.measure(&store, WORTHLESS_AFTER).await {
            tracing::debug!(%error, "the database's time cannot be read; the last correction stands");
        }
    }
}

/// Time since it was made, as if it had been made at the epoch.
#[derive(Debug)]
struct Monotonic(Instant);

impl Clock for Monotonic {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self.0.elapsed().as_millis()).unwrap_or(i64::MAX))
    }
}
