//! What belongs together is there together or not at all: kill -9 at a statement in the middle, where somebody else's
//! lock holds the hub until it dies. And what a hub finds that is older than its database.

use serde_json::{Value, json};

use super::installation::{Database, EMAIL, Hub, Installation, PASSWORD};
use crate::hub::{Running, eventually};

/// Each a table that the transaction writes to, in whatever order it does.
fn dies_in_the_middle(installation: &Installation, table: &str, order: impl Fn(&Hub)) {
    let database = installation.database();
    let hub = installation.start(None);
    let held = database.hold(&format!("lock table {table} in exclusive mode"));
    order(&hub);
    eventually("the hub to be in the middle", || (database.waiting() > 0).then_some(()));
    hub.kill();
    // What the server still knows of it ends before the lock does: else it would go on.
    database.query("select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()");
    eventually("nobody to wait", || (database.waiting() == 0).then_some(()));
    drop(held);
}

fn count(installation: &Installation, what: &str) -> u64 {
    installation.database().query(&format!("select count(*) from {what}")).parse().unwrap()
}

fn log_in() -> Value {
    json!({"email": EMAIL, "password": PASSWORD})
}

#[test]
fn fm_a30_a_log_in_is_whole_or_did_not_happen() {
    let installation = Installation::new(Database::Postgres);
    for table in ["sessions", "audit_log"] {
        dies_in_the_middle(&installation, table, |hub| hub.send_and_forget("POST", "session", Some(&log_in())));
        assert_eq!(count(&installation, "sessions"), 0, "half a session after a death at {table}");
        assert_eq!(count(&installation, "audit_log where action = 'session.open'"), 0, "at {table}");
    }
    let mut hub = installation.start(None);
    let opened = hub.call("POST", "session", Some(&log_in()));
    assert_eq!(opened["user"]["email"], EMAIL, "{opened:#}");
    assert_eq!(count(&installation, "sessions"), 1);
    assert_eq!(count(&installation, "audit_log where action = 'session.open'"), 1);
    hub.stop();
}

#[test]
fn fm_a31_a_change_and_its_entry_in_the_audit_log_are_one() {
    let installation = Installation::new(Database::Postgres);
    let record = json!({"name": "by hand", "scan_type": "vulnerability", "targets": ["10.0.0.1"]});
    let key = json!({"name": "pipeline", "role": "viewer"});
    let changes: [(&str, &str, &Value, &str); 2] = [
        ("scans", "scans where name = 'by hand'", &record, "scan.%"),
        ("api-keys", "api_keys where name = 'pipeline'", &key, "api_key.%"),
    ];
    for (path, rows, body, action) in changes {
        let entries = format!("audit_log where action like '{action}'");
        let before = count(&installation, &entries);
        let table = rows.split(' ').next().unwrap();
        for table in [table, "audit_log"] {
            dies_in_the_middle(&installation, table, |hub| hub.send_and_forget("POST", path, Some(body)));
            assert_eq!(count(&installation, rows), 0, "{path} without its entry, after a death at {table}");
            assert_eq!(count(&installation, &entries), before, "an entry without {path}, after a death at {table}");
        }
        let mut hub = installation.start(None);
        hub.call("POST", path, Some(body));
        assert_eq!((count(&installation, rows), count(&installation, &entries)), (1, before + 1), "{path}");
        // Refused, rolled back: no entry.
        let (status, text) = hub.ask("POST", path, Some(&json!({"name": ""})));
        assert!((400..500).contains(&status), "{status} {text}");
        assert_eq!(count(&installation, &entries), before + 1);
        hub.stop();
    }
}

/// The hub of yesterday on the database of today's: it says whose it is and what to do, and touches nothing.
#[test]
fn fm_f18_going_back_to_an_older_hub_is_refused_and_harms_nothing() {
    let installation = Installation::new(Database::Postgres);
    let mut hub = installation.start(None);
    let record = json!({"name": "by hand", "scan_type": "vulnerability", "targets": ["10.0.0.1"]});
    hub.call("POST", "scans", Some(&record));
    hub.stop();
    let database = installation.database();
    let version: i64 = database.query("select version from schema_version").parse().unwrap();
    // What tomorrow's hub adds, and says that it did.
    database.query("create table of_tomorrow (id bigint); insert into of_tomorrow values (1)");
    database.query(&format!("update schema_version set version = {}, hub = '99.1.0'", version + 1));
    let digest = || {
        let tables =
            ["scans", "audit_log", "companies", "users", "api_keys", "jobs", "hubs", "of_tomorrow", "schema_version"];
        tables.map(|table| {
            database.query(&format!("select md5(string_agg(t::text, '/' order by t::text)) from {table} t"))
        })
    };
    let before = digest();
    for _ in 0..2 {
        let mut old: Running = installation.serve(&[]);
        let (code, _) = old.wait();
        assert!(code.is_some_and(|code| code != 0), "{code:?}");
        let told = old.whole_log();
        for words in [&format!("schema version {}", version + 1), "Scanhelm 99.1.0", "or newer", "restore a backup"] {
            assert!(told.contains(words), "no `{words}` in:\n{told}");
        }
        assert_eq!(digest(), before, "a hub that refuses changes nothing");
    }
    // Tomorrow's hub again (its part is played by today's, which knows this version).
    database.query(&format!("drop table of_tomorrow; update schema_version set version = {version}"));
    let mut hub = installation.start(None);
    assert_eq!(hub.scans()[0]["name"], "by hand");
    hub.stop();
}

/// One check on one host; `ended` sets the host's end.
fn sight(installation: &Installation, ended: u32, checks: &[u32]) -> std::path::PathBuf {
    let mut text = format!(
        "<NessusClientData_v2><Policy><policyName>Basic</policyName></Policy><Report name=\"lab\">\
         <ReportHost name=\"10.0.0.5\"><HostProperties><tag name=\"HOST_END_TIMESTAMP\">{}</tag>\
         <tag name=\"host-ip\">10.0.0.5</tag></HostProperties>",
        1_700_000_000 + ended
    );
    for check in checks {
        text.push_str(&format!(
            "<ReportItem port=\"443\" svc_name=\"www\" protocol=\"tcp\" severity=\"3\" pluginID=\"{check}\" \
             pluginName=\"Check {check}\" pluginFamily=\"General\"><description>Seen.</description></ReportItem>"
        ));
    }
    text.push_str("</ReportHost></Report></NessusClientData_v2>");
    let path = installation.folder().join(format!("{ended}.nessus"));
    std::fs::write(&path, text).unwrap();
    path
}

/// A finding comes back. Killed before the commit it is still fixed and nobody is told; killed right after it is open
/// and the news of it is written: never the one without the other, and in the end it is told once.
#[test]
fn fm_a19_a_finding_that_comes_back_and_its_news_are_one() {
    let origin = Installation::new(Database::Postgres);
    let mut hub = origin.start(None);
    for (ended, checks) in [(0, vec![1, 2]), (1000, vec![1])] {
        let mut client = hub.send(&sight(&origin, ended, &checks));
        assert_eq!(client.wait().0, Some(0), "{}", client.log);
    }
    let state = |installation: &Installation| {
        installation.database().query("select status from findings where title = 'Check 2'")
    };
    assert_eq!(state(&origin), "fixed");
    hub.stop();
    for (place, back) in [("import.batch.before_commit@1", false), ("import.batch.after_commit@1", true)] {
        let installation = origin.copy();
        let mut hub = installation.start(Some(place));
        let mut client = hub.send(&sight(&installation, 2000, &[1, 2]));
        assert!(!hub.process.status().success(), "it died at {place}");
        client.wait();
        drop(hub);
        let latest = "from imports order by started_at desc limit 1";
        let told = |what: &str| installation.database().query(&format!("select {what} {latest}"));
        let news = told("news").contains("Check 2");
        let reopened = told("counts::json ->> 'reopened'") == "1";
        assert_eq!((state(&installation) == "open", news, reopened), (back, back, back), "after a death at {place}");
        let mut hub = installation.start(None);
        hub.await_that("the import to be over", Hub::is_idle);
        assert_eq!(state(&installation), "open");
        let ends: Vec<Value> = hub.scans().iter().flat_map(|scan| hub.imports(scan)).collect();
        let told = ends.iter().filter(|event| event["message"].as_str().unwrap().contains("1 reopened")).count();
        assert_eq!(told, 1, "{ends:#?}");
        hub.stop();
    }
}
