//! What people say about findings.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use scanhelm_core::Error;
use scanhelm_core::finding::comment;
use scanhelm_core::ids::{CommentId, FindingId, UserId};
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::{Grant, Permission};

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::comment::{Comment, CommentText};
use crate::dto::list::Listing;
use crate::extract::{Asked, Body, Filters, Id, Paging, QueryReader};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    let triage = Access::Permission(Permission::FindingTriage);
    operations
        .operation(Access::Permission(Permission::FindingRead), handler!(list))
        .operation(triage, handler!(add))
        .operation(triage, handler!(edit))
        .operation(triage, handler!(delete))
}

struct Thread(PageRequest);

impl Filters for Thread {
    fn read(query: &mut QueryReader) -> Self {
        Self(query.page("created_at", &["created_at"]))
    }
}

/// What people said about a finding, the oldest first. Kept on its fingerprint: it outlives scans and findings.
#[utoipa::path(get, path = "/api/v1/findings/{id}/comments", operation_id = "list_finding_comments", tag = "findings",
    params(("id" = Uuid, Path), Paging), responses((status = 200, body = Listing<Comment>)))]
async fn list(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<FindingId>,
    Asked(Thread(page)): Asked<Thread>,
) -> ApiResult<Json<Listing<Comment>>> {
    let found = api.hub.findings().comments(&grant, id, &page).await?;
    let people: Vec<UserId> = found.items.iter().flat_map(people).collect();
    let members = api.hub.findings().members(&grant, &people).await?;
    Ok(Json(Listing::of(found.map(|comment| Comment::new(comment, &members)))))
}

fn people(comment: &comment::Comment) -> impl Iterator<Item = UserId> {
    comment.person.into_iter().chain(comment.mentions.iter().copied())
}

async fn shown(api: &Api, grant: &Grant, comment: comment::Comment) -> Result<Json<Comment>, Error> {
    let people: Vec<UserId> = people(&comment).collect();
    let members = api.hub.findings().members(grant, &people).await?;
    Ok(Json(Comment::new(comment, &members)))
}

/// Says something about a finding.
///
/// `@` before the e-mail address or name of a member of the company mentions that member: notification rules can ask for
/// `finding.mentioned`. Anything else behind an `@` is just text.
#[utoipa::path(post, path = "/api/v1/findings/{id}/comments", operation_id = "create_finding_comment", tag = "findings",
    params(("id" = Uuid, Path)), request_body = CommentText, responses((status = 201, body = Comment)))]
async fn add(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<FindingId>,
    Body(text): Body<CommentText>,
) -> ApiResult<(StatusCode, Json<Comment>)> {
    let comment = api.hub.findings().add_comment(&grant, id, &text.body).await?;
    Ok((StatusCode::CREATED, shown(&api, &grant, comment).await?))
}

/// Puts an own comment otherwise; the time of the edit shows.
#[utoipa::path(patch, path = "/api/v1/comments/{id}", operation_id = "update_comment", tag = "findings",
    params(("id" = Uuid, Path)), request_body = CommentText, responses((status = 200, body = Comment)))]
async fn edit(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<CommentId>,
    Body(text): Body<CommentText>,
) -> ApiResult<Json<Comment>> {
    let comment = api.hub.findings().edit_comment(&grant, id, &text.body).await?;
    Ok(shown(&api, &grant, comment).await?)
}

/// Deletes the text of an own comment, or with `finding:approve` of any; that there was one still shows.
#[utoipa::path(delete, path = "/api/v1/comments/{id}", operation_id = "delete_comment", tag = "findings",
    params(("id" = Uuid, Path)), responses((status = 204, description = "Deleted.")))]
async fn delete(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<CommentId>) -> ApiResult<StatusCode> {
    api.hub.findings().delete_comment(&grant, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
