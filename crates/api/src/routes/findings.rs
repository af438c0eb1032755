//! The finding queue: list, read, judge.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use scanhelm_core::Error;
use scanhelm_core::compliance::Tag;
use scanhelm_core::finding::{self, FindingState as CoreFindingState, may_transition};
use scanhelm_core::ids::{AssetId, FindingId, UserId};
use scanhelm_core::page::Page;
use scanhelm_core::permission::{Grant, Permission};

use super::finding_filters::{AskedFilter, CommonFilters, FindingList, QueueFilters, SORTS, everywhere};
use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::bulk::{BulkJudging, BulkTicket};
use crate::dto::compliance::{ComplianceCounts, ComplianceTags};
use crate::dto::finding::{
    Finding, FindingDetail, FindingPatch, FindingStates, StateTransition, Surroundings, Transition,
};
use crate::dto::list::Listing;
use crate::dto::relation::Comparison;
use crate::dto::words::{Counts, FindingState};
use crate::extract::{Asked, Body, Filters, Id, Paging, QueryReader};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    let read = Access::Permission(Permission::FindingRead);
    operations
        .operation(read, handler!(list))
        .operation(read, handler!(counts))
        .operation(read, handler!(compliance_counts))
        .operation(read, handler!(get))
        .operation(read, handler!(compare))
        .operation(Access::Permission(Permission::FindingTriage), handler!(transition))
        .operation(Access::Permission(Permission::FindingTriage), handler!(change))
        .operation(Access::Permission(Permission::FindingTriage), handler!(judge))
        .operation(Access::Session, handler!(states))
        .operation(Access::Session, handler!(compliance))
}

struct Queue(FindingList);

impl Filters for Queue {
    fn read(query: &mut QueryReader) -> Self {
        Self(FindingList { asked: everywhere(query), page: query.page("-severity", SORTS) })
    }
}

struct Counted(AskedFilter);

impl Filters for Counted {
    fn read(query: &mut QueryReader) -> Self {
        Self(everywhere(query))
    }
}

/// The company's findings, worst first.
#[utoipa::path(get, path = "/api/v1/findings", operation_id = "list_findings", tag = "findings",
    params(CommonFilters, QueueFilters, Paging),
    responses((status = 200, body = Listing<Finding>)))]
async fn list(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(Queue(FindingList { asked, page })): Asked<Queue>,
) -> ApiResult<Json<Listing<Finding>>> {
    let filter = asked.meant(&api, &grant).await?;
    let found = api.hub.findings().list(&grant, &filter, &page).await?;
    Ok(Json(listed(&api, &grant, found).await?))
}

/// How many findings of each severity the same filters match.
#[utoipa::path(get, path = "/api/v1/findings/counts", operation_id = "count_findings", tag = "findings",
    params(CommonFilters, QueueFilters),
    responses((status = 200, body = Counts)))]
async fn counts(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(Counted(asked)): Asked<Counted>,
) -> ApiResult<Json<Counts>> {
    let filter = asked.meant(&api, &grant).await?;
    Ok(Json(api.hub.findings().counts(&grant, &filter).await?.into()))
}

/// How many of the findings that the same filters match speak against each requirement of the catalogues.
#[utoipa::path(get, path = "/api/v1/findings/compliance", operation_id = "count_findings_by_compliance",
    tag = "findings", params(CommonFilters, QueueFilters),
    responses((status = 200, body = ComplianceCounts)))]
async fn compliance_counts(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(Counted(asked)): Asked<Counted>,
) -> ApiResult<Json<ComplianceCounts>> {
    let filter = asked.meant(&api, &grant).await?;
    Ok(Json(api.hub.findings().compliance(&grant, &filter).await?.into()))
}

/// A finding with its evidence and its history.
#[utoipa::path(get, path = "/api/v1/findings/{id}", operation_id = "get_finding", tag = "findings",
    params(("id" = Uuid, Path)), responses((status = 200, body = FindingDetail)))]
async fn get(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<FindingId>) -> ApiResult<Json<FindingDetail>> {
    Ok(Json(FindingDetail::new(api.hub.findings().get(&grant, id).await?, api.hub.now())))
}

struct Comparing(Option<FindingId>);

impl Filters for Comparing {
    fn read(query: &mut QueryReader) -> Self {
        Self(query.id("other", FindingId))
    }
}

/// Why two findings are the same, or why not: what is equal and what differs, and the rule's answer in words.
#[utoipa::path(get, path = "/api/v1/findings/{id}/compare", operation_id = "compare_findings", tag = "findings",
    params(
        ("id" = Uuid, Path),
        ("other" = Uuid, Query, description = "The finding to compare with.",
            example = "0190b8a2-0000-7000-8000-000000000001"),
    ),
    responses((status = 200, body = Comparison)))]
async fn compare(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<FindingId>,
    Asked(Comparing(other)): Asked<Comparing>,
) -> ApiResult<Json<Comparison>> {
    let other = other.ok_or_else(|| Error::field("other", "required", "Name the finding to compare with."))?;
    Ok(Json(api.hub.findings().compare(&grant, id, other).await?.into()))
}

/// Judges a finding. The judgement is kept on its fingerprint and outlives scans.
///
/// Where the company's policy wants a second person for it, the finding stays as it is and shows `pending_approval`.
#[utoipa::path(post, path = "/api/v1/findings/{id}/transition", operation_id = "transition_finding", tag = "findings",
    params(("id" = Uuid, Path)), request_body = Transition,
    responses(
        (status = 200, body = FindingDetail),
        (status = 409, description = "`not_possible_in_state`: see `GET /meta/finding-states`"),
    ))]
async fn transition(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<FindingId>,
    Body(body): Body<Transition>,
) -> ApiResult<Json<FindingDetail>> {
    Ok(Json(FindingDetail::new(api.hub.findings().act(&grant, id, body.into()).await?, api.hub.now())))
}

/// Gives a finding an owner, or none. Kept on its fingerprint: it outlives scans and findings.
#[utoipa::path(patch, path = "/api/v1/findings/{id}", operation_id = "update_finding", tag = "findings",
    params(("id" = Uuid, Path)), request_body = FindingPatch, responses((status = 200, body = FindingDetail)))]
async fn change(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<FindingId>,
    Body(patch): Body<FindingPatch>,
) -> ApiResult<Json<FindingDetail>> {
    Ok(Json(FindingDetail::new(api.hub.findings().act(&grant, id, patch.into()).await?, api.hub.now())))
}

/// Judges many findings, gives them an owner, comments on them, or all of it; each by itself, at most 100,000.
///
/// The job can be cancelled. What became of each finding, and why not, is told by `GET /jobs/{id}/results`.
#[utoipa::path(post, path = "/api/v1/findings/bulk", operation_id = "judge_findings", tag = "findings",
    request_body = BulkJudging, responses((status = 202, body = BulkTicket)))]
async fn judge(
    State(api): State<Api>,
    Granted(grant): Granted,
    Body(body): Body<BulkJudging>,
) -> ApiResult<(StatusCode, Json<BulkTicket>)> {
    let person = api.hub.findings().person(&grant).await?;
    let (selection, action) = body.into_command(person)?;
    let ordered = api.hub.findings().judge(&grant, selection, action).await?;
    Ok((StatusCode::ACCEPTED, Json(ordered.into())))
}

/// The states of a finding and which of them people may choose.
#[utoipa::path(get, path = "/api/v1/meta/finding-states", operation_id = "get_finding_states", tag = "findings",
    responses((status = 200, body = FindingStates)))]
async fn states() -> Json<FindingStates> {
    let all = CoreFindingState::ALL;
    let transitions = all.into_iter().flat_map(|from| {
        all.into_iter().filter(move |to| may_transition(from, *to)).map(move |to| StateTransition {
            from: from.into(),
            to: to.into(),
            needs_reason: to.needs_reason(),
            may_expire: to.is_verdict(),
        })
    });
    Json(FindingStates { states: all.map(FindingState).to_vec(), transitions: transitions.collect() })
}

/// The requirements of catalogues (OWASP Top 10, CIS Controls, PCI DSS, SOC 2) that findings can be filtered by.
#[utoipa::path(get, path = "/api/v1/meta/compliance", operation_id = "get_compliance_tags", tag = "findings",
    responses((status = 200, body = ComplianceTags)))]
async fn compliance() -> Json<ComplianceTags> {
    Json(ComplianceTags { tags: Tag::all().map(Into::into).collect() })
}

/// A page of findings with what is told beside them and what is grouped with them.
pub(super) async fn listed(api: &Api, grant: &Grant, page: Page<finding::Finding>) -> Result<Listing<Finding>, Error> {
    let around = surroundings(api, grant, page.items.iter()).await?;
    let ids: Vec<FindingId> = page.items.iter().map(|finding| finding.id).collect();
    let mut groups = api.hub.findings().group_sizes(grant, &ids).await?;
    Ok(Listing::of(page.map(|finding| {
        let group = groups.remove(&finding.id).map(Into::into);
        Finding::new(finding, &around).in_group(group)
    })))
}

pub(super) async fn surroundings(
    api: &Api,
    grant: &Grant,
    findings: impl Iterator<Item = &finding::Finding> + Clone,
) -> Result<Surroundings, Error> {
    let assets: Vec<AssetId> = findings.clone().map(|finding| finding.asset_id).collect();
    let owners: Vec<UserId> = findings.clone().filter_map(|finding| finding.owner_id).collect();
    let prints: Vec<String> = findings.map(|finding| finding.fingerprint.clone()).collect();
    Ok(Surroundings {
        assets: api.hub.assets().names(grant, &assets).await?,
        members: api.hub.findings().members(grant, &owners).await?,
        pending: api.hub.findings().pending(grant, &prints).await?,
        now: api.hub.now(),
    })
}
