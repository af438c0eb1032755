//! What notifications were sent: list, read, send again.

use axum::Json;
use axum::extract::State;
use scanhelm_core::ids::{ChannelId, DeliveryId, RuleId};
use scanhelm_core::notification::DeliveryState as CoreDeliveryState;
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Permission;
use scanhelm_hub::DeliveryFilter;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::list::Listing;
use crate::dto::notification_delivery::{NotificationDelivery, NotificationDeliveryDetail};
use crate::dto::words::DeliveryState;
use crate::extract::{Asked, Filters, Id, Paging, QueryReader};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    let read = Access::Permission(Permission::IntegrationRead);
    let manage = Access::Permission(Permission::IntegrationManage);
    operations.operation(read, handler!(list)).operation(read, handler!(get)).operation(manage, handler!(redeliver))
}

struct DeliveryList {
    filter: DeliveryFilter,
    page: PageRequest,
}

impl Filters for DeliveryList {
    fn read(query: &mut QueryReader) -> Self {
        let filter = DeliveryFilter {
            channel_id: query.id("channel_id", ChannelId),
            rule_id: query.id("rule_id", RuleId),
            state: query.word_of("state", &CoreDeliveryState::ALL, CoreDeliveryState::as_str),
        };
        Self { filter, page: query.page("-created_at", &["created_at"]) }
    }
}

/// Messages that were sent, wait or were given up. Kept for 30 days.
#[utoipa::path(get, path = "/api/v1/notification-deliveries", operation_id = "list_notification_deliveries",
    tag = "notifications",
    params(
        ("channel_id" = Option<Uuid>, Query),
        ("rule_id" = Option<Uuid>, Query),
        ("state" = Option<DeliveryState>, Query),
        Paging,
    ),
    responses((status = 200, body = Listing<NotificationDelivery>)))]
async fn list(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(DeliveryList { filter, page }): Asked<DeliveryList>,
) -> ApiResult<Json<Listing<NotificationDelivery>>> {
    Ok(Json(Listing::of(api.hub.notifications().deliveries(&grant, &filter, &page).await?)))
}

/// One message: what it tells, and the log of its attempts.
#[utoipa::path(get, path = "/api/v1/notification-deliveries/{id}", operation_id = "get_notification_delivery",
    tag = "notifications", params(("id" = Uuid, Path)),
    responses((status = 200, body = NotificationDeliveryDetail)))]
async fn get(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<DeliveryId>,
) -> ApiResult<Json<NotificationDeliveryDetail>> {
    Ok(Json(api.hub.notifications().delivery(&grant, id).await?.into()))
}

/// Sends a message again that was sent or given up, behind what waits, under the same id.
#[utoipa::path(post, path = "/api/v1/notification-deliveries/{id}/redeliver",
    operation_id = "redeliver_notification", tag = "notifications", params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = NotificationDeliveryDetail),
        (status = 409, description = "`conflict`: it waits already"),
    ))]
async fn redeliver(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<DeliveryId>,
) -> ApiResult<Json<NotificationDeliveryDetail>> {
    Ok(Json(api.hub.notifications().redeliver(&grant, id).await?.into()))
}
