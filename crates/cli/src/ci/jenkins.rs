//! Jenkins.
//!
//! Variables: the git plugin (<https://plugins.jenkins.io/git/>, "Environment Variables"), multibranch projects
//! (<https://www.jenkins.io/doc/book/pipeline/multibranch/>) and, for who pressed the button, the plugin
//! <https://plugins.jenkins.io/build-user-vars-plugin/>. `GIT_URL` is what the job was told, with whatever credentials
//! stand in it; `GIT_BRANCH` names the remote (`origin/main`); `BRANCH_NAME` of a pull request is `PR-7`.

use scanhelm_core::ci::CiMetadata;

use super::{Pipeline, Variables, value};

pub(super) fn of(variables: &Variables) -> Pipeline {
    let get = |name| variables.get(name);
    let is_change = get("CHANGE_ID").is_some();
    let named = get("BRANCH_NAME").filter(|_| get("TAG_NAME").is_none());
    let checked_out = || get("GIT_BRANCH").filter(|_| get("TAG_NAME").is_none()).map(without_remote);
    let branch = if is_change { get("CHANGE_BRANCH") } else { named.or_else(checked_out) };
    Pipeline {
        metadata: CiMetadata {
            commit_sha: get("GIT_COMMIT").and_then(value::commit),
            branch_name: branch.and_then(value::branch),
            pr_number: get("CHANGE_ID").and_then(value::number),
            repo_url: get("GIT_URL").or_else(|| get("GIT_URL_1")).and_then(value::address),
            triggered_by: get("BUILD_USER_ID").or_else(|| get("CHANGE_AUTHOR")).and_then(value::person),
        },
        on_default_branch: if is_change { Some(false) } else { variables.is_true("BRANCH_IS_PRIMARY").then_some(true) },
        conversation: None,
    }
}

fn without_remote(branch: &str) -> &str {
    let name = branch.strip_prefix("refs/remotes/").unwrap_or(branch);
    name.strip_prefix("origin/").unwrap_or(name)
}
