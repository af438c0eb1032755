//! A database of the first version with everything in it that later versions move, brought to the newest.

use std::path::Path;

use scanhelm_testkit::postgres::PostgresDatabase;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionTrait};

use super::*;
use crate::store::{connect_postgres, connect_sqlite};

/// As version 1 stored them: two findings on one host, one of them judged, each with a sighting of one run.
const FILLED: &str = r#"
INSERT INTO companies VALUES ('c', 'Acme', 'active', 1);
INSERT INTO scans (id, company_id, name, origin, scan_type, vendor_state, import_state, run_number, run_id, created_at, count_critical, count_high,
  count_medium, count_low, count_info, counts_rank, counts_known, imported_findings, targets, config, ci, scanners_run, scanners_skipped, version)
  VALUES ('s', 'c', 'Web <servers>', 'upload', 'vulnerability', 'completed', 'done', 1, 'r', 5, 0, 1, 1, 0, 0, '', 1, 2, '["10.0.0.5"]', '{}', '{}', '[]', '[]', 1);
INSERT INTO runs VALUES ('r', 'c', 's', NULL, 1, 'completed', 'done', 5, 6, NULL, 0, 1, 1, 0, 0, 2, 5);
INSERT INTO assets VALUES ('a', 'c', 'ip:10.0.0.5', 'host', 'web''s', '[{"kind":"ip","value":"10.0.0.5"}]', NULL, 10, 20);
INSERT INTO findings VALUES ('f1', 'c', 'print1', 'a', 'Old OpenSSL', 3, 'open', '["cve-2022-3602"]', '[787]', '{"kind":"asset"}', '{}', 10, 20, NULL, 1);
INSERT INTO findings VALUES ('f2', 'c', 'print2', 'a', 'Weak MAC', 2, 'fixed', '[]', '[]', '{"kind":"asset"}', '{}', 10, 20, 30, 1);
INSERT INTO sightings VALUES ('v1', 'c', 'f1', 'a', 'upload:nessus', 'ref1', 'nessus', '1001', 'Old OpenSSL', 3, 's', 'r', 10, 20, 1, NULL, 'seen', NULL, 7, '{"evidence":"1.0"}');
INSERT INTO sightings VALUES ('v2', 'c', 'f2', 'a', 'upload:nessus', 'ref2', 'nessus', '1002', 'Weak MAC', 2, 's', 'r', 10, 20, 1, NULL, 'fixed', NULL, 8, '{}');
INSERT INTO run_sightings VALUES ('r', 'v1');
INSERT INTO run_sightings VALUES ('r', 'v2');
INSERT INTO coverage VALUES ('r', 'a', 'c', 'upload:nessus', 's', 20, 1, NULL, 1);
INSERT INTO triage VALUES ('c', 'print1', 'in_progress', 'looked at it', '{"kind":"system"}', 15, NULL);
"#;

/// What was there, in words that the first version and the newest know.
const KEPT: &str = "SELECT f.id || ' ' || f.fingerprint || ' ' || f.title || ' ' || f.status || ' ' || f.cves || ' ' || f.location || ' ' \
                    || f.severity || ' ' || f.first_seen_at || ' ' || COALESCE(f.resolved_at, 0) || ' ' || s.id || ' ' || s.detail || ' ' \
                    || s.state || ' ' || l.run_id || ' ' || a.name || ' ' || a.keys || ' ' || c.name || ' ' || n.name || ' ' || n.targets \
                    || ' ' || r.number || ' ' || COALESCE(t.reason, '') AS line FROM findings f \
                    JOIN sightings s ON s.finding_id = f.id JOIN run_sightings l ON l.sighting_id = s.id JOIN runs r ON r.id = l.run_id \
                    JOIN scans n ON n.id = r.scan_id JOIN assets a ON a.id = f.asset_id JOIN companies c ON c.id = f.company_id \
                    LEFT JOIN triage t ON t.company_id = f.company_id AND t.fingerprint = f.fingerprint ORDER BY f.id";

async fn lines(database: &DatabaseConnection, backend: DbBackend, text: &str) -> Vec<String> {
    let rows = database.query_all_raw(Statement::from_string(backend, text)).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index::<String>(0).unwrap()).collect()
}

async fn bring_to(database: &DatabaseConnection, backend: Backend, version: i64) {
    let connection = Connection::Transaction(backend, database.begin().await.unwrap());
    migrate_to(&connection, version).await.unwrap();
    let Connection::Transaction(_, transaction) = connection else { unreachable!() };
    transaction.commit().await.unwrap();
}

/// From the first version at once, and with a stop at each one between.
async fn upgraded(database: &DatabaseConnection, backend: Backend, stops: impl IntoIterator<Item = i64>) {
    let driver = match backend {
        Backend::Sqlite => DbBackend::Sqlite,
        Backend::Postgres => DbBackend::Postgres,
    };
    bring_to(database, backend, 1).await;
    database.execute_unprepared(FILLED).await.unwrap();
    let before = lines(database, driver, KEPT).await;
    assert_eq!(before.len(), 2);
    for version in stops {
        bring_to(database, backend, version).await;
    }
    assert_eq!(lines(database, driver, KEPT).await, before);
    let texts = "SELECT t.searchable || t.cves FROM finding_texts t JOIN findings f ON f.text_id = t.id ORDER BY f.id";
    let texts = lines(database, driver, texts).await;
    assert!(texts.len() == 2 && texts[0].contains("old openssl") && texts[0].contains("CVE-2022-3602"), "{texts:?}");
    let counted = "SELECT status || findings FROM finding_counts ORDER BY 1";
    assert_eq!(lines(database, driver, counted).await, ["fixed1", "open1"]);
    let seen = "SELECT finding_id FROM run_sightings ORDER BY 1";
    assert_eq!(lines(database, driver, seen).await, ["f1", "f2"]);
    let unknown = database.execute_unprepared("UPDATE findings SET status = 'unheard_of' WHERE id = 'f1'").await;
    assert!(unknown.is_err(), "the states are no longer checked");
    database.execute_unprepared("UPDATE findings SET status = 'suppressed' WHERE id = 'f1'").await.unwrap();
    assert_eq!(lines(database, driver, counted).await, ["fixed1", "open0", "suppressed1"]);
    if backend == Backend::Sqlite {
        assert_eq!(lines(database, driver, "PRAGMA integrity_check").await, ["ok"]);
        assert!(
            database
                .query_all_raw(Statement::from_string(driver, "PRAGMA foreign_key_check"))
                .await
                .unwrap()
                .is_empty()
        );
    }
}

async fn sqlite(folder: &Path, name: &str) -> DatabaseConnection {
    connect_sqlite(&folder.join(name), 1, false).await.unwrap()
}

#[tokio::test]
async fn the_first_version_with_its_rows_becomes_the_newest_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    upgraded(&sqlite(folder.path(), "at-once.db").await, Backend::Sqlite, [VERSION]).await;
    upgraded(&sqlite(folder.path(), "in-steps.db").await, Backend::Sqlite, 2..=VERSION).await;
}

#[tokio::test]
async fn the_first_version_with_its_rows_becomes_the_newest_on_postgres() {
    let (one, other) = (PostgresDatabase::create(), PostgresDatabase::create());
    upgraded(&connect_postgres(one.url(), 1).await.unwrap(), Backend::Postgres, [VERSION]).await;
    upgraded(&connect_postgres(other.url(), 1).await.unwrap(), Backend::Postgres, 2..=VERSION).await;
}
