//! The finding queue: list, read, judge.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use scanhelm_core::Error;
use scanhelm_core::finding::{self, FindingState as CoreFindingState, may_transition};
use scanhelm_core::ids::{AssetId, FindingId, ScanId, UserId};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_hub::FindingFilter;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::bulk::{BulkJudging, BulkTicket};
use crate::dto::finding::{
    Finding, FindingDetail, FindingPatch, FindingStates, StateTransition, Surroundings, Transition,
};
use crate::dto::list::Listing;
use crate::dto::person::OwnerQuery;
use crate::dto::relation::Comparison;
use crate::dto::words::{Counts, FindingState, Severity, Time};
use crate::extract::{Asked, Body, Filters, Id, Paging, QueryReader};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    let read = Access::Permission(Permission::FindingRead);
    operations
        .operation(read, handler!(list))
        .operation(read, handler!(counts))
        .operation(read, handler!(get))
        .operation(read, handler!(compare))
        .operation(Access::Permission(Permission::FindingTriage), handler!(transition))
        .operation(Access::Permission(Permission::FindingTriage), handler!(change))
        .operation(Access::Permission(Permission::FindingTriage), handler!(judge))
        .operation(Access::Session, handler!(states))
}

/// Filters in which the caller may be meant.
pub(super) struct AskedFilter {
    filter: FindingFilter,
    owner: Option<OwnerQuery>,
}

impl AskedFilter {
    pub(super) async fn meant(self, api: &Api, grant: &Grant) -> Result<FindingFilter, Error> {
        let Self { mut filter, owner } = self;
        if let Some(owner) = owner {
            filter.owner = Some(owner.filter(api.hub.findings().person(grant).await?)?);
        }
        Ok(filter)
    }
}

pub(super) struct FindingList {
    pub(super) asked: AskedFilter,
    pub(super) page: PageRequest,
}

const SORTS: &[&str] = &["severity", "last_seen_at", "first_seen_at", "title", "risk", "due_at"];

/// The filters that also hold within one scan.
fn common(query: &mut QueryReader) -> AskedFilter {
    let filter = FindingFilter {
        severity: query.words("severity"),
        status: query.words::<FindingWord>("status").into_iter().map(|word| word.0).collect(),
        scanner: query.text("scanner"),
        asset_id: query.id("asset_id", AssetId),
        cve: query.text("cve"),
        q: query.text("q"),
        grouped: query.flag("grouped").unwrap_or_default(),
        kev: query.flag("kev"),
        epss_min: share(query, "epss_min"),
        risk_min: query.parsed("risk_min", "a whole number from 0 to 100"),
        due_before: query.time("due_before"),
        overdue: query.flag("overdue").unwrap_or_default(),
        ..FindingFilter::default()
    };
    let owner = query.parsed("owner", "the id of a member, `me`, `none` or `gone`");
    AskedFilter { filter, owner }
}

/// Core's error of an unknown state speaks of a field; here the parameter is named by the reader.
pub(super) struct FindingWord(pub(super) CoreFindingState);

impl std::str::FromStr for FindingWord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| {
            let known: Vec<_> = CoreFindingState::ALL.iter().map(|state| state.as_str()).collect();
            format!("Use one of: {}", known.join(", "))
        })
    }
}

impl Filters for FindingList {
    fn read(query: &mut QueryReader) -> Self {
        Self { asked: common(query), page: query.page("-severity", SORTS) }
    }
}

/// The filters of the whole queue.
pub(super) fn everywhere(query: &mut QueryReader) -> AskedFilter {
    let AskedFilter { filter, owner } = common(query);
    let filter = FindingFilter {
        scan_id: query.id("scan_id", ScanId),
        cwe: query.parsed("cwe", "a CWE number"),
        first_seen_after: query.time("first_seen_after"),
        first_seen_before: query.time("first_seen_before"),
        last_seen_after: query.time("last_seen_after"),
        last_seen_before: query.time("last_seen_before"),
        ..filter
    };
    AskedFilter { filter, owner }
}

/// A number from 0 to 1.
fn share(query: &mut QueryReader, name: &str) -> Option<f64> {
    let share: f64 = query.parsed(name, "a number from 0 to 1")?;
    if (0.0..=1.0).contains(&share) {
        return Some(share);
    }
    query.refuse(name, "out_of_range", "A number from 0 to 1.");
    None
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
    params(
        ("severity" = Option<Vec<Severity>>, Query, description = "Any of these."),
        ("status" = Option<Vec<FindingState>>, Query, description = "Any of these."),
        ("scanner" = Option<String>, Query, description = "Seen by this scanner product."),
        ("scan_id" = Option<Uuid>, Query, description = "Seen by the latest run of this scan."),
        ("asset_id" = Option<Uuid>, Query),
        ("owner" = Option<String>, Query, description = "The id of a member, `me`, `none`, or `gone`: somebody who left."),
        ("cve" = Option<String>, Query, example = "CVE-2021-44228"),
        ("cwe" = Option<u32>, Query),
        ("first_seen_after" = Option<Time>, Query),
        ("first_seen_before" = Option<Time>, Query),
        ("last_seen_after" = Option<Time>, Query),
        ("last_seen_before" = Option<Time>, Query),
        ("kev" = Option<bool>, Query, description = "Known to be exploited, or not known to be."),
        ("epss_min" = Option<f64>, Query, description = "At least this probability, 0 to 1."),
        ("risk_min" = Option<u8>, Query, description = "At least this risk score, 0 to 100."),
        ("due_before" = Option<Time>, Query, description = "Due before this time, and neither gone nor waived."),
        ("overdue" = Option<bool>, Query, description = "`true`: due by now, and neither gone nor waived."),
        ("q" = Option<String>, Query, description = "A text in the title, the CVEs or the location, or the first 16 or more digits of the fingerprint."),
        ("grouped" = Option<bool>, Query,
            description = "Of findings that are one weakness to several scanners only the strongest that matches."),
        Paging,
    ),
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
    params(
        ("severity" = Option<Vec<Severity>>, Query),
        ("status" = Option<Vec<FindingState>>, Query),
        ("scanner" = Option<String>, Query),
        ("scan_id" = Option<Uuid>, Query),
        ("asset_id" = Option<Uuid>, Query),
        ("owner" = Option<String>, Query, description = "The id of a member, `me`, `none`, or `gone`: somebody who left."),
        ("cve" = Option<String>, Query),
        ("cwe" = Option<u32>, Query),
        ("first_seen_after" = Option<Time>, Query),
        ("first_seen_before" = Option<Time>, Query),
        ("last_seen_after" = Option<Time>, Query),
        ("last_seen_before" = Option<Time>, Query),
        ("kev" = Option<bool>, Query),
        ("epss_min" = Option<f64>, Query),
        ("risk_min" = Option<u8>, Query),
        ("due_before" = Option<Time>, Query),
        ("overdue" = Option<bool>, Query),
        ("q" = Option<String>, Query),
        ("grouped" = Option<bool>, Query, description = "Counts a weakness of several scanners once."),
    ),
    responses((status = 200, body = Counts)))]
async fn counts(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(Counted(asked)): Asked<Counted>,
) -> ApiResult<Json<Counts>> {
    let filter = asked.meant(&api, &grant).await?;
    Ok(Json(api.hub.findings().counts(&grant, &filter).await?.into()))
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
