//! Findings that are one weakness to several scanners: grouping them, and saying why two are or are not one.
//!
//! Groups are computed from the findings of an asset alone, whichever came first. An import does it at its end for what
//! it changed; what it or a deletion left to do is a condition in the database that the loop finds.

use std::collections::HashMap;

use scanhelm_core::asset::Asset;
use scanhelm_core::finding::Finding;
use scanhelm_core::finding::identity::{self, Identity};
use scanhelm_core::finding::relation::{Candidate, ReportedRule, compare, groups};
use scanhelm_core::finding::verdict::Verdict;
use scanhelm_core::ids::{AssetId, CompanyId, FindingId};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::{Error, Result};

use super::{Findings, GroupSize};
use crate::Hub;
use crate::failpoint;

/// Assets of one transaction.
const AT_ONCE: u32 = 200;

/// Groups the findings of the company's assets that are due, now or later.
pub(crate) async fn relate(hub: &Hub, company: CompanyId) -> Result<u64> {
    let mut related = 0;
    loop {
        let transaction = hub.store().begin().await?;
        let assets = transaction.take_relation_due(company, AT_ONCE).await?;
        if assets.is_empty() {
            return Ok(related);
        }
        let several = transaction.assets_of_several_scanners(company, &assets).await?;
        let alone: Vec<AssetId> =
            assets.iter().filter(|asset| several.binary_search(asset).is_err()).copied().collect();
        transaction.clear_relation_groups(&alone).await?;
        let mut changed = Vec::new();
        for asset in several {
            let findings = transaction.findings_to_relate(company, asset).await?;
            let (mut candidates, mut before) = (Vec::with_capacity(findings.len()), Vec::with_capacity(findings.len()));
            for finding in findings {
                candidates.push(finding.candidate);
                before.push((finding.id, finding.group));
            }
            let mut now: HashMap<usize, &str> = HashMap::new();
            for group in groups(&candidates) {
                // The first is the least.
                let name =
                    group.first().and_then(|first| candidates.get(*first)).map(|first| first.fingerprint.as_str());
                now.extend(
                    group.into_iter().zip(std::iter::repeat(name)).filter_map(|(index, name)| Some((index, name?))),
                );
            }
            for (index, (id, group)) in before.into_iter().enumerate() {
                let name = now.get(&index).copied();
                if group.as_deref() != name {
                    changed.push((id, name.map(str::to_owned)));
                }
            }
        }
        transaction.set_relation_groups(&changed).await?;
        failpoint::hit("import.relating.before_commit").await;
        transaction.commit().await?;
        failpoint::hit("import.relating.after_commit").await;
        related += assets.len() as u64;
    }
}

/// The same for every company in which somebody should have done it by now.
pub(crate) async fn relate_due(hub: &Hub) -> Result<u64> {
    let mut related = 0;
    for company in hub.store().companies_with_relation_due(hub.now()).await? {
        related += relate(hub, company).await?;
    }
    Ok(related)
}

/// Another finding of a group.
#[derive(Clone, Debug)]
pub struct Related {
    pub finding: Finding,
    pub rules: Vec<ReportedRule>,
    /// Why it is the same weakness as the finding that was asked for; a part of a sentence.
    pub reason: String,
    /// What a person decided about this one. It holds for no other.
    pub verdict: Option<Verdict>,
}

/// What two findings are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// One and the same row.
    SameFinding,
    /// Two rows of one group.
    SameWeakness,
    Different,
}

/// Two findings part by part.
#[derive(Clone, Debug)]
pub struct Compared {
    pub outcome: Outcome,
    /// A sentence for people.
    pub words: String,
    pub parts: Vec<ComparedPart>,
}

/// What one part is in each of the two.
#[derive(Clone, Debug)]
pub struct ComparedPart {
    pub part: &'static str,
    pub one: String,
    pub other: String,
    pub equal: bool,
}

impl Findings<'_> {
    /// The other findings of its group, by fingerprint.
    pub(super) async fn related(&self, grant: &Grant, id: FindingId) -> Result<Vec<Related>> {
        let store = self.hub.store();
        let members = store.related_to(grant.company, id).await?;
        let Some(own) = members.iter().find(|member| member.id == id).map(|member| member.candidate.clone()) else {
            return Ok(Vec::new());
        };
        let others: Vec<_> = members.into_iter().filter(|member| member.id != id).collect();
        if others.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<FindingId> = others.iter().map(|member| member.id).collect();
        let mut findings: HashMap<FindingId, Finding> =
            store.findings_of(grant.company, &ids).await?.into_iter().map(|finding| (finding.id, finding)).collect();
        let fingerprints: Vec<String> = others.iter().map(|member| member.candidate.fingerprint.clone()).collect();
        let mut verdicts = store.triage_of(grant.company, &fingerprints).await?;
        let related = others.into_iter().filter_map(|member| {
            Some(Related {
                finding: findings.remove(&member.id)?,
                reason: compare(&own, &member.candidate)
                    .map_or_else(|difference| difference.to_string(), |tie| tie.to_string()),
                verdict: verdicts.remove(&member.candidate.fingerprint),
                rules: member.candidate.rules,
            })
        });
        Ok(related.collect())
    }

    /// Of those of `ids` that are in a group, what is in it.
    pub async fn group_sizes(&self, grant: &Grant, ids: &[FindingId]) -> Result<HashMap<FindingId, GroupSize>> {
        grant.require(Permission::FindingRead)?;
        self.hub.store().group_sizes(grant.company, ids).await
    }

    /// Why two findings are one, or why not.
    pub async fn compare(&self, grant: &Grant, one: FindingId, other: FindingId) -> Result<Compared> {
        grant.require(Permission::FindingRead)?;
        let (one, other) = (self.side(grant, one).await?, self.side(grant, other).await?);
        let parts = parts(&one, &other);
        let tie = compare(&one.candidate, &other.candidate);
        let grouped = one.group.is_some() && one.group == other.group;
        let (outcome, words) = match (grouped, tie) {
            _ if one.finding.id == other.finding.id => {
                (Outcome::SameFinding, "They are one finding: asset, weakness and location agree.".to_owned())
            }
            (true, Ok(tie)) => (Outcome::SameWeakness, format!("They are one weakness at one place: {tie}.")),
            (true, Err(_)) => {
                let words =
                    "They are shown as one, but what they say has changed since; the group is computed anew shortly.";
                (Outcome::SameWeakness, words.to_owned())
            }
            _ if one.finding.asset_id != other.finding.asset_id => {
                (Outcome::Different, "They are two: they are on different assets.".to_owned())
            }
            (false, Err(difference)) => (Outcome::Different, format!("They are two: {difference}.")),
            (false, Ok(tie)) => {
                let words = format!(
                    "They are kept apart although {tie}: another finding of one of these scanners fits as well or better, \
                     or a third one of the group does not fit both."
                );
                (Outcome::Different, words)
            }
        };
        Ok(Compared { outcome, words, parts })
    }

    async fn side(&self, grant: &Grant, id: FindingId) -> Result<Side> {
        let store = self.hub.store();
        let finding = store.finding(grant.company, id).await?.ok_or_else(Error::not_found)?;
        let known = store.related_findings(grant.company, &[id]).await?.pop().ok_or_else(Error::not_found)?;
        let identity = store.finding_identity(grant.company, id).await?.ok_or_else(Error::not_found)?;
        let asset = store.asset(grant.company, finding.asset_id).await?;
        Ok(Side { finding, identity, asset, candidate: known.candidate, group: known.group })
    }
}

struct Side {
    finding: Finding,
    identity: Identity,
    asset: Option<Asset>,
    candidate: Candidate,
    group: Option<String>,
}

fn parts(one: &Side, other: &Side) -> Vec<ComparedPart> {
    let part = |part, one: String, other: String| ComparedPart { part, equal: one == other, one, other };
    let asset =
        |side: &Side| side.asset.as_ref().map_or_else(|| side.identity.asset.clone(), |asset| asset.identity.clone());
    let rules = |side: &Side| {
        let rules = side.candidate.rules.iter().map(|rule| format!("{} {}", rule.scanner, rule.rule_id));
        rules.collect::<Vec<_>>().join(", ")
    };
    let cves = |side: &Side| side.candidate.cves.join(", ");
    vec![
        part("asset", asset(one), asset(other)),
        part("location", identity::location(&one.finding.location), identity::location(&other.finding.location)),
        part("weakness", one.identity.weakness.clone(), other.identity.weakness.clone()),
        part("cves", cves(one), cves(other)),
        part("rules", rules(one), rules(other)),
        part("ordinal", one.identity.ordinal.to_string(), other.identity.ordinal.to_string()),
    ]
}
