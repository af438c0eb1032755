//! Integrations, their sealed credentials, and which replica of the hub polls which.
//!
//! What people configure is guarded by a version; what the loops learn (health, instance) is not, so that a poll
//! never makes a person's edit stale.

use scanhelm_core::ids::{CompanyId, IntegrationId};
use scanhelm_core::integration::{CredentialHint, Health, Instance, Integration};
use scanhelm_core::{Error, ErrorCode, Result, Timestamp};

use crate::row::Row;
use crate::sql::{json, values};
use crate::store::{Reader, Transaction};

const COLUMNS: &str = "SELECT id, company_id, connector, name, base_url, ca_pem, enabled, created_at, updated_at, \
                       credential_hints, instance, health, version FROM integrations";

fn read(row: &Row<'_>) -> Result<Integration> {
    Ok(Integration {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        connector: row.text("connector")?,
        name: row.text("name")?,
        base_url: row.text("base_url")?,
        ca_pem: row.maybe_text("ca_pem")?,
        enabled: row.flag("enabled")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        credential_hints: row.json("credential_hints")?,
        instance: row.json("instance")?,
        health: row.json("health")?,
        version: row.integer("version")?,
    })
}

impl Reader {
    pub async fn integration(&self, company: CompanyId, id: IntegrationId) -> Result<Option<Integration>> {
        let sql = self.sql(&format!("{COLUMNS} WHERE company_id = ? AND id = ?"), values![company, id]);
        self.connection().optional(sql, read).await
    }

    /// By name.
    pub async fn integrations(&self, company: CompanyId) -> Result<Vec<Integration>> {
        let sql = self.sql(&format!("{COLUMNS} WHERE company_id = ? ORDER BY name, id"), values![company]);
        self.connection().all(sql, read).await
    }

    /// Of all companies; for the loops.
    pub async fn all_enabled_integrations(&self) -> Result<Vec<Integration>> {
        self.connection().all(self.sql(&format!("{COLUMNS} WHERE enabled = 1 ORDER BY id"), values![]), read).await
    }

    /// An integration whatever its company; for jobs and webhooks that know only its id.
    pub async fn any_integration(&self, id: IntegrationId) -> Result<Option<Integration>> {
        self.connection().optional(self.sql(&format!("{COLUMNS} WHERE id = ?"), values![id]), read).await
    }

    /// Ciphertext; [`ErrorCode::NotFound`] when there is no such integration.
    pub async fn sealed_credentials(&self, id: IntegrationId) -> Result<Vec<u8>> {
        let sql = self.sql("SELECT sealed_credentials FROM integrations WHERE id = ?", values![id]);
        let sealed = self.connection().optional(sql, |row| row.bytes("sealed_credentials")).await?;
        sealed.ok_or_else(Error::not_found)
    }
}

impl Transaction {
    pub async fn insert_integration(&self, integration: &Integration, sealed: &[u8]) -> Result<()> {
        let text = "INSERT INTO integrations (id, company_id, connector, name, base_url, ca_pem, enabled, created_at, \
                    updated_at, credential_hints, sealed_credentials, instance, health, version) \
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let values = values![
            integration.id,
            integration.company_id,
            integration.connector,
            integration.name,
            integration.base_url,
            integration.ca_pem,
            integration.enabled,
            integration.created_at,
            integration.updated_at,
            json(&integration.credential_hints)?,
            sealed,
            json(&integration.instance)?,
            json(&integration.health)?,
            integration.version
        ];
        self.write(text, values).await.map(|_| ())
    }

    /// Writes what people configure (name, address, certificates, enabled) and answers the new version.
    /// [`ErrorCode::StaleVersion`] when the row is not at `expected_version`.
    pub async fn update_integration(&self, integration: &Integration, expected_version: i64) -> Result<i64> {
        let text = "UPDATE integrations SET name = ?, base_url = ?, ca_pem = ?, enabled = ?, updated_at = ?, \
                    version = version + 1 WHERE company_id = ? AND id = ? AND version = ?";
        let values = values![
            integration.name,
            integration.base_url,
            integration.ca_pem,
            integration.enabled,
            integration.updated_at,
            integration.company_id,
            integration.id,
            expected_version
        ];
        match self.write(text, values).await? {
            0 => Err(stale("integration")),
            _ => Ok(expected_version + 1),
        }
    }

    pub async fn set_sealed_credentials(
        &self,
        id: IntegrationId,
        sealed: &[u8],
        hints: &[CredentialHint],
    ) -> Result<()> {
        let text = "UPDATE integrations SET sealed_credentials = ?, credential_hints = ? WHERE id = ?";
        self.changed(text, values![sealed, json(&hints)?, id]).await
    }

    pub async fn save_health(&self, id: IntegrationId, health: &Health) -> Result<()> {
        self.changed("UPDATE integrations SET health = ? WHERE id = ?", values![json(health)?, id]).await
    }

    pub async fn save_instance(&self, id: IntegrationId, instance: &Instance) -> Result<()> {
        self.changed("UPDATE integrations SET instance = ? WHERE id = ?", values![json(instance)?, id]).await
    }

    /// Its scans stay as records of the hub: state and findings are kept, the link is cleared. Sub-scanners,
    /// blocklist and commands go. `false` when there is none.
    pub async fn delete_integration(&self, company: CompanyId, id: IntegrationId) -> Result<bool> {
        let text = "UPDATE scans SET integration_id = NULL, incarnation = NULL, external_scan_id = NULL, \
                    client_token = NULL, sub_scanner_id = NULL, version = version + 1 \
                    WHERE company_id = ? AND integration_id = ?";
        self.write(text, values![company, id]).await?;
        let gone = self.write("DELETE FROM integrations WHERE company_id = ? AND id = ?", values![company, id]).await?;
        Ok(gone > 0)
    }

    /// Takes or prolongs the right to poll. `false`: another replica holds it.
    pub async fn lease_integration(
        &self,
        id: IntegrationId,
        owner: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool> {
        let text = "UPDATE integrations SET lease_owner = ?, lease_until = ? \
                    WHERE id = ? AND (lease_owner IS NULL OR lease_owner = ? OR lease_until <= ?)";
        Ok(self.write(text, values![owner, until, id, owner, now]).await? > 0)
    }

    /// Gives all of an owner's leases back, at a graceful end.
    pub async fn release_integration_leases(&self, owner: &str) -> Result<u64> {
        let text = "UPDATE integrations SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = ?";
        self.write(text, values![owner]).await
    }

    async fn changed(&self, text: &str, values: Vec<sea_orm::Value>) -> Result<()> {
        match self.write(text, values).await? {
            0 => Err(Error::not_found()),
            _ => Ok(()),
        }
    }
}

/// Somebody else wrote first.
pub(crate) fn stale(what: &str) -> Error {
    Error::new(
        ErrorCode::StaleVersion,
        format!("The {what} was changed or deleted meanwhile. Read it again, then repeat the change."),
    )
}
