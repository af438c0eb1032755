//! What belongs to a scan and is asked for apart: its feed, its runs, its settings, what its scanner shows now, what
//! was ordered and what a deletion did.

use scanhelm_core::activity;
use scanhelm_core::scan;
use scanhelm_hub::{LivePreview, scans};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::job::JobTicket;
use super::words::{CommandState, CommandWord, Counts, ImportState, Severity, Time, VendorState, actor};

/// Something that happened to a scan.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Activity {
    /// The same number as `seq`, as text.
    id: String,
    /// Ordered over the whole hub; the `id:` of the event stream.
    seq: i64,
    scan_id: Uuid,
    at: Time,
    /// `scan.created`, `scan.status`, `import.complete`, ...
    kind: String,
    /// `user/0190...`, `api_key/0190...` or `system`.
    actor: String,
    /// One sentence for people.
    message: String,
    detail: Value,
}

impl From<activity::Activity> for Activity {
    fn from(activity: activity::Activity) -> Self {
        Self {
            id: activity.seq.to_string(),
            seq: activity.seq,
            scan_id: activity.scan_id.0,
            at: activity.at.into(),
            kind: activity.event,
            actor: actor(activity.actor),
            message: activity.message,
            detail: activity.data,
        }
    }
}

/// One execution of a scan.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Run {
    id: Uuid,
    scan_id: Uuid,
    /// 1 for the first.
    number: u32,
    external_run_id: Option<String>,
    vendor_state: VendorState,
    import_state: ImportState,
    created_at: Time,
    started_at: Option<Time>,
    finished_at: Option<Time>,
    vendor_finished_at: Option<Time>,
    counts: Counts,
    imported_findings: u64,
}

impl From<scan::Run> for Run {
    fn from(run: scan::Run) -> Self {
        Self {
            id: run.id.0,
            scan_id: run.scan_id.0,
            number: run.number,
            external_run_id: run.external_run_id,
            vendor_state: run.vendor_state.into(),
            import_state: run.import_state.into(),
            created_at: run.created_at.into(),
            started_at: run.started_at.map(Time),
            finished_at: run.finished_at.map(Time),
            vendor_finished_at: run.vendor_finished_at.map(Time),
            counts: run.counts.into(),
            imported_findings: run.imported_findings,
        }
    }
}

/// What a scan was asked to do and what its scanner tells of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScanConfig {
    #[schema(value_type = Object)]
    config: Value,
    targets: Vec<String>,
}

impl From<scans::ScanView> for ScanConfig {
    fn from(view: scans::ScanView) -> Self {
        Self { config: view.scan.config, targets: view.scan.targets }
    }
}

/// What the scanner shows of the running scan. Not imported: these are not findings yet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Preview {
    hosts: u64,
    vulnerabilities: u64,
    by_severity: Counts,
    /// Worst first, bounded.
    rows: Vec<PreviewRow>,
    observed_at: Time,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewRow {
    rule_id: String,
    title: String,
    severity: Severity,
    family: Option<String>,
    /// On how many hosts or places.
    count: u64,
}

impl From<LivePreview> for Preview {
    fn from(preview: LivePreview) -> Self {
        let rows = preview.rows.into_iter().map(|row| PreviewRow {
            rule_id: row.rule_id,
            title: row.title,
            severity: row.severity.into(),
            family: row.family,
            count: row.count,
        });
        Self {
            hosts: preview.hosts,
            vulnerabilities: preview.vulnerabilities,
            by_severity: preview.by_severity.into(),
            rows: rows.collect(),
            observed_at: preview.observed_at.into(),
        }
    }
}

/// An order to the scanner is recorded. The scan changes when its scanner is seen to have changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ordered {
    command: Command,
    #[serde(flatten)]
    job: JobTicket,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Command {
    id: Uuid,
    scan_id: Option<Uuid>,
    integration_id: Uuid,
    kind: CommandWord,
    state: CommandState,
    created_at: Time,
}

impl From<scans::Ordered> for Ordered {
    fn from(ordered: scans::Ordered) -> Self {
        let command = ordered.command;
        Self {
            command: Command {
                id: command.id.0,
                scan_id: command.scan_id.map(|id| id.0),
                integration_id: command.integration_id.0,
                kind: command.kind.into(),
                state: command.state.into(),
                created_at: command.created_at.into(),
            },
            job: JobTicket::of(ordered.job_id),
        }
    }
}

/// A deletion that was to reach the scanner's copy too.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeletedScan {
    deleted: bool,
    /// `deleted`, `failed`, `unsupported` or `pending` (it is tried again until the scanner answers).
    remote: Option<RemoteDeletion>,
    warnings: Vec<String>,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RemoteDeletion {
    Deleted,
    Failed,
    Unsupported,
    Pending,
}

impl From<scans::Deleted> for DeletedScan {
    fn from(deleted: scans::Deleted) -> Self {
        let remote = deleted.remote.map(|remote| match remote {
            scans::RemoteDeletion::Deleted => RemoteDeletion::Deleted,
            scans::RemoteDeletion::Failed => RemoteDeletion::Failed,
            scans::RemoteDeletion::Unsupported => RemoteDeletion::Unsupported,
            scans::RemoteDeletion::Pending => RemoteDeletion::Pending,
        });
        Self { deleted: deleted.deleted, remote, warnings: deleted.warnings }
    }
}
