//! Reading findings and judging them. A verdict is kept on the fingerprint, so that it outlives scans and findings.

mod bulk;
mod judgement;
mod relation;

pub(crate) use bulk::{JUDGE_JOB, run_judging};
pub use bulk::{OrderedJudging, Selection};
pub use judgement::Judgement;
pub use relation::{Compared, ComparedPart, Outcome as ComparisonOutcome, Related};
pub(crate) use relation::{relate, relate_due};
use scanhelm_core::asset::Asset;
use scanhelm_core::finding::identity::Identity;
use scanhelm_core::finding::{Finding, Sighting};
use scanhelm_core::ids::{AssetId, FindingId};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::{Error, Result, SeverityCounts};
pub use scanhelm_store::GroupSize;
use scanhelm_store::{FindingFilter, Verdict};

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
    /// The other findings that are the same weakness to other scanners.
    pub related: Vec<Related>,
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
        let related = self.related(grant, id).await?;
        Ok(FindingView { finding, asset, sightings, identity, triage, related })
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
