//! Deliveries, what they tell, and the log of their attempts.

use scanhelm_core::ids::{ChannelId, CompanyId, DeliveryId, RuleId};
use scanhelm_core::notification::{Attempt, AttemptOutcome, Delivery, DeliveryState, Notice};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::{Result, Timestamp};

use super::rank;
use crate::paging::{Kind, Listing, Order};
use crate::row::Row;
use crate::sql::{Sql, json, values};
use crate::store::{Reader, Transaction};

const COLUMNS: &str = "id, company_id, channel_id, rule_id, state, digest, summary, events, severity, attempts, \
                       last_error, created_at, due_at, queued_at, finished_at";

const LISTING: Listing<'_> = Listing {
    columns: COLUMNS,
    tables: "notification_deliveries",
    id: "id",
    orders: &[Order { name: "created_at", keys: &[("created_at", Kind::Number)] }],
    total: true,
    ranges: &[],
};

#[derive(Clone, Copy, Debug, Default)]
pub struct DeliveryFilter {
    pub channel_id: Option<ChannelId>,
    pub rule_id: Option<RuleId>,
    pub state: Option<DeliveryState>,
}

fn read(row: &Row<'_>) -> Result<Delivery> {
    let severity = row.maybe_count("severity")?;
    Ok(Delivery {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        channel_id: row.parsed("channel_id")?,
        rule_id: row.maybe_parsed("rule_id")?,
        state: row.word("state", &DeliveryState::ALL, DeliveryState::as_str)?,
        digest: row.flag("digest")?,
        summary: row.text("summary")?,
        events: row.count("events")?,
        severity: severity.map(|_| row.severity("severity")).transpose()?,
        attempts: row.small("attempts")?,
        last_error: row.maybe_text("last_error")?,
        created_at: row.time("created_at")?,
        due_at: row.time("due_at")?,
        queued_at: row.time("queued_at")?,
        finished_at: row.maybe_time("finished_at")?,
    })
}

impl Reader {
    pub async fn notification_delivery(&self, company: CompanyId, id: DeliveryId) -> Result<Option<Delivery>> {
        let text = format!("SELECT {COLUMNS} FROM notification_deliveries WHERE company_id = ? AND id = ?");
        self.connection().optional(self.sql(&text, values![company, id]), read).await
    }

    /// Sorts by `created_at`.
    pub async fn notification_deliveries(
        &self,
        company: CompanyId,
        filter: &DeliveryFilter,
        page: &PageRequest,
    ) -> Result<Page<Delivery>> {
        let conditions = |sql: &mut Sql| {
            sql.add(" company_id = ?", values![company]);
            if let Some(channel) = filter.channel_id {
                sql.add(" AND channel_id = ?", values![channel]);
            }
            if let Some(rule) = filter.rule_id {
                sql.add(" AND rule_id = ?", values![rule]);
            }
            if let Some(state) = filter.state {
                sql.add(" AND state = ?", values![state.as_str()]);
            }
        };
        LISTING.page(self.connection(), page, conditions, read).await
    }

    /// The one whose turn it is.
    pub async fn next_delivery(&self, channel: ChannelId) -> Result<Option<Delivery>> {
        let text = format!(
            "SELECT {COLUMNS} FROM notification_deliveries WHERE channel_id = ? AND state = 'waiting' \
             ORDER BY queued_at, id LIMIT 1"
        );
        self.connection().optional(self.sql(&text, values![channel]), read).await
    }

    /// What a delivery tells, oldest first.
    pub async fn delivery_notices(&self, company: CompanyId, id: DeliveryId, limit: usize) -> Result<Vec<Notice>> {
        let text = "SELECT notice FROM notification_items WHERE company_id = ? AND delivery_id = ? \
                    ORDER BY place, notice_id LIMIT ?";
        self.connection().all(self.sql(text, values![company, id, limit]), |row| row.json("notice")).await
    }

    /// In their order.
    pub async fn delivery_attempts(&self, company: CompanyId, id: DeliveryId) -> Result<Vec<Attempt>> {
        let text = "SELECT delivery_id, company_id, number, at, outcome, status, detail, duration_ms \
                    FROM notification_attempts WHERE company_id = ? AND delivery_id = ? ORDER BY number";
        self.connection()
            .all(self.sql(text, values![company, id]), |row| {
                Ok(Attempt {
                    delivery_id: row.parsed("delivery_id")?,
                    company_id: row.parsed("company_id")?,
                    number: row.small("number")?,
                    at: row.time("at")?,
                    outcome: row.word("outcome", &AttemptOutcome::ALL, AttemptOutcome::as_str)?,
                    status: row.maybe_count("status")?.and_then(|status| u16::try_from(status).ok()),
                    detail: row.text("detail")?,
                    duration_ms: row.count("duration_ms")?,
                })
            })
            .await
    }

    /// Whether a digest's window has ended.
    pub async fn has_due_digests(&self, now: Timestamp) -> Result<bool> {
        let text = "SELECT id FROM notification_deliveries WHERE state = 'collecting' AND due_at <= ? LIMIT 1";
        Ok(self.connection().optional(self.sql(text, values![now]), |row| row.text("id")).await?.is_some())
    }
}

impl Transaction {
    pub async fn insert_delivery_of(&self, delivery: &Delivery) -> Result<()> {
        let text = format!(
            "INSERT INTO notification_deliveries ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        );
        let values = values![
            delivery.id,
            delivery.company_id,
            delivery.channel_id,
            delivery.rule_id,
            delivery.state.as_str(),
            delivery.digest,
            delivery.summary,
            delivery.events,
            rank(delivery.severity),
            delivery.attempts,
            delivery.last_error,
            delivery.created_at,
            delivery.due_at,
            delivery.queued_at,
            delivery.finished_at
        ];
        self.write(&text, values).await.map(|_| ())
    }

    /// The digest that a rule is collecting, kept from being closed until the commit.
    pub async fn open_digest(&self, rule: RuleId) -> Result<Option<Delivery>> {
        let lock = self.row_lock();
        let text =
            format!("SELECT {COLUMNS} FROM notification_deliveries WHERE rule_id = ? AND state = 'collecting'{lock}");
        self.connection().optional(self.sql(&text, values![rule]), read).await
    }

    /// Whether its channel has been told of a notice, or is about to be.
    pub async fn is_told(&self, channel: ChannelId, notice: &Notice) -> Result<bool> {
        let text = "SELECT notice_id FROM notification_items WHERE channel_id = ? AND notice_id = ?";
        let sql = self.sql(text, values![channel, notice.id]);
        Ok(self.connection().optional(sql, |row| row.text("notice_id")).await?.is_some())
    }

    /// Puts a notice into a delivery, at the end, and counts it.
    pub async fn tell(&self, delivery: &Delivery, notice: &Notice) -> Result<()> {
        let text = "INSERT INTO notification_items (channel_id, notice_id, company_id, delivery_id, place, notice) \
                    VALUES (?, ?, ?, ?, (SELECT events FROM notification_deliveries WHERE id = ?), ?)";
        let values =
            values![delivery.channel_id, notice.id, delivery.company_id, delivery.id, delivery.id, json(notice)?];
        self.write(text, values).await?;
        let text = "UPDATE notification_deliveries SET events = events + 1, severity = CASE \
                    WHEN severity IS NULL OR severity < ? THEN ? ELSE severity END WHERE id = ?";
        let severity = rank(notice.severity);
        match severity {
            Some(_) => self.write(text, values![severity, severity, delivery.id]).await.map(|_| ()),
            None => {
                let text = "UPDATE notification_deliveries SET events = events + 1 WHERE id = ?";
                self.write(text, values![delivery.id]).await.map(|_| ())
            }
        }
    }

    /// Digests whose window has ended wait for their turn from now on; how many.
    pub async fn close_digests(&self, now: Timestamp) -> Result<u64> {
        let text = "UPDATE notification_deliveries SET state = 'waiting', queued_at = ? \
                    WHERE state = 'collecting' AND due_at <= ?";
        self.write(text, values![now, now]).await
    }

    /// The digest that a rule is collecting waits for its turn from now on.
    pub async fn release_digest(&self, rule: RuleId, now: Timestamp) -> Result<()> {
        let text = "UPDATE notification_deliveries SET state = 'waiting', queued_at = ? \
                    WHERE rule_id = ? AND state = 'collecting'";
        self.write(text, values![now, rule]).await.map(|_| ())
    }

    /// One attempt and what follows from it for the delivery.
    pub async fn record_attempt(&self, attempt: &Attempt, delivery: &Delivery) -> Result<()> {
        let text = "INSERT INTO notification_attempts (delivery_id, number, company_id, at, outcome, status, detail, \
                    duration_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
        let values = values![
            attempt.delivery_id,
            attempt.number,
            attempt.company_id,
            attempt.at,
            attempt.outcome.as_str(),
            attempt.status.map(u32::from),
            attempt.detail,
            attempt.duration_ms
        ];
        self.write(text, values).await?;
        let text = "UPDATE notification_deliveries SET state = ?, summary = ?, attempts = ?, last_error = ?, \
                    finished_at = ? WHERE id = ?";
        let values = values![
            delivery.state.as_str(),
            delivery.summary,
            delivery.attempts,
            delivery.last_error,
            delivery.finished_at,
            delivery.id
        ];
        self.write(text, values).await.map(|_| ())
    }

    /// A finished delivery waits again, behind the others of its channel, under the same id. `false`: it is not
    /// finished.
    pub async fn requeue_delivery(&self, company: CompanyId, id: DeliveryId, now: Timestamp) -> Result<bool> {
        let text = "UPDATE notification_deliveries SET state = 'waiting', queued_at = ?, finished_at = NULL \
                    WHERE company_id = ? AND id = ? AND state IN ('sent', 'failed')";
        Ok(self.write(text, values![now, company, id]).await? > 0)
    }

    /// Removes what was made before `before`, sent or not; how many.
    pub async fn prune_deliveries(&self, before: Timestamp) -> Result<u64> {
        let text = "DELETE FROM notification_deliveries WHERE created_at < ? AND state <> 'collecting'";
        self.write(text, values![before]).await
    }
}
