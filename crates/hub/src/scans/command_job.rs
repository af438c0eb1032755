//! Carrying a recorded command out at the vendor.
//!
//! `sent` is committed before the call. Whoever finds a command `sent` that nobody is sending knows that a process
//! died in between: its outcome is unknown, and it is *not* sent again. The status reconciler decides such commands by
//! looking at the vendor. Only a deletion may simply be repeated: deleting what is gone is success.

use scanhelm_connectors::contract::{CallError, Created, NewVendorScan, Session};
use scanhelm_core::capability::CapabilitySet;
use scanhelm_core::command::{Command, CommandKind, CommandState};
use scanhelm_core::company::CompanyStatus;
use scanhelm_core::ids::{CommandId, CompanyId, ScanId};
use scanhelm_core::integration::Integration;
use scanhelm_core::job::Job;
use scanhelm_core::scan::{Origin, Scan, VendorLink};
use scanhelm_core::status::VendorState;
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, ErrorCode, Result};
use scanhelm_store::Transaction;
use serde_json::{Value, json};

use super::command_end::Consequence;
use crate::Hub;
use crate::failpoint;
use crate::jobs::{JobContext, Outcome};
use crate::trap::{self, Trap};

pub(crate) const COMMAND_JOB: &str = "command";
pub(crate) const VENDOR_DELETE_JOB: &str = "vendor_delete";

/// Why a creation that succeeded leaves its row without a vendor scan.
const LINKED_ELSEWHERE: &str = "Its scan was linked to another row by hand before the scanner's answer came.";

/// What the vendor made of a command.
enum Answer {
    Accepted { created: Option<Created> },
    Failed(CallError),
}

pub(crate) async fn run_command(hub: &Hub, job: &Job, context: &JobContext) -> Result<Outcome> {
    let id = command_id(job)?;
    let Some(mut command) = hub.store().command(job.company_id, id).await? else {
        return Ok(Outcome::Done(json!({"state": "gone"})));
    };
    match command.state {
        CommandState::Recorded => {}
        CommandState::Sent => {
            finish(
                hub,
                context,
                &mut command,
                CommandState::Unknown,
                Some("The hub stopped while it was being sent.".to_owned()),
            )
            .await?;
            return Ok(outcome(&command));
        }
        CommandState::Accepted | CommandState::Refused | CommandState::Unknown => return Ok(outcome(&command)),
    }
    let Some(integration) = hub.store().integration(command.company_id, command.integration_id).await? else {
        finish(hub, context, &mut command, CommandState::Refused, Some("The integration was deleted.".to_owned()))
            .await?;
        return Ok(outcome(&command));
    };
    let scan = match command.scan_id {
        Some(scan) => hub.store().scan(command.company_id, scan).await?,
        None => None,
    };
    let Some(scan) = scan else {
        finish(hub, context, &mut command, CommandState::Refused, Some("The scan was deleted.".to_owned())).await?;
        return Ok(outcome(&command));
    };
    let session = hub.session(&integration).await?;
    let integration = match known_instance(hub, integration, session.as_ref(), &command).await? {
        Ok(integration) => integration,
        Err(error) => {
            let after = match &error {
                CallError::Failed { retry_after, .. } => *retry_after,
                _ => None,
            };
            let reason = single_line(&format!("The scanner has not been reached yet: {error}"), 500);
            return Ok(Outcome::Retry { reason, after });
        }
    };
    if scan.link.as_ref().is_some_and(|link| !integration.is_home_of(link)) {
        let reason = "The scanner was reinstalled: its scan went with the earlier installation, and the same number \
                      may mean another scan now.";
        return refuse(hub, context, command, reason).await;
    }
    failpoint::hit("command.before_sent").await;
    if !mark_sent(hub, context, &mut command).await? {
        let reason = "The company was deactivated before it was sent: nothing new may be started.";
        return refuse(hub, context, command, reason).await;
    }
    failpoint::hit("command.sent").await;
    let answer = send(hub, session.as_ref(), &command, &scan).await?;
    failpoint::hit("command.answered").await;
    match answer {
        Answer::Accepted { created } => {
            accepted(hub, context, &mut command, &integration, &scan, created).await?;
        }
        Answer::Failed(error) => failed(hub, context, &mut command, &integration, &error).await?,
    }
    hub.look_at(command.integration_id);
    Ok(outcome(&command))
}

/// Before the first contact nothing is known of the id space that a new scan will belong to.
async fn known_instance(
    hub: &Hub,
    mut integration: Integration,
    session: &dyn Session,
    command: &Command,
) -> Result<std::result::Result<Integration, CallError>> {
    if command.kind == CommandKind::Create && integration.instance.capabilities.is_none() {
        let checked = match session.check().await {
            Ok(checked) => checked,
            Err(error) => return Ok(Err(error)),
        };
        integration.instance = integration.instance.after(checked.instance);
        let transaction = hub.store().begin().await?;
        transaction.save_instance(integration.id, &integration.instance).await?;
        transaction.commit().await?;
    }
    Ok(Ok(integration))
}

async fn refuse(hub: &Hub, context: &JobContext, mut command: Command, reason: &str) -> Result<Outcome> {
    let consequence = of_refusal(&command);
    finish_with(hub, context, &mut command, CommandState::Refused, Some(reason.to_owned()), consequence).await?;
    Ok(outcome(&command))
}

fn of_refusal(command: &Command) -> Consequence {
    if command.kind == CommandKind::Create { Consequence::CreationFailed } else { Consequence::Nothing }
}

pub(super) fn command_id(job: &Job) -> Result<CommandId> {
    job.payload
        .get("command_id")
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Error::internal("a command job without a command"))
}

fn outcome(command: &Command) -> Outcome {
    Outcome::Done(json!({
        "command_id": command.id,
        "kind": command.kind.as_str(),
        "state": command.state.as_str(),
        "detail": command.detail,
    }))
}

/// `false`: it may not be sent any more, because its company was deactivated since it was recorded.
async fn mark_sent(hub: &Hub, context: &JobContext, command: &mut Command) -> Result<bool> {
    let transaction = hub.store().begin().await?;
    transaction.fence(&context.lease).await?;
    if matches!(command.kind, CommandKind::Create | CommandKind::Launch | CommandKind::Resume) {
        let company = transaction.company(command.company_id).await?;
        let active = company.is_some_and(|company| company.status == CompanyStatus::Active);
        if !active && !trap::on(Trap::S13) {
            return Ok(false);
        }
    }
    command.state = CommandState::Sent;
    command.sent_at = Some(hub.now());
    transaction.save_command(command).await?;
    transaction.commit().await?;
    Ok(true)
}

async fn send(hub: &Hub, session: &dyn Session, command: &Command, scan: &Scan) -> Result<Answer> {
    let lacking = || Error::new(ErrorCode::UnsupportedByVendor, "The connector has no such operation.");
    let target = command.target.as_deref().unwrap_or_default();
    let sent = match command.kind {
        CommandKind::Launch => session.launch().ok_or_else(lacking)?.launch(target).await.map(|_| None),
        CommandKind::Pause => session.pause().ok_or_else(lacking)?.pause(target).await.map(|()| None),
        CommandKind::Resume => session.resume().ok_or_else(lacking)?.resume(target).await.map(|()| None),
        CommandKind::Stop => session.stop().ok_or_else(lacking)?.stop(target).await.map(|()| None),
        CommandKind::Delete => session.delete().ok_or_else(lacking)?.delete(target).await.map(|()| None),
        CommandKind::Create => {
            let wanted = wanted(hub, scan).await?;
            session.create().ok_or_else(lacking)?.create(&wanted).await.map(Some)
        }
    };
    Ok(match sent {
        Ok(created) => Answer::Accepted { created },
        Err(error) => Answer::Failed(error),
    })
}

async fn wanted(hub: &Hub, scan: &Scan) -> Result<NewVendorScan> {
    let text = |name: &str| scan.config.get(name).and_then(Value::as_str).map(str::to_owned);
    let sub_scanner = match scan.sub_scanner_id {
        Some(id) => hub.store().sub_scanner(scan.company_id, id).await?.map(|found| found.external_id),
        None => None,
    };
    Ok(NewVendorScan {
        name: scan.name.clone(),
        targets: scan.targets.clone(),
        template: text("template"),
        sub_scanner,
        folder: text("folder"),
        client_token: scan.client_token.clone().unwrap_or_default(),
        launch: scan.wants_launch(),
    })
}

async fn accepted(
    hub: &Hub,
    context: &JobContext,
    command: &mut Command,
    integration: &Integration,
    scan: &Scan,
    created: Option<Created>,
) -> Result<()> {
    if let Some(Created { external_scan_id, launched }) = created {
        command.target = Some(external_scan_id.clone());
        let link = VendorLink {
            integration_id: integration.id,
            incarnation: integration.instance.incarnation.clone().unwrap_or_default(),
            external_scan_id,
        };
        let linked = hub.link_created(scan.company_id, scan.id, link).await?;
        failpoint::hit("command.linked").await;
        if !linked {
            let reason = Some(LINKED_ELSEWHERE.to_owned());
            return finish_with(hub, context, command, CommandState::Accepted, reason, Consequence::CreationFailed)
                .await;
        }
        if scan.wants_launch() && !launched {
            return finish_with(hub, context, command, CommandState::Accepted, None, Consequence::Launch).await;
        }
    }
    finish(hub, context, command, CommandState::Accepted, None).await
}

async fn failed(
    hub: &Hub,
    context: &JobContext,
    command: &mut Command,
    integration: &Integration,
    error: &CallError,
) -> Result<()> {
    let state = match error {
        CallError::Unknown { .. } => CommandState::Unknown,
        CallError::Refused { by_licence, detail } => {
            if *by_licence {
                narrow(hub, integration, command.kind, detail).await?;
            }
            CommandState::Refused
        }
        CallError::Gone { .. } | CallError::Failed { .. } => CommandState::Refused,
    };
    let consequence = if state == CommandState::Refused { of_refusal(command) } else { Consequence::Nothing };
    finish_with(hub, context, command, state, Some(single_line(&error.to_string(), 500)), consequence).await
}

/// The licence turned a write down: all writes of this instance are withheld from now on, with the vendor's reason,
/// until a check finds otherwise.
async fn narrow(hub: &Hub, integration: &Integration, kind: CommandKind, reason: &str) -> Result<()> {
    use scanhelm_core::capability::Capability as C;
    let mut instance = integration.instance.clone();
    let offered: CapabilitySet =
        instance.capabilities.take().or_else(|| hub.offered_by(&integration.connector)).unwrap_or_default();
    let writes = [C::Create, C::Launch, C::Pause, C::Resume, C::Stop, C::DeleteRemote];
    let reason = format!("The scanner's licence does not allow it (it answered to {}: {reason})", kind.as_str());
    let reason = single_line(&reason, 300);
    instance.capabilities = Some(offered.without(writes.map(|write| (write, reason.clone()))));
    let transaction = hub.store().begin().await?;
    transaction.save_instance(integration.id, &instance).await?;
    transaction.commit().await
}

/// The end of a command without anything that follows from it.
async fn finish(
    hub: &Hub,
    context: &JobContext,
    command: &mut Command,
    state: CommandState,
    detail: Option<String>,
) -> Result<()> {
    finish_with(hub, context, command, state, detail, Consequence::Nothing).await
}

async fn finish_with(
    hub: &Hub,
    context: &JobContext,
    command: &mut Command,
    state: CommandState,
    detail: Option<String>,
    consequence: Consequence,
) -> Result<()> {
    command.state = state;
    command.detail = detail;
    command.finished_at = (state != CommandState::Unknown).then(|| hub.now());
    for _ in 0..5 {
        let transaction = hub.store().begin().await?;
        transaction.fence(&context.lease).await?;
        transaction.save_command(command).await?;
        if !hub.follow_up(&transaction, command, consequence).await? {
            continue;
        }
        failpoint::hit("command.finish.before_commit").await;
        transaction.commit().await?;
        failpoint::hit("command.finish.after_commit").await;
        hub.committed();
        return Ok(());
    }
    Err(Error::new(ErrorCode::Conflict, "The scan keeps changing; what became of the command is looked for."))
}

/// Deletes a vendor's copy after the local row is gone. Repeats with back-off until the vendor answers.
pub(crate) async fn run_vendor_delete(hub: &Hub, job: &Job, context: &JobContext) -> Result<Outcome> {
    let id = command_id(job)?;
    let Some(mut command) = hub.store().command(job.company_id, id).await? else {
        return Ok(Outcome::Done(json!({"state": "gone"})));
    };
    if matches!(command.state, CommandState::Accepted | CommandState::Refused) {
        return Ok(outcome(&command));
    }
    let Some(integration) = hub.store().integration(command.company_id, command.integration_id).await? else {
        finish(hub, context, &mut command, CommandState::Refused, Some("The integration was deleted.".to_owned()))
            .await?;
        return Ok(outcome(&command));
    };
    let target = command.target.clone().unwrap_or_default();
    // Empty: linked before the installation was known.
    let incarnation = job.payload.get("incarnation").and_then(Value::as_str).filter(|known| !known.is_empty());
    if incarnation.is_some_and(|incarnation| integration.instance.incarnation.as_deref().unwrap_or("") != incarnation) {
        let reason = "The scanner was reinstalled; its copy went with the earlier installation.";
        finish(hub, context, &mut command, CommandState::Accepted, Some(reason.to_owned())).await?;
        return Ok(outcome(&command));
    }
    mark_sent(hub, context, &mut command).await?;
    failpoint::hit("command.sent").await;
    let session = hub.session(&integration).await?;
    let Some(accessor) = session.delete() else {
        finish(hub, context, &mut command, CommandState::Refused, Some("The connector cannot delete.".to_owned()))
            .await?;
        return Ok(outcome(&command));
    };
    let answer = accessor.delete(&target).await;
    failpoint::hit("command.answered").await;
    match answer {
        Ok(()) | Err(CallError::Gone { .. }) => {
            finish(hub, context, &mut command, CommandState::Accepted, None).await?;
            Ok(outcome(&command))
        }
        Err(error @ CallError::Refused { .. }) => {
            failed(hub, context, &mut command, &integration, &error).await?;
            Ok(outcome(&command))
        }
        Err(error) => {
            let detail = single_line(&error.to_string(), 500);
            command.state = CommandState::Recorded;
            command.detail = Some(detail.clone());
            let transaction = hub.store().begin().await?;
            transaction.fence(&context.lease).await?;
            transaction.save_command(&command).await?;
            transaction.commit().await?;
            Ok(Outcome::Retry { reason: detail, after: None })
        }
    }
}

/// A job that may not try again leaves a command with an end, instead of one that seems to be on its way for ever.
pub(crate) async fn attempts_exhausted(hub: &Hub, job: &Job, reason: &str) -> Result<()> {
    let Some(mut command) = hub.store().command(job.company_id, command_id(job)?).await? else {
        return Ok(());
    };
    let mut consequence = Consequence::Nothing;
    match command.state {
        CommandState::Recorded => {
            command.state = CommandState::Refused;
            command.finished_at = Some(hub.now());
            consequence = of_refusal(&command);
        }
        // The status reconciler looks for what became of it.
        CommandState::Sent => command.state = CommandState::Unknown,
        CommandState::Accepted | CommandState::Refused | CommandState::Unknown => return Ok(()),
    }
    command.detail = Some(single_line(reason, 500));
    let transaction = hub.store().begin().await?;
    transaction.save_command(&command).await?;
    if !hub.follow_up(&transaction, &command, consequence).await? {
        return Err(Error::new(ErrorCode::Conflict, "The scan is changing; its command is given up a little later."));
    }
    transaction.commit().await?;
    hub.committed();
    Ok(())
}

/// The command of a job that was cancelled while it waited, in the transaction of that: it ends unsent.
pub(crate) async fn withdraw(hub: &Hub, transaction: &Transaction, job: &Job) -> Result<()> {
    let command = transaction.command(job.company_id, command_id(job)?).await?;
    let Some(mut command) = command.filter(|command| command.state == CommandState::Recorded) else {
        return Ok(());
    };
    command.state = CommandState::Refused;
    command.detail = Some("It was cancelled before it was sent.".to_owned());
    command.finished_at = Some(hub.now());
    transaction.save_command(&command).await?;
    if hub.follow_up(transaction, &command, of_refusal(&command)).await? {
        return Ok(());
    }
    Err(Error::new(ErrorCode::Conflict, "The scan is changing at this moment; cancel the job again."))
}

impl Hub {
    /// Ties a row created here to the vendor scan made for it. A sweep may have met that scan before its answer came
    /// and have adopted it: that row gives way, it knows nothing that the vendor will not tell again. `false`: a
    /// person has linked it to another row on purpose.
    pub(crate) async fn link_created(&self, company: CompanyId, id: ScanId, link: VendorLink) -> Result<bool> {
        for _ in 0..5 {
            let Some(mut scan) = self.store().scan(company, id).await? else {
                return Ok(true);
            };
            if scan.link.as_ref() == Some(&link) {
                return Ok(true);
            }
            scan.link = Some(link.clone());
            scan.vendor_missing_since = None;
            if scan.vendor_state == VendorState::Failed && scan.run_number == 0 {
                // It was given up, and came to be after all.
                scan.vendor_state = VendorState::Queued;
                scan.finished_at = None;
                scan.error = None;
            }
            let version = scan.version;
            let transaction = self.store().begin().await?;
            match transaction.scan_by_link(&link).await? {
                Some(twin) if twin.origin == Origin::Adopted => {
                    transaction.delete_scan(company, twin.id).await?;
                }
                Some(_) => return Ok(false),
                None => {}
            }
            // A creation that was called refused and reached the vendor all the same, long after, is settled anew.
            for mut command in transaction.scan_commands(company, id).await? {
                if command.kind == CommandKind::Create && command.state == CommandState::Refused {
                    command.state = CommandState::Unknown;
                    command.finished_at = None;
                    transaction.save_command(&command).await?;
                }
            }
            if transaction.try_save_scan(&scan, version).await? {
                transaction.commit().await?;
                return Ok(true);
            }
        }
        Err(Error::new(ErrorCode::Conflict, "The scan keeps changing; it is linked at the next attempt."))
    }
}
