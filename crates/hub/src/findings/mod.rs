//! Reading findings, judging them, and giving them out. Verdicts, owners and comments are kept on the fingerprint, so
//! that they outlive scans and findings.

mod approvals;
mod bulk;
mod comments;
mod expiry;
mod export;
mod judgement;
mod relation;
mod standing;
mod verdicts;

use std::collections::{BTreeMap, HashMap};

pub(crate) use approvals::{APPROVAL_JOB, run_approval};
pub use approvals::{ApprovalRow, ApprovalView, PolicyChange, PolicyView};
pub(crate) use bulk::{JUDGE_JOB, abandon, run_judging};
pub use bulk::{OrderedJudging, Selection};
pub(crate) use expiry::end_what_ran_out;
pub(crate) use export::AT_ONCE as EXPORTS_AT_ONCE;
pub use export::{Export, Output};
pub use judgement::{Action, Judgement, OwnerChoice};
pub use relation::{Compared, ComparedPart, Outcome as ComparisonOutcome, Related};
pub(crate) use relation::{relate, relate_due};
use scanhelm_core::asset::Asset;
use scanhelm_core::company::User;
use scanhelm_core::compliance::Tag;
use scanhelm_core::feed::CveFacts;
use scanhelm_core::finding::approval::Approval;
use scanhelm_core::finding::identity::Identity;
use scanhelm_core::finding::risk::Risk;
use scanhelm_core::finding::suppression::Rule;
use scanhelm_core::finding::verdict::Verdict;
use scanhelm_core::finding::{Finding, Sighting};
use scanhelm_core::ids::{FindingId, UserId};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::permission::{Grant, Permission, Role};
use scanhelm_core::{Error, Result, SeverityCounts};
pub use scanhelm_store::GroupSize;
use scanhelm_store::{ApprovalFinding, FindingFilter, OwnerChange};
pub use standing::Standing;
pub use verdicts::FingerprintState;

use crate::Hub;

/// Use cases about findings.
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
    /// Newest first, as are the next two.
    pub triage: Vec<Verdict>,
    pub owners: Vec<OwnerChange>,
    pub approvals: Vec<(Approval, ApprovalFinding)>,
    /// Those of the people above who are members of the company.
    pub members: HashMap<UserId, User>,
    /// The other findings that are the same weakness to other scanners.
    pub related: Vec<Related>,
    /// What the feeds say of its CVEs, by CVE; those of which they say nothing are missing.
    pub facts: BTreeMap<String, CveFacts>,
    /// The risk score with its parts, by what is known now.
    pub risk: Risk,
    /// The rule that suppresses it, if one does and is still there.
    pub suppression: Option<Rule>,
    /// Names of its CWEs, where they are known.
    pub cwe_names: HashMap<u32, String>,
}

impl Findings<'_> {
    pub async fn list(&self, grant: &Grant, filter: &FindingFilter, page: &PageRequest) -> Result<Page<Finding>> {
        grant.require(Permission::FindingRead)?;
        self.hub.store().list_findings(grant.company, &filter.at(self.hub.now()), page).await
    }

    pub async fn counts(&self, grant: &Grant, filter: &FindingFilter) -> Result<SeverityCounts> {
        grant.require(Permission::FindingRead)?;
        self.hub.store().finding_counts(grant.company, &filter.at(self.hub.now())).await
    }

    /// How many of them carry each tag, in the order of the catalogues.
    pub async fn compliance(&self, grant: &Grant, filter: &FindingFilter) -> Result<Vec<(Tag, u64)>> {
        grant.require(Permission::FindingRead)?;
        self.hub.store().finding_compliance(grant.company, &filter.at(self.hub.now())).await
    }

    pub async fn get(&self, grant: &Grant, id: FindingId) -> Result<FindingView> {
        grant.require(Permission::FindingRead)?;
        let store = self.hub.store();
        let finding = store.finding(grant.company, id).await?.ok_or_else(Error::not_found)?;
        let asset = store.asset(grant.company, finding.asset_id).await?;
        let sightings = store.sightings(grant.company, id).await?;
        let triage = store.triage_history(grant.company, &finding.fingerprint).await?;
        let owners = store.owner_history(grant.company, &finding.fingerprint).await?;
        let approvals = store.approval_history(grant.company, &finding.fingerprint).await?;
        let identity = store.finding_identity(grant.company, id).await?;
        let suppression = match finding.suppression_rule_id {
            Some(rule) => store.suppression_rule(grant.company, rule).await?,
            None => None,
        };
        let people = owners.iter().filter_map(|change| change.owner_id);
        let people: Vec<UserId> = people.chain(suppression.as_ref().map(|rule| rule.owner_id)).collect();
        let members = store.members_of(grant.company, &people).await?;
        let related = self.related(grant, id).await?;
        let facts: BTreeMap<_, _> = store.cve_facts(&finding.cves).await?.into_iter().collect();
        let rated = store.rated(grant.company, &[id]).await?.into_iter().next().ok_or_else(Error::not_found)?;
        let risk = rated.finding.explain(facts.values());
        let cwe_names = store.cwe_names(&finding.cwes).await?;
        Ok(FindingView {
            finding,
            asset,
            sightings,
            identity,
            triage,
            owners,
            approvals,
            members,
            related,
            facts,
            risk,
            suppression,
            cwe_names,
        })
    }

    /// The judgements that wait for a second person, by fingerprint.
    pub async fn pending(&self, grant: &Grant, fingerprints: &[String]) -> Result<HashMap<String, Approval>> {
        grant.require(Permission::FindingRead)?;
        self.hub.store().open_approvals_of(grant.company, fingerprints).await
    }

    /// Those of the users who are members of the caller's company: nobody learns anything of others.
    pub async fn members(&self, grant: &Grant, users: &[UserId]) -> Result<HashMap<UserId, User>> {
        grant.require(Permission::FindingRead)?;
        self.hub.store().members_of(grant.company, users).await
    }

    /// Everybody who can own a finding, be mentioned, or decide a request.
    pub async fn everybody(&self, grant: &Grant) -> Result<Vec<(User, Role)>> {
        grant.require(Permission::FindingRead)?;
        self.hub.store().users(grant.company).await
    }

    /// The person who asks: whoever is logged in, or has made the key.
    pub async fn person(&self, grant: &Grant) -> Result<Option<UserId>> {
        self.hub.store().person_behind(grant.company, grant.actor).await
    }
}
