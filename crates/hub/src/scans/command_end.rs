//! The end of a command and what follows from it, in one transaction: after a crash in between, a launch would be
//! ordered twice or a creation that failed would wait for ever.

use scanhelm_core::Result;
use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::command::{Command, CommandKind, CommandState};
use scanhelm_core::ids::CommandId;
use scanhelm_core::permission::Actor;
use scanhelm_core::status::VendorState;
use scanhelm_core::text::single_line;
use scanhelm_store::Transaction;
use serde_json::json;

use crate::Hub;
use crate::notifications;

/// What the end of a command brings with it besides its line in the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consequence {
    Nothing,
    /// The scan was to be started as soon as it is there, and the vendor has no call that creates and launches.
    Launch,
    /// There will be no vendor scan: the row fails with the command's detail as the reason.
    CreationFailed,
}

impl Hub {
    /// Writes what follows from a command that has got its end. `false`: somebody else wrote the scan at this moment,
    /// and the whole transaction has to be made again.
    pub(crate) async fn follow_up(
        &self,
        transaction: &Transaction,
        command: &Command,
        consequence: Consequence,
    ) -> Result<bool> {
        match consequence {
            Consequence::Nothing => {}
            Consequence::Launch => self.order_launch_of(transaction, command).await?,
            Consequence::CreationFailed => {
                if !self.fail_creation(transaction, command).await? {
                    return Ok(false);
                }
            }
        }
        if let Some(activity) = self.activity_of(command) {
            transaction.append_activity(activity).await?;
        }
        Ok(true)
    }

    /// The launch that belongs to a creation. One that was ordered already, by this or by a person, is enough.
    async fn order_launch_of(&self, transaction: &Transaction, created: &Command) -> Result<()> {
        let Some(scan) = created.scan_id else {
            return Ok(());
        };
        let commands = transaction.scan_commands(created.company_id, scan).await?;
        if commands.iter().any(|command| command.kind == CommandKind::Launch) {
            return Ok(());
        }
        let command = Command {
            id: CommandId::new(self.ids()),
            kind: CommandKind::Launch,
            state: CommandState::Recorded,
            detail: None,
            created_at: self.now(),
            sent_at: None,
            finished_at: None,
            ..created.clone()
        };
        let job = self.order_job(&command, scan, &commands);
        if transaction.enqueue(&job, self.now()).await? == job.id {
            transaction.insert_command(&command).await?;
        }
        Ok(())
    }

    /// A row that got its vendor scan in another way stays as it is.
    async fn fail_creation(&self, transaction: &Transaction, command: &Command) -> Result<bool> {
        let Some(id) = command.scan_id else {
            return Ok(true);
        };
        let Some(mut scan) = transaction.scan(command.company_id, id).await?.filter(|scan| scan.link.is_none()) else {
            return Ok(true);
        };
        let reason = command.detail.as_deref().unwrap_or_default();
        scan.vendor_state = VendorState::Failed;
        scan.finished_at = Some(self.now());
        let what = match command.sent_at {
            Some(_) => "The scanner did not create the scan",
            None => "The scanner was not asked to create the scan",
        };
        scan.error = Some(single_line(&format!("{what}: {reason}"), 500));
        let version = scan.version;
        if !transaction.try_save_scan(&scan, version).await? {
            return Ok(false);
        }
        notifications::run_notice(self, transaction, &scan).await?;
        let failed = NewActivity {
            company_id: command.company_id,
            scan_id: id,
            at: self.now(),
            actor: Actor::System,
            event: Event::ScanFailed,
            message: scan.error.unwrap_or_default(),
            data: json!({}),
        };
        transaction.append_activity(failed).await?;
        Ok(true)
    }

    fn activity_of(&self, command: &Command) -> Option<NewActivity> {
        let word = command.kind.as_str();
        let reason = command.detail.as_deref().unwrap_or_default();
        let message = match command.state {
            CommandState::Accepted => format!("The scanner accepted: {word}."),
            CommandState::Refused if command.sent_at.is_none() => format!("Not sent to the scanner: {word}. {reason}"),
            CommandState::Refused => format!("The scanner refused: {word}. {reason}"),
            CommandState::Unknown => format!(
                "The answer to `{word}` was lost: {reason} The next look at the scanner decides; it is not sent again."
            ),
            CommandState::Recorded | CommandState::Sent => return None,
        };
        Some(NewActivity {
            company_id: command.company_id,
            scan_id: command.scan_id?,
            at: self.now(),
            actor: Actor::System,
            event: Event::Command,
            message,
            data: json!({"command_id": command.id, "kind": word, "state": command.state.as_str()}),
        })
    }
}
