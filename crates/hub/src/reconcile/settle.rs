//! Commands whose answer was lost: decided by what the vendor shows now, never by sending them again.

use std::time::Duration;

use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::capability::Capability;
use scanhelm_core::command::{Command, CommandKind, CommandState};
use scanhelm_core::integration::Integration;
use scanhelm_core::permission::Actor;
use scanhelm_core::scan::Scan;
use scanhelm_core::{Result, Timestamp};
use serde_json::json;

use crate::Hub;
use crate::scans::Consequence;

/// A command whose effect the vendor does not show after this long did not happen: longer than any call may be on its
/// way (`HttpLimits::total`).
const PROOF_AFTER: Duration = Duration::from_mins(4);

/// What was accepted and shows no effect after this long is told; until [`FORGOTTEN_AFTER`].
const SILENT_AFTER: Duration = Duration::from_mins(10);
const FORGOTTEN_AFTER: Duration = Duration::from_hours(1);

/// Accepted, and nothing happened: people are told once. Nothing is sent again by itself.
pub(super) async fn remark_on_silence(hub: &Hub, integration: &Integration) -> Result<()> {
    let now = hub.now();
    let (since, until) = (now.minus(FORGOTTEN_AFTER), now.minus(SILENT_AFTER));
    for mut command in hub.store().unremarked_commands(integration.id, since, until).await? {
        let Some(id) = command.scan_id else { continue };
        let Some(scan) = hub.store().scan(command.company_id, id).await? else { continue };
        let newest = hub.store().scan_commands(command.company_id, id).await?;
        if newest.first().is_some_and(|newest| newest.id != command.id) {
            continue;
        }
        let sent_at = command.sent_at.unwrap_or(command.created_at);
        let Some(happened) = proof(hub, &command, &scan, sent_at).await? else { continue };
        let mut told = None;
        command.detail = Some(if happened {
            SEEN.to_owned()
        } else {
            let word = command.kind.as_str();
            let text = format!(
                "The scanner accepted `{word}` {} minutes ago and still shows \"{}\". Nothing is sent again by itself; \
                 ask again if you still want it.",
                now.since(sent_at).as_secs() / 60,
                scan.vendor_status_raw.as_deref().unwrap_or_default()
            );
            told = Some(text.clone());
            text
        });
        let transaction = hub.store().begin().await?;
        transaction.save_command(&command).await?;
        if let Some(message) = told {
            let data =
                json!({"command_id": command.id, "kind": command.kind.as_str(), "state": command.state.as_str()});
            let (company_id, scan_id) = (command.company_id, scan.id);
            let told = NewActivity {
                company_id,
                scan_id,
                at: now,
                actor: Actor::System,
                event: Event::Command,
                message,
                data,
            };
            transaction.append_activity(told).await?;
        }
        transaction.commit().await?;
        hub.committed();
    }
    Ok(())
}

/// Whether what is shown now proves that a command took effect, or that it did not.
async fn proof(hub: &Hub, command: &Command, scan: &Scan, sent_at: Timestamp) -> Result<Option<bool>> {
    let run_changed = match hub.store().runs(scan.company_id, scan.id).await?.first() {
        Some(run) => run.created_at >= sent_at || run.started_at.is_some_and(|started| started >= sent_at),
        None => false,
    };
    let looked_since = scan.last_observed_at.is_some_and(|at| at >= sent_at);
    Ok(if looked_since { command.kind.proven_by(scan.vendor_state, run_changed) } else { None })
}

const SEEN: &str = "Seen at the scanner.";

/// Looks at every command of unknown outcome after a complete list that was asked for at `asked_at`. `swept`: all that
/// is new in the list has been compared with what was asked to be created.
pub(super) async fn settle_commands(
    hub: &Hub,
    integration: &Integration,
    asked_at: Timestamp,
    swept: bool,
) -> Result<()> {
    for open in hub.store().open_commands(integration.id).await? {
        if open.state == CommandState::Unknown {
            settle(hub, integration, &open, asked_at, swept).await?;
        }
    }
    Ok(())
}

async fn settle(hub: &Hub, integration: &Integration, open: &Command, asked_at: Timestamp, swept: bool) -> Result<()> {
    let transaction = hub.store().begin().await?;
    // Somebody else may have settled it, or linked its scan, since it was listed.
    let present = transaction.command(open.company_id, open.id).await?;
    let Some(mut command) = present.filter(|command| command.state == CommandState::Unknown) else {
        return Ok(());
    };
    let scan = match command.scan_id {
        Some(scan) => transaction.scan(command.company_id, scan).await?,
        None => None,
    };
    let launch_is_missing = scan.as_ref().is_some_and(|scan| launch_is_missing(hub, integration, scan));
    let Some((state, detail)) = verdict(hub, &command, scan.as_ref(), asked_at, swept, launch_is_missing).await? else {
        return Ok(());
    };
    command.state = state;
    command.detail = Some(detail.to_owned());
    command.finished_at = Some(hub.now());
    let mut consequence = Consequence::Nothing;
    if command.kind == CommandKind::Create {
        match scan.and_then(|scan| scan.link) {
            None => consequence = Consequence::CreationFailed,
            Some(link) => {
                command.target = Some(link.external_scan_id);
                if launch_is_missing {
                    consequence = Consequence::Launch;
                }
            }
        }
    }
    // Whoever is outrun here decides again at the next look.
    if transaction.settle_command(&command).await? && hub.follow_up(&transaction, &command, consequence).await? {
        transaction.commit().await?;
        hub.committed();
    }
    Ok(())
}

/// It was to be started as soon as it is there, has no run, and launching is a call of its own.
fn launch_is_missing(hub: &Hub, integration: &Integration, scan: &Scan) -> bool {
    let offered = hub.offered_by(&integration.connector);
    scan.wants_launch() && scan.run_number == 0 && offered.is_some_and(|offered| offered.has(Capability::Launch))
}

/// `None`: not decided yet.
async fn verdict(
    hub: &Hub,
    command: &Command,
    scan: Option<&Scan>,
    asked_at: Timestamp,
    swept: bool,
    launch_is_missing: bool,
) -> Result<Option<(CommandState, &'static str)>> {
    const ACCEPTED: (CommandState, &str) = (CommandState::Accepted, SEEN);
    let Some(scan) = scan else {
        let detail = "The scan was deleted here meanwhile; whether it happened is not looked for any more.";
        return Ok(Some((CommandState::Refused, detail)));
    };
    let sent_at = command.sent_at.unwrap_or(command.created_at);
    let waited = asked_at.since(sent_at) > PROOF_AFTER;
    if command.kind == CommandKind::Create {
        if scan.link.is_some() {
            // Where creating is launching as well, the run may not show in the list yet.
            return Ok((waited || !launch_is_missing).then_some(ACCEPTED));
        }
        let detail = "The scanner has no such scan; it was not created. Create it again if you still want it.";
        return Ok((waited && swept).then_some((CommandState::Refused, detail)));
    }
    let detail = "The scanner shows no effect; it did not happen. Ask again if you still want it.";
    Ok(match proof(hub, command, scan, sent_at).await? {
        Some(true) => Some(ACCEPTED),
        Some(false) | None => waited.then_some((CommandState::Refused, detail)),
    })
}
