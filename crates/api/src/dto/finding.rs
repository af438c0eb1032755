//! Findings on the wire.

use std::collections::HashMap;

use scanhelm_core::Timestamp;
use scanhelm_core::compliance::Tag;
use scanhelm_core::finding::approval::Approval;
use scanhelm_core::finding::identity::Identity;
use scanhelm_core::finding::sla;
use scanhelm_core::finding::{self as core, Location};
use scanhelm_core::ids::AssetId;
use scanhelm_hub::findings::{Action, FindingView, Judgement};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::approval::PendingApproval;
use super::asset::Asset;
use super::compliance::ComplianceTag;
use super::finding_history::{HistoryEntry, history};
use super::person::{Members, OwnerWord, Person, choice};
use super::rating::{CveFacts, RiskPart, Scores, Weakness};
use super::relation::{Group, RelatedFinding};
use super::suppression::{SuppressedBy, SuppressedInSource};
use super::words::{FindingState, Severity, SightingState, SlaStanding, Time};
use crate::extract::nullable;

/// One weakness at one location of one asset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Finding {
    id: Uuid,
    title: String,
    /// The worst of its live sightings.
    severity: Severity,
    status: FindingState,
    asset_id: Uuid,
    /// Name of the asset.
    asset: Option<String>,
    /// For people: `443/tcp`, `src/app.py:12`, a URL.
    location: String,
    location_parts: Place,
    cves: Vec<String>,
    cwes: Vec<u32>,
    first_seen_at: Time,
    last_seen_at: Time,
    /// When the hub closed it, if it did.
    resolved_at: Option<Time>,
    /// How many scanners' evidence it rests on.
    sighting_count: u32,
    fingerprint: String,
    /// 0 to 100; what to look at first.
    risk: u8,
    /// Probability of exploitation within 30 days, 0 to 1: the highest of its CVEs.
    epss: Option<f64>,
    /// CISA knows one of its CVEs to be exploited.
    kev: bool,
    /// Absent: the company promises nothing.
    due_at: Option<Time>,
    overdue: bool,
    sla: Option<SlaStanding>,
    /// Who takes care of it.
    owner: Option<Person>,
    /// A judgement of it that waits for a second person.
    pending_approval: Option<PendingApproval>,
    /// The findings that are the same weakness to several scanners, where there are such. Told in lists; in a single
    /// finding see `related`.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<Group>,
}

/// What is told beside findings and is not theirs.
#[derive(Debug)]
pub(crate) struct Surroundings {
    /// The names of those that are not gone.
    pub(crate) assets: HashMap<AssetId, String>,
    pub(crate) members: Members,
    /// By fingerprint.
    pub(crate) pending: HashMap<String, Approval>,
    /// When this is told.
    pub(crate) now: Timestamp,
}

/// Where on the asset; which fields there are depends on `kind`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Place {
    Asset,
    Network { port: u16, protocol: String, service: Option<String> },
    Web { url: String, method: Option<String>, parameter: Option<String> },
    Code { path: String, line: Option<u32>, column: Option<u32>, source: Option<String> },
    Package { purl: String, path: Option<String> },
}

impl From<Location> for Place {
    fn from(location: Location) -> Self {
        match location {
            Location::Asset => Self::Asset,
            Location::Network { port, protocol, service } => Self::Network { port, protocol, service },
            Location::Web { url, method, parameter } => Self::Web { url, method, parameter },
            Location::Code { path, line, column, source } => Self::Code { path, line, column, source },
            Location::Package { purl, path } => Self::Package { purl, path },
        }
    }
}

impl Finding {
    pub(crate) fn new(finding: core::Finding, around: &Surroundings) -> Self {
        let rating = finding.rating;
        let standing = sla::standing(rating.due_at, finding.status, finding.stopped_at, around.now);
        Self {
            asset: around.assets.get(&finding.asset_id).cloned(),
            owner: finding.owner_id.map(|id| Person::of(id, &around.members)),
            pending_approval: around.pending.get(&finding.fingerprint).map(Into::into),
            id: finding.id.0,
            title: finding.title,
            severity: finding.severity.into(),
            status: finding.status.into(),
            asset_id: finding.asset_id.0,
            location: finding.location.label(),
            location_parts: finding.location.into(),
            cves: finding.cves,
            cwes: finding.cwes,
            first_seen_at: finding.first_seen_at.into(),
            last_seen_at: finding.last_seen_at.into(),
            resolved_at: finding.resolved_at.map(Time),
            sighting_count: finding.sighting_count,
            fingerprint: finding.fingerprint,
            risk: rating.risk,
            epss: rating.epss,
            kev: rating.kev,
            due_at: rating.due_at.map(Time),
            overdue: standing == Some(sla::SlaStanding::Overdue),
            sla: standing.map(SlaStanding),
            group: None,
        }
    }

    pub(crate) fn in_group(self, group: Option<Group>) -> Self {
        Self { group, ..self }
    }
}

/// A finding with its evidence, its judgements, and why it is this finding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FindingDetail {
    #[serde(flatten)]
    finding: Finding,
    asset_detail: Option<Asset>,
    /// Of the sighting that speaks for the finding.
    description: Option<String>,
    solution: Option<String>,
    evidence: Option<String>,
    references: Vec<String>,
    sightings: Vec<Sighting>,
    /// Judgements, changes of the owner and approvals, newest first.
    history: Vec<HistoryEntry>,
    fingerprint_explained: Vec<FingerprintPart>,
    /// The rule that suppresses it, if one does. What the scanned project says stands at the sightings.
    suppressed_by: Option<SuppressedBy>,
    /// The other findings that are the same weakness to other scanners, with the reason for each.
    related: Vec<RelatedFinding>,
    /// What the risk score is the sum of, by what is known now.
    risk_parts: Vec<RiskPart>,
    /// What the feeds say of its CVEs.
    cve_facts: Vec<CveFacts>,
    /// CVSS, what the scanners said and what follows from the vectors kept apart.
    scores: Vec<Scores>,
    /// Its CWEs with their names, where they are known.
    weaknesses: Vec<Weakness>,
    /// Requirements that its CWEs, or those that its scanners' rules are about, speak against.
    compliance: Vec<ComplianceTag>,
}

/// One scanner's evidence.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sighting {
    id: Uuid,
    /// `integration:<id>` or `scanner:<name>`.
    source: String,
    scanner: String,
    rule_id: String,
    /// The scanner's own stable reference.
    scanner_ref: String,
    title: String,
    severity: Severity,
    state: SightingState,
    scan_id: Uuid,
    run_id: Uuid,
    first_seen_at: Time,
    last_seen_at: Time,
    /// The scanner was logged in on the asset.
    authenticated: bool,
    /// Description, solution, evidence and scores as the scanner gave them.
    #[schema(value_type = Object)]
    detail: Value,
    /// The scanned project suppresses it; a finding of which all evidence is suppressed so is `suppressed`.
    suppressed: Option<SuppressedInSource>,
}

impl From<core::Sighting> for Sighting {
    fn from(sighting: core::Sighting) -> Self {
        Self {
            id: sighting.id.0,
            source: sighting.source.0,
            scanner: sighting.scanner,
            rule_id: sighting.rule_id,
            scanner_ref: sighting.scanner_ref,
            title: sighting.title,
            severity: sighting.severity.into(),
            state: sighting.state.into(),
            scan_id: sighting.scan_id.0,
            run_id: sighting.run_id.0,
            first_seen_at: sighting.first_seen_at.into(),
            last_seen_at: sighting.last_seen_at.into(),
            authenticated: sighting.authenticated,
            detail: sighting.detail,
            suppressed: sighting.suppressed.map(Into::into),
        }
    }
}

/// A part of what makes two records the same finding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FingerprintPart {
    part: &'static str,
    value: String,
    why: &'static str,
}

impl FindingDetail {
    pub(crate) fn new(view: FindingView, now: Timestamp) -> Self {
        // The sighting that gave the finding its title speaks for it; any other would contradict the headline.
        let speaker = view
            .sightings
            .iter()
            .find(|sighting| sighting.title == view.finding.title)
            .or_else(|| view.sightings.first())
            .map(|sighting| &sighting.detail);
        let text = |name: &str| speaker?.get(name)?.as_str().map(str::to_owned);
        let (description, solution, evidence) = (text("description"), text("solution"), text("evidence"));
        let references = speaker.and_then(|detail| detail.get("references")?.as_array());
        let references =
            references.into_iter().flatten().filter_map(|reference| reference.as_str().map(str::to_owned)).collect();
        let rules = view.sightings.iter().map(|sighting| (sighting.scanner.as_str(), sighting.rule_id.as_str()));
        let compliance = Tag::of(&view.finding.cwes, rules).into_iter().map(Into::into).collect();
        let history = history(&view);
        let risk = view.risk.score;
        let mut finding = Finding::new(view.finding.clone(), &surroundings(&view, now));
        // The parts are by what is known now; so is their sum.
        finding.risk = risk;
        Self {
            suppressed_by: view.suppression.map(|rule| SuppressedBy::new(rule, &view.members)),
            risk_parts: view.risk.parts.into_iter().map(RiskPart::from).collect(),
            scores: Scores::of(&view.sightings, &view.facts),
            cve_facts: view.facts.into_iter().map(|(cve, facts)| CveFacts::new(cve, facts)).collect(),
            weaknesses: Weakness::named(&finding.cwes, &view.cwe_names),
            compliance,
            description,
            solution,
            evidence,
            references,
            history,
            fingerprint_explained: view.identity.map(explained).unwrap_or_default(),
            finding,
            asset_detail: view.asset.map(Into::into),
            sightings: view.sightings.into_iter().map(Into::into).collect(),
            related: view.related.into_iter().map(Into::into).collect(),
        }
    }
}

fn surroundings(view: &FindingView, now: Timestamp) -> Surroundings {
    let asset = view.asset.as_ref().map(|asset| asset.name.clone());
    let pending = view.approvals.iter().find(|(_, row)| row.outcome.is_none());
    Surroundings {
        assets: asset.map(|name| (view.finding.asset_id, name)).into_iter().collect(),
        members: view.members.clone(),
        pending: pending.map(|(approval, row)| (row.fingerprint.clone(), approval.clone())).into_iter().collect(),
        now,
    }
}

fn explained(identity: Identity) -> Vec<FingerprintPart> {
    let part = |part, value, why| FingerprintPart { part, value, why };
    vec![
        part("version", identity.version.to_string(), "The rule by which the parts below are chosen."),
        part("asset", identity.asset, "The strongest thing by which every scanner can know the asset."),
        part("weakness", identity.weakness, "The CVEs if there are any, else the scanner's rule."),
        part("location", identity.location, "Where on the asset, without what an edit elsewhere would change."),
        part("ordinal", identity.ordinal.to_string(), "Tells equal records of one report apart; 0 is the first."),
    ]
}

/// A judgement to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transition {
    to: FindingState,
    /// Required for everything that takes the finding out of the queue.
    #[serde(default)]
    reason: String,
    /// Until when `risk_accepted`, `false_positive` or `duplicate` stands.
    #[serde(default)]
    expires_at: Option<Time>,
    /// The new owner; `null` for nobody. Absent: it keeps the one it has.
    #[serde(default, deserialize_with = "nullable")]
    owner: Option<Option<OwnerWord>>,
}

impl From<Transition> for Action {
    fn from(transition: Transition) -> Self {
        let Transition { to, reason, expires_at, owner } = transition;
        let judgement = Judgement { to: to.0, reason, expires_at: expires_at.map(|time| time.0) };
        Self { owner: choice(owner), ..judgement.into() }
    }
}

/// Only what is given changes.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindingPatch {
    /// The new owner; `null` for nobody.
    #[serde(default, deserialize_with = "nullable")]
    owner: Option<Option<OwnerWord>>,
}

impl From<FindingPatch> for Action {
    fn from(patch: FindingPatch) -> Self {
        Self { owner: choice(patch.owner), ..Self::default() }
    }
}

/// Which judgements people may make.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FindingStates {
    pub(crate) states: Vec<FindingState>,
    pub(crate) transitions: Vec<StateTransition>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StateTransition {
    pub(crate) from: FindingState,
    pub(crate) to: FindingState,
    /// Whether a reason must be given.
    pub(crate) needs_reason: bool,
    /// Whether it can be given an end.
    pub(crate) may_expire: bool,
}
