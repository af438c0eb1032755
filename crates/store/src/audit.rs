//! Who changed what. Append-only: there is no way to change or remove an entry.

use scanhelm_core::Result;
use scanhelm_core::company::AuditEntry;
use scanhelm_core::ids::CompanyId;
use scanhelm_core::page::{Page, PageRequest};

use crate::paging::{Kind, Listing, Order};
use crate::sql::{json, values};
use crate::store::{Reader, Transaction};

const LISTING: Listing<'_> = Listing {
    columns: "id, company_id, at, actor, action, target, detail",
    tables: "audit_log",
    id: "id",
    orders: &[Order { name: "created_at", keys: &[("at", Kind::Number)] }],
    total: false,
    ranges: &[],
};

impl Reader {
    /// Sorts by `created_at`.
    pub async fn audit_log(&self, company: CompanyId, page: &PageRequest) -> Result<Page<AuditEntry>> {
        let filter = |sql: &mut crate::sql::Sql| {
            sql.add(" company_id = ?", values![company]);
        };
        LISTING
            .page(self.connection(), page, filter, |row| {
                Ok(AuditEntry {
                    id: row.parsed("id")?,
                    company_id: row.parsed("company_id")?,
                    at: row.time("at")?,
                    actor: row.json("actor")?,
                    action: row.text("action")?,
                    target: row.text("target")?,
                    detail: row.json("detail")?,
                })
            })
            .await
    }
}

impl Transaction {
    pub async fn append_audit(&self, entry: &AuditEntry) -> Result<()> {
        let text = "INSERT INTO audit_log (id, company_id, at, actor, action, target, detail) \
                    VALUES (?, ?, ?, ?, ?, ?, ?)";
        let actor = json(&entry.actor)?;
        let values = values![entry.id, entry.company_id, entry.at, actor, entry.action, entry.target, entry.detail];
        self.write(text, values).await.map(|_| ())
    }
}
