//! One look at one integration: check it if that is due, list its scans, bring every known scan up to date, adopt
//! what is new, and decide when to look again.

use std::collections::HashSet;
use std::time::Duration;

use scanhelm_connectors::contract::{CallError, ScanList};
use scanhelm_core::backoff::Backoff;
use scanhelm_core::ids::{IntegrationId, ScanId};
use scanhelm_core::integration::{Condition, ConditionKind, Integration};
use scanhelm_core::scan::{Scan, next_poll};
use scanhelm_core::{Error, ErrorCode, Result, Timestamp};

use super::{adoption, details, settle, status};
use crate::Hub;
use crate::failpoint;
use crate::integrations::condition;
use crate::notifications;
use crate::telemetry;

/// Between checks of version and licence.
const CHECK_EVERY: Duration = Duration::from_hours(1);

/// How much a look compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// The whole list only when the next sweep is due.
    AsDue,
    Whole,
}

/// Looks, stores what it saw, and stores how the integration is doing. An `Err` is trouble of ours (the store); the
/// vendor's trouble becomes a condition of the integration. Does nothing when another hub polls the integration, or
/// somebody has looked since `seen` was read.
pub(super) async fn look(hub: &Hub, seen: Integration, depth: Depth) -> Result<()> {
    let now = hub.now();
    let lease_until = now.plus(hub.settings().sync.lease);
    let transaction = hub.store().begin().await?;
    if !transaction.lease_integration(seen.id, &hub.0.owner, lease_until, now).await? {
        return Ok(());
    }
    // Read again under the lease: its holder until now may have looked, a person may have changed it.
    let Some(mut integration) = transaction.any_integration(seen.id).await?.filter(|present| present.enabled) else {
        return Ok(());
    };
    if integration.health.last_attempt_at != seen.health.last_attempt_at {
        return transaction.commit().await;
    }
    if transaction.grant_look(seen.id).await? || depth == Depth::Whole {
        integration.health.next_sweep_at = None;
    }
    transaction.commit().await?;
    failpoint::hit("look.leased").await;
    integration.health.last_attempt_at = Some(now);
    // Before the vendor is asked: what comes later may be about something that this look does not see.
    let called = hub.store().last_open_delivery(integration.id).await?;
    if called.is_some() {
        // It may be about a scan that is not known yet.
        integration.health.next_sweep_at = None;
    }
    let id = integration.id;
    let looked = tokio::select! {
        looked = look_at_vendor(hub, &mut integration, now) => looked,
        lost = keep_lease(hub, id) => return Err(lost),
    };
    match looked {
        Ok(rest) => {
            telemetry::polled(&integration.connector, "ok");
            let health = &mut integration.health;
            health.last_success_at = Some(hub.now());
            health.error_streak = 0;
            if !matches!(&health.condition, Some(Condition { kind: ConditionKind::SuspiciousEmptyList, .. })) {
                health.condition = None;
            }
            health.next_poll_at = Some(now.plus(rest));
        }
        Err(Trouble::Ours(error)) => {
            telemetry::polled(&integration.connector, "store_error");
            return Err(error);
        }
        Err(Trouble::Unusable(error)) => {
            tracing::warn!(integration = %integration.id, %error, "the integration cannot be used");
            let detail = error.internal.unwrap_or(error.detail);
            let failed = CallError::Failed { kind: ConditionKind::Credentials, detail, retry_after: None };
            settle_failure(hub, &mut integration, &failed, now);
        }
        Err(Trouble::Vendor(error)) => settle_failure(hub, &mut integration, &error, now),
    }
    failpoint::hit("look.before_health").await;
    let transaction = hub.store().begin().await?;
    notifications::integration_notice(hub, &transaction, &mut integration).await?;
    transaction.save_health(integration.id, &integration.health).await?;
    // After a failure too: the next look is due by itself, and it looks at everything.
    if let Some(called) = called {
        hub.answer_deliveries(&transaction, integration.id, called).await?;
    }
    transaction.commit().await
}

/// Prolongs the lease for as long as the look takes; a vendor may take minutes. Ends when the lease is lost: another
/// hub believes this one dead, and looks itself.
async fn keep_lease(hub: &Hub, id: IntegrationId) -> Error {
    let lease = hub.settings().sync.lease;
    loop {
        tokio::time::sleep(lease / 3).await;
        let prolonged = async {
            let transaction = hub.store().begin().await?;
            let now = hub.now();
            let kept = transaction.lease_integration(id, &hub.0.owner, now.plus(lease), now).await?;
            transaction.commit().await.map(|()| kept)
        };
        match prolonged.await {
            Ok(true) => {}
            Ok(false) => return Error::new(ErrorCode::Conflict, "Another hub has taken the integration over."),
            Err(error) => tracing::warn!(integration = %id, %error, "the lease is not prolonged; trying again"),
        }
    }
}

/// Whose fault it was.
pub(super) enum Trouble {
    Vendor(CallError),
    Ours(Error),
    /// What is stored of the integration makes no session: its secret cannot be opened, its address not be read.
    Unusable(Error),
}

impl From<CallError> for Trouble {
    fn from(error: CallError) -> Self {
        Self::Vendor(error)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

/// How long to rest.
async fn look_at_vendor(hub: &Hub, integration: &mut Integration, now: Timestamp) -> Result<Duration, Trouble> {
    let session = hub.session(integration).await.map_err(|error| match error.code {
        ErrorCode::Internal => Trouble::Unusable(error),
        _ => Trouble::Ours(error),
    })?;
    let sweep_due = integration.health.next_sweep_at.is_none_or(|at| at <= now);
    let check_due = integration.instance.capabilities.is_none()
        || integration.health.condition.is_some()
        || integration.health.last_success_at.is_none_or(|at| now.since(at) > CHECK_EVERY);
    if check_due {
        let checked = session.check().await?;
        let instance = integration.instance.after(checked.instance);
        if instance != integration.instance {
            integration.instance = instance;
            let transaction = hub.store().begin().await?;
            transaction.save_instance(integration.id, &integration.instance).await?;
            transaction.commit().await?;
        }
        hub.refresh_sub_scanners(integration).await?;
    }
    // Read before the list is asked for: what is linked while it is on its way may rightly be absent from it.
    let mut known = hub.store().scans_of_integration(integration.id).await?;
    let asked_at = hub.now();
    let list = session.list_scans().await?;
    if list.incarnation.is_some() && list.incarnation != integration.instance.incarnation {
        integration.instance.incarnation.clone_from(&list.incarnation);
        let transaction = hub.store().begin().await?;
        transaction.save_instance(integration.id, &integration.instance).await?;
        transaction.commit().await?;
    }
    let incarnation = integration.instance.incarnation.clone().unwrap_or_default();
    claim_early_links(hub, integration, &incarnation, &mut known).await?;
    // One that is being created has no link and no place in a list yet.
    known.retain(|scan| scan.link.is_some());
    let (known, earlier): (Vec<Scan>, Vec<Scan>) =
        known.into_iter().partition(|scan| scan.link.as_ref().is_some_and(|link| link.incarnation == incarnation));
    if suspicious(integration, &list, &known) {
        return Err(suspicion(known.len()).into());
    }
    integration.health.condition = None;
    let mut scans = status::observe_known(hub, integration.id, &list, known).await?;
    if !incarnation.is_empty() {
        status::gone_with_their_installation(hub, earlier).await?;
    }
    if sweep_due {
        adoption::sweep(hub, integration, session.as_ref(), &incarnation, &list).await?;
        integration.health.last_sweep_at = Some(now);
        integration.health.next_sweep_at = Some(now.plus(hub.settings().sync.adoption_interval));
        scans = hub.store().scans_by_links(integration.id, &incarnation).await?;
    }
    settle::settle_commands(hub, integration, asked_at, sweep_due).await?;
    settle::remark_on_silence(hub, integration).await?;
    let scans = details::complete(hub, integration, session.as_ref(), &list, scans).await?;
    hub.0.wake.imports.notify_one();
    let settings = hub.settings().sync;
    let every: Vec<&Scan> = scans.iter().collect();
    let rest = next_poll(&every, hub.now(), settings.status_interval, settings.adoption_interval);
    // Short of the whole time, so that what is shown is never older, looking and storing included; and spread, so that
    // many integrations do not march in step.
    Ok(rest.mul_f64(0.88 + 0.07 * hub.0.chance.uniform()))
}

/// Links that people made before the installation was known belong to the first one that answers.
async fn claim_early_links(
    hub: &Hub,
    integration: &Integration,
    incarnation: &str,
    known: &mut Vec<Scan>,
) -> Result<()> {
    let early = known.iter().any(|scan| scan.link.as_ref().is_some_and(|link| link.incarnation.is_empty()));
    if !early || incarnation.is_empty() {
        return Ok(());
    }
    let transaction = hub.store().begin().await?;
    transaction.claim_links(integration.id, incarnation).await?;
    transaction.commit().await?;
    let wanted: HashSet<ScanId> = known.iter().map(|scan| scan.id).collect();
    *known = hub.store().scans_of_integration(integration.id).await?;
    known.retain(|scan| wanted.contains(&scan.id));
    Ok(())
}

/// A list that is suddenly empty proves nothing until a second one confirms it.
fn suspicious(integration: &Integration, list: &ScanList, known: &[Scan]) -> bool {
    let present = known.iter().filter(|scan| scan.vendor_missing_since.is_none()).count();
    let confirmed = integration
        .health
        .condition
        .as_ref()
        .is_some_and(|condition| condition.kind == ConditionKind::SuspiciousEmptyList);
    list.scans.is_empty() && present > 0 && !confirmed
}

fn suspicion(known: usize) -> CallError {
    CallError::Failed {
        kind: ConditionKind::SuspiciousEmptyList,
        detail: format!("The scanner listed no scans; it had {known}. Nothing is concluded until it is confirmed."),
        retry_after: None,
    }
}

fn settle_failure(hub: &Hub, integration: &mut Integration, error: &CallError, now: Timestamp) {
    let condition = condition(error, integration.health.condition.as_ref(), now);
    telemetry::polled(&integration.connector, condition.kind.as_str());
    let health = &mut integration.health;
    health.error_streak = health.error_streak.saturating_add(1);
    let settings = hub.settings().sync;
    // What needs a person is asked for less and less, so that no account is locked out; the rest twice an interval
    // at most.
    let cap = if condition.kind.needs_a_person() { Duration::from_hours(1) } else { settings.adoption_interval };
    let backoff = Backoff { first: settings.status_interval, cap: cap.max(settings.status_interval) };
    let mut pause = backoff.delay(health.error_streak, hub.0.chance.uniform());
    if let CallError::Failed { retry_after: Some(asked), .. } = error {
        pause = pause.max(*asked);
    }
    if condition.kind == ConditionKind::SuspiciousEmptyList {
        pause = settings.status_interval;
    }
    health.condition = Some(condition);
    health.next_poll_at = Some(now.plus(pause));
}
