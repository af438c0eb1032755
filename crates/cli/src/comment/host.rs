//! Comments at the two hosts.
//!
//! GitHub: <https://docs.github.com/en/rest/issues/comments>; a pull request is an issue there. GitLab:
//! <https://docs.gitlab.com/api/notes/#merge-requests>. Both give pages of at most 100 by number.

use scanhelm_core::credential::Secret;
use scanhelm_net::{NetError, NetErrorKind, Request, VendorHttp, WriteError};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::Body;
use crate::ci::Conversation;
use crate::remote::{RemoteError, chosen_host};

const PAGE: usize = 100;
const MOST_PAGES: usize = 100;
/// Who comments with the token that every workflow has; it may not ask for its own name.
const WORKFLOW: &str = "github-actions[bot]";

pub(super) struct Host {
    http: VendorHttp,
    headers: Vec<(&'static str, Secret)>,
    kind: Kind,
    /// Of the list of comments.
    list: Vec<String>,
}

#[derive(Clone, Copy)]
enum Kind {
    GitHub,
    GitLab,
}

/// One that is there.
#[derive(Deserialize)]
pub(super) struct Comment {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) body: String,
    #[serde(alias = "author")]
    user: Option<User>,
    /// Written by GitLab itself.
    #[serde(default)]
    system: bool,
}

#[derive(Deserialize)]
struct User {
    #[serde(alias = "username")]
    login: String,
}

impl Host {
    pub(super) fn of(conversation: &Conversation, token: Secret) -> Result<Self, RemoteError> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let (kind, api, headers, list) = match conversation {
            Conversation::GitHub { api, repository, number } => {
                let headers = vec![
                    ("authorization", Secret::new(format!("Bearer {}", token.expose()))),
                    ("x-github-api-version", Secret::new("2022-11-28")),
                ];
                let (owner, name) = repository.split_once('/').unwrap_or((repository, ""));
                (Kind::GitHub, api, headers, words(&["repos", owner, name, "issues", &number.to_string(), "comments"]))
            }
            Conversation::GitLab { api, project, number } => {
                let list = words(&["projects", project, "merge_requests", &number.to_string(), "notes"]);
                (Kind::GitLab, api, vec![("private-token", token)], list)
            }
        };
        Ok(Self { http: chosen_host(api)?, headers, kind, list })
    }

    /// As whom the token writes.
    pub(super) async fn own_name(&self) -> Result<String, RemoteError> {
        match self.get("ask whose token it is", &["user"], &[]).await {
            Ok(user) => serde_json::from_value::<User>(user).map(|user| user.login).map_err(|_| {
                RemoteError::Unreachable(
                    "what answers does not say whose token it is; give the name with --author".to_owned(),
                )
            }),
            Err(error) if matches!(self.kind, Kind::GitHub) && error.status() == Some(403) => Ok(WORKFLOW.to_owned()),
            Err(error) => Err(self.explained(&error)),
        }
    }

    /// The first comment of this author that begins with the mark.
    pub(super) async fn comment_of(&self, author: &str, body: &Body) -> Result<Option<Comment>, RemoteError> {
        let path: Vec<&str> = self.list.iter().map(String::as_str).collect();
        for page in 1..=MOST_PAGES {
            let page = page.to_string();
            let size = PAGE.to_string();
            let mut query = vec![("per_page", size.as_str()), ("page", page.as_str())];
            if matches!(self.kind, Kind::GitLab) {
                query.extend([("sort", "asc"), ("order_by", "created_at")]);
            }
            let answer = self.get("list the comments", &path, &query).await.map_err(|error| self.explained(&error))?;
            let comments: Vec<Comment> = serde_json::from_value(answer)
                .map_err(|_| RemoteError::Unreachable("what answers does not list comments as it should".to_owned()))?;
            let is_last = comments.len() < PAGE;
            let own = |comment: &Comment| {
                let by = comment.user.as_ref().map(|user| user.login.as_str());
                by == Some(author) && !comment.system && body.marks(&comment.body)
            };
            let found = comments.into_iter().find(own);
            if found.is_some() || is_last {
                return Ok(found);
            }
        }
        Err(RemoteError::Refused(format!(
            "there are more than {} comments; ours was not looked for further",
            PAGE * MOST_PAGES
        )))
    }

    pub(super) async fn add(&self, body: &Body) -> Result<(), RemoteError> {
        let path: Vec<&str> = self.list.iter().map(String::as_str).collect();
        let request = Request::new("add the comment", &path).headers(&self.headers);
        self.written(self.http.post_json(&request, &json!({"body": body.text})).await)
    }

    pub(super) async fn edit(&self, id: u64, body: &Body) -> Result<(), RemoteError> {
        let id = id.to_string();
        let mut path: Vec<&str> = self.list.iter().map(String::as_str).collect();
        let text = json!({"body": body.text});
        match self.kind {
            // A comment is not addressed below its issue.
            Kind::GitHub => {
                path.truncate(4);
                path.extend(["comments", id.as_str()]);
                let request = Request::new("replace the comment", &path).headers(&self.headers);
                self.written(self.http.patch_json(&request, &text).await)
            }
            Kind::GitLab => {
                path.push(&id);
                let request = Request::new("replace the comment", &path).headers(&self.headers);
                self.written(self.http.put_json(&request, &text).await)
            }
        }
    }

    async fn get(&self, what: &'static str, path: &[&str], query: &[(&str, &str)]) -> Result<Value, NetError> {
        let request = Request::new(what, path).query(query).headers(&self.headers);
        self.http.get(&request).await.and_then(|answer| answer.json())
    }

    fn written<T>(&self, answer: Result<T, WriteError>) -> Result<(), RemoteError> {
        answer.map(|_| ()).map_err(|error| self.explained(error.net()))
    }

    fn explained(&self, error: &NetError) -> RemoteError {
        let needed = match self.kind {
            Kind::GitHub => "it needs `pull-requests: write`; pull requests from forks get a token that may only read",
            Kind::GitLab => "it needs the scope `api` and the role Reporter; a CI_JOB_TOKEN may not comment",
        };
        match &error.kind {
            NetErrorKind::Status { status: 401 | 403 | 404, .. } => {
                RemoteError::Refused(format!("the token may not comment: {needed} ({error})"))
            }
            NetErrorKind::Status { status: 500.., .. } => RemoteError::Unreachable(error.to_string()),
            NetErrorKind::Status { .. } | NetErrorKind::Request { .. } | NetErrorKind::AddressRefused(_) => {
                RemoteError::Refused(error.to_string())
            }
            _ => RemoteError::Unreachable(error.to_string()),
        }
    }
}
