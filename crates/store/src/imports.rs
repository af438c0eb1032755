//! Imports and their checkpoints. A checkpoint is saved in the transaction of the rows it counts, so a restart
//! neither loses nor repeats.

use scanhelm_core::ids::{CompanyId, ImportId, JobId, RunId, ScanId};
use scanhelm_core::import::Import;
use scanhelm_core::{Error, Result};

use crate::row::Row;
use crate::sql::{json, values};
use crate::store::{Reader, Transaction};

const COLUMNS: &str = "SELECT id, company_id, scan_id, run_id, job_id, state, checkpoint, counts, news, quarantined, \
                       vendor_state, report_sha256, error, started_at, finished_at FROM imports";

fn read(row: &Row<'_>) -> Result<Import> {
    Ok(Import {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        scan_id: row.parsed("scan_id")?,
        run_id: row.parsed("run_id")?,
        job_id: row.parsed("job_id")?,
        state: row.parsed("state")?,
        checkpoint: row.count("checkpoint")?,
        counts: row.json("counts")?,
        news: row.json("news")?,
        quarantined: row.json("quarantined")?,
        vendor_state: row.maybe_json("vendor_state")?,
        report_sha256: row.maybe_text("report_sha256")?,
        error: row.maybe_text("error")?,
        started_at: row.time("started_at")?,
        finished_at: row.maybe_time("finished_at")?,
    })
}

impl Reader {
    /// Whatever its company; for jobs.
    pub async fn import(&self, id: ImportId) -> Result<Option<Import>> {
        self.connection().optional(self.sql(&format!("{COLUMNS} WHERE id = ?"), values![id]), read).await
    }

    /// The latest of a run; for jobs.
    pub async fn import_by_run(&self, run: RunId) -> Result<Option<Import>> {
        let text = format!("{COLUMNS} WHERE run_id = ? ORDER BY id DESC LIMIT 1");
        self.connection().optional(self.sql(&text, values![run]), read).await
    }

    /// The one that a job began, for its next attempt.
    pub async fn import_of_job(&self, job: JobId) -> Result<Option<Import>> {
        let text = format!("{COLUMNS} WHERE job_id = ? ORDER BY id DESC LIMIT 1");
        self.connection().optional(self.sql(&text, values![job]), read).await
    }

    /// Ids of imports under way, of all companies: whose spool files are needed.
    pub async fn unfinished_imports(&self) -> Result<Vec<ImportId>> {
        let text = "SELECT id FROM imports WHERE finished_at IS NULL";
        self.connection().all(self.sql(text, values![]), |row| row.parsed("id")).await
    }

    pub async fn latest_import(&self, company: CompanyId, scan: ScanId) -> Result<Option<Import>> {
        let text = format!("{COLUMNS} WHERE company_id = ? AND scan_id = ? ORDER BY id DESC LIMIT 1");
        self.connection().optional(self.sql(&text, values![company, scan]), read).await
    }
}

impl Transaction {
    pub async fn insert_import(&self, import: &Import) -> Result<()> {
        let text = "INSERT INTO imports (id, company_id, scan_id, run_id, job_id, state, checkpoint, counts, news, \
                    quarantined, vendor_state, report_sha256, error, started_at, finished_at) \
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let values = values![
            import.id,
            import.company_id,
            import.scan_id,
            import.run_id,
            import.job_id,
            import.state.as_str(),
            import.checkpoint,
            json(&import.counts)?,
            json(&import.news)?,
            json(&import.quarantined)?,
            import.vendor_state,
            import.report_sha256,
            import.error,
            import.started_at,
            import.finished_at
        ];
        self.write(text, values).await.map(|_| ())
    }

    pub async fn save_import(&self, import: &Import) -> Result<()> {
        let text = "UPDATE imports SET job_id = ?, state = ?, checkpoint = ?, counts = ?, news = ?, quarantined = ?, \
                    vendor_state = ?, report_sha256 = ?, error = ?, started_at = ?, finished_at = ? \
                    WHERE company_id = ? AND id = ?";
        let values = values![
            import.job_id,
            import.state.as_str(),
            import.checkpoint,
            json(&import.counts)?,
            json(&import.news)?,
            json(&import.quarantined)?,
            import.vendor_state,
            import.report_sha256,
            import.error,
            import.started_at,
            import.finished_at,
            import.company_id,
            import.id
        ];
        match self.write(text, values).await? {
            0 => Err(Error::not_found()),
            _ => Ok(()),
        }
    }
}
