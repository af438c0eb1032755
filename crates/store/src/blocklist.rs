//! Vendor scans that must not be adopted again.

use std::collections::HashSet;

use scanhelm_core::Result;
use scanhelm_core::ids::{BlockId, CompanyId, IntegrationId};
use scanhelm_core::integration::BlockEntry;
use scanhelm_core::scan::VendorLink;

use crate::row::Row;
use crate::sql::{json, values};
use crate::store::{Reader, Transaction};

fn read(row: &Row<'_>) -> Result<BlockEntry> {
    Ok(BlockEntry {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        integration_id: row.parsed("integration_id")?,
        incarnation: row.text("incarnation")?,
        external_scan_id: row.text("external_scan_id")?,
        name: row.text("name")?,
        created_at: row.time("created_at")?,
        created_by: row.json("created_by")?,
    })
}

impl Reader {
    /// The (incarnation, vendor scan id) pairs that adoption leaves out.
    pub async fn blocked(&self, integration: IntegrationId) -> Result<HashSet<(String, String)>> {
        let text = "SELECT incarnation, external_scan_id FROM blocklist WHERE integration_id = ?";
        let sql = self.sql(text, values![integration]);
        let pairs =
            self.connection().all(sql, |row| Ok((row.text("incarnation")?, row.text("external_scan_id")?))).await?;
        Ok(pairs.into_iter().collect())
    }

    /// Whether adoption leaves this vendor scan out.
    pub async fn is_blocked(&self, link: &VendorLink) -> Result<bool> {
        let text = "SELECT count(*) AS value FROM blocklist \
                    WHERE integration_id = ? AND incarnation IN (?, '') AND external_scan_id = ?";
        let values = values![link.integration_id, link.incarnation, link.external_scan_id];
        Ok(self.connection().number(self.sql(text, values)).await? > 0)
    }

    /// Newest first.
    pub async fn blocklist(&self, company: CompanyId) -> Result<Vec<BlockEntry>> {
        let text = "SELECT id, company_id, integration_id, incarnation, external_scan_id, name, created_at, \
                    created_by FROM blocklist WHERE company_id = ? ORDER BY id DESC";
        self.connection().all(self.sql(text, values![company]), read).await
    }
}

impl Transaction {
    /// Blocking what is blocked changes nothing.
    pub async fn insert_block(&self, entry: &BlockEntry) -> Result<()> {
        let text = "INSERT INTO blocklist (id, company_id, integration_id, incarnation, external_scan_id, name, \
                    created_at, created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?) \
                    ON CONFLICT (integration_id, incarnation, external_scan_id) DO NOTHING";
        let values = values![
            entry.id,
            entry.company_id,
            entry.integration_id,
            entry.incarnation,
            entry.external_scan_id,
            entry.name,
            entry.created_at,
            json(&entry.created_by)?
        ];
        self.write(text, values).await.map(|_| ())
    }

    /// Whether there was one. The next sweep adopts the vendor scan again.
    pub async fn delete_block(&self, company: CompanyId, id: BlockId) -> Result<bool> {
        Ok(self.write("DELETE FROM blocklist WHERE company_id = ? AND id = ?", values![company, id]).await? > 0)
    }

    /// What was blocked before the installation was known belongs to the first one that answers.
    pub async fn claim_blocks(&self, integration: IntegrationId, incarnation: &str) -> Result<u64> {
        let text = "UPDATE blocklist SET incarnation = ? WHERE integration_id = ? AND incarnation = '' \
                    AND NOT EXISTS (SELECT 1 FROM blocklist AS present \
                    WHERE present.integration_id = blocklist.integration_id AND present.incarnation = ? \
                    AND present.external_scan_id = blocklist.external_scan_id)";
        self.write(text, values![incarnation, integration, incarnation]).await
    }

    /// Takes back the deletion of one vendor scan, if there was one.
    pub async fn delete_block_of(&self, link: &VendorLink) -> Result<bool> {
        let text = "DELETE FROM blocklist WHERE integration_id = ? AND incarnation IN (?, '') AND external_scan_id = ?";
        Ok(self.write(text, values![link.integration_id, link.incarnation, link.external_scan_id]).await? > 0)
    }
}
