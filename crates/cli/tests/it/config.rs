//! Settings: who wins, and what is refused.

use std::fs;

use serde_json::Value;

use crate::hub::{clean, ended};

fn shown(folder: &std::path::Path, environment: &[(&str, &str)], arguments: &[&str]) -> Vec<(String, String, String)> {
    let shown = ended(
        clean()
            .current_dir(folder)
            .envs(environment.iter().copied())
            .args(["config", "show", "--output", "json", "--data", "data"])
            .args(arguments),
    );
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    let settings: Value = serde_json::from_str(&shown.stdout).unwrap();
    let word = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    settings
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (word(one, "name"), word(one, "value"), word(one, "source")))
        .collect()
}

fn of<'a>(shown: &'a [(String, String, String)], name: &str) -> (&'a str, &'a str) {
    let (_, value, source) = shown.iter().find(|(known, ..)| known == name).unwrap();
    (value, source)
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
    let folder = tempfile::tempdir().unwrap();
    let all = shown(folder.path(), &[], &[]);
    assert_eq!(of(&all, "sync.status_interval"), ("30s", "default"));
    assert_eq!(of(&all, "server.listen"), ("127.0.0.1:8480", "default"));

    fs::create_dir(folder.path().join("data")).unwrap();
    let file = folder.path().join("data/scanhelm.toml");
    fs::write(
        &file,
        "[sync]\nstatus_interval = \"10s\"\nadoption_interval = \"90s\"\n[network]\nallow = [\"10.0.0.0/8\"]\n[jobs]\nworkers = 2\n",
    )
    .unwrap();
    let environment = [
        ("SCANHELM_SYNC_STATUS_INTERVAL", "500ms"),
        ("SCANHELM_LOCAL_ALLOWED_ROOTS", "/srv/a, /srv/b"),
        // Not settings of the hub: they belong to the remote client.
        ("SCANHELM_HUB", "http://127.0.0.1:1"),
        ("SCANHELM_API_KEY", "shk_x"),
    ];
    let all = shown(folder.path(), &environment, &[]);
    assert_eq!(of(&all, "sync.status_interval"), ("500ms", "SCANHELM_SYNC_STATUS_INTERVAL"));
    assert_eq!(of(&all, "sync.adoption_interval").0, "90s");
    assert!(of(&all, "sync.adoption_interval").1.ends_with("scanhelm.toml"));
    assert_eq!(of(&all, "network.allow").0, "10.0.0.0/8");
    assert_eq!(of(&all, "jobs.workers").0, "2");
    assert_eq!(of(&all, "local.allowed_roots").0, "/srv/a, /srv/b");
}

#[test]
fn a_named_file_is_read_instead_and_must_exist() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("scanhelm.toml"), "[jobs]\nworkers = 3\n").unwrap();
    fs::write(folder.path().join("other.toml"), "[jobs]\nworkers = 5\n").unwrap();
    assert_eq!(of(&shown(folder.path(), &[], &[]), "jobs.workers").0, "3");
    assert_eq!(of(&shown(folder.path(), &[], &["--config", "other.toml"]), "jobs.workers").0, "5");
    let missing = ended(clean().current_dir(folder.path()).args(["config", "validate", "--config", "none.toml"]));
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("none.toml"), "{}", missing.stderr);
}

#[test]
fn a_password_in_the_database_address_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let url = "postgres://hub:hunter2@db.example.com/scanhelm?sslpassword=hunter3";
    for (arguments, environment, source) in [
        (vec![], vec![("DATABASE_URL", url)], "DATABASE_URL"),
        (vec![], vec![("DATABASE_URL", "postgres://a@b/c"), ("SCANHELM_DATABASE_URL", url)], "SCANHELM_DATABASE_URL"),
        (vec!["--database-url", url], vec![("DATABASE_URL", "postgres://a@b/c")], "--database-url"),
    ] {
        let all = shown(folder.path(), &environment, &arguments);
        let (value, from) = of(&all, "database.url");
        assert_eq!(from, source);
        assert!(value.contains("db.example.com") && !value.contains("hunter"), "{value}");
    }
    let wrong = ended(clean().env("DATABASE_URL", "hunter2@nowhere").args(["config", "show"]));
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("DATABASE_URL") && !wrong.stderr.contains("hunter2"), "{}", wrong.stderr);
}

#[test]
fn every_mistake_is_named_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |toml: &str, environment: &[(&str, &str)]| {
        fs::write(folder.path().join("scanhelm.toml"), toml).unwrap();
        let refused =
            ended(clean().current_dir(folder.path()).envs(environment.iter().copied()).args(["config", "validate"]));
        assert_eq!(refused.code, 2, "{toml}: {}", refused.stdout);
        assert_eq!(refused.stdout, "");
        refused.stderr
    };
    let file = "scanhelm.toml";
    for (toml, words) in [
        ("[sync]\nstatus_intervall = \"10s\"\n", vec![file, "sync.status_intervall", "status_interval"]),
        ("[synk]\nx = 1\n", vec![file, "synk"]),
        ("workers = 2\n", vec![file, "workers"]),
        ("sync = 2\n", vec![file, "[sync]"]),
        ("[sync]\nstatus_interval = 30\n", vec![file, "sync.status_interval", "30s"]),
        ("[sync]\nstatus_interval = [\"1s\"]\n", vec![file, "sync.status_interval", "list"]),
        ("[jobs]\nworkers = 0\n", vec![file, "jobs.workers", "above 0"]),
        ("[server]\nlisten = \"8480\"\n", vec![file, "server.listen", "127.0.0.1:8480"]),
        ("[server]\npublic_url = \"scanhelm.example.com\"\n", vec![file, "server.public_url", "https://"]),
        ("[network]\nallow = [\"10.0.0.0/8\", \"inside\"]\n", vec![file, "network.allow", "inside"]),
        ("[local]\nallowed_roots = [\"src\"]\n", vec![file, "local.allowed_roots", "absolute"]),
        ("[log]\nform = \"xml\"\n", vec![file, "log.form", "human"]),
        ("[sync\n", vec![file]),
    ] {
        let stderr = refused(toml, &[]);
        for word in words {
            assert!(stderr.contains(word), "{toml} should name {word}: {stderr}");
        }
    }
    let stderr = refused("", &[("SCANHELM_SYNC_STATUS_INTERVALL", "10s")]);
    assert!(stderr.contains("SCANHELM_SYNC_STATUS_INTERVALL"), "{stderr}");
    // All of them at once, so that nobody has to start five times.
    let stderr = refused("[jobs]\nworkers = 0\nlease = \"x\"\n", &[("SCANHELM_SYNC_LEASE", "y")]);
    for word in ["jobs.workers", "jobs.lease", "SCANHELM_SYNC_LEASE"] {
        assert!(stderr.contains(word), "{stderr}");
    }
}

#[test]
fn a_log_in_at_the_mail_server_is_whole_and_never_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    let with = |settings: &[(&str, &str)]| {
        let environment = settings
            .iter()
            .map(|(name, value)| (format!("SCANHELM_NOTIFY_{}", name.to_uppercase()), (*value).to_owned()));
        let arguments = ["config", "show", "--output", "json", "--data", "data"];
        ended(clean().current_dir(folder.path()).envs(environment).args(arguments))
    };
    let (host, user, password) =
        (("smtp_host", "mail.example.com"), ("smtp_username", "hub"), ("smtp_password", "hunter2"));
    let plain = ("smtp_security", "none");
    for (settings, named) in [
        (vec![host, password], "notify.smtp_password is set without notify.smtp_username"),
        (vec![host, user], "notify.smtp_username is set without notify.smtp_password"),
        (vec![host, user, password, plain], "in the clear"),
    ] {
        let refused = with(&settings);
        assert_eq!(refused.code, 2, "{settings:?}: {}", refused.stdout);
        assert!(refused.stderr.contains(named) && !refused.stderr.contains("hunter2"), "{}", refused.stderr);
    }
    for settings in
        [vec![host, plain], vec![host, user, password], vec![("smtp_host", "127.0.0.1"), user, password, plain]]
    {
        let accepted = with(&settings);
        assert_eq!(accepted.code, 0, "{settings:?}: {}", accepted.stderr);
    }
}
