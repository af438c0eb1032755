//! Channels. What people configure is guarded by a version; how a channel is doing is not.

use scanhelm_core::ids::{ChannelId, CompanyId};
use scanhelm_core::notification::{Channel, ChannelKind, Standing, Suspension};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::{Error, Result, Timestamp};

use crate::integrations::stale;
use crate::paging::{Kind, Listing, Order};
use crate::row::Row;
use crate::sql::{Sql, json, values};
use crate::store::{Reader, Transaction};

const COLUMNS: &str = "id, company_id, name, kind, recipients, host, secret_hint, previous_secret_until, enabled, \
                       suspended, standing, created_by, created_at, updated_at, version";

const LISTING: Listing<'_> = Listing {
    columns: COLUMNS,
    tables: "notification_channels",
    id: "id",
    orders: &[
        Order { name: "name", keys: &[("name", Kind::Text)] },
        Order { name: "created_at", keys: &[("created_at", Kind::Number)] },
    ],
    total: true,
    ranges: &[],
};

fn read(row: &Row<'_>) -> Result<Channel> {
    Ok(Channel {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        name: row.text("name")?,
        kind: row.word("kind", &ChannelKind::ALL, ChannelKind::as_str)?,
        recipients: row.json("recipients")?,
        host: row.text("host")?,
        enabled: row.flag("enabled")?,
        suspended: row.maybe_json("suspended")?,
        standing: row.json("standing")?,
        secret_hint: row.maybe_text("secret_hint")?,
        previous_secret_until: row.maybe_time("previous_secret_until")?,
        created_by: row.json("created_by")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        version: row.integer("version")?,
    })
}

fn suspension(channel: &Channel) -> Result<Option<String>> {
    channel.suspended.as_ref().map(json).transpose()
}

impl Reader {
    pub async fn notification_channel(&self, company: CompanyId, id: ChannelId) -> Result<Option<Channel>> {
        let text = format!("SELECT {COLUMNS} FROM notification_channels WHERE company_id = ? AND id = ?");
        self.connection().optional(self.sql(&text, values![company, id]), read).await
    }

    /// Whatever its company; for the loops.
    pub async fn any_notification_channel(&self, id: ChannelId) -> Result<Option<Channel>> {
        let text = format!("SELECT {COLUMNS} FROM notification_channels WHERE id = ?");
        self.connection().optional(self.sql(&text, values![id]), read).await
    }

    /// Sorts by `name` or `created_at`.
    pub async fn notification_channels(&self, company: CompanyId, page: &PageRequest) -> Result<Page<Channel>> {
        let conditions = |sql: &mut Sql| {
            sql.add(" company_id = ?", values![company]);
        };
        LISTING.page(self.connection(), page, conditions, read).await
    }

    pub async fn count_notification_channels(&self, company: CompanyId) -> Result<u64> {
        let text = "SELECT count(*) AS value FROM notification_channels WHERE company_id = ?";
        self.connection().number(self.sql(text, values![company])).await
    }

    /// Ciphertext; [`NotFound`](scanhelm_core::ErrorCode::NotFound) when there is no such channel.
    pub async fn sealed_channel(&self, id: ChannelId) -> Result<Vec<u8>> {
        let sql = self.sql("SELECT sealed FROM notification_channels WHERE id = ?", values![id]);
        self.connection().optional(sql, |row| row.bytes("sealed")).await?.ok_or_else(Error::not_found)
    }

    /// Those that have something to send and may, of all companies.
    pub async fn channels_to_serve(&self, now: Timestamp, limit: u32) -> Result<Vec<(CompanyId, ChannelId)>> {
        let text = "SELECT c.company_id, c.id FROM notification_channels c WHERE c.enabled = 1 \
                    AND c.suspended IS NULL AND (c.retry_at IS NULL OR c.retry_at <= ?) AND EXISTS (\
                    SELECT 1 FROM notification_deliveries d WHERE d.channel_id = c.id AND d.state = 'waiting') \
                    ORDER BY c.id LIMIT ?";
        self.connection()
            .all(self.sql(text, values![now, limit]), |row| Ok((row.parsed("company_id")?, row.parsed("id")?)))
            .await
    }
}

impl Transaction {
    /// [`Conflict`](scanhelm_core::ErrorCode::Conflict) when the company has a channel of that name.
    pub async fn insert_notification_channel(&self, channel: &Channel, sealed: &[u8]) -> Result<()> {
        let text = "INSERT INTO notification_channels (id, company_id, name, kind, recipients, host, sealed, \
                    secret_hint, previous_secret_until, enabled, suspended, standing, retry_at, created_by, \
                    created_at, updated_at, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let values = values![
            channel.id,
            channel.company_id,
            channel.name,
            channel.kind.as_str(),
            json(&channel.recipients)?,
            channel.host,
            sealed,
            channel.secret_hint,
            channel.previous_secret_until,
            channel.enabled,
            suspension(channel)?,
            json(&channel.standing)?,
            channel.standing.retry_at,
            json(&channel.created_by)?,
            channel.created_at,
            channel.updated_at,
            channel.version
        ];
        self.write(text, values).await.map(|_| ())
    }

    /// The channel as it is now, kept so until the commit: whoever sends and whoever edits take turns.
    pub async fn lock_notification_channel(&self, id: ChannelId) -> Result<Option<Channel>> {
        let lock = self.row_lock();
        let text = format!("SELECT {COLUMNS} FROM notification_channels WHERE id = ?{lock}");
        self.connection().optional(self.sql(&text, values![id]), read).await
    }

    /// Writes an edit and answers the new version; stale when the row is not at `expected_version` any more.
    pub async fn update_notification_channel(
        &self,
        channel: &Channel,
        sealed: &[u8],
        expected_version: i64,
    ) -> Result<i64> {
        let text = "UPDATE notification_channels SET name = ?, recipients = ?, host = ?, sealed = ?, \
                    secret_hint = ?, previous_secret_until = ?, enabled = ?, suspended = ?, standing = ?, \
                    retry_at = ?, updated_at = ?, version = version + 1 \
                    WHERE company_id = ? AND id = ? AND version = ?";
        let values = values![
            channel.name,
            json(&channel.recipients)?,
            channel.host,
            sealed,
            channel.secret_hint,
            channel.previous_secret_until,
            channel.enabled,
            suspension(channel)?,
            json(&channel.standing)?,
            channel.standing.retry_at,
            channel.updated_at,
            channel.company_id,
            channel.id,
            expected_version
        ];
        match self.write(text, values).await? {
            0 => Err(stale("channel")),
            _ => Ok(expected_version + 1),
        }
    }

    /// How it is doing. No edit: the version stays. `suspended: None` leaves a suspension as it is.
    pub async fn save_channel_standing(
        &self,
        id: ChannelId,
        standing: &Standing,
        suspended: Option<&Suspension>,
    ) -> Result<()> {
        let text = "UPDATE notification_channels SET standing = ?, retry_at = ?, \
                    suspended = COALESCE(?, suspended) WHERE id = ?";
        let values = values![json(standing)?, standing.retry_at, suspended.map(json).transpose()?, id];
        self.write(text, values).await.map(|_| ())
    }

    /// Its rules and deliveries go with it. `false`: there was none.
    pub async fn delete_notification_channel(&self, company: CompanyId, id: ChannelId) -> Result<bool> {
        let text = "DELETE FROM notification_channels WHERE company_id = ? AND id = ?";
        Ok(self.write(text, values![company, id]).await? > 0)
    }
}
