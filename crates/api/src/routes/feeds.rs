//! Feeds: how they stand, bringing a file, looking at a place now.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use scanhelm_core::feed::FeedKind;
use scanhelm_core::permission::Permission;
use scanhelm_core::{Error, Result};
use utoipa::ToSchema;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::feed::{Feed, Feeds};
use crate::dto::job::JobTicket;
use crate::dto::words::FeedKind as FeedWord;
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};
use crate::spool::Upload;

pub(crate) fn register(operations: Operations) -> Operations {
    operations
        .operation(Access::Permission(Permission::FindingRead), handler!(list))
        .upload(Access::Operator, handler!(load))
        .operation(Access::Operator, handler!(refresh))
}

/// The form of a feed's file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used: the form is read part by part")]
struct FeedForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// `true`: also when it is older or much smaller than what is loaded.
    force: Option<String>,
}

/// The feeds of this installation and how fresh they are.
#[utoipa::path(get, path = "/api/v1/feeds", operation_id = "list_feeds", tag = "feeds",
    responses((status = 200, body = Feeds)))]
async fn list(State(api): State<Api>, Granted(grant): Granted) -> ApiResult<Json<Feeds>> {
    let items = api.hub.feeds().list(&grant).await?.into_iter().map(Feed::from).collect();
    Ok(Json(Feeds { items }))
}

/// Loads a feed from a file, as its publisher gives it, also gzipped. A file that is broken, cut, older or much smaller
/// changes nothing; the job says why. Findings are rated anew afterwards.
#[utoipa::path(post, path = "/api/v1/feeds/{kind}", operation_id = "load_feed", tag = "feeds",
    params(("kind" = FeedWord, Path)),
    request_body(content = FeedForm, content_type = "multipart/form-data"),
    responses((status = 202, body = JobTicket), (status = 422, description = "`invalid_input`")))]
async fn load(
    State(api): State<Api>,
    Granted(grant): Granted,
    Path(kind): Path<String>,
    mut upload: Upload,
) -> ApiResult<(StatusCode, Json<JobTicket>)> {
    let kind = feed(&kind)?;
    let force = match upload.take("force").as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Error::field("force", "malformed", "Send true or false.").into()),
    };
    upload.finish()?;
    let file_name = upload.file_name.take();
    let job = api.hub.feeds().accept(&grant, kind, upload.file.keep(), file_name, force).await?;
    Ok((StatusCode::ACCEPTED, Json(JobTicket::of(job))))
}

/// Looks now at the place that the settings name.
#[utoipa::path(post, path = "/api/v1/feeds/{kind}/refresh", operation_id = "refresh_feed", tag = "feeds",
    params(("kind" = FeedWord, Path)),
    responses(
        (status = 202, body = JobTicket),
        (status = 409, description = "`conflict`: the settings name no place"),
    ))]
async fn refresh(
    State(api): State<Api>,
    Granted(grant): Granted,
    Path(kind): Path<String>,
) -> ApiResult<(StatusCode, Json<JobTicket>)> {
    let job = api.hub.feeds().refresh(&grant, feed(&kind)?).await?;
    Ok((StatusCode::ACCEPTED, Json(JobTicket::of(job))))
}

/// A word in the path that is no feed names nothing.
fn feed(word: &str) -> Result<FeedKind> {
    word.parse().map_err(|_: Error| Error::not_found())
}
