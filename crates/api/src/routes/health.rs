//! Is it alive, is it ready, what can it do: open to everyone, and telling nothing about anyone.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::access::Access;
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    operations
        .operation(Access::Public, handler!(alive))
        .operation(Access::Public, handler!(ready))
        .operation(Access::Public, handler!(document))
}

#[derive(Debug, Serialize, ToSchema)]
struct ServiceState {
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the process answers.
#[utoipa::path(get, path = "/healthz", operation_id = "is_alive", tag = "health",
    responses((status = 200, body = ServiceState)))]
async fn alive() -> axum::Json<ServiceState> {
    axum::Json(ServiceState { status: "ok" })
}

/// Whether migrations are done, the database answers and every loop runs.
#[utoipa::path(get, path = "/readyz", operation_id = "is_ready", tag = "health",
    responses((status = 200, body = ServiceState)))]
async fn ready(State(api): State<Api>) -> ApiResult<axum::Json<ServiceState>> {
    api.hub.readiness().await?;
    Ok(axum::Json(ServiceState { status: "ready" }))
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", operation_id = "get_openapi", tag = "health",
    responses((status = 200, content_type = "application/json", body = Object)))]
async fn document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], crate::DOCUMENT)
}
