//! Judgements that need a second person, and the policy that says which do.

use axum::Json;
use axum::extract::State;
use scanhelm_core::Error;
use scanhelm_core::finding::approval::ApprovalState as CoreApprovalState;
use scanhelm_core::ids::{ApprovalId, UserId};
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_hub::findings::ApprovalView;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::approval::{Approval, ApprovalDecision, ApprovalFinding, TriagePolicy, TriagePolicyPatch};
use crate::dto::list::Listing;
use crate::dto::words::ApprovalState;
use crate::extract::{Asked, Body, Filters, Id, IfMatch, OptionalBody, Paging, QueryReader, Tagged, tagged};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    let read = Access::Permission(Permission::FindingRead);
    let decide = Access::Permission(Permission::FindingApprove);
    operations
        .operation(read, handler!(list))
        .operation(read, handler!(get))
        .operation(read, handler!(findings))
        .operation(decide, handler!(approve))
        .operation(decide, handler!(reject))
        .operation(Access::Permission(Permission::FindingTriage), handler!(withdraw))
        .operation(read, handler!(policy))
        .operation(Access::Permission(Permission::CompanyManage), handler!(change_policy))
}

struct Requests {
    state: Option<CoreApprovalState>,
    page: PageRequest,
}

impl Filters for Requests {
    fn read(query: &mut QueryReader) -> Self {
        Self {
            state: query.word_of("state", &CoreApprovalState::ALL, CoreApprovalState::as_str),
            page: query.page("-requested_at", &["requested_at"]),
        }
    }
}

/// Requests for judgements that need a second person, the newest first.
#[utoipa::path(get, path = "/api/v1/approvals", operation_id = "list_approvals", tag = "approvals",
    params(("state" = Option<ApprovalState>, Query), Paging),
    responses((status = 200, body = Listing<Approval>)))]
async fn list(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(Requests { state, page }): Asked<Requests>,
) -> ApiResult<Json<Listing<Approval>>> {
    let found = api.hub.findings().approvals(&grant, state, &page).await?;
    let people: Vec<UserId> = found.items.iter().map(|view| view.approval.requester_id).collect();
    let members = api.hub.findings().members(&grant, &people).await?;
    Ok(Json(Listing::of(found.map(|view| Approval::new(view, &members)))))
}

async fn shown(api: &Api, grant: &Grant, view: ApprovalView) -> Result<Json<Approval>, Error> {
    let members = api.hub.findings().members(grant, &[view.approval.requester_id]).await?;
    Ok(Json(Approval::new(view, &members)))
}

/// One request, and what became of its findings so far.
#[utoipa::path(get, path = "/api/v1/approvals/{id}", operation_id = "get_approval", tag = "approvals",
    params(("id" = Uuid, Path)), responses((status = 200, body = Approval)))]
async fn get(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<ApprovalId>) -> ApiResult<Json<Approval>> {
    let view = api.hub.findings().approval(&grant, id).await?;
    Ok(shown(&api, &grant, view).await?)
}

struct Rows(PageRequest);

impl Filters for Rows {
    fn read(query: &mut QueryReader) -> Self {
        Self(query.page("fingerprint", &["fingerprint"]))
    }
}

/// The findings of a request, and what became of each.
#[utoipa::path(get, path = "/api/v1/approvals/{id}/findings", operation_id = "list_approval_findings", tag = "approvals",
    params(("id" = Uuid, Path), Paging), responses((status = 200, body = Listing<ApprovalFinding>)))]
async fn findings(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<ApprovalId>,
    Asked(Rows(page)): Asked<Rows>,
) -> ApiResult<Json<Listing<ApprovalFinding>>> {
    Ok(Json(Listing::of(api.hub.findings().approval_findings(&grant, id, &page).await?)))
}

/// Approves a request of somebody else: at most 500 findings change at once, more by a background job. One that changed
/// meanwhile is refused with its reason.
#[utoipa::path(post, path = "/api/v1/approvals/{id}/approve", operation_id = "approve_approval", tag = "approvals",
    params(("id" = Uuid, Path)), request_body = ApprovalDecision,
    responses(
        (status = 200, body = Approval),
        (status = 403, description = "`own_request`: somebody else has to decide it"),
        (status = 409, description = "`conflict`: it is decided already, or has ended"),
    ))]
async fn approve(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<ApprovalId>,
    OptionalBody(decision): OptionalBody<ApprovalDecision>,
) -> ApiResult<Json<Approval>> {
    let view = api.hub.findings().approve(&grant, id, &decision.reason).await?;
    Ok(shown(&api, &grant, view).await?)
}

/// Rejects a request of somebody else: its findings stay as they are.
#[utoipa::path(post, path = "/api/v1/approvals/{id}/reject", operation_id = "reject_approval", tag = "approvals",
    params(("id" = Uuid, Path)), request_body = ApprovalDecision,
    responses(
        (status = 200, body = Approval),
        (status = 403, description = "`own_request`: somebody else has to decide it"),
        (status = 409, description = "`conflict`: it is decided already, or has ended"),
    ))]
async fn reject(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<ApprovalId>,
    OptionalBody(decision): OptionalBody<ApprovalDecision>,
) -> ApiResult<Json<Approval>> {
    let view = api.hub.findings().reject(&grant, id, &decision.reason).await?;
    Ok(shown(&api, &grant, view).await?)
}

/// Takes an own request back.
#[utoipa::path(post, path = "/api/v1/approvals/{id}/withdraw", operation_id = "withdraw_approval", tag = "approvals",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Approval), (status = 409, description = "`conflict`: it is over already")))]
async fn withdraw(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<ApprovalId>,
) -> ApiResult<Json<Approval>> {
    let view = api.hub.findings().withdraw(&grant, id).await?;
    Ok(shown(&api, &grant, view).await?)
}

/// Which judgements need a second person.
#[utoipa::path(get, path = "/api/v1/triage-policy", operation_id = "get_triage_policy", tag = "approvals",
    responses((status = 200, body = TriagePolicy)))]
async fn policy(State(api): State<Api>, Granted(grant): Granted) -> ApiResult<Tagged<TriagePolicy>> {
    Ok(tagged(api.hub.findings().policy(&grant).await?.into()))
}

/// Says which judgements need a second person, from now on.
#[utoipa::path(patch, path = "/api/v1/triage-policy", operation_id = "update_triage_policy", tag = "approvals",
    params(("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = TriagePolicyPatch,
    responses((status = 200, body = TriagePolicy), (status = 412, description = "`stale_version`")))]
async fn change_policy(
    State(api): State<Api>,
    Granted(grant): Granted,
    IfMatch(version): IfMatch,
    Body(patch): Body<TriagePolicyPatch>,
) -> ApiResult<Tagged<TriagePolicy>> {
    Ok(tagged(api.hub.findings().change_policy(&grant, patch.into(), version).await?.into()))
}
