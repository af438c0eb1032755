//! What a batch of findings is rated by, looked up at once.

use std::collections::{BTreeSet, HashMap};

use scanhelm_core::Result;
use scanhelm_core::asset::Criticality;
use scanhelm_core::feed::CveFacts;
use scanhelm_core::finding::Rating;
use scanhelm_core::finding::rating::RatedFinding;
use scanhelm_core::finding::sla::SlaPolicy;
use scanhelm_core::ids::{AssetId, CompanyId, FindingId};
use scanhelm_store::{RatedRow, Reader, Transaction};

#[derive(Debug, Default)]
pub(crate) struct Basis {
    facts: HashMap<String, CveFacts>,
    criticality: HashMap<AssetId, Criticality>,
    policy: SlaPolicy,
}

impl Basis {
    /// Inside an import's transaction after it has taken the company's turn, so that a change of what findings are rated
    /// by is either seen here or finds these findings written.
    pub(crate) async fn load<'a>(
        reader: &Reader,
        company: CompanyId,
        cves: impl Iterator<Item = &'a String>,
        assets: &[AssetId],
    ) -> Result<Self> {
        let cves: Vec<String> = cves.collect::<BTreeSet<_>>().into_iter().cloned().collect();
        let facts = reader.cve_facts(&cves).await?;
        let criticality = if assets.is_empty() { Vec::new() } else { reader.criticality_of(company, assets).await? };
        let policy = reader.sla_policy(company).await?.map(|row| row.policy).unwrap_or_default();
        Ok(Self { facts, criticality: criticality.into_iter().collect(), policy })
    }

    pub(crate) fn criticality(&self, asset: AssetId) -> Criticality {
        self.criticality.get(&asset).copied().unwrap_or_default()
    }

    pub(crate) fn rate(&self, finding: &RatedFinding, cves: &[String]) -> Rating {
        finding.rate(cves.iter().filter_map(|cve| self.facts.get(cve)), &self.policy)
    }

    /// Of these rows those whose rating is another now.
    pub(crate) fn changed(&self, rows: &[RatedRow]) -> Vec<(FindingId, Rating)> {
        rows.iter()
            .map(|row| (row, self.rate(&row.finding, &row.cves)))
            .filter(|(row, rating)| row.rating != *rating)
            .map(|(row, rating)| (row.id, rating))
            .collect()
    }
}

/// Rates known findings anew, within the transaction that changed what they are rated by.
pub(crate) async fn rate_again(transaction: &Transaction, company: CompanyId, ids: &[FindingId]) -> Result<u64> {
    if ids.is_empty() {
        return Ok(0);
    }
    let rows = transaction.rated(company, ids).await?;
    let basis = Basis::load(transaction, company, rows.iter().flat_map(|row| &row.cves), &[]).await?;
    let changed = basis.changed(&rows);
    transaction.write_ratings(&changed).await?;
    Ok(changed.len() as u64)
}
