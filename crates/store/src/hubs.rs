//! Hubs that share one database: who is alive, who polls what, and looks that one wants of another.
//!
//! There is no leader. Each hub leaves signs of life here and decides for itself how many integrations are its share;
//! the lease on each integration is what makes that safe.

use std::collections::HashMap;

use scanhelm_core::ids::IntegrationId;
use scanhelm_core::{Result, Timestamp};

use crate::connection::Backend;
use crate::sql::values;
use crate::store::{Reader, Transaction};

impl Reader {
    /// Milliseconds since the epoch by the database's own clock; `None` where the database has no clock but the hub's
    /// (SQLite).
    pub async fn database_time(&self) -> Result<Option<Timestamp>> {
        if self.connection().backend() == Backend::Sqlite {
            return Ok(None);
        }
        let text = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS value";
        self.connection().optional(self.sql(text, Vec::new()), |row| row.time("value")).await
    }

    /// Hubs whose next sign of life is not overdue.
    pub async fn live_hubs(&self, now: Timestamp) -> Result<Vec<String>> {
        let sql = self.sql("SELECT id FROM hubs WHERE alive_until > ? ORDER BY id", values![now]);
        self.connection().all(sql, |row| row.text("id")).await
    }

    /// Which hub polls which integration.
    pub async fn integration_leases(&self, now: Timestamp) -> Result<HashMap<IntegrationId, String>> {
        let sql = self.sql("SELECT id, lease_owner FROM integrations WHERE lease_until > ?", values![now]);
        let leases = self.connection().all(sql, |row| Ok((row.parsed("id")?, row.text("lease_owner")?))).await?;
        Ok(leases.into_iter().collect())
    }

    /// Integrations that a hub wants looked at by whichever polls them.
    pub async fn wanted_looks(&self) -> Result<Vec<IntegrationId>> {
        let sql = self.sql("SELECT id FROM integrations WHERE wanted_at IS NOT NULL", Vec::new());
        self.connection().all(sql, |row| row.parsed("id")).await
    }
}

impl Transaction {
    /// A sign of life. Forgets hubs whose last one is long overdue.
    pub async fn keep_hub_alive(&self, id: &str, until: Timestamp, forget_before: Timestamp) -> Result<()> {
        let text = "INSERT INTO hubs (id, alive_until) VALUES (?, ?) \
                    ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until";
        self.write(text, values![id, until]).await?;
        self.write("DELETE FROM hubs WHERE alive_until < ?", values![forget_before]).await.map(|_| ())
    }

    /// At an orderly end.
    pub async fn remove_hub(&self, id: &str) -> Result<()> {
        self.write("DELETE FROM hubs WHERE id = ?", values![id]).await.map(|_| ())
    }

    /// Leaves the wish for a look to whoever polls the integration.
    pub async fn want_look(&self, id: IntegrationId, now: Timestamp) -> Result<()> {
        self.write("UPDATE integrations SET wanted_at = ? WHERE id = ?", values![now, id]).await.map(|_| ())
    }

    /// Takes the wish for a look back, because the look begins. Whether there was one.
    pub async fn grant_look(&self, id: IntegrationId) -> Result<bool> {
        let text = "UPDATE integrations SET wanted_at = NULL WHERE id = ? AND wanted_at IS NOT NULL";
        Ok(self.write(text, values![id]).await? > 0)
    }

    /// Gives some of an owner's leases back, for others to take.
    pub async fn release_integrations(&self, owner: &str, ids: &[IntegrationId]) -> Result<u64> {
        let text = "UPDATE integrations SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = ? AND";
        let mut sql = self.sql(text, values![owner]);
        sql.among("id", ids.iter().map(ToString::to_string));
        self.connection().execute(sql).await
    }
}
