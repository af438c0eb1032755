//! Reports that people and pipelines bring. The file is spooled and recognised while the caller waits; reading it is a
//! job. Only when it has been read to its end does a scan come into being: a broken file leaves nothing behind. The
//! same bytes are the same scan, so uploading twice changes nothing; but a report that is told to be a run of a scan
//! ([`ReportedRun`]) is a new one, whatever it holds.

use std::path::{Path, PathBuf};
use std::time::Duration;

use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::ci::CiMetadata;
use scanhelm_core::finding::SightingSource;
use scanhelm_core::ids::{ImportId, IntegrationId, JobId, RunId, ScanId};
use scanhelm_core::import::{Import, ImportCounts, ImportNews};
use scanhelm_core::job::Job;
use scanhelm_core::permission::{Actor, Grant, Permission};
use scanhelm_core::scan::{Origin, Run, Scan};
use scanhelm_core::status::{ImportState, VendorState};
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, ErrorCode, Result};
use scanhelm_formats::ReadOptions;
use serde::{Deserialize, Serialize};

use super::pipeline::{Source, Survey, survey};
use super::run::ReportedRun;
use super::vendor_job::take_in;
use super::{Imports, finish, run, spool};
use crate::Hub;
use crate::failpoint;
use crate::jobs::{JobContext, Outcome};
use crate::notifications;
use crate::scans::check_ci;

pub(crate) const UPLOAD_JOB: &str = "upload";

/// Time for the hub that has the file to take the job: short at first, longer when that one has died and its sign of
/// life has to run out.
const FOR_THE_OTHER: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

/// What comes with the file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct UploadOptions {
    /// As the client names it; for display only.
    pub file_name: Option<String>,
    /// Reader to use instead of sniffing.
    pub format: Option<String>,
    pub scan_name: Option<String>,
    /// Counts as this integration's evidence.
    pub integration_id: Option<IntegrationId>,
    /// Name of the repository that relative paths belong to.
    pub repository: Option<String>,
    #[serde(default)]
    pub ci: CiMetadata,
    /// The report holds what the scanners of one run found.
    #[serde(default)]
    pub run: Option<ReportedRun>,
}

#[derive(Debug)]
pub struct AcceptedUpload {
    pub job_id: JobId,
    /// Recognised format.
    pub format: &'static str,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Payload {
    spool: String,
    /// The hub that keeps the file.
    #[serde(default)]
    kept_by: String,
    pub(super) sha256: String,
    pub(super) actor: Actor,
    pub(super) options: UploadOptions,
}

impl Payload {
    /// By what its scan is found again: a report by its bytes, a run by what it is a run of.
    pub(super) fn key(&self) -> String {
        self.options.run.as_ref().map_or_else(|| self.sha256.clone(), |run| run.key(self.options.scan_name.as_deref()))
    }
}

impl Imports<'_> {
    /// A fresh private file to stream an upload into; hand it to [`Imports::accept`] or remove it.
    pub fn upload_file(&self) -> Result<PathBuf> {
        self.hub.spool_path(&self.hub.ids().next().to_string())
    }

    /// Takes a spooled file over. Refuses at once what no reader recognises. The file is removed on refusal.
    pub async fn accept(&self, grant: &Grant, path: PathBuf, options: UploadOptions) -> Result<AcceptedUpload> {
        let accepted = self.try_accept(grant, &path, options).await;
        if accepted.is_err() {
            spool::discard(&path);
        }
        accepted
    }

    async fn try_accept(&self, grant: &Grant, path: &Path, mut options: UploadOptions) -> Result<AcceptedUpload> {
        grant.require(Permission::ScanImport)?;
        let company = self.hub.store().company(grant.company).await?.ok_or_else(Error::not_found)?;
        if company.status == scanhelm_core::company::CompanyStatus::Deactivated {
            return Err(Error::new(ErrorCode::CompanyDeactivated, "The company is deactivated: no new scans."));
        }
        if let Some(integration) = options.integration_id {
            let missing = || Error::field("integration_id", "unknown", "There is no such integration.");
            self.hub.store().integration(grant.company, integration).await?.ok_or_else(missing)?;
        }
        if let Some(format) = options.format.as_deref().filter(|format| scanhelm_formats::by_id(format).is_none()) {
            let known: Vec<_> = scanhelm_formats::formats().iter().map(|format| format.id).collect();
            let detail = format!("There is no format `{}`. Known: {}.", single_line(format, 60), known.join(", "));
            return Err(Error::field("format", "unknown", detail));
        }
        check_ci(&options.ci)?;
        if let Some(run) = &options.run {
            run.check()?;
        }
        options.file_name = options.file_name.map(|name| single_line(&name, 200));
        let format = recognise(path.to_owned(), read_options(&options)).await?;
        let spool = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .ok_or_else(|| Error::internal("an upload outside the spool"))?
            .to_owned();
        let sha256 = spool::digest(path.to_owned()).await?;
        let kept_by = self.hub.0.owner.clone();
        let payload = Payload { spool, kept_by, sha256: sha256.clone(), actor: grant.actor, options };
        let mut job =
            self.hub.new_job(grant.company, UPLOAD_JOB, serde_json::to_value(&payload).map_err(Error::internal)?);
        // Two uploads of the same bytes, or of one scan's runs, go one after the other: the second finds the scan of the
        // first.
        job.concurrency_key = Some(format!("upload:{}:{}", grant.company, payload.key()));
        let transaction = self.hub.store().begin().await?;
        let job_id = transaction.enqueue(&job, self.hub.now()).await?;
        let detail = serde_json::json!({"file_name": payload.options.file_name, "sha256": sha256, "format": format});
        transaction
            .append_audit(&self.hub.audit_entry(grant, "report.upload", format!("job/{job_id}"), detail))
            .await?;
        transaction.commit().await?;
        self.hub.committed();
        Ok(AcceptedUpload { job_id, format })
    }
}

fn read_options(options: &UploadOptions) -> ReadOptions {
    ReadOptions {
        format: options.format.clone(),
        file_name: options.file_name.clone(),
        repository: options.repository.clone().or_else(|| options.ci.repo_url.clone()),
        ..ReadOptions::default()
    }
}

async fn recognise(path: PathBuf, options: ReadOptions) -> Result<&'static str> {
    tokio::task::spawn_blocking(move || {
        let file = std::fs::File::open(&path).map_err(Error::internal)?;
        let name = options.file_name.clone().unwrap_or_else(|| "The file".to_owned());
        match scanhelm_formats::open(Box::new(file), &options) {
            Ok(report) => Ok(report.format.id),
            Err(error) => {
                let code = match &error {
                    scanhelm_formats::ReadError::UnknownFormat { .. } => ErrorCode::UnknownFormat,
                    scanhelm_formats::ReadError::TooLarge { .. } => ErrorCode::BodyTooLarge,
                    _ => ErrorCode::UnreadableReport,
                };
                Err(Error::new(code, format!("{name}: {error}.")))
            }
        }
    })
    .await
    .map_err(Error::internal)?
}

pub(crate) async fn run_upload(hub: &Hub, job: &Job, context: &JobContext) -> Result<Outcome> {
    let payload: Payload = serde_json::from_value(job.payload.clone()).map_err(Error::internal)?;
    let path = hub.spool_path(&payload.spool)?;
    let begun = hub.store().import_of_job(job.id).await?;
    if let Some(settled) = begun.as_ref().and_then(finish::settled) {
        spool::discard(&path);
        return Ok(settled);
    }
    if !path.exists() {
        if payload.kept_by != hub.0.owner && hub.store().live_hubs(hub.now()).await?.contains(&payload.kept_by) {
            let waited = hub.now().since(job.created_at);
            return Ok(Outcome::Continue { after: (waited / 2).clamp(FOR_THE_OTHER.0, FOR_THE_OTHER.1) });
        }
        let reason = "The uploaded file is no longer in the spool of this hub. Upload it again.";
        if let Some(mut import) = begun {
            finish::fail(hub, context, import.scan_id, &mut import, reason).await?;
        }
        return Ok(Outcome::Failed(reason.to_owned()));
    }
    let source = Source::File { path: path.clone(), options: read_options(&payload.options) };
    let (scan, mut import, surveyed) = match begun {
        Some(import) => {
            let Some(scan) = hub.store().scan(job.company_id, import.scan_id).await? else {
                spool::discard(&path);
                return Ok(Outcome::Failed("The scan was deleted while it was being imported.".to_owned()));
            };
            (scan, import, None)
        }
        None => match survey(source.clone()).await {
            Ok(surveyed) => {
                let (scan, import) = Box::pin(begin(hub, job, context, &payload, &surveyed)).await?;
                (scan, import, Some(surveyed))
            }
            Err(error) if error.code == ErrorCode::Internal => return Err(error),
            Err(error) => {
                spool::discard(&path);
                return Ok(Outcome::Failed(error.detail));
            }
        },
    };
    failpoint::hit("import.started").await;
    if let Some(run) = &payload.options.run {
        let file = (path.as_path(), read_options(&payload.options));
        let outcome = Box::pin(run::take_in(hub, context, &scan, &mut import, file, run, surveyed)).await?;
        if !matches!(outcome, Outcome::Continue { .. }) {
            spool::discard(&path);
        }
        return Ok(outcome);
    }
    let sighting_source = match (payload.options.integration_id, scan.vendor.as_deref()) {
        (Some(integration), _) => SightingSource::integration(integration),
        (None, scanner) => SightingSource::scanner(scanner.unwrap_or("unknown")),
    };
    let outcome = Box::pin(take_in(hub, context, &scan, &mut import, source, sighting_source, surveyed)).await?;
    if !matches!(outcome, Outcome::Continue { .. }) {
        spool::discard(&path);
    }
    Ok(outcome)
}

/// The scan of these bytes, new or known, with a fresh import of its one run.
async fn begin(
    hub: &Hub,
    job: &Job,
    context: &JobContext,
    payload: &Payload,
    surveyed: &Survey,
) -> Result<(Scan, Import)> {
    let known = hub.store().scan_by_upload(job.company_id, &payload.key()).await?;
    let is_new = known.is_none();
    let mut scan = known.unwrap_or_else(|| new_scan(hub, job, payload, surveyed));
    if let Some(run) = &payload.options.run {
        run.describe(hub, &mut scan, is_new, payload, surveyed);
    }
    scan.import_state = ImportState::Running;
    let run_id = scan.run_id.ok_or_else(|| Error::internal("an upload without a run"))?;
    let import = Import {
        id: ImportId::new(hub.ids()),
        company_id: scan.company_id,
        scan_id: scan.id,
        run_id,
        job_id: job.id,
        state: ImportState::Running,
        checkpoint: 0,
        counts: ImportCounts::default(),
        news: ImportNews::default(),
        quarantined: Vec::new(),
        vendor_state: None,
        report_sha256: Some(payload.sha256.clone()),
        error: None,
        started_at: hub.now(),
        finished_at: None,
    };
    let transaction = hub.store().begin().await?;
    transaction.fence(&context.lease).await?;
    let is_new_run = is_new || payload.options.run.is_some();
    if is_new {
        transaction.insert_scan(&scan).await?;
    } else if !transaction.try_save_scan(&scan, scan.version).await? {
        return Err(Error::new(ErrorCode::Conflict, "The scan is changing; the import begins at the next attempt."));
    } else {
        scan.version += 1;
    }
    if is_new_run {
        transaction.insert_run(&run_of(&scan, run_id, hub.now())).await?;
        notifications::run_notice(hub, &transaction, &scan).await?;
    }
    transaction.insert_import(&import).await?;
    transaction
        .append_activity(NewActivity {
            company_id: scan.company_id,
            scan_id: scan.id,
            at: hub.now(),
            actor: payload.actor,
            event: Event::ImportStart,
            message: format!("Importing {}.", payload.options.file_name.as_deref().unwrap_or("an uploaded report")),
            data: serde_json::json!({"import_id": import.id, "sha256": payload.sha256}),
        })
        .await?;
    transaction.commit().await?;
    hub.committed();
    Ok((scan, import))
}

fn new_scan(hub: &Hub, job: &Job, payload: &Payload, surveyed: &Survey) -> Scan {
    let header = surveyed.header.clone().unwrap_or_default();
    let options = &payload.options;
    let name = [options.scan_name.as_deref(), header.scan_name.as_deref(), options.file_name.as_deref()]
        .into_iter()
        .flatten()
        .map(|name| single_line(name, 200))
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| "Uploaded report".to_owned());
    let now = hub.now();
    let mut scan = Scan::new(ScanId::new(hub.ids()), job.company_id, name, Origin::Upload, now);
    scan.vendor = Some(header.scanner.clone()).filter(|scanner| !scanner.is_empty()).map(|name| single_line(&name, 80));
    scan.vendor_state = VendorState::Completed;
    scan.progress = Some(100.0);
    scan.run_number = 1;
    scan.run_id = Some(RunId::new(hub.ids()));
    let end = surveyed.finished_at.or(header.finished_at).or(surveyed.last_covered);
    scan.started_at = header.started_at;
    scan.vendor_finished_at = end.map(|end| scan.started_at.map_or(end, |start| end.max(start)));
    scan.finished_at = Some(scan.vendor_finished_at.unwrap_or(now));
    scan.counts = surveyed.counts;
    scan.counts_known = true;
    scan.asset_count = Some(surveyed.assets).filter(|assets| *assets > 0);
    scan.targets = header.targets.iter().take(1000).map(|target| single_line(target, 500)).collect();
    scan.ci = options.ci.clone();
    scan.upload_sha256 = Some(payload.key());
    scan.config = serde_json::json!({
        "file_name": options.file_name,
        "sha256": payload.sha256,
        "scanner_version": header.scanner_version,
        "policy": header.policy,
        "problems": surveyed.problems,
    });
    scan
}

fn run_of(scan: &Scan, id: RunId, now: scanhelm_core::Timestamp) -> Run {
    Run {
        id,
        scan_id: scan.id,
        company_id: scan.company_id,
        external_run_id: None,
        number: scan.run_number,
        vendor_state: scan.vendor_state,
        import_state: scan.import_state,
        started_at: scan.started_at,
        finished_at: scan.finished_at,
        vendor_finished_at: scan.vendor_finished_at,
        counts: scan.counts,
        imported_findings: 0,
        created_at: now,
    }
}

impl Hub {
    /// Uploads whose job never came to be (the process died in between) are swept at the start.
    pub async fn sweep_spool(&self) -> Result<()> {
        let folder = self.spool_dir()?;
        let mut wanted = self.store().unfinished_payloads(UPLOAD_JOB).await?;
        let feeds = self.store().unfinished_payloads(crate::feeds::LOAD_FEED_JOB).await?;
        wanted.extend(feeds.iter().filter_map(|payload| payload.pointer("/from/upload").cloned()));
        let keep: Vec<String> =
            wanted.iter().filter_map(|payload| payload.get("spool")?.as_str().map(str::to_owned)).collect();
        let running = self.store().unfinished_imports().await?;
        for entry in std::fs::read_dir(&folder).map_err(Error::internal)?.flatten() {
            let path = entry.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let needed = keep.iter().any(|name| name == stem) || running.iter().any(|id| id.to_string() == stem);
            if !needed {
                spool::discard(&path);
            }
        }
        Ok(())
    }
}
