//! Channels of notifications: list, create, read, edit, delete, try out, and a new signing secret.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use scanhelm_core::ids::ChannelId;
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Permission;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::list::Listing;
use crate::dto::notification_channel::{
    IssuedNotificationChannel, NewNotificationChannel, NotificationChannel, NotificationChannelPatch, NotificationTest,
};
use crate::extract::{Asked, Body, Filters, Id, IfMatch, Paging, QueryReader, Tagged, entity_tag, tagged};
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
        .operation(manage, handler!(test))
        .operation(manage, handler!(rotate_secret))
}

/// By name unless asked otherwise; of channels and of rules.
pub(super) struct Named(pub(super) PageRequest);

impl Filters for Named {
    fn read(query: &mut QueryReader) -> Self {
        Self(query.page("name", &["name", "created_at"]))
    }
}

/// The company's channels and how they are doing.
#[utoipa::path(get, path = "/api/v1/notification-channels", operation_id = "list_notification_channels",
    tag = "notifications", params(Paging), responses((status = 200, body = Listing<NotificationChannel>)))]
async fn list(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(Named(page)): Asked<Named>,
) -> ApiResult<Json<Listing<NotificationChannel>>> {
    Ok(Json(Listing::of(api.hub.notifications().channels(&grant, &page).await?)))
}

/// Makes a channel. The address must be one that the hub may call; the signing secret of a webhook is shown this once.
#[utoipa::path(post, path = "/api/v1/notification-channels", operation_id = "create_notification_channel",
    tag = "notifications", request_body = NewNotificationChannel,
    responses(
        (status = 201, body = IssuedNotificationChannel, headers(("Location" = String), ("ETag" = String))),
        (status = 409, description = "`conflict`: the name is taken, or there are too many"),
        (status = 422, description = "`invalid_input` or `address_refused`"),
    ))]
async fn create(
    State(api): State<Api>,
    Granted(grant): Granted,
    Body(new): Body<NewNotificationChannel>,
) -> ApiResult<Response> {
    let issued = api.hub.notifications().create_channel(&grant, new.into()).await?;
    let location = format!("/api/v1/notification-channels/{}", issued.channel.id);
    let issued = IssuedNotificationChannel::from(issued);
    let headers = [(header::LOCATION, location), entity_tag(&issued.channel)];
    Ok((StatusCode::CREATED, headers, Json(issued)).into_response())
}

/// One channel.
#[utoipa::path(get, path = "/api/v1/notification-channels/{id}", operation_id = "get_notification_channel",
    tag = "notifications", params(("id" = Uuid, Path)),
    responses((status = 200, body = NotificationChannel, headers(("ETag" = String)))))]
async fn get(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<ChannelId>,
) -> ApiResult<Tagged<NotificationChannel>> {
    Ok(tagged(api.hub.notifications().channel(&grant, id).await?.into()))
}

/// Changes a channel. What the hub had given up is tried again at once.
#[utoipa::path(patch, path = "/api/v1/notification-channels/{id}", operation_id = "update_notification_channel",
    tag = "notifications",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = NotificationChannelPatch,
    responses(
        (status = 200, body = NotificationChannel, headers(("ETag" = String))),
        (status = 409, description = "`conflict`: the name is taken"),
        (status = 412, description = "`stale_version`"),
    ))]
async fn change(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<ChannelId>,
    IfMatch(version): IfMatch,
    Body(patch): Body<NotificationChannelPatch>,
) -> ApiResult<Tagged<NotificationChannel>> {
    Ok(tagged(api.hub.notifications().change_channel(&grant, id, patch.into(), version).await?.into()))
}

/// Removes a channel with its rules, and with what waits for it or was sent there.
#[utoipa::path(delete, path = "/api/v1/notification-channels/{id}", operation_id = "delete_notification_channel",
    tag = "notifications", params(("id" = Uuid, Path)), responses((status = 204, description = "Removed.")))]
async fn delete(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<ChannelId>) -> ApiResult<StatusCode> {
    api.hub.notifications().delete_channel(&grant, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a test message now, beside what waits. The answer tells whether it was taken.
#[utoipa::path(post, path = "/api/v1/notification-channels/{id}/test", operation_id = "test_notification_channel",
    tag = "notifications", params(("id" = Uuid, Path)), responses((status = 200, body = NotificationTest)))]
async fn test(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<ChannelId>,
) -> ApiResult<Json<NotificationTest>> {
    Ok(Json(api.hub.notifications().test(&grant, id).await?.into()))
}

/// Makes a new signing secret of a webhook and shows it, once. For a day messages carry the signature of the one
/// before as well.
#[utoipa::path(post, path = "/api/v1/notification-channels/{id}/secret", operation_id = "rotate_notification_secret",
    tag = "notifications", params(("id" = Uuid, Path)),
    responses(
        (status = 201, body = IssuedNotificationChannel),
        (status = 409, description = "`conflict`: only webhooks are signed"),
    ))]
async fn rotate_secret(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<ChannelId>,
) -> ApiResult<(StatusCode, Json<IssuedNotificationChannel>)> {
    let issued = api.hub.notifications().rotate_secret(&grant, id).await?;
    Ok((StatusCode::CREATED, Json(issued.into())))
}
