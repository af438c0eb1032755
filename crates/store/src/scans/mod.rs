//! Scans: rows in and out. Lists with filters are in [`list`], deletion with all that hangs on a scan in [`delete`].

mod assessments;
mod delete;
mod list;

pub use list::ScanFilter;
use scanhelm_core::ids::{CompanyId, IntegrationId, ScanId};
use scanhelm_core::scan::{Origin, Scan, VendorLink};
use scanhelm_core::{Result, SeverityCounts, Timestamp};
use sea_orm::Value;

use crate::integrations::stale;
use crate::row::Row;
use crate::sql::{json, values};
use crate::store::{Reader, Transaction};

/// Every column, in the order of [`columns`].
const NAMES: &str = "id, company_id, name, origin, scan_type, vendor, integration_id, incarnation, external_scan_id, \
    sub_scanner_id, client_token, vendor_state, import_state, vendor_status_raw, progress, run_number, run_id, \
    external_run_id, created_at, started_at, finished_at, vendor_finished_at, last_observed_at, \
    vendor_missing_since, count_critical, count_high, count_medium, count_low, count_info, counts_rank, \
    counts_known, imported_findings, asset_count, targets, config, commit_sha, branch_name, ci, assessment_run_id, \
    scanners_run, scanners_skipped, error, upload_sha256, version";

fn columns(scan: &Scan, version: i64) -> Result<Vec<Value>> {
    let link = scan.link.as_ref();
    Ok(values![
        scan.id,
        scan.company_id,
        scan.name,
        scan.origin.as_str(),
        scan.scan_type,
        scan.vendor,
        link.map(|link| link.integration_id).or(scan.integration_id),
        link.map(|link| link.incarnation.clone()),
        link.map(|link| link.external_scan_id.clone()),
        scan.sub_scanner_id,
        scan.client_token,
        scan.vendor_state.as_str(),
        scan.import_state.as_str(),
        scan.vendor_status_raw,
        scan.progress,
        scan.run_number,
        scan.run_id,
        scan.external_run_id,
        scan.created_at,
        scan.started_at,
        scan.finished_at,
        scan.vendor_finished_at,
        scan.last_observed_at,
        scan.vendor_missing_since,
        scan.counts.critical,
        scan.counts.high,
        scan.counts.medium,
        scan.counts.low,
        scan.counts.info,
        counts_rank(&scan.counts),
        scan.counts_known,
        scan.imported_findings,
        scan.asset_count,
        json(&scan.targets)?,
        scan.config,
        scan.ci.commit_sha,
        scan.ci.branch_name,
        json(&scan.ci)?,
        scan.assessment_run_id,
        json(&scan.scanners_run)?,
        json(&scan.scanners_skipped)?,
        scan.error,
        scan.upload_sha256,
        version
    ])
}

/// Sorts as text like the counts do, worst severity first.
fn counts_rank(counts: &SeverityCounts) -> String {
    let SeverityCounts { critical, high, medium, low, info } = counts;
    format!("{critical:012}{high:012}{medium:012}{low:012}{info:012}")
}

fn read(row: &Row<'_>) -> Result<Scan> {
    let integration_id = row.maybe_parsed::<IntegrationId>("integration_id")?;
    let link = match (integration_id, row.maybe_text("incarnation")?, row.maybe_text("external_scan_id")?) {
        (Some(integration_id), Some(incarnation), Some(external_scan_id)) => {
            Some(VendorLink { integration_id, incarnation, external_scan_id })
        }
        _ => None,
    };
    Ok(Scan {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        name: row.text("name")?,
        origin: row.word("origin", &Origin::ALL, Origin::as_str)?,
        scan_type: row.text("scan_type")?,
        vendor: row.maybe_text("vendor")?,
        integration_id,
        link,
        sub_scanner_id: row.maybe_parsed("sub_scanner_id")?,
        client_token: row.maybe_text("client_token")?,
        vendor_state: row.parsed("vendor_state")?,
        vendor_status_raw: row.maybe_text("vendor_status_raw")?,
        import_state: row.parsed("import_state")?,
        progress: row.maybe_double("progress")?,
        run_number: row.small("run_number")?,
        run_id: row.maybe_parsed("run_id")?,
        external_run_id: row.maybe_text("external_run_id")?,
        created_at: row.time("created_at")?,
        started_at: row.maybe_time("started_at")?,
        finished_at: row.maybe_time("finished_at")?,
        vendor_finished_at: row.maybe_time("vendor_finished_at")?,
        last_observed_at: row.maybe_time("last_observed_at")?,
        vendor_missing_since: row.maybe_time("vendor_missing_since")?,
        counts: row.severity_counts()?,
        counts_known: row.flag("counts_known")?,
        imported_findings: row.count("imported_findings")?,
        asset_count: row.maybe_count("asset_count")?,
        targets: row.json("targets")?,
        config: row.json("config")?,
        ci: row.json("ci")?,
        assessment_run_id: row.maybe_text("assessment_run_id")?,
        scanners_run: row.json("scanners_run")?,
        scanners_skipped: row.json("scanners_skipped")?,
        error: row.maybe_text("error")?,
        upload_sha256: row.maybe_text("upload_sha256")?,
        version: row.integer("version")?,
    })
}

impl Reader {
    pub async fn scan(&self, company: CompanyId, id: ScanId) -> Result<Option<Scan>> {
        self.scan_where("company_id = ? AND id = ?", values![company, id]).await
    }

    /// Those of the named ones that the company has.
    pub async fn scans_of(&self, company: CompanyId, ids: &[ScanId]) -> Result<Vec<Scan>> {
        let text = format!("SELECT {NAMES} FROM scans WHERE company_id = ? AND");
        let mut sql = self.sql(&text, values![company]);
        sql.among("id", ids.iter().map(ToString::to_string));
        self.connection().all(sql, read).await
    }

    /// Whatever its company; for loops and jobs, which act for the hub.
    pub async fn any_scan(&self, id: ScanId) -> Result<Option<Scan>> {
        self.scan_where("id = ?", values![id]).await
    }

    /// The scan that represents a vendor scan. Links are unique in the hub.
    pub async fn scan_by_link(&self, link: &VendorLink) -> Result<Option<Scan>> {
        let VendorLink { integration_id, incarnation, external_scan_id } = link;
        let test = "integration_id = ? AND incarnation = ? AND external_scan_id = ?";
        self.scan_where(test, values![integration_id, incarnation, external_scan_id]).await
    }

    /// All linked scans of one id space of an integration: what a vendor's list is compared with.
    pub async fn scans_by_links(&self, integration: IntegrationId, incarnation: &str) -> Result<Vec<Scan>> {
        let test = "integration_id = ? AND incarnation = ? AND external_scan_id IS NOT NULL ORDER BY id";
        self.scans_where(test, values![integration, incarnation]).await
    }

    /// All scans of an integration, whether linked or still being created at the vendor.
    pub async fn scans_of_integration(&self, integration: IntegrationId) -> Result<Vec<Scan>> {
        self.scans_where("integration_id = ? ORDER BY id", values![integration]).await
    }

    pub async fn scan_by_upload(&self, company: CompanyId, sha256: &str) -> Result<Option<Scan>> {
        self.scan_where("company_id = ? AND upload_sha256 = ?", values![company, sha256]).await
    }

    pub async fn scan_by_token(&self, integration: IntegrationId, token: &str) -> Result<Option<Scan>> {
        self.scan_where("integration_id = ? AND client_token = ?", values![integration, token]).await
    }

    /// Completed and not imported, of all companies, oldest first: the condition of
    /// [`Scan::import_is_due`](scanhelm_core::scan::Scan::import_is_due). Those whose run has an unfinished job, under
    /// the dedup key `key_prefix` and the run's id, are left out: many that wait for one dead vendor must not hide the
    /// others.
    pub async fn scans_with_import_due(&self, key_prefix: &str, limit: u32) -> Result<Vec<Scan>> {
        let test = "vendor_state = 'completed' AND import_state IN ('none', 'pending') \
                    AND external_scan_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM jobs \
                    WHERE jobs.company_id = scans.company_id AND jobs.dedup_key = ? || coalesce(scans.run_id, '') \
                    AND jobs.state IN ('queued', 'running')) ORDER BY created_at, id LIMIT ?";
        self.scans_where(test, values![key_prefix, limit]).await
    }

    /// Local scans that have not ended, of all companies, oldest first.
    pub async fn active_local_scans(&self) -> Result<Vec<Scan>> {
        self.scans_where(
            "origin IN ('local', 'scheduled') AND vendor_state IN ('queued', 'running') ORDER BY id",
            values![],
        )
        .await
    }

    async fn scan_where(&self, test: &str, values: Vec<Value>) -> Result<Option<Scan>> {
        let sql = self.sql(&format!("SELECT {NAMES} FROM scans WHERE {test}"), values);
        self.connection().optional(sql, read).await
    }

    async fn scans_where(&self, test: &str, values: Vec<Value>) -> Result<Vec<Scan>> {
        let sql = self.sql(&format!("SELECT {NAMES} FROM scans WHERE {test}"), values);
        self.connection().all(sql, read).await
    }
}

impl Transaction {
    pub async fn insert_scan(&self, scan: &Scan) -> Result<()> {
        let values = columns(scan, scan.version)?;
        let places = vec!["?"; values.len()].join(", ");
        self.write(&format!("INSERT INTO scans ({NAMES}) VALUES ({places})"), values).await.map(|_| ())
    }

    /// Gives the links of an integration that name no incarnation the one that is known now. A scan that is linked
    /// under it already keeps its row: the early link stays as it is.
    pub async fn claim_links(&self, integration: IntegrationId, incarnation: &str) -> Result<u64> {
        let text = "UPDATE scans SET incarnation = ?, version = version + 1 \
                    WHERE integration_id = ? AND incarnation = '' AND NOT EXISTS (SELECT 1 FROM scans AS present \
                    WHERE present.integration_id = scans.integration_id AND present.incarnation = ? \
                    AND present.external_scan_id = scans.external_scan_id)";
        self.write(text, values![incarnation, integration, incarnation]).await
    }

    /// Writes every field and answers the new version. [`StaleVersion`](scanhelm_core::ErrorCode::StaleVersion) when
    /// the row is not at `expected_version` any more, or is gone: read it again and decide again.
    pub async fn save_scan(&self, scan: &Scan, expected_version: i64) -> Result<i64> {
        let mut values = columns(scan, expected_version + 1)?;
        values.extend(values![scan.company_id, scan.id, expected_version]);
        let assignments: Vec<_> = NAMES.split(", ").map(|name| format!("{name} = ?")).collect();
        let assignments = assignments.join(", ");
        let text = format!("UPDATE scans SET {assignments} WHERE company_id = ? AND id = ? AND version = ?");
        match self.write(&text, values).await? {
            0 => Err(stale("scan")),
            _ => Ok(expected_version + 1),
        }
    }

    /// Notes that scans were observed and nothing else, in one statement: of those named that still are at this
    /// version. Answers the ids of those written, which are at the next version then.
    pub async fn save_seen(
        &self,
        integration: IntegrationId,
        at: Timestamp,
        scans: &[(ScanId, i64)],
    ) -> Result<Vec<ScanId>> {
        let text = "UPDATE scans SET last_observed_at = ?, version = version + 1 WHERE integration_id = ? AND";
        let mut sql = self.sql(text, values![at, integration]);
        sql.among("id", scans.iter().map(|(id, _)| id.to_string())).push(" AND");
        sql.among("id || ' ' || version", scans.iter().map(|(id, version)| format!("{id} {version}")));
        sql.push(" RETURNING id");
        self.connection().all(sql, |row| row.parsed("id")).await
    }

    /// As [`save_scan`](Self::save_scan); `false` when someone else was faster, for callers that decide again.
    pub async fn try_save_scan(&self, scan: &Scan, expected_version: i64) -> Result<bool> {
        match self.save_scan(scan, expected_version).await {
            Ok(_) => Ok(true),
            Err(error) if error.code == scanhelm_core::ErrorCode::StaleVersion => Ok(false),
            Err(error) => Err(error),
        }
    }
}
