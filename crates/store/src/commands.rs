//! What was asked of vendors and what became of it.

use scanhelm_core::command::{Command, CommandKind, CommandState};
use scanhelm_core::ids::{CommandId, CompanyId, IntegrationId, ScanId};
use scanhelm_core::{Error, Result, Timestamp};

use crate::row::Row;
use crate::sql::{json, values};
use crate::store::{Reader, Transaction};

const COLUMNS: &str = "SELECT id, company_id, scan_id, integration_id, kind, target, state, actor, detail, \
                       created_at, sent_at, finished_at FROM commands";

fn read(row: &Row<'_>) -> Result<Command> {
    Ok(Command {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        scan_id: row.maybe_parsed("scan_id")?,
        integration_id: row.parsed("integration_id")?,
        kind: row.word("kind", &CommandKind::ALL, CommandKind::as_str)?,
        target: row.maybe_text("target")?,
        state: row.word("state", &CommandState::ALL, CommandState::as_str)?,
        actor: row.json("actor")?,
        detail: row.maybe_text("detail")?,
        created_at: row.time("created_at")?,
        sent_at: row.maybe_time("sent_at")?,
        finished_at: row.maybe_time("finished_at")?,
    })
}

impl Reader {
    pub async fn command(&self, company: CompanyId, id: CommandId) -> Result<Option<Command>> {
        let sql = self.sql(&format!("{COLUMNS} WHERE company_id = ? AND id = ?"), values![company, id]);
        self.connection().optional(sql, read).await
    }

    /// Sent, with an outcome that is not known yet; oldest first. For reconciling.
    pub async fn open_commands(&self, integration: IntegrationId) -> Result<Vec<Command>> {
        let text = format!("{COLUMNS} WHERE integration_id = ? AND state IN ('sent', 'unknown') ORDER BY id");
        self.connection().all(self.sql(&text, values![integration]), read).await
    }

    /// Accepted after `since` and not after `until`, and nothing noted about them; of those that move a scan.
    pub async fn unremarked_commands(
        &self,
        integration: IntegrationId,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Command>> {
        let text = format!(
            "{COLUMNS} WHERE integration_id = ? AND state = 'accepted' AND detail IS NULL \
             AND kind IN ('launch', 'pause', 'resume', 'stop') AND finished_at > ? AND finished_at <= ? ORDER BY id"
        );
        self.connection().all(self.sql(&text, values![integration, since, until]), read).await
    }

    /// Of one scan, newest first.
    pub async fn scan_commands(&self, company: CompanyId, scan: ScanId) -> Result<Vec<Command>> {
        let text = format!("{COLUMNS} WHERE company_id = ? AND scan_id = ? ORDER BY id DESC");
        self.connection().all(self.sql(&text, values![company, scan]), read).await
    }
}

impl Transaction {
    pub async fn insert_command(&self, command: &Command) -> Result<()> {
        let text = "INSERT INTO commands (id, company_id, scan_id, integration_id, kind, target, state, actor, \
                    detail, created_at, sent_at, finished_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let values = values![
            command.id,
            command.company_id,
            command.scan_id,
            command.integration_id,
            command.kind.as_str(),
            command.target,
            command.state.as_str(),
            json(&command.actor)?,
            command.detail,
            command.created_at,
            command.sent_at,
            command.finished_at
        ];
        self.write(text, values).await.map(|_| ())
    }

    /// Writes what becomes of a command: target, state, detail and times.
    pub async fn save_command(&self, command: &Command) -> Result<()> {
        if self.update_command(command, "").await? { Ok(()) } else { Err(Error::not_found()) }
    }

    /// As [`save_command`](Self::save_command), of a command whose outcome is unknown; `false`: it has been settled.
    pub async fn settle_command(&self, command: &Command) -> Result<bool> {
        self.update_command(command, " AND state = 'unknown'").await
    }

    async fn update_command(&self, command: &Command, condition: &str) -> Result<bool> {
        let text = format!(
            "UPDATE commands SET target = ?, state = ?, detail = ?, sent_at = ?, finished_at = ? \
             WHERE company_id = ? AND id = ?{condition}"
        );
        let values = values![
            command.target,
            command.state.as_str(),
            command.detail,
            command.sent_at,
            command.finished_at,
            command.company_id,
            command.id
        ];
        Ok(self.write(&text, values).await? > 0)
    }
}
