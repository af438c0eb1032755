//! Named places where a test can kill the process.
//!
//! `SCANHELM_FAILPOINT=import.batch.before_commit@3` aborts at the third pass of that place, as SIGKILL would: no
//! destructor, no flush. Only debug builds look; in a release build the call is empty.

/// Every place, in the order in which an import passes them.
pub const IMPORT: &[&str] = &[
    "import.started",
    "import.report_requested",
    "import.downloaded",
    "import.validated",
    "import.batch.before_commit",
    "import.batch.after_commit",
    "import.batches_done",
    "import.closing.before_commit",
    "import.closing.after_commit",
    "import.finalise.before_commit",
    "import.finalise.after_commit",
];

#[cfg(debug_assertions)]
pub fn hit(name: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static ARMED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSES: AtomicU64 = AtomicU64::new(0);

    let armed = ARMED.get_or_init(|| {
        let text = std::env::var("SCANHELM_FAILPOINT").ok()?;
        let (name, pass) = text.split_once('@').unwrap_or((text.as_str(), "1"));
        Some((name.to_owned(), pass.parse().ok()?))
    });
    if let Some((armed, pass)) = armed
        && armed == name
        && PASSES.fetch_add(1, Ordering::SeqCst) + 1 == *pass
    {
        std::process::abort();
    }
}

#[cfg(not(debug_assertions))]
pub const fn hit(_name: &str) {}
