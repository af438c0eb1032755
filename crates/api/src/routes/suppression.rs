//! Rules that suppress findings: list, try, create, read, edit, approve, delete.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use scanhelm_core::ids::SuppressionRuleId;
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Permission;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::list::Listing;
use crate::dto::suppression::{
    NewSuppressionRule, SuppressionPreview, SuppressionRule, SuppressionRulePatch, SuppressionTrial,
};
use crate::extract::{Asked, Body, Filters, Id, IfMatch, Paging, QueryReader, Tagged, tagged};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

/// A list sorted by name, unless something else is asked for.
#[derive(Debug)]
struct Named(PageRequest);

impl Filters for Named {
    fn read(query: &mut QueryReader) -> Self {
        Self(query.page("name", &["name", "created_at", "expires_at"]))
    }
}

pub(crate) fn register(operations: Operations) -> Operations {
    let read = Access::Permission(Permission::FindingRead);
    let write = Access::Permission(Permission::FindingApprove);
    operations
        .operation(read, handler!(list))
        .operation(write, handler!(create))
        .operation(Access::Permission(Permission::FindingTriage), handler!(preview))
        .operation(read, handler!(get))
        .operation(write, handler!(change))
        .operation(write, handler!(approve))
        .operation(write, handler!(delete))
}

/// The company's suppression rules.
#[utoipa::path(get, path = "/api/v1/suppression-rules", operation_id = "list_suppression_rules",
    tag = "findings", params(Paging), responses((status = 200, body = Listing<SuppressionRule>)))]
async fn list(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(Named(page)): Asked<Named>,
) -> ApiResult<Json<Listing<SuppressionRule>>> {
    Ok(Json(Listing::of(api.hub.suppression().rules(&grant, &page).await?)))
}

/// Makes a rule. Findings that match are suppressed, in the background those that are there, at once those that come.
///
/// Where the triage policy asks for a second person for `suppressed`, the rule is `pending` until somebody else approves it.
#[utoipa::path(post, path = "/api/v1/suppression-rules", operation_id = "create_suppression_rule",
    tag = "findings", request_body = NewSuppressionRule,
    responses(
        (status = 201, body = SuppressionRule, headers(("Location" = String), ("ETag" = String))),
        (status = 409, description = "`conflict`: the name is taken, or there are too many"),
        (status = 422, description = "`invalid_input`"),
    ))]
async fn create(
    State(api): State<Api>,
    Granted(grant): Granted,
    Body(new): Body<NewSuppressionRule>,
) -> ApiResult<Response> {
    let view = api.hub.suppression().create(&grant, new.into()).await?;
    let location = format!("/api/v1/suppression-rules/{}", view.rule.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], tagged(SuppressionRule::from(view))).into_response())
}

/// How many open findings an expression matches now, with the first few. Nothing is changed.
///
/// At most 50,000 findings are looked at; `complete` says whether those were all.
#[utoipa::path(post, path = "/api/v1/suppression-rules/preview", operation_id = "preview_suppression_rule",
    tag = "findings", request_body = SuppressionTrial,
    responses((status = 200, body = SuppressionPreview), (status = 422, description = "`invalid_input`")))]
async fn preview(
    State(api): State<Api>,
    Granted(grant): Granted,
    Body(trial): Body<SuppressionTrial>,
) -> ApiResult<Json<SuppressionPreview>> {
    Ok(Json(api.hub.suppression().preview(&grant, trial.into()).await?.into()))
}

/// One rule.
#[utoipa::path(get, path = "/api/v1/suppression-rules/{id}", operation_id = "get_suppression_rule",
    tag = "findings", params(("id" = Uuid, Path)),
    responses((status = 200, body = SuppressionRule, headers(("ETag" = String)))))]
async fn get(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<SuppressionRuleId>,
) -> ApiResult<Tagged<SuppressionRule>> {
    Ok(tagged(api.hub.suppression().rule(&grant, id).await?.into()))
}

/// Changes a rule. What it no longer matches is again what its scanners say.
///
/// A new expression, reason or later end, and switching it on, need a second person where making a rule does.
#[utoipa::path(patch, path = "/api/v1/suppression-rules/{id}", operation_id = "update_suppression_rule",
    tag = "findings",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = SuppressionRulePatch,
    responses(
        (status = 200, body = SuppressionRule, headers(("ETag" = String))),
        (status = 409, description = "`conflict`: the name is taken"),
        (status = 412, description = "`stale_version`"),
    ))]
async fn change(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<SuppressionRuleId>,
    IfMatch(version): IfMatch,
    Body(patch): Body<SuppressionRulePatch>,
) -> ApiResult<Tagged<SuppressionRule>> {
    Ok(tagged(api.hub.suppression().change(&grant, id, patch.into(), version).await?.into()))
}

/// Puts a rule in force that waits for a second person. Not for whoever wrote it.
#[utoipa::path(post, path = "/api/v1/suppression-rules/{id}/approve", operation_id = "approve_suppression_rule",
    tag = "findings",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    responses(
        (status = 200, body = SuppressionRule, headers(("ETag" = String))),
        (status = 403, description = "`own_request`: somebody else has to approve it"),
        (status = 409, description = "`conflict`: it waits for nobody"),
        (status = 412, description = "`stale_version`"),
    ))]
async fn approve(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<SuppressionRuleId>,
    IfMatch(version): IfMatch,
) -> ApiResult<Tagged<SuppressionRule>> {
    Ok(tagged(api.hub.suppression().approve(&grant, id, version).await?.into()))
}

/// Removes a rule. Its findings are again what their scanners say.
#[utoipa::path(delete, path = "/api/v1/suppression-rules/{id}", operation_id = "delete_suppression_rule",
    tag = "findings",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    responses(
        (status = 204, description = "Removed."),
        (status = 412, description = "`stale_version`"),
    ))]
async fn delete(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<SuppressionRuleId>,
    IfMatch(version): IfMatch,
) -> ApiResult<StatusCode> {
    api.hub.suppression().delete(&grant, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}
