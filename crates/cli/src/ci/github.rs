//! GitHub Actions.
//!
//! Variables: <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>. On `pull_request`,
//! `GITHUB_SHA` is a merge commit that exists nowhere else and `GITHUB_REF` is `refs/pull/N/merge`
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows>); the commit that
//! people pushed stands in the event, the file that `GITHUB_EVENT_PATH` names
//! (<https://docs.github.com/en/webhooks/webhook-events-and-payloads>).

use scanhelm_core::ci::CiMetadata;
use serde_json::Value;

use super::{Conversation, Pipeline, Variables, value};

pub(super) fn of(variables: &Variables, event: Option<&Value>) -> Pipeline {
    let word = |pointer: &str| event?.pointer(pointer)?.as_str();
    let is_pull_request = event.is_some_and(|event| event.get("pull_request").is_some());
    let reference = variables.get("GITHUB_REF").unwrap_or_default();
    let numbered = || reference.strip_prefix("refs/pull/")?.split('/').next().and_then(value::number);
    let number = event.and_then(|event| event.pointer("/pull_request/number")?.as_u64()).or_else(numbered);
    let commit = word("/pull_request/head/sha").or(variables.get("GITHUB_SHA").filter(|_| !is_pull_request));
    let head = variables.get("GITHUB_HEAD_REF").or_else(|| word("/pull_request/head/ref"));
    let pushed = || reference.starts_with("refs/heads/").then_some(reference);
    let branch = head.map(heads).or_else(|| pushed().map(str::to_owned));
    let repository = variables.get("GITHUB_REPOSITORY").filter(|name| is_repository(name));
    let server = variables.get("GITHUB_SERVER_URL").unwrap_or("https://github.com");
    let default = word("/repository/default_branch");
    let on_default = number.is_none().then(|| Some(branch.as_deref()? == heads(default?))).flatten();
    Pipeline {
        metadata: CiMetadata {
            commit_sha: commit.and_then(value::commit),
            branch_name: branch.as_deref().and_then(value::branch),
            pr_number: number,
            repo_url: repository.and_then(|name| value::address(&format!("{}/{name}", server.trim_end_matches('/')))),
            triggered_by: ["GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR"]
                .iter()
                .find_map(|name| variables.get(name))
                .and_then(value::person),
        },
        on_default_branch: if number.is_some() { Some(false) } else { on_default },
        conversation: repository.zip(number).map(|(repository, number)| Conversation::GitHub {
            api: variables.get("GITHUB_API_URL").unwrap_or("https://api.github.com").to_owned(),
            repository: repository.to_owned(),
            number,
        }),
    }
}

/// A branch may itself be called `refs/...`; with its prefix it cannot be taken for another ref.
fn heads(branch: &str) -> String {
    format!("refs/heads/{branch}")
}

/// `owner/name`, and nothing that could lead elsewhere as part of an address.
fn is_repository(name: &str) -> bool {
    let plain = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    name.split_once('/').is_some_and(|(owner, name)| plain(owner) && plain(name))
}
