//! GitLab CI.
//!
//! Variables: <https://docs.gitlab.com/ci/variables/predefined_variables/>. A pipeline of merged results runs on a
//! commit that exists nowhere else; the one that people pushed is `CI_MERGE_REQUEST_SOURCE_BRANCH_SHA`, which is empty
//! in other pipelines. In old versions `CI_COMMIT_REF_NAME` is `refs/merge-requests/N/head` in a merge request.

use scanhelm_core::ci::CiMetadata;

use super::{Conversation, Pipeline, Variables, value};

pub(super) fn of(variables: &Variables) -> Pipeline {
    let get = |name| variables.get(name);
    let number = get("CI_MERGE_REQUEST_IID").and_then(value::number);
    let external = get("CI_EXTERNAL_PULL_REQUEST_IID").and_then(value::number);
    let source =
        get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME").or_else(|| get("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME"));
    let branch = source
        .or_else(|| get("CI_COMMIT_BRANCH"))
        .or_else(|| get("CI_COMMIT_REF_NAME").filter(|_| get("CI_COMMIT_TAG").is_none()))
        .and_then(value::branch);
    let pushed =
        get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA").or_else(|| get("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA"));
    let change = number.or(external);
    let default = get("CI_DEFAULT_BRANCH").and_then(value::branch);
    Pipeline {
        metadata: CiMetadata {
            commit_sha: pushed.or_else(|| get("CI_COMMIT_SHA")).and_then(value::commit),
            pr_number: change,
            repo_url: get("CI_PROJECT_URL").and_then(value::address),
            triggered_by: get("GITLAB_USER_LOGIN").and_then(value::person),
            branch_name: branch.clone(),
        },
        on_default_branch: if change.is_some() {
            Some(false)
        } else {
            branch.zip(default).map(|(one, other)| one == other)
        },
        conversation: conversation(variables, number),
    }
}

/// The request belongs to the project that it wants to go into, which is not that of a fork.
fn conversation(variables: &Variables, number: Option<u64>) -> Option<Conversation> {
    let project = variables.get("CI_MERGE_REQUEST_PROJECT_ID").or_else(|| variables.get("CI_PROJECT_ID"));
    Some(Conversation::GitLab {
        api: variables.get("CI_API_V4_URL")?.to_owned(),
        project: value::number(project?)?.to_string(),
        number: number?,
    })
}
