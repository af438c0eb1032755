//! Integrations on the wire. A secret goes in and never comes out: an answer tells that it is set, its last
//! characters and since when.

use std::collections::BTreeMap;

use scanhelm_core::credential::Credentials;
use scanhelm_core::integration as core;
use scanhelm_hub::integrations;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::account::SecretText;
use super::job::JobTicket;
use super::words::{Time, actor};
use crate::extract::{Versioned, nullable};

/// A connection to one vendor instance.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Integration {
    id: Uuid,
    name: String,
    /// The connector's id.
    connector: String,
    vendor: String,
    product: String,
    base_url: String,
    enabled: bool,
    /// By field name; never the secret.
    credentials: BTreeMap<String, SecretHint>,
    /// Trusts exactly these certificates.
    ca_pem: Option<String>,
    health: Health,
    created_at: Time,
    updated_at: Time,
    /// For `If-Match`.
    pub(crate) version: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SecretHint {
    set: bool,
    /// The last characters of a long one.
    hint: String,
    updated_at: Time,
}

/// A backfill that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Backfill {
    #[serde(flatten)]
    ticket: JobTicket,
    /// Runs that this request queued for import.
    queued: u64,
    /// The scanner has told everything: there will be no more.
    complete: bool,
}

impl Versioned for Integration {
    fn version(&self) -> i64 {
        self.version
    }
}

impl From<integrations::OrderedBackfill> for Backfill {
    fn from(ordered: integrations::OrderedBackfill) -> Self {
        Self { ticket: JobTicket::of(ordered.job_id), queued: ordered.queued, complete: ordered.complete }
    }
}

/// How the connection is doing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    state: HealthState,
    last_success_at: Option<Time>,
    last_attempt_at: Option<Time>,
    next_poll_at: Option<Time>,
    /// The last time the whole list of the vendor was compared.
    last_sweep_at: Option<Time>,
    next_sweep_at: Option<Time>,
    /// What is wrong.
    error: Option<String>,
    /// The kind of trouble: `unreachable`, `tls`, `authentication`, ...
    error_kind: Option<&'static str>,
    error_since: Option<Time>,
    /// What to do about it.
    next_step: Option<String>,
    /// Failures in a row.
    error_streak: u32,
    /// Of the vendor's product.
    version: Option<String>,
    licence: Option<String>,
    /// What the instance withholds though the connector can do it.
    licence_limits: Vec<LicenceLimit>,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HealthState {
    Healthy,
    /// The first failures: it is tried again by itself.
    Degraded,
    /// Needs a person, or has failed for long.
    Failing,
    /// Not looked at yet, or disabled.
    Unknown,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LicenceLimit {
    capability: &'static str,
    reason: String,
}

/// From this many failures in a row on, trouble that may pass is no longer called passing.
const LONG: u32 = 5;

impl Health {
    pub(crate) fn of(integration: &core::Integration) -> Self {
        let health = &integration.health;
        let state = match &health.condition {
            _ if !integration.enabled => HealthState::Unknown,
            Some(condition) if condition.kind.needs_a_person() || health.error_streak >= LONG => HealthState::Failing,
            Some(_) => HealthState::Degraded,
            None if health.last_success_at.is_none() => HealthState::Unknown,
            None => HealthState::Healthy,
        };
        let condition = health.condition.as_ref();
        let instance = &integration.instance;
        Self {
            state,
            last_success_at: health.last_success_at.map(Time),
            last_attempt_at: health.last_attempt_at.map(Time),
            next_poll_at: health.next_poll_at.map(Time),
            last_sweep_at: health.last_sweep_at.map(Time),
            next_sweep_at: health.next_sweep_at.map(Time),
            error: condition.map(|condition| condition.detail.clone()),
            error_kind: condition.map(|condition| condition.kind.as_str()),
            error_since: condition.map(|condition| Time(condition.since)),
            next_step: condition.map(|condition| condition.next_step.clone()),
            error_streak: health.error_streak,
            version: instance.version.clone(),
            licence: instance.licence.clone(),
            licence_limits: instance
                .capabilities
                .iter()
                .flat_map(|capabilities| capabilities.withheld())
                .map(|(capability, reason)| LicenceLimit { capability: capability.as_str(), reason: reason.to_owned() })
                .collect(),
        }
    }
}

impl Integration {
    /// `names` are vendor and product of the connector; one that left the build shows its id.
    pub(crate) fn new(integration: core::Integration, names: Option<(&'static str, &'static str)>) -> Self {
        let health = Health::of(&integration);
        let id = integration.connector.clone();
        let (vendor, product) =
            names.map_or_else(|| (id.clone(), id), |(vendor, product)| (vendor.to_owned(), product.to_owned()));
        let hints = integration
            .credential_hints
            .into_iter()
            .map(|hint| (hint.name, SecretHint { set: true, hint: hint.hint, updated_at: hint.updated_at.into() }));
        Self {
            id: integration.id.0,
            name: integration.name,
            connector: integration.connector,
            vendor,
            product,
            base_url: integration.base_url,
            enabled: integration.enabled,
            credentials: hints.collect(),
            ca_pem: integration.ca_pem,
            health,
            created_at: integration.created_at.into(),
            updated_at: integration.updated_at.into(),
            version: integration.version,
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewIntegration {
    /// An id of `GET /connectors`.
    connector: String,
    name: String,
    #[schema(example = "https://scanner.example.com:8834")]
    base_url: String,
    /// By field name of one `auth_method` of the connector. Write-only.
    #[schema(value_type = BTreeMap<String, String>)]
    credentials: BTreeMap<String, SecretText>,
    /// Trust exactly these certificates.
    #[serde(default)]
    ca_pem: Option<String>,
    #[serde(default = "yes")]
    enabled: bool,
}

const fn yes() -> bool {
    true
}

impl From<NewIntegration> for integrations::NewIntegration {
    fn from(new: NewIntegration) -> Self {
        Self {
            connector: new.connector,
            name: new.name,
            base_url: new.base_url,
            credentials: credentials(new.credentials),
            ca_pem: new.ca_pem,
            enabled: new.enabled,
        }
    }
}

/// What is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IntegrationPatch {
    name: Option<String>,
    /// With another host the credentials must be sent again.
    base_url: Option<String>,
    /// Replaces all of them. Write-only.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    credentials: Option<BTreeMap<String, SecretText>>,
    /// `null` removes it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    ca_pem: Option<Option<String>>,
    enabled: Option<bool>,
}

impl From<IntegrationPatch> for integrations::IntegrationChange {
    fn from(patch: IntegrationPatch) -> Self {
        Self {
            name: patch.name,
            base_url: patch.base_url,
            credentials: patch.credentials.map(credentials),
            ca_pem: patch.ca_pem,
            enabled: patch.enabled,
        }
    }
}

fn credentials(fields: BTreeMap<String, SecretText>) -> Credentials {
    fields.into_iter().map(|(name, secret)| (name, secret.0)).collect()
}

/// What was tried and how it went, in order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TestReport {
    ok: bool,
    steps: Vec<CheckStep>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckStep {
    /// `dns`, `tcp`, `tls`, `auth`, `permissions`, `version`.
    step: String,
    ok: bool,
    detail: String,
    /// What to do when it failed.
    fix: Option<String>,
}

impl From<integrations::TestReport> for TestReport {
    fn from(report: integrations::TestReport) -> Self {
        let steps = report.steps.into_iter().map(|step| CheckStep {
            step: step.name,
            ok: step.ok,
            detail: step.detail,
            fix: step.fix,
        });
        Self { ok: report.ok, steps: steps.collect() }
    }
}

/// A child appliance.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubScanner {
    id: Uuid,
    integration_id: Uuid,
    external_id: String,
    name: String,
    /// The vendor's word.
    status: Option<String>,
    version: Option<String>,
    last_seen_at: Time,
}

impl From<core::SubScanner> for SubScanner {
    fn from(sub_scanner: core::SubScanner) -> Self {
        Self {
            id: sub_scanner.id.0,
            integration_id: sub_scanner.integration_id.0,
            external_id: sub_scanner.external_id,
            name: sub_scanner.name,
            status: sub_scanner.status,
            version: sub_scanner.version,
            last_seen_at: sub_scanner.last_seen_at.into(),
        }
    }
}

/// A scan of the vendor and what the hub makes of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RemoteScan {
    external_scan_id: String,
    name: String,
    /// The vendor's word.
    status: String,
    adoption: Adoption,
    scan_id: Option<Uuid>,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Adoption {
    /// In the hub.
    Adopted,
    /// The next sweep will adopt it.
    New,
    /// Deleted here; stays away until it is taken off the blocklist.
    Blocked,
}

impl From<integrations::RemoteScan> for RemoteScan {
    fn from(remote: integrations::RemoteScan) -> Self {
        Self {
            external_scan_id: remote.observation.external_scan_id,
            name: remote.observation.name,
            status: remote.observation.raw_status,
            adoption: match remote.adoption {
                integrations::AdoptionState::Adopted => Adoption::Adopted,
                integrations::AdoptionState::New => Adoption::New,
                integrations::AdoptionState::Blocked => Adoption::Blocked,
            },
            scan_id: remote.scan_id.map(|id| id.0),
        }
    }
}

/// "Do not adopt this again."
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BlockEntry {
    id: Uuid,
    pub(crate) integration_id: Uuid,
    external_scan_id: String,
    /// Of the scan when it was deleted.
    name: String,
    created_at: Time,
    created_by: String,
}

impl From<core::BlockEntry> for BlockEntry {
    fn from(entry: core::BlockEntry) -> Self {
        Self {
            id: entry.id.0,
            integration_id: entry.integration_id.0,
            external_scan_id: entry.external_scan_id,
            name: entry.name,
            created_at: entry.created_at.into(),
            created_by: actor(entry.created_by),
        }
    }
}
