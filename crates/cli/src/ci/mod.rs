//! What a build server says about the run: commit, branch, pull request, repository, and who asked for it.
//!
//! Each server has its file: a pure function from variables to facts, whose module names the vendor's page. What the
//! server does not tell, the working tree does ([`git`]). Names of branches and people are chosen by anybody who can
//! open a pull request, and addresses can hold credentials, so nothing gets out of here but through [`value`]: one
//! line, of limited length, without credentials.

mod azure;
mod git;
mod github;
mod gitlab;
mod jenkins;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use scanhelm_core::ci::CiMetadata;
use serde_json::Value;

/// GitHub's own limit of what it sends to a hook.
const MOST_EVENT_BYTES: u64 = 25 * 1024 * 1024;

/// The facts of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pipeline {
    pub(crate) metadata: CiMetadata,
    /// Whether it is the branch that the others come from; `None` where nobody tells.
    pub(crate) on_default_branch: Option<bool>,
    /// Where people talk about the change.
    pub(crate) conversation: Option<Conversation>,
}

/// A pull request or merge request as its API calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Conversation {
    GitHub { api: String, repository: String, number: u64 },
    GitLab { api: String, project: String, number: u64 },
}

/// Variables of an environment; an empty one is as good as none. Tokens are among them, so nothing shows them.
#[derive(Clone, Default)]
pub(crate) struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Of this process. What is no Unicode is no fact.
    pub(crate) fn of_process() -> Self {
        let pairs =
            std::env::vars_os().filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)));
        Self(pairs.collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// Build servers set this; whoever tries their pipeline by hand does too.
    pub(crate) fn is_pipeline(&self) -> bool {
        self.is_true("CI") || self.get("CI") == Some("1")
    }

    fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }
}

/// What can be known of a run here: from the build server, and from the working tree what that leaves open.
pub(crate) fn pipeline(variables: &Variables, folder: &Path) -> Pipeline {
    let event = variables.get("GITHUB_EVENT_PATH").and_then(|path| event(Path::new(path)));
    let mut told = of_server(variables, event.as_ref()).unwrap_or_default();
    let tree = git::of(folder);
    let metadata = &mut told.metadata;
    metadata.commit_sha = metadata.commit_sha.take().or(tree.metadata.commit_sha);
    metadata.branch_name = metadata.branch_name.take().or(tree.metadata.branch_name);
    metadata.repo_url = metadata.repo_url.take().or(tree.metadata.repo_url);
    told.on_default_branch = told.on_default_branch.or(tree.on_default_branch);
    told
}

/// `None`: no build server that is known here.
fn of_server(variables: &Variables, event: Option<&Value>) -> Option<Pipeline> {
    if variables.is_true("GITHUB_ACTIONS") {
        Some(github::of(variables, event))
    } else if variables.is_true("GITLAB_CI") {
        Some(gitlab::of(variables))
    } else if variables.is_true("TF_BUILD") {
        Some(azure::of(variables))
    } else if variables.get("JENKINS_URL").is_some() {
        Some(jenkins::of(variables))
    } else {
        None
    }
}

/// An event that cannot be read tells nothing; the variables tell the rest.
fn event(path: &Path) -> Option<Value> {
    let mut text = Vec::new();
    File::open(path).ok()?.take(MOST_EVENT_BYTES).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

impl Pipeline {
    /// What a scan of it does not show is gone: not so on a branch or in a pull request, where it may not be there yet.
    pub(crate) fn speaks_for_the_repository(&self) -> bool {
        self.metadata.pr_number.is_none() && self.on_default_branch != Some(false)
    }
}
