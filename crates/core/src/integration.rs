//! A company's configured connection to one vendor instance, and how it is doing.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::capability::CapabilitySet;
use crate::ids::{BlockId, CompanyId, IntegrationId, SubScannerId};
use crate::permission::Actor;
use crate::scan::VendorLink;

#[derive(Clone, Debug, PartialEq)]
pub struct Integration {
    pub id: IntegrationId,
    pub company_id: CompanyId,
    /// Connector id in the registry: `nessus`, ...
    pub connector: String,
    pub name: String,
    /// `https://host:port`, no path unless the vendor has one, no credentials.
    pub base_url: String,
    /// Trust exactly these certificates (PEM) for this instance.
    pub ca_pem: Option<String>,
    pub enabled: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// What is known of each stored credential field; never the secret.
    pub credential_hints: Vec<CredentialHint>,
    pub instance: Instance,
    pub health: Health,
    pub version: i64,
}

impl Integration {
    /// Whether a link means a scan of the vendor as it is now, and not one of an earlier installation.
    #[must_use]
    pub fn is_home_of(&self, link: &VendorLink) -> bool {
        link.integration_id == self.id && link.incarnation == self.instance.incarnation.as_deref().unwrap_or("")
    }
}

/// What `check` learnt of the vendor instance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Instance {
    /// Identifies the vendor's id space; changes when it is reinstalled.
    pub incarnation: Option<String>,
    pub version: Option<String>,
    /// Product or licence name as the vendor tells it.
    pub licence: Option<String>,
    /// `None` until the first successful check.
    pub capabilities: Option<CapabilitySet>,
}

impl Instance {
    /// What is known after a check. Who told its installation before and does not now was not installed anew: taking
    /// it for another one would make every scan a new one.
    #[must_use]
    pub fn after(&self, checked: Self) -> Self {
        Self { incarnation: checked.incarnation.or_else(|| self.incarnation.clone()), ..checked }
    }
}

/// How the connection is doing: what the console shows beside the integration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Health {
    pub last_success_at: Option<Timestamp>,
    pub last_attempt_at: Option<Timestamp>,
    pub next_poll_at: Option<Timestamp>,
    /// The last time a whole vendor list was compared with the hub.
    pub last_sweep_at: Option<Timestamp>,
    pub next_sweep_at: Option<Timestamp>,
    /// Failures in a row.
    pub error_streak: u32,
    /// Present while something is wrong.
    pub condition: Option<Condition>,
    /// Trouble whose end is still to be told. An edit by a person clears the condition, and not this.
    pub told: Option<ToldTrouble>,
}

impl Health {
    /// Whether a vendor's call makes the integration be looked at before its time. Not while something is wrong: then
    /// the pauses that keep an account from being locked, or that the vendor asked for, go first. And not at once
    /// again: a vendor that calls for every issue of a scan makes one look, not hundreds.
    #[must_use]
    pub fn heeds_a_nudge(&self, rest: Duration, now: Timestamp) -> bool {
        self.condition.is_none() && self.last_attempt_at.is_none_or(|at| now.since(at) >= rest)
    }
}

/// What is wrong and what to do about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    pub kind: ConditionKind,
    pub detail: String,
    pub next_step: String,
    pub since: Timestamp,
}

/// Trouble that notifications have told of; see [`integration_notice`](crate::notification::integration_notice).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldTrouble {
    /// As it was last told.
    pub kind: ConditionKind,
    pub since: Timestamp,
}

/// The kinds of trouble with a vendor, each with its own next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionKind {
    /// DNS, connection refused, no route.
    Unreachable,
    /// Certificate not trusted, wrong name, expired, no common protocol.
    Tls,
    /// Credentials wrong, expired or revoked.
    Authentication,
    /// The account lacks a right, or the licence an API.
    Permission,
    /// The vendor asked to slow down.
    RateLimited,
    Timeout,
    /// The vendor says it is broken or starting (5xx).
    VendorError,
    /// The answer is not what this product sends: a log-in page, cut or malformed data.
    Garbage,
    /// A call that the connector needs is not (or no longer) part of the scanner's API.
    Incompatible,
    /// The network policy of the operator forbids the address.
    AddressRefused,
    /// A list that had many entries came back empty; nothing is concluded from it until it is confirmed.
    SuspiciousEmptyList,
    /// The stored credentials cannot be opened with the hub's key.
    Credentials,
}

impl ConditionKind {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Tls => "tls",
            Self::Authentication => "authentication",
            Self::Permission => "permission",
            Self::RateLimited => "rate_limited",
            Self::Timeout => "timeout",
            Self::VendorError => "vendor_error",
            Self::Garbage => "garbage",
            Self::Incompatible => "incompatible",
            Self::AddressRefused => "address_refused",
            Self::SuspiciousEmptyList => "suspicious_empty_list",
            Self::Credentials => "credentials",
        }
    }

    /// Will not go away by itself: polling slows down until someone changes something.
    #[must_use]
    pub const fn needs_a_person(self) -> bool {
        matches!(
            self,
            Self::Tls
                | Self::Authentication
                | Self::Permission
                | Self::Incompatible
                | Self::AddressRefused
                | Self::Credentials
        )
    }

    /// The scanner cannot be reached or does not work, which may pass.
    #[must_use]
    pub const fn is_an_outage(self) -> bool {
        matches!(self, Self::Unreachable | Self::Timeout | Self::VendorError | Self::Garbage)
    }

    #[must_use]
    pub const fn next_step(self) -> &'static str {
        match self {
            Self::Unreachable => "Check the address and that the scanner is running and reachable from the hub.",
            Self::Tls => "Check the certificate of the scanner; paste its CA certificate if it is signed by your own.",
            Self::Authentication => "Enter new credentials; the present ones are refused.",
            Self::Permission => "Give the account the missing right at the vendor, or use another account.",
            Self::RateLimited => "Nothing to do: polling slows down by itself.",
            Self::Timeout => "Check the load of the scanner; polling continues more slowly.",
            Self::VendorError => "Check the scanner's own status page; polling continues more slowly.",
            Self::Garbage => "Check that the address is the scanner's API and not a proxy or a log-in page.",
            Self::Incompatible => {
                "Compare the scanner's version with those that the connector knows; update one of them."
            }
            Self::AddressRefused => "Ask the operator to allow the address in `[network] allow`, or correct it.",
            Self::SuspiciousEmptyList => "Nothing to do if the scanner really is empty: the next sweep confirms it.",
            Self::Credentials => "Enter the credentials again: they were stored under another key.",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialHint {
    pub name: String,
    pub hint: String,
    pub updated_at: Timestamp,
}

/// A child appliance of an integration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SubScanner {
    pub id: SubScannerId,
    pub company_id: CompanyId,
    pub integration_id: IntegrationId,
    pub external_id: String,
    pub name: String,
    /// The vendor's word.
    pub status: Option<String>,
    pub version: Option<String>,
    pub last_seen_at: Timestamp,
}

/// "Do not adopt this again": written by every deletion of a linked scan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BlockEntry {
    pub id: BlockId,
    pub company_id: CompanyId,
    pub integration_id: IntegrationId,
    pub incarnation: String,
    pub external_scan_id: String,
    /// Name of the scan when it was deleted.
    pub name: String,
    pub created_at: Timestamp,
    pub created_by: Actor,
}

/// The hook that a vendor calls when something happens; one an integration. Its secret is sealed and never read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    pub integration_id: IntegrationId,
    pub company_id: CompanyId,
    /// The last characters of the secret.
    pub hint: String,
    /// When the secret was made.
    pub updated_at: Timestamp,
    /// The last that was proven.
    pub last_delivery_at: Option<Timestamp>,
    /// The last that was not, with the reason, for the integration's owner.
    pub last_refused: Option<RefusedDelivery>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedDelivery {
    pub at: Timestamp,
    pub because: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_that_is_not_told_is_the_one_that_was_known() {
        let told = |incarnation: Option<&str>| Instance {
            incarnation: incarnation.map(str::to_owned),
            version: Some("2".to_owned()),
            ..Instance::default()
        };
        assert_eq!(told(Some("a")).after(told(None)), told(Some("a")));
        assert_eq!(told(Some("a")).after(told(Some("b"))), told(Some("b")));
        assert_eq!(told(None).after(told(Some("b"))), told(Some("b")));
    }

    #[test]
    fn a_nudge_is_heeded_by_a_healthy_integration_that_rested() {
        let at = Timestamp::from_seconds;
        let rest = Duration::from_secs(2);
        let healthy = Health { last_attempt_at: Some(at(100)), ..Health::default() };
        assert!(!healthy.heeds_a_nudge(rest, at(101)) && healthy.heeds_a_nudge(rest, at(102)));
        assert!(Health::default().heeds_a_nudge(rest, at(0)));
        let kind = ConditionKind::RateLimited;
        let condition = Condition { kind, detail: String::new(), next_step: String::new(), since: at(1) };
        assert!(!Health { condition: Some(condition), ..healthy }.heeds_a_nudge(rest, at(1000)));
    }
}
