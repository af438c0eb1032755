//! The append-only feed of everything that happened to a scan. It is also the source of live events: what a
//! browser sees is what was committed, and a reconnect continues after the last sequence number.

use serde::Serialize;

use crate::Timestamp;
use crate::ids::{CompanyId, ScanId};
use crate::permission::Actor;

/// What to append. The store gives it its sequence number.
#[derive(Clone, Debug, PartialEq)]
pub struct NewActivity {
    pub company_id: CompanyId,
    pub scan_id: ScanId,
    pub at: Timestamp,
    pub actor: Actor,
    pub event: Event,
    /// One sentence for people.
    pub message: String,
    pub data: serde_json::Value,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Activity {
    /// Ordered over the whole hub; the `id:` of a server-sent event.
    pub seq: i64,
    pub company_id: CompanyId,
    pub scan_id: ScanId,
    pub at: Timestamp,
    pub actor: Actor,
    pub event: String,
    pub message: String,
    pub data: serde_json::Value,
}

/// The event names of the feed; those of api.md's event stream first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    ScanStart,
    ScannerStart,
    ScannerComplete,
    ScannerSkipped,
    ScannerFailed,
    ScanComplete,
    ScanFailed,
    ScanCancelled,
    ScanStatus,
    ScanProgress,
    /// What the scanned project suppresses of its own findings.
    ScanSuppression,
    ImportStart,
    ImportProgress,
    ImportComplete,
    ImportFailed,
    ScanCreated,
    ScanAdopted,
    ScanChanged,
    ScanDeleted,
    ScanGone,
    Command,
    UnknownVendorStatus,
    ScheduleChanged,
    /// A nominal time was served.
    ScheduleStarted,
    /// One or more nominal times were not.
    ScheduleMissed,
    ScheduleSkipped,
    ScheduleFailed,
    /// A run that a schedule started has ended, with its results in.
    ScheduleComplete,
}

impl Event {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ScanStart => "scan.start",
            Self::ScannerStart => "scanner.start",
            Self::ScannerComplete => "scanner.complete",
            Self::ScannerSkipped => "scanner.skipped",
            Self::ScannerFailed => "scanner.failed",
            Self::ScanComplete => "scan.complete",
            Self::ScanFailed => "scan.failed",
            Self::ScanCancelled => "scan.cancelled",
            Self::ScanStatus => "scan.status",
            Self::ScanProgress => "scan.progress",
            Self::ScanSuppression => "scan.suppression",
            Self::ImportStart => "import.start",
            Self::ImportProgress => "import.progress",
            Self::ImportComplete => "import.complete",
            Self::ImportFailed => "import.failed",
            Self::ScanCreated => "scan.created",
            Self::ScanAdopted => "scan.adopted",
            Self::ScanChanged => "scan.changed",
            Self::ScanDeleted => "scan.deleted",
            Self::ScanGone => "scan.gone",
            Self::Command => "scan.command",
            Self::UnknownVendorStatus => "scan.unknown_vendor_status",
            Self::ScheduleChanged => "schedule.changed",
            Self::ScheduleStarted => "schedule.started",
            Self::ScheduleMissed => "schedule.missed",
            Self::ScheduleSkipped => "schedule.skipped",
            Self::ScheduleFailed => "schedule.failed",
            Self::ScheduleComplete => "schedule.complete",
        }
    }
}
