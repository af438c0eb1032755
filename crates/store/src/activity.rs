//! The append-only feed, and its order.
//!
//! Readers follow the feed by sequence number, so a smaller number must never appear after a larger one. A database
//! sequence does not promise that: numbers are drawn in one order and committed in another. Here the numbers come
//! from one counter row whose lock lasts until the commit. To hold that lock briefly, and always as the last one so
//! that it takes part in no deadlock, a transaction collects its news and writes them when it commits.

use scanhelm_core::activity::{Activity, NewActivity};
use scanhelm_core::ids::{CompanyId, ScanId};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::{Error, Result, Timestamp};

use crate::connection::Connection;
use crate::row::Row;
use crate::sql::{Rows, Sql, json, values};
use crate::store::{Reader, Transaction};

const COLUMNS: &str = "SELECT seq, company_id, scan_id, at, actor, event, message, data FROM activity";

fn read(row: &Row<'_>) -> Result<Activity> {
    Ok(Activity {
        seq: row.integer("seq")?,
        company_id: row.parsed("company_id")?,
        scan_id: row.parsed("scan_id")?,
        at: row.time("at")?,
        actor: row.json("actor")?,
        event: row.text("event")?,
        message: row.text("message")?,
        data: row.json("data")?,
    })
}

impl Reader {
    /// A scan's feed. The cursor is the sequence number of the last entry of the page before.
    pub async fn activity(&self, company: CompanyId, scan: ScanId, page: &PageRequest) -> Result<Page<Activity>> {
        let after = page.cursor.as_deref().map(str::parse::<i64>).transpose().map_err(|_| {
            Error::field("cursor", "malformed", "This is not a cursor of an activity feed. Start again without it.")
        })?;
        let (order, test) = if page.sort.descending { ("DESC", "<") } else { ("ASC", ">") };
        let limit = page.limit.clamp(1, PageRequest::MAX_LIMIT);
        let mut sql = self.sql(&format!("{COLUMNS} WHERE company_id = ? AND scan_id = ?"), values![company, scan]);
        if let Some(after) = after {
            sql.add(&format!(" AND seq {test} ?"), values![after]);
        }
        sql.add(&format!(" ORDER BY seq {order} LIMIT ?"), values![i64::from(limit) + 1]);
        let mut items = self.connection().all(sql, read).await?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next_cursor = items.last().filter(|_| more).map(|last| last.seq.to_string());
        Ok(Page { items, next_cursor, total: None })
    }

    /// What was committed after `seq`, of all companies, in order. For the event bus.
    pub async fn activity_after(&self, seq: i64, limit: u32) -> Result<Vec<Activity>> {
        let sql = self.sql(&format!("{COLUMNS} WHERE seq > ? ORDER BY seq LIMIT ?"), values![seq, limit]);
        self.connection().all(sql, read).await
    }

    /// The last committed number; 0 when nothing ever happened.
    pub async fn latest_seq(&self) -> Result<i64> {
        let sql = self.sql("SELECT last FROM activity_counter WHERE id = 1", values![]);
        Ok(self.connection().optional(sql, |row| row.integer("last")).await?.unwrap_or(0))
    }
}

impl Transaction {
    /// Appears in the feed when the transaction commits, in the order of these calls.
    /// The number is drawn then; only readers of the feed can know it.
    pub async fn append_activity(&self, news: NewActivity) -> Result<()> {
        self.remember(news);
        Ok(())
    }

    /// Removes what is older than `before`; how many.
    pub async fn prune_activity(&self, before: Timestamp) -> Result<u64> {
        self.write("DELETE FROM activity WHERE at < ?", values![before]).await
    }
}

/// Gives `news` their numbers. Nothing else may be written in the transaction after this.
pub(crate) async fn publish(connection: &Connection, news: &[NewActivity]) -> Result<()> {
    if news.is_empty() {
        return Ok(());
    }
    let text = "UPDATE activity_counter SET last = last + ? WHERE id = 1 RETURNING last";
    let sql = Sql::with(connection.backend(), text, values![news.len()]);
    let last = connection.optional(sql, |row| row.integer("last")).await?;
    let last = last.ok_or_else(|| Error::internal("the row of activity_counter is missing"))?;
    let mut numbered = Vec::with_capacity(news.len());
    for (seq, entry) in (last - news.len() as i64 + 1..).zip(news) {
        numbered.push((seq, entry, json(&entry.actor)?));
    }
    let rows = Rows {
        head: "INSERT INTO activity (seq, company_id, scan_id, at, actor, event, message, data) VALUES ",
        columns: 8,
        tail: "",
    };
    rows.run(connection, &numbered, |(seq, entry, actor), values| {
        values.extend(values![
            seq,
            entry.company_id,
            entry.scan_id,
            entry.at,
            actor,
            entry.event.as_str(),
            entry.message,
            entry.data
        ]);
    })
    .await
}
