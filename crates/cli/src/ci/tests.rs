use std::process::Command;

use proptest::prelude::*;
use serde_json::json;

use super::*;

const HEAD: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";
const MERGE: &str = "ffffffffffffffffffffffffffffffffffffffff";

fn variables(pairs: &[(&str, &str)]) -> Variables {
    Variables(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
}

/// Commit, branch, request, repository, and who asked.
type Facts<'all> = (Option<&'all str>, Option<&'all str>, Option<u64>, Option<&'all str>, Option<&'all str>);

fn facts(pipeline: &Pipeline) -> Facts<'_> {
    let CiMetadata { commit_sha, branch_name, pr_number, repo_url, triggered_by } = &pipeline.metadata;
    (commit_sha.as_deref(), branch_name.as_deref(), *pr_number, repo_url.as_deref(), triggered_by.as_deref())
}

#[test]
fn a_pull_request_at_github_is_its_head_and_not_the_merge() {
    let run = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_SHA", MERGE),
        ("GITHUB_REF", "refs/pull/7/merge"),
        ("GITHUB_HEAD_REF", "feature/x"),
        ("GITHUB_BASE_REF", "main"),
        ("GITHUB_REPOSITORY", "acme/shop"),
        ("GITHUB_SERVER_URL", "https://github.example.com"),
        ("GITHUB_API_URL", "https://github.example.com/api/v3"),
        ("GITHUB_ACTOR", "ann"),
        ("GITHUB_TRIGGERING_ACTOR", "bob"),
    ];
    let event = json!({"number": 7, "pull_request": {"number": 7, "head": {"sha": HEAD, "ref": "feature/x"}},
        "repository": {"default_branch": "main"}});
    let told = of_server(&variables(&run), Some(&event)).unwrap();
    let repository = Some("https://github.example.com/acme/shop");
    assert_eq!(facts(&told), (Some(HEAD), Some("feature/x"), Some(7), repository, Some("bob")));
    assert!(!told.speaks_for_the_repository());
    let api = "https://github.example.com/api/v3".to_owned();
    let expected = Conversation::GitHub { api, repository: "acme/shop".to_owned(), number: 7 };
    assert_eq!(told.conversation, Some(expected));
    let without_event = of_server(&variables(&run), None).unwrap();
    assert_eq!(without_event.metadata.pr_number, Some(7), "the ref tells it, too");
    assert!(!without_event.speaks_for_the_repository());
}

#[test]
fn a_push_at_github_is_its_branch_and_a_tag_is_none() {
    let push = |reference| {
        let run = [("GITHUB_ACTIONS", "true"), ("GITHUB_SHA", HEAD), ("GITHUB_REF", reference)];
        let event = json!({"repository": {"default_branch": "main"}});
        of_server(&variables(&run), Some(&event)).unwrap()
    };
    let main = push("refs/heads/main");
    assert_eq!(facts(&main), (Some(HEAD), Some("main"), None, None, None));
    assert_eq!((main.on_default_branch, main.conversation.clone()), (Some(true), None));
    let other = push("refs/heads/refs/pull/1");
    assert_eq!((other.metadata.pr_number, other.on_default_branch), (None, Some(false)));
    assert_eq!(push("refs/tags/v1").metadata.branch_name, None);
}

#[test]
fn gitlab_tells_merge_requests_by_their_number_in_the_project() {
    let run = [
        ("GITLAB_CI", "true"),
        ("CI_COMMIT_SHA", MERGE),
        ("CI_COMMIT_REF_NAME", "refs/merge-requests/3/merge"),
        ("CI_DEFAULT_BRANCH", "main"),
        ("CI_PROJECT_URL", "https://gitlab.example.com/acme/shop"),
        ("CI_PROJECT_ID", "11"),
        ("CI_API_V4_URL", "https://gitlab.example.com/api/v4"),
        ("CI_MERGE_REQUEST_ID", "9041"),
        ("CI_MERGE_REQUEST_IID", "3"),
        ("CI_MERGE_REQUEST_PROJECT_ID", "10"),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "feature/x"),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", HEAD),
        ("GITLAB_USER_LOGIN", "ann"),
    ];
    let told = of_server(&variables(&run), None).unwrap();
    let repository = Some("https://gitlab.example.com/acme/shop");
    assert_eq!(facts(&told), (Some(HEAD), Some("feature/x"), Some(3), repository, Some("ann")));
    let api = "https://gitlab.example.com/api/v4".to_owned();
    assert_eq!(told.conversation, Some(Conversation::GitLab { api, project: "10".to_owned(), number: 3 }));
    let branch = |name| {
        let run =
            [("GITLAB_CI", "true"), ("CI_COMMIT_SHA", HEAD), ("CI_COMMIT_BRANCH", name), ("CI_DEFAULT_BRANCH", "main")];
        of_server(&variables(&run), None).unwrap()
    };
    assert_eq!((branch("main").on_default_branch, branch("dev").on_default_branch), (Some(true), Some(false)));
    let tag = [("GITLAB_CI", "true"), ("CI_COMMIT_TAG", "v1"), ("CI_COMMIT_REF_NAME", "v1")];
    assert_eq!(of_server(&variables(&tag), None).unwrap().metadata.branch_name, None);
}

#[test]
fn jenkins_gives_no_credentials_away_and_a_change_is_its_own_branch() {
    let url = "https://robot:s3cret@git.example.com/acme/shop.git?x=y";
    let run = [
        ("JENKINS_URL", "https://ci.example.com/"),
        ("GIT_COMMIT", HEAD),
        ("GIT_URL", url),
        ("GIT_BRANCH", "origin/main"),
    ];
    let told = of_server(&variables(&run), None).unwrap();
    let repository = Some("https://git.example.com/acme/shop.git");
    assert_eq!(facts(&told), (Some(HEAD), Some("main"), None, repository, None));
    let change = [
        ("JENKINS_URL", "https://ci.example.com/"),
        ("BRANCH_NAME", "PR-7"),
        ("CHANGE_ID", "7"),
        ("CHANGE_BRANCH", "feature/x"),
        ("CHANGE_AUTHOR", "ann"),
        ("BRANCH_IS_PRIMARY", "true"),
    ];
    let told = of_server(&variables(&change), None).unwrap();
    assert_eq!(facts(&told), (None, Some("feature/x"), Some(7), None, Some("ann")));
    assert_eq!(told.on_default_branch, Some(false));
}

#[test]
fn azure_tells_the_number_that_people_know_and_the_commit_that_they_pushed() {
    let run = [
        ("TF_BUILD", "True"),
        ("BUILD_REASON", "PullRequest"),
        ("BUILD_SOURCEVERSION", MERGE),
        ("BUILD_SOURCEBRANCH", "refs/pull/7/merge"),
        ("SYSTEM_PULLREQUEST_PULLREQUESTID", "1234567"),
        ("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "7"),
        ("SYSTEM_PULLREQUEST_SOURCEBRANCH", "refs/heads/feature/x"),
        ("SYSTEM_PULLREQUEST_SOURCECOMMITID", HEAD),
        ("BUILD_REPOSITORY_URI", "https://acme@dev.azure.com/acme/shop/_git/shop"),
        ("BUILD_REQUESTEDFOR", "Ann Example"),
    ];
    let told = of_server(&variables(&run), None).unwrap();
    let repository = Some("https://dev.azure.com/acme/shop/_git/shop");
    assert_eq!(facts(&told), (Some(HEAD), Some("feature/x"), Some(7), repository, Some("Ann Example")));
    let push = [
        ("TF_BUILD", "True"),
        ("BUILD_SOURCEVERSION", HEAD),
        ("BUILD_SOURCEBRANCH", "refs/heads/main"),
        ("SYSTEM_PULLREQUEST_PULLREQUESTID", "$(System.PullRequest.PullRequestId)"),
    ];
    assert_eq!(facts(&of_server(&variables(&push), None).unwrap()), (Some(HEAD), Some("main"), None, None, None));
}

#[test]
fn without_a_server_the_working_tree_tells() {
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "init.defaultBranch=trunk"];
        let ended = Command::new("git").current_dir(folder.path()).args(identity).args(arguments).output().unwrap();
        assert!(ended.status.success(), "{ended:?}");
        String::from_utf8(ended.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(pipeline(&Variables::default(), folder.path()), Pipeline::default());
    git(&["init", "-q"]);
    git(&["commit", "-q", "--allow-empty", "-m", "one"]);
    git(&["remote", "add", "origin", "https://user:token@git.example.com/acme/shop.git"]);
    let head = git(&["rev-parse", "HEAD"]);
    let repository = Some("https://git.example.com/acme/shop.git");
    let inner = folder.path().join("a/b");
    std::fs::create_dir_all(&inner).unwrap();
    let told = pipeline(&Variables::default(), &inner);
    assert_eq!(facts(&told), (Some(head.as_str()), Some("trunk"), None, repository, None));
    git(&["pack-refs", "--all"]);
    assert_eq!(pipeline(&Variables::default(), &inner), told, "packed");
    git(&["worktree", "add", "-q", "-b", "other", "linked"]);
    let linked = pipeline(&Variables::default(), &folder.path().join("linked"));
    assert_eq!(facts(&linked), (Some(head.as_str()), Some("other"), None, repository, None));
    git(&["checkout", "-q", "--detach"]);
    let detached = pipeline(&Variables::default(), &inner);
    assert_eq!(facts(&detached), (Some(head.as_str()), None, None, repository, None));
    let server = pipeline(&variables(&[("JENKINS_URL", "x"), ("BRANCH_NAME", "of-server")]), &inner);
    assert_eq!(facts(&server), (Some(head.as_str()), Some("of-server"), None, repository, None));
}

/// Every variable that is read anywhere in this room.
const NAMES: [&str; 32] = [
    "GITHUB_SHA",
    "GITHUB_REF",
    "GITHUB_HEAD_REF",
    "GITHUB_REPOSITORY",
    "GITHUB_SERVER_URL",
    "GITHUB_ACTOR",
    "CI_COMMIT_SHA",
    "CI_COMMIT_BRANCH",
    "CI_COMMIT_REF_NAME",
    "CI_MERGE_REQUEST_IID",
    "CI_PROJECT_URL",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA",
    "CI_DEFAULT_BRANCH",
    "CI_API_V4_URL",
    "CI_PROJECT_ID",
    "GITLAB_USER_LOGIN",
    "GIT_COMMIT",
    "GIT_URL",
    "GIT_BRANCH",
    "BRANCH_NAME",
    "CHANGE_ID",
    "CHANGE_BRANCH",
    "CHANGE_AUTHOR",
    "BUILD_USER_ID",
    "BUILD_SOURCEVERSION",
    "BUILD_SOURCEBRANCH",
    "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER",
    "SYSTEM_PULLREQUEST_SOURCEBRANCH",
    "SYSTEM_PULLREQUEST_SOURCECOMMITID",
    "BUILD_REPOSITORY_URI",
    "BUILD_REQUESTEDFOR",
];

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        Just("https://user:s3cret@example.com/a/b?token=s3cret#s3cret".to_owned()),
        Just("git@example.com:acme/shop.git".to_owned()),
        Just("refs/heads/a\nb\u{1b}[31m\u{202e}".to_owned()),
        "[a-z@:/?#\\n.0-9]{0,600}",
    ]
}

proptest! {
    #[test]
    fn whatever_the_variables_hold_facts_are_short_lines_without_credentials(
        texts in prop::collection::vec(hostile(), NAMES.len()),
        server in prop::sample::select(vec![("GITHUB_ACTIONS", "true"), ("GITLAB_CI", "true"), ("TF_BUILD", "True"), ("JENKINS_URL", "x")]),
    ) {
        let mut all = Variables(NAMES.iter().map(|name| (*name).to_owned()).zip(texts).collect());
        all.0.insert(server.0.to_owned(), server.1.to_owned());
        let told = of_server(&all, None).unwrap();
        let CiMetadata { commit_sha, branch_name, repo_url, triggered_by, .. } = &told.metadata;
        for (fact, limit) in [(commit_sha, 64), (branch_name, 255), (repo_url, 500), (triggered_by, 200)] {
            let Some(fact) = fact else { continue };
            prop_assert!(!fact.is_empty() && fact.chars().count() <= limit, "{fact:?}");
            prop_assert!(!fact.chars().any(char::is_control) && !fact.contains('\u{202e}'), "{fact:?}");
        }
        prop_assert!(!repo_url.as_deref().unwrap_or_default().contains("s3cret"));
    }
}
