//! Azure Pipelines.
//!
//! Variables: <https://learn.microsoft.com/en-us/azure/devops/pipelines/build/variables>. In a pull request
//! `BUILD_SOURCEVERSION` is a merge commit and `BUILD_SOURCEBRANCH` is `refs/pull/N/merge`. For a repository at GitHub
//! the number that people know is `SYSTEM_PULLREQUEST_PULLREQUESTNUMBER`, and `...PULLREQUESTID` is another; at Azure
//! Repos there is only the latter. A variable that a pipeline passes on and that is not set arrives as its own name,
//! `$(System.PullRequest.SourceBranch)`.

use scanhelm_core::ci::CiMetadata;

use super::{Pipeline, Variables, value};

pub(super) fn of(variables: &Variables) -> Pipeline {
    let get = |name| variables.get(name).filter(|text| !text.starts_with("$("));
    let number = get("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER").or_else(|| get("SYSTEM_PULLREQUEST_PULLREQUESTID"));
    let built = || get("BUILD_SOURCEBRANCH").filter(|reference| reference.starts_with("refs/heads/"));
    let branch = get("SYSTEM_PULLREQUEST_SOURCEBRANCH").or_else(built);
    let is_change = number.is_some() || get("BUILD_REASON") == Some("PullRequest");
    let built_commit = || get("BUILD_SOURCEVERSION").filter(|_| !is_change);
    Pipeline {
        metadata: CiMetadata {
            commit_sha: get("SYSTEM_PULLREQUEST_SOURCECOMMITID").or_else(built_commit).and_then(value::commit),
            branch_name: branch.and_then(value::branch),
            pr_number: number.and_then(value::number),
            repo_url: get("BUILD_REPOSITORY_URI").and_then(value::address),
            triggered_by: get("BUILD_REQUESTEDFOR").and_then(value::person),
        },
        on_default_branch: is_change.then_some(false),
        conversation: None,
    }
}
