//! The outbox. Channels, rules and deliveries stand in files of their own.

mod channels;
mod deliveries;
mod rules;

pub use deliveries::DeliveryFilter;
use scanhelm_core::notification::Notice;
use scanhelm_core::{Result, Severity};

use crate::sql::{json, values};
use crate::store::Transaction;

/// As a column that sorts and compares.
fn rank(severity: Option<Severity>) -> Option<u32> {
    severity.map(|severity| u32::from(severity.rank()))
}

impl Transaction {
    /// To be told. In the transaction of what it tells.
    pub async fn append_notice(&self, notice: &Notice) -> Result<()> {
        let text = "INSERT INTO notices (company_id, notice) VALUES (?, ?)";
        self.write(text, values![notice.company_id, json(notice)?]).await.map(|_| ())
    }

    /// Takes the oldest out of the outbox, of all companies, in their order: their deliveries belong into this
    /// transaction. Two hubs never get the same one.
    pub async fn take_notices(&self, limit: u32) -> Result<Vec<Notice>> {
        let text = "DELETE FROM notices WHERE seq IN (SELECT seq FROM notices ORDER BY seq LIMIT ?) \
                    RETURNING seq, notice";
        let mut taken = self
            .connection()
            .all(self.sql(text, values![limit]), |row| Ok((row.integer("seq")?, row.json("notice")?)))
            .await?;
        taken.sort_by_key(|(seq, _)| *seq);
        Ok(taken.into_iter().map(|(_, notice)| notice).collect())
    }
}

impl crate::store::Reader {
    /// Whether the outbox holds anything.
    pub async fn has_notices(&self) -> Result<bool> {
        let sql = self.sql("SELECT seq FROM notices LIMIT 1", values![]);
        Ok(self.connection().optional(sql, |row| row.integer("seq")).await?.is_some())
    }
}
