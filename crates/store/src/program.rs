//! Counts for the metrics of a company's scan programme, grouped so that a year of runs is a few thousand rows.
//! What follows from them is decided in [`scanhelm_core::program`].

use scanhelm_core::Result;
use scanhelm_core::activity::Event;
use scanhelm_core::ids::CompanyId;
use scanhelm_core::program::{Day, ImportEnds, Period};
use scanhelm_core::scan::Origin;

use crate::sql::values;
use crate::store::Reader;

/// Completed runs of scans at vendors whose end the hub saw in the period. Three values: company, from, to.
const FOLLOWED: &str = "FROM runs JOIN scans ON scans.id = runs.scan_id \
                        LEFT JOIN integrations ON integrations.id = scans.integration_id \
                        WHERE runs.company_id = ? AND runs.finished_at >= ? AND runs.finished_at < ? \
                        AND runs.vendor_state = 'completed' AND scans.origin IN ('integration', 'adopted')";

/// From when on the hub could know of the run's end.
const CONNECTED_AT: &str = "COALESCE(integrations.created_at, scans.created_at)";

/// Up to when a lag is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LagUntil {
    /// The hub showed the run as completed.
    Reflected,
    /// The first import of its results had ended.
    ResultsIn,
}

/// Completed runs whose lag is not measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unmeasured {
    /// They had ended before their integration was connected.
    pub before_connection: u64,
    /// The vendor does not tell when they ended.
    pub undated: u64,
}

impl Reader {
    /// Scans created in the period that are still there, by day and origin.
    pub async fn scans_by_day(&self, company: CompanyId, period: Period) -> Result<Vec<(Day, Origin, u64)>> {
        let text = "SELECT created_at / 86400000 AS day, origin, count(*) AS scans FROM scans \
                    WHERE company_id = ? AND created_at >= ? AND created_at < ? \
                    GROUP BY created_at / 86400000, origin ORDER BY day, origin";
        let sql = self.sql(text, values![company, period.from, period.to]);
        self.connection()
            .all(sql, |row| {
                let origin = row.word("origin", &Origin::ALL, Origin::as_str)?;
                Ok((Day::from_number(row.integer("day")?), origin, row.count("scans")?))
            })
            .await
    }

    /// Durations of the completed runs that the hub saw end in the period: vendor, milliseconds (whole seconds) and
    /// number of runs, by vendor. Uploaded reports were not followed and do not count.
    pub async fn run_durations(&self, company: CompanyId, period: Period) -> Result<Vec<(String, i64, u64)>> {
        let text = "SELECT vendor, seconds, count(*) AS runs FROM (\
                    SELECT scans.vendor AS vendor, \
                    (COALESCE(runs.vendor_finished_at, runs.finished_at) - runs.started_at) / 1000 AS seconds \
                    FROM runs JOIN scans ON scans.id = runs.scan_id \
                    WHERE runs.company_id = ? AND runs.finished_at >= ? AND runs.finished_at < ? \
                    AND runs.vendor_state = 'completed' AND runs.started_at IS NOT NULL \
                    AND scans.vendor IS NOT NULL AND scans.origin <> 'upload') durations \
                    GROUP BY vendor, seconds ORDER BY vendor, seconds";
        let sql = self.sql(text, values![company, period.from, period.to]);
        self.connection()
            .all(sql, |row| Ok((row.text("vendor")?, row.integer("seconds")?.saturating_mul(1000), row.count("runs")?)))
            .await
    }

    /// Time from the vendor's own end of a run, for the completed runs of vendors' scans that the hub saw end in the
    /// period: milliseconds (whole tenths of a second; -1 when the vendor's clock is ahead) and number of runs.
    pub async fn sync_lags(&self, company: CompanyId, period: Period, until: LagUntil) -> Result<Vec<(i64, u64)>> {
        let until = match until {
            LagUntil::Reflected => "runs.finished_at",
            LagUntil::ResultsIn => {
                "(SELECT min(imports.finished_at) FROM imports \
                 WHERE imports.run_id = runs.id AND imports.state IN ('done', 'partial'))"
            }
        };
        let text = format!(
            "SELECT bucket, count(*) AS runs FROM (\
             SELECT CASE WHEN lag < 0 THEN -1 ELSE lag / 100 * 100 END AS bucket FROM (\
             SELECT {until} - runs.vendor_finished_at AS lag {FOLLOWED} \
             AND runs.vendor_finished_at >= {CONNECTED_AT}) lags WHERE lag IS NOT NULL) buckets \
             GROUP BY bucket ORDER BY bucket"
        );
        let sql = self.sql(&text, values![company, period.from, period.to]);
        self.connection().all(sql, |row| Ok((row.integer("bucket")?, row.count("runs")?))).await
    }

    /// The runs that [`sync_lags`](Self::sync_lags) leaves out, and why.
    pub async fn unmeasured_lags(&self, company: CompanyId, period: Period) -> Result<Unmeasured> {
        let text = format!(
            "SELECT count(CASE WHEN runs.vendor_finished_at < {CONNECTED_AT} THEN 1 END) AS early, \
             count(CASE WHEN runs.vendor_finished_at IS NULL THEN 1 END) AS undated {FOLLOWED}"
        );
        let sql = self.sql(&text, values![company, period.from, period.to]);
        let counted = self
            .connection()
            .optional(sql, |row| {
                Ok(Unmeasured { before_connection: row.count("early")?, undated: row.count("undated")? })
            })
            .await?;
        Ok(counted.unwrap_or_default())
    }

    /// How the imports that ended in the period ended. Read from the feed, which also knows of those that never came
    /// to read anything.
    pub async fn import_ends(&self, company: CompanyId, period: Period) -> Result<ImportEnds> {
        let (complete, failed) = (Event::ImportComplete.as_str(), Event::ImportFailed.as_str());
        let text = format!(
            "SELECT count(CASE WHEN event = '{complete}' THEN 1 END) AS succeeded, \
             count(CASE WHEN event = '{failed}' THEN 1 END) AS failed FROM activity \
             WHERE company_id = ? AND at >= ? AND at < ? AND event IN ('{complete}', '{failed}')"
        );
        let values = values![company, period.from, period.to];
        let counted = self
            .connection()
            .optional(self.sql(&text, values), |row| {
                Ok(ImportEnds { succeeded: row.count("succeeded")?, failed: row.count("failed")? })
            })
            .await?;
        Ok(counted.unwrap_or_default())
    }
}
