//! A company's configured connection to one vendor instance, and how it is doing.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::capability::CapabilitySet;
use crate::ids::{BlockId, CompanyId, IntegrationId, SubScannerId};
use crate::permission::Actor;

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
}

/// What is wrong and what to do about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    pub kind: ConditionKind,
    pub detail: String,
    pub next_step: String,
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
            Self::AddressRefused => "address_refused",
            Self::SuspiciousEmptyList => "suspicious_empty_list",
            Self::Credentials => "credentials",
        }
    }

    /// Will not go away by itself: polling slows down until someone changes something.
    #[must_use]
    pub const fn needs_a_person(self) -> bool {
        matches!(self, Self::Tls | Self::Authentication | Self::Permission | Self::AddressRefused | Self::Credentials)
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
