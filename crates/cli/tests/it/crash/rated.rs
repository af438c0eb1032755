//! kill -9 while a feed is loaded and while findings are rated anew: in the end every finding is rated by what is known,
//! as if nothing had happened.

use std::fmt::Write as _;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

use scanhelm_hub::failpoint;
use serde_json::{Value, json};

use super::SIGABRT;
use super::installation::{Database, Hub, Installation};
use crate::hub::Running;

const FINDINGS: usize = 12;

fn report(folder: &Path) -> PathBuf {
    let mut text = "<NessusClientData_v2><Report name=\"lab\"><ReportHost name=\"10.0.0.1\"><HostProperties>\
                    <tag name=\"HOST_END_TIMESTAMP\">1700000000</tag></HostProperties>"
        .to_owned();
    for number in 0..FINDINGS {
        write!(
            text,
            "<ReportItem port=\"80\" svc_name=\"www\" protocol=\"tcp\" severity=\"3\" pluginID=\"{number}\" \
             pluginName=\"Check {number}\" pluginFamily=\"General\"><cve>CVE-2020-{number:04}</cve></ReportItem>"
        )
        .unwrap();
    }
    text.push_str("</ReportHost></Report></NessusClientData_v2>");
    let path = folder.join("lab.nessus");
    std::fs::write(&path, text).unwrap();
    path
}

/// A probability for each CVE of the report.
fn scores(folder: &Path) -> PathBuf {
    let mut text = "#model_version:v2025.03.14,score_date:2026-05-18T00:00:00+0000\ncve,epss,percentile\n".to_owned();
    for number in 0..FINDINGS {
        writeln!(text, "CVE-2020-{number:04},0.{:02},0.5", number + 1).unwrap();
    }
    let path = folder.join("epss_scores-2026-05-18.csv");
    std::fs::write(&path, text).unwrap();
    path
}

fn policy() -> Value {
    json!({
        "enabled": true,
        "days": {"critical": 7, "high": 30, "medium": 60, "low": null},
        "kev_days": 3,
        "percent": {"low": 200, "normal": 100, "high": 50, "critical": 25},
    })
}

/// What each finding is rated, sorted.
fn ratings(hub: &Hub) -> Vec<String> {
    let rating = |finding: &Value| {
        format!("{} {} {} {}", finding["fingerprint"], finding["risk"], finding["epss"], finding["due_at"])
    };
    let mut ratings: Vec<String> = hub.items("findings?limit=500").iter().map(rating).collect();
    ratings.sort_unstable();
    ratings
}

fn imported(database: Database) -> (Installation, Vec<String>) {
    let installation = Installation::new(database);
    let mut hub = installation.start(None);
    let mut client = hub.send(&report(installation.folder()));
    assert_eq!(client.wait().0, Some(0), "{}", client.log);
    hub.await_that("nothing is left to do", Hub::is_idle);
    let before = ratings(&hub);
    hub.stop();
    assert_eq!(before.len(), FINDINGS, "{before:#?}");
    (installation, before)
}

/// What a hub that nothing happens to comes to.
fn settled(installation: &Installation, before: &[String], order: impl Fn(&Hub)) -> Vec<String> {
    let mut hub = installation.start(None);
    order(&hub);
    hub.await_that("every finding is rated anew", |hub| {
        hub.is_idle() && ratings(hub).iter().all(|rating| !before.contains(rating))
    });
    let after = ratings(&hub);
    hub.stop();
    after
}

fn comes_to(installation: &Installation, expected: &[String], place: &str) {
    let mut hub = installation.start(None);
    hub.await_that(&format!("after {place} every finding is rated anew"), |hub| {
        hub.is_idle() && ratings(hub) == expected
    });
    hub.stop();
}

fn died(process: &mut Running, place: &str) {
    let status = process.status();
    assert_eq!(status.signal(), Some(SIGABRT), "at {place}: {status}\n{}", process.log);
}

fn crashes_in_ratings(database: Database) {
    let (installation, before) = imported(database);
    let order = |hub: &Hub| drop(hub.call("PUT", "sla-policy", Some(&policy())));
    let expected = settled(&installation.copy(), &before, order);
    for place in failpoint::RATING {
        let installation = installation.copy();
        let mut hub = installation.start(Some(place));
        hub.send_and_forget("PUT", "sla-policy", Some(&policy()));
        died(&mut hub.process, place);
        comes_to(&installation, &expected, place);
    }
}

#[test]
fn findings_are_rated_anew_after_a_crash_at_every_failpoint_on_sqlite() {
    crashes_in_ratings(Database::Sqlite);
}

#[test]
fn findings_are_rated_anew_after_a_crash_at_every_failpoint_on_postgres() {
    crashes_in_ratings(Database::Postgres);
}

/// Beside a hub that is stopped: the command itself dies, and is given again.
fn crashes_in_feeds(database: Database) {
    let (installation, before) = imported(database);
    let scores = scores(installation.folder());
    let load = |installation: &Installation, place: Option<&str>| {
        let mut command = installation.command(&["feeds", "import", "epss", scores.to_str().unwrap()]);
        command.env("SCANHELM_JOBS_LEASE", "1s");
        Running::start(command.envs(place.map(|place| ("SCANHELM_FAILPOINT", place))))
    };
    let loaded = |installation: &Installation| {
        let mut process = load(installation, None);
        assert_eq!(process.wait().0, Some(0), "{}", process.log);
    };
    let undisturbed = installation.copy();
    loaded(&undisturbed);
    let expected = settled(&undisturbed, &before, |_| ());
    for place in failpoint::FEED {
        let installation = installation.copy();
        died(&mut load(&installation, Some(place)), place);
        loaded(&installation);
        comes_to(&installation, &expected, place);
    }
}

#[test]
fn a_feed_is_loaded_again_after_a_crash_at_every_failpoint_on_sqlite() {
    crashes_in_feeds(Database::Sqlite);
}

#[test]
fn a_feed_is_loaded_again_after_a_crash_at_every_failpoint_on_postgres() {
    crashes_in_feeds(Database::Postgres);
}
