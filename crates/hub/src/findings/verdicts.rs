//! Judgements by fingerprint: those of findings that are gone, and of findings that are not there yet.

use scanhelm_core::finding::Finding;
use scanhelm_core::finding::approval::Approval;
use scanhelm_core::finding::verdict::Verdict;
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::{Error, ErrorCode, Result};
use scanhelm_store::VerdictFilter;
use serde_json::json;

use super::Findings;
use super::judgement::{Judgement, Subject};

/// What stands of a fingerprint.
#[derive(Clone, Debug)]
pub struct FingerprintState {
    pub fingerprint: String,
    pub verdict: Option<Verdict>,
    pub finding: Option<Finding>,
    /// A judgement of it that waits for a second person.
    pub pending: Option<Approval>,
}

impl Findings<'_> {
    /// The last judgements of all fingerprints, whether there is a finding or not.
    pub async fn verdicts(&self, grant: &Grant, filter: &VerdictFilter, page: &PageRequest) -> Result<Page<Verdict>> {
        grant.require(Permission::FindingRead)?;
        self.hub.store().verdicts(grant.company, filter, page).await
    }

    /// Judges a fingerprint, also one that nobody has seen yet: the finding will then appear in this state.
    pub async fn judge_fingerprint(
        &self,
        grant: &Grant,
        fingerprint: &str,
        judgement: Judgement,
    ) -> Result<FingerprintState> {
        grant.require(Permission::FindingRead)?;
        grant.require(Permission::FindingTriage)?;
        if fingerprint.len() != 64 || !fingerprint.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(Error::not_found());
        }
        let to = judgement.to;
        let (order, request) = self.settled(grant, judgement.into()).await?;
        let transaction = self.hub.store().begin().await?;
        transaction.take_import_turn(grant.company).await?;
        let finding = transaction.finding_by_fingerprint(grant.company, fingerprint).await?;
        let title = finding.as_ref().map_or_else(|| fingerprint.to_owned(), |finding| finding.title.clone());
        let standing = transaction.triage(grant.company, fingerprint).await?;
        let from = match (&finding, &standing) {
            (Some(finding), _) => Some(finding.status),
            (None, verdict) => verdict.as_ref().map(|verdict| verdict.state),
        };
        if from == Some(to) {
            let detail = format!("It is {to} already. Open it first, then judge it anew.");
            return Err(Error::new(ErrorCode::NotPossibleInState, detail));
        }
        let subject = Subject { fingerprint: fingerprint.to_owned(), finding };
        self.judge_one(&transaction, grant, &order, request, subject, &title).await?;
        let detail = json!({
            "from": from.map(scanhelm_core::finding::FindingState::as_str), "to": to.as_str(),
            "approval_id": order.approval,
        });
        let target = format!("fingerprint/{fingerprint}");
        transaction.append_audit(&self.hub.audit_entry(grant, "finding.transition", target, detail)).await?;
        transaction.commit().await?;
        self.hub.committed();
        self.fingerprint(grant, fingerprint).await
    }

    async fn fingerprint(&self, grant: &Grant, fingerprint: &str) -> Result<FingerprintState> {
        let store = self.hub.store();
        let fingerprints = [fingerprint.to_owned()];
        Ok(FingerprintState {
            fingerprint: fingerprint.to_owned(),
            verdict: store.triage(grant.company, fingerprint).await?,
            finding: store.finding_by_fingerprint(grant.company, fingerprint).await?,
            pending: store.open_approvals_of(grant.company, &fingerprints).await?.remove(fingerprint),
        })
    }
}
