//! Child appliances of integrations. Ids are kept by the vendor's id, so that scans keep pointing at theirs.

use scanhelm_core::Result;
use scanhelm_core::ids::{CompanyId, IntegrationId, SubScannerId};
use scanhelm_core::integration::SubScanner;

use crate::row::Row;
use crate::sql::{Rows, values};
use crate::store::{Reader, Transaction};

const COLUMNS: &str =
    "SELECT id, company_id, integration_id, external_id, name, status, version, last_seen_at FROM sub_scanners";

fn read(row: &Row<'_>) -> Result<SubScanner> {
    Ok(SubScanner {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        integration_id: row.parsed("integration_id")?,
        external_id: row.text("external_id")?,
        name: row.text("name")?,
        status: row.maybe_text("status")?,
        version: row.maybe_text("version")?,
        last_seen_at: row.time("last_seen_at")?,
    })
}

impl Reader {
    /// By name.
    pub async fn sub_scanners(&self, company: CompanyId, integration: IntegrationId) -> Result<Vec<SubScanner>> {
        let text = format!("{COLUMNS} WHERE company_id = ? AND integration_id = ? ORDER BY name, id");
        self.connection().all(self.sql(&text, values![company, integration]), read).await
    }

    pub async fn sub_scanner(&self, company: CompanyId, id: SubScannerId) -> Result<Option<SubScanner>> {
        let sql = self.sql(&format!("{COLUMNS} WHERE company_id = ? AND id = ?"), values![company, id]);
        self.connection().optional(sql, read).await
    }
}

impl Transaction {
    /// Makes the list be `present`: known ones (by vendor id) are updated under their old id, others are added, and
    /// those no longer there are removed.
    pub async fn replace_sub_scanners(&self, integration: IntegrationId, present: Vec<SubScanner>) -> Result<()> {
        let text = "DELETE FROM sub_scanners WHERE integration_id = ? AND NOT (";
        let mut sql = self.sql(text, values![integration]);
        sql.among("external_id", present.iter().map(|scanner| scanner.external_id.clone())).push(")");
        self.connection().execute(sql).await?;
        let rows = Rows {
            head: "INSERT INTO sub_scanners (id, company_id, integration_id, external_id, name, status, version, \
                   last_seen_at) VALUES ",
            columns: 8,
            tail: " ON CONFLICT (integration_id, external_id) DO UPDATE SET name = excluded.name, \
                   status = excluded.status, version = excluded.version, last_seen_at = excluded.last_seen_at",
        };
        rows.run(self.connection(), &present, |scanner, values| {
            values.extend(values![
                scanner.id,
                scanner.company_id,
                integration,
                scanner.external_id,
                scanner.name,
                scanner.status,
                scanner.version,
                scanner.last_seen_at
            ]);
        })
        .await
    }
}
