//! Everything an operator can set about the hub, with the defaults that a new installation runs on.

use std::path::PathBuf;
use std::time::Duration;

use scanhelm_runner::OwnScanners;

use crate::local::AllowedHosts;

#[derive(Clone, Debug)]
pub struct Settings {
    /// Spool and other files of this process.
    pub data_dir: PathBuf,
    pub sync: Sync,
    pub import: Import,
    pub local: Local,
    pub jobs: Jobs,
    pub auth: Auth,
    pub assets: Assets,
    /// Uploads and local scans that ended longer ago are deleted, but for those that something open rests on. `None`: kept.
    pub scans_kept: Option<Duration>,
    pub notify: crate::notifications::NotifySettings,
    pub feeds: crate::feeds::FeedSettings,
    pub http: scanhelm_net::HttpLimits,
}

#[derive(Clone, Copy, Debug)]
pub struct Sync {
    /// Ceiling between two looks at a scan that moves.
    pub status_interval: Duration,
    /// Between two complete comparisons with a vendor's list.
    pub adoption_interval: Duration,
    /// Between two attempts to complete rows of which only a list is known.
    pub backfill_interval: Duration,
    /// At most this many detail calls in one look at an integration.
    pub details_per_look: usize,
    pub lease: Duration,
    /// Between two computations of all schedules' next times. Edits count at once.
    pub schedule_reload: Duration,
    /// Between the launches of schedules of one integration that are due at the same minute.
    pub schedule_spacing: Duration,
}

#[derive(Clone, Copy, Debug)]
pub struct Import {
    /// Records in one transaction.
    pub batch_rows: usize,
    /// Quarantined records kept for display.
    pub quarantine_shown: usize,
    /// Largest report accepted.
    pub max_report_bytes: u64,
}

#[derive(Clone, Debug)]
pub struct Local {
    /// Scanners that run at once, of all scans together; 0: as many as there are processors.
    pub max_parallel: usize,
    /// For one scanner.
    pub timeout: Duration,
    /// Folders searched for scanners before `PATH`.
    pub tool_paths: Vec<PathBuf>,
    /// Scanners besides those that come with Scanhelm, and where programs lie.
    pub own: OwnScanners,
    /// Folders below which the hub may scan; empty: nothing.
    pub allowed_roots: Vec<PathBuf>,
    /// Sites and hosts that the hub may scan; empty: none.
    pub allowed_hosts: AllowedHosts,
    /// The hub may scan the machine that it runs on.
    pub this_machine: bool,
    /// A scanned project may suppress findings of itself, as with `scanhelm scan`.
    pub project_suppression: bool,
    /// Whom scanners run as where the hub is root; empty: as the hub.
    pub user: String,
}

#[derive(Clone, Copy, Debug)]
pub struct Jobs {
    /// Jobs that use this machine: uploads, bulk judgements, and imports while they read a report.
    pub workers: usize,
    /// Jobs that ask vendors. They mostly wait, so there are many: one that answers slowly takes no place that
    /// another's job needs.
    pub vendor_workers: usize,
    pub lease: Duration,
    pub poll: Duration,
    /// An attempt is cut after this long; the next one goes on where the work was last written down. Scans by local
    /// scanners have limits of their own.
    pub attempt: Duration,
}

#[derive(Clone, Copy, Debug)]
pub struct Auth {
    pub session: Duration,
}

#[derive(Clone, Copy, Debug)]
pub struct Assets {
    /// An asset that nothing has seen for so long is stale.
    pub stale_after: Duration,
    /// A merge moves at most this many findings: one transaction does it, and nobody else writes meanwhile.
    pub most_merged: usize,
}

impl Local {
    /// Scanners that run at once, of all scans together.
    #[must_use]
    pub fn places(&self) -> usize {
        match self.max_parallel {
            0 => std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
            given => given,
        }
    }
}

impl Settings {
    /// The defaults, keeping files under `data_dir`.
    #[must_use]
    pub fn new(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            sync: Sync {
                status_interval: Duration::from_secs(30),
                adoption_interval: Duration::from_mins(5),
                backfill_interval: Duration::from_mins(5),
                details_per_look: 20,
                lease: Duration::from_mins(1),
                schedule_reload: Duration::from_mins(5),
                schedule_spacing: Duration::from_secs(1),
            },
            import: Import { batch_rows: 5_000, quarantine_shown: 100, max_report_bytes: 2 << 30 },
            local: Local {
                max_parallel: 0,
                timeout: Duration::from_mins(10),
                tool_paths: Vec::new(),
                own: OwnScanners::default(),
                allowed_roots: Vec::new(),
                allowed_hosts: AllowedHosts::default(),
                this_machine: false,
                project_suppression: true,
                user: String::new(),
            },
            jobs: Jobs {
                workers: 4,
                vendor_workers: 32,
                lease: Duration::from_secs(30),
                poll: Duration::from_secs(1),
                attempt: Duration::from_mins(10),
            },
            auth: Auth { session: Duration::from_hours(12) },
            assets: Assets { stale_after: Duration::from_hours(30 * 24), most_merged: 20_000 },
            scans_kept: None,
            notify: crate::notifications::NotifySettings::default(),
            feeds: crate::feeds::FeedSettings::default(),
            http: scanhelm_net::HttpLimits::default(),
        }
    }
}
