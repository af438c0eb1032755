//! Reading findings and judging them. A verdict is kept on the fingerprint, so that it outlives scans and findings.

use scanhelm_core::asset::Asset;
use scanhelm_core::finding::identity::Identity;
use scanhelm_core::finding::{Finding, FindingState, Sighting, may_transition};
use scanhelm_core::ids::{AssetId, FindingId};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::text::clean;
use scanhelm_core::{Error, ErrorCode, Result, SeverityCounts, Timestamp};
use scanhelm_store::{FindingFilter, Verdict};
use serde_json::json;

use crate::Hub;

/// Use cases about findings and assets.
#[derive(Clone, Copy, Debug)]
pub struct Findings<'hub> {
    pub(crate) hub: &'hub Hub,
}

/// A finding with its evidence and the parts of its fingerprint.
#[derive(Clone, Debug)]
pub struct FindingView {
    pub finding: Finding,
    pub asset: Option<Asset>,
    pub sightings: Vec<Sighting>,
    /// The readable parts that were hashed.
    pub identity: Option<Identity>,
    pub triage: Vec<Verdict>,
}

impl Findings<'_> {
    pub async fn list(&self, grant: &Grant, filter: &FindingFilter, page: &PageRequest) -> Result<Page<Finding>> {
        grant.require(Permission::FindingRead)?;
        self.hub.store().list_findings(grant.company, filter, page).await
    }

    pub async fn counts(&self, grant: &Grant, filter: &FindingFilter) -> Result<SeverityCounts> {
        grant.require(Permission::FindingRead)?;
        self.hub.store().finding_counts(grant.company, filter).await
    }

    pub async fn get(&self, grant: &Grant, id: FindingId) -> Result<FindingView> {
        grant.require(Permission::FindingRead)?;
        let store = self.hub.store();
        let finding = store.finding(grant.company, id).await?.ok_or_else(Error::not_found)?;
        let asset = store.asset(grant.company, finding.asset_id).await?;
        let sightings = store.sightings(grant.company, id).await?;
        let triage = store.triage_history(grant.company, &finding.fingerprint).await?;
        let identity = store.finding_identity(grant.company, id).await?;
        Ok(FindingView { finding, asset, sightings, identity, triage })
    }

    /// A person's judgement. `reason` is required for everything that takes a finding out of the queue.
    pub async fn transition(
        &self,
        grant: &Grant,
        id: FindingId,
        to: FindingState,
        reason: &str,
        expires_at: Option<Timestamp>,
    ) -> Result<FindingView> {
        grant.require(Permission::FindingRead)?;
        let finding = self.hub.store().finding(grant.company, id).await?.ok_or_else(Error::not_found)?;
        grant.require(Permission::FindingTriage)?;
        if !may_transition(finding.status, to) {
            return Err(Error::new(
                ErrorCode::NotPossibleInState,
                format!("A finding that is {} cannot become {to}.", finding.status),
            ));
        }
        let reason = clean(reason.trim(), 4000);
        if reason.is_empty() && !matches!(to, FindingState::Open | FindingState::InProgress) {
            return Err(Error::field("reason", "required", "Say why: whoever finds this later will ask."));
        }
        let now = self.hub.now();
        let verdict = Verdict {
            fingerprint: finding.fingerprint.clone(),
            state: to,
            reason: Some(reason).filter(|reason| !reason.is_empty()),
            actor: grant.actor,
            at: now,
            expires_at,
        };
        let transaction = self.hub.store().begin().await?;
        transaction.upsert_triage(grant.company, &verdict).await?;
        transaction.set_finding_status(&[(id, to, to.is_resolved().then_some(now))]).await?;
        let detail = json!({"from": finding.status.as_str(), "to": to.as_str()});
        transaction
            .append_audit(&self.hub.audit_entry(grant, "finding.transition", format!("finding/{id}"), detail))
            .await?;
        transaction.commit().await?;
        self.get(grant, id).await
    }

    pub async fn assets(&self, grant: &Grant, page: &PageRequest) -> Result<Page<Asset>> {
        grant.require(Permission::AssetRead)?;
        self.hub.store().assets(grant.company, page).await
    }

    pub async fn asset(&self, grant: &Grant, id: AssetId) -> Result<Asset> {
        grant.require(Permission::AssetRead)?;
        self.hub.store().asset(grant.company, id).await?.ok_or_else(Error::not_found)
    }
}
