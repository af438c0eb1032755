//! Facts about the installation itself, by name.

use scanhelm_core::Result;

use crate::sql::values;
use crate::store::{Reader, Transaction};

impl Reader {
    pub async fn meta(&self, key: &str) -> Result<Option<String>> {
        let sql = self.sql("SELECT value FROM server_meta WHERE key = ?", values![key]);
        self.connection().optional(sql, |row| row.text("value")).await
    }
}

impl Transaction {
    pub async fn set_meta(&self, key: &str, value: &str) -> Result<()> {
        let text = "INSERT INTO server_meta (key, value) VALUES (?, ?) \
                    ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        self.write(text, values![key, value]).await.map(|_| ())
    }

    /// Sets a value only where there is none; the answer is the value that now stands. For secrets that several
    /// replicas might generate at once.
    pub async fn init_meta(&self, key: &str, value: &str) -> Result<String> {
        let text = "INSERT INTO server_meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING";
        self.write(text, values![key, value]).await?;
        Ok(self.meta(key).await?.unwrap_or_else(|| value.to_owned()))
    }
}
