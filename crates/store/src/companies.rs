//! Tenants.

use scanhelm_core::company::{Company, CompanyStatus};
use scanhelm_core::ids::CompanyId;
use scanhelm_core::{Error, Result};

use crate::row::Row;
use crate::sql::values;
use crate::store::{Reader, Transaction};

const COLUMNS: &str = "SELECT id, name, status, created_at FROM companies";

fn read(row: &Row<'_>) -> Result<Company> {
    Ok(Company {
        id: row.parsed("id")?,
        name: row.text("name")?,
        status: row.word("status", &[CompanyStatus::Active, CompanyStatus::Deactivated], CompanyStatus::as_str)?,
        created_at: row.time("created_at")?,
    })
}

impl Reader {
    pub async fn company(&self, id: CompanyId) -> Result<Option<Company>> {
        self.connection().optional(self.sql(&format!("{COLUMNS} WHERE id = ?"), values![id]), read).await
    }

    /// All of the installation, by name. For operators and loops.
    pub async fn companies(&self) -> Result<Vec<Company>> {
        self.connection().all(self.sql(&format!("{COLUMNS} ORDER BY name, id"), values![]), read).await
    }
}

impl Transaction {
    pub async fn insert_company(&self, company: &Company) -> Result<()> {
        let text = "INSERT INTO companies (id, name, status, created_at) VALUES (?, ?, ?, ?)";
        self.write(text, values![company.id, company.name, company.status.as_str(), company.created_at]).await?;
        Ok(())
    }

    pub async fn set_company_status(&self, id: CompanyId, status: CompanyStatus) -> Result<()> {
        match self.write("UPDATE companies SET status = ? WHERE id = ?", values![status.as_str(), id]).await? {
            0 => Err(Error::not_found()),
            _ => Ok(()),
        }
    }

    pub async fn rename_company(&self, id: CompanyId, name: &str) -> Result<()> {
        match self.write("UPDATE companies SET name = ? WHERE id = ?", values![name, id]).await? {
            0 => Err(Error::not_found()),
            _ => Ok(()),
        }
    }
}
