//! What the hub has written down, read from its database, so that looking costs the hub nothing.

use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, QueryResult, Statement};

use crate::failure::{Failure, Outcome, While};

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// For what has to come about by itself.
const PATIENCE: Duration = Duration::from_mins(5);

pub(crate) struct Watch(DatabaseConnection);

/// How long ago the hub had last seen the scans that run, over all looks of a while.
#[derive(Clone, Debug, Default)]
pub(crate) struct Freshness {
    /// In milliseconds.
    pub(crate) ages: Vec<u64>,
    /// The fewest scans that ran at one look.
    pub(crate) fewest: u64,
}

/// A run that ended at its vendor and whose results are in.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) integration: String,
    /// Milliseconds from the vendor's own end until the hub showed it.
    pub(crate) shown_after: u64,
    /// The same until its results were in.
    pub(crate) imported_after: u64,
}

impl Watch {
    pub(crate) async fn open(url: &str) -> Outcome<Self> {
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        options.map_sqlx_sqlite_opts(|sqlite| sqlite.pragma("query_only", "ON").busy_timeout(Duration::from_secs(15)));
        Ok(Self(Database::connect(options).await.during("connect to the hub's database")?))
    }

    pub(crate) async fn close(self) -> Outcome<()> {
        self.0.close().await.during("close the hub's database")
    }

    /// Scans that the hub knows and has seen.
    pub(crate) async fn scans(&self) -> Outcome<u64> {
        let rows = self.rows("SELECT count(*) AS value FROM scans WHERE last_observed_at IS NOT NULL").await?;
        rows.first().map_or(Ok(0), |row| number(row, "value"))
    }

    /// Looks every second.
    pub(crate) async fn freshness(&self, span: Duration, of: impl Fn(&str) -> bool) -> Outcome<Freshness> {
        let mut fresh = Freshness { ages: Vec::new(), fewest: u64::MAX };
        let started = Instant::now();
        while started.elapsed() < span {
            let text = "SELECT integration_id, last_observed_at FROM scans \
                        WHERE vendor_state IN ('queued', 'running', 'paused')";
            let rows = self.rows(text).await?;
            let now = now();
            let mut running = 0;
            for row in &rows {
                let integration: String = row.try_get("", "integration_id").during("read a scan")?;
                if of(&integration) {
                    running += 1;
                    fresh.ages.push(now.saturating_sub(number(row, "last_observed_at")?));
                }
            }
            fresh.fewest = fresh.fewest.min(running);
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(fresh)
    }

    /// Waits until every running scan was seen after that moment (milliseconds since the epoch).
    pub(crate) async fn seen_anew(&self, since: u64, of: impl Fn(&str) -> bool) -> Outcome<()> {
        let text = "SELECT integration_id, min(last_observed_at) AS seen FROM scans \
                    WHERE vendor_state IN ('queued', 'running', 'paused') GROUP BY integration_id";
        let started = Instant::now();
        loop {
            let mut behind = 0;
            for row in self.rows(text).await? {
                let integration: String = row.try_get("", "integration_id").during("read a scan")?;
                if of(&integration) && number(&row, "seen")? <= since {
                    behind += 1;
                }
            }
            if behind == 0 {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                return Err(Failure::new(format!("{behind} integrations were not seen anew within {PATIENCE:?}")));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Waits until the results of all these scans (integration and the vendor's id) are in. None is left out: what comes
    /// last belongs to the figures most of all.
    pub(crate) async fn ended(&self, scans: &BTreeSet<(String, String)>) -> Outcome<Vec<Ended>> {
        let started = Instant::now();
        loop {
            let imported = self.imported(scans).await?;
            if imported.len() == scans.len() {
                return Ok(imported);
            }
            if started.elapsed() > PATIENCE {
                let (done, all) = (imported.len(), scans.len());
                let detail = format!("only {done} of {all} runs that had ended were imported within {PATIENCE:?}");
                return Err(Failure::new(detail));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn imported(&self, scans: &BTreeSet<(String, String)>) -> Outcome<Vec<Ended>> {
        let text = "SELECT scans.integration_id AS integration, scans.external_scan_id AS external, \
             runs.finished_at - runs.vendor_finished_at AS shown, \
             (SELECT min(imports.finished_at) FROM imports WHERE imports.run_id = runs.id \
             AND imports.state IN ('done', 'partial')) - runs.vendor_finished_at AS imported \
             FROM runs JOIN scans ON scans.id = runs.scan_id \
             WHERE runs.vendor_state = 'completed' AND runs.vendor_finished_at IS NOT NULL AND runs.finished_at IS NOT NULL";
        let mut ended = Vec::new();
        for row in self.rows(text).await? {
            let integration: String = row.try_get("", "integration").during("read a run")?;
            let external: String = row.try_get("", "external").during("read a run")?;
            let imported: Option<i64> = row.try_get("", "imported").during("read a run")?;
            let scan = (integration, external);
            if let Some(imported) = imported.filter(|_| scans.contains(&scan)) {
                let imported_after = u64::try_from(imported).unwrap_or(0);
                ended.push(Ended { integration: scan.0, shown_after: number(&row, "shown")?, imported_after });
            }
        }
        Ok(ended)
    }

    async fn rows(&self, text: &str) -> Outcome<Vec<QueryResult>> {
        let statement = Statement::from_string(self.0.get_database_backend(), text);
        self.0.query_all_raw(statement).await.during("read the hub's database")
    }
}

/// Negative is 0: the vendors' clocks tell whole seconds.
fn number(row: &QueryResult, name: &str) -> Outcome<u64> {
    let value: i64 = row.try_get("", name).during("read the hub's database")?;
    Ok(u64::try_from(value).unwrap_or(0))
}

/// Milliseconds since the epoch, as the hub on this machine has them.
#[expect(clippy::disallowed_methods, reason = "times of another process are compared with the same clock")]
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

/// The value that so large a share of them does not exceed; 0 of none.
pub(crate) fn percentile(values: &[u64], share: f64) -> u64 {
    let mut values = values.to_vec();
    values.sort_unstable();
    let place = (values.len() as f64 * share).ceil() as usize;
    values.get(place.saturating_sub(1)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values: Vec<u64> = (1..=200).rev().collect();
        assert_eq!(percentile(&values, 0.5), 100);
        assert_eq!(percentile(&values, 0.99), 198);
        assert_eq!(percentile(&values, 1.0), 200);
        assert_eq!(percentile(&[7], 0.99), 7);
        assert_eq!(percentile(&[], 0.99), 0);
    }
}
