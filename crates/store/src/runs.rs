//! Executions of scans.

use scanhelm_core::ids::{CompanyId, RunId, ScanId};
use scanhelm_core::scan::Run;
use scanhelm_core::{Error, Result};

use crate::row::Row;
use crate::sql::values;
use crate::store::{Reader, Transaction};

const COLUMNS: &str = "SELECT id, company_id, scan_id, external_run_id, number, vendor_state, import_state, \
                       started_at, finished_at, vendor_finished_at, count_critical, count_high, count_medium, \
                       count_low, count_info, imported_findings, created_at FROM runs";

fn read(row: &Row<'_>) -> Result<Run> {
    Ok(Run {
        id: row.parsed("id")?,
        scan_id: row.parsed("scan_id")?,
        company_id: row.parsed("company_id")?,
        external_run_id: row.maybe_text("external_run_id")?,
        number: row.small("number")?,
        vendor_state: row.parsed("vendor_state")?,
        import_state: row.parsed("import_state")?,
        started_at: row.maybe_time("started_at")?,
        finished_at: row.maybe_time("finished_at")?,
        vendor_finished_at: row.maybe_time("vendor_finished_at")?,
        counts: row.severity_counts()?,
        imported_findings: row.count("imported_findings")?,
        created_at: row.time("created_at")?,
    })
}

impl Reader {
    /// Whatever its company; for jobs.
    pub async fn run(&self, id: RunId) -> Result<Option<Run>> {
        self.connection().optional(self.sql(&format!("{COLUMNS} WHERE id = ?"), values![id]), read).await
    }

    /// Newest first.
    pub async fn runs(&self, company: CompanyId, scan: ScanId) -> Result<Vec<Run>> {
        let text = format!("{COLUMNS} WHERE company_id = ? AND scan_id = ? ORDER BY number DESC");
        self.connection().all(self.sql(&text, values![company, scan]), read).await
    }
}

impl Transaction {
    pub async fn insert_run(&self, run: &Run) -> Result<()> {
        let text = "INSERT INTO runs (id, company_id, scan_id, external_run_id, number, vendor_state, import_state, \
                    started_at, finished_at, vendor_finished_at, count_critical, count_high, count_medium, count_low, \
                    count_info, imported_findings, created_at) \
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let values = values![
            run.id,
            run.company_id,
            run.scan_id,
            run.external_run_id,
            run.number,
            run.vendor_state.as_str(),
            run.import_state.as_str(),
            run.started_at,
            run.finished_at,
            run.vendor_finished_at,
            run.counts.critical,
            run.counts.high,
            run.counts.medium,
            run.counts.low,
            run.counts.info,
            run.imported_findings,
            run.created_at
        ];
        self.write(text, values).await.map(|_| ())
    }

    /// Gives the runs of a scan new numbers, all at once: earlier runs have come to light. Every run of the scan must
    /// be named.
    pub async fn renumber_runs(&self, company: CompanyId, scan: ScanId, numbers: &[(RunId, u32)]) -> Result<()> {
        // Out of the way first: numbers are unique at every moment.
        let text = "UPDATE runs SET number = number + 1000000000 WHERE company_id = ? AND scan_id = ?";
        self.write(text, values![company, scan]).await?;
        for (run, number) in numbers {
            let text = "UPDATE runs SET number = ? WHERE company_id = ? AND scan_id = ? AND id = ?";
            self.write(text, values![*number, company, scan, *run]).await?;
        }
        Ok(())
    }

    /// Writes what changes over a run's life.
    pub async fn save_run(&self, run: &Run) -> Result<()> {
        let text = "UPDATE runs SET external_run_id = ?, vendor_state = ?, import_state = ?, started_at = ?, \
                    finished_at = ?, vendor_finished_at = ?, count_critical = ?, count_high = ?, count_medium = ?, \
                    count_low = ?, count_info = ?, imported_findings = ? WHERE company_id = ? AND id = ?";
        let values = values![
            run.external_run_id,
            run.vendor_state.as_str(),
            run.import_state.as_str(),
            run.started_at,
            run.finished_at,
            run.vendor_finished_at,
            run.counts.critical,
            run.counts.high,
            run.counts.medium,
            run.counts.low,
            run.counts.info,
            run.imported_findings,
            run.company_id,
            run.id
        ];
        match self.write(text, values).await? {
            0 => Err(Error::not_found()),
            _ => Ok(()),
        }
    }
}
