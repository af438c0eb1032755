//! Rules of notifications: list, create, read, edit, delete.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use scanhelm_core::ids::RuleId;
use scanhelm_core::permission::Permission;

use super::notification_channels::Named;
use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::list::Listing;
use crate::dto::notification_rule::{NewNotificationRule, NotificationRule, NotificationRulePatch};
use crate::extract::{Asked, Body, Id, IfMatch, Paging, Tagged, tagged};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    let read = Access::Permission(Permission::IntegrationRead);
    let manage = Access::Permission(Permission::IntegrationManage);
    operations
        .operation(read, handler!(list))
        .operation(manage, handler!(create))
        .operation(read, handler!(get))
        .operation(manage, handler!(change))
        .operation(manage, handler!(delete))
}

/// The company's rules.
#[utoipa::path(get, path = "/api/v1/notification-rules", operation_id = "list_notification_rules",
    tag = "notifications", params(Paging), responses((status = 200, body = Listing<NotificationRule>)))]
async fn list(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(Named(page)): Asked<Named>,
) -> ApiResult<Json<Listing<NotificationRule>>> {
    Ok(Json(Listing::of(api.hub.notifications().rules(&grant, &page).await?)))
}

/// Makes a rule. It counts for what happens from now on.
#[utoipa::path(post, path = "/api/v1/notification-rules", operation_id = "create_notification_rule",
    tag = "notifications", request_body = NewNotificationRule,
    responses(
        (status = 201, body = NotificationRule, headers(("Location" = String), ("ETag" = String))),
        (status = 409, description = "`conflict`: the name is taken, or there are too many"),
        (status = 422, description = "`invalid_input`"),
    ))]
async fn create(
    State(api): State<Api>,
    Granted(grant): Granted,
    Body(new): Body<NewNotificationRule>,
) -> ApiResult<Response> {
    let view = api.hub.notifications().create_rule(&grant, new.into()).await?;
    let location = format!("/api/v1/notification-rules/{}", view.rule.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], tagged(NotificationRule::from(view))).into_response())
}

/// One rule.
#[utoipa::path(get, path = "/api/v1/notification-rules/{id}", operation_id = "get_notification_rule",
    tag = "notifications", params(("id" = Uuid, Path)),
    responses((status = 200, body = NotificationRule, headers(("ETag" = String)))))]
async fn get(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<RuleId>,
) -> ApiResult<Tagged<NotificationRule>> {
    Ok(tagged(api.hub.notifications().rule(&grant, id).await?.into()))
}

/// Changes a rule. What it is collecting is sent at once.
#[utoipa::path(patch, path = "/api/v1/notification-rules/{id}", operation_id = "update_notification_rule",
    tag = "notifications",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = NotificationRulePatch,
    responses(
        (status = 200, body = NotificationRule, headers(("ETag" = String))),
        (status = 409, description = "`conflict`: the name is taken"),
        (status = 412, description = "`stale_version`"),
    ))]
async fn change(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<RuleId>,
    IfMatch(version): IfMatch,
    Body(patch): Body<NotificationRulePatch>,
) -> ApiResult<Tagged<NotificationRule>> {
    Ok(tagged(api.hub.notifications().change_rule(&grant, id, patch.into(), version).await?.into()))
}

/// Removes a rule. What it has made is still sent.
#[utoipa::path(delete, path = "/api/v1/notification-rules/{id}", operation_id = "delete_notification_rule",
    tag = "notifications", params(("id" = Uuid, Path)), responses((status = 204, description = "Removed.")))]
async fn delete(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<RuleId>) -> ApiResult<StatusCode> {
    api.hub.notifications().delete_rule(&grant, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
