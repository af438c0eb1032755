//! `scanhelm comment`: puts the Markdown of a scan under a pull or merge request, and over the one of an earlier run.
//!
//! The mark in the first line tells which comment is ours; who wrote it tells that it is: anybody can begin a comment
//! with that line, and a token that may write comments may often edit those of others. Where and under which number
//! comes from the build server ([`crate::ci`]), the token from the environment.

mod body;
mod host;

use std::path::PathBuf;

use clap::Args;
use scanhelm_core::credential::Secret;

use crate::ci::{Conversation, Pipeline, Variables};
use crate::exit::{self, Exit};
use crate::remote::RemoteError;
use body::Body;
use host::{Comment, Host};

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm scan . --output-file scanhelm.md
  scanhelm comment --body scanhelm.md
  scanhelm comment --body scanhelm.md --optional --dry-run

The token comes from SCANHELM_COMMENT_TOKEN, else GITHUB_TOKEN or GITLAB_TOKEN.";

#[derive(Args, Debug)]
pub(crate) struct CommentArguments {
    /// Markdown of a scan: `scanhelm scan --output-file FILE.md`
    #[arg(long, value_name = "FILE")]
    body: PathBuf,
    /// Whose comments are ours; else whoever the token belongs to
    #[arg(long, value_name = "LOGIN")]
    author: Option<String>,
    /// Only look, and say what would be done
    #[arg(long)]
    dry_run: bool,
    /// What goes wrong is a warning and the exit code stays 0: a comment is no reason to fail a build
    #[arg(long)]
    optional: bool,
}

/// What is to be done, told before and after.
enum Step<'all> {
    Nothing(&'all Comment),
    Edit(&'all Comment),
    Add,
}

pub(crate) async fn run(arguments: CommentArguments) -> Exit {
    match carried_out(&arguments, &Variables::of_process()).await {
        Ok(told) => exit::printed(&format!("{told}\n")),
        Err(error) if arguments.optional => {
            exit::say(&format!("warning: no comment: {error}"));
            Exit::Done
        }
        Err(error) => crate::remote::failed(&error),
    }
}

async fn carried_out(arguments: &CommentArguments, variables: &Variables) -> Result<String, RemoteError> {
    let body = Body::read(&arguments.body).map_err(RemoteError::Refused)?;
    let conversation = conversation(variables)?;
    body.check_length(&conversation).map_err(RemoteError::Refused)?;
    let host = Host::of(&conversation, token(variables, &conversation)?)?;
    let author = match &arguments.author {
        Some(author) => author.clone(),
        None => host.own_name().await?,
    };
    let known = host.comment_of(&author, &body).await?;
    let step = match &known {
        Some(comment) if body.is(&comment.body) => Step::Nothing(comment),
        Some(comment) => Step::Edit(comment),
        None => Step::Add,
    };
    if !arguments.dry_run {
        match &step {
            Step::Nothing(_) => {}
            Step::Edit(comment) => host.edit(comment.id, &body).await?,
            Step::Add => host.add(&body).await?,
        }
    }
    Ok(told(&step, &conversation, arguments.dry_run))
}

fn told(step: &Step<'_>, conversation: &Conversation, dry: bool) -> String {
    let place = match conversation {
        Conversation::GitHub { repository, number, .. } => format!("pull request {number} of {repository}"),
        Conversation::GitLab { project, number, .. } => format!("merge request {number} of project {project}"),
    };
    let (would, done) = if dry { ("would be ", "") } else { ("", "is ") };
    match step {
        Step::Nothing(comment) => format!("{place}: comment {} says so already", comment.id),
        Step::Edit(comment) => format!("{place}: comment {} {would}{done}replaced", comment.id),
        Step::Add => format!("{place}: a comment {would}{done}added"),
    }
}

fn conversation(variables: &Variables) -> Result<Conversation, RemoteError> {
    let folder = std::env::current_dir().unwrap_or_default();
    let Pipeline { conversation, .. } = crate::ci::pipeline(variables, &folder);
    conversation.ok_or_else(|| {
        let reason =
            "this run is of no pull request of GitHub and no merge request of GitLab; there is nothing to comment on";
        RemoteError::Refused(reason.to_owned())
    })
}

fn token(variables: &Variables, conversation: &Conversation) -> Result<Secret, RemoteError> {
    let usual = match conversation {
        Conversation::GitHub { .. } => "GITHUB_TOKEN",
        Conversation::GitLab { .. } => "GITLAB_TOKEN",
    };
    let token = variables.get("SCANHELM_COMMENT_TOKEN").or_else(|| variables.get(usual));
    token.map(Secret::new).ok_or_else(|| {
        RemoteError::Refused(format!("there is no token: give one in SCANHELM_COMMENT_TOKEN or {usual}"))
    })
}
