//! Rules.

use std::time::Duration;

use scanhelm_core::ids::{CompanyId, RuleId};
use scanhelm_core::notification::Rule;
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::{Error, Result};

use super::rank;
use crate::integrations::stale;
use crate::paging::{Kind, Listing, Order};
use crate::row::Row;
use crate::sql::{Sql, json, values};
use crate::store::{Reader, Transaction};

const COLUMNS: &str = "id, company_id, name, channel_id, enabled, events, min_severity, digest_ms, created_by, \
                       created_at, updated_at, version";

const LISTING: Listing<'_> = Listing {
    columns: COLUMNS,
    tables: "notification_rules",
    id: "id",
    orders: &[
        Order { name: "name", keys: &[("name", Kind::Text)] },
        Order { name: "created_at", keys: &[("created_at", Kind::Number)] },
    ],
    total: true,
    ranges: &[],
};

fn read(row: &Row<'_>) -> Result<Rule> {
    let floor = row.maybe_count("min_severity")?;
    Ok(Rule {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        name: row.text("name")?,
        channel_id: row.parsed("channel_id")?,
        enabled: row.flag("enabled")?,
        events: row.json("events")?,
        min_severity: floor.map(|_| row.severity("min_severity")).transpose()?,
        digest: Duration::from_millis(row.count("digest_ms")?),
        created_by: row.json("created_by")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        version: row.integer("version")?,
    })
}

fn millis(rule: &Rule) -> Result<i64> {
    i64::try_from(rule.digest.as_millis()).map_err(Error::internal)
}

impl Reader {
    pub async fn notification_rule(&self, company: CompanyId, id: RuleId) -> Result<Option<Rule>> {
        let text = format!("SELECT {COLUMNS} FROM notification_rules WHERE company_id = ? AND id = ?");
        self.connection().optional(self.sql(&text, values![company, id]), read).await
    }

    /// Sorts by `name` or `created_at`.
    pub async fn notification_rules(&self, company: CompanyId, page: &PageRequest) -> Result<Page<Rule>> {
        let conditions = |sql: &mut Sql| {
            sql.add(" company_id = ?", values![company]);
        };
        LISTING.page(self.connection(), page, conditions, read).await
    }

    /// Those in force: switched on, with a channel that is. By id.
    pub async fn active_notification_rules(&self, company: CompanyId) -> Result<Vec<Rule>> {
        let names: Vec<_> = COLUMNS.split(", ").map(|name| format!("r.{name}")).collect();
        let text = format!(
            "SELECT {} FROM notification_rules r JOIN notification_channels c ON c.id = r.channel_id \
             WHERE r.company_id = ? AND r.enabled = 1 AND c.enabled = 1 AND c.suspended IS NULL ORDER BY r.id",
            names.join(", ")
        );
        self.connection().all(self.sql(&text, values![company]), read).await
    }

    pub async fn count_notification_rules(&self, company: CompanyId) -> Result<u64> {
        let text = "SELECT count(*) AS value FROM notification_rules WHERE company_id = ?";
        self.connection().number(self.sql(text, values![company])).await
    }
}

impl Transaction {
    /// [`Conflict`](scanhelm_core::ErrorCode::Conflict) when the company has a rule of that name.
    pub async fn insert_notification_rule(&self, rule: &Rule) -> Result<()> {
        let text = format!("INSERT INTO notification_rules ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        let values = values![
            rule.id,
            rule.company_id,
            rule.name,
            rule.channel_id,
            rule.enabled,
            json(&rule.events)?,
            rank(rule.min_severity),
            millis(rule)?,
            json(&rule.created_by)?,
            rule.created_at,
            rule.updated_at,
            rule.version
        ];
        self.write(&text, values).await.map(|_| ())
    }

    /// Writes an edit and answers the new version; stale when the row is not at `expected_version` any more.
    pub async fn update_notification_rule(&self, rule: &Rule, expected_version: i64) -> Result<i64> {
        let text = "UPDATE notification_rules SET name = ?, channel_id = ?, enabled = ?, events = ?, \
                    min_severity = ?, digest_ms = ?, updated_at = ?, version = version + 1 \
                    WHERE company_id = ? AND id = ? AND version = ?";
        let values = values![
            rule.name,
            rule.channel_id,
            rule.enabled,
            json(&rule.events)?,
            rank(rule.min_severity),
            millis(rule)?,
            rule.updated_at,
            rule.company_id,
            rule.id,
            expected_version
        ];
        match self.write(text, values).await? {
            0 => Err(stale("rule")),
            _ => Ok(expected_version + 1),
        }
    }

    /// What it has made stays. `false`: there was none.
    pub async fn delete_notification_rule(&self, company: CompanyId, id: RuleId) -> Result<bool> {
        let text = "DELETE FROM notification_rules WHERE company_id = ? AND id = ?";
        Ok(self.write(text, values![company, id]).await? > 0)
    }
}
