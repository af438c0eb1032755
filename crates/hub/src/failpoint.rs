//! Named places where a test can kill the process, or hold one activity while others go on.
//!
//! `SCANHELM_FAILPOINT=import.batch.before_commit@3` aborts at the third pass of that place, as SIGKILL would: no
//! destructor, no flush. `SCANHELM_FAILPOINT_REST=import.batch.after_commit@100` rests there for so many milliseconds at
//! each pass, so that what a test wants to meet half done takes its time on a fast machine too.
//!
//! A simulation [`watch`]es the places of its own thread instead: what it awaits there decides whether the activity goes
//! on, and dropping it there is the crash. Only debug builds look; in a release build the call is empty.

#[cfg(debug_assertions)]
pub use armed::{Watcher, watch};

/// Every place, in the order in which an import passes them.
pub const IMPORT: &[&str] = &[
    "import.started",
    "import.report_answered",
    "import.report_requested",
    "import.downloaded",
    "import.validated",
    "import.batch.before_commit",
    "import.batch.after_commit",
    "import.batches_done",
    "import.closing.before_commit",
    "import.closing.after_commit",
    "import.relating.before_commit",
    "import.relating.after_commit",
    "import.finalise.before_commit",
    "import.finalise.after_commit",
];

/// Every place between what is written down about a command and what the vendor is asked.
pub const COMMAND: &[&str] = &[
    "command.before_sent",
    "command.sent",
    "command.answered",
    "command.linked",
    "command.finish.before_commit",
    "command.finish.after_commit",
];

/// Every place of a schedule's fire.
pub const SCHEDULE: &[&str] = &["schedule.fire.before_commit", "schedule.fire.after_commit"];

/// Every place of a look at an integration.
pub const LOOK: &[&str] = &[
    "look.leased",
    "look.observation.before_commit",
    "look.observation.after_commit",
    "look.adoption.before_commit",
    "look.adoption.after_commit",
    "look.before_health",
];

/// Around the local part of a deletion.
pub const DELETION: &[&str] = &["delete.before_commit", "delete.after_commit"];

/// Around what a backfill writes about one scan.
pub const BACKFILL: &[&str] = &["backfill.before_commit", "backfill.after_commit"];

/// Around what a load of a feed writes.
pub const FEED: &[&str] =
    &["feed.batch.before_commit", "feed.batch.after_commit", "feed.finish.before_commit", "feed.finish.after_commit"];

/// Around a page of findings that are rated anew.
pub const RATING: &[&str] = &["rating.page.before_commit", "rating.page.after_commit"];

/// Around the storing of a vendor's call.
pub const WEBHOOK: &[&str] = &["webhook.before_commit", "webhook.after_commit"];

/// Every place where people's judgements are written by a job or a loop.
pub const JUDGEMENT: &[&str] = &[
    "judging.batch.before_commit",
    "judging.batch.after_commit",
    "approval.decided.before_commit",
    "approval.batch.before_commit",
    "triage.expiry.before_commit",
    "triage.expiry.after_commit",
];

/// Every place between what happened and the message about it.
pub const NOTIFY: &[&str] = &[
    "notify.routed.before_commit",
    "notify.routed.after_commit",
    "notify.before_sent",
    "notify.sent",
    "notify.recorded",
];

#[cfg(debug_assertions)]
pub async fn hit(name: &'static str) {
    armed::abort_if_armed(name);
    armed::rest(name).await;
    armed::pause(name).await;
}

#[cfg(not(debug_assertions))]
#[expect(clippy::unused_async, reason = "as in debug builds")]
pub async fn hit(_name: &'static str) {}

#[cfg(debug_assertions)]
mod armed {
    use std::cell::RefCell;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, OnceLock};
    use std::time::Duration;

    use futures::future::BoxFuture;

    /// What happens at a place.
    pub type Watcher = Arc<dyn Fn(&'static str) -> BoxFuture<'static, ()> + Send + Sync>;

    thread_local! {
        static WATCHER: RefCell<Option<Watcher>> = const { RefCell::new(None) };
    }

    /// Asks `watcher` at every place that this thread passes; `None` ends it.
    pub fn watch(watcher: Option<Watcher>) {
        WATCHER.with_borrow_mut(|present| *present = watcher);
    }

    pub(super) async fn pause(name: &'static str) {
        let watcher = WATCHER.with_borrow(Clone::clone);
        if let Some(watcher) = watcher {
            watcher(name).await;
        }
    }

    /// A place and its number, as they stand in the environment.
    fn told(variable: &str) -> Option<(String, u64)> {
        let text = std::env::var(variable).ok()?;
        let (name, number) = text.split_once('@').unwrap_or((text.as_str(), "1"));
        Some((name.to_owned(), number.parse().ok()?))
    }

    pub(super) async fn rest(name: &str) {
        static RESTING: OnceLock<Option<(String, u64)>> = OnceLock::new();

        if let Some((resting, millis)) = RESTING.get_or_init(|| told("SCANHELM_FAILPOINT_REST"))
            && resting == name
        {
            tokio::time::sleep(Duration::from_millis(*millis)).await;
        }
    }

    pub(super) fn abort_if_armed(name: &str) {
        static ARMED: OnceLock<Option<(String, u64)>> = OnceLock::new();
        static PASSES: AtomicU64 = AtomicU64::new(0);

        let armed = ARMED.get_or_init(|| told("SCANHELM_FAILPOINT"));
        if let Some((armed, pass)) = armed
            && armed == name
            && PASSES.fetch_add(1, Ordering::SeqCst) + 1 == *pass
        {
            std::process::abort();
        }
    }
}
