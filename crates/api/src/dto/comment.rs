//! What people say about findings, on the wire.

use scanhelm_core::finding::comment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::person::{Members, Person, author};
use super::words::Time;

/// What somebody said about a finding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Comment {
    id: Uuid,
    /// `user/0190...` or `api_key/0190...`.
    author: String,
    /// The person behind the author; `null` for a key of which nobody knows who made it.
    person: Option<Person>,
    /// As it was written: Markdown is text here. `null` once it is deleted.
    body: Option<String>,
    /// The members of the company that it mentions with `@` and their e-mail address or name.
    mentions: Vec<Person>,
    created_at: Time,
    edited_at: Option<Time>,
    deleted_at: Option<Time>,
}

impl Comment {
    pub(crate) fn new(comment: comment::Comment, members: &Members) -> Self {
        let (author, person) = author(comment.author, comment.person, members);
        Self {
            id: comment.id.0,
            author,
            person,
            body: comment.body,
            mentions: comment.mentions.into_iter().map(|id| Person::of(id, members)).collect(),
            created_at: comment.created_at.into(),
            edited_at: comment.edited_at.map(Time),
            deleted_at: comment.deleted_at.map(Time),
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommentText {
    /// At most 10,000 bytes. `@` before the e-mail address or name of a member of the company mentions that member.
    pub(crate) body: String,
}
