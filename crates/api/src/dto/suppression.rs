//! Suppression rules on the wire.

use scanhelm_core::finding::suppression as core;
use scanhelm_core::ids::AssetId;
use scanhelm_core::local::suppression::Suppressed;
use scanhelm_hub::findings::OwnerChoice;
use scanhelm_hub::suppression as hub;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::approval::FindingBrief;
use super::person::{OwnerWord, Person, choice};
use super::words::{Severity, SuppressionRuleState, Time, actor};
use crate::extract::Versioned;

/// What a rule matches: all conditions that are given hold together, a list when one of its entries does. Patterns have
/// `*` for any text; upper and lower case are the same.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SuppressionExpression {
    /// Every scanner that sees it is one of these products.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scanners: Vec<String>,
    /// Every scanner that sees it does so by one of these rules. Patterns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<String>,
    /// It has CVEs, and each is one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cves: Vec<String>,
    /// It has one of these weaknesses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cwes: Vec<u32>,
    /// It is no worse.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_severity: Option<Severity>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    asset_ids: Vec<Uuid>,
    /// Its asset has one of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    asset_tags: Vec<String>,
    /// Pattern of the asset's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    asset_name: Option<String>,
    /// Pattern of a path, a URL, or a port such as `443/tcp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    /// The title holds this text.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// Pattern of a package URL, or of the name of a package.
    #[serde(skip_serializing_if = "Option::is_none")]
    package: Option<String>,
}

impl From<core::Expression> for SuppressionExpression {
    fn from(expression: core::Expression) -> Self {
        Self {
            scanners: expression.scanners,
            rules: expression.rules,
            cves: expression.cves,
            cwes: expression.cwes,
            max_severity: expression.max_severity.map(Into::into),
            asset_ids: expression.asset_ids.into_iter().map(|id| id.0).collect(),
            asset_tags: expression.asset_tags,
            asset_name: expression.asset_name,
            location: expression.location,
            title: expression.title,
            package: expression.package,
        }
    }
}

impl From<SuppressionExpression> for core::Expression {
    fn from(expression: SuppressionExpression) -> Self {
        Self {
            scanners: expression.scanners,
            rules: expression.rules,
            cves: expression.cves,
            cwes: expression.cwes,
            max_severity: expression.max_severity.map(|severity| severity.0),
            asset_ids: expression.asset_ids.into_iter().map(AssetId).collect(),
            asset_tags: expression.asset_tags,
            asset_name: expression.asset_name,
            location: expression.location,
            title: expression.title,
            package: expression.package,
        }
    }
}

/// Takes the findings that match out of the queue, until a day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SuppressionRule {
    id: Uuid,
    company_id: Uuid,
    name: String,
    expression: SuppressionExpression,
    reason: String,
    /// Who answers for it.
    owner: Person,
    /// From then on it is over.
    expires_at: Time,
    enabled: bool,
    state: SuppressionRuleState,
    /// How many findings it suppresses.
    suppressed: u64,
    approved_by: Option<String>,
    approved_at: Option<Time>,
    created_by: String,
    created_at: Time,
    updated_at: Time,
    /// For `If-Match`.
    version: i64,
}

impl From<hub::RuleView> for SuppressionRule {
    fn from(view: hub::RuleView) -> Self {
        let hub::RuleView { rule, state, suppressed, members } = view;
        Self {
            id: rule.id.0,
            company_id: rule.company_id.0,
            name: rule.name,
            expression: rule.expression.into(),
            reason: rule.reason,
            owner: Person::of(rule.owner_id, &members),
            expires_at: rule.expires_at.into(),
            enabled: rule.enabled,
            state: state.into(),
            suppressed,
            approved_by: rule.approved_by.map(actor),
            approved_at: rule.approved_at.map(Time),
            created_by: actor(rule.created_by),
            created_at: rule.created_at.into(),
            updated_at: rule.updated_at.into(),
            version: rule.version,
        }
    }
}

impl Versioned for SuppressionRule {
    fn version(&self) -> i64 {
        self.version
    }
}

/// Why a finding is suppressed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SuppressedBy {
    id: Uuid,
    name: String,
    reason: String,
    /// Who answers for it.
    owner: Person,
    /// Until when.
    expires_at: Time,
}

impl SuppressedBy {
    pub(crate) fn new(rule: core::Rule, members: &super::person::Members) -> Self {
        let owner = Person::of(rule.owner_id, members);
        Self { id: rule.id.0, name: rule.name, reason: rule.reason, owner, expires_at: rule.expires_at.into() }
    }
}

/// What a scanned project says of a finding in its own files.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SuppressedInSource {
    /// `inline` (a comment in the source), `config` (a rule in `.scanhelm.toml`) or `baseline`.
    by: &'static str,
    /// In the words of whoever wrote the comment or the rule.
    reason: Option<String>,
    owner: Option<String>,
}

impl From<Suppressed> for SuppressedInSource {
    fn from(suppressed: Suppressed) -> Self {
        Self { by: suppressed.by.as_str(), reason: suppressed.reason, owner: suppressed.owner }
    }
}

/// A rule to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSuppressionRule {
    name: String,
    expression: SuppressionExpression,
    /// Whoever finds a suppressed finding later will ask.
    reason: String,
    /// You, when left out.
    owner: Option<OwnerWord>,
    /// From then on it is over.
    expires_at: Time,
    /// `true` when left out.
    enabled: Option<bool>,
}

impl From<NewSuppressionRule> for hub::NewRule {
    fn from(new: NewSuppressionRule) -> Self {
        let NewSuppressionRule { name, expression, reason, owner, expires_at, enabled } = new;
        Self {
            name,
            expression: expression.into(),
            reason,
            owner: choice(owner.map(Some)).unwrap_or(OwnerChoice::Caller),
            expires_at: expires_at.0,
            enabled: enabled.unwrap_or(true),
        }
    }
}

/// What may be changed of a rule. What is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuppressionRulePatch {
    name: Option<String>,
    /// As a whole.
    expression: Option<SuppressionExpression>,
    reason: Option<String>,
    owner: Option<OwnerWord>,
    expires_at: Option<Time>,
    enabled: Option<bool>,
}

impl From<SuppressionRulePatch> for hub::RuleChange {
    fn from(patch: SuppressionRulePatch) -> Self {
        let SuppressionRulePatch { name, expression, reason, owner, expires_at, enabled } = patch;
        Self {
            name,
            expression: expression.map(Into::into),
            reason,
            owner: choice(owner.map(Some)),
            expires_at: expires_at.map(|time| time.0),
            enabled,
        }
    }
}

/// An expression to be tried.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuppressionTrial {
    expression: SuppressionExpression,
}

impl From<SuppressionTrial> for core::Expression {
    fn from(trial: SuppressionTrial) -> Self {
        trial.expression.into()
    }
}

/// What an expression would suppress now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SuppressionPreview {
    /// Of the findings that were looked at.
    matched: u64,
    looked_at: u64,
    /// All open findings were looked at.
    complete: bool,
    /// The first few.
    findings: Vec<FindingBrief>,
}

impl From<hub::Preview> for SuppressionPreview {
    fn from(preview: hub::Preview) -> Self {
        let hub::Preview { matched, looked_at, complete, findings } = preview;
        Self { matched, looked_at, complete, findings: findings.into_iter().map(FindingBrief::from).collect() }
    }
}
